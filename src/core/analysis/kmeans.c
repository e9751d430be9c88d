/* SPDX-License-Identifier: MIT */
/* Lloyd's algorithm. Samples are assigned by all threads; what is summed up is summed in the samples' order.
 */
#include "kmeans.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/threads.h"
#include "samples.h"

typedef struct run {
  const float *x;
  int64_t n, d, clusters;
  float *centre;    /* (clusters, d) */
  double *distance; /* of each sample, squared, from the nearest centre */
  double *sum;      /* (clusters, d) */
  int64_t *size;    /* of each cluster */
  int32_t *label;
} run;

void ph_kmeans_free(ph_kmeans *result) {
  ph_tensor_release(result->centres);
  ph_free(result->label);
  *result = (ph_kmeans){0};
}

static const float *sample(const run *r, int64_t i) { return r->x + i * r->d; }

static void put_centre(run *r, int64_t k, int64_t i) {
  memcpy(r->centre + k * r->d, sample(r, i), (size_t)r->d * sizeof(float));
}

/* A sample, each as likely as its distance says; where all distances are 0, any. */
static int64_t draw(const run *r, ph_random *random) {
  double sum = 0;
  for (int64_t i = 0; i < r->n; i++) sum += r->distance[i];
  double left = ph_random_uniform(random) * sum;
  int64_t last = ph_random_below(random, r->n);
  for (int64_t i = 0; i < r->n; i++) {
    if (r->distance[i] == 0) continue;
    last = i;
    left -= r->distance[i];
    if (left < 0) break;
  }
  return last;
}

/* k-means++: each further centre is a sample, as likely as the square of its distance from those there are.
 */
static void begin(run *r, ph_random *random) {
  put_centre(r, 0, ph_random_below(random, r->n));
  for (int64_t i = 0; i < r->n; i++) r->distance[i] = INFINITY;
  for (int64_t k = 1; k < r->clusters; k++) {
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < r->n; i++)
      r->distance[i] =
          fmin(r->distance[i], ph_squared_distance(sample(r, i), r->centre + (k - 1) * r->d, r->d));
    put_centre(r, k, draw(r, random));
  }
}

/* Gives each sample to the nearest centre, the first of several; the inertia, and how many changed. */
static double assign(run *r, int64_t *changed) {
  int64_t moved = 0;
#pragma omp parallel for schedule(static) reduction(+ : moved)
  for (int64_t i = 0; i < r->n; i++) {
    int32_t best = 0;
    double least = INFINITY;
    for (int64_t k = 0; k < r->clusters; k++) {
      const double distance = ph_squared_distance(sample(r, i), r->centre + k * r->d, r->d);
      if (distance < least) {
        least = distance;
        best = (int32_t)k;
      }
    }
    moved += best != r->label[i];
    r->label[i] = best;
    r->distance[i] = least;
  }
  double inertia = 0;
  for (int64_t i = 0; i < r->n; i++) inertia += r->distance[i];
  *changed = moved;
  return inertia;
}

/* The farthest sample of those that are not alone, for a cluster without samples. */
static void refill(run *r, int64_t k) {
  int64_t farthest = -1;
  for (int64_t i = 0; i < r->n; i++)
    if (r->size[r->label[i]] > 1 && (farthest < 0 || r->distance[i] > r->distance[farthest])) farthest = i;
  if (farthest < 0) return;
  r->size[r->label[farthest]]--;
  r->size[k]++;
  r->label[farthest] = (int32_t)k;
  r->distance[farthest] = 0;
}

/* Centres become means. */
static void update(run *r) {
  memset(r->size, 0, (size_t)r->clusters * sizeof *r->size);
  memset(r->sum, 0, (size_t)(r->clusters * r->d) * sizeof *r->sum);
  for (int64_t i = 0; i < r->n; i++) r->size[r->label[i]]++;
  for (int64_t k = 0; k < r->clusters; k++)
    if (r->size[k] == 0) refill(r, k);
  for (int64_t i = 0; i < r->n; i++) {
    double *sum = r->sum + r->label[i] * r->d;
    for (int64_t j = 0; j < r->d; j++) sum[j] += (double)sample(r, i)[j];
  }
  for (int64_t k = 0; k < r->clusters; k++)
    for (int64_t j = 0; j < r->d && r->size[k] > 0; j++)
      r->centre[k * r->d + j] = (float)(r->sum[k * r->d + j] / (double)r->size[k]);
}

static void run_all(run *r, int64_t iterations, double tolerance, ph_random *random, ph_kmeans *result) {
  int64_t changed;
  for (int64_t i = 0; i < r->n; i++) r->label[i] = -1;
  begin(r, random);
  result->inertia = assign(r, &changed);
  while (result->iterations < iterations && changed > 0) {
    const double before = result->inertia;
    update(r);
    result->inertia = assign(r, &changed);
    result->iterations++;
    if (before - result->inertia <= tolerance * before) break;
  }
}

