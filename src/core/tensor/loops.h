/* SPDX-License-Identifier: MIT */
/* Nested loops over several dense arrays, as broadcasting, reducing, transposing and slicing need them. Each
   array has a stride for each dimension, 0 where it is repeated. Knows nothing of what is done with the
   elements. */
#ifndef PH_LOOPS_H
#define PH_LOOPS_H

#include "base/shape.h"

enum { PH_LOOPS_ARRAYS = 3, PH_LOOPS_RANK = 10 };

typedef struct ph_loops {
  int arrays, rank;
  int64_t dim[PH_LOOPS_RANK];
  int64_t stride[PH_LOOPS_ARRAYS][PH_LOOPS_RANK];
} ph_loops;

/* Loops over all elements of the shape, with no arrays yet. */
ph_loops ph_loops_of(ph_shape shape);

/* Adds an array that has, aligned at the last dimension, the loops' dimensions or 1 in their place, where it
   stays; or one with strides of its own, one for each of the loops' dimensions. */
void ph_loops_broadcast(ph_loops *loops, ph_shape shape);
void ph_loops_add(ph_loops *loops, const int64_t *stride);

/* Joins neighbouring dimensions that all arrays walk as one, so that rows are long. */
void ph_loops_join(ph_loops *loops);

/* The innermost loop: how many rows there are, how long one is, and where row i begins in each array. Within
   a row, array a goes on by ph_loops_step(loops, a). */
int64_t ph_loops_rows(const ph_loops *loops);
int64_t ph_loops_length(const ph_loops *loops);
void ph_loops_begin(const ph_loops *loops, int64_t i, int64_t offset[PH_LOOPS_ARRAYS]);
int64_t ph_loops_step(const ph_loops *loops, int array);

/* The strides of a dense array of this shape. */
void ph_dense_strides(ph_shape shape, int64_t stride[PH_MAX_RANK]);

/* The shape that arrays of these shapes are broadcast to, as NumPy does it; false where they do not fit. */
bool ph_shape_broadcast(ph_shape a, ph_shape b, ph_shape *result);

#endif
