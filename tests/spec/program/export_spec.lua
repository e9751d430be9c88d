-- SPDX-License-Identifier: MIT
-- `phosphene export`, by Debian's Python: what is said where something is missing; where there is PyTorch, files of
-- an own module and of torchvision's, which compute what PyTorch does under the names of its modules.

local ph = require "phosphene"

local program = (os.getenv "PHOSPHENE_TEST_BUILD" or "build") .. "/phosphene"

local folder

local function shell(format, ...)
  local pipe = assert(io.popen("{ " .. format:format(...) .. "; } 2>&1"))
  local output = pipe:read "a"
  return output, (pipe:close())
end

-- What the command says, and whether it succeeds, in the folder.
local function export(arguments)
  return shell("cd '%s' && PATH=/usr/bin:$PATH \"$OLDPWD/%s\" export %s", folder, program, arguments)
end

local function write(name, text)
  local file = assert(io.open(folder .. "/" .. name, "w"))
  file:write(text)
  file:close()
end

local function files()
  local names = {}
  for name in shell("ls -A '%s'", folder):gmatch "[^\n]+" do names[name] = true end
  return names
end

local function has(module)
  local _, there = shell("PATH=/usr/bin:$PATH python3 -c 'import %s'", module)
  return there
end

-- `net` has a dictionary of outputs, `grey` takes one channel; the others are mistakes.
local own = [[
import torch
from torch import nn

class Block(nn.Module):
    def __init__(self, a, b):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(a, b, 3, padding=1), nn.BatchNorm2d(b)
    def forward(self, x):
        return nn.functional.relu(self.norm(self.conv(x)))

class Net(nn.Module):
    def __init__(self, channels=3):
        super().__init__()
        torch.manual_seed(1)
        self.first, self.fc = Block(channels, 8), nn.Linear(12, 5)
        self.layer4 = nn.Sequential(Block(8, 16), Block(16, 12))
    def forward(self, x):
        return {"features": x, "logits": self.fc(self.layer4(nn.functional.max_pool2d(self.first(x), 2)).mean((2, 3)))}

def net(): return Net()
def grey(): return Net(1)
def number(): return 3
def broken(): raise ValueError("not\ntoday")
]]

