# SPDX-License-Identifier: MIT
"""State dicts of torchvision's networks with random weights and statistics, each beside what PyTorch makes of a picture:

    state_dicts.py FOLDER NAME ...

writes FOLDER/NAME.safetensors, as safetensors.torch.save_file(network.state_dict()) would, and FOLDER/NAME.sample.safetensors
with `input`, a picture in [0, 1], and `output`."""
import os
import sys

import torch
from torch import nn
from torchvision import models

sys.path.insert(0, os.path.dirname(__file__))
from tensor_files import write_safetensors

MEAN, STD = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
FURTHER = {"googlenet": {"init_weights": False, "transform_input": True}}


def randomise(network, pictures):
    """Weights that leave nothing at zero, and statistics that fit what norms see, spoilt a little."""
    for parameter in network.parameters():
        if parameter.detach().abs().max() < 1e-3:
            nn.init.normal_(parameter, std=0.1)
    norms = [m for m in network.modules() if isinstance(m, nn.BatchNorm2d)]
    for norm in norms:
        norm.train()
        norm.momentum = None
        nn.init.uniform_(norm.weight, 0.5, 1.5)
        nn.init.normal_(norm.bias, std=0.2)
    network(pictures)
    for norm in norms:
        norm.eval()
        norm.running_var.mul_(torch.empty_like(norm.running_var).uniform_(0.7, 1.4))


def main(folder, *names):
    for name in names:
        torch.manual_seed(sum(name.encode()))
        network = getattr(models, name)(weights=None, num_classes=20, **FURTHER.get(name, {})).eval()
        picture = torch.rand(1, 3, 224, 224)
        x = (picture - MEAN.reshape(3, 1, 1)) / STD.reshape(3, 1, 1)
        with torch.no_grad():
            randomise(network, torch.cat([x, torch.randn(1, 3, 224, 224)]))
            output = network(x)
        write_safetensors(os.path.join(folder, name + ".safetensors"), network.state_dict())
        write_safetensors(os.path.join(folder, name + ".sample.safetensors"), {"input": picture, "output": output})


if __name__ == "__main__":
    main(*sys.argv[1:])
