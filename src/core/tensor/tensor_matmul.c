/* SPDX-License-Identifier: MIT */
/* Matrix products, also of batches of matrices. */
#include "base/memory.h"
#include "base/vector.h"
#include "loops.h"
#include "tensor_math.h"

/* row += factor * b */
PH_VECTOR static void add_row(double *restrict row, double factor, const float *b, int64_t n) {
  for (int64_t j = 0; j < n; j++) row[j] += factor * (double)b[j];
}

/* dst (m, n) = a (m, k) b (k, n), by way of a row of n sums */
static void multiply(float *dst, const float *a, const float *b, int64_t m, int64_t k, int64_t n,
                     double *row) {
  for (int64_t i = 0; i < m; i++) {
    for (int64_t j = 0; j < n; j++) row[j] = 0;
    for (int64_t l = 0; l < k; l++) add_row(row, (double)a[i * k + l], b + l * n, n);
    for (int64_t j = 0; j < n; j++) dst[i * n + j] = (float)row[j];
  }
}

/* What is before the last two dimensions. */
static ph_shape leading(ph_shape shape) { return ph_shape_of(shape.rank - 2, shape.dim); }

/* The result's shape, and that of what leads. */
static bool fit(ph_shape a, ph_shape b, ph_shape *lead, ph_shape *result) {
  if (a.rank < 2 || b.rank < 2 || a.dim[a.rank - 1] != b.dim[b.rank - 2]) return false;
  if (!ph_shape_broadcast(leading(a), leading(b), lead)) return false;
  *result = *lead;
  result->dim[result->rank++] = a.dim[a.rank - 2];
  result->dim[result->rank++] = b.dim[b.rank - 1];
  return true;
}

/* Strides of one operand's matrices, along what leads. */
static void add_matrices(ph_loops *loops, ph_shape shape) {
  int64_t size = shape.dim[shape.rank - 2] * shape.dim[shape.rank - 1];
  ph_loops_broadcast(loops, leading(shape));
  for (int d = 0; d < loops->rank; d++) loops->stride[loops->arrays - 1][d] *= size;
}

ph_status ph_tensor_matmul(const ph_tensor *a, const ph_tensor *b, ph_tensor **result, ph_error *e) {
  char a_text[PH_SHAPE_TEXT], b_text[PH_SHAPE_TEXT];
  ph_shape of_a = ph_tensor_shape(a), of_b = ph_tensor_shape(b), lead, shape;
  if (!fit(of_a, of_b, &lead, &shape))
    return ph_fail(e, PH_MISUSE, "matmul: matrices of shapes %s and %s cannot be multiplied",
                   ph_shape_print(of_a, a_text), ph_shape_print(of_b, b_text));
  int64_t m = shape.dim[shape.rank - 2], n = shape.dim[shape.rank - 1], k = of_a.dim[of_a.rank - 1];
  double *row = ph_alloc_array((size_t)n, sizeof *row);
  if (row == NULL) return ph_no_memory(e);
  ph_status status = ph_tensor_new(shape, result, e);
  ph_loops loops = ph_loops_of(lead);
  add_matrices(&loops, of_a);
  add_matrices(&loops, of_b);
  int64_t length = ph_loops_length(&loops);
  for (int64_t i = 0; status == PH_OK && i < ph_loops_rows(&loops) * length; i++) {
    int64_t at[PH_LOOPS_ARRAYS], within = i % length;
    ph_loops_begin(&loops, i / length, at);
    multiply(ph_tensor_data(*result) + i * m * n,
             ph_tensor_read(a) + at[0] + within * ph_loops_step(&loops, 0),
             ph_tensor_read(b) + at[1] + within * ph_loops_step(&loops, 1), m, k, n, row);
  }
  ph_free(row);
  return status;
}
