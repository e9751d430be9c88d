/* SPDX-License-Identifier: MIT */
/* Singular values from the eigenvalues of the smaller Gram matrix. */
#include "svd.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "tensor/gram.h"
#include "eigen.h"
#include "samples.h"

/* Below this share of the first, a value is lost in the squares of the larger ones. */
#define NOTHING 1e-6

void ph_svd_free(ph_svd *svd) {
  ph_free(svd->value);
  ph_free(svd->left);
  ph_free(svd->right);
  *svd = (ph_svd){0};
}

/* other (of length n) = x own / value, for x (n, d); 0 for a value that is nothing. */
static void image_of(const float *x, int64_t n, int64_t d, const double *own, double value, double *other) {
#pragma omp parallel for schedule(static)
  for (int64_t i = 0; i < n; i++) {
    double sum = 0;
    for (int64_t j = 0; j < d; j++) sum += (double)x[i * d + j] * own[j];
    other[i] = value > 0 ? sum / value : 0;
  }
}

/* The right vectors' signs. */
static void orient(ph_svd *svd, int64_t k, int64_t n, int64_t d) {
  double *right = svd->right + k * d, *left = svd->left + k * n, most = 0;
  for (int64_t j = 0; j < d; j++)
    if (fabs(right[j]) > fabs(most)) most = right[j];
  for (int64_t j = 0; j < d && most < 0; j++) right[j] = -right[j];
  for (int64_t i = 0; i < n && most < 0; i++) left[i] = -left[i];
}

/* With `turned`, x (d, n), and, in `gram`, the Gram matrix of the shorter side. */
static ph_status find(const float *x, const float *turned, int64_t n, int64_t d, int64_t count, double *gram,
                      double *values, ph_svd *svd, ph_error *e) {
  const bool by_columns = d <= n;
  const int64_t side = by_columns ? d : n;
  ph_gram(by_columns ? turned : x, side, by_columns ? n : d, gram);
  ph_status status = ph_eigen(gram, side, values, e);
  for (int64_t k = 0; k < count && status == PH_OK; k++) {
    const double value = values[k] > 0 ? sqrt(values[k]) : 0;
    svd->value[k] = k > 0 && value < NOTHING * svd->value[0] ? 0 : value;
    double *own = (by_columns ? svd->right : svd->left) + k * side;
    memcpy(own, gram + k * side, (size_t)side * sizeof *own);
    if (by_columns)
      image_of(x, n, d, own, svd->value[k], svd->left + k * n);
    else
      image_of(turned, d, n, own, svd->value[k], svd->right + k * d);
    orient(svd, k, n, d);
  }
  return status;
}

ph_status ph_svd_leading(const float *x, int64_t n, int64_t d, int64_t count, ph_svd *svd, ph_error *e) {
  const int64_t side = n < d ? n : d;
  if (count < 1 || count > side)
    return ph_fail(e, PH_MISUSE,
                   "components: 1 to %" PRId64 " of data %" PRId64 "x%" PRId64 " expected, got %" PRId64,
                   side, n, d, count);
  if (side > PH_MOST_EIGEN)
    return ph_fail(e, PH_MISUSE, "data %" PRId64 "x%" PRId64 ": at most %d samples or features expected", n,
                   d, PH_MOST_EIGEN);
  *svd = (ph_svd){ph_alloc_array((size_t)count, sizeof(double)),
                  ph_alloc_array((size_t)(count * n), sizeof(double)),
                  ph_alloc_array((size_t)(count * d), sizeof(double))};
  double *gram = ph_alloc_array((size_t)(side * side), sizeof *gram);
  double *values = ph_alloc_array((size_t)side, sizeof *values);
  float *turned = ph_alloc_array((size_t)(n * d), sizeof *turned);
  ph_status status = PH_OK;
  if (svd->value == NULL || svd->left == NULL || svd->right == NULL || gram == NULL || values == NULL ||
      turned == NULL)
    status = ph_no_memory(e);
  if (status == PH_OK) {
    ph_samples_turn(x, n, d, turned);
    status = find(x, turned, n, d, count, gram, values, svd, e);
  }
  ph_free(gram);
  ph_free(values);
  ph_free(turned);
  if (status != PH_OK) ph_svd_free(svd);
  return status;
}

/* ---- principal components ---- */

void ph_pca_free(ph_pca *pca) {
  ph_tensor_release(pca->mean);
  ph_tensor_release(pca->components);
  ph_tensor_release(pca->variance);
  ph_tensor_release(pca->ratio);
  ph_tensor_release(pca->scores);
  *pca = (ph_pca){0};
}

/* The samples about their mean; the sum of all squares. */
static double centre(const float *x, int64_t n, int64_t d, float *mean, float *centred) {
  double squares = 0;
  for (int64_t j = 0; j < d; j++) {
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += (double)x[i * d + j];
    sum /= (double)n;
    mean[j] = (float)sum;
    for (int64_t i = 0; i < n; i++) {
      const double away = (double)x[i * d + j] - sum;
      centred[i * d + j] = (float)away;
      squares += away * away;
    }
  }
  return squares;
}

static void fill(ph_pca *pca, const ph_svd *svd, int64_t n, int64_t d, int64_t count, double squares) {
  float *components = ph_tensor_data(pca->components), *scores = ph_tensor_data(pca->scores);
  for (int64_t k = 0; k < count; k++) {
    const double square = svd->value[k] * svd->value[k];
    ph_tensor_data(pca->variance)[k] = (float)(square / (double)(n - 1));
    ph_tensor_data(pca->ratio)[k] = squares > 0 ? (float)(square / squares) : 0;
    for (int64_t j = 0; j < d; j++) components[k * d + j] = (float)svd->right[k * d + j];
    for (int64_t i = 0; i < n; i++) scores[i * count + k] = (float)(svd->left[k * n + i] * svd->value[k]);
  }
}

ph_status ph_pca_fit(const ph_tensor *x, int64_t count, ph_pca *pca, ph_error *e) {
  ph_svd svd = {0};
  ph_tensor *centred = NULL;
  ph_status status;
  *pca = (ph_pca){0};
  PH_TRY(ph_samples_check("pca", x, 2, e));
  const ph_shape shape = ph_tensor_shape(x);
  const int64_t n = shape.dim[0], d = shape.dim[1];
  PH_TRY(ph_tensor_new(shape, &centred, e));
  PH_TRY(ph_tensor_new(ph_shape_of(1, &d), &pca->mean, e));
  const double squares = centre(ph_tensor_read(x), n, d, ph_tensor_data(pca->mean), ph_tensor_data(centred));
  PH_TRY(ph_svd_leading(ph_tensor_read(centred), n, d, count, &svd, e));
  PH_TRY(ph_tensor_new(ph_shape_of(2, (int64_t[]){count, d}), &pca->components, e));
  PH_TRY(ph_tensor_new(ph_shape_of(1, &count), &pca->variance, e));
  PH_TRY(ph_tensor_new(ph_shape_of(1, &count), &pca->ratio, e));
  PH_TRY(ph_tensor_new(ph_shape_of(2, (int64_t[]){n, count}), &pca->scores, e));
  fill(pca, &svd, n, d, count, squares);
done:
  ph_tensor_release(centred);
  ph_svd_free(&svd);
  if (status != PH_OK) ph_pca_free(pca);
  return status;
}
