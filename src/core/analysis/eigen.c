/* SPDX-License-Identifier: MIT */
/* Symmetric eigenproblems, dense. Loops run along rows. */
#include "eigen.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/vector.h"

enum { PARALLEL_FROM = 64, MOST_TURNS = 60 };

PH_VECTOR static void add_row(double *restrict dst, double factor, const double *restrict src,
                              int64_t count) {
  for (int64_t i = 0; i < count; i++) dst[i] += factor * src[i];
}

static double dot(const double *a, const double *b, int64_t count) {
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t i = 0; i < count; i++) sum += a[i] * b[i];
  return sum;
}

/* ---- to a tridiagonal matrix ---- */

/* Of x, what makes I - u u' reflect it to (alpha, 0, …), written over it; alpha. */
static double reflector(double *x, int64_t count) {
  const double tail = dot(x + 1, x + 1, count - 1), head = x[0];
  if (tail == 0) { /* it lies there already */
    memset(x, 0, (size_t)count * sizeof *x);
    return head;
  }
  const double alpha = -copysign(sqrt(head * head + tail), head);
  x[0] = head - alpha;
  const double scale = sqrt(2 / (x[0] * x[0] + tail));
  for (int64_t i = 0; i < count; i++) x[i] *= scale;
  return alpha;
}

/* a -= u w' + w u', for w = a u - (u' a u / 2) u: the reflection from both sides. */
static void reflect(double *a, int64_t n, int64_t stride, const double *u, double *w) {
#pragma omp parallel for schedule(static) if (n >= PARALLEL_FROM)
  for (int64_t i = 0; i < n; i++) w[i] = dot(a + i * stride, u, n);
  add_row(w, -dot(w, u, n) / 2, u, n);
#pragma omp parallel for schedule(static) if (n >= PARALLEL_FROM)
  for (int64_t i = 0; i < n; i++) {
    add_row(a + i * stride, -u[i], w, n);
    add_row(a + i * stride, -w[i], u, n);
  }
}

/* Leaves the reflectors in the rows of a, and fills diagonal and off-diagonal, of which off[i] is between i
   and i + 1. */
static void tridiagonalise(double *a, int64_t n, double *diagonal, double *off, double *w) {
  for (int64_t k = 0; k + 1 < n; k++) {
    double *u = a + k * n + k + 1;
    const int64_t rest = n - k - 1;
    diagonal[k] = a[k * n + k];
    off[k] = reflector(u, rest);
    reflect(a + (k + 1) * n + k + 1, rest, n, u, w);
  }
  diagonal[n - 1] = a[n * n - 1];
  off[n - 1] = 0;
}

/* z, which is the identity at first, becomes the product of the reflections, of which the last one comes
   first: its rows are the basis in which the matrix is tridiagonal. */
static void accumulate(const double *a, int64_t n, double *z) {
  for (int64_t k = n - 2; k >= 0;
       k--) { /* z (I - u u'), where z is the identity up to row and column k + 1 */
    const double *u = a + k * n + k + 1;
    const int64_t rest = n - k - 1;
#pragma omp parallel for schedule(static) if (rest >= PARALLEL_FROM)
    for (int64_t i = k + 1; i < n; i++) {
      double *row = z + i * n + k + 1;
      add_row(row, -dot(row, u, rest), u, rest);
    }
  }
}

/* ---- from there to eigenvectors ---- */

/* (x, y) turned by an angle of this cosine and sine. */
PH_VECTOR static void turn(double *restrict x, double *restrict y, double cosine, double sine,
                           int64_t count) {
  for (int64_t i = 0; i < count; i++) {
    const double f = y[i];
    y[i] = sine * x[i] + cosine * f;
    x[i] = cosine * x[i] - sine * f;
  }
}

