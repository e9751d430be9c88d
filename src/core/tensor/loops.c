/* SPDX-License-Identifier: MIT */
/* Nested loops. */
#include "loops.h"

#include <string.h>

ph_loops ph_loops_of(ph_shape shape) {
  ph_loops loops = {.rank = shape.rank};
  memcpy(loops.dim, shape.dim, sizeof shape.dim);
  return loops;
}

void ph_dense_strides(ph_shape shape, int64_t stride[PH_MAX_RANK]) {
  int64_t step = 1;
  for (int d = shape.rank - 1; d >= 0; d--) {
    stride[d] = step;
    step *= shape.dim[d];
  }
}

void ph_loops_add(ph_loops *loops, const int64_t *stride) {
  memcpy(loops->stride[loops->arrays++], stride, sizeof *stride * (size_t)loops->rank);
}

void ph_loops_broadcast(ph_loops *loops, ph_shape shape) {
  int64_t dense[PH_MAX_RANK], stride[PH_MAX_RANK] = {0};
  int missing = loops->rank - shape.rank;
  ph_dense_strides(shape, dense);
  for (int d = 0; d < shape.rank; d++) stride[missing + d] = shape.dim[d] == 1 ? 0 : dense[d];
  ph_loops_add(loops, stride);
}

/* Whether every array walks dimension d + 1 and then d as one. */
static bool joins(const ph_loops *loops, int d) {
  for (int a = 0; a < loops->arrays; a++)
    if (loops->stride[a][d] != loops->stride[a][d + 1] * loops->dim[d + 1]) return false;
  return true;
}

static void drop(ph_loops *loops, int d) {
  size_t after = (size_t)(loops->rank - d - 1);
  memmove(loops->dim + d, loops->dim + d + 1, after * sizeof *loops->dim);
  for (int a = 0; a < loops->arrays; a++)
    memmove(loops->stride[a] + d, loops->stride[a] + d + 1, after * sizeof *loops->stride[a]);
  loops->rank--;
}

void ph_loops_join(ph_loops *loops) {
  for (int d = loops->rank - 1; d >= 0; d--)
    if (loops->dim[d] == 1) drop(loops, d);
  for (int d = loops->rank - 2; d >= 0; d--) {
    if (!joins(loops, d)) continue;
    loops->dim[d + 1] *= loops->dim[d];
    drop(loops, d);
  }
}

int64_t ph_loops_length(const ph_loops *loops) { return loops->rank == 0 ? 1 : loops->dim[loops->rank - 1]; }

int64_t ph_loops_step(const ph_loops *loops, int array) {
  return loops->rank == 0 ? 0 : loops->stride[array][loops->rank - 1];
}

int64_t ph_loops_rows(const ph_loops *loops) {
  int64_t runs = 1;
  for (int d = 0; d < loops->rank - 1; d++) runs *= loops->dim[d];
  return runs;
}

void ph_loops_begin(const ph_loops *loops, int64_t i, int64_t offset[PH_LOOPS_ARRAYS]) {
  memset(offset, 0, sizeof *offset * PH_LOOPS_ARRAYS);
  for (int d = loops->rank - 2; d >= 0; d--) {
    int64_t at = i % loops->dim[d];
    i /= loops->dim[d];
    for (int a = 0; a < loops->arrays; a++) offset[a] += at * loops->stride[a][d];
  }
}

bool ph_shape_broadcast(ph_shape a, ph_shape b, ph_shape *result) {
  *result = a.rank >= b.rank ? a : b;
  for (int d = 1; d <= result->rank; d++) { /* from the last dimension on */
    int64_t of_a = d <= a.rank ? a.dim[a.rank - d] : 1, of_b = d <= b.rank ? b.dim[b.rank - d] : 1;
    if (of_a != of_b && of_a != 1 && of_b != 1) return false;
    result->dim[result->rank - d] = of_a == 1 ? of_b : of_a;
  }
  return true;
}
