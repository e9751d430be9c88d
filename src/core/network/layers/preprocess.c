/* SPDX-License-Identifier: MIT */
/* preprocess: from a picture, RGB in [0, 1], to what the network was trained on: another channel order, scale
   and offset. input[c] = (picture[order(c)] * scale - mean[c]) / deviation[c]; with a range in the place of
   the scale, picture values are brought from [0, 1] to it first. */
#include "network/layer.h"

static const char *const orders[] = {"rgb", "bgr", NULL};
enum { RGB, BGR };

static const ph_field fields[] = {
    {"scale", PH_REAL, offsetof(ph_preprocess_config, scale), 1, -1e6, 1e6, NULL,
     "factor on the picture's values: 255 for networks trained on bytes"},
    {"range", PH_LIST, offsetof(ph_preprocess_config, range), 0, -1e6, 1e6, NULL,
     "what 0 and 1 become before mean and deviation, such as { -1, 1 }, instead of a scale"},
    {"mean", PH_LIST, offsetof(ph_preprocess_config, mean), 0, -1e6, 1e6, NULL,
     "subtracted after scaling; one number a channel, in the input's order; zeros by default"},
    {"deviation", PH_LIST, offsetof(ph_preprocess_config, deviation), 0, 1e-6, 1e6, NULL,
     "divided by at the end; one number a channel, in the input's order; ones by default"},
    {"order", PH_CHOICE, offsetof(ph_preprocess_config, order), RGB, 0, 0, orders,
     "order of the input's channels"},
    {0}};

/* The picture's channel that becomes channel c of the input. */
static int64_t source_channel(const ph_preprocess_config *config, int64_t c, int64_t channels) {
  return config->order == BGR ? channels - 1 - c : c;
}

static double scale_of(const ph_preprocess_config *config) {
  return config->range.count == 0 ? config->scale : config->range.value[1] - config->range.value[0];
}

/* What is subtracted after scaling. */
static double mean_of(const ph_preprocess_config *config, int64_t c) {
  double least = config->range.count == 0 ? 0 : config->range.value[0];
  return (config->mean.count == 0 ? 0 : config->mean.value[c]) - least;
}

static double slope_of(const ph_preprocess_config *config, int64_t c) {
  return 1 / (config->deviation.count == 0 ? 1 : config->deviation.value[c]);
}

static ph_status check_list(const ph_layer *layer, const char *key, const ph_list *list, int64_t channels,
                            ph_error *e) {
  if (list->count == 0 || list->count == channels) return PH_OK;
  return ph_layer_fail(layer, e, "%s has %d numbers for %lld channels", key, list->count,
                       (long long)channels);
}

static ph_status shape(const ph_layer *layer, const ph_shape *inputs, ph_shape *output, ph_error *e) {
  const ph_preprocess_config *config = layer->config;
  ph_status status;
  PH_TRY(ph_layer_expect_rank(layer, inputs[0], 4, e));
  int64_t channels = inputs[0].dim[1];
  PH_TRY(check_list(layer, "mean", &config->mean, channels, e));
  PH_TRY(check_list(layer, "deviation", &config->deviation, channels, e));
  if (config->range.count != 0 && config->range.count != 2)
    return ph_layer_fail(layer, e, "range takes two numbers, got %d", config->range.count);
  if (config->range.count != 0 && config->scale != 1)
    return ph_layer_fail(layer, e, "scale and range are two ways to say one thing");
  if (config->order == BGR && channels != 3)
    return ph_layer_fail(layer, e, "order bgr needs 3 channels, got %lld", (long long)channels);
  *output = inputs[0];
done:
  return status;
}

static void forward_image(const ph_layer *layer, const ph_pass *pass) {
  const ph_preprocess_config *config = layer->config;
  int64_t channels = pass->output.shape.dim[1], plane = ph_plane(pass->output.shape);
  for (int64_t c = 0; c < channels; c++) {
    const float *src = pass->input[0].data + source_channel(config, c, channels) * plane;
    float *dst = pass->output.data + c * plane;
    float factor = (float)(scale_of(config) * slope_of(config, c));
    float offset = (float)(-mean_of(config, c) * slope_of(config, c));
    for (int64_t i = 0; i < plane; i++) dst[i] = src[i] * factor + offset;
  }
}

static void backward_image(const ph_layer *layer, const ph_pass *pass) {
  const ph_preprocess_config *config = layer->config;
  int64_t channels = pass->output.shape.dim[1], plane = ph_plane(pass->output.shape);
  if (pass->input_gradient[0] == NULL) return;
  for (int64_t c = 0; c < channels; c++) {
    const float *src = pass->output_gradient + c * plane;
    float *dst = pass->input_gradient[0] + source_channel(config, c, channels) * plane;
    float factor = (float)(scale_of(config) * slope_of(config, c));
    for (int64_t i = 0; i < plane; i++) dst[i] += src[i] * factor;
  }
}

/* All channels of the same places: their order may be another one. */
static void needs(const ph_layer *layer, const ph_needs *n) {
  const ph_range channels = n->needed[0].axis[1];
  ph_needs_elements(layer, n);
  n->needed[0].axis[1] = channels;
}

static void forward(const ph_layer *layer, const ph_pass *pass) {
  ph_pass_images(layer, pass, forward_image);
}
static void backward(const ph_layer *layer, const ph_pass *pass) {
  ph_pass_images(layer, pass, backward_image);
}

const ph_layer_type ph_layer_preprocess = {
    .name = "preprocess",
    .text = "From a picture, RGB in [0, 1], to what the network was trained on: for channel c of the input, "
            "(picture[order(c)] * scale - mean[c]) / deviation[c]. Lists have one number a channel, in the "
            "input's order. With a range in the place of the scale, the picture is brought from [0, 1] to it "
            "first.",
    .least_inputs = 1,
    .most_inputs = 1,
    .fields = fields,
    .config_size = sizeof(ph_preprocess_config),
    .shape = shape,
    .needs = needs,
    .forward = forward,
    .backward = backward,
};
