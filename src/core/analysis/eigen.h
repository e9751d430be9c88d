/* SPDX-License-Identifier: MIT */
/* Eigenvectors of symmetric matrices. Written here rather than
   taken from LAPACK: it is a page, its bits depend on no library, and matrices are small (as many rows as a
   layer has channels). */
#ifndef PH_EIGEN_H
#define PH_EIGEN_H

#include "tensor/tensor.h"

/* The rows of the symmetric matrix a (n, n) become its orthonormal eigenvectors, `values` its eigenvalues,
   the largest first. By Householder reflections to a tridiagonal matrix and implicit QL (Golub and Van Loan,
   "Matrix Computations", chapter 8). Of a vector, the element of the largest magnitude is positive.
   PH_FAILURE where an element is not finite. */
ph_status ph_eigen(double *a, int64_t n, double *values, ph_error *e);

/* The most rows: beyond that, this takes minutes and gigabytes. */
enum { PH_MOST_EIGEN = 4096 };

#endif
