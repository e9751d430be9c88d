/* Nests of loops over dense arrays that are walked in step: what broadcasting, reducing, transposing and
   cutting have in common. Each array has a stride for each dimension, 0 where it stays. Knows nothing of what
   is done with the elements. */
#ifndef PH_NEST_H
#define PH_NEST_H

#include "base/shape.h"

enum { PH_NEST_ARRAYS = 3 };

typedef struct ph_nest {
  int arrays, rank;
  int64_t dim[PH_MAX_RANK];
  int64_t stride[PH_NEST_ARRAYS][PH_MAX_RANK];
} ph_nest;

/* A nest over all elements of the shape, with no arrays yet. */
ph_nest ph_nest_of(ph_shape shape);

/* Adds an array that has, aligned at the last dimension, the nest's dimensions or 1 in their place, where it
   stays; or one with strides of its own, one for each of the nest's dimensions. */
void ph_nest_broadcast(ph_nest *nest, ph_shape shape);
void ph_nest_add(ph_nest *nest, const int64_t *stride);

/* Joins neighbouring dimensions that all arrays walk as one, so that runs are long. */
void ph_nest_join(ph_nest *nest);

/* The innermost loop: how often it runs, how long it is, and where run i begins in each array. Within a run,
   array a goes on by ph_nest_step(nest, a). */
int64_t ph_nest_runs(const ph_nest *nest);
int64_t ph_nest_length(const ph_nest *nest);
void ph_nest_begin(const ph_nest *nest, int64_t i, int64_t offset[PH_NEST_ARRAYS]);
int64_t ph_nest_step(const ph_nest *nest, int array);

/* The strides of a dense array of this shape. */
void ph_dense_strides(ph_shape shape, int64_t stride[PH_MAX_RANK]);

/* The shape that arrays of these shapes are broadcast to, as NumPy does it; false where they do not fit. */
bool ph_shape_broadcast(ph_shape a, ph_shape b, ph_shape *result);

#endif
