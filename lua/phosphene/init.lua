-- The public module, `local ph = require "phosphene"`: every name that recipes use, from the file it lives in. Public
-- functions raise at the recipe's line. Must hold no logic.

local core = require "phosphene.core"
local misuse = require "phosphene.misuse"
local montage = require "phosphene.montage"
local network = require "phosphene.network"
local picture = require "phosphene.picture"
local render = require "phosphene.render"
local steps = require "phosphene.steps"

local ph = { version = core.version }

-- Running.
ph.network = misuse.guard(network.load)
ph.render = misuse.guard(render)
ph.steps = misuse.guard(steps.iterate)

-- Pictures.
ph.load_image = misuse.guard(picture.load)
ph.save = misuse.guard(picture.save)
ph.list_images = misuse.guard(picture.list)
ph.crop = misuse.guard(picture.crop)
ph.montage = misuse.guard(montage)
ph.read_metadata = core.read_metadata
ph.resize_image = core.resize_image

return ph
