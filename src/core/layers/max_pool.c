/* max_pool: the greatest value of each window; padding never wins. Of equal values the first, in rows from
   the top, is the one that receives the gradient. A NaN wins, so that it is seen rather than hidden. */
#include "pool.h"

/* Index within the plane (h, w) of the value that output (y, x) takes. */
static int64_t winner(const ph_window *window, const ph_shape *input, const float *plane, int64_t y,
                      int64_t x) {
  ph_range rows = ph_window_inside(window, 0, y, input->dim[2]);
  ph_range columns = ph_window_inside(window, 1, x, input->dim[3]);
  int64_t best = rows.first * input->dim[3] + columns.first;
  for (int64_t i = rows.first; i < rows.last; i++) {
    for (int64_t j = columns.first; j < columns.last; j++) {
      int64_t at = i * input->dim[3] + j;
      if (plane[at] > plane[best] || plane[at] != plane[at]) best = at;
    }
  }
  return best;
}

static void forward(const ph_layer *layer, const ph_pass *pass) {
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

static void backward(const ph_layer *layer, const ph_pass *pass) {
  ph_shape input = pass->input[0].shape, output = pass->output.shape;
  ph_window window;
  if (pass->input_gradient[0] == NULL || ph_pool_window(layer, input, &window, NULL) != PH_OK) return;
  const float *src = pass->output_gradient;
  for (int64_t c = 0; c < output.dim[1]; c++) {
    const float *plane = pass->input[0].data + c * ph_plane(input);
    float *dst = pass->input_gradient[0] + c * ph_plane(input);
    for (int64_t y = 0; y < output.dim[2]; y++)
      for (int64_t x = 0; x < output.dim[3]; x++) dst[winner(&window, &input, plane, y, x)] += *src++;
  }
}

const ph_layer_type ph_layer_max_pool = {.name = "max_pool",
                                         .summary = "the greatest value of each window",
                                         .least_inputs = 1,
                                         .most_inputs = 1,
                                         .fields = &ph_pool_fields[1],
                                         .config_size = sizeof(ph_pool_config),
                                         .shape = ph_pool_shape,
                                         .forward = forward,
                                         .backward = backward};
