/* SPDX-License-Identifier: MIT */
/* t-SNE, of all pairs. */
#include "tsne.h"

#include <inttypes.h>
#include <math.h>

#include "base/memory.h"
#include "samples.h"

/* As small as an affinity gets, so that its logarithm is a number. */
#define LEAST 1e-12

/* ---- affinities ---- */

enum { MOST_HALVINGS = 100 };

/* p[j] = exp(-beta distance[j]) over their sum, without i itself; their entropy in nats. */
static double distribution(const double *distance, int64_t n, int64_t i, double beta, double *p) {
  double sum = 0, weighed = 0, nearest = INFINITY;
  for (int64_t j = 0; j < n; j++)
    if (j != i) nearest = fmin(nearest, distance[j]); /* taken off, so that not all become 0 */
  for (int64_t j = 0; j < n; j++) {
    p[j] = j == i ? 0 : exp(-beta * (distance[j] - nearest));
    sum += p[j];
    weighed += p[j] * (distance[j] - nearest);
  }
  for (int64_t j = 0; j < n; j++) p[j] /= sum;
  return log(sum) + beta * weighed / sum;
}

/* The narrowness with this entropy, by halving. */
static void fit_distribution(const double *distance, int64_t n, int64_t i, double entropy, double *p) {
  double beta = 1, least = 0, most = INFINITY;
  for (int step = 0; step < MOST_HALVINGS; step++) {
    const double missed = distribution(distance, n, i, beta, p) - entropy;
    if (fabs(missed) < 1e-6) return;
    *(missed > 0 ? &least : &most) = beta;
    beta = isinf(most) ? beta * 2 : (least + most) / 2;
  }
}

ph_status ph_tsne_affinities(const ph_tensor *x, double perplexity, ph_tensor **affinities, ph_error *e) {
  ph_status status = ph_samples_check("tsne", x, 4, e);
  if (status != PH_OK) return status;
  const int64_t n = ph_tensor_shape(x).dim[0], d = ph_tensor_shape(x).dim[1];
  if (!(perplexity >= 1 && perplexity < (double)(n - 1)))
    return ph_fail(e, PH_MISUSE,
                   "tsne: a perplexity from 1 to less than %" PRId64 " expected for %" PRId64
                   " samples, got %g",
                   n - 1, n, perplexity);
  double *distance = ph_alloc_array((size_t)(n * n), sizeof *distance);
  double *p = ph_alloc_array((size_t)(n * n), sizeof *p);
  status = distance == NULL || p == NULL ? ph_no_memory(e)
                                         : ph_tensor_new(ph_shape_of(2, (int64_t[]){n, n}), affinities, e);
  if (status == PH_OK) {
    const float *data = ph_tensor_read(x);
    float *to = ph_tensor_data(*affinities);
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < n; i++) {
      for (int64_t j = 0; j < n; j++)
        distance[i * n + j] = ph_squared_distance(data + i * d, data + j * d, d);
      fit_distribution(distance + i * n, n, i, log(perplexity), p + i * n);
    }
    for (int64_t i = 0; i < n; i++)
      for (int64_t j = 0; j < n; j++)
        to[i * n + j] = i == j ? 0 : (float)fmax((p[i * n + j] + p[j * n + i]) / (2 * (double)n), LEAST);
  }
  ph_free(distance);
  ph_free(p);
  return status;
}

/* ---- moving ---- */

typedef struct layout {
  const float *p;
  int64_t n, d;
  float *y;
  double *near;     /* (n, n): 1 / (1 + squared distance) */
  double *row;      /* n sums */
  double *gradient; /* (n, d) */
} layout;

static double sum_rows(const layout *l) {
  double sum = 0;
  for (int64_t i = 0; i < l->n; i++) sum += l->row[i];
  return sum;
}

