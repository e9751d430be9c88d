/* SPDX-License-Identifier: MIT */
/* sum: two or more inputs of one shape, added element by element. */
#include "network/layer.h"

#include <string.h>

static const ph_field fields[] = {{0}};

static void forward(const ph_layer *layer, const ph_pass *pass) {
  int64_t count = ph_shape_count(pass->output.shape);
  memcpy(pass->output.data, pass->input[0].data, (size_t)count * sizeof(float));
  for (int i = 1; i < layer->inputs; i++)
    for (int64_t j = 0; j < count; j++) pass->output.data[j] += pass->input[i].data[j];
}

static void backward(const ph_layer *layer, const ph_pass *pass) {
  int64_t count = ph_shape_count(pass->output.shape);
  for (int i = 0; i < layer->inputs; i++) {
    float *dst = pass->input_gradient[i];
    for (int64_t j = 0; j < count && dst != NULL; j++) dst[j] += pass->output_gradient[j];
  }
}

const ph_layer_type ph_layer_sum = {
    .name = "sum",
    .text = "Two to 64 inputs of one shape, added element by element.",
    .least_inputs = 2,
    .most_inputs = PH_MAX_INPUTS,
    .reach = PH_REACH_ELEMENT,
    .fields = fields,
    .shape = ph_layer_same_shape,
    .forward = forward,
    .backward = backward,
};
