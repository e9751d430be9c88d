/* SPDX-License-Identifier: MIT */
/* transposed_convolution: the adjoint of a convolution as a layer of its own: every input pixel spreads its
   window of weights over the output. Weights are (i, o / groups, kh, kw). */
#include "kernel.h"

typedef struct transposed_config {
  int64_t stride[2], dilation[2], padding[4], groups, output_padding[2];
} transposed_config;

static const ph_field fields[] = {
    {"stride", PH_PAIR, offsetof(transposed_config, stride), 1, 1, PH_MOST_WINDOW, NULL,
     "output pixels from window to window"},
    {"dilation", PH_PAIR, offsetof(transposed_config, dilation), 1, 1, PH_MOST_WINDOW, NULL,
     "pixels from weight to weight"},
    {"padding", PH_SIDES, offsetof(transposed_config, padding), 0, 0, PH_MOST_WINDOW, NULL,
     "pixels cut off the output: top, left, bottom, right"},
    {"output_padding", PH_PAIR, offsetof(transposed_config, output_padding), 0, 0, PH_MOST_WINDOW, NULL,
     "further pixels at the output's bottom and right"},
    {"groups", PH_INTEGER, offsetof(transposed_config, groups), 1, 1, PH_MOST_WINDOW, NULL,
     "groups of channels that do not mix"},
    {0}};

static const ph_parameter parameters[] = {
    {"weight", "(inputs, outputs / groups, height, width)"}, {"bias", "(outputs)"}, {0}};
enum { WEIGHT, BIAS };

/* The windows of the convolution that this is the adjoint of: over the output, one for each input pixel. */
static ph_window window_of(const ph_layer *layer, ph_shape input) {
  const transposed_config *config = layer->config;
  ph_shape weight = ph_tensor_shape(layer->parameter[WEIGHT]);
  ph_window window = {0};
  for (int axis = 0; axis < 2; axis++) {
    window.kernel[axis] = weight.dim[2 + axis];
    window.stride[axis] = config->stride[axis];
    window.dilation[axis] = config->dilation[axis];
    window.output[axis] = input.dim[2 + axis];
  }
  for (int side = 0; side < 4; side++) window.padding[side] = config->padding[side];
  return window;
}

static int64_t output_length(const ph_layer *layer, const ph_window *w, int axis) {
  int64_t whole = (w->output[axis] - 1) * w->stride[axis] + (w->kernel[axis] - 1) * w->dilation[axis] + 1;
  return whole - w->padding[axis] - w->padding[axis + 2] +
         ((const transposed_config *)layer->config)->output_padding[axis];
}

/* The input pixels whose windows have these pixels of the output. */
static ph_range spreading(const ph_window *w, int axis, ph_range wanted, bool open) {
  ph_range needed = {0, 0};
  for (int64_t at = wanted.first; at < wanted.last; at++)
    for (int64_t k = 0; k < w->kernel[axis]; k++) {
      const int64_t way = at + w->padding[axis] - k * w->dilation[axis], from = way / w->stride[axis];
      if (way % w->stride[axis] != 0 || (!open && (from < 0 || from >= w->output[axis]))) continue;
      needed = ph_range_join(needed, (ph_range){from, from + 1});
    }
  return needed;
}

static void needs(const ph_layer *layer, const ph_needs *n) {
  const ph_window window = window_of(layer, n->inputs[0]);
  const ph_shape weight = ph_tensor_shape(layer->parameter[WEIGHT]);
  const int64_t outputs = weight.dim[1],
                inputs = weight.dim[0] / ((const transposed_config *)layer->config)->groups;
  const ph_range channels = n->wanted.axis[1];
  ph_needs_images(layer, n);
  n->needed[0].axis[1] =
      (ph_range){channels.first / outputs * inputs, ((channels.last - 1) / outputs + 1) * inputs};
  for (int a = 0; a < 2; a++)
    n->needed[0].axis[2 + a] = spreading(&window, a, n->wanted.axis[2 + a], n->open);
}

