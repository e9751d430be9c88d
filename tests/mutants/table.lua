-- SPDX-License-Identifier: MIT
-- Changes that break the program, each in one line of it, and the test that must notice. `find` is text that stands in
-- the file once. Must not know how they are tried.

local mutants = {}

-- Rows of one file and the test of it: a name, text, and what takes its place. Of a test that takes long, `case` is
-- part of the name of what is run.
local function of(file, test, rows)
  for _, row in ipairs(rows) do
    mutants[#mutants + 1] = { name = row[1], find = row[2], replace = row[3], file = file, test = test,
      case = rows.case }
  end
end

-- ---- receptive fields ----

of("src/core/network/layers/window.c", "tests/unit/network/box.c", {
  { "a window's last gap counts as pixels", "inside.first + (ph_range_count(inside, window->dilation[axis]) - 1)",
    "inside.first + ph_range_count(inside, window->dilation[axis])" },
})

-- ---- pictures and datasets ----

of("src/core/files/picture/jpeg.c", "tests/unit/files/image_formats.c", {
  { "JPEG: Adobe's inks are taken for ink", "is_light ? 0 : 255", "is_light ? 255 : 0" },
  { "JPEG: scans have no end", "MOST_SCANS = 64,", "MOST_SCANS = 640," },
  { "JPEG: a scale too small is chosen", "codec->output_height >= shorter_side", "codec->output_height >= 1" },
})
of("src/core/files/picture/jpeg.c", "tests/unit/files/image_faults.c", {
  { "JPEG: what is cut off gets an end", "codec->src->fill_input_buffer = end_of_file;", "" },
})
of("src/core/files/picture/webp.c", "tests/unit/files/image_formats.c", {
  { "WebP: a frame lies in the corner", "start = ((size_t)frame->y_offset", "start = 0 * ((size_t)frame->y_offset" },
  { "WebP: the orientation is left out", "samples->orientation = orientation_of(container);", "" },
})
of("src/core/data/loader.c", "tests/unit/data/loader.c", {
  { "loader: the seed makes no difference", "ph_random_stream(l->settings.seed,", "ph_random_stream(0," },
  { "loader: a slot is held back for nobody", "ph_tensor_release(s->image);\n  *s", "*s" },
})
of("src/core/data/tar.c", "tests/unit/data/catalogue.c", {
  { "archives: an end that is missing is not missed",
    "  }\n  return cannot_read(t, \"the archive is cut off\", e);", "  }\n  return PH_OK;" },
  { "archives: pax has no names", 'memcmp(key, "path", 4) == 0', 'memcmp(key, "pith", 4) == 0' },
})
of("src/core/data/folder.c", "tests/unit/data/catalogue.c", {
  { "folders: a circle has no end", "if (is_above(here, about))", "if (here == NULL && is_above(here, about))" },
})
of("lua/phosphene/data/batches.lua", "tests/spec/data/dataset_spec.lua", {
  { "batches: what is unreadable is said in each scan", "data.said[path] = true", "data.said[path] = nil" },
  { "batches: no share is too much", "self.tried >= enough and", "self.tried >= 1000 and" },
  { "batches: threads go on when a loop is left", "  self.loader:close()\n", "" },
})
of("lua/phosphene/data/dataset.lua", "tests/spec/data/dataset_spec.lua", {
  { "datasets: a part of a part begins at the whole's place", 'place_of(self, i, "part") end', "i end" },
})

-- ---- what scans find ----

of("src/core/data/ranking.c", "tests/unit/data/ranking.c", {
  { "rankings: of equal values whoever came first leads", "return a->picture < b->picture;", "return false;" },
  { "rankings: the least of a full list is never turned out", "!is_before(example, &at[--i], list, unit)", "true" },
})

of("src/core/data/sketch.c", "tests/unit/data/sketch.c", {
  { "sketches: what is too small is lost", "c->zero += bucket[i];", "c->zero += 0 * bucket[i];" },
  { "sketches: the lower one is added where it lies", "if (into->top > from->top) raise_top(from, into->top);", "" },
})

of("lua/phosphene/data/scan.lua", "tests/spec/data/examples_spec.lua", {
  { "scans: pictures that were removed stay in the lists", "if #gone > 0 then forget(store, gone) end", "" },
  { "scans: pictures that changed are what they were",
    "before.bytes == picture.bytes and before.modified == picture.modified", "true" },
  { "scans: what another process has found is counted twice",
    "if store:has_seen(found, self.numbers) then return end", "" },
})

