-- SPDX-License-Identifier: MIT
-- Recognises files by their first bytes: finds the module that opens a file, whatever its suffix is, or describes, in
-- one line, a file that no module opens and what to do with it. Must not know how formats are read.

local core = require "phosphene.core"
local reading = require "phosphene.base.reading"
local shell = require "phosphene.base.shell"
local weights = require "phosphene.network.weights"

local recognise = {}

-- So many bytes are looked at; enough for the mark of a tar archive.
local most_bytes = 512

-- ---- advice ----

local to_onnx = "`phosphene export torchvision:NAME --state-dict FILE` makes a file with both; so do timm:NAME and, "
  .. "for a network of your own, net.py:FUNCTION"
local with_graph = "export the network that they belong to, as ONNX"
local tf2onnx = "python3 -m tf2onnx.convert --%s %s --output net.onnx makes an ONNX file of it"
local unpack_it = "unpack it first"
local from_origin = "convert the network from what it was made with, to ONNX"

-- Whether the bytes are UTF-8 without control characters; the last character may be cut off.
local function is_text(head)
  local is_utf8 = utf8.len((head:gsub("[\128-\255]?[\128-\255]?[\128-\255]?$", ""))) ~= nil
  return is_utf8 and not head:find "[%z\1-\8\11\14-\31\127]"
end

-- Marks at the beginning of files that no format opens: { pattern, what it is, what to do }.
local foreign = {
  { "^version https://git%-lfs", "a Git LFS pointer that stands for a file", "`git lfs pull` fetches the file" },
  { "^[\239\187\191%s]*<[!hH]", "a web page", "what was downloaded is not the file; its address is another (GitHub's "
    .. "\"raw\", Hugging Face's \"resolve\"), or wants a login" },
  { "^[\239\187\191%s]*<%?xml.*<net%s", "OpenVINO's", from_origin },
  { "^[\239\187\191%s]*<%?xml", "a server's answer in XML", "what was downloaded is not the file" },
  { "^\128[\2-\5]", "a Python pickle, PyTorch's older form: weights without a graph", to_onnx },
  { "^\31\139", "compressed by gzip", "gunzip (or tar -xzf) unpacks it" },
  { "^BZh", "compressed by bzip2", unpack_it }, { "^\2537zXZ", "compressed by xz", unpack_it },
  { "^7z\188\175", "an archive", unpack_it }, { "^\40\181\47\253", "compressed by zstd", unpack_it },
  { "^....TFL3", "TensorFlow Lite's", tf2onnx:format("tflite", "FILE") },
  { "^....ORTM", "ONNX Runtime's own form", "the ONNX file that it was made from opens" },
  { "^MATLAB ", "MATLAB's", "exportONNXNetwork writes ONNX" },
  { "^\147NUMPY", "an array of NumPy's", with_graph },
  { "^GGUF", "a GGUF file, of language models", "networks that see are asked for" },
}

-- ---- zip archives ----

local is_torch_suffix = { pt = true, pth = true, bin = true, ckpt = true, pkl = true }

-- What a zip archive is, by the name of the first file in it.
local function zip(head, suffix)
  local length = #head >= 30 and string.unpack("<I2", head, 27) or 0
  local name = head:sub(31, 30 + length)
  if name == "metadata.json" or name == "config.json" or suffix == "keras" then return "keras" end
  if name:match "%.npy$" then return nil, "arrays of NumPy's in a zip archive", with_graph end
  if name:match "/archive_format$" or name == "serialized_exported_program.json" then
    return nil, "an exported program of PyTorch's", "torch.onnx.export(torch.export.load(FILE), f='net.onnx') makes an "
      .. "ONNX file of it"
  end
  local is_torch = name:match "/data%.pkl$" or name:match "/version$" or name:match "/%.format_version$"
  if is_torch or is_torch_suffix[suffix] then
    return nil, "PyTorch's, which holds weights, and code, but no graph", to_onnx
  end
  return nil, ("a zip archive (its first file is '%s')"):format(name:gsub("%c", "?"):sub(1, 60)), unpack_it
end

-- ---- protobuf messages ----

-- ONNX's model, TensorFlow's SavedModel and Core ML's model all begin with a small number. In ONNX a text follows, the
-- program that wrote it; in the others a message, which does not begin like a text.
local function numbered(head, suffix)
  local after = head:match "^\8[\1-\31]\18[\128-\255]*.(.)"
  if after == "\10" or after == "\18" then
    if suffix == "mlmodel" then
      return nil, "Core ML's", from_origin
    end
    return nil, "a SavedModel's graph, whose weights lie beside it", tf2onnx:format("saved-model", "FOLDER")
  end
  return "onnx"
