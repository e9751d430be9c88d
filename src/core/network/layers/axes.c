/* SPDX-License-Identifier: MIT */
/* Axes by number. */
#include "axes.h"

#include <string.h>

ph_status ph_axis_find(const ph_layer *layer, double given, int rank, int *axis, ph_error *e) {
  int at = (int)given;
  *axis = at < 0 ? at + rank : at;
  if (*axis < 0 || *axis >= rank)
    return ph_layer_fail(layer, e, "axis %d out of range %d..%d", at, -rank, rank - 1);
  return PH_OK;
}

ph_status ph_axes(const ph_layer *layer, const ph_list *given, int rank, bool *marked, ph_error *e) {
  memset(marked, 0, (size_t)rank * sizeof *marked);
  for (int i = 0; i < given->count; i++) {
    int axis;
    ph_status status = ph_axis_find(layer, given->value[i], rank, &axis, e);
    if (status != PH_OK) return status;
    if (marked[axis]) return ph_layer_fail(layer, e, "axis %d is named twice", axis);
    marked[axis] = true;
  }
  return PH_OK;
}

int64_t ph_axes_count(ph_shape shape, int from, int to) {
  int64_t count = 1;
  for (int a = from; a < to; a++) count *= shape.dim[a];
  return count;
}
