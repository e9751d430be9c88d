/* SPDX-License-Identifier: MIT */
/* NMF. The weights of a sample depend on no other sample, and the column of a component on no other feature:
   these are what threads share out, so that sums have one order. */
#include "nmf.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "tensor/gram.h"
#include "samples.h"
#include "svd.h"

/* ---- where to begin ---- */

/* The part of a vector with this sign: its length, and, where `to` is not NULL, each element times `factor`.
 */
static double part_of(const double *v, int64_t count, double sign, double factor, float *to, int64_t step) {
  double squares = 0;
  for (int64_t i = 0; i < count; i++) {
    const double x = v[i] * sign > 0 ? v[i] * sign : 0;
    squares += x * x;
    if (to != NULL) to[i * step] = (float)(x * factor);
  }
  return sqrt(squares);
}

/* Of each pair of vectors the part that weighs more: both positive, or both negative. */
static void begin_by(const ph_svd *svd, int64_t n, int64_t d, int64_t k, float *w, float *h) {
  for (int64_t c = 0; c < k; c++) {
    const double *left = svd->left + c * n, *right = svd->right + c * d;
    double best = -1, of_left = 0, of_right = 0, sign = 1;
    for (int s = 1; s >= -1; s -= 2) {
      const double l = part_of(left, n, s, 0, NULL, 0), r = part_of(right, d, s, 0, NULL, 0);
      if (l * r > best) best = l * r, of_left = l, of_right = r, sign = s;
    }
    const double size = sqrt(svd->value[c] * best);
    part_of(left, n, sign, of_left > 0 ? size / of_left : 0, w + c, k);
    part_of(right, d, sign, of_right > 0 ? size / of_right : 0, h + c * d, 1);
  }
}

ph_status ph_nmf_begin(const ph_tensor *x, int64_t components, ph_tensor **w, ph_tensor **h, ph_error *e) {
  ph_svd svd = {0};
  ph_status status;
  *w = *h = NULL;
  PH_TRY(ph_samples_check("nmf", x, 1, e));
  if (ph_tensor_statistics(x).least < 0)
    return ph_fail(e, PH_MISUSE, "nmf: samples that are not negative expected");
  const int64_t n = ph_tensor_shape(x).dim[0], d = ph_tensor_shape(x).dim[1];
  PH_TRY(ph_svd_leading(ph_tensor_read(x), n, d, components, &svd, e));
  PH_TRY(ph_tensor_new(ph_shape_of(2, (int64_t[]){n, components}), w, e));
  PH_TRY(ph_tensor_new(ph_shape_of(2, (int64_t[]){components, d}), h, e));
  begin_by(&svd, n, d, components, ph_tensor_data(*w), ph_tensor_data(*h));
done:
  ph_svd_free(&svd);
  if (status != PH_OK) {
    ph_tensor_release(*w);
    ph_tensor_release(*h);
  }
  return status;
}

/* ---- improving ---- */

/* One side of the factorisation: `rows` independent problems, each with one target of `length` numbers, and k
   unknowns that weigh the rows of `basis` (k, length). */
typedef struct side {
  const float *target; /* (rows, length) */
  const float *basis;
  float *unknown; /* (rows, k) */
  int64_t rows, length, k;
  double *gram; /* (k, k), of the basis */
} side;

/* Each unknown in turn the best that is not negative, for all others as they are. */
static void improve_row(const side *s, int64_t row) {
  const float *target = s->target + row * s->length;
  float *unknown = s->unknown + row * s->k;
  for (int64_t c = 0; c < s->k; c++) {
    const float *basis = s->basis + c * s->length;
    const double square = s->gram[c * s->k + c];
    if (square == 0) continue;
    double slope = ph_sample_product(target, basis, s->length);
    for (int64_t j = 0; j < s->k; j++) slope -= s->gram[c * s->k + j] * (double)unknown[j];
    unknown[c] = (float)fmax((double)unknown[c] + slope / square, 0);
  }
}

static void improve_side(const side *s) {
  ph_gram(s->basis, s->k, s->length, s->gram);
#pragma omp parallel for schedule(static)
  for (int64_t row = 0; row < s->rows; row++) improve_row(s, row);
}

/* || x - w h || */
static double error_of(const side *s, double *squares) {
#pragma omp parallel for schedule(static)
  for (int64_t row = 0; row < s->rows; row++) {
    squares[row] = 0;
    for (int64_t j = 0; j < s->length; j++) {
      double left = (double)s->target[row * s->length + j];
      for (int64_t c = 0; c < s->k; c++)
        left -= (double)s->unknown[row * s->k + c] * (double)s->basis[c * s->length + j];
      squares[row] += left * left;
    }
  }
  double sum = 0;
  for (int64_t row = 0; row < s->rows; row++) sum += squares[row];
  return sqrt(sum);
}

ph_status ph_nmf_improve(const ph_tensor *x, ph_tensor *w, ph_tensor *h, int64_t times, double *error,
                         ph_error *e) {
  ph_status status = ph_samples_check("nmf", x, 1, e);
  if (status != PH_OK) return status;
  const int64_t n = ph_tensor_shape(x).dim[0], d = ph_tensor_shape(x).dim[1];
  const ph_shape of_w = ph_tensor_shape(w);
  const int64_t k = of_w.rank == 2 ? of_w.dim[1] : 1;
  PH_TRY(ph_tensor_expect(w, ph_shape_of(2, (int64_t[]){n, k}), "nmf: weights", e));
  PH_TRY(ph_tensor_expect(h, ph_shape_of(2, (int64_t[]){k, d}), "nmf: components", e));
  double *gram = ph_alloc_array((size_t)(k * k), sizeof *gram);
  double *squares = ph_alloc_array((size_t)n, sizeof *squares);
  float *turned = ph_alloc_array((size_t)(n * d), sizeof *turned);
  float *columns = ph_alloc_array((size_t)(k * n), sizeof *columns);
  float *unknown = ph_alloc_array((size_t)(k * d), sizeof *unknown);
  if (gram == NULL || squares == NULL || turned == NULL || columns == NULL || unknown == NULL) {
    status = ph_no_memory(e);
  } else {
    const side samples = {ph_tensor_read(x), ph_tensor_read(h), ph_tensor_data(w), n, d, k, gram};
    const side features = {turned, columns, unknown, d, n, k, gram};
    ph_samples_turn(ph_tensor_read(x), n, d, turned);
    ph_samples_turn(ph_tensor_read(h), k, d, unknown);
    for (int64_t i = 0; i < times; i++) {
      improve_side(&samples);
      ph_samples_turn(ph_tensor_read(w), n, k, columns);
      improve_side(&features);
      ph_samples_turn(unknown, d, k, ph_tensor_data(h));
    }
    *error = error_of(&samples, squares);
  }
  ph_free(gram);
  ph_free(squares);
  ph_free(turned);
  ph_free(columns);
  ph_free(unknown);
done:
  return status;
}