describe("phosphene export", function()
  setup(function()
    folder = os.tmpname()
    os.remove(folder)
    os.execute("mkdir " .. folder)
    write("own.py", own)
  end)
  teardown(function() os.execute("rm -r " .. folder) end)

  it("says what it takes, without PyTorch", function()
    local output, succeeded = export "--help"
    assert.is_true(succeeded)
    assert.matches("usage: phosphene export .*MODEL.*torchvision:NAME.*%-%-state%-dict FILE", output)
    output, succeeded = export "resnet18"
    assert.is_nil(succeeded)
    assert.matches("'resnet18' is no MODEL", output)
    assert.matches("belong together", (export "own.py:net --mean 1"))
  end)

  it("says in one line that PyTorch, or Python, is missing", function()
    write("python3", "#!/bin/sh\nexec /usr/bin/python3 -S \"$@\"\n")
    os.execute(("chmod +x '%s/python3'"):format(folder))
    local output, succeeded = shell("cd '%s' && PATH='%s':/bin \"$OLDPWD/%s\" export own.py:net", folder, folder,
      program)
    assert.is_nil(succeeded)
    assert.matches("^phosphene: export: PyTorch is missing %([^\n]*%); install it[^\n]*\n$", output)
    output, succeeded = shell("PATH='%s/none' %s export own.py:net", folder, program)
    assert.is_nil(succeeded)
    assert.matches("phosphene: export: it needs python3, with PyTorch\n$", output)
    os.remove(folder .. "/python3")
  end)

  if not has "torch" then
    pending "exports a module of one's own (there is no PyTorch: python3-torch)"
    return
  end

  it("writes a module of one's own: sizes, preprocessing, labels, names of modules", function()
    write("labels.txt", "ant\nbee\ncat\ndog\neel\n")
    local output = export "own.py:net --size 24x32 --free --mean .5,.4,.3 --std .2,.2,.1 --labels labels.txt"
    assert.matches("net%.onnx: %d+ layers, 5 classes with names; differs from PyTorch by %d", output)
    local net = assert(ph.network(folder .. "/net.onnx"))
    assert.same({ 24, 32 }, { net:input_size() })
    assert.same({ "ant", "bee", "cat", "dog", "eel" }, net:labels())
    local input = net:preprocessing()
    assert.same("its file", input.source)
    for c, mean in ipairs { 0.5, 0.4, 0.3 } do assert.near(mean, input.mean[c], 1e-6) end
    local aliases, shapes = net:aliases(), net:shapes(48, 40)
    assert.same({ 12, 24, 20 }, shapes[aliases.layer4])
    assert.equal(aliases.layer4, aliases["layer4.1"])
    assert.matches("relu", net:layer(aliases.layer4).type)
  end)

  it("writes nothing but the file, and that only when it is whole", function()
    assert.matches("grey%.onnx: ", (export "own:grey --size 16"))
    assert.equal(1, assert(ph.network(folder .. "/grey.onnx", { range = { 0, 1 } })):channels())
    local before = files()
    for arguments, expected in pairs {
      ["own.py:nat"] = "no 'nat' in own%.py; did you mean 'net'%?",
      ["own.py:number"] = "MODEL gives a int, not a torch%.nn%.Module",
      ["own.py:broken"] = "ValueError: not today",
      ["nomodule:net"] = "the module nomodule is missing",
      ["own.py:net --output folder/net.onnx"] = "No such file",
    } do
      local output, succeeded = export(arguments)
      assert.is_nil(succeeded)
      assert.matches("^phosphene: export: [^\n]*" .. expected .. "[^\n]*\n$", output)
    end
    before.__pycache__ = files().__pycache__
    assert.same(before, files())
  end)

  it("loads state dicts, also such as training leaves", function()
    assert.is_truthy(select(2, shell("cd '%s' && PATH=/usr/bin:$PATH python3 -c '%s'", folder, [[
import torch, own
net = own.net()
net.fc.bias.data += 3
state = {"module." + name: value for name, value in net.state_dict().items()}
torch.save({"state_dict": state, "epoch": 3}, "state.pth")
torch.save(net, "whole.pt")]])))
    assert.matches("differs from PyTorch", (export "own.py:net --size 16 --output moved.onnx --state-dict state.pth"))
    local plain, moved = ph.network(folder .. "/net.onnx"), ph.network(folder .. "/moved.onnx", { range = { 0, 1 } })
    local a, b = plain:parameter("scores", "bias"), moved:parameter("scores", "bias")
    for i, value in ipairs(a:values()) do assert.near(value + 3, b:values()[i], 1e-6) end
    assert.matches("'whole%.pt' holds more than tensors", (export "own.py:net --state-dict whole.pt"))
  end)

  it("asks timm for input, weights and the names of classes", function()
    assert(os.execute("mkdir " .. folder .. "/timm"))
    write("timm/__init__.py", [[
from . import data
import own
def list_models(): return ["tiny_net", "other"]
def create_model(name, pretrained, **further):
    assert (name, pretrained, further) == ("tiny_net.tag", True, {})
    network = own.Net()
    network.pretrained_cfg = {"mean": (0.5, 0.5, 0.5), "std": (0.25, 0.25, 0.25), "input_size": (3, 40, 48)}
    return network
]])
    write("timm/data.py", [[
def infer_imagenet_subset(model): return "five"
class ImageNetInfo:
    def __init__(self, subset): self.subset = subset
    def num_classes(self): return 5
    def index_to_description(self, i): return "%s %d" % (self.subset, i)
]])
    local function of_timm(arguments)
      return (shell("cd '%s' && PYTHONPATH=. PATH=/usr/bin:$PATH \"$OLDPWD/%s\" export timm:%s", folder, program,
        arguments))
    end
    assert.matches("tiny_net%.onnx: .*5 classes with names; differs from PyTorch", of_timm "tiny_net --weights tag")
    local net = assert(ph.network(folder .. "/tiny_net.onnx"))
    assert.same({ 40, 48 }, { net:input_size() })
    assert.equal("five 4", net:labels()[5])
    assert.near(0.25, net:preprocessing().std[1], 1e-6)
    assert.matches("no 'tiny' in timm; did you mean 'tiny_net'%?", of_timm "tiny")
  end)

  if not has "torchvision" then
    pending "exports torchvision's networks (there is none: python3-torchvision)"
    return
  end

  it("writes torchvision's networks, of as many classes as the weights are for", function()
    assert.is_truthy(select(2, shell("cd '%s' && PATH=/usr/bin:$PATH python3 -c '%s'", folder, [[
import torch, torchvision
torch.manual_seed(1)
torch.save(torchvision.models.resnet18(num_classes=7).state_dict(), "eighteen.pth")]])))
    assert.matches("differs from PyTorch", (export "torchvision:resnet18 --size 64 --state-dict eighteen.pth"))
    local net = assert(ph.network(folder .. "/resnet18.onnx"))
    assert.same({ 7 }, net:shapes(64, 64).scores)
    assert.near(0.485, net:preprocessing().mean[1], 1e-6)
    assert.same({ 512, 2, 2 }, net:shapes(64, 64)[net:aliases().layer4])
  end)

  it("suggests what a mistyped name may mean", function()
    assert.matches("no 'resnet81' in torchvision; did you mean 'resnet18'%?", (export "torchvision:resnet81"))
    assert.matches("no 'DEFUALT' in the weights of resnet18; did you mean 'DEFAULT'%?",
      (export "torchvision:resnet18 --weights DEFUALT"))
    assert.matches("timm is missing", (export "timm:resnet18"))
  end)
end)
