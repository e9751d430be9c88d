/* SPDX-License-Identifier: MIT */
/* Non-negative matrix factorisation: samples x (n, d) as weights w (n, k) of few components h (k, d), none of
   them negative, with the least Frobenius norm of x - w h. */
#ifndef PH_NMF_H
#define PH_NMF_H

#include "tensor/tensor.h"

/* Where to begin: NNDSVD (Boutsidis and Gallopoulos, 2008), the positive parts of the leading singular
   vectors. Random numbers have no part in it. PH_MISUSE for negative samples, and as ph_svd_leading. */
ph_status ph_nmf_begin(const ph_tensor *x, int64_t components, ph_tensor **w, ph_tensor **h, ph_error *e);

/* Improves w and h so many times by hierarchical alternating least squares (Cichocki and Phan, 2009): each
   column of w, then each row of h, becomes the best one that there is for all others. The error, which is
   || x - w h ||, never rises. PH_MISUSE for shapes that do not fit. */
ph_status ph_nmf_improve(const ph_tensor *x, ph_tensor *w, ph_tensor *h, int64_t times, double *error,
                         ph_error *e);

#endif
