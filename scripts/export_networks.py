#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Torchvision's networks and a U-Net with random weights, as ONNX files, each beside what PyTorch makes of some pictures:
vectors that an importer can be checked against.

    export_networks.py FOLDER [NAME ...]

writes FOLDER/NAME.onnx, whose outputs are "output" and, from halfway through, "middle"; and for each size of picture, one
where that is not free, FOLDER/NAME.HxW.safetensors: `input` (1, 3, h, w) in [0, 1], which the network takes as it is,
`output`, `middle`, a random `seed` shaped like middle, `gradient`, of the sum of seed * middle with respect to the input,
`class_gradient`, of the sum of class 3 of the output, and for each of these, `unsure` and `class_unsure`, the share of it
that rounding decides. What is there already is left as it is; without names it
lists what there is to export. Needs Debian's python3-torchvision.
"""
import os
import sys
import warnings

import torch
from torch import nn
from torch.nn import functional
from torchvision import models

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "tests", "peers"))
from tensor_files import write_safetensors


class UNet(nn.Module):
    """Two levels, of which the upper one pads to what it joins, and the other resizes."""

    def __init__(self):
        super().__init__()
        def block(inputs, outputs):
            return nn.Sequential(nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.ReLU())
        self.top, self.middle, self.bottom = block(3, 8), block(8, 12), block(12, 16)
        self.rise = nn.ConvTranspose2d(8, 8, 2, stride=2)
        self.join, self.last = block(16 + 12, 8), nn.Conv2d(8 + 8, 5, 1)

    def forward(self, x):
        top = self.top(x)
        middle = self.middle(functional.max_pool2d(top, 2))
        bottom = self.bottom(functional.max_pool2d(middle, 2))
        up = functional.interpolate(bottom, size=middle.shape[-2:], mode="bilinear", align_corners=False)
        up = self.rise(self.join(torch.cat([up, middle], 1)))
        rows, columns = top.shape[2] - up.shape[2], top.shape[3] - up.shape[3]
        up = functional.pad(up, [columns // 2, columns - columns // 2, rows // 2, rows - rows // 2])
        return self.last(torch.cat([up, top], 1))


def unet(weights):
    return UNet()


def fcn(weights):
    backbone = models._utils.IntermediateLayerGetter(models.mobilenet_v3_small(weights=weights).features, {"12": "out"})
    return models.segmentation.FCN(backbone, models.segmentation.fcn.FCNHead(576, 5))


# Heights and widths of pictures for networks whose size is free: the first is exported with.
SIZES = [(64, 96), (65, 97), (71, 53), (96, 64), (50, 83)]
PLAIN = {"weights_backbone": None}

# Builder, its arguments, the module whose output is "middle", the picture's size, or sizes, and the opset: several of them, since
# operators change their forms from one to the next.
NETWORKS = {
    "alexnet": (models.alexnet, {}, "features.8", 224, 9),
    "vgg11_bn": (models.vgg11_bn, {}, "features.14", 224, 11),
    "resnet18": (models.resnet18, {}, "layer3", 224, 7),
    "resnext50_32x4d": (models.resnext50_32x4d, {}, "layer3", 224, 13),
    "googlenet": (models.googlenet, {"init_weights": False}, "inception4c", 224, 12),
    "inception_v3": (models.inception_v3, {"init_weights": False}, "Mixed_6b", 299, 13),
    "squeezenet1_1": (models.squeezenet1_1, {}, "features.9", 224, 8),
    "densenet121": (models.densenet121, {}, "features.transition2", 224, 12),
    "mobilenet_v2": (models.mobilenet_v2, {}, "features.10", 224, 10),
    "mobilenet_v3_small": (models.mobilenet_v3_small, {}, "features.7", 224, 14),
    "efficientnet_b0": (models.efficientnet_b0, {}, "features.4", 224, 13),
    "shufflenet_v2": (models.shufflenet_v2_x1_0, {}, "stage3", 224, 11),
    "mnasnet": (models.mnasnet1_0, {}, "layers.10", 224, 12),
    "regnet": (models.regnet_y_400mf, {}, "trunk_output.block2", 224, 13),
    "convnext_tiny": (models.convnext_tiny, {}, "features.5.4", 224, 17),
    "vit_b_16": (models.vit_b_16, {}, "encoder.layers.encoder_layer_5", 224, 16),
    "swin_t": (models.swin_t, {}, "features.5.2", 224, 16),
    "maxvit_t": (models.maxvit_t, {}, "blocks.1", 224, 16),
    "unet": (unet, {}, "join", SIZES, 13),
    "lraspp": (models.segmentation.lraspp_mobilenet_v3_large, PLAIN, "classifier.cbr", SIZES, 11),
    "deeplabv3": (models.segmentation.deeplabv3_mobilenet_v3_large, PLAIN, "classifier.0", SIZES, 13),
    "fcn": (fcn, {}, "classifier.2", SIZES, 16),
}


class WithMiddle(nn.Module):
    """A network that returns the output of one of its modules, too."""

    def __init__(self, network, middle):
        super().__init__()
        self.network, self.kept = network, None
        network.get_submodule(middle).register_forward_hook(self.keep)

    def keep(self, module, inputs, output):
        self.kept = output

    def forward(self, x):
        output = self.network(x)
        return output["out"] if isinstance(output, dict) else output, self.kept


def pictures(count, size):
    """Clouds of colour with some noise. Of noise alone every feature would be nearly the same everywhere, and what batch
    norms make of that would be rounding, magnified."""
    clouds = functional.interpolate(torch.rand(count, 3, 9, 9), size=size, mode="bicubic")
    return (0.8 * clouds + 0.2 * torch.rand(count, 3, *size)).clamp(0, 1)


def settle(network, size):
    """Random weights that leave nothing at zero, and batch norms that fit what they see."""
    for parameter in network.parameters():
        if parameter.detach().abs().max() < 1e-3:
            nn.init.normal_(parameter, std=0.1)
    norms = [m for m in network.modules() if isinstance(m, nn.BatchNorm2d)]
    for norm in norms:
        norm.train()
        norm.momentum = None
    with torch.no_grad():
        for _ in range(2 if norms else 0):
            network(pictures(4, size))
    for norm in norms:
        norm.eval()
    # In evaluation mode torch 1.13 computes attention by an operator that ONNX has not; there is no dropout in it.
    for module in network.modules():
        if isinstance(module, nn.MultiheadAttention):
            module.train()


def vectors(network, image):
    """Output, middle, a random seed and the gradients in double precision, and how unsure these are: where rounding
    decides the winner of a pool, or the side of a ReLU, they may be off by a hundredth. That is measured by PyTorch's own
    single precision, and by pictures that are a rounding away."""
    def passed(x, seed):
        x = x.clone().requires_grad_()
        output, middle = network(x)
        seed = torch.randn(middle.shape) if seed is None else seed
        sums = [(middle * seed.to(middle.dtype)).sum(), output[:, 3].sum()]
        return output, middle, seed, [torch.autograd.grad(s, x, retain_graph=True)[0].double() for s in sums]

    _, _, seed, single = passed(image, None)
    network.double()
    output, middle, _, gradients = passed(image.double(), seed)
    others = [single]
    for _ in range(3):
        others.append(passed(image.double() + 2e-7 * torch.randn(image.shape, dtype=torch.float64), seed)[3])
    network.float()
    unsure = [max((other[i] - g).norm() / g.norm() for other in others) for i, g in enumerate(gradients)]
    return {"input": image, "output": output, "middle": middle, "seed": seed, "gradient": gradients[0],
            "class_gradient": gradients[1], "unsure": unsure[0].reshape(1), "class_unsure": unsure[1].reshape(1)}


def export(folder, name):
    build, arguments, middle, sizes, opset = NETWORKS[name]
    is_free = isinstance(sizes, list)
    sizes = sizes if is_free else [(sizes, sizes)]
    target = os.path.join(folder, name)
    files = ["%s.%dx%d.safetensors" % (target, *size) for size in sizes]
    if os.path.exists(files[-1]):
        return
    torch.manual_seed(sum(name.encode()))
    network = build(weights=None, **arguments).eval()
    settle(network, sizes[0])
    network = WithMiddle(network, middle)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(network, pictures(1, sizes[0]), target + ".onnx", opset_version=opset, input_names=["input"],
                          output_names=["output", "middle"], training=torch.onnx.TrainingMode.PRESERVE,
                          dynamic_axes={"input": {2: "height", 3: "width"}} if is_free else None)
    # The last one says that all are whole.
    for size, file in zip(sizes, files):
        write_safetensors(file, vectors(network, pictures(1, size)))
    print(f"{name}: {os.path.getsize(target + '.onnx') >> 20} MiB, opset {opset}", flush=True)


def main(folder=None, *names):
    if not names:
        print(*NETWORKS)
        return
    os.makedirs(folder, exist_ok=True)
    for name in names:
        export(folder, name)


if __name__ == "__main__":
    main(*sys.argv[1:])
