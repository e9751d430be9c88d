-- SPDX-License-Identifier: MIT
---@meta

---@class phosphene
local ph = {}

--- Maximises an objective: each step moves the values along the gradient g.
---
--- `adam` (Kingma and Ba, 2015), at step t, counted from 1, with m and v starting at 0:
---   m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g^2;
---   values += rate sqrt(1 - beta2^t) / (1 - beta1^t) * m / (sqrt(v) + epsilon),
--- which is TensorFlow's form, and Lucid's. PyTorch's adds epsilon to sqrt(v / (1 - beta2^t)). With `weight_decay` the
--- values are first multiplied by 1 - rate * weight_decay: AdamW, in PyTorch's form.
--- `nadam` (Dozat, 2016), as in Keras and PyTorch, for MaCo and Horama. With a_t = beta1 (1 - 0.96^(0.004 t) / 2)
--- and p_t = a_1 a_2 … a_t:
---   values += rate ((1 - a_t) / (1 - p_t) * g + a_{t+1} / (1 - p_{t+1}) * m) / (sqrt(v / (1 - beta2^t)) + epsilon).
--- `rmsprop` (Hinton, 2012): v = rho v + (1 - rho) g^2; values += rate * g / (sqrt(v) + epsilon), with form "inside" over
--- sqrt(v + epsilon). Its defaults are tf-keras-vis's, for pictures in 0..255; keras-vis's are
--- { "rmsprop", rho = 0.95, form = "inside", normalise = "l2" }.
--- `ascent`: values += rate * g. `momentum`: velocity = momentum * velocity + g; values += rate * velocity.
--- `lbfgs` (Nocedal, 1980), for objectives that are the same at every step: runs raise for it with random transforms
--- and with `relu = "redirected"`, which changes during a run; use `transforms = "none", relu = "plain"`. It uses one
--- gradient for each step and no objective values: when the next gradient arrives, a step is judged by the slopes at
--- its two ends, and if the objective fell the values return to the maximum that these slopes predict. No step is
--- longer than ten times the one before. It stores 2 + 2 * memory tensors of the values' shape.
---
--- First, `clip_value` clips each element of g to [-clip_value, clip_value]; then `normalise` divides g by its L2 norm
--- ("l2") or by the mean of its absolute values ("mean": DeepDream), over the whole tensor (a gradient of zeros stays
--- zero); then `clip_norm` scales g down to this L2 norm if its norm is larger.
---@class ph.optimiser
local optimiser = {}

---@class ph.optimiser_settings
---@field rate number? step size, 0..1e9; adam 0.05, others 1
---@field clip_value number? all kinds: 0..1e30; 0, which does not clip
---@field clip_norm number? all kinds: 0..1e30; 0, which does not clip
---@field normalise "none"|"l2"|"mean"|nil all but lbfgs: "none"
---@field beta1 number? adam, nadam: decay of the gradient's mean, below 1; 0.9
---@field beta2 number? adam, nadam: decay of its mean square, below 1; 0.999
---@field epsilon number? adam, nadam, rmsprop: 1e-12..1; 1e-8, rmsprop 1e-7
---@field form "tensorflow"|"pytorch"|"outside"|"inside"|nil adam: "tensorflow" or "pytorch"; rmsprop: "outside" or
--- "inside". The first of each
---@field weight_decay number? adam: 0..1; 0
---@field rho number? rmsprop: decay of the gradient's mean square, below 1; 0.999
---@field momentum number? momentum: the share of the velocity kept at each step, below 1; 0.9
---@field memory integer? lbfgs: how many past steps are stored, 1..10; 10

--- A new optimiser. Raises for unknown kinds and settings, with a suggestion.
---@param kind "adam"|"nadam"|"rmsprop"|"lbfgs"|"ascent"|"momentum"
---@param settings ph.optimiser_settings?
---@return ph.optimiser
function ph.optimiser(kind, settings) end

--- Makes one step, changing `values` in place. Gives nil and a message, and changes nothing, if the gradient contains
--- NaN or infinity. Raises if the two shapes differ, or differ from those of earlier steps.
---@param values ph.tensor
---@param gradient ph.tensor
---@return true?
---@return string? message
function optimiser:step(values, gradient) end

--- The rate of the next step. With an argument, sets it first.
---@param rate number? 0..1e9
---@return number
function optimiser:rate(rate) end

--- The kind's name, "adam" for example.
---@return string
function optimiser:kind() end

--- How many steps were taken, those before `restore` included.
---@return integer
function optimiser:steps() end

--- The optimiser's internal state, for saving a run: the two moving averages of adam and nadam, the one of rmsprop,
--- momentum's velocity, lbfgs's past steps; empty for ascent, and before the first step. The tensors are not copies:
--- the next step overwrites them.
---@return ph.tensor[]
function optimiser:state() end

--- Continues as if `steps` steps had led to this state, which is copied. It does not include the settings.
---@param state ph.tensor[] as `state` gave it
---@param steps integer
---@return ph.optimiser
function optimiser:restore(state, steps) end

--- Frees the memory at once.
function optimiser:close() end
