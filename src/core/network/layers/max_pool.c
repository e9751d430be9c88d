/* SPDX-License-Identifier: MIT */
/* max_pool: the largest value of each window; padding never wins. Of equal values the first, in rows from
   the top, is the one that receives the gradient. A NaN wins, so that it is seen rather than hidden.

   The gradient may also be that of a smoother pool, as in Lucid (lucid/optvis/overrides/
   smoothed_maxpool_grad.py), whose means are over the part of the window that lies inside the image. */
#include <math.h>

#include "pool.h"

/* Index within the plane (h, w) of the value that output (y, x) takes. */
static int64_t winner(const ph_window *window, const ph_shape *input, const float *plane, int64_t y,
                      int64_t x) {
  ph_range rows = ph_window_inside(window, 0, y, input->dim[2]);
  ph_range columns = ph_window_inside(window, 1, x, input->dim[3]);
  int64_t best = rows.first * input->dim[3] + columns.first;
  for (int64_t i = rows.first; i < rows.last; i += window->dilation[0]) {
    for (int64_t j = columns.first; j < columns.last; j += window->dilation[1]) {
      int64_t at = i * input->dim[3] + j;
      if (plane[at] > plane[best] || plane[at] != plane[at]) best = at;
    }
  }
  return best;
}

static void forward_image(const ph_layer *layer, const ph_pass *pass) {
  ph_shape input = pass->input[0].shape, output = pass->output.shape;
  ph_window window;
  if (ph_pool_window(layer, input, &window, NULL) != PH_OK) return; /* `shape` refused it already */
  float *dst = pass->output.data;
  for (int64_t c = 0; c < output.dim[1]; c++) {
    const float *plane = pass->input[0].data + c * ph_plane(input);
    for (int64_t y = 0; y < output.dim[2]; y++)
      for (int64_t x = 0; x < output.dim[3]; x++) *dst++ = plane[winner(&window, &input, plane, y, x)];
  }
}

/* The window of output (y, x), for the part of it that lies inside the image. */
typedef struct view {
  ph_range rows, columns;
  int64_t width; /* of the image */
  int64_t step[2];
} view;

#define FOR_EACH_INSIDE(v, at)                                                                               \
  for (int64_t row = (v).rows.first; row < (v).rows.last; row += (v).step[0])                                \
    for (int64_t at = row * (v).width + (v).columns.first; at < row * (v).width + (v).columns.last;          \
         at += (v).step[1])

static void share(view v, const float *plane, float gradient, ph_pool_mode mode, float *dst) {
  const double count = (double)(ph_range_count(v.rows, v.step[0]) * ph_range_count(v.columns, v.step[1]));
  double square = 0, size = 0.01, part = (double)gradient / count;
  if (mode == PH_POOL_SMOOTH) {
    FOR_EACH_INSIDE(v, at) dst[at] += (float)part;
    return;
  }
  FOR_EACH_INSIDE(v, at) {
    square += (double)plane[at] * (double)plane[at] / count;
    size += fabs((double)plane[at]) / count;
  }
  FOR_EACH_INSIDE(v, at) {
    double x = (double)plane[at], sign = x > 0 ? 1 : x < 0 ? -1 : 0;
    dst[at] += (float)(part * (2 * x - sign * square / size) / size);
  }
}

static void smooth_backward(const ph_window *window, const ph_pass *pass) {
  ph_shape input = pass->input[0].shape, output = pass->output.shape;
  const float *src = pass->output_gradient;
  for (int64_t c = 0; c < output.dim[1]; c++) {
    const float *plane = pass->input[0].data + c * ph_plane(input);
    float *dst = pass->input_gradient[0] + c * ph_plane(input);
    for (int64_t y = 0; y < output.dim[2]; y++) {
      for (int64_t x = 0; x < output.dim[3]; x++) {
        view v = {ph_window_inside(window, 0, y, input.dim[2]),
                  ph_window_inside(window, 1, x, input.dim[3]),
                  input.dim[3],
                  {window->dilation[0], window->dilation[1]}};
        share(v, plane, *src++, pass->pool_mode, dst);
      }
    }
  }
}

static void backward_image(const ph_layer *layer, const ph_pass *pass) {
  ph_shape input = pass->input[0].shape, output = pass->output.shape;
  ph_window window;
  if (pass->input_gradient[0] == NULL || ph_pool_window(layer, input, &window, NULL) != PH_OK) return;
  if (pass->pool_mode != PH_POOL_PLAIN) {
    smooth_backward(&window, pass);
    return;
  }
  const float *src = pass->output_gradient;
  for (int64_t c = 0; c < output.dim[1]; c++) {
    const float *plane = pass->input[0].data + c * ph_plane(input);
    float *dst = pass->input_gradient[0] + c * ph_plane(input);
    for (int64_t y = 0; y < output.dim[2]; y++)
      for (int64_t x = 0; x < output.dim[3]; x++) dst[winner(&window, &input, plane, y, x)] += *src++;
  }
}

static void forward(const ph_layer *layer, const ph_pass *pass) {
  ph_pass_images(layer, pass, forward_image);
}
static void backward(const ph_layer *layer, const ph_pass *pass) {
  ph_pass_images(layer, pass, backward_image);
}

const ph_layer_type ph_layer_max_pool = {
    .name = "max_pool",
    .text = "The largest value of each window. Padding never wins; of equal values the first receives the "
            "gradient. `ceil` rounds the output's size up, as Caffe does: a last window may hang over the "
            "end, but must begin inside the image or the padding before it.",
    .least_inputs = 1,
    .most_inputs = 1,
    .reach = PH_REACH_CHANNEL,
    .fields = &ph_pool_fields[1],
    .config_size = sizeof(ph_pool_config),
    .shape = ph_pool_shape,
    .meaning = ph_meaning_map,
    .needs = ph_pool_needs,
    .forward = forward,
    .backward = backward,
};
