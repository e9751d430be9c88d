-- How reading an ONNX file ends early: as for every format.
return require "phosphene.formats.refuse"
