# SPDX-License-Identifier: MIT
"""Safetensors files, read and written without the library of that name, which Debian has not. Whoever imports this puts
its folder on sys.path."""
import json
import math

import torch

TYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}


def read_safetensors(path):
    """Its tensors by name, as float32."""
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        data = bytearray(file.read())
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        flat = torch.frombuffer(data, dtype=TYPES[entry["dtype"]], offset=entry["data_offsets"][0],
                                count=math.prod(entry["shape"]))
        tensors[name] = flat.reshape(entry["shape"]).float()
    return tensors


def read_doubles(path):
    return {name: t.double() for name, t in read_safetensors(path).items()}


def write_safetensors(path, tensors):
    """Tensors by name, written as float32."""
    header, offset = {}, 0
    for name, t in tensors.items():
        header[name] = {"dtype": "F32", "shape": list(t.shape), "data_offsets": [offset, offset + 4 * t.numel()]}
        offset += 4 * t.numel()
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for t in tensors.values():
            file.write(t.detach().float().contiguous().numpy().tobytes())
