# SPDX-License-Identifier: MIT
"""Lucid's default run (lucid/optvis/render.py and param, transform, misc/redirected_relu_grad.py, 0.3.10), written again
in PyTorch on BVLC's GoogLeNet. It shares nothing with Phosphene but the weights and what it is given: where the run
starts and what its transforms drew. The network is the one of tests/bench/peer.py.

    lucid.py WEIGHTS RUN.safetensors OUT.safetensors

RUN holds `spectrum` (1, 3, h, w / 2 + 1, 2), and `draws` (steps, 6): top and left of the first jitter, the factor of the
scaling, degrees, top and left of the last jitter. OUT gets `after_N`, the picture after N updates, for each number N in
RUN's `snapshots`, and `values`, the objective before each update. RUN's `spectrum_K` are spectra before update K of the
other side's own run; OUT gets the objective's gradient at each as `gradient_K`.

It computes in double precision: one pool's winner that rounding decides changes a gradient by a thousandth, and this
is the side that is to be right.
"""
import math
import os
import sys

import torch
import torch.nn.functional as F

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "bench"))
from peer import FourierImage, GoogLeNet
from tensor_files import read_doubles, write_safetensors

REDIRECTED_UPDATES = 17


class RedirectedReLU(torch.autograd.Function):
    """The gradient of what is minimised passes where x >= 0. An image for which none would pass lets through all but
    what would push a negative x lower still."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.clamp(min=0)

    @staticmethod
    def backward(ctx, gradient):
        x, = ctx.saved_tensors
        plain = torch.where(x < 0, torch.zeros_like(gradient), gradient)
        waking = torch.where((x < 0) & (gradient > 0), torch.zeros_like(gradient), gradient)
        passes = plain.flatten(1).norm(dim=1) > 0
        return torch.where(passes.reshape(-1, 1, 1, 1), plain, waking)


def resize_as_tensorflow_1(x, factor):
    """Bilinear; output pixel i is read at i * input / output."""
    for axis in (2, 3):
        size = x.shape[axis]
        target = int((torch.tensor(factor, dtype=torch.float32) * size).item())
        at = torch.arange(target) * (size / target)
        low = at.floor().long().clamp(max=size - 1)
        high = (low + 1).clamp(max=size - 1)
        weight = (at - low).reshape([-1, 1] if axis == 2 else [1, -1])
        x = x.index_select(axis, low) * (1 - weight) + x.index_select(axis, high) * weight
    return x


def rotate_as_lucid(x, degrees):
    """Nearest neighbour about the centre, black outside; pi is 3.14."""
    angle = 3.14 / 180 * degrees
    height, width = x.shape[2:]
    cos, sin = math.cos(angle), math.sin(angle)
    row, column = torch.meshgrid(torch.arange(height) - (height - 1) / 2,
                                 torch.arange(width) - (width - 1) / 2, indexing="ij")
    from_column = torch.round(cos * column - sin * row + (width - 1) / 2).long()
    from_row = torch.round(sin * column + cos * row + (height - 1) / 2).long()
    inside = (from_row >= 0) & (from_row < height) & (from_column >= 0) & (from_column < width)
    flat = from_row.clamp(0, height - 1) * width + from_column.clamp(0, width - 1)
    return x.flatten(2)[:, :, flat.flatten()].reshape(x.shape) * inside


def crop(x, top, left, distance):
    return x[:, :, top:top + x.shape[2] - distance, left:left + x.shape[3] - distance]


def view_of(image, draw):
    top, left, factor, degrees, last_top, last_left = draw
    x = F.pad(image, (12, 12, 12, 12), value=0.5)
    x = crop(x, int(top), int(left), 8)
    x = rotate_as_lucid(resize_as_tensorflow_1(x, factor), degrees)
    return crop(x, int(last_top), int(last_left), 4)


class AdamOfTensorFlow:
    """Epsilon is added to the square root as it is, the correction of both moments is in the rate."""

    def __init__(self, values, rate=0.05, b1=0.9, b2=0.999, epsilon=1e-8):
        self.values, self.rate, self.b1, self.b2, self.epsilon = values, rate, b1, b2, epsilon
        self.mean, self.square, self.t = torch.zeros_like(values), torch.zeros_like(values), 0

    def step(self, gradient):
        self.t += 1
        self.mean = self.b1 * self.mean + (1 - self.b1) * gradient
        self.square = self.b2 * self.square + (1 - self.b2) * gradient * gradient
        rate = self.rate * math.sqrt(1 - self.b2 ** self.t) / (1 - self.b1 ** self.t)
        with torch.no_grad():
            self.values -= rate * self.mean / (self.square.sqrt() + self.epsilon)


class Run:
    def __init__(self, network, unit, draws):
        self.network, self.unit, self.draws = network, unit, draws

    def objective(self, image, update):
        """Of the view that this update, counted from 0, has of the image."""
        self.network.relu = RedirectedReLU.apply if update < REDIRECTED_UPDATES else F.relu
        return self.network(view_of(image(), self.draws[update]), "mixed4a")[:, self.unit].mean()

    def ascend(self, image, wanted):
        optimiser = AdamOfTensorFlow(image.spectrum)
        made, values = {}, []
        for update in range(len(self.draws)):
            objective = self.objective(image, update)
            values.append(objective.item())
            optimiser.step(torch.autograd.grad(-objective, image.spectrum)[0])
            if update + 1 in wanted:
                made[f"after_{update + 1}"] = image().detach()
        return {**made, "values": torch.tensor(values)}

    def gradient(self, image, update):
        return torch.autograd.grad(self.objective(image, update), image.spectrum)[0]


def image_of(spectrum):
    image = FourierImage(spectrum.shape[2])
    image.spectrum = spectrum.clone().requires_grad_()
    return image


def main(weights, run_file, out_file):
    torch.set_default_dtype(torch.float64)
    given = read_doubles(run_file)
    run = Run(GoogLeNet(read_doubles(weights), "contiguous"), int(given["unit"]), given["draws"].tolist())
    made = run.ascend(image_of(given["spectrum"]), given["snapshots"].tolist())
    for name, spectrum in given.items():
        if name.startswith("spectrum_"):
            update = int(name.removeprefix("spectrum_"))
            made[f"gradient_{update}"] = run.gradient(image_of(spectrum), update - 1)
    write_safetensors(out_file, made)


main(*sys.argv[1:])
