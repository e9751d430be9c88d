-- SPDX-License-Identifier: MIT
---@meta

---@class phosphene
local ph = {}

--- Takes steps that make an objective larger: values move along the gradient.
---
--- `adam` (Kingma and Ba, 2015), at step t, from 1, with m and v from 0:
---   m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g^2;
---   values += rate sqrt(1 - beta2^t) / (1 - beta1^t) * m / (sqrt(v) + epsilon),
--- which is TensorFlow's form, and Lucid's. PyTorch's adds epsilon to sqrt(v / (1 - beta2^t)). With `weight_decay` the
--- values are multiplied by 1 - rate * weight_decay before: AdamW, in PyTorch's form.
--- `nadam` (Dozat, 2016), as Keras and PyTorch have it, for MaCo and Horama. With a_t = beta1 (1 - 0.96^(0.004 t) / 2)
--- and p_t = a_1 a_2 … a_t:
---   values += rate ((1 - a_t) / (1 - p_t) * g + a_{t+1} / (1 - p_{t+1}) * m) / (sqrt(v / (1 - beta2^t)) + epsilon).
--- `rmsprop` (Hinton, 2012): v = rho v + (1 - rho) g^2; values += rate * g / (sqrt(v) + epsilon), with form "inside" over
--- sqrt(v + epsilon). Its defaults are tf-keras-vis's, for pictures in 0..255; keras-vis's are
--- { "rmsprop", rho = 0.95, form = "inside", normalise = "l2" }.
--- `ascent`: values += rate * g. `momentum`: velocity = momentum * velocity + g; values += rate * velocity.
--- `lbfgs` (Nocedal, 1980), for objectives that are the same at every step: runs refuse it with transforms that are
--- drawn at random and with `relu = "redirected"`, which changes; `transforms = "none", relu = "plain"`. It takes one gradient a step and no values: a step is judged by the slopes at its two ends when the next
--- gradient comes, and is taken back to where these say that the best was if it lost. No step is longer than ten times
--- the one before. It keeps 2 + 2 * memory tensors of the values' shape.
---
--- `clip_value` cuts each number of g at this size, first; then `normalise` divides g by its L2 norm ("l2") or by the mean
--- of its absolute values ("mean": DeepDream), over the whole tensor (a gradient of zeros stays zero); then `clip_norm`
--- shortens g to this L2 norm if it is longer.
---@class ph.optimiser
local optimiser = {}

---@class ph.optimiser_settings
---@field rate number? step size, 0..1e9; adam 0.05, others 1
---@field clip_value number? all kinds: 0..1e30; 0, which cuts nothing
---@field clip_norm number? all kinds: 0..1e30; 0, which cuts nothing
---@field normalise "none"|"l2"|"mean"|nil all but lbfgs: "none"
---@field beta1 number? adam, nadam: decay of the gradient's mean, below 1; 0.9
---@field beta2 number? adam, nadam: decay of its mean square, below 1; 0.999
---@field epsilon number? adam, nadam, rmsprop: 1e-12..1; 1e-8, rmsprop 1e-7
---@field form "tensorflow"|"pytorch"|"outside"|"inside"|nil adam: "tensorflow" or "pytorch"; rmsprop: "outside" or
--- "inside". The first of each
---@field weight_decay number? adam: 0..1; 0
---@field rho number? rmsprop: decay of the gradient's mean square, below 1; 0.999
---@field momentum number? momentum: what the velocity keeps at each step, below 1; 0.9
---@field memory integer? lbfgs: how many steps are remembered, 1..10; 10

--- A new optimiser. Raises for unknown kinds and settings, with a suggestion.
---@param kind "adam"|"nadam"|"rmsprop"|"lbfgs"|"ascent"|"momentum"
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

--- The kind's name, "adam" for example.
---@return string
function optimiser:kind() end

--- How many steps were taken, those before `restore` included.
---@return integer
function optimiser:steps() end

--- What the next step builds on besides the values, for saving a run: the two means of adam and nadam, rmsprop's one,
--- momentum's velocity, lbfgs's last steps, nothing for ascent, and nothing before the first step. The tensors are live: the next step writes to them.
---@return ph.tensor[]
function optimiser:state() end

--- Continues as after `steps` steps that left this state, which is copied. Settings are not part of it.
---@param state ph.tensor[] as `state` gave it
---@param steps integer
---@return ph.optimiser
function optimiser:restore(state, steps) end

--- Lets the memory go at once.
function optimiser:close() end
