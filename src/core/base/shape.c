/* SPDX-License-Identifier: MIT */
/* Shapes. */
#include "shape.h"

#include <inttypes.h>
#include <stdio.h>

ph_shape ph_shape4(int64_t n, int64_t c, int64_t h, int64_t w) { return (ph_shape){4, {n, c, h, w}}; }

ph_shape ph_shape_of(int rank, const int64_t *dim) {
  ph_shape shape = {.rank = rank};
  for (int i = 0; i < rank; i++) shape.dim[i] = dim[i];
  return shape;
}

bool ph_shape_equal(ph_shape a, ph_shape b) {
  if (a.rank != b.rank) return false;
  for (int i = 0; i < a.rank; i++)
    if (a.dim[i] != b.dim[i]) return false;
  return true;
}

int64_t ph_shape_count(ph_shape shape) {
  int64_t count = 1;
  for (int i = 0; i < shape.rank; i++) count *= shape.dim[i];
  return count;
}

ph_status ph_shape_check(ph_shape shape, const char *what, ph_error *e) {
  const int64_t most = INT64_C(1) << 44; /* elements */
  char text[PH_SHAPE_TEXT];
  int64_t count = 1;
  if (shape.rank < 0 || shape.rank > PH_MAX_RANK)
    return ph_fail(e, PH_MISUSE, "%s: %d dimensions, expected 0 to %d", what, shape.rank, PH_MAX_RANK);
  for (int i = 0; i < shape.rank; i++) {
    if (shape.dim[i] < 1)
      return ph_fail(e, PH_MISUSE, "%s: every dimension must be at least 1, got %s", what,
                     ph_shape_print(shape, text));
    if (shape.dim[i] > most / count)
      return ph_fail(e, PH_MISUSE, "%s: %s is too large", what, ph_shape_print(shape, text));
    count *= shape.dim[i];
  }
  return PH_OK;
}

const char *ph_shape_print(ph_shape shape, char text[PH_SHAPE_TEXT]) {
  size_t used = 0;
  text[0] = '\0';
  if (shape.rank == 0) snprintf(text, PH_SHAPE_TEXT, "scalar");
  for (int i = 0; i < shape.rank && used < PH_SHAPE_TEXT; i++)
    used +=
        (size_t)snprintf(text + used, PH_SHAPE_TEXT - used, i == 0 ? "%" PRId64 : "x%" PRId64, shape.dim[i]);
  return text;
}