/* The first place from l on where the matrix falls into two. */
static int64_t split_at(const double *diagonal, const double *off, int64_t l, int64_t n) {
  for (; l < n - 1; l++) {
    const double size = fabs(diagonal[l]) + fabs(diagonal[l + 1]);
    if (fabs(off[l]) + size == size) break;
  }
  return l;
}

/* One implicit QL step on rows l … m, which also turns the rows of z. */
static void ql_step(double *d, double *off, int64_t l, int64_t m, double *z, int64_t n) {
  double shift = (d[l + 1] - d[l]) / (2 * off[l]), sine = 1, cosine = 1, p = 0, r = hypot(shift, 1);
  double g = d[m] - d[l] + off[l] / (shift + copysign(r, shift));
  for (int64_t i = m - 1; i >= l; i--) {
    const double f = sine * off[i], b = cosine * off[i];
    off[i + 1] = r = hypot(f, g);
    if (r == 0) { /* it fell apart on the way */
      d[i + 1] -= p;
      off[m] = 0;
      return;
    }
    sine = f / r;
    cosine = g / r;
    g = d[i + 1] - p;
    r = (d[i] - g) * sine + 2 * cosine * b;
    p = sine * r;
    d[i + 1] = g + p;
    g = cosine * r - b;
    turn(z + i * n, z + (i + 1) * n, cosine, sine, n);
  }
  d[l] -= p;
  off[l] = g;
  off[m] = 0;
}

static bool diagonalise(double *diagonal, double *off, double *z, int64_t n) {
  for (int64_t l = 0; l < n; l++) {
    int turns = 0;
    for (int64_t m; (m = split_at(diagonal, off, l, n)) != l; turns++) {
      if (turns == MOST_TURNS) return false;
      ql_step(diagonal, off, l, m, z, n);
    }
  }
  return true;
}

/* ---- in order ---- */

static void swap(double *a, double *b, int64_t count) {
  for (int64_t i = 0; i < count; i++) {
    const double x = a[i];
    a[i] = b[i];
    b[i] = x;
  }
}

/* The element of the largest magnitude positive. */
static double sign_of(const double *x, int64_t count) {
  int64_t most = 0;
  for (int64_t i = 1; i < count; i++)
    if (fabs(x[i]) > fabs(x[most])) most = i;
  return x[most] < 0 ? -1 : 1;
}

static void sort(double *values, double *z, int64_t n) {
  for (int64_t i = 0; i < n; i++) {
    int64_t most = i;
    for (int64_t j = i + 1; j < n; j++)
      if (values[j] > values[most]) most = j;
    if (most != i) {
      swap(&values[i], &values[most], 1);
      swap(z + i * n, z + most * n, n);
    }
    const double sign = sign_of(z + i * n, n);
    for (int64_t j = 0; j < n; j++) z[i * n + j] *= sign;
  }
}

ph_status ph_eigen(double *a, int64_t n, double *values, ph_error *e) {
  double *off = ph_alloc_array((size_t)n, sizeof *off), *work = ph_alloc_array((size_t)n, sizeof *work);
  double *z = ph_alloc_array((size_t)(n * n), sizeof *z);
  ph_status status = off == NULL || work == NULL || z == NULL ? ph_no_memory(e) : PH_OK;
  for (int64_t i = 0; status == PH_OK && i < n * n; i++)
    if (!isfinite(a[i])) status = ph_fail(e, PH_FAILURE, "a matrix with elements that are not finite");
  if (status == PH_OK) {
    tridiagonalise(a, n, values, off, work);
    for (int64_t i = 0; i < n; i++) z[i * n + i] = 1;
    accumulate(a, n, z);
    if (diagonalise(values, off, z, n)) {
      sort(values, z, n);
      memcpy(a, z, (size_t)(n * n) * sizeof *a);
    } else {
      status = ph_fail(e, PH_FAILURE, "a matrix whose eigenvalues were not found");
    }
  }
  ph_free(off);
  ph_free(work);
  ph_free(z);
  return status;
}
