/* SPDX-License-Identifier: MIT */
/* Tensors: reference-counted, dense, row-major float32 arrays. Images and activations are (n, c, h, w). A
   tensor may own its memory or be a view of memory that it keeps alive (a mapped weights file).
 */
#ifndef PH_TENSOR_H
#define PH_TENSOR_H

#include "base/shape.h"

typedef struct ph_tensor ph_tensor;

/* As networks take their parameters, and files hold them. Borrows both. */
typedef struct ph_named_tensor {
  const char *name;
  ph_tensor *tensor;
} ph_named_tensor;

/* A new tensor of zeros with one reference, which the caller owns. */
ph_status ph_tensor_new(ph_shape shape, ph_tensor **tensor, ph_error *e);

/* A tensor over `data`, which stays valid until `release(owner)` is called; that happens when the last
   reference goes, or at once if this function fails. */
ph_status ph_tensor_borrow(ph_shape shape, float *data, void (*release)(void *owner), void *owner,
                           ph_tensor **tensor, ph_error *e);

ph_tensor *ph_tensor_retain(ph_tensor *tensor); /* returns its argument */
void ph_tensor_release(ph_tensor *tensor);      /* NULL is allowed */

ph_shape ph_tensor_shape(const ph_tensor *tensor);
int64_t ph_tensor_count(const ph_tensor *tensor);
float *ph_tensor_data(ph_tensor *tensor);
const float *ph_tensor_read(const ph_tensor *tensor);
ph_array ph_tensor_array(ph_tensor *tensor);

/* Whether others hold it, too, such as a network its weights: what they know of its shape must stay true. */
bool ph_tensor_is_shared(const ph_tensor *tensor);

/* Gives the tensor another shape; its contents become undefined where the element count changes. Memory is
   kept for the largest shape it ever had, so a loop over changing sizes stops allocating. Not for borrowed
   tensors. */
ph_status ph_tensor_resize(ph_tensor *tensor, ph_shape shape, ph_error *e);

/* Makes *slot a tensor of this shape: creates it where it is NULL, else resizes it. */
ph_status ph_tensor_ensure(ph_tensor **slot, ph_shape shape, ph_error *e);

/* PH_MISUSE naming both shapes unless the tensor has exactly this shape. `what` begins the message. */
ph_status ph_tensor_expect(const ph_tensor *tensor, ph_shape shape, const char *what, ph_error *e);

/* Element-wise work on whole tensors of equal count (asserted by the callers). */
void ph_tensor_fill(ph_tensor *tensor, float value);
void ph_tensor_copy(ph_tensor *dst, const ph_tensor *src);
void ph_tensor_scale(ph_tensor *tensor, float factor);
void ph_tensor_add_scaled(ph_tensor *dst, float factor, const ph_tensor *src); /* dst += factor * src */
void ph_tensor_multiply(ph_tensor *dst, const ph_tensor *src);                 /* dst *= src */

/* Lays src (n, c, h, w) into dst, which has as many images and channels, with src's corner at (y, x); what
   falls outside dst is left out, so a negative corner cuts a piece out of src. PH_MISUSE with both shapes
   otherwise. */
ph_status ph_tensor_paste(ph_tensor *dst, const ph_tensor *src, int64_t y, int64_t x, ph_error *e);

double ph_tensor_dot(const ph_tensor *a, const ph_tensor *b);
double ph_tensor_sum(const ph_tensor *tensor);

typedef struct ph_statistics {
  double mean, deviation, least, most;
  int64_t not_finite; /* how many NaN and infinities; they are left out of the rest */
} ph_statistics;
ph_statistics ph_tensor_statistics(const ph_tensor *tensor);

#endif
