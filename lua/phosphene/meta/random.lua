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

--- Uniform in [0, 1), 53 bits of it random.
---@return number
function random:uniform() end

--- Normal with mean 0 and deviation 1 (Box and Muller, 1958).
---@return number
function random:normal() end

--- One of 0 … limit-1, all equally likely.
---@param limit integer at least 1
---@return integer
function random:below(limit) end

--- Fills a tensor with normals, last dimension fastest, and returns it.
---@param tensor ph.tensor
---@param mean number? 0
---@param deviation number? 1
---@return ph.tensor
function random:fill_normal(tensor, mean, deviation) end

--- The generator's state as text: a generator that it is restored to draws what this one would draw next.
---@return string
function random:state() end

--- Goes on from a state that `state` gave. Raises for other texts.
---@param state string
---@return ph.random
function random:restore(state) end

--- Gives the generator's memory back at once. Using it afterwards raises.
function random:close() end
