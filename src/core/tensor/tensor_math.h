/* SPDX-License-Identifier: MIT */
/* Computing with whole tensors: elementwise with broadcasting, reductions, matrix products, and rearranging
   elements. Each makes a new tensor, which the caller owns. Single numbers are double; elements are computed
   in double and rounded once. Reductions run in index order. */
#ifndef PH_TENSOR_MATH_H
#define PH_TENSOR_MATH_H

#include "tensor.h"

/* ---- elementwise ---- */

typedef enum ph_function { /* of one number */
                           PH_FUNCTION_ABS,
                           PH_FUNCTION_NEGATE,
                           PH_FUNCTION_SIGN,
                           PH_FUNCTION_EXP,
                           PH_FUNCTION_LOG,
                           PH_FUNCTION_SQRT,
                           PH_FUNCTION_SIN,
                           PH_FUNCTION_COS,
                           PH_FUNCTION_TANH,
                           PH_FUNCTION_SIGMOID,
                           PH_FUNCTION_RELU,
} ph_function;

typedef enum ph_combination { /* of two */
                              PH_COMBINE_ADD,
                              PH_COMBINE_SUBTRACT,
                              PH_COMBINE_MULTIPLY,
                              PH_COMBINE_DIVIDE,
                              PH_COMBINE_POWER,
                              PH_COMBINE_MAXIMUM,
                              PH_COMBINE_MINIMUM,
                              PH_COMBINE_GREATER, /* 1 or 0 */
                              PH_COMBINE_EQUAL,   /* 1 or 0 */
} ph_combination;

extern const char *const ph_function_names[];    /* "abs", … NULL */
extern const char *const ph_combination_names[]; /* "add", … NULL */

double ph_function_apply(ph_function function, double x);
double ph_combination_apply(ph_combination combination, double a, double b);

ph_status ph_tensor_map(const ph_tensor *x, ph_function function, ph_tensor **result, ph_error *e);

/* Broadcasts as NumPy does. PH_MISUSE with both shapes where they do not fit. */
ph_status ph_tensor_combine(const ph_tensor *a, const ph_tensor *b, ph_combination combination,
                            ph_tensor **result, ph_error *e);

/* With a number in the place of b, or, reversed, of a. */
ph_status ph_tensor_combine_number(const ph_tensor *a, double b, bool reversed, ph_combination combination,
                                   ph_tensor **result, ph_error *e);

/* ---- reductions ---- */

typedef enum ph_reduction { PH_REDUCE_SUM, PH_REDUCE_MAX, PH_REDUCE_MIN, PH_REDUCE_MEAN } ph_reduction;
extern const char *const ph_reduction_names[]; /* "sum", "max", "min", "mean", NULL */

/* Over the marked axes, which remain with length 1; over everything. */
ph_status ph_tensor_reduce(const ph_tensor *x, ph_reduction reduction, const bool axes[PH_MAX_RANK],
                           ph_tensor **result, ph_error *e);
double ph_tensor_reduce_all(const ph_tensor *x, ph_reduction reduction);

/* Of x (n, c, h, w), the largest element of each map, or with `least` the smallest, and the first place where
   it is: three tensors (n, c). A map with elements that are not numbers has the first of these as its peak.
   PH_MISUSE for another rank, and for sides of more than 2^24, which float32 does not count. */
typedef struct ph_peaks {
  ph_tensor *value, *y, *x;
} ph_peaks;
ph_status ph_tensor_peaks(const ph_tensor *x, bool least, ph_peaks *peaks, ph_error *e);

/* ---- matrices ---- */

/* (…, m, k) by (…, k, n); what leads is broadcast. */
ph_status ph_tensor_matmul(const ph_tensor *a, const ph_tensor *b, ph_tensor **result, ph_error *e);

/* ---- moving ---- */

/* Axis d of the result is axis[d] of x; each occurs once. */
ph_status ph_tensor_transpose(const ph_tensor *x, const int *axis, ph_tensor **result, ph_error *e);

/* The block of this size that begins at `start`; and, the other way, zeros of this shape with x laid into
   them there. */
ph_status ph_tensor_slice(const ph_tensor *x, const int64_t *start, const int64_t *size, ph_tensor **result,
                          ph_error *e);
ph_status ph_tensor_place(const ph_tensor *x, ph_shape shape, const int64_t *start, ph_tensor **result,
                          ph_error *e);

/* Copies src into the block of dst that begins at `start`; they share no memory. PH_MISUSE where that is not
   inside. And of rows, which are all that is behind axis 0: one, or several (k, …), from row `first` on. */
ph_status ph_tensor_assign(ph_tensor *dst, const int64_t *start, const ph_tensor *src, ph_error *e);
ph_status ph_tensor_assign_rows(ph_tensor *dst, int64_t first, const ph_tensor *src, ph_error *e);

/* At least one tensor, one after the other along an axis; in all others they are alike. */
ph_status ph_tensor_concatenate(const ph_tensor *const *list, int64_t count, int axis, ph_tensor **result,
                                ph_error *e);

/* Along an axis, the elements at these indices, in this order; and, the other way, `length` elements to which
   those of x are added at these indices. */
ph_status ph_tensor_gather(const ph_tensor *x, int axis, const int64_t *index, int64_t count,
                           ph_tensor **result, ph_error *e);
ph_status ph_tensor_scatter(const ph_tensor *x, int axis, const int64_t *index, int64_t length,
                            ph_tensor **result, ph_error *e);

#endif
