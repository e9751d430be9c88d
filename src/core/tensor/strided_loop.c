/* Nests of loops. */
#include "strided_loop.h"

#include <string.h>

ph_nest ph_nest_of(ph_shape shape) {
  ph_nest nest = {.rank = shape.rank};
  memcpy(nest.dim, shape.dim, sizeof nest.dim);
  return nest;
}

void ph_dense_strides(ph_shape shape, int64_t stride[PH_MAX_RANK]) {
  int64_t step = 1;
  for (int d = shape.rank - 1; d >= 0; d--) {
    stride[d] = step;
    step *= shape.dim[d];
  }
}

void ph_nest_add(ph_nest *nest, const int64_t *stride) {
  memcpy(nest->stride[nest->arrays++], stride, sizeof *stride * (size_t)nest->rank);
}

void ph_nest_broadcast(ph_nest *nest, ph_shape shape) {
  int64_t dense[PH_MAX_RANK], stride[PH_MAX_RANK] = {0};
  int missing = nest->rank - shape.rank;
  ph_dense_strides(shape, dense);
  for (int d = 0; d < shape.rank; d++) stride[missing + d] = shape.dim[d] == 1 ? 0 : dense[d];
  ph_nest_add(nest, stride);
}

/* Whether every array walks dimension d + 1 and then d as one. */
static bool joins(const ph_nest *nest, int d) {
  for (int a = 0; a < nest->arrays; a++)
    if (nest->stride[a][d] != nest->stride[a][d + 1] * nest->dim[d + 1]) return false;
  return true;
}

static void drop(ph_nest *nest, int d) {
  size_t after = (size_t)(nest->rank - d - 1);
  memmove(nest->dim + d, nest->dim + d + 1, after * sizeof *nest->dim);
  for (int a = 0; a < nest->arrays; a++)
    memmove(nest->stride[a] + d, nest->stride[a] + d + 1, after * sizeof *nest->stride[a]);
  nest->rank--;
}

void ph_nest_join(ph_nest *nest) {
  for (int d = nest->rank - 1; d >= 0; d--)
    if (nest->dim[d] == 1) drop(nest, d);
  for (int d = nest->rank - 2; d >= 0; d--) {
    if (!joins(nest, d)) continue;
    nest->dim[d + 1] *= nest->dim[d];
    drop(nest, d);
  }
}

int64_t ph_nest_length(const ph_nest *nest) { return nest->rank == 0 ? 1 : nest->dim[nest->rank - 1]; }

int64_t ph_nest_step(const ph_nest *nest, int array) {
  return nest->rank == 0 ? 0 : nest->stride[array][nest->rank - 1];
}

int64_t ph_nest_runs(const ph_nest *nest) {
  int64_t runs = 1;
  for (int d = 0; d < nest->rank - 1; d++) runs *= nest->dim[d];
  return runs;
}

void ph_nest_begin(const ph_nest *nest, int64_t i, int64_t offset[PH_NEST_ARRAYS]) {
  memset(offset, 0, sizeof *offset * PH_NEST_ARRAYS);
  for (int d = nest->rank - 2; d >= 0; d--) {
    int64_t at = i % nest->dim[d];
    i /= nest->dim[d];
    for (int a = 0; a < nest->arrays; a++) offset[a] += at * nest->stride[a][d];
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
