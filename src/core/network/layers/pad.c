/* SPDX-License-Identifier: MIT */
/* pad: a border before and after the elements of each axis: of one value, of the input reflected about its
   outermost elements, or of those repeated. Where a border is negative, it is cut off instead. */
#include "axes.h"
#include "view.h"

typedef struct pad_config {
  ph_list before, after;
  int mode;
  double value;
} pad_config;

static const char *const modes[] = {"constant", "edge", "reflect", NULL};
static const ph_beyond beyond[] = {PH_BEYOND_FILL, PH_BEYOND_EDGE, PH_BEYOND_REFLECT};

static const ph_field fields[] = {
    {"before", PH_INTEGERS, offsetof(pad_config, before), PH_REQUIRED, -PH_MOST_LENGTH, PH_MOST_LENGTH, NULL,
     "elements before the first of each axis; if negative, as many are cut off"},
    {"after", PH_INTEGERS, offsetof(pad_config, after), PH_REQUIRED, -PH_MOST_LENGTH, PH_MOST_LENGTH, NULL,
     "elements after the last of each axis, likewise"},
    {"mode", PH_CHOICE, offsetof(pad_config, mode), 0, 0, 0, modes,
     "what they are: the value, the outermost element, the input reflected"},
    {"value", PH_REAL, offsetof(pad_config, value), 0, -3.4e38, 3.4e38, NULL, "of a constant border"},
    {0}};

static ph_status shape(const ph_layer *layer, const ph_shape *inputs, ph_shape *output, ph_error *e) {
  const pad_config *config = layer->config;
  char text[PH_SHAPE_TEXT];
  if (config->before.count != inputs[0].rank || config->after.count != inputs[0].rank)
    return ph_layer_fail(layer, e, "before and after take a number for each of %d dimensions, got %d and %d",
                         inputs[0].rank, config->before.count, config->after.count);
  *output = inputs[0];
  for (int a = 0; a < output->rank; a++) {
    output->dim[a] += (int64_t)config->before.value[a] + (int64_t)config->after.value[a];
    if (output->dim[a] < 1)
      return ph_layer_fail(layer, e, "nothing is left along axis %d of an input of %s", a,
                           ph_shape_print(inputs[0], text));
  }
  return PH_OK;
}

static ph_view view_of(const ph_layer *layer, ph_shape input, ph_shape output) {
  const pad_config *config = layer->config;
  ph_view view = ph_view_whole(input);
  for (int a = 0; a < view.rank; a++) {
    view.axis[a].start = -(int64_t)config->before.value[a];
    view.axis[a].length = output.dim[a];
    view.axis[a].beyond = beyond[config->mode];
  }
  return view;
}

static void needs(const ph_layer *layer, const ph_needs *n) {
  const ph_view view = view_of(layer, n->inputs[0], n->output);
  for (int a = 0; a < view.rank; a++)
    n->needed[0].axis[a] = ph_view_needs(&view.axis[a], n->wanted.axis[a], n->open);
}

static void forward(const ph_layer *layer, const ph_pass *pass) {
  ph_view view = view_of(layer, pass->input[0].shape, pass->output.shape);
  ph_view_forward(&view, pass->input[0].data, pass->output.data,
                  (float)((const pad_config *)layer->config)->value);
}

static void backward(const ph_layer *layer, const ph_pass *pass) {
  ph_view view = view_of(layer, pass->input[0].shape, pass->output.shape);
  if (pass->input_gradient[0] != NULL)
    ph_view_backward(&view, pass->output_gradient, pass->input_gradient[0]);
}

const ph_layer_type ph_layer_pad = {
    .name = "pad",
    .text = "More elements around the input: a number, the input reflected (its outermost elements are not "
            "repeated), or its outermost elements.",
    .least_inputs = 1,
    .most_inputs = 1,
    .fields = fields,
    .config_size = sizeof(pad_config),
    .shape = shape,
    .needs = needs,
    .forward = forward,
    .backward = backward,
};