-- ---- state dicts: what does not show in the weights ----

of("lua/phosphene/network/models/resnet.lua", "tests/spec/formats/state_dict_spec.lua", {
  { "ResNet's last ReLU has another number", "relu, count - 1), x)", "relu, count), x)" },
  { "ResNets for small pictures are taken for others", 'g:kernel "conv1" ~= 7', 'g:kernel "conv1" > 7' },
})

of("lua/phosphene/network/models/mobile_timm.lua", "tests/spec/formats/state_dict_spec.lua", {
  { "timm's strides are the wrong ones", "local usual_strides = { 1, 2, 2,", "local usual_strides = { 1, 1, 2," },
  { "tf_ pads as the others do", 'g.is_same = (g.config.architecture or ""):find "^tf_" ~= nil', "g.is_same = false" },
  { "timm's small v3 has ReLUs for longer", "is_small and 2 or 3", "is_small and 3 or 3" },
})

of("lua/phosphene/formats/state_dict.lua", "tests/spec/formats/state_dict_spec.lua", {
  { "tensors may be left over", "if rest then", "if rest == false then" },
  { "blurred ResNets are taken for others", "or fits_one(name, family.not_called)", "" },
})

of("src/core/objective/head.c", "tests/unit/objective/evaluation_parts.c", {
  { "no layer is called like a text", "return is_whole ? head->whole : head;", "return head;" },
})

-- ---- too little memory, objects that are closed while they are used ----

of("src/bind/box.c", "tests/spec/base/closing_spec.lua", {
  { "what a binding holds is let go", "park(c, (parked){type->release, object});", "type->release(object);" },
})

of("src/core/files/protobuf.c", "tests/spec/formats/onnx_hostile_spec.lua", {
  { "a message without memory is told as damaged", "file->refused = true;", "file->refused = false;" },
})

of("src/core/network/shapes.c", "tests/unit/network/onednn.c", {
  { "layers that were not made are dropped", "|| sized == NULL", "" },
})

-- ---- runs: defaults, windows, what is said ----

of("lua/phosphene/run/steps.lua", "tests/spec/run/render_spec.lua", {
  { "17 redirected steps are 4", "redirected_steps = 17", "redirected_steps = 4" },
  { "17 redirected steps are 18", "step <= redirected_steps", "step <= redirected_steps + 1" },
})
of("lua/phosphene/run/steps.lua", "tests/spec/docs/defaults_spec.lua", {
  { "the way through max pools is ignored", "pool = asked.pool, ", "" },
})
of("lua/phosphene/run/options.lua", "tests/spec/docs/defaults_spec.lua", {
  { "512 steps are 500", "default = 512", "default = 500" },
  { "Lucid's transforms are the article's", 'default = "lucid"', 'default = "distill"' },
})
of("lua/phosphene/picture/parameterisations.lua", "tests/spec/docs/defaults_spec.lua", {
  { "a run's decay is ignored", '"deviation", "decay", "image"', '"deviation", "image"' },
})
of("lua/phosphene/base/progress.lua", "tests/spec/run/run_control_spec.lua", {
  { "a chosen seed is not told", 'progress.tell("seed " .. seed)', "local _ = seed" },
})
of("lua/phosphene/run/render.lua", "tests/spec/run/run_control_spec.lua", {
  { "Ctrl-C does not end restarts", "best.interrupted = true\n      break", "best.interrupted = true" },
  { "a restart's score is its last value", "math.max(1, #values // 10)", "1" },
  { "a restart's score begins a step early", "for i = #values - count + 1, #v", "for i = #values - count, #v" },
  { "a restart's best value does not count", "if made.best then return", "if false then return" },
  { "restarts begin with the second seed", "own.seed = seed + i - 1", "own.seed = seed + i" },
  { "the seed of restarts is not told", "progress.tell_seed(seed)", "local _ = seed" },
  { "snapshots count updates, not thresholds", "wanted[step + extra] = step", "wanted[step] = step" },
  { "the best picture is the one after", "best.value, best.step = run.value, run.step - 1",
    "best.value, best.step = run.value, run.step" },
})
of("lua/phosphene/run/stops.lua", "tests/spec/run/run_control_spec.lua", {
  { "a plateau of negative values", "gain * math.abs(before)", "gain * before" },
  { "a plateau of one step more", "last < 2 * count", "last <= 2 * count" },
  { "a plateau's window begins a step early", "mean(values, last - count + 1, l", "mean(values, last - count, l" },
})
of("lua/phosphene/run/stops.lua", "tests/spec/docs/defaults_spec.lua", {
  { "a plateau of 49 steps", "options.steps or 50", "options.steps or 49" },
  { "a plateau of twice the gain", "options.gain or 0.01", "options.gain or 0.02" },
})
of("lua/phosphene/run/schedules.lua", "tests/spec/run/schedules_spec.lua", {
  { "schedules begin a step late", "(step - 1) / (steps - 1)", "step / steps" },
})
of("lua/phosphene/run/checkpoint.lua", "tests/spec/run/render_spec.lua", {
  { "a resumed run draws from the start", 'run.random:restore(self.metadata.random or "")', "" },
})