static ph_status shape(const ph_layer *layer, const ph_shape *inputs, ph_shape *output, ph_error *e) {
  const transposed_config *config = layer->config;
  ph_shape weight = ph_tensor_shape(layer->parameter[WEIGHT]);
  char text[PH_SHAPE_TEXT];
  ph_status status;
  if (weight.rank != 4)
    return ph_layer_fail(layer, e, "weight must be (inputs, outputs, height, width), got %s",
                         ph_shape_print(weight, text));
  PH_TRY(ph_layer_expect_rank(layer, inputs[0], 4, e));
  if (inputs[0].dim[1] != weight.dim[0] || weight.dim[0] % config->groups != 0)
    return ph_layer_fail(layer, e, "weight expects %lld input channels in %lld groups, got %lld",
                         (long long)weight.dim[0], (long long)config->groups, (long long)inputs[0].dim[1]);
  for (int a = 2; a < 4; a++)
    if (weight.dim[a] > PH_MOST_WINDOW || inputs[0].dim[a] > INT64_C(1) << 32)
      return ph_layer_fail(layer, e, "kernel or input is too large");
  if (weight.dim[1] > INT64_C(1) << 32) return ph_layer_fail(layer, e, "too many output channels");
  const int64_t channels = weight.dim[1] * config->groups;
  PH_TRY(ph_layer_expect_parameter(layer, BIAS, ph_shape_of(1, &channels), e));
  ph_window window = window_of(layer, inputs[0]);
  *output = ph_shape4(inputs[0].dim[0], channels, output_length(layer, &window, 0),
                      output_length(layer, &window, 1));
  if (output->dim[2] < 1 || output->dim[3] < 1)
    return ph_layer_fail(layer, e, "padding leaves nothing of the output");
done:
  return status;
}

/* Walks all weights. `base` points at the whole tensors of one image. */
static void walk(const ph_layer *layer, const ph_pass *pass, const ph_planes *base) {
  const float *weights = ph_tensor_read(layer->parameter[WEIGHT]);
  ph_shape weight = ph_tensor_shape(layer->parameter[WEIGHT]), output = pass->output.shape;
  int64_t inside = ph_plane(pass->input[0].shape), outside = ph_plane(output), kernel = ph_plane(weight);
  int64_t inputs_per_group = weight.dim[0] / ((const transposed_config *)layer->config)->groups;
  ph_window window = window_of(layer, pass->input[0].shape);
  for (int64_t i = 0; i < weight.dim[0]; i++) {
    for (int64_t j = 0; j < weight.dim[1]; j++) {
      int64_t o = i / inputs_per_group * weight.dim[1] + j;
      const float *w = weights + (i * weight.dim[1] + j) * kernel;
      ph_planes at = *base;
      if (at.spread != NULL) {
        at.windows += i * inside;
        at.spread += o * outside;
      } else {
        at.under += o * outside;
        at.gathered += i * inside;
      }
      for (int64_t k = 0; k < kernel; k++)
        ph_kernel_apply(&window, &output.dim[2], k / weight.dim[3], k % weight.dim[3], w[k], &at);
    }
  }
}

static void forward_image(const ph_layer *layer, const ph_pass *pass) {
  int64_t plane = ph_plane(pass->output.shape);
  const float *bias = layer->parameter[BIAS] == NULL ? NULL : ph_tensor_read(layer->parameter[BIAS]);
  for (int64_t o = 0; o < pass->output.shape.dim[1]; o++)
    for (int64_t i = 0; i < plane; i++) pass->output.data[o * plane + i] = bias == NULL ? 0 : bias[o];
  walk(layer, pass, &(ph_planes){.windows = pass->input[0].data, .spread = pass->output.data});
}

static void backward_image(const ph_layer *layer, const ph_pass *pass) {
  walk(layer, pass, &(ph_planes){.under = pass->output_gradient, .gathered = pass->input_gradient[0]});
}

static void forward(const ph_layer *layer, const ph_pass *pass) {
  ph_pass_images(layer, pass, forward_image);
}
static void backward(const ph_layer *layer, const ph_pass *pass) {
  if (pass->input_gradient[0] != NULL) ph_pass_images(layer, pass, backward_image);
}

const ph_layer_type ph_layer_transposed_convolution = {
    .name = "transposed_convolution",
    .text = "The adjoint of a convolution, as a layer: every input pixel, times the weights, is added to a "
            "window of the output, from which padding is cut off. Each side of the output is (size - 1) * "
            "stride + (kernel - 1) * dilation + 1 - padding before and after + output_padding.",
    .least_inputs = 1,
    .most_inputs = 1,
    .parameters = parameters,
    .required_parameters = 1,
    .fields = fields,
    .config_size = sizeof(transposed_config),
    .shape = shape,
    .meaning = ph_meaning_map,
    .needs = needs,
    .forward = forward,
    .backward = backward,
};
