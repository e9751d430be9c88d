/* SPDX-License-Identifier: MIT */
/* The leading singular values of data, and principal components, which are those of data about its mean. */
#ifndef PH_SVD_H
#define PH_SVD_H

#include "tensor/tensor.h"

/* The `count` largest singular values of x (n, d), and their vectors as rows: x is near the sum of value[k]
   left[k]' right[k], left (count, n), right (count, d). Of a right vector, the element of the largest
   magnitude is positive. Values below a millionth of the first cannot be told from 0: they are, and their
   left vectors (for n < d, both). PH_MISUSE unless count is from 1 to the smaller of n and d, and that at
   most PH_MOST_EIGEN. */
typedef struct ph_svd {
  double *value, *left, *right;
} ph_svd;
ph_status ph_svd_leading(const float *x, int64_t n, int64_t d, int64_t count, ph_svd *svd, ph_error *e);
void ph_svd_free(ph_svd *svd);

/* Principal components of x (n, d): its mean (d), the directions of largest variance, orthonormal (count, d),
   the variance along each, with n - 1 as divisor, its share of the whole (count), and where the samples lie
   along them (n, count). PH_MISUSE as above, for fewer than two samples, and for what is not finite. */
typedef struct ph_pca {
  ph_tensor *mean, *components, *variance, *ratio, *scores;
} ph_pca;
ph_status ph_pca_fit(const ph_tensor *x, int64_t count, ph_pca *pca, ph_error *e);
void ph_pca_free(ph_pca *pca);

#endif
