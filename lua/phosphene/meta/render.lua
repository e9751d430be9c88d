-- SPDX-License-Identifier: MIT
---@meta

---@class phosphene
local ph = {}

--- Options of `ph.render` and `ph.steps`. The first two may also be given by position: `{ net, "mixed4a:11" }`.
---@class ph.steps_options
---@field net ph.network|string a network, or the name of one
---@field objective ph.objective|string|number what is maximised; a string is "layer:unit"
---@field steps integer? updates of the picture; 512
---@field size integer? pixels on both sides; the size that the network's file states, or else 128
---@field width integer? pixels
---@field height integer? pixels
---@field batch integer? the number of pictures optimised at once; that of `image`, or else 1
---@field seed integer? of the initial noise and the transforms; by default taken from the clock and printed
---@field image ph.tensor? the picture to start from, (n, c, h, w), instead of noise; reduced to grey for a
--- network of one channel
---@field parameterisation string|table|ph.parameterisation|nil how the picture is parameterised: the name of a kind, or
--- a table { name, settings… }, as in `ph.parameterisation`; "fourier"
---@field decorrelate boolean? optimise decorrelated colours; true
---@field squash "sigmoid"|"clip"|"none"|nil how the picture is limited to [0, 1]; "sigmoid"
---@field decay number? of "fourier" and other kinds that have one: amplitudes fall as 1 / f^decay; 1
---@field deviation number? standard deviation of the initial noise; 0.01
---@field transforms string|ph.transform[]|ph.transform|function|nil applied to the picture before the network, with new
--- random values at each step: "lucid", "distill", "captum", "none", or a list; a function of the step, from 1, returns
--- that step's transforms; "lucid"
---@field optimiser "adam"|"nadam"|"rmsprop"|"lbfgs"|"ascent"|"momentum"|table|ph.optimiser|nil a table is
--- { kind, settings… }; "adam"
---@field rate number|ph.schedule|(fun(step: integer, steps: integer): number)|nil of the optimiser, by default its own:
--- 0.05 for adam; a schedule (see ph.schedules) or a function gives the rate of each step, from 1
---@field resume string? the path of a checkpoint to continue from, of a run with the same options except `steps`
---@field relu "redirected"|"plain"|"guided"|"deconvnet"|"open"|"leaky"|(fun(step: integer): string)|nil how gradients pass
--- ReLUs, as in `network:forward`; "redirected", which lasts for the first 17 steps and is "plain" afterwards
---@field pool "plain"|"smooth"|"smooth_l2"|nil how gradients pass max pools, as in `network:forward`; "plain"
---@field progress boolean? false prints no progress, nor the seed
---@field precision "f32"|"bf16"|nil the network's number type: float32, or the faster and less precise bfloat16, on
--- processors that have it; "f32"

--- The state of a run of `ph.steps`. The next step overwrites its tensors: `clone` them to keep them.
---@class ph.run
---@field step integer updates so far
---@field steps integer updates in total
---@field image ph.tensor the picture after these updates, (n, 3, h, w)
---@field image_gradient ph.tensor? the objective's gradient with respect to the picture before the last update, through
--- that step's transforms
---@field value number? the objective before the last update, with that step's transforms
---@field values number[] the same for every step since the start or `resume`
---@field net ph.network
---@field objective ph.objective
---@field seed integer
---@field parameterisation ph.parameterisation
---@field optimiser ph.optimiser
local run = {}

--- The value of each head of the objective at the last step, in the order of the expression.
---@return { text: string, value: number }[]
function run:terms() end

--- Writes the run to a file from which `resume` continues, with the same bits as an uninterrupted run.
---@param path string preferably with the suffix .safetensors
---@return boolean?
---@return string? message
function run:save(path) end

--- Runs an optimisation, one step per iteration: `for step, run in ph.steps { net, objective } do … end`. The loop may
--- be left early. Raises if the objective or its gradient becomes NaN or infinite.
---@param options ph.steps_options
---@return fun(): integer?, ph.run?
function ph.steps(options) end

