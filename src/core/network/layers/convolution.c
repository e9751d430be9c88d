/* SPDX-License-Identifier: MIT */
/* convolution: a weighted sum over a sliding window, with stride, dilation, padding and groups. Weights are
   (o, i / groups, kh, kw); what networks call convolution is correlation: the kernel is not flipped. */
#include "kernel.h"

static const ph_field fields[] = {{"stride", PH_PAIR, offsetof(ph_convolution_config, stride), 1, 1,
                                   PH_MOST_WINDOW, NULL, "pixels from window to window"},
                                  {"dilation", PH_PAIR, offsetof(ph_convolution_config, dilation), 1, 1,
                                   PH_MOST_WINDOW, NULL, "pixels from weight to weight"},
                                  {"padding", PH_SIDES, offsetof(ph_convolution_config, padding), 0, 0,
                                   PH_MOST_WINDOW, NULL, "zeros around the image: top, left, bottom, right"},
                                  {"padding_mode", PH_CHOICE, offsetof(ph_convolution_config, same),
                                   PH_PADDING_EXPLICIT, 0, 0, ph_padding_modes,
                                   "'same', 'same_lower': computed from the input's size"},
                                  {"groups", PH_INTEGER, offsetof(ph_convolution_config, groups), 1, 1,
                                   PH_MOST_WINDOW, NULL, "groups of channels that do not mix"},
                                  {0}};

static const ph_parameter parameters[] = {
    {"weight", "(outputs, inputs / groups, height, width)"}, {"bias", "(outputs)"}, {0}};
enum { WEIGHT, BIAS };

ph_status ph_convolution_window(const ph_layer *layer, ph_shape input, ph_window *window, ph_error *e) {
  const ph_convolution_config *config = layer->config;
  ph_shape weight = ph_tensor_shape(layer->parameter[WEIGHT]);
  *window = (ph_window){0};
  for (int axis = 0; axis < 2; axis++) {
    window->kernel[axis] = weight.dim[2 + axis];
    window->stride[axis] = config->stride[axis];
    window->dilation[axis] = config->dilation[axis];
    if (window->kernel[axis] > PH_MOST_WINDOW)
      return ph_layer_fail(layer, e, "a kernel of %lldx%lld is too large", (long long)weight.dim[2],
                           (long long)weight.dim[3]);
  }
  for (int side = 0; side < 4; side++) window->padding[side] = config->padding[side];
  return ph_window_resolve(layer, input, config->same, false, window, e);
}

static ph_status shape(const ph_layer *layer, const ph_shape *inputs, ph_shape *output, ph_error *e) {
  const ph_convolution_config *config = layer->config;
  ph_shape weight = ph_tensor_shape(layer->parameter[WEIGHT]);
  char text[PH_SHAPE_TEXT];
  ph_window window;
  ph_status status;
  if (weight.rank != 4)
    return ph_layer_fail(layer, e, "weight must be (outputs, inputs, height, width), got %s",
                         ph_shape_print(weight, text));
  PH_TRY(ph_layer_expect_rank(layer, inputs[0], 4, e));
  /* Division rather than product: neither can overflow. */
  if (inputs[0].dim[1] % config->groups != 0 || inputs[0].dim[1] / config->groups != weight.dim[1])
    return ph_layer_fail(layer, e, "weight expects %lld input channels, got %lld",
                         (long long)(weight.dim[1] * config->groups), (long long)inputs[0].dim[1]);
  if (weight.dim[0] % config->groups != 0)
    return ph_layer_fail(layer, e, "%lld output channels do not divide into %lld groups",
                         (long long)weight.dim[0], (long long)config->groups);
  PH_TRY(ph_layer_expect_parameter(layer, BIAS, ph_shape_of(1, weight.dim), e));
  PH_TRY(ph_convolution_window(layer, inputs[0], &window, e));
  *output = ph_shape4(inputs[0].dim[0], weight.dim[0], window.output[0], window.output[1]);
done:
  return status;
}

