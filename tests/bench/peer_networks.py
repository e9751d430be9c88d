# SPDX-License-Identifier: MIT
"""The peer for other people's networks: torchvision's, as scripts/export_networks.py builds them, measured on request.
Requests are lines on stdin, each answered by one line:

    step NAME              seconds of one forward pass and the gradient of the picture, of the network's own size
    variant NAME           the memory format that was measured with, the faster one
    size NAME              height and width of its picture

Weights are random, and need no gradients and get none. Between requests the process sleeps.
"""
import os
import sys
import time

import torch

sys.path.insert(0, "scripts")
from export_networks import NETWORKS

FORMATS = {"contiguous": torch.contiguous_format, "channels_last": torch.channels_last}


class Peer:
    def __init__(self):
        self.name, self.work, self.chosen = None, None, None

    def work_of(self, network, size, memory_format):
        """A function that takes one step and gives its seconds."""
        network.to(memory_format=memory_format)
        image = torch.rand(1, 3, size, size).contiguous(memory_format=memory_format).requires_grad_()
        with torch.no_grad():
            seed = torch.full_like(network(image), 1e-3)

        def step():
            start = time.perf_counter()
            torch.autograd.grad(network(image), image, seed)
            return time.perf_counter() - start
        return step

    def open(self, name):
        """One network at a time is kept, with the faster format of three steps, after one."""
        if name == self.name:
            return
        build, arguments, _, size, _ = NETWORKS[name]
        network = build(weights=None, **arguments).eval().requires_grad_(False)

        def least(key):
            step = self.work_of(network, size, FORMATS[key])
            return min([step() for _ in range(4)][1:])
        self.chosen = min(FORMATS, key=least)
        self.work = self.work_of(network, size, FORMATS[self.chosen])
        self.name = name

    def step(self, name):
        """The first of two wakes the threads and fills the caches, the second counts."""
        self.open(name)
        self.work()
        return self.work()

    def variant(self, name):
        self.open(name)
        return self.chosen

    def size(self, name):
        return NETWORKS[name][3]


def main():
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    peer = Peer()
    requests = {"step": peer.step, "variant": peer.variant, "size": peer.size}
    print(f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads", flush=True)
    for line in sys.stdin:
        request, *arguments = line.split()
        print(requests[request](*arguments), flush=True)


if __name__ == "__main__":
    main()