of("lua/phosphene/base/progress.lua", "tests/spec/run/render_spec.lua", {
  { "a short run that was interrupted is silent", 'or how ~= "done" then', "then" },
})
of("lua/phosphene/run/render.lua", "tests/spec/run/render_spec.lua", {
  { "images that nothing moves are not told", "tell_idle(run, kept.idle)", "" },
})

-- ---- pictures ----

of("lua/phosphene/picture/fitting.lua", "tests/spec/picture/fitting_spec.lua", {
  case = "no more steps",
  { "fitting never stops early", "local before = errors[step - patience]", "local before = nil" },
  { "fitting waits a step longer", "errors[step - patience]", "errors[step - patience - 1]" },
  { "fitting takes 501 steps", "most_steps = 500", "most_steps = 501" },
})
of("lua/phosphene/picture/montage.lua", "tests/spec/picture/montage_spec.lua", {
  { "labels without padding", "p.padding + room(tallest(p.labels, first, last), p.padding)",
    "p.padding + room(tallest(p.labels, first, last), 0)" },
  { "labels touch their pictures", "p.cell_height + p.padding // 2", "p.cell_height" },
})
of("lua/phosphene/picture/montage.lua", "tests/spec/docs/defaults_spec.lua", {
  { "a sheet's padding of 5", "options.padding or 6", "options.padding or 5" },
})
of("lua/phosphene/picture/transforms.lua", "tests/spec/picture/transforms_spec.lua", {
  { "one upright picture fewer", "for _ = 1, 5 do tilts", "for _ = 1, 4 do tilts" },
  { "Captum's list without its last factor", "each(20, 39", "each(20, 38" },
})
of("lua/phosphene/picture/transforms.lua", "tests/spec/docs/arguments_spec.lua", {
  { "Xplique's pictures at 227", "seen or 224", "seen or 227" },
})
of("src/core/view/transforms/pad.c", "tests/spec/docs/defaults_spec.lua", {
  { "a black border", "offsetof(config, value), 0.5,", "offsetof(config, value), 0," },
})
of("src/core/picture/kinds/cppn.c", "tests/spec/docs/defaults_spec.lua", {
  { "a CPPN of 25 outputs", "offsetof(cppn_config, hidden), 24,", "offsetof(cppn_config, hidden), 25," },
})

-- ---- networks ----

