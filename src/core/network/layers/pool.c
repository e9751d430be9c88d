/* SPDX-License-Identifier: MIT */
/* The geometry of pools. */
#include "pool.h"

/* The kernel's default, 0, is out of its range: it has to be given. */
const ph_field ph_pool_fields[] = {
    {"count_pad", PH_FLAG, offsetof(ph_pool_config, count_pad), 0, 0, 1, NULL,
     "divide by the window with its padding"},
    {"kernel", PH_PAIR, offsetof(ph_pool_config, kernel), 0, 1, PH_MOST_WINDOW, NULL,
     "height and width of the window"},
    {"stride", PH_PAIR, offsetof(ph_pool_config, stride), 1, 1, PH_MOST_WINDOW, NULL,
     "pixels from window to window"},
    {"dilation", PH_PAIR, offsetof(ph_pool_config, dilation), 1, 1, PH_MOST_WINDOW, NULL,
     "pixels from one to the next within a window"},
    {"padding", PH_SIDES, offsetof(ph_pool_config, padding), 0, 0, PH_MOST_WINDOW, NULL,
     "around the image, smaller than the kernel: top, left, bottom, right"},
    {"padding_mode", PH_CHOICE, offsetof(ph_pool_config, same), PH_PADDING_EXPLICIT, 0, 0, ph_padding_modes,
     "'same', 'same_lower': computed from the input's size"},
    {"ceil", PH_FLAG, offsetof(ph_pool_config, ceil), 0, 0, 1, NULL,
     "round the output's size up, as Caffe does"},
    {0}};

/* A window with gaps may step over a small image. */
static ph_status expect_pixels(const ph_layer *layer, ph_shape input, const ph_window *window, ph_error *e) {
  for (int axis = 0; axis < 2; axis++)
    for (int64_t at = 0; window->dilation[axis] > 1 && at < window->output[axis]; at++)
      if (ph_range_count(ph_window_inside(window, axis, at, input.dim[2 + axis]), window->dilation[axis]) ==
          0)
        return ph_layer_fail(layer, e, "a window with dilation %lld has no pixel inside %lldx%lld",
                             (long long)window->dilation[axis], (long long)input.dim[2],
                             (long long)input.dim[3]);
  return PH_OK;
}

ph_status ph_pool_window(const ph_layer *layer, ph_shape input, ph_window *window, ph_error *e) {
  const ph_pool_config *config = layer->config;
  *window = (ph_window){0};
  for (int axis = 0; axis < 2; axis++) {
    window->kernel[axis] = config->kernel[axis];
    window->stride[axis] = config->stride[axis];
    window->dilation[axis] = config->dilation[axis];
  }
  if (window->kernel[0] == 0) return ph_layer_fail(layer, e, "kernel is missing");
  for (int side = 0; side < 4; side++) {
    window->padding[side] = config->padding[side];
    /* Else a window could lie outside the image altogether, and would have nothing to pool. */
    if (window->padding[side] > (window->kernel[side % 2] - 1) * window->dilation[side % 2])
      return ph_layer_fail(layer, e, "padding %lld must be smaller than the kernel, %lld",
                           (long long)window->padding[side], (long long)window->kernel[side % 2]);
  }
  ph_status status = ph_window_resolve(layer, input, config->same, config->ceil, window, e);
  return status == PH_OK ? expect_pixels(layer, input, window, e) : status;
}

ph_status ph_pool_shape(const ph_layer *layer, const ph_shape *inputs, ph_shape *output, ph_error *e) {
  ph_window window;
  ph_status status;
  PH_TRY(ph_layer_expect_rank(layer, inputs[0], 4, e));
  PH_TRY(ph_pool_window(layer, inputs[0], &window, e));
  *output = ph_shape4(inputs[0].dim[0], inputs[0].dim[1], window.output[0], window.output[1]);
done:
  return status;
}

void ph_pool_needs(const ph_layer *layer, const ph_needs *needs) {
  ph_window window;
  if (ph_pool_window(layer, needs->inputs[0], &window, NULL) != PH_OK)
    return; /* `shape` refused it already */
  ph_needs_planes(layer, needs);
  ph_window_needs(&window, needs);
}