end

-- ---- all of them ----

local function is_safetensors(head)
  return #head >= 9 and string.unpack("<I8", head) <= 100000000 and string.unpack("<I8", head) > 0
    and head:sub(9, 9) == "{"
end

-- JSON that comes with networks, but is none.
local function json(head)
  if head:find '"modelTopology"' then return "tensorflowjs" end
  if head:find '"weight_map"' then return nil, "a list of weights in several files, without a graph", with_graph end
  if head:find '"architectures?"' or head:find '"model_type"' then
    return nil, "a configuration", "weights of a known family that lie beside it open"
  end
  if head:find '^%s*{%s*"nodes"' then return nil, "MXNet's", from_origin end
  return "tensorflowjs"
end

-- What text is in the place of numbers.
local function text_in_place(head, suffix)
  if suffix == "prototxt" then return "caffe" end
  if head:match "^%s*{" then return json(head) end
  if head:match "^%s*model_checkpoint_path:" then
    return nil, "a list of TensorFlow's checkpoints", tf2onnx:format("checkpoint", "NAME.meta")
      .. ", with --inputs and --outputs"
  end
  if head:match "^%s*node%s*{" then
    return nil, "a TensorFlow graph as text", "tf.io.write_graph(…, as_text=False) writes what is read"
  end
  if head:match "^%s*layers?%s*{" or head:match "^%s*name:" then
    return nil, "a description, of Caffe's it seems", "called .prototxt it is read"
  end
  return nil, ("text, beginning with '%s'"):format(head:match "^%s*([^\r\n]*)":sub(1, 40)), "it holds no network"
end

-- Advice for the file at `path`.
local function about(path, text)
  text = text:gsub("%f[%u]FILE%f[%U]", function() return shell.word(path) end)
  return (text:gsub("%f[%u]FOLDER%f[%U]", function() return path:match "^(.*)/" or "." end))
end

--- What to do with weights of PyTorch's that come without a graph.
function recognise.export_advice(path) return about(path, to_onnx) end

-- The module of phosphene.formats for a file that begins so; or nil, what the file is, and what to do.
local function judge(head, suffix, by_suffix)
  if head == "" then return nil, "empty", "its download may have failed" end
  for _, mark in ipairs(foreign) do
    if head:find(mark[1]) then return nil, mark[2], mark[3] end
  end
  if head:sub(1, 4) == "PK\3\4" then return zip(head, suffix) end
  if head:sub(258, 262) == "ustar" then return nil, "a tar archive", "tar -xf unpacks it" end
  if head:sub(1, 8) == "\137HDF\r\n\26\n" then return "keras" end
  if is_safetensors(head) then return "safetensors" end
  if head:match "^\8[\1-\31][\18\26\34\42\58\66]" then return numbered(head, suffix) end
  if is_text(head) then return text_in_place(head, suffix) end
  if by_suffix then return by_suffix end
  return nil, "of no format that is read", "there are " .. weights.known_files()
end

local function suffix_of(path) return (path:match "%.(%w+)$" or ""):lower() end

local function folder(path)
  if path:match "%.mlpackage/*$" then return nil, ("'%s' is Core ML's: %s"):format(path, from_origin) end
  for _, name in ipairs(core.list_folder(path) or {}) do
    if name == "saved_model.pb" then
      return nil, ("'%s' is a SavedModel: %s"):format(path, tf2onnx:format("saved-model", path))
    end
  end
  return nil, ("'%s' is a folder, not a network's file"):format(path)
end

--- The module of phosphene.formats that opens a file; or nil and one line, which says what the file is and what to do.
function recognise.module(path)
  local by_suffix = weights.format(path)
  local file, problem = reading.open(path)
  if not file then
    return by_suffix, not by_suffix and ("cannot read '%s': %s"):format(path, (problem:gsub("^.*: ", ""))) or nil
  end
  local head, fault = file:read(most_bytes)
  file:close()
  if not head and fault then return folder(path) end
  local module, what, advice = judge(head or "", suffix_of(path), by_suffix)
  if not what then return module end
  return nil, (("'%s' is %s: %s"):format(path, what, about(path, advice)):gsub("%c", "?"))
end

return recognise
