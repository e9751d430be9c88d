/* SPDX-License-Identifier: MIT */
/* expand: the input repeated along axes of length 1 until it has the shape asked for, as NumPy broadcasts.
   A 1 in that shape leaves an axis as it is; axes that the input lacks come first. */
#include "axes.h"
#include "view.h"

typedef struct expand_config {
  ph_list shape;
} expand_config;

static const ph_field fields[] = {{"shape", PH_INTEGERS, offsetof(expand_config, shape), PH_REQUIRED, 1,
                                   PH_MOST_LENGTH, NULL,
                                   "the lengths to broadcast to; 1 leaves an axis as it is"},
                                  {0}};

static ph_status shape(const ph_layer *layer, const ph_shape *inputs, ph_shape *output, ph_error *e) {
  const ph_list *wanted = &((const expand_config *)layer->config)->shape;
  char text[PH_SHAPE_TEXT];
  if (wanted->count == 0 || wanted->count > PH_MAX_RANK)
    return ph_layer_fail(layer, e, "shape of 1 to %d numbers expected, got %d", PH_MAX_RANK, wanted->count);
  output->rank = wanted->count > inputs[0].rank ? wanted->count : inputs[0].rank;
  for (int a = 0; a < output->rank; a++) {
    int own = a - (output->rank - inputs[0].rank), given = a - (output->rank - wanted->count);
    int64_t length = own < 0 ? 1 : inputs[0].dim[own];
    int64_t target = given < 0 ? 1 : (int64_t)wanted->value[given];
    if (length != 1 && target != 1 && length != target)
      return ph_layer_fail(layer, e, "an input of %s cannot be broadcast to %lld elements along axis %d",
                           ph_shape_print(inputs[0], text), (long long)target, a);
    output->dim[a] = length == 1 ? target : length;
  }
  return PH_OK;
}

static ph_view view_of(const ph_pass *pass) {
  ph_shape input = pass->input[0].shape, output = pass->output.shape;
  ph_view whole = ph_view_whole(input), view = {.rank = output.rank};
  int lead = output.rank - input.rank;
  for (int a = 0; a < output.rank; a++) {
    view.axis[a] = a < lead ? (ph_view_axis){.size = 1} : whole.axis[a - lead];
    view.axis[a].length = output.dim[a];
    if (view.axis[a].size == 1) view.axis[a].step = 0;
  }
  return view;
}

static void forward(const ph_layer *layer, const ph_pass *pass) {
  (void)layer;
  ph_view view = view_of(pass);
  ph_view_forward(&view, pass->input[0].data, pass->output.data, 0);
}

static void backward(const ph_layer *layer, const ph_pass *pass) {
  (void)layer;
  ph_view view = view_of(pass);
  if (pass->input_gradient[0] != NULL)
    ph_view_backward(&view, pass->output_gradient, pass->input_gradient[0]);
}

const ph_layer_type ph_layer_expand = {
    .name = "expand",
    .text = "Repeated along axes of length 1, as NumPy broadcasts; axes that the input lacks come first.",
    .least_inputs = 1,
    .most_inputs = 1,
    .fields = fields,
    .config_size = sizeof(expand_config),
    .shape = shape,
    .needs = ph_needs_elements,
    .forward = forward,
    .backward = backward,
};
