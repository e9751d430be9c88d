/* SPDX-License-Identifier: MIT */
/* The arithmetic of sliding windows. Knows nothing of data. */
#include "window.h"

const char *const ph_padding_modes[] = {"explicit", "same", "same_lower", NULL};

static int64_t most(int64_t a, int64_t b) { return a > b ? a : b; }
static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

static int64_t span_of(const ph_window *w, int axis) { return (w->kernel[axis] - 1) * w->dilation[axis] + 1; }

/* TensorFlow's SAME: as many outputs as strides begin inside the image; an odd pixel of padding comes last,
   or with ONNX's SAME_LOWER first. */
static void resolve_same(ph_window *w, int axis, int64_t size, bool lower) {
  w->output[axis] = divide_up(size, w->stride[axis]);
  int64_t total = most((w->output[axis] - 1) * w->stride[axis] + span_of(w, axis) - size, 0);
  w->padding[axis] = lower ? total - total / 2 : total / 2;
  w->padding[axis + 2] = total - w->padding[axis];
}

/* Caffe's rounding: a last window may hang over the end, but must begin inside the image or the padding
 * before it. */
static void resolve_ceil(ph_window *w, int axis, int64_t size) {
  int64_t *before = &w->padding[axis], *after = &w->padding[axis + 2], stride = w->stride[axis];
  w->output[axis] = divide_up(size + *before + *after - span_of(w, axis), stride) + 1;
  if ((w->output[axis] - 1) * stride >= size + *before) w->output[axis]--;
  w->hang[axis] = most(0, (w->output[axis] - 1) * stride + span_of(w, axis) - size - *before - *after);
  *after += w->hang[axis];
}

static bool fits(const ph_window *w, int axis, int64_t size) {
  return span_of(w, axis) <= size + w->padding[axis] + w->padding[axis + 2];
}

ph_status ph_window_resolve(const ph_layer *layer, ph_shape input, int padding_mode, bool ceil,
                            ph_window *window, ph_error *e) {
  ph_window *w = window;
  const int64_t *size = &input.dim[2];
  const int64_t *p = w->padding;
  if (padding_mode != PH_PADDING_EXPLICIT && (p[0] != 0 || p[1] != 0 || p[2] != 0 || p[3] != 0))
    return ph_layer_fail(layer, e, "padding is given, but padding_mode '%s' computes it",
                         ph_padding_modes[padding_mode]);
  if (padding_mode == PH_PADDING_EXPLICIT && !(fits(w, 0, size[0]) && fits(w, 1, size[1])))
    return ph_layer_fail(layer, e, "a %lldx%lld window does not fit into %lldx%lld", (long long)span_of(w, 0),
                         (long long)span_of(w, 1), (long long)(size[0] + p[0] + p[2]),
                         (long long)(size[1] + p[1] + p[3]));
  for (int axis = 0; axis < 2; axis++) {
    if (padding_mode != PH_PADDING_EXPLICIT)
      resolve_same(w, axis, size[axis], padding_mode == PH_PADDING_SAME_LOWER);
    else if (ceil)
      resolve_ceil(w, axis, size[axis]);
    else
      w->output[axis] = (size[axis] + p[axis] + p[axis + 2] - span_of(w, axis)) / w->stride[axis] + 1;
  }
  return PH_OK;
}

ph_range ph_window_outputs(const ph_window *window, int axis, int64_t k, int64_t size) {
  int64_t stride = window->stride[axis];
  /* Output y reads pixel y * stride - shift. */
  int64_t shift = window->padding[axis] - k * window->dilation[axis];
  ph_range range = {divide_up(most(shift, 0), stride), 0};
  if (size - 1 + shift >= 0) range.last = least((size - 1 + shift) / stride + 1, window->output[axis]);
  return range;
}

int64_t ph_window_counted(const ph_window *window, int axis, int64_t at, int64_t size) {
  int64_t begin = at * window->stride[axis] - window->padding[axis];
  int64_t end = size + window->padding[axis + 2] - window->hang[axis];
  return least(window->kernel[axis], divide_up(end - begin, window->dilation[axis]));
}

ph_range ph_window_inside(const ph_window *window, int axis, int64_t at, int64_t size) {
  int64_t begin = at * window->stride[axis] - window->padding[axis], step = window->dilation[axis];
  int64_t skipped = begin < 0 ? divide_up(-begin, step) : 0;
  return (ph_range){begin + skipped * step, least(begin + span_of(window, axis), size)};
}

void ph_window_needs(const ph_window *window, const ph_needs *needs) {
  for (int axis = 0; axis < 2; axis++) {
    const ph_range wanted = needs->wanted.axis[2 + axis];
    const int64_t stride = window->stride[axis], before = window->padding[axis];
    ph_range *needed = &needs->needed[0].axis[2 + axis];
    *needed = (ph_range){wanted.first * stride - before,
                         (wanted.last - 1) * stride - before + span_of(window, axis)};
    if (needs->open) continue;
    *needed = (ph_range){0, 0};
    for (int64_t at = wanted.first; at < wanted.last; at++) {
      ph_range inside = ph_window_inside(window, axis, at, needs->inputs[0].dim[2 + axis]);
      inside.last =
          inside.first + (ph_range_count(inside, window->dilation[axis]) - 1) * window->dilation[axis] + 1;
      *needed = ph_range_join(*needed, inside);
    }
  }
}
