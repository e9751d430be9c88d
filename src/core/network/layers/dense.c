/* SPDX-License-Identifier: MIT */
/* dense: every unit is a weighted sum of the whole input. Weights are (units, inputs); an image (n, c, h, w)
   is read in that order, channels slowest. The output is (n, units). */
#include "network/layer.h"

static const ph_field fields[] = {{0}};
static const ph_parameter parameters[] = {{"weight", "(units, inputs)"}, {"bias", "(units)"}, {0}};
enum { WEIGHT, BIAS };

static ph_status shape(const ph_layer *layer, const ph_shape *inputs, ph_shape *output, ph_error *e) {
  ph_shape weight = ph_tensor_shape(layer->parameter[WEIGHT]);
  char text[PH_SHAPE_TEXT];
  ph_status status;
  if (weight.rank != 2)
    return ph_layer_fail(layer, e, "weight must be (units, inputs), got %s", ph_shape_print(weight, text));
  PH_TRY(ph_layer_expect_channels(layer, inputs[0], e));
  int64_t count = ph_shape_count(inputs[0]) / inputs[0].dim[0];
  if (count != weight.dim[1])
    return ph_layer_fail(layer, e, "weight expects %lld inputs, got %lld (%s)", (long long)weight.dim[1],
                         (long long)count, ph_shape_print(inputs[0], text));
  PH_TRY(ph_layer_expect_parameter(layer, BIAS, ph_shape_of(1, weight.dim), e));
  *output = ph_shape_of(2, (const int64_t[]){inputs[0].dim[0], weight.dim[0]});
done:
  return status;
}

static void forward_image(const ph_layer *layer, const ph_pass *pass) {
  const float *weight = ph_tensor_read(layer->parameter[WEIGHT]);
  const float *bias = layer->parameter[BIAS] == NULL ? NULL : ph_tensor_read(layer->parameter[BIAS]);
  int64_t units = pass->output.shape.dim[1], inputs = ph_shape_count(pass->input[0].shape);
  for (int64_t u = 0; u < units; u++) {
    double sum = bias == NULL ? 0 : (double)bias[u];
    for (int64_t i = 0; i < inputs; i++)
      sum += (double)weight[u * inputs + i] * (double)pass->input[0].data[i];
    pass->output.data[u] = (float)sum;
  }
}

static void backward_image(const ph_layer *layer, const ph_pass *pass) {
  const float *weight = ph_tensor_read(layer->parameter[WEIGHT]);
  int64_t units = pass->output.shape.dim[1], inputs = ph_shape_count(pass->input[0].shape);
  float *dst = pass->input_gradient[0];
  if (dst == NULL) return;
  for (int64_t u = 0; u < units; u++)
    for (int64_t i = 0; i < inputs; i++) dst[i] += pass->output_gradient[u] * weight[u * inputs + i];
}

static void forward(const ph_layer *layer, const ph_pass *pass) {
  ph_pass_images(layer, pass, forward_image);
}
static void backward(const ph_layer *layer, const ph_pass *pass) {
  ph_pass_images(layer, pass, backward_image);
}

const ph_layer_type ph_layer_dense = {
    .name = "dense",
    .text = "Every unit a weighted sum of the whole input, a vector or an image (channels slowest, columns "
            "fastest). Gives (1, units); where axis 0 is n, (n, units).",
    .least_inputs = 1,
    .most_inputs = 1,
    .parameters = parameters,
    .required_parameters = 1,
    .fields = fields,
    .shape = shape,
    .meaning = ph_meaning_map,
    .needs = ph_needs_images,
    .forward = forward,
    .backward = backward,
};
