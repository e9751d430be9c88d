-- SPDX-License-Identifier: MIT
-- The families of networks whose state dicts open: each knows its own by the names of tensors, and rebuilds it. A
-- family has
--   title     what it is, for messages
--   is(g)     whether the tensors are its own
--   build(g)  adds its layers after `input`, and gives that of the class scores, if there is one
--   called    patterns of names in config.json, of which one must fit;  not_called   of which none may
--   unread    patterns of tensors that are left over
--   side(g)   the side of the pictures that it is for, where the weights say so
--   input(g)  its preprocessing where config.json does not state it; nil where it is not known
-- and `g` is a graph as in formats/state_dict/graph.lua. Must not know where weights come from.

local families = {}

for i, name in ipairs { "resnet", "densenet", "googlenet_torchvision", "mobile_torchvision", "mobile_timm", "vgg",
  "vit" } do
  families[i] = require("phosphene.network.models." .. name)
end

return families
