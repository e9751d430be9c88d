/* SPDX-License-Identifier: MIT */
/* slice: along some axes, every step-th element from start up to, but not including, end. Starts and ends may
   be counted from the end (-1 is the last element) and are cut to what there is; a negative step runs
   backwards. NumPy's and ONNX's rules. */
#include "axes.h"
#include "view.h"

typedef struct slice_config {
  ph_list axes, starts, ends, steps;
} slice_config;

/* Files say "to the end" by the largest number of 64 bits. */
#define BEYOND 9.3e18

static const ph_field fields[] = {{"axes", PH_INTEGERS, offsetof(slice_config, axes), 0, PH_LEAST_AXIS,
                                   PH_MOST_AXIS, NULL, "which axes; the first ones by default"},
                                  {"starts", PH_INTEGERS, offsetof(slice_config, starts), PH_REQUIRED,
                                   -BEYOND, BEYOND, NULL, "the first element of each"},
                                  {"ends", PH_INTEGERS, offsetof(slice_config, ends), PH_REQUIRED, -BEYOND,
                                   BEYOND, NULL, "the one past the last of each"},
                                  {"steps", PH_INTEGERS, offsetof(slice_config, steps), 0, -PH_MOST_LENGTH,
                                   PH_MOST_LENGTH, NULL, "from element to element; 1 by default"},
                                  {0}};

static int64_t clamp(double x, int64_t least, int64_t most) {
  return x < (double)least ? least : x > (double)most ? most : (int64_t)x;
}

/* The part of one axis that entry i of the lists takes; the length is 0 where nothing is left. */
static void cut(const slice_config *config, int i, ph_view_axis *axis) {
  int64_t step = config->steps.count == 0 ? 1 : (int64_t)config->steps.value[i], size = axis->size;
  double start = config->starts.value[i], end = config->ends.value[i];
  if (start < 0) start += (double)size;
  if (end < 0) end += (double)size;
  axis->step = step;
  if (step > 0) {
    axis->start = clamp(start, 0, size);
    int64_t distance = clamp(end, 0, size) - axis->start;
    axis->length = distance > 0 ? (distance + step - 1) / step : 0;
  } else {
    axis->start = clamp(start, 0, size - 1);
    int64_t distance = axis->start - clamp(end, -1, size - 1);
    axis->length = distance > 0 ? (distance - step - 1) / -step : 0;
  }
}

static ph_status check(const ph_layer *layer, int rank, ph_error *e) {
  const slice_config *config = layer->config;
  int count = config->starts.count;
  bool marked[PH_MAX_RANK];
  if (count == 0 || config->ends.count != count)
    return ph_layer_fail(layer, e, "as many starts as ends expected, got %d and %d", count,
                         config->ends.count);
  if (config->axes.count != 0 && config->axes.count != count)
    return ph_layer_fail(layer, e, "%d axes given for %d starts", config->axes.count, count);
  if (config->steps.count != 0 && config->steps.count != count)
    return ph_layer_fail(layer, e, "%d steps given for %d starts", config->steps.count, count);
  if (count > rank) return ph_layer_fail(layer, e, "%d starts for an input of %d dimensions", count, rank);
  for (int i = 0; i < config->steps.count; i++)
    if (config->steps.value[i] == 0) return ph_layer_fail(layer, e, "a step of 0 leads nowhere");
  return ph_axes(layer, &config->axes, rank, marked, e);
}

static ph_view view_of(const ph_layer *layer, ph_shape input) {
  const slice_config *config = layer->config;
  ph_view view = ph_view_whole(input);
  for (int i = 0; i < config->starts.count; i++) {
    int axis = config->axes.count == 0 ? i : (int)config->axes.value[i];
    cut(config, i, &view.axis[axis < 0 ? axis + input.rank : axis]);
  }
  return view;
}

static ph_status shape(const ph_layer *layer, const ph_shape *inputs, ph_shape *output, ph_error *e) {
  char text[PH_SHAPE_TEXT];
  ph_status status;
  PH_TRY(check(layer, inputs[0].rank, e));
  ph_view view = view_of(layer, inputs[0]);
  output->rank = view.rank;
  for (int a = 0; a < view.rank; a++) {
    output->dim[a] = view.axis[a].length;
    if (output->dim[a] < 1)
      return ph_layer_fail(layer, e, "nothing is left along axis %d of an input of %s", a,
                           ph_shape_print(inputs[0], text));
  }
done:
  return status;
}

static void meaning(const ph_layer *layer, const ph_meaning *inputs, ph_meaning *output) {
  const ph_view view = view_of(layer, inputs[0].shape);
  for (int a = 0; a < view.rank; a++)
    output->axis[a] = ph_axis_part(&inputs[0].axis[a], view.axis[a].size, view.axis[a].start,
                                   view.axis[a].step, view.axis[a].length);
}

static void needs(const ph_layer *layer, const ph_needs *n) {
  const ph_view view = view_of(layer, n->inputs[0]);
  for (int a = 0; a < view.rank; a++)
    n->needed[0].axis[a] = ph_view_needs(&view.axis[a], n->wanted.axis[a], n->open);
}

static void forward(const ph_layer *layer, const ph_pass *pass) {
  ph_view view = view_of(layer, pass->input[0].shape);
  ph_view_forward(&view, pass->input[0].data, pass->output.data, 0);
}

static void backward(const ph_layer *layer, const ph_pass *pass) {
  ph_view view = view_of(layer, pass->input[0].shape);
  if (pass->input_gradient[0] != NULL)
    ph_view_backward(&view, pass->output_gradient, pass->input_gradient[0]);
}

const ph_layer_type ph_layer_slice = {
    .name = "slice",
    .text = "Along some axes, every step-th element from start up to, not including, end, by Python's rules: "
            "negative positions count from the end, those beyond it are held to it, a negative step runs "
            "backwards.",
    .least_inputs = 1,
    .most_inputs = 1,
    .fields = fields,
    .config_size = sizeof(slice_config),
    .shape = shape,
    .meaning = meaning,
    .needs = needs,
    .forward = forward,
    .backward = backward,
};
