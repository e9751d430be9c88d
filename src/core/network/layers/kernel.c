/* SPDX-License-Identifier: MIT */
/* One weight's contribution, row by row. */
#include "kernel.h"

/* dst += factor * src, element by element, each with its own step. */
static void add_row(float *restrict dst, int64_t dst_step, const float *restrict src, int64_t src_step,
                    float factor, int64_t count) {
  if (dst_step == 1 && src_step == 1)
    for (int64_t i = 0; i < count; i++) dst[i] += factor * src[i];
  else
    for (int64_t i = 0; i < count; i++) dst[i * dst_step] += factor * src[i * src_step];
}

void ph_kernel_apply(const ph_window *window, const int64_t size[2], int64_t ky, int64_t kx, float weight,
                     const ph_planes *planes) {
  ph_range rows = ph_window_outputs(window, 0, ky, size[0]);
  ph_range columns = ph_window_outputs(window, 1, kx, size[1]);
  int64_t step = window->stride[1], count = columns.last - columns.first;
  int64_t left = columns.first * step + kx * window->dilation[1] - window->padding[1];
  if (count <= 0) return;
  for (int64_t y = rows.first; y < rows.last; y++) {
    int64_t row = y * window->stride[0] + ky * window->dilation[0] - window->padding[0];
    int64_t outer = y * window->output[1] + columns.first, inner = row * size[1] + left;
    if (planes->gathered != NULL)
      add_row(planes->gathered + outer, 1, planes->under + inner, step, weight, count);
    else
      add_row(planes->spread + inner, step, planes->windows + outer, 1, weight, count);
  }
}
