# SPDX-License-Identifier: MIT
"""Inception 5h in PyTorch, in double precision, from the constants of its TensorFlow graph as they are there: kernels
(h, w, in, out), matrices (in, out), images flattened with their channels last. Shares nothing with Phosphene.

    inception5h.py CONSTANTS.safetensors IMAGES.safetensors OUT.safetensors

IMAGES holds pictures (1, 3, h, w), RGB in [0, 1]; OUT gets each layer of each picture as "picture/layer".
"""
import math
import os
import sys

import torch
import torch.nn.functional as F

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "peers"))
from tensor_files import read_doubles, write_safetensors


def same(x, kernel, stride, value=0.0):
    """TensorFlow's SAME padding: an odd pixel comes last."""
    for axis, sides in ((2, lambda a, b: (0, 0, a, b)), (3, lambda a, b: (a, b, 0, 0))):
        size = x.shape[axis]
        total = max((math.ceil(size / stride) - 1) * stride + kernel - size, 0)
        x = F.pad(x, sides(total // 2, total - total // 2), value=value)
    return x


def run(constants, picture):
    layers = {}

    def convolution(name, x, stride=1):
        kernel = constants[name + "_w"].permute(3, 2, 0, 1)
        pre = F.conv2d(same(x, kernel.shape[2], stride), kernel, constants[name + "_b"], stride)
        layers[name + "_pre_relu"] = pre
        layers[name] = F.relu(pre)
        return layers[name]

    def pool(name, x, stride):
        layers[name] = F.max_pool2d(same(x, 3, stride, -math.inf), 3, stride)
        return layers[name]

    def norm(name, x):
        """tf.nn.lrn: depth_radius 5, bias 2, alpha 1e-4, beta 0.5."""
        channels = x.shape[1]
        squares = F.pad(x * x, (0, 0, 0, 0, 5, 5))
        total = sum(squares[:, i:i + channels] for i in range(11))
        layers[name] = x / (2 + 1e-4 * total) ** 0.5
        return layers[name]

    def inception(name, x):
        branches = {
            "1x1": convolution(name + "_1x1", x),
            "3x3": convolution(name + "_3x3", convolution(name + "_3x3_bottleneck", x)),
            "5x5": convolution(name + "_5x5", convolution(name + "_5x5_bottleneck", x)),
            "pool_reduce": convolution(name + "_pool_reduce", pool(name + "_pool", x, 1)),
        }
        layers[name] = torch.cat(list(branches.values()), 1)
        layers[name + "_pre_relu"] = torch.cat([layers[f"{name}_{b}_pre_relu"] for b in branches], 1)
        return layers[name]

    def flatten(x, count):
        return x.permute(0, 2, 3, 1).reshape(-1, count)

    def matrix(name, x):
        return x @ constants[name + "_w"] + constants[name + "_b"]

    def classes(i, x):
        layers[f"softmax{i}_pre_activation"] = matrix(f"softmax{i}_pre_activation", x)
        layers[f"softmax{i}"] = layers[f"softmax{i}_pre_activation"].softmax(1)

    def head(i, x):
        x = convolution(f"head{i}_bottleneck", F.avg_pool2d(x, 5, 3))
        inputs = constants[f"nn{i}_w"].shape[0]
        if x.numel() != inputs:
            return  # it is made for pictures of about 224 px
        layers[f"nn{i}"] = F.relu(matrix(f"nn{i}", flatten(x, inputs)))
        classes(i, layers[f"nn{i}"])

    x = convolution("conv2d0", picture * 255 - 117, 2)
    x = norm("localresponsenorm0", pool("maxpool0", x, 2))
    x = convolution("conv2d2", convolution("conv2d1", x))
    x = pool("maxpool1", norm("localresponsenorm1", x), 2)
    x = pool("maxpool4", inception("mixed3b", inception("mixed3a", x)), 2)
    x = inception("mixed4a", x)
    head(0, x)
    x = inception("mixed4d", inception("mixed4c", inception("mixed4b", x)))
    head(1, x)
    x = pool("maxpool10", inception("mixed4e", x), 2)
    x = inception("mixed5b", inception("mixed5a", x))
    # AvgPool's window is the whole map of a 224 px picture; of others, all of it is meant too.
    layers["avgpool0"] = x.mean((2, 3), keepdim=True)
    classes(2, flatten(layers["avgpool0"], x.shape[1]))
    return layers


def main():
    constants, pictures = read_doubles(sys.argv[1]), read_doubles(sys.argv[2])
    with torch.no_grad():
        write_safetensors(sys.argv[3], {f"{name}/{layer}": t for name, picture in pictures.items()
                                        for layer, t in run(constants, picture).items()})


main()
