---@meta

---@class phosphene
local ph = {}

--- Takes steps that make an objective larger: values move along the gradient.
---
--- `adam` (Kingma and Ba, 2015; in TensorFlow's form, as Lucid uses it), at step t, from 1:
---   m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g^2;
---   values += rate sqrt(1 - beta2^t) / (1 - beta1^t) * m / (sqrt(v) + epsilon).
--- `ascent`: values += rate * g. `momentum`: velocity = momentum * velocity + g; values += rate * velocity.
--- In the last two g may be normalised: "l2" divides the gradient by its L2 norm, "mean" (DeepDream) by the mean of
--- its absolute values, each over the whole tensor; a gradient of zeros stays zero.
---@class ph.optimiser
local optimiser = {}

---@class ph.optimiser_settings
---@field rate number? step size, 0..1e9; adam 0.05, others 1
---@field beta1 number? adam: decay of the gradient's mean, below 1; 0.9
---@field beta2 number? adam: decay of its mean square, below 1; 0.999
---@field epsilon number? adam: 1e-12..1; 1e-8
---@field momentum number? momentum: what the velocity keeps at each step, below 1; 0.9
---@field normalise "none"|"l2"|"mean"|nil ascent, momentum: "none"

--- A new optimiser. Raises for unknown kinds and settings, with a suggestion.
---@param kind "adam"|"ascent"|"momentum"
---@param settings ph.optimiser_settings?
---@return ph.optimiser
function ph.optimiser(kind, settings) end

--- One step, which changes `values` in place. Gives nil and a message, and changes nothing, if the gradient holds a
--- NaN or an infinity. Raises if the shapes differ, from each other or from the steps' before.
---@param values ph.tensor
---@param gradient ph.tensor
---@return true?
---@return string? message
function optimiser:step(values, gradient) end

--- The rate of the next step; with an argument, sets it first.
---@param rate number? 0..1e9
---@return number
function optimiser:rate(rate) end

--- How many steps were taken, those before `restore` included.
---@return integer
function optimiser:steps() end

--- What the next step builds on besides the values, for saving a run: adam's two moments, momentum's velocity, nothing
--- for ascent, and nothing before the first step. The tensors are live: the next step writes to them.
---@return ph.tensor[]
function optimiser:state() end

--- Continues as after `steps` steps that left this state, which is copied. Settings are not part of it.
---@param state ph.tensor[] as `state` gave it
---@param steps integer
---@return ph.optimiser
function optimiser:restore(state, steps) end

--- Lets the memory go at once.
function optimiser:close() end