--- Further options of `ph.render`.
---@class ph.render_options: ph.steps_options
---@field snapshots integer[]? steps after which to keep the picture; 0 is the initial picture
---@field counting "updates"|"lucid"|nil what `steps` and `snapshots` count: updates, or Lucid's thresholds, where t is
--- reached after t + 1 updates; "updates"
---@field stop (fun(run: ph.run): boolean?)|ph.stop|nil called after each step; returning true ends the run.
--- `ph.plateau` makes one
---@field keep "last"|"best"|nil "best" gives the picture with the maximum value, under its step's transforms, instead
--- of the last one; "last"
---@field restarts integer? the number of runs, with consecutive seeds; the result is that of the run with the largest
--- maximum (with `keep = "best"`), or the largest mean over the last tenth of its values; 1
---@field transparency boolean? sum the absolute gradient of every element of the picture over the steps; false
---@field on_step (fun(step: integer, value: number, run: ph.run): boolean?)? called after each step; returning false
--- ends the run
---@field title string? the beginning of progress lines, instead of the objective
---@field output string? the path to save the picture to; where it cannot be written at the end, the picture goes to a
--- folder for temporary files, which the error names
---@field checkpoint string? the path of a checkpoint to write from time to time and at the end, even if Ctrl-C ended the
--- run
---@field checkpoint_every (integer|string)? a number of steps, or of seconds as in "30 s"; "60 s". A run that was killed
--- goes on from the last one with `resume`

--- A function of the run that returns true to end it, and that has a text form.
---@class ph.stop

---@class ph.plateau_options
---@field steps integer? the number of steps over which values are averaged; 50
---@field gain number? the relative increase of the average that is required; 0.01

---@class ph.result
---@field image ph.tensor the batch, (n, 3, h, w)
---@field images ph.tensor[] the same as a list of single pictures
---@field value number? the objective before the last update
---@field values number[] the same for every step since the start or `resume`
---@field history { text: string, values: number[] }[] every head of the objective, in the order of the expression, with
--- its value at every step since the start or `resume`
---@field best { image: ph.tensor, value: number?, step: integer }|nil with `keep = "best"`: the picture, its value, and
--- the number of updates before it
---@field transparency ph.tensor? with `transparency`: the summed absolute gradients, in the picture's shape. Where they
--- are small the picture matters little and may be made transparent (Xplique's MaCo and Horama return them with every
--- picture)
---@field restarts { seed: integer, value: number }[]? with `restarts`: the value by which each run was judged
---@field steps integer updates made
---@field seed integer
---@field snapshots table<integer, ph.tensor> by step
---@field objective string the expression
---@field interrupted boolean whether Ctrl-C ended the run
---@field stopped boolean whether `stop` or `on_step` ended the run
---@field seconds number the duration
---@field metadata table<string, string|number|boolean> the metadata stored in saved pictures
local result = {}

--- Writes the picture, or a montage of the batch, with its metadata.
---@param path string
---@return boolean?
---@return string? message
function result:save(path) end

--- Optimises a picture and prints progress on stderr. Ctrl-C, SIGTERM and SIGHUP end the run after the current step and
--- keep the picture so far; the next run then raises "interrupted", so that loops end, and pictures that are saved on the
--- way out get names such as `a.interrupted.png`. A second one, not within 0.3 s, ends the program at once; at the
--- prompt it ends the line. Raises if the objective or its gradient becomes NaN or infinite, or if a function of the
--- recipe does: what the run had reached is written first, as `a.failed.png` for the output `a.png`, and as the
--- checkpoint; without an output, a picture that took 10 seconds or more goes to a folder for temporary files.
---@param options ph.render_options
---@return ph.result
function ph.render(options) end

--- For `stop`: ends the run once the mean value over the last `steps` steps exceeds that over the `steps` before by no
--- more than `gain` times itself. Raises for options out of range.
---@param options ph.plateau_options?
---@return ph.stop
function ph.plateau(options) end