static void needs(const ph_layer *layer, const ph_needs *n) {
  const ph_shape weight = ph_tensor_shape(layer->parameter[WEIGHT]);
  const int64_t outputs = weight.dim[0] / ph_convolution_groups(layer), inputs = weight.dim[1];
  const ph_range channels = n->wanted.axis[1];
  ph_window window;
  if (ph_convolution_window(layer, n->inputs[0], &window, NULL) != PH_OK)
    return; /* `shape` refused it already */
  ph_needs_images(layer, n);
  n->needed[0].axis[1] =
      (ph_range){channels.first / outputs * inputs, ((channels.last - 1) / outputs + 1) * inputs};
  ph_window_needs(&window, n);
}

/* Walks all weights. `base` points at the whole tensors. */
static void walk(const ph_layer *layer, const ph_pass *pass, const ph_planes *base) {
  const ph_convolution_config *config = layer->config;
  const float *weights = ph_tensor_read(layer->parameter[WEIGHT]);
  ph_shape weight = ph_tensor_shape(layer->parameter[WEIGHT]), input = pass->input[0].shape;
  int64_t inside = ph_plane(input), outside = ph_plane(pass->output.shape), kernel = ph_plane(weight);
  int64_t outputs_per_group = weight.dim[0] / config->groups;
  ph_window window;
  if (ph_convolution_window(layer, input, &window, NULL) != PH_OK) return; /* `shape` refused it already */
  for (int64_t o = 0; o < weight.dim[0]; o++) {
    for (int64_t j = 0; j < weight.dim[1]; j++) {
      int64_t i = o / outputs_per_group * weight.dim[1] + j;
      const float *w = weights + (o * weight.dim[1] + j) * kernel;
      ph_planes at = *base;
      if (at.gathered != NULL) {
        at.under += i * inside;
        at.gathered += o * outside;
      } else {
        at.windows += o * outside;
        at.spread += i * inside;
      }
      for (int64_t k = 0; k < kernel; k++)
        ph_kernel_apply(&window, &input.dim[2], k / weight.dim[3], k % weight.dim[3], w[k], &at);
    }
  }
}

int64_t ph_convolution_groups(const ph_layer *layer) {
  return layer->type == &ph_layer_convolution ? ((const ph_convolution_config *)layer->config)->groups : 1;
}

static void forward_image(const ph_layer *layer, const ph_pass *pass) {
  int64_t plane = ph_plane(pass->output.shape);
  const float *bias = layer->parameter[BIAS] == NULL ? NULL : ph_tensor_read(layer->parameter[BIAS]);
  for (int64_t o = 0; o < pass->output.shape.dim[1]; o++)
    for (int64_t i = 0; i < plane; i++) pass->output.data[o * plane + i] = bias == NULL ? 0 : bias[o];
  walk(layer, pass, &(ph_planes){.under = pass->input[0].data, .gathered = pass->output.data});
}

static void backward_image(const ph_layer *layer, const ph_pass *pass) {
  if (pass->input_gradient[0] == NULL) return;
  walk(layer, pass, &(ph_planes){.windows = pass->output_gradient, .spread = pass->input_gradient[0]});
}

static void forward(const ph_layer *layer, const ph_pass *pass) {
  ph_pass_images(layer, pass, forward_image);
}
static void backward(const ph_layer *layer, const ph_pass *pass) {
  ph_pass_images(layer, pass, backward_image);
}

const ph_layer_type ph_layer_convolution = {
    .name = "convolution",
    .text = "A weighted sum over a sliding window; the kernel is not flipped. Padding mode \"same\" is "
            "TensorFlow's SAME: ceil(size / stride) outputs, with an odd pixel of padding at the bottom and "
            "right; `padding` must then be absent.",
    .least_inputs = 1,
    .most_inputs = 1,
    .parameters = parameters,
    .required_parameters = 1,
    .fields = fields,
    .config_size = sizeof(ph_convolution_config),
    .shape = shape,
    .meaning = ph_meaning_map,
    .needs = needs,
    .forward = forward,
    .backward = backward,
};
