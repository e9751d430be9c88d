/* SPDX-License-Identifier: MIT */
/* Windows that slide over an image: the arithmetic that convolution and the pools share. For the files of
   layers/ only. */
#ifndef PH_LAYERS_WINDOW_H
#define PH_LAYERS_WINDOW_H

#include "network/layer.h"

/* The largest kernel, stride, dilation and padding: keeps all products far from overflow. */
enum { PH_MOST_WINDOW = 65536 };

/* Indices of a padding mode. */
enum { PH_PADDING_EXPLICIT, PH_PADDING_SAME, PH_PADDING_SAME_LOWER };
extern const char *const ph_padding_modes[];

/* Given kernel, stride, dilation and explicit padding, fills in the output's size and the padding as it is.
   Fails where a window does not fit into the padded image. */
ph_status ph_window_resolve(const ph_layer *layer, ph_shape input, int padding_mode, bool ceil,
                            ph_window *window, ph_error *e);

/* How many positions there are, a step apart. */
static inline int64_t ph_range_count(ph_range r, int64_t step) {
  return r.last > r.first ? (r.last - r.first + step - 1) / step : 0;
}

/* The output positions whose element `k` of the kernel lies inside an image of `size`; axis 0 is vertical. */
ph_range ph_window_outputs(const ph_window *window, int axis, int64_t k, int64_t size);

/* The part of output position `at`'s window that lies inside an image of `size`: every dilation-th position
   from first on. */
ph_range ph_window_inside(const ph_window *window, int axis, int64_t at, int64_t size);

/* Narrows rows and columns, axes 2 and 3, of input 0 to what the wanted windows read. */
void ph_window_needs(const ph_window *window, const ph_needs *needs);

#endif