of("src/core/network/onednn/live_channels.c", "tests/spec/network/partial_reads_spec.lua", {
  { "grouped convolutions are read in part", "if (ph_convolution_groups(layer) > 1) reads",
    "if (false && ph_convolution_groups(layer) > 1) reads" },
})
of("src/core/network/layers/local_response_norm.c", "tests/spec/network/partial_reads_spec.lua", {
  { "normalisation over channels is read in part", ".most_inputs = 1,",
    ".most_inputs = 1, .reach = PH_REACH_CHANNEL," },
})
of("src/core/network/layers/normalisation.c", "tests/spec/network/partial_reads_spec.lua", {
  { "normalised groups are read in part", "shape_by_channels, PH_REACH_ANYTHING",
    "shape_by_channels, PH_REACH_CHANNEL" },
})
of("src/core/network/layers/clip.c", "tests/unit/network/partial_reads.c", {
  { "ReLU6 is not computed in part", "PH_REACH_ELEMENT", "PH_REACH_ANYTHING" },
})
of("src/core/network/onednn/rules.c", "tests/unit/network/partial_reads.c", {
  { "sums of other channels", " && part.logical == first.logical && part.count == first.count", "" },
})
of("src/core/network/onednn/operations/channelwise.c", "tests/unit/network/partial_reads.c", {
  { "scales of the first channels for all", "numbers + part.logical", "numbers" },
})
of("src/core/network/onednn/merged_convolutions.c", "tests/spec/network/partial_reads_spec.lua", {
  { "grouped convolutions are merged", "config->groups == 1 && ", "" },
})
of("src/core/network/pass.c", "tests/spec/network/plans_spec.lua", {
  { "plans of any height", "a->height == b->height && ", "" },
  { "plans of any width", "a->width == b->width && ", "" },
  { "plans of any number of taps", "a->taps == b->taps && ", "" },
  { "plans of any taps", "memcmp(a->tap, b->tap, (size_t)a->taps * sizeof *a->tap) == 0 && ", "" },
  { "plans that go back or not", "&& a->backward == b->backward", "" },
  { "plans of any ReLU mode", "a->relu_mode == b->relu_mode && ", "" },
  { "plans of any pool mode", "a->pool_mode == b->pool_mode && ", "" },
  { "plans of any precision", "&& a->precision == b->precision", "" },
  { "plans of any number of threads", "a->threads == b->threads && ", "" },
  { "plans of any number of images at a time", "a->parallel_images == b->parallel_images", "true" },
  { "plans of any reads", "&& same_reads(a, b)", "&& (true || same_reads(a, b))" },
})
of("lua/phosphene/network/input_size.lua", "tests/spec/network/preprocessing_spec.lua", {
  { "the usual size is 227", "{ 224, 227, ", "{ 227, 224, " },
})
of("lua/phosphene/network/check.lua", "tests/spec/network/preprocessing_spec.lua", {
  { "check looks at the first pictures", "all[(i - 1) * #all // count + 1]", "all[i]" },
  { "check looks at 50 pictures", "options.limit or 100", "options.limit or 50" },
})
of("lua/phosphene/network/labels.lua", "tests/spec/network/network_spec.lua", {
  { "labels for all outputs only", "local most_unnamed = 8", "local most_unnamed = 7" },
  { "a byte order mark in the first label", ':gsub("^\\xEF\\xBB\\xBF", "")', "" },
})
of("lua/phosphene/network/pre_relu.lua", "tests/spec/network/names_spec.lua", {
  { "a second name before a ReLU that is taken", "if from and not taken[name] then", "if from then" },
})

of("lua/phosphene/network/weights.lua", "tests/spec/network/network_spec.lua", {
  { "the embedded network is told of each time", "  told = true\n", "" },
  { "the embedded network is not told of", 'if told or name ~= "googlenet"', "if true or told" },
})
of("lua/phosphene/network/preprocessing.lua", "tests/spec/formats/tensorflow_spec.lua", {
  { "values that nobody stated are not told", "if sources[net] ~= false then return end", "do return end" },
})

-- ---- defaults and gradients of the core ----

of("src/core/network/layers/local_response_norm.c", "tests/spec/docs/defaults_spec.lua", {
  { "a normalisation's alpha of 1e-5", "(ph_lrn_config, alpha), 1e-4,", "(ph_lrn_config, alpha), 1e-5," },
})
of("src/core/network/layers/relu.c", "tests/unit/network/layer_values.c", {
  { "redirected gradients push down", "x[i] < 0 && g[i] < 0", "x[i] < 0 && g[i] > 0" },
})
of("src/core/objective/heads/alignment.c", "tests/unit/objective/head_gradients.c", {
  { "alignment's gradient of the wrong sign", "(-2 * coefficient", "(2 * coefficient" },
})
of("src/core/objective/heads/norm.c", "tests/unit/objective/head_gradients.c", {
  { "a norm's gradient without its sign", "share * sign_of(d) * pow(", "share * pow(" },
})
of("src/core/objective/heads/blur.c", "tests/spec/docs/defaults_spec.lua", {
  { "a frame of 21 pixels", "offsetof(boundary_config, width), 20,", "offsetof(boundary_config, width), 21," },
})
of("src/core/optimiser/kinds/adam.c", "tests/spec/docs/defaults_spec.lua", {
  { "Adam's second decay of 0.99", "(beta2), 0.999, 0,", "(beta2), 0.99, 0," },
})
of("src/core/optimiser/kinds/adam.c", "tests/spec/docs/arguments_spec.lua", {
  { "Adam's rate of 0.06", "PH_RATE(0.05)", "PH_RATE(0.06)" },
})
of("src/core/optimiser/kinds/adam.c", "tests/unit/optimiser/optimisers.c", {
  { "weight decay makes values grow", "1 - s->rate * s->weight_decay", "1 + s->rate * s->weight_decay" },
  { "nadam looks no step ahead", "momentum_at(s->beta1, t + 1)", "momentum_at(s->beta1, t)" },
})

return mutants
