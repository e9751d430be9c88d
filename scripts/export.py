#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What `phosphene export` runs: writes a network of PyTorch as an ONNX file. Needs torch, and what the network needs;
must know nothing of Phosphene but the keys of the metadata that it reads (docs/onnx.md)."""
import argparse
import difflib
import importlib
import inspect
import json
import os
import pickle
import runpy
import struct
import sys
import tempfile
import warnings

DESCRIPTION = """\
Writes a network of PyTorch as an ONNX file, which opens here with the names of its modules, its preprocessing and its
classes, and compares what it computes. Runs python3, which must have torch. MODEL is

  torchvision:NAME      a network of torchvision: torchvision:resnet50
  timm:NAME             a network of timm: timm:convnext_tiny
  FILE.py:FUNCTION      what a function of yours returns, called without arguments: a torch.nn.Module
  MODULE:FUNCTION       the same, of a module that Python finds
"""


def tell(text):
    print("phosphene: export:", " ".join(str(text).split())[:600], file=sys.stderr)


class Refusal(Exception):
    """What is said in one line."""


def choose(name, names, where):
    if name not in names:
        near = difflib.get_close_matches(name, names, 1)
        raise Refusal(f"no '{name}' in {where}" + (f"; did you mean '{near[0]}'?" if near else ""))


def need(module, package):
    try:
        return importlib.import_module(module)
    except ImportError as problem:
        raise Refusal(f"{package} is missing ({sys.executable}: {problem}); install it, or enter an environment with it")


# What a network comes from gives `build`, a function that makes it, for so many `num_classes` where that is asked for; and
# what is stated of it: mean, std, size, labels.

def of_torchvision(name, weights):
    models = need("torchvision.models", "torchvision")
    choose(name, models.list_models(), "torchvision")
    known = models.get_model_weights(name)
    choose(weights or "DEFAULT", known.__members__, f"the weights of {name}")
    usual = known[weights or "DEFAULT"]
    preset = usual.transforms()
    stated = {"mean": preset.mean, "std": preset.std, "size": getattr(preset, "crop_size", [224]),
              "labels": usual.meta["categories"] if weights else None}

    def build(**further):
        if "weights_backbone" in inspect.signature(models.get_model_builder(name)).parameters:
            further["weights_backbone"] = None
        return models.get_model(name, weights=usual if weights else None, **further)
    return build, stated


def of_timm(name, weights):
    timm = need("timm", "timm")
    if not name.startswith("hf"):
        choose(name.split(".")[0], timm.list_models(), "timm")
    stated, tag = {}, f".{weights}" if weights not in (None, "DEFAULT") else ""

    def build(**further):
        model = timm.create_model(name + tag, pretrained=bool(weights), **further)
        config = model.pretrained_cfg
        stated.update(mean=config["mean"], std=config["std"], size=config["input_size"][1:])
        subset = timm.data.infer_imagenet_subset(model) if weights else None
        info = timm.data.ImageNetInfo(subset) if subset else None
        stated["labels"] = info and [info.index_to_description(i) for i in range(info.num_classes())]
        return model
    return build, stated


def of_user(place, name):
    is_file = place.endswith(".py")
    sys.path.insert(0, os.path.dirname(os.path.abspath(place)) if is_file else os.getcwd())
    known = runpy.run_path(place) if is_file else vars(need(place, f"the module {place}"))
    choose(name, [key for key in known if not key.startswith("_")], place)
    return lambda **_: known[name] if hasattr(known[name], "state_dict") else known[name](), {}


def read_state(path):
    """The tensors in a file by name, without what training wraps around them and their names."""
    import torch
    try:
        is_safe = path.endswith(".safetensors")
        state = need("safetensors.torch", "safetensors").load_file(path) if is_safe else torch.load(
            path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as problem:
        raise Refusal(f"'{path}' holds more than tensors ({str(problem).splitlines()[0]}): where you trust it, a function "
                      "of yours can return what torch.load gives; MODEL is then FILE.py:FUNCTION")
    for key in ("state_dict", "model_state_dict", "model"):
        state = state[key] if isinstance(state.get(key), dict) else state
    for prefix in ("module.", "_orig_mod.", "model."):
        if all(name.startswith(prefix) for name in state):
            state = {name[len(prefix):]: value for name, value in state.items()}
    return state


def load(build, path):
    """The network, with the tensors of a file, for as many classes as these are for."""
    network = build()
    if not hasattr(network, "state_dict"):
        raise Refusal(f"MODEL gives a {type(network).__name__}, not a torch.nn.Module")
    if path:
        state, own = read_state(path), network.state_dict()
        last = [name for name, value in own.items() if value.dim() == 2][-1:]
        if last and last[0] in state and len(state[last[0]]) != len(own[last[0]]):
            network = build(num_classes=len(state[last[0]]))
        network.load_state_dict(state)
    return network


def first_tensor(output):
    """The first of several outputs; of those with names, "out" and "logits" before others."""
    if isinstance(output, dict):
        output = output.get("out", output.get("logits", list(output.values())))
    return first_tensor(output[0]) if isinstance(output, (tuple, list)) else output


def settle(network):
    """Makes a network what it is after training, with one output. In evaluation mode torch 1.13 computes attention by an
    operator that ONNX has not; in training mode, without dropout, by others that give the same."""
    from torch import nn
    network.float().cpu().eval()
    network.register_forward_hook(lambda module, inputs, output: first_tensor(output))
    for module in network.modules():
        if isinstance(module, nn.MultiheadAttention):
            module.training, module.dropout = True, 0.0


def write_onnx(network, picture, path, is_free):
    import torch
    options = {"input_names": ["picture"], "output_names": ["scores"]}
    if is_free:
        options["dynamic_axes"] = {"picture": {2: "height", 3: "width"}}
    if "dynamo" in inspect.signature(torch.onnx.export).parameters:
        try:
            importlib.import_module("onnxscript")
            return torch.onnx.export(network, (picture,), path, dynamo=True, external_data=False, **options)
        except Exception as problem:
            tell(f"PyTorch's newer exporter cannot be used ({str(problem)[:200]}); the older one is")
        options["dynamo"] = False
    torch.onnx.export(network, picture, path, opset_version=16, training=torch.onnx.TrainingMode.PRESERVE, **options)


def append_metadata(path, metadata):
    """metadata_props, field 14 of ONNX's ModelProto. Fields of a message may follow in any order, so also at the end."""
    def varint(n):
        return bytes([n]) if n < 128 else bytes([n & 127 | 128]) + varint(n >> 7)

    def field(number, data):
        return varint(number << 3 | 2) + varint(len(data)) + data

    with open(path, "ab") as file:
        for key, value in metadata.items():
            file.write(field(14, field(1, key.encode()) + field(2, value.encode())))


