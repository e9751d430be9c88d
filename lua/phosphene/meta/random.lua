-- SPDX-License-Identifier: MIT
---@meta

---@class phosphene
local ph = {}

--- The generator of a named stream under a seed: xoshiro256** (Blackman and Vigna, "Scrambled linear pseudorandom number
--- generators", 2018). Equal arguments give equal sequences; drawing from one stream never shifts another.
---@param seed integer
---@param stream string any name, for example "init"
---@return ph.random
function ph.random(seed, stream) end

--- A seeded generator of random numbers.
---@class ph.random
local random = {}

--- A uniform number in [0, 1) with 53 random bits.
---@return number
function random:uniform() end

--- A normal number with mean 0 and standard deviation 1 (Box and Muller, 1958).
---@return number
function random:normal() end

--- A uniform integer from 0 to limit - 1.
---@param limit integer at least 1
---@return integer
function random:below(limit) end

--- Fills a tensor with normal numbers, last dimension fastest, and returns it.
---@param tensor ph.tensor
---@param mean number? 0
---@param deviation number? the standard deviation; 1
---@return ph.tensor
function random:fill_normal(tensor, mean, deviation) end

--- The generator's state as text. A generator restored to it draws the same numbers as this one from here on.
---@return string
function random:state() end

--- Sets the generator to a state that `state` gave. Raises for other texts.
---@param state string
---@return ph.random
function random:restore(state) end

--- Frees the generator's memory at once. Using it afterwards raises.
function random:close() end
