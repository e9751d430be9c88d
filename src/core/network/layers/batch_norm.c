/* SPDX-License-Identifier: MIT */
/* batch_norm: as it is once training is over, an affine map for each channel:
   y = weight * (x - mean) / sqrt(variance + epsilon) + bias. */
#include "network/layer.h"

#include <math.h>

typedef struct batch_norm_config {
  double epsilon;
} batch_norm_config;

static const ph_field fields[] = {
    {"epsilon", PH_REAL, offsetof(batch_norm_config, epsilon), 1e-5, 0, 1, NULL, "added to the variance"},
    {0}};

static const ph_parameter parameters[] = {{"mean", "(channels)"},
                                          {"variance", "(channels)"},
                                          {"weight", "(channels); 1 by default"},
                                          {"bias", "(channels); 0 by default"},
                                          {0}};
enum { MEAN, VARIANCE, WEIGHT, BIAS };

typedef struct affine {
  double scale, shift;
} affine;

static double value_of(const ph_layer *layer, int index, int64_t c, double fallback) {
  return layer->parameter[index] == NULL ? fallback : (double)ph_tensor_read(layer->parameter[index])[c];
}

static affine affine_of(const ph_layer *layer, int64_t c) {
  const batch_norm_config *config = layer->config;
  double scale = value_of(layer, WEIGHT, c, 1) / sqrt(value_of(layer, VARIANCE, c, 1) + config->epsilon);
  return (affine){scale, value_of(layer, BIAS, c, 0) - value_of(layer, MEAN, c, 0) * scale};
}

static ph_status check_parameters(const ph_layer *layer, int64_t channels, ph_error *e) {
  const batch_norm_config *config = layer->config;
  ph_status status;
  for (int i = MEAN; i <= BIAS; i++)
    PH_TRY(ph_layer_expect_parameter(layer, i, ph_shape_of(1, &channels), e));
  for (int64_t c = 0; c < channels; c++) {
    double variance = value_of(layer, VARIANCE, c, 1);
    if (!(variance + config->epsilon > 0))
      return ph_layer_fail(layer, e, "variance of channel %lld is %g; with epsilon it must be positive",
                           (long long)c, variance);
  }
done:
  return status;
}

ph_status ph_batch_norm_affine(const ph_layer *layer, int64_t channels, float *scale, float *shift,
                               ph_error *e) {
  ph_status status = check_parameters(layer, channels, e);
  for (int64_t c = 0; c < channels && status == PH_OK; c++) {
    affine a = affine_of(layer, c);
    scale[c] = (float)a.scale;
    shift[c] = (float)a.shift;
  }
  return status;
}

static ph_status shape(const ph_layer *layer, const ph_shape *inputs, ph_shape *output, ph_error *e) {
  ph_status status;
  PH_TRY(ph_layer_expect_channels(layer, inputs[0], e));
  PH_TRY(check_parameters(layer, inputs[0].dim[1], e));
  *output = inputs[0];
done:
  return status;
}

static void forward_image(const ph_layer *layer, const ph_pass *pass) {
  int64_t plane = ph_plane(pass->output.shape);
  for (int64_t c = 0; c < pass->output.shape.dim[1]; c++) {
    affine a = affine_of(layer, c);
    const float *src = pass->input[0].data + c * plane;
    float *dst = pass->output.data + c * plane;
    for (int64_t i = 0; i < plane; i++) dst[i] = (float)a.scale * src[i] + (float)a.shift;
  }
}

static void backward_image(const ph_layer *layer, const ph_pass *pass) {
  int64_t plane = ph_plane(pass->output.shape);
  if (pass->input_gradient[0] == NULL) return;
  for (int64_t c = 0; c < pass->output.shape.dim[1]; c++) {
    float scale = (float)affine_of(layer, c).scale;
    const float *src = pass->output_gradient + c * plane;
    float *dst = pass->input_gradient[0] + c * plane;
    for (int64_t i = 0; i < plane; i++) dst[i] += scale * src[i];
  }
}

static void forward(const ph_layer *layer, const ph_pass *pass) {
  ph_pass_images(layer, pass, forward_image);
}
static void backward(const ph_layer *layer, const ph_pass *pass) {
  ph_pass_images(layer, pass, backward_image);
}

const ph_layer_type ph_layer_batch_norm = {
    .name = "batch_norm",
    .text = "Batch normalisation as it is once training is over: y = weight * (x - mean) / sqrt(variance + "
            "epsilon) + bias.",
    .least_inputs = 1,
    .most_inputs = 1,
    .reach = PH_REACH_CHANNEL,
    .parameters = parameters,
    .required_parameters = 2,
    .fields = fields,
    .config_size = sizeof(batch_norm_config),
    .shape = shape,
    .needs = ph_needs_elements,
    .forward = forward,
    .backward = backward,
};
