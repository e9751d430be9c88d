/* SPDX-License-Identifier: MIT */
/* gather: along one axis, the elements that `indices` list, in their order and as often as they are listed.
   Where the indices are a tensor of several axes, these take the one axis's place. */
#include "axes.h"
#include "view.h"

typedef struct gather_config {
  int64_t axis;
} gather_config;

static const ph_field fields[] = {{"axis", PH_INTEGER, offsetof(gather_config, axis), 0, PH_LEAST_AXIS,
                                   PH_MOST_AXIS, NULL, "along which the indices count"},
                                  {0}};
static const ph_parameter parameters[] = {{"indices", "whole numbers; negative ones count from the end"},
                                          {0}};

static int axis_of(const ph_layer *layer, int rank) {
  const int64_t given = ((const gather_config *)layer->config)->axis;
  return (int)(given < 0 ? given + rank : given);
}

/* The output's axes as the view has them: all axes of the indices are one. */
static ph_view view_of(const ph_layer *layer, ph_shape input) {
  ph_view view = ph_view_whole(input);
  ph_view_axis *axis = &view.axis[axis_of(layer, input.rank)];
  axis->list = ph_tensor_read(layer->parameter[0]);
  axis->length = ph_tensor_count(layer->parameter[0]);
  return view;
}

static ph_status check_indices(const ph_layer *layer, int64_t size, ph_error *e) {
  const float *index = ph_tensor_read(layer->parameter[0]);
  int64_t count = ph_tensor_count(layer->parameter[0]);
  for (int64_t i = 0; i < count; i++) {
    double at = (double)index[i];
    if (!(at >= -(double)size && at < (double)size) || at != (double)(int64_t)at)
      return ph_layer_fail(layer, e, "index %g is not a whole number in %lld..%lld", at, (long long)-size,
                           (long long)size - 1);
  }
  return PH_OK;
}

static ph_status shape(const ph_layer *layer, const ph_shape *inputs, ph_shape *output, ph_error *e) {
  ph_shape indices = ph_tensor_shape(layer->parameter[0]);
  int axis;
  ph_status status;
  PH_TRY(ph_axis_find(layer, (double)((const gather_config *)layer->config)->axis, inputs[0].rank, &axis, e));
  PH_TRY(check_indices(layer, inputs[0].dim[axis], e));
  output->rank = inputs[0].rank - 1 + indices.rank;
  if (output->rank > PH_MAX_RANK)
    return ph_layer_fail(layer, e, "the result would have %d dimensions; there may be %d", output->rank,
                         PH_MAX_RANK);
  int at = 0;
  for (int a = 0; a < axis; a++) output->dim[at++] = inputs[0].dim[a];
  for (int a = 0; a < indices.rank; a++) output->dim[at++] = indices.dim[a];
  for (int a = axis + 1; a < inputs[0].rank; a++) output->dim[at++] = inputs[0].dim[a];
  if (output->rank == 0) *output = ph_shape_of(1, (int64_t[]){1}); /* a number is a list of one */
done:
  return status;
}

/* Of the axis itself nothing is known, in whatever order its elements are now. */
static void meaning(const ph_layer *layer, const ph_meaning *inputs, ph_meaning *output) {
  const int rank = inputs[0].shape.rank, more = ph_tensor_shape(layer->parameter[0]).rank;
  const int axis = axis_of(layer, rank);
  for (int a = 0; a < output->shape.rank; a++) {
    const int own = a < axis ? a : a - more + 1;
    const bool is_listed = a >= axis && a < axis + more;
    output->axis[a] =
        is_listed || own >= rank ? ph_axis_of(PH_OTHER, output->shape.dim[a]) : inputs[0].axis[own];
  }
}

/* Of indices of several axes, all of the axis is needed. */
static void needs(const ph_layer *layer, const ph_needs *n) {
  const ph_view view = view_of(layer, n->inputs[0]);
  const int more = ph_tensor_shape(layer->parameter[0]).rank, axis = axis_of(layer, view.rank);
  for (int a = 0; a < view.rank; a++)
    if (a != axis) n->needed[0].axis[a] = n->wanted.axis[a < axis ? a : a + more - 1];
  if (more == 1) n->needed[0].axis[axis] = ph_view_needs(&view.axis[axis], n->wanted.axis[axis], n->open);
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

const ph_layer_type ph_layer_gather = {
    .name = "gather",
    .text = "Along an axis, the elements that are listed. Indices of several axes take the axis's place with "
            "all of them.",
    .least_inputs = 1,
    .most_inputs = 1,
    .parameters = parameters,
    .required_parameters = 1,
    .fields = fields,
    .config_size = sizeof(gather_config),
    .shape = shape,
    .meaning = meaning,
    .needs = needs,
    .forward = forward,
    .backward = backward,
};
