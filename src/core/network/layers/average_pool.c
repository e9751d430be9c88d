/* SPDX-License-Identifier: MIT */
/* average_pool: the mean of each window's part inside the image, as TensorFlow takes it; or, with count_pad,
   the window's sum over its size, padding counting as zeros; what hangs over the padding does not count. */
#include "pool.h"

typedef struct part {
  ph_range rows, columns;
  float share; /* of each pixel in the mean */
} part;

static part part_at(const ph_layer *layer, const ph_window *window, const ph_shape *input, int64_t y,
                    int64_t x) {
  const ph_pool_config *config = layer->config;
  part p = {ph_window_inside(window, 0, y, input->dim[2]), ph_window_inside(window, 1, x, input->dim[3]), 0};
  int64_t pixels =
      config->count_pad
          ? ph_window_counted(window, 0, y, input->dim[2]) * ph_window_counted(window, 1, x, input->dim[3])
          : ph_range_count(p.rows, window->dilation[0]) * ph_range_count(p.columns, window->dilation[1]);
  p.share = (float)(1 / (double)pixels);
  return p;
}

static void forward_image(const ph_layer *layer, const ph_pass *pass) {
  ph_shape input = pass->input[0].shape, output = pass->output.shape;
  ph_window window;
  if (ph_pool_window(layer, input, &window, NULL) != PH_OK) return; /* `shape` refused it already */
  float *dst = pass->output.data;
  for (int64_t c = 0; c < output.dim[1]; c++) {
    const float *plane = pass->input[0].data + c * ph_plane(input);
    for (int64_t y = 0; y < output.dim[2]; y++) {
      for (int64_t x = 0; x < output.dim[3]; x++) {
        part p = part_at(layer, &window, &input, y, x);
        float sum = 0;
        for (int64_t i = p.rows.first; i < p.rows.last; i += window.dilation[0])
          for (int64_t j = p.columns.first; j < p.columns.last; j += window.dilation[1])
            sum += plane[i * input.dim[3] + j];
        *dst++ = sum * p.share;
      }
    }
  }
}

static void backward_image(const ph_layer *layer, const ph_pass *pass) {
  ph_shape input = pass->input[0].shape, output = pass->output.shape;
  ph_window window;
  if (pass->input_gradient[0] == NULL || ph_pool_window(layer, input, &window, NULL) != PH_OK) return;
  const float *src = pass->output_gradient;
  for (int64_t c = 0; c < output.dim[1]; c++) {
    float *dst = pass->input_gradient[0] + c * ph_plane(input);
    for (int64_t y = 0; y < output.dim[2]; y++) {
      for (int64_t x = 0; x < output.dim[3]; x++) {
        part p = part_at(layer, &window, &input, y, x);
        float share = *src++ * p.share;
        for (int64_t i = p.rows.first; i < p.rows.last; i += window.dilation[0])
          for (int64_t j = p.columns.first; j < p.columns.last; j += window.dilation[1])
            dst[i * input.dim[3] + j] += share;
      }
    }
  }
}

static void forward(const ph_layer *layer, const ph_pass *pass) {
  ph_pass_images(layer, pass, forward_image);
}
static void backward(const ph_layer *layer, const ph_pass *pass) {
  ph_pass_images(layer, pass, backward_image);
}

const ph_layer_type ph_layer_average_pool = {
    .name = "average_pool",
    .text = "The mean of each window: of its part inside the image, or, with `count_pad`, of its part inside "
            "the padded image, with zeros in the padding.",
    .least_inputs = 1,
    .most_inputs = 1,
    .reach = PH_REACH_CHANNEL,
    .fields = ph_pool_fields,
    .config_size = sizeof(ph_pool_config),
    .shape = ph_pool_shape,
    .meaning = ph_meaning_map,
    .needs = ph_pool_needs,
    .forward = forward,
    .backward = backward,
};
