# SPDX-License-Identifier: MIT
"""The peer: BVLC's GoogLeNet and a run of feature visualisation in PyTorch, as its users would write them, measured on
request. It shares nothing with Phosphene but the weights file. Requests are lines on stdin, each answered by one line:

    step TAP BATCH         seconds of one forward pass to TAP and the gradient of 224x224 pictures
    variant TAP BATCH      which of the VARIANTS that was measured with: the fastest, unless there was a `use`
    use VARIANT            measures with this one from now on
    run same STEPS         seconds of a whole run: mixed4a:485, 128x128, Lucid's transforms, the network up to mixed4a
    run lucent STEPS       the same as Lucent does it: upsampled to 224x224, all of the network computed
    compare TAP PATH       how far activation and input gradient are from those in a .safetensors file
    peak                   bytes of memory that this process had at most

The network's weights need no gradients and get none. Between requests the process sleeps.
"""
import math
import os
import random
import resource
import sys
import time

import torch
import torch.nn.functional as F

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "peers"))
from tensor_files import read_safetensors


# ---- the network ----

def norm_of_library(x):
    return F.local_response_norm(x, 5, alpha=1e-4, beta=0.75, k=1)


def norm_by_slices(x):
    """The same as a sum of five shifted slices: the library's goes through a three-dimensional pooling."""
    channels = x.shape[1]
    squares = F.pad(x * x, (0, 0, 0, 0, 2, 2))
    total = sum(squares[:, i:i + channels] for i in range(5))
    return x * (1 + 1e-4 / 5 * total).pow(-0.75)


# Equivalent ways to run the network. Which is fastest depends on the processor and the batch.
VARIANTS = {
    "contiguous": (torch.contiguous_format, norm_of_library),
    "channels_last": (torch.channels_last, norm_of_library),
    "contiguous+slices": (torch.contiguous_format, norm_by_slices),
    "channels_last+slices": (torch.channels_last, norm_by_slices),
}


