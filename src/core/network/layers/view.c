/* SPDX-License-Identifier: MIT */
/* Views at work: axis by axis, with a short way along rows that nothing interrupts. */
#include "view.h"

#include <string.h>

#include "axes.h"

ph_view ph_view_whole(ph_shape input) {
  ph_view view = {.rank = input.rank};
  int64_t stride[PH_MAX_RANK];
  ph_dense_strides(input, stride);
  for (int a = 0; a < input.rank; a++)
    view.axis[a] =
        (ph_view_axis){.length = input.dim[a], .step = 1, .size = input.dim[a], .stride = stride[a]};
  return view;
}

/* What position i reads, or -1 for the fill. */
static int64_t position_of(const ph_view_axis *axis, int64_t i) {
  int64_t at = axis->list == NULL ? axis->start + i * axis->step : (int64_t)axis->list[i];
  if (axis->list != NULL && at < 0) at += axis->size;
  if (at < 0 || at >= axis->size) {
    if (axis->beyond == PH_BEYOND_FILL) return -1;
    if (axis->beyond == PH_BEYOND_EDGE) {
      at = at < 0 ? 0 : axis->size - 1;
    } else {
      int64_t period = axis->size > 1 ? 2 * (axis->size - 1) : 1;
      at = (at % period + period) % period;
      if (at >= axis->size) at = period - at;
    }
  }
  return at;
}

static int64_t offset_of(const ph_view_axis *axis, int64_t i) {
  const int64_t at = position_of(axis, i);
  return at < 0 ? -1 : at * axis->stride;
}

ph_range ph_view_needs(const ph_view_axis *axis, ph_range wanted, bool open) {
  ph_range needed = {0, 0};
  for (int64_t i = wanted.first; i < wanted.last; i++) {
    if (axis->list != NULL && (i < 0 || i >= axis->length)) continue;
    const int64_t at = open && axis->list == NULL ? axis->start + i * axis->step : position_of(axis, i);
    if (open || at >= 0) needed = ph_range_join(needed, (ph_range){at, at + 1});
  }
  return needed;
}

/* Whether an axis reads evenly spaced elements, all of them inside. */
static bool is_even(const ph_view_axis *axis) {
  int64_t last = axis->start + (axis->length - 1) * axis->step;
  return axis->list == NULL && axis->start >= 0 && axis->start < axis->size && last >= 0 && last < axis->size;
}

static int64_t elements_below(const ph_view *view, int a) {
  int64_t count = 1;
  for (; a < view->rank; a++) count *= view->axis[a].length;
  return count;
}

static void read_row(const ph_view_axis *axis, const float *src, float *dst, float fill) {
  int64_t apart = axis->step * axis->stride;
  if (is_even(axis)) {
    src += axis->start * axis->stride;
    if (apart == 1)
      memcpy(dst, src, (size_t)axis->length * sizeof *dst);
    else
      for (int64_t i = 0; i < axis->length; i++) dst[i] = src[i * apart];
    return;
  }
  for (int64_t i = 0; i < axis->length; i++) {
    int64_t offset = offset_of(axis, i);
    dst[i] = offset < 0 ? fill : src[offset];
  }
}

/* Fills the output below axis a; returns where the next part begins. */
static float *read_axes(const ph_view *view, int a, const float *src, float *dst, float fill) {
  const ph_view_axis *axis = &view->axis[a];
  if (a == view->rank - 1) {
    read_row(axis, src, dst, fill);
    return dst + axis->length;
  }
  for (int64_t i = 0; i < axis->length; i++) {
    int64_t offset = offset_of(axis, i);
    if (offset >= 0) {
      dst = read_axes(view, a + 1, src + offset, dst, fill);
    } else {
      int64_t count = elements_below(view, a + 1);
      for (int64_t j = 0; j < count; j++) *dst++ = fill;
    }
  }
  return dst;
}

void ph_view_forward(const ph_view *view, const float *src, float *dst, float fill) {
  if (view->rank == 0)
    *dst = *src;
  else
    read_axes(view, 0, src, dst, fill);
}

static void add_row(const ph_view_axis *axis, const float *gradient, float *dst) {
  int64_t apart = axis->step * axis->stride;
  if (is_even(axis)) {
    dst += axis->start * axis->stride;
    for (int64_t i = 0; i < axis->length; i++) dst[i * apart] += gradient[i];
    return;
  }
  for (int64_t i = 0; i < axis->length; i++) {
    int64_t offset = offset_of(axis, i);
    if (offset >= 0) dst[offset] += gradient[i];
  }
}

static const float *add_axes(const ph_view *view, int a, const float *gradient, float *dst) {
  const ph_view_axis *axis = &view->axis[a];
  if (a == view->rank - 1) {
    add_row(axis, gradient, dst);
    return gradient + axis->length;
  }
  for (int64_t i = 0; i < axis->length; i++) {
    int64_t offset = offset_of(axis, i);
    gradient =
        offset < 0 ? gradient + elements_below(view, a + 1) : add_axes(view, a + 1, gradient, dst + offset);
  }
  return gradient;
}

void ph_view_backward(const ph_view *view, const float *gradient, float *dst) {
  if (view->rank == 0)
    *dst += *gradient;
  else
    add_axes(view, 0, gradient, dst);
}
