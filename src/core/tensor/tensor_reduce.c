/* SPDX-License-Identifier: MIT */
/* Reductions: sums, maxima and minima, over some axes or all. */
#include <math.h>

#include "base/memory.h"
#include "loops.h"
#include "tensor_math.h"

const char *const ph_reduction_names[] = {"sum", "max", "min", "mean", NULL};

static bool adds(ph_reduction reduction) { return reduction == PH_REDUCE_SUM || reduction == PH_REDUCE_MEAN; }

static double start_of(ph_reduction reduction) {
  return adds(reduction) ? 0 : reduction == PH_REDUCE_MAX ? -HUGE_VAL : HUGE_VAL;
}

/* What is not a number stays so. */
static double take(ph_reduction reduction, double so_far, double x) {
  if (adds(reduction)) return so_far + x;
  bool is_better = reduction == PH_REDUCE_MAX ? x > so_far : x < so_far;
  return is_better || isnan(x) ? x : so_far;
}

/* The result of a reduction from its accumulator and the number of elements. */
static double finish(ph_reduction reduction, double accumulated, int64_t count) {
  return reduction == PH_REDUCE_MEAN ? accumulated / (double)count : accumulated;
}

double ph_tensor_reduce_all(const ph_tensor *x, ph_reduction reduction) {
  const float *data = ph_tensor_read(x);
  double result = start_of(reduction);
  for (int64_t i = 0; i < ph_tensor_count(x); i++) result = take(reduction, result, (double)data[i]);
  return finish(reduction, result, ph_tensor_count(x));
}

/* Accumulates x into sums of the result's shape. */
static void accumulate(const ph_tensor *x, ph_reduction reduction, ph_shape result, double *sums) {
  ph_loops loops = ph_loops_of(ph_tensor_shape(x));
  ph_loops_broadcast(&loops, ph_tensor_shape(x));
  ph_loops_broadcast(&loops, result);
  ph_loops_join(&loops);
  int64_t length = ph_loops_length(&loops), step = ph_loops_step(&loops, 1);
  for (int64_t i = 0; i < ph_loops_rows(&loops); i++) {
    int64_t at[PH_LOOPS_ARRAYS];
    ph_loops_begin(&loops, i, at);
    const float *src = ph_tensor_read(x) + at[0];
    double *dst = sums + at[1];
    for (int64_t j = 0; j < length; j++) dst[j * step] = take(reduction, dst[j * step], (double)src[j]);
  }
}

ph_status ph_tensor_reduce(const ph_tensor *x, ph_reduction reduction, const bool axes[PH_MAX_RANK],
                           ph_tensor **result, ph_error *e) {
  ph_shape shape = ph_tensor_shape(x);
  for (int d = 0; d < shape.rank; d++)
    if (axes[d]) shape.dim[d] = 1;
  int64_t count = ph_shape_count(shape);
  double *sums = ph_alloc_array((size_t)count, sizeof *sums);
  if (sums == NULL) return ph_no_memory(e);
  for (int64_t i = 0; i < count; i++) sums[i] = start_of(reduction);
  accumulate(x, reduction, shape, sums);
  ph_status status = ph_tensor_new(shape, result, e);
  for (int64_t i = 0; status == PH_OK && i < count; i++)
    ph_tensor_data(*result)[i] = (float)finish(reduction, sums[i], ph_tensor_count(x) / count);
  ph_free(sums);
  return status;
}
