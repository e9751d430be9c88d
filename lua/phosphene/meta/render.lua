-- SPDX-License-Identifier: MIT
---@meta

---@class phosphene
local ph = {}

--- What `ph.render` and `ph.steps` take. The first two may also be given by place: `{ net, "mixed4a:11" }`.
---@class ph.steps_options
---@field net ph.network|string a network, or the name of one
---@field objective ph.objective|string|number what is maximised; a string is "layer:unit"
---@field steps integer? updates of the picture; 512
---@field size integer? pixels on both sides; the size that the network's file states, or else 128
---@field width integer? pixels
---@field height integer? pixels
---@field batch integer? how many pictures are optimised at once; 1, or as many as `image` has
---@field seed integer? of the starting noise and the transforms; chosen from the clock, and told, where not given
---@field image ph.tensor? the picture to start from, (n, c, h, w), in place of noise; colours become grey for a network of one
--- channel
---@field parameterisation string|table|ph.parameterisation|nil what the picture is made of: the name of a kind, or a table
--- { name, settings… }, as `ph.parameterisation` takes them; "fourier"
---@field decorrelate boolean? optimise decorrelated colours; true
---@field squash "sigmoid"|"clip"|"none"|nil what keeps the picture in [0, 1]; "sigmoid"
---@field decay number? of the kinds that have one, "fourier" first: amplitudes fall as frequency to this power; 1
---@field deviation number? of the noise that the parameters start as; 0.01
---@field transforms string|ph.transform[]|ph.transform|function|nil what the network sees the picture through, drawn
--- anew each step: "lucid", "distill", "captum", "none", or a list; a function gives those of each step, from 1; "lucid"
---@field optimiser "adam"|"nadam"|"rmsprop"|"lbfgs"|"ascent"|"momentum"|table|ph.optimiser|nil a table is
--- { kind, settings… }; "adam"
---@field rate number|ph.schedule|(fun(step: integer, steps: integer): number)|nil of the optimiser, by default its own:
--- 0.05 for adam; a schedule (see ph.schedules) or a function gives that of each step, from 1
---@field resume string? the path of a checkpoint to go on from, of a run with the same options but for `steps`
---@field relu "redirected"|"plain"|"guided"|"deconvnet"|"open"|"leaky"|(fun(step: integer): string)|nil how gradients pass
--- ReLUs, as in `network:forward`; "redirected", which is for the first 17 steps, then plain
---@field pool "plain"|"smooth"|"smooth_l2"|nil how they pass max pools, as in `network:forward`; "plain"
---@field precision "f32"|"bf16"|nil what the network computes in: float32, or the faster and coarser bfloat16, where the
--- processor has it; "f32"

--- A run of `ph.steps`, alive while it runs. Its tensors are overwritten by the next step: `clone` what is to be kept.
---@class ph.run
---@field step integer updates so far
---@field steps integer updates in all
---@field image ph.tensor the picture after these updates, (n, 3, h, w)
---@field image_gradient ph.tensor? the objective's gradient by the picture as it was before the last update, through that
--- step's transforms
---@field value number? the objective before the last update, seen through that step's transforms
---@field values number[] the same for every step that was made here
---@field net ph.network
---@field objective ph.objective
---@field seed integer
---@field parameterisation ph.parameterisation
---@field optimiser ph.optimiser
local run = {}

--- What each head of the objective gave at the last step, in the order in which they are written.
---@return { text: string, value: number }[]
function run:terms() end

--- Writes the run to a file that `resume` continues from, to the same bits as if it had not stopped.
---@param path string best ending in .safetensors
---@return boolean?
---@return string? message
function run:save(path) end

--- Runs an optimisation one step an iteration: `for step, run in ph.steps { net, objective } do … end`. Leaving the loop
--- early is fine. Raises where the objective or its gradient stops being a number.
---@param options ph.steps_options
---@return fun(): integer?, ph.run?
function ph.steps(options) end

--- What `ph.render` takes besides.
---@class ph.render_options: ph.steps_options
---@field snapshots integer[]? steps after which to keep the picture; 0 is the start
---@field counting "updates"|"lucid"|nil what `steps` and `snapshots` count: updates; or Lucid's thresholds, of which t is
--- reached after t + 1 updates; "updates"
---@field stop (fun(run: ph.run): boolean?)|ph.stop|nil asked after each step; true ends the run. `ph.plateau` makes one
---@field keep "last"|"best"|nil "best" gives the picture whose value, as its step's transforms showed it, was the greatest, in
--- place of the last one; "last"
---@field restarts integer? how many runs are made, with seeds that follow one another; the result is that of the best, by
--- its best value where that is kept, and else by the mean of the last tenth of its values; 1
---@field transparency boolean? add up, over the steps, the absolute gradient of every number of the picture; false
---@field on_step (fun(step: integer, value: number, run: ph.run): boolean?)? called after each step; false ends the run
---@field progress boolean? false is silent
---@field title string? what progress lines begin with, in place of the objective
---@field output string? the path of a picture to save the result in
---@field checkpoint string? the path of a checkpoint to write at the end, also where Ctrl-C ended the run

--- A function of the run, true where it should end, that prints itself.
---@class ph.stop

---@class ph.plateau_options
---@field steps integer? over how many steps values are averaged; 50
---@field gain number? by what part of itself the average must rise; 0.01

---@class ph.result
---@field image ph.tensor the batch, (n, 3, h, w)
---@field images ph.tensor[] the same as a list of single pictures
---@field value number? the objective before the last update
---@field values number[] the same for every step that was made here
---@field history { text: string, values: number[] }[] every head of the objective, in the order in which they are written, with
--- its value at every step that was made here
---@field best { image: ph.tensor, value: number?, step: integer }|nil with `keep = "best"`: the picture, its value, and after how
--- many updates it was there
---@field transparency ph.tensor? with `transparency`: what was added up, of the picture's shape. Where it is small the
--- picture matters little, and may be made clear (Xplique's MaCo and Horama give it with every picture)
---@field restarts { seed: integer, value: number }[]? with `restarts`: what each run reached
---@field steps integer updates that were made
---@field seed integer
---@field snapshots table<integer, ph.tensor> by step
---@field objective string the expression
---@field interrupted boolean whether Ctrl-C ended it
---@field stopped boolean whether `stop` or `on_step` did
---@field seconds number how long it took
---@field metadata table<string, string|number|boolean> what is stored in saved pictures
local result = {}

--- Writes the picture, or a montage of the batch, with its metadata.
---@param path string
---@return boolean?
---@return string? message
function result:save(path) end

--- Optimises a picture until it is done, with progress on stderr. Ctrl-C ends it after the current step and keeps what
--- there is, and so do SIGTERM and SIGHUP; a second one kills. Raises where the objective or its gradient stops being a
--- number.
---@param options ph.render_options
---@return ph.result
function ph.render(options) end

--- For `stop`: true once the mean value of the last `steps` steps is no more than `gain` times itself above that of the
--- `steps` before. Raises for options out of range.
---@param options ph.plateau_options?
---@return ph.stop
function ph.plateau(options) end
