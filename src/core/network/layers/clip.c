/* SPDX-License-Identifier: MIT */
/* clip: x held between two bounds. From 0 up to a ceiling it is a ReLU (ReLU6 in MobileNets), whose gradient
   can be taken in the same four ways as relu's; with other bounds it is always the derivative. */
#include "elementwise.h"

#include <float.h>

typedef struct clip_config {
  double least, most;
} clip_config;

static const ph_field fields[] = {
    {"least", PH_REAL, offsetof(clip_config, least), -(double)FLT_MAX, -(double)FLT_MAX, (double)FLT_MAX,
     NULL, "what is below becomes this; without such a bound by default"},
    {"most", PH_REAL, offsetof(clip_config, most), (double)FLT_MAX, -(double)FLT_MAX, (double)FLT_MAX, NULL,
     "what is above becomes this; without such a bound by default"},
    {0}};

/* `most` wins where the bounds are the wrong way round, as in NumPy. Without a bound infinity passes. */
static inline float held(float x, float least, float most) {
  float raised = x < least && least > -FLT_MAX ? least : x;
  return raised > most && most < FLT_MAX ? most : raised;
}

PH_ELEMENTWISE(clip, held(x, a, b), x >= a && x <= b ? 1 : 0)

static void forward(const ph_layer *layer, const ph_pass *pass) {
  const clip_config *config = layer->config;
  ph_rows_forward((ph_rows){clip_values, clip_slopes}, pass, config->least, config->most);
}

/* Lucid's rule for ReLU6 (lucid/misc/redirected_relu_grad.py): the derivative; but where that is nothing at
   all, for the whole image, everything that does not push a unit further beyond its bound. */
static void redirected(const float *x, const float *g, float *dst, int64_t count, float most) {
  bool awake = false;
  for (int64_t i = 0; i < count && !awake; i++) awake = x[i] >= 0 && x[i] <= most && g[i] != 0;
  for (int64_t i = 0; i < count; i++) {
    bool inside = x[i] >= 0 && x[i] <= most;
    bool further = (x[i] < 0 && g[i] < 0) || (x[i] > most && g[i] > 0);
    if (awake ? inside : !further) dst[i] += g[i];
  }
}

static void backward(const ph_layer *layer, const ph_pass *pass) {
  const clip_config *config = layer->config;
  int64_t count = ph_shape_count(pass->output.shape);
  const float *x = pass->input[0].data, *g = pass->output_gradient;
  float *dst = pass->input_gradient[0], most = (float)config->most;
  if (dst == NULL) return;
  ph_relu_mode mode = config->least == 0 ? pass->relu_mode : PH_RELU_PLAIN;
  switch (mode) {
    case PH_RELU_PLAIN:
      ph_rows_backward((ph_rows){clip_values, clip_slopes}, pass, config->least, config->most);
      break;
    case PH_RELU_REDIRECTED:
      redirected(x, g, dst, count, most);
      break;
    case PH_RELU_GUIDED:
      for (int64_t i = 0; i < count; i++) dst[i] += x[i] > 0 && x[i] <= most && g[i] > 0 ? g[i] : 0;
      break;
    case PH_RELU_DECONVNET:
      for (int64_t i = 0; i < count; i++) dst[i] += g[i] > 0 ? g[i] : 0;
      break;
    case PH_RELU_OPEN:
      for (int64_t i = 0; i < count; i++) dst[i] += g[i];
      break;
    case PH_RELU_LEAKY:
      for (int64_t i = 0; i < count; i++) dst[i] += x[i] < 0 ? PH_RELU_LEAK * g[i] : x[i] <= most ? g[i] : 0;
      break;
  }
}

const ph_layer_type ph_layer_clip = {
    .name = "clip",
    .text = "x held between two bounds; the upper one wins. With `least` 0 it is a ReLU with a ceiling, as "
            "ReLU6, and its gradient can be taken in the same ways as relu's; redirected as in Lucid "
            "(redirected_relu6_grad).",
    .least_inputs = 1,
    .most_inputs = 1,
    .reach = PH_REACH_ELEMENT,
    .fields = fields,
    .config_size = sizeof(clip_config),
    .shape = ph_layer_same_shape,
    .forward = forward,
    .backward = backward,
};