class GoogLeNet:
    """After models/bvlc_googlenet/deploy.prototxt in BVLC/caffe, under Lucid's layer names."""

    def __init__(self, tensors, variant):
        self.memory_format, self.norm = VARIANTS[variant]
        self.tensors = {name: t.contiguous(memory_format=self.memory_format) if t.dim() == 4 else t
                        for name, t in tensors.items()}
        self.mean = torch.tensor([104.0, 117.0, 123.0]).reshape(1, 3, 1, 1)
        self.relu = F.relu_
        self.stages = [
            ("input", self.preprocess),
            ("conv2d0", lambda x: self.convolution("conv2d0", x, stride=2)),
            ("maxpool0", self.pool),
            ("localresponsenorm0", self.norm),
            ("conv2d1", lambda x: self.convolution("conv2d1", x)),
            ("conv2d2", lambda x: self.convolution("conv2d2", x)),
            ("localresponsenorm1", self.norm),
            ("maxpool1", self.pool),
            self.inception("mixed3a"),
            self.inception("mixed3b"),
            ("maxpool4", self.pool),
            self.inception("mixed4a"),
            self.inception("mixed4b"),
            self.inception("mixed4c"),
            self.inception("mixed4d"),
            self.inception("mixed4e"),
            ("maxpool10", self.pool),
            self.inception("mixed5a"),
            self.inception("mixed5b"),
            ("avgpool0", lambda x: F.adaptive_avg_pool2d(x, 1)),
            ("softmax2_pre_activation", self.classify),
        ]

    def preprocess(self, images):
        """RGB in [0, 1] to BGR in [0, 255] less its mean."""
        return (images.flip(1) * 255 - self.mean).contiguous(memory_format=self.memory_format)

    def convolution(self, name, x, stride=1):
        weight = self.tensors[name + ".weight"]
        return self.relu(F.conv2d(x, weight, self.tensors[name + ".bias"], stride, weight.shape[2] // 2))

    def pool(self, x):
        return F.max_pool2d(x, 3, 2, ceil_mode=True)

    def inception(self, name):
        def run(x):
            branches = [
                self.convolution(name + "_1x1", x),
                self.convolution(name + "_3x3", self.convolution(name + "_3x3_bottleneck", x)),
                self.convolution(name + "_5x5", self.convolution(name + "_5x5_bottleneck", x)),
                self.convolution(name + "_pool_reduce", F.max_pool2d(x, 3, 1, 1)),
            ]
            return torch.cat(branches, 1)
        return name, run

    def classify(self, x):
        """A dense layer as a 1x1 convolution, which oneDNN computes; Debian's BLAS may be a slow one."""
        weight = self.tensors["softmax2_pre_activation.weight"]
        bias = self.tensors["softmax2_pre_activation.bias"]
        return F.conv2d(x, weight.reshape(weight.shape[0], -1, 1, 1), bias)

    def __call__(self, images, tap, whole=False):
        """The activation of a tap. With `whole` the layers after it are computed too, as where a hook reads it."""
        x, activation = images, None
        for name, stage in self.stages:
            x = stage(x)
            if name == tap:
                activation = x
                if not whole:
                    break
        return activation


def input_gradient(network, tap, images, seed):
    activation = network(images, tap)
    return activation.detach(), torch.autograd.grad(activation, images, seed.reshape(activation.shape))[0]


# ---- a whole run ----

class FourierImage:
    """Lucid's default parameterisation: a scaled spectrum, colours decorrelated, a sigmoid."""

    def __init__(self, size):
        self.size = size
        fy = torch.fft.fftfreq(size)[:, None]
        fx = torch.fft.rfftfreq(size)[None, :]
        frequency = torch.sqrt(fy * fy + fx * fx).clamp(min=1 / size)
        self.scale = (size / frequency / 4)[None, None, :, :, None]
        self.spectrum = (0.01 * torch.randn(1, 3, size, size // 2 + 1, 2)).requires_grad_()
        matrix = torch.tensor([[0.26, 0.09, 0.02], [0.27, 0.00, -0.05], [0.27, -0.09, 0.03]])
        self.colours = (matrix / matrix.norm(dim=0).max()).reshape(3, 3, 1, 1)

    def __call__(self):
        spectrum = torch.view_as_complex(self.spectrum * self.scale)
        planes = torch.fft.irfft2(spectrum, s=(self.size, self.size))
        return torch.sigmoid(F.conv2d(planes, self.colours))


def jitter(x, distance):
    height, width = x.shape[2] - distance, x.shape[3] - distance
    top, left = random.randint(0, distance), random.randint(0, distance)
    return x[:, :, top:top + height, left:left + width]


def scale(x, factor):
    size = (int(factor * x.shape[2]), int(factor * x.shape[3]))
    return F.interpolate(x, size=size, mode="bilinear", align_corners=False)


def rotate(x, degrees):
    if degrees == 0:
        return x
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    ratio = x.shape[2] / x.shape[3]
    turn = torch.tensor([[[cos, -sin * ratio, 0.0], [sin / ratio, cos, 0.0]]])
    grid = F.affine_grid(turn, [1, *x.shape[1:]], align_corners=False).expand(x.shape[0], -1, -1, -1)
    return F.grid_sample(x, grid, mode="nearest", align_corners=False)


def transform(x):
    """Lucid's standard transforms."""
    x = jitter(F.pad(x, (12, 12, 12, 12), value=0.5), 8)
    x = scale(x, random.choice([0.90 + 0.02 * i for i in range(11)]))
    x = rotate(x, random.choice([*range(-10, 11), 0, 0, 0, 0, 0]))
    return jitter(x, 4)


def visualise(network, steps, like_lucent):
    torch.manual_seed(1)
    random.seed(1)
    image = FourierImage(128)
    optimiser = torch.optim.Adam([image.spectrum], lr=0.05)
    for _ in range(steps):
        view = transform(image())
        if like_lucent:
            view = F.interpolate(view, size=(224, 224), mode="bilinear", align_corners=True)
        loss = -network(view, "mixed4a", whole=like_lucent)[:, 485].mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return image().detach()


# ---- measuring ----

def seconds(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


class Peer:
    def __init__(self, weights):
        self.tensors = read_safetensors(weights)
        self.networks = {}
        self.chosen = {}
        self.imposed = None
        self.work = {}

    def network(self, variant):
        if variant not in self.networks:
            self.networks[variant] = GoogLeNet(self.tensors, variant)
        return self.networks[variant]

    def work_of(self, variant, tap, batch):
        """A function that takes one step."""
        network = self.network(variant)
        images = (0.5 + 0.1 * torch.randn(batch, 3, 224, 224)).requires_grad_()
        with torch.no_grad():
            seed = torch.full_like(network(images, tap), 1e-3)
        return lambda: input_gradient(network, tap, images, seed)

    def choose(self, tap, batch):
        """The variant whose fastest of five steps, after two, is least."""
        def least(variant):
            work = self.work_of(variant, tap, batch)
            return min([seconds(work) for _ in range(7)][2:])
        return self.imposed or min(VARIANTS, key=least)

    def variant(self, tap, batch):
        key = tap, int(batch)
        if key not in self.chosen:
            self.chosen[key] = self.choose(*key)
        return self.chosen[key]

    def use(self, variant):
        self.imposed = variant
        return variant

    def step(self, tap, batch):
        """The first of two wakes the threads and fills the caches, the second counts."""
        key = tap, int(batch)
        if key not in self.work:
            self.work[key] = self.work_of(self.variant(*key), *key)
        self.work[key]()
        return seconds(self.work[key])

    def run(self, way, steps):
        like_lucent = way == "lucent"
        network = self.network(self.variant("softmax2_pre_activation" if like_lucent else "mixed4a", 1))
        return seconds(lambda: visualise(network, int(steps), like_lucent))

    def compare(self, tap, path):
        """The largest difference of activations over the largest activation, and |g - g'| / |g|."""
        theirs = read_safetensors(path)
        network, images = self.network(self.variant(tap, 1)), theirs["images"].requires_grad_()
        activation, gradient = input_gradient(network, tap, images, theirs["seed"])
        expected = theirs["activation"].reshape(activation.shape)
        difference = (activation - expected).abs().max() / expected.abs().max()
        return f"{difference:.3g} {(gradient - theirs['gradient']).norm() / gradient.norm():.3g}"

    def peak(self):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main(weights):
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    peer = Peer(weights)
    requests = {"step": peer.step, "variant": peer.variant, "use": peer.use, "run": peer.run,
                "compare": peer.compare, "peak": peer.peak}
    print(f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads", flush=True)
    for line in sys.stdin:
        request, *arguments = line.split()
        print(requests[request](*arguments), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