ph_status ph_kmeans_run(const ph_tensor *x, int64_t clusters, int64_t iterations, double tolerance,
                        ph_random *random, ph_kmeans *result, ph_error *e) {
  ph_status status = ph_samples_check("kmeans", x, 1, e);
  *result = (ph_kmeans){0};
  if (status != PH_OK) return status;
  const int64_t n = ph_tensor_shape(x).dim[0], d = ph_tensor_shape(x).dim[1];
  if (clusters < 1 || clusters > n)
    return ph_fail(e, PH_MISUSE, "kmeans: 1 to %" PRId64 " clusters expected, got %" PRId64, n, clusters);
  run r = {.x = ph_tensor_read(x),
           .n = n,
           .d = d,
           .clusters = clusters,
           .distance = ph_alloc_array((size_t)n, sizeof *r.distance),
           .sum = ph_alloc_array((size_t)(clusters * d), sizeof *r.sum),
           .size = ph_alloc_array((size_t)clusters, sizeof *r.size),
           .label = ph_alloc_array((size_t)n, sizeof *r.label)};
  result->label = r.label;
  status = ph_tensor_new(ph_shape_of(2, (int64_t[]){clusters, d}), &result->centres, e);
  if (status == PH_OK && (r.distance == NULL || r.sum == NULL || r.size == NULL || r.label == NULL))
    status = ph_no_memory(e);
  if (status == PH_OK) {
    r.centre = ph_tensor_data(result->centres);
    run_all(&r, iterations, tolerance, random, result);
  } else {
    ph_kmeans_free(result);
  }
  ph_free(r.distance);
  ph_free(r.sum);
  ph_free(r.size);
  return status;
}

/* ---- silhouette ---- */

/* Of sample i; `sum` is room for the distances to each cluster. */
static double silhouette_of(const ph_tensor *x, const int32_t *label, const int64_t *size, int64_t clusters,
                            int64_t i, double *sum) {
  const int64_t n = ph_tensor_shape(x).dim[0], d = ph_tensor_shape(x).dim[1];
  const float *data = ph_tensor_read(x);
  if (size[label[i]] == 1) return 0;
  memset(sum, 0, (size_t)clusters * sizeof *sum);
  for (int64_t j = 0; j < n; j++) sum[label[j]] += sqrt(ph_squared_distance(data + i * d, data + j * d, d));
  double b = INFINITY;
  for (int64_t k = 0; k < clusters; k++)
    if (k != label[i] && size[k] > 0) b = fmin(b, sum[k] / (double)size[k]);
  const double a = sum[label[i]] / (double)(size[label[i]] - 1), most = fmax(a, b);
  return most > 0 ? (b - a) / most : 0;
}

static ph_status count_labels(const int32_t *label, int64_t n, int64_t clusters, int64_t *size, ph_error *e) {
  int64_t used = 0;
  for (int64_t i = 0; i < n; i++) {
    if (label[i] < 0 || label[i] >= clusters)
      return ph_fail(e, PH_MISUSE, "silhouette: label %d out of range 0..%" PRId64, label[i], clusters - 1);
    used += size[label[i]]++ == 0;
  }
  if (used < 2) return ph_fail(e, PH_MISUSE, "silhouette: labels of at least two clusters expected");
  return PH_OK;
}

ph_status ph_silhouette(const ph_tensor *x, const int32_t *label, int64_t count, int64_t clusters,
                        double *silhouette, ph_error *e) {
  int64_t *size = NULL;
  double *sums = NULL, *own = NULL;
  ph_status status;
  PH_TRY(ph_samples_check("silhouette", x, 2, e));
  const int64_t n = ph_tensor_shape(x).dim[0];
  if (count != n)
    return ph_fail(e, PH_MISUSE, "silhouette: %" PRId64 " labels for %" PRId64 " samples", count, n);
  size = ph_alloc_array((size_t)clusters, sizeof *size);
  sums = ph_alloc_array((size_t)(clusters * ph_team_size()), sizeof *sums);
  own = ph_alloc_array((size_t)n, sizeof *own);
  if (size == NULL || sums == NULL || own == NULL) {
    status = ph_no_memory(e);
    goto done;
  }
  PH_TRY(count_labels(label, n, clusters, size, e));
#pragma omp parallel for schedule(static)
  for (int64_t i = 0; i < n; i++)
    own[i] = silhouette_of(x, label, size, clusters, i, sums + ph_team_member() * clusters);
  *silhouette = 0;
  for (int64_t i = 0; i < n; i++) *silhouette += own[i] / (double)n;
done:
  ph_free(size);
  ph_free(sums);
  ph_free(own);
  return status;
}
