/* SPDX-License-Identifier: MIT */
/* relu: max(x, 0), and the ways to take its gradient. Gradients here point uphill, for objectives are
   maximised; Lucid's rule is stated for the gradient of a loss, so its signs are turned round. */
#include "network/layer.h"

static const ph_field fields[] = {{0}};

static void forward(const ph_layer *layer, const ph_pass *pass) {
  (void)layer;
  int64_t count = ph_shape_count(pass->output.shape);
  const float *x = pass->input[0].data;
  /* Written so that NaN passes. */
  for (int64_t i = 0; i < count; i++) pass->output.data[i] = x[i] < 0 ? 0 : x[i];
}

/* Lucid's redirected ReLU (lucid/misc/redirected_relu_grad.py): the gradient where x >= 0; but where that is
   nothing at all, for the whole image, everything except what would push an inactive unit further down. */
static void redirected(const float *x, const float *g, float *dst, int64_t count) {
  bool awake = false;
  for (int64_t i = 0; i < count && !awake; i++) awake = x[i] >= 0 && g[i] != 0;
  for (int64_t i = 0; i < count; i++) {
    bool passes = awake ? x[i] >= 0 : !(x[i] < 0 && g[i] < 0);
    if (passes) dst[i] += g[i];
  }
}

static void backward(const ph_layer *layer, const ph_pass *pass) {
  (void)layer;
  int64_t count = ph_shape_count(pass->output.shape);
  const float *x = pass->input[0].data, *g = pass->output_gradient;
  float *dst = pass->input_gradient[0];
  if (dst == NULL) return;
  switch (pass->relu_mode) {
    case PH_RELU_PLAIN:
      for (int64_t i = 0; i < count; i++) dst[i] += x[i] > 0 ? g[i] : 0;
      break;
    case PH_RELU_REDIRECTED:
      redirected(x, g, dst, count);
      break;
    case PH_RELU_GUIDED:
      for (int64_t i = 0; i < count; i++) dst[i] += x[i] > 0 && g[i] > 0 ? g[i] : 0;
      break;
    case PH_RELU_DECONVNET:
      for (int64_t i = 0; i < count; i++) dst[i] += g[i] > 0 ? g[i] : 0;
      break;
    case PH_RELU_OPEN:
      for (int64_t i = 0; i < count; i++) dst[i] += g[i];
      break;
    case PH_RELU_LEAKY:
      for (int64_t i = 0; i < count; i++) dst[i] += x[i] < 0 ? PH_RELU_LEAK * g[i] : g[i];
      break;
  }
}

const ph_layer_type ph_layer_relu = {
    .name = "relu",
    .text = "max(x, 0). How its gradient is taken, plain, redirected, guided or deconvnet, is an option of "
            "`network:forward`.",
    .least_inputs = 1,
    .most_inputs = 1,
    .reach = PH_REACH_ELEMENT,
    .fields = fields,
    .shape = ph_layer_same_shape,
    .forward = forward,
    .backward = backward,
};
