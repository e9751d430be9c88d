/* SPDX-License-Identifier: MIT */
/* global_average_pool: each channel's mean over the whole image, whatever its size: (n, c, h, w) to
   (n, c, 1, 1). */
#include "network/layer.h"

static const ph_field fields[] = {{0}};

static ph_status shape(const ph_layer *layer, const ph_shape *inputs, ph_shape *output, ph_error *e) {
  ph_status status = ph_layer_expect_rank(layer, inputs[0], 4, e);
  if (status == PH_OK) *output = ph_shape4(inputs[0].dim[0], inputs[0].dim[1], 1, 1);
  return status;
}

static void forward(const ph_layer *layer, const ph_pass *pass) {
  (void)layer;
  int64_t plane = ph_plane(pass->input[0].shape), channels = ph_shape_count(pass->output.shape);
  for (int64_t c = 0; c < channels; c++) {
    double sum = 0;
    for (int64_t i = 0; i < plane; i++) sum += (double)pass->input[0].data[c * plane + i];
    pass->output.data[c] = (float)(sum / (double)plane);
  }
}

static void backward(const ph_layer *layer, const ph_pass *pass) {
  (void)layer;
  int64_t plane = ph_plane(pass->input[0].shape), channels = ph_shape_count(pass->output.shape);
  if (pass->input_gradient[0] == NULL) return;
  for (int64_t c = 0; c < channels; c++) {
    float share = (float)((double)pass->output_gradient[c] / (double)plane);
    for (int64_t i = 0; i < plane; i++) pass->input_gradient[0][c * plane + i] += share;
  }
}

const ph_layer_type ph_layer_global_average_pool = {
    .name = "global_average_pool",
    .text = "Each channel's mean over the whole image, of any size. Gives (1, channels, 1, 1).",
    .least_inputs = 1,
    .most_inputs = 1,
    .reach = PH_REACH_CHANNEL,
    .fields = fields,
    .shape = shape,
    .meaning = ph_meaning_map,
    .forward = forward,
    .backward = backward,
};
