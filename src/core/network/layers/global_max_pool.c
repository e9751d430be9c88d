/* SPDX-License-Identifier: MIT */
/* global_max_pool: each channel's largest value over the whole image, whatever its size: (n, c, h, w) to
   (n, c, 1, 1). Of equal values the first receives the gradient; a NaN wins, so that it is seen. */
#include "network/layer.h"

static const ph_field fields[] = {{0}};

static ph_status shape(const ph_layer *layer, const ph_shape *inputs, ph_shape *output, ph_error *e) {
  ph_status status = ph_layer_expect_rank(layer, inputs[0], 4, e);
  if (status == PH_OK) *output = ph_shape4(inputs[0].dim[0], inputs[0].dim[1], 1, 1);
  return status;
}

static int64_t winner(const float *plane, int64_t count) {
  int64_t best = 0;
  for (int64_t i = 1; i < count; i++)
    if (plane[i] > plane[best] || plane[i] != plane[i]) best = i;
  return best;
}

static void forward(const ph_layer *layer, const ph_pass *pass) {
  (void)layer;
  int64_t plane = ph_plane(pass->input[0].shape), channels = ph_shape_count(pass->output.shape);
  for (int64_t c = 0; c < channels; c++) {
    const float *x = pass->input[0].data + c * plane;
    pass->output.data[c] = x[winner(x, plane)];
  }
}

static void backward(const ph_layer *layer, const ph_pass *pass) {
  (void)layer;
  int64_t plane = ph_plane(pass->input[0].shape), channels = ph_shape_count(pass->output.shape);
  for (int64_t c = 0; c < channels && pass->input_gradient[0] != NULL; c++)
    pass->input_gradient[0][c * plane + winner(pass->input[0].data + c * plane, plane)] +=
        pass->output_gradient[c];
}

const ph_layer_type ph_layer_global_max_pool = {
    .name = "global_max_pool",
    .text = "Each channel's largest value over the whole image, of any size. Gives (1, channels, 1, 1). Of "
            "equal values the first receives the gradient.",
    .least_inputs = 1,
    .most_inputs = 1,
    .reach = PH_REACH_CHANNEL,
    .fields = fields,
    .shape = shape,
    .meaning = ph_meaning_map,
    .forward = forward,
    .backward = backward,
};
