/* SPDX-License-Identifier: MIT */
/* product: two or more inputs of one shape, multiplied element by element. */
#include "network/layer.h"

#include <string.h>

#include "base/vector.h"

static const ph_field fields[] = {{0}};

PH_VECTOR static void multiply(float *restrict dst, const float *restrict src, int64_t count) {
  for (int64_t i = 0; i < count; i++) dst[i] *= src[i];
}

PH_VECTOR static void add_product(float *restrict dst, const float *restrict g, const float *restrict x,
                                  int64_t count) {
  for (int64_t i = 0; i < count; i++) dst[i] += g[i] * x[i];
}

static void forward(const ph_layer *layer, const ph_pass *pass) {
  int64_t count = ph_shape_count(pass->output.shape);
  memcpy(pass->output.data, pass->input[0].data, (size_t)count * sizeof(float));
  for (int i = 1; i < layer->inputs; i++) multiply(pass->output.data, pass->input[i].data, count);
}

/* The product of the other inputs is computed again: dividing the output by x would fail at 0. */
static void backward(const ph_layer *layer, const ph_pass *pass) {
  int64_t count = ph_shape_count(pass->output.shape);
  for (int i = 0; i < layer->inputs; i++) {
    float *dst = pass->input_gradient[i];
    if (dst != NULL && layer->inputs == 2) {
      add_product(dst, pass->output_gradient, pass->input[1 - i].data, count);
      continue;
    }
    for (int64_t j = 0; j < count && dst != NULL; j++) {
      float others = pass->output_gradient[j];
      for (int k = 0; k < layer->inputs; k++)
        if (k != i) others *= pass->input[k].data[j];
      dst[j] += others;
    }
  }
}

const ph_layer_type ph_layer_product = {
    .name = "product",
    .text = "Two to 64 inputs of one shape, multiplied element by element.",
    .least_inputs = 2,
    .most_inputs = PH_MAX_INPUTS,
    .reach = PH_REACH_ELEMENT,
    .fields = fields,
    .shape = ph_layer_same_shape,
    .forward = forward,
    .backward = backward,
};
