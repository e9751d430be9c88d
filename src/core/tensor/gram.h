/* SPDX-License-Identifier: MIT */
/* Gram matrices: the similarity of each pair of an activation's channels, over all positions. They
   characterise styles and textures. */
#ifndef PH_GRAM_H
#define PH_GRAM_H

#include "tensor.h"

/* gram (c, c): gram[i, j] = <x_i, x_j>, of x (c, count). */
void ph_gram(const float *x, int64_t c, int64_t count, double *gram);

/* Adds factor x to gradient (c, count). Where f(gram) has the gradient D, that of x is (D + D') x. */
void ph_gram_backward(const float *x, int64_t c, int64_t count, const double *factor, float *gradient);

/* A new tensor (c, c): the Gram matrix of one image's activation, (1, c, h, w) or (c, h, w), divided by the
   number of positions. */
ph_status ph_tensor_gram(const ph_tensor *activation, ph_tensor **result, ph_error *e);

#endif
