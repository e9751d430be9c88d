/* SPDX-License-Identifier: MIT */
/* prelu: x, or slope * x where that is negative, with slopes of their own for parts of the input. The slopes
   are broadcast to the input from the right, as NumPy does: (c, 1, 1) is one a channel. */
#include "network/layer.h"
#include "tensor/loops.h"

static const ph_field fields[] = {{0}};
static const ph_parameter parameters[] = {
    {"slope", "broadcast to the input as NumPy does: (channels, 1, 1) is one for each channel"}, {0}};

static ph_status shape(const ph_layer *layer, const ph_shape *inputs, ph_shape *output, ph_error *e) {
  char slope[PH_SHAPE_TEXT], input[PH_SHAPE_TEXT];
  ph_shape slopes = ph_tensor_shape(layer->parameter[0]);
  if (ph_shape_broadcast(inputs[0], slopes, output) && ph_shape_equal(*output, inputs[0])) return PH_OK;
  return ph_layer_fail(layer, e, "slope of %s cannot be broadcast to an input of %s",
                       ph_shape_print(slopes, slope), ph_shape_print(inputs[0], input));
}

/* Array 0 is the input and the output, array 1 the slopes. */
static ph_loops nest_of(const ph_layer *layer, const ph_pass *pass) {
  ph_loops loops = ph_loops_of(pass->output.shape);
  ph_loops_broadcast(&loops, pass->output.shape);
  ph_loops_broadcast(&loops, ph_tensor_shape(layer->parameter[0]));
  ph_loops_join(&loops);
  return loops;
}

static void forward(const ph_layer *layer, const ph_pass *pass) {
  ph_loops loops = nest_of(layer, pass);
  int64_t count = ph_loops_length(&loops), step = ph_loops_step(&loops, 1);
  for (int64_t i = 0; i < ph_loops_rows(&loops); i++) {
    int64_t at[PH_LOOPS_ARRAYS];
    ph_loops_begin(&loops, i, at);
    const float *slope = ph_tensor_read(layer->parameter[0]) + at[1], *x = pass->input[0].data + at[0];
    float *y = pass->output.data + at[0];
    for (int64_t j = 0; j < count; j++) y[j] = x[j] < 0 ? slope[j * step] * x[j] : x[j];
  }
}

static void backward(const ph_layer *layer, const ph_pass *pass) {
  ph_loops loops = nest_of(layer, pass);
  int64_t count = ph_loops_length(&loops), step = ph_loops_step(&loops, 1);
  if (pass->input_gradient[0] == NULL) return;
  for (int64_t i = 0; i < ph_loops_rows(&loops); i++) {
    int64_t at[PH_LOOPS_ARRAYS];
    ph_loops_begin(&loops, i, at);
    const float *slope = ph_tensor_read(layer->parameter[0]) + at[1], *x = pass->input[0].data + at[0];
    const float *g = pass->output_gradient + at[0];
    float *dst = pass->input_gradient[0] + at[0];
    for (int64_t j = 0; j < count; j++) dst[j] += x[j] < 0 ? slope[j * step] * g[j] : g[j];
  }
}

const ph_layer_type ph_layer_prelu = {
    .name = "prelu",
    .text = "x, or slope * x where that is negative, with slopes that were learned.",
    .least_inputs = 1,
    .most_inputs = 1,
    .reach = PH_REACH_CHANNEL,
    .parameters = parameters,
    .required_parameters = 1,
    .fields = fields,
    .shape = shape,
    .needs = ph_needs_elements,
    .forward = forward,
    .backward = backward,
};