/* How near all are to each other; the sum. */
static double find_near(const layout *l) {
#pragma omp parallel for schedule(static)
  for (int64_t i = 0; i < l->n; i++) {
    double *near = l->near + i * l->n, sum = 0;
    for (int64_t j = 0; j < l->n; j++) {
      double square = 0;
      for (int64_t k = 0; k < l->d; k++) {
        const double way = (double)l->y[i * l->d + k] - (double)l->y[j * l->d + k];
        square += way * way;
      }
      near[j] = i == j ? 0 : 1 / (1 + square);
      sum += near[j];
    }
    l->row[i] = sum;
  }
  return sum_rows(l);
}

/* 4 sum over j of (p - q) near (y_i - y_j) */
static void find_gradient(const layout *l, double sum, double exaggeration) {
#pragma omp parallel for schedule(static)
  for (int64_t i = 0; i < l->n; i++) {
    double *gradient = l->gradient + i * l->d;
    for (int64_t k = 0; k < l->d; k++) gradient[k] = 0;
    for (int64_t j = 0; j < l->n; j++) {
      const double near = l->near[i * l->n + j];
      const double pull = 4 * (exaggeration * (double)l->p[i * l->n + j] - near / sum) * near;
      for (int64_t k = 0; k < l->d; k++)
        gradient[k] += pull * ((double)l->y[i * l->d + k] - (double)l->y[j * l->d + k]);
    }
  }
}

static double find_divergence(const layout *l, double sum) {
#pragma omp parallel for schedule(static)
  for (int64_t i = 0; i < l->n; i++) {
    double own = 0;
    for (int64_t j = 0; j < l->n; j++) {
      const double p = (double)l->p[i * l->n + j], q = fmax(l->near[i * l->n + j] / sum, LEAST);
      if (p > 0) own += p * log(p / q);
    }
    l->row[i] = own;
  }
  return sum_rows(l);
}

/* Gains grow where the gradient keeps its sign, and shrink where it turns (Jacobs, 1988). */
static void move(const layout *l, float *velocity, float *gains, const ph_tsne_motion *motion) {
  for (int64_t i = 0; i < l->n * l->d; i++) {
    const double slope = l->gradient[i];
    const bool goes_on = (slope > 0) != (velocity[i] > 0);
    gains[i] = fmaxf(goes_on ? gains[i] + 0.2f : gains[i] * 0.8f, 0.01f);
    velocity[i] =
        (float)(motion->momentum * (double)velocity[i] - motion->learning_rate * (double)gains[i] * slope);
    l->y[i] += velocity[i];
  }
}

ph_status ph_tsne_move(const ph_tensor *affinities, ph_tensor *y, ph_tensor *velocity, ph_tensor *gains,
                       const ph_tsne_motion *motion, int64_t times, double *divergence, ph_error *e) {
  const ph_shape shape = ph_tensor_shape(y);
  const int64_t n = shape.dim[0], d = shape.dim[1];
  ph_status status = ph_samples_check("tsne: layout", y, 1, e);
  if (status == PH_OK)
    status = ph_tensor_expect(affinities, ph_shape_of(2, (int64_t[]){n, n}), "tsne: affinities", e);
  if (status == PH_OK) status = ph_tensor_expect(velocity, shape, "tsne: velocity", e);
  if (status == PH_OK) status = ph_tensor_expect(gains, shape, "tsne: gains", e);
  if (status != PH_OK) return status;
  layout l = {.p = ph_tensor_read(affinities),
              .n = n,
              .d = d,
              .y = ph_tensor_data(y),
              .near = ph_alloc_array((size_t)(n * n), sizeof *l.near),
              .row = ph_alloc_array((size_t)n, sizeof *l.row),
              .gradient = ph_alloc_array((size_t)(n * d), sizeof *l.gradient)};
  if (l.near == NULL || l.row == NULL || l.gradient == NULL) status = ph_no_memory(e);
  for (int64_t i = 0; status == PH_OK && i < times; i++) {
    const double sum = find_near(&l);
    if (i + 1 == times) *divergence = find_divergence(&l, sum);
    find_gradient(&l, sum, motion->exaggeration);
    move(&l, ph_tensor_data(velocity), ph_tensor_data(gains), motion);
  }
  ph_free(l.near);
  ph_free(l.row);
  ph_free(l.gradient);
  return status;
}
