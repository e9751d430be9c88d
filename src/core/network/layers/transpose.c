/* SPDX-License-Identifier: MIT */
/* transpose: output axis i is input axis axes[i]. Without axes their order is reversed. */
#include "axes.h"
#include "view.h"

typedef struct transpose_config {
  ph_list axes;
} transpose_config;

static const ph_field fields[] = {{"axes", PH_INTEGERS, offsetof(transpose_config, axes), 0, PH_LEAST_AXIS,
                                   PH_MOST_AXIS, NULL,
                                   "the input's axes in the output's order; reversed by default"},
                                  {0}};

static int source_of(const transpose_config *config, int axis, int rank) {
  if (config->axes.count == 0) return rank - 1 - axis;
  int given = (int)config->axes.value[axis];
  return given < 0 ? given + rank : given;
}

static ph_status shape(const ph_layer *layer, const ph_shape *inputs, ph_shape *output, ph_error *e) {
  const transpose_config *config = layer->config;
  bool marked[PH_MAX_RANK];
  ph_status status;
  if (config->axes.count != 0 && config->axes.count != inputs[0].rank)
    return ph_layer_fail(layer, e, "%d axes given for an input of %d dimensions", config->axes.count,
                         inputs[0].rank);
  PH_TRY(ph_axes(layer, &config->axes, inputs[0].rank, marked, e));
  output->rank = inputs[0].rank;
  for (int a = 0; a < output->rank; a++) output->dim[a] = inputs[0].dim[source_of(config, a, inputs[0].rank)];
done:
  return status;
}

static void meaning(const ph_layer *layer, const ph_meaning *inputs, ph_meaning *output) {
  const int rank = output->shape.rank;
  for (int a = 0; a < rank; a++) output->axis[a] = inputs[0].axis[source_of(layer->config, a, rank)];
}

static ph_view view_of(const ph_layer *layer, ph_shape input) {
  ph_view whole = ph_view_whole(input), view = {.rank = input.rank};
  for (int a = 0; a < input.rank; a++) view.axis[a] = whole.axis[source_of(layer->config, a, input.rank)];
  return view;
}

static void needs(const ph_layer *layer, const ph_needs *n) {
  const int rank = n->output.rank;
  for (int a = 0; a < rank; a++) n->needed[0].axis[source_of(layer->config, a, rank)] = n->wanted.axis[a];
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

const ph_layer_type ph_layer_transpose = {
    .name = "transpose",
    .text = "The axes in another order: axis i of the output is axis axes[i] of the input.",
    .least_inputs = 1,
    .most_inputs = 1,
    .fields = fields,
    .config_size = sizeof(transpose_config),
    .shape = shape,
    .meaning = meaning,
    .needs = needs,
    .forward = forward,
    .backward = backward,
};