def write_sample(path, tensors, metadata):
    """Safetensors, by hand: not everyone has the library."""
    header, data = {"__metadata__": metadata}, b""
    for name, t in tensors.items():
        start, data = len(data), data + struct.pack(f"<{t.numel()}f", *t.flatten().tolist())
        header[name] = {"dtype": "F32", "shape": list(t.shape), "data_offsets": [start, len(data)]}
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def export(build, stated, given):
    import torch
    network = load(build, given.state_dict)
    settle(network)
    stated.update({key: value for key, value in vars(given).items() if value})
    height, width = (int(length) for length in (list(stated.get("size", [224])) * 2)[:2])
    metadata = {"size": f"{height} {width}"}
    if stated.get("labels"):
        metadata["labels"] = json.dumps([label.strip() for label in stated["labels"]])
    channels = next((value.shape[1] for value in network.state_dict().values() if value.dim() == 4), 3)
    picture = x = torch.rand(1, channels, height, width, generator=torch.Generator().manual_seed(1))
    if "mean" in stated:
        x = (picture - torch.tensor(stated["mean"]).reshape(-1, 1, 1)) / torch.tensor(stated["std"]).reshape(-1, 1, 1)
        metadata.update({"range": "0 1", **{key: " ".join(map(str, stated[key])) for key in ("mean", "std")}})
    with tempfile.TemporaryDirectory(dir=os.path.dirname(given.output) or ".", prefix=".") as folder, torch.no_grad():
        part = os.path.join(folder, "part.onnx")
        write_sample(given.sample, {"picture": picture, "scores": network(x)}, {"path": given.output})
        write_onnx(network, x, part, given.free)
        append_metadata(part, metadata)
        os.replace(part, given.output)


def numbers(text):
    return [float(word) for word in text.replace("x", ",").split(",")]


def arguments():
    parser = argparse.ArgumentParser("phosphene export", description=DESCRIPTION, allow_abbrev=False,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", metavar="MODEL")
    parser.add_argument("--weights", metavar="NAME", help="published weights, DEFAULT for the best; random ones otherwise")
    parser.add_argument("--state-dict", metavar="FILE", help="weights of yours: a .pt, .pth or .safetensors file")
    parser.add_argument("--output", metavar="FILE.onnx", help="the result; by default NAME.onnx")
    parser.add_argument("--size", type=numbers, help="the picture's side, or HEIGHTxWIDTH; the network's own, or 224")
    parser.add_argument("--free", action="store_true", help="leave the size open in the file")
    parser.add_argument("--mean", type=numbers, help="of the training pictures in 0..1, as in 0.485,0.456,0.406")
    parser.add_argument("--std", type=numbers, help="their standard deviation; where it is not known, neither is stated")
    parser.add_argument("--labels", type=argparse.FileType(), help="a text file with one class a line")
    parser.add_argument("--sample", help=argparse.SUPPRESS, default=os.devnull)
    given = parser.parse_args()
    if ":" not in given.model:
        parser.error(f"'{given.model}' is no MODEL, as torchvision:resnet50 is one; --help lists the kinds")
    if bool(given.mean) != bool(given.std):
        parser.error("--mean and --std belong together")
    return given


def main():
    given = arguments()
    kind, name = given.model.rsplit(":", 1) if ".py:" in given.model else given.model.split(":", 1)
    given.output = given.output or name.rsplit("/", 1)[-1] + ".onnx"
    warnings.simplefilter("ignore")
    try:
        need("torch", "PyTorch")
        sources = {"torchvision": of_torchvision, "timm": of_timm}
        build, stated = sources[kind](name, given.weights) if kind in sources else of_user(kind, name)
        export(build, stated, given)
    except (Exception, KeyboardInterrupt) as problem:
        if os.environ.get("PHOSPHENE_TRACEBACK") == "1":
            raise
        tell(problem if isinstance(problem, (Refusal, OSError)) else f"{type(problem).__name__}: {problem}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
