/* SPDX-License-Identifier: MIT */
/* local_response_norm: each value divided by a power of its neighbours' energy across channels (Krizhevsky et
   al., 2012): y = x / d^beta, d = k + alpha / size * sum over the window of x^2. Note the division by `size`:
   TensorFlow's alpha is ours over size, Caffe's is ours. */
#include "network/layer.h"

#include <math.h>

static const ph_field fields[] = {
    {"size", PH_INTEGER, offsetof(ph_lrn_config, size), 5, 1, 65535, NULL, "channels in the window; odd"},
    {"alpha", PH_REAL, offsetof(ph_lrn_config, alpha), 1e-4, 0, 1e6, NULL,
     "weight of the window's mean square"},
    {"beta", PH_REAL, offsetof(ph_lrn_config, beta), 0.75, 0, 100, NULL, "the power"},
    {"k", PH_REAL, offsetof(ph_lrn_config, k), 1, 1e-6, 1e6, NULL, "added to the mean square"},
    {0}};

static ph_status shape(const ph_layer *layer, const ph_shape *inputs, ph_shape *output, ph_error *e) {
  const ph_lrn_config *config = layer->config;
  ph_status status;
  PH_TRY(ph_layer_expect_rank(layer, inputs[0], 4, e));
  if (config->size % 2 == 0)
    return ph_layer_fail(layer, e, "size must be odd, so that the window has a centre; got %lld",
                         (long long)config->size);
  *output = inputs[0];
done:
  return status;
}

/* The channels of the window around c, first … last-1. */
static int64_t first_channel(const ph_lrn_config *config, int64_t c) {
  return c < config->size / 2 ? 0 : c - config->size / 2;
}
static int64_t last_channel(const ph_lrn_config *config, int64_t c, int64_t channels) {
  return c + config->size / 2 + 1 < channels ? c + config->size / 2 + 1 : channels;
}

static void needs(const ph_layer *layer, const ph_needs *n) {
  const int64_t side = ((const ph_lrn_config *)layer->config)->size / 2;
  ph_range *channels = &n->needed[0].axis[1];
  n->needed[0] = n->wanted;
  *channels = (ph_range){channels->first - side, channels->last + side};
  n->needed[0].axis[1] = ph_box_inside(&n->needed[0], n->inputs[0]).axis[1];
}

/* d for channel c of the pixel whose channel 0 is at x. */
static double divisor(const ph_lrn_config *config, const float *x, int64_t c, const ph_shape *input) {
  int64_t plane = ph_plane(*input), last = last_channel(config, c, input->dim[1]);
  double sum = 0;
  for (int64_t j = first_channel(config, c); j < last; j++)
    sum += (double)x[j * plane] * (double)x[j * plane];
  return config->k + config->alpha / (double)config->size * sum;
}

static void forward_image(const ph_layer *layer, const ph_pass *pass) {
  const ph_lrn_config *config = layer->config;
  ph_shape input = pass->input[0].shape;
  int64_t plane = ph_plane(input);
  for (int64_t c = 0; c < input.dim[1]; c++) {
    for (int64_t i = 0; i < plane; i++) {
      const float *x = pass->input[0].data + i;
      double d = divisor(config, x, c, &input);
      pass->output.data[c * plane + i] = (float)((double)x[c * plane] * pow(d, -config->beta));
    }
  }
}

/* dy_c/dx_j = [c = j] d_c^-beta - 2 alpha beta / size * x_c x_j d_c^(-beta-1) for j in c's window. */
static void backward_image(const ph_layer *layer, const ph_pass *pass) {
  const ph_lrn_config *config = layer->config;
  ph_shape input = pass->input[0].shape;
  int64_t plane = ph_plane(input);
  if (pass->input_gradient[0] == NULL) return;
  for (int64_t c = 0; c < input.dim[1]; c++) {
    int64_t first = first_channel(config, c), last = last_channel(config, c, input.dim[1]);
    for (int64_t i = 0; i < plane; i++) {
      const float *x = pass->input[0].data + i;
      float *dst = pass->input_gradient[0] + i;
      double d = divisor(config, x, c, &input), power = pow(d, -config->beta);
      double g = (double)pass->output_gradient[c * plane + i];
      double pull =
          2 * config->alpha * config->beta / (double)config->size * g * (double)x[c * plane] * power / d;
      dst[c * plane] += (float)(g * power);
      for (int64_t j = first; j < last; j++) dst[j * plane] -= (float)(pull * (double)x[j * plane]);
    }
  }
}

static void forward(const ph_layer *layer, const ph_pass *pass) {
  ph_pass_images(layer, pass, forward_image);
}
static void backward(const ph_layer *layer, const ph_pass *pass) {
  ph_pass_images(layer, pass, backward_image);
}

const ph_layer_type ph_layer_local_response_norm = {
    .name = "local_response_norm",
    .text = "Normalisation by neighbouring channels' energy: y = x / (k + alpha / size * sum of x^2 over the "
            "window)^beta (Krizhevsky et al., 2012). As in Caffe, alpha is divided by `size`. TensorFlow's "
            "depth_radius r, bias b and alpha a are size = 2r + 1, k = b and alpha = a * size.",
    .least_inputs = 1,
    .most_inputs = 1,
    .fields = fields,
    .config_size = sizeof(ph_lrn_config),
    .shape = shape,
    .needs = needs,
    .forward = forward,
    .backward = backward,
};
