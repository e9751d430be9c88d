/* SPDX-License-Identifier: MIT */
/* Analyses of samples: the same bits on any number of threads, what runs out of memory, and what is refused.
   Their numbers are checked in tests/spec/analysis. */
#include <string.h>

#include "analysis/kmeans.h"
#include "analysis/nmf.h"
#include "analysis/samples.h"
#include "analysis/svd.h"
#include "analysis/tsne.h"
#include "base/memory.h"
#include "base/threads.h"
#include "tap.h"

enum { SAMPLES = 90, FEATURES = 70, MOST = 4096 };

static ph_tensor *samples(int64_t n, int64_t d) {
  ph_error e;
  ph_tensor *x = NULL;
  ph_random random = ph_random_stream(7, "samples");
  if (ph_tensor_new(ph_shape_of(2, (int64_t[]){n, d}), &x, &e) != PH_OK) printf("Bail out! %s\n", e.message);
  ph_random_fill_uniform(&random, x, 0, 1);
  return x;
}

/* What an analysis of x gives, in one row of numbers. */
typedef struct outcome {
  float number[MOST];
  int64_t count;
} outcome;

static void put(outcome *o, const ph_tensor *tensor) {
  const int64_t count = ph_tensor_count(tensor) < MOST - o->count ? ph_tensor_count(tensor) : MOST - o->count;
  memcpy(o->number + o->count, ph_tensor_read(tensor), (size_t)count * sizeof(float));
  o->count += count;
}

static ph_status run_kmeans(const ph_tensor *x, outcome *o, ph_error *e) {
  ph_kmeans result;
  double silhouette = 0;
  ph_random random = ph_random_stream(1, "kmeans");
  ph_status status = ph_kmeans_run(x, 5, 100, 0, &random, &result, e);
  if (status != PH_OK) return status;
  status = ph_silhouette(x, result.label, SAMPLES, 5, &silhouette, e);
  put(o, result.centres);
  o->number[o->count++] = (float)silhouette;
  o->number[o->count++] = (float)result.inertia;
  ph_kmeans_free(&result);
  return status;
}

static ph_status run_pca(const ph_tensor *x, outcome *o, ph_error *e) {
  ph_pca pca;
  ph_status status = ph_pca_fit(x, 9, &pca, e);
  if (status != PH_OK) return status;
  put(o, pca.components);
  put(o, pca.scores);
  ph_pca_free(&pca);
  return PH_OK;
}

static ph_status run_nmf(const ph_tensor *x, outcome *o, ph_error *e) {
  ph_tensor *w = NULL, *h = NULL;
  double error;
  ph_status status = ph_nmf_begin(x, 4, &w, &h, e);
  if (status != PH_OK) return status;
  status = ph_nmf_improve(x, w, h, 5, &error, e);
  put(o, w);
  put(o, h);
  ph_tensor_release(w);
  ph_tensor_release(h);
  return status;
}

static ph_status run_tsne(const ph_tensor *x, outcome *o, ph_error *e) {
  static const ph_tsne_motion motion = {4, 0.5, 50};
  ph_tensor *made[4] = {NULL};
  double divergence;
  ph_random random = ph_random_stream(1, "tsne");
  ph_status status;
  PH_TRY(ph_tsne_affinities(x, 10, &made[0], e));
  for (int i = 1; i < 4; i++) PH_TRY(ph_tensor_new(ph_shape_of(2, (int64_t[]){SAMPLES, 2}), &made[i], e));
  ph_random_fill_normal(&random, made[1], 0, 1e-2);
  ph_tensor_fill(made[3], 1);
  PH_TRY(ph_tsne_move(made[0], made[1], made[2], made[3], &motion, 20, &divergence, e));
  put(o, made[1]);
done:
  for (int i = 0; i < 4; i++) ph_tensor_release(made[i]);
  return status;
}

typedef ph_status analysis(const ph_tensor *x, outcome *o, ph_error *e);

static void check(analysis *run, const ph_tensor *x, const char *name) {
  static outcome alone, together;
  ph_error e;
  int failures = 0;
  bool clean = true;
  const int team = ph_team_size();
  const size_t before = ph_memory_blocks();
  alone.count = together.count = 0;
  ph_set_team_size(1);
  ok(run(x, &alone, &e) == PH_OK, "%s", name);
  ph_set_team_size(3);
  ok(run(x, &together, &e) == PH_OK && together.count == alone.count &&
         memcmp(together.number, alone.number, (size_t)alone.count * sizeof(float)) == 0,
     "  the same bits of three threads");
  ph_set_team_size(team);
  for (int n = 1; n < 60; n++) {
    together.count = 0;
    ph_memory_fail_after(n);
    const ph_status status = run(x, &together, &e);
    ph_memory_fail_after(0);
    failures += status == PH_NO_MEMORY;
    clean = clean && ph_memory_blocks() == before;
    if (status == PH_OK) break;
  }
  ok(failures > 3 && clean, "  each of %d allocations may fail, and nothing leaks", failures);
}

static void fails(ph_status status, const ph_error *e, const char *message) {
  if (!ok(status == PH_MISUSE && strcmp(e->message, message) == 0, "message: %s", message))
    printf("# got: %s\n", e->message);
}

static void check_messages(void) {
  ph_error e;
  ph_tensor *x = samples(6, 3), *flat = NULL, *w, *h;
  ph_pca pca;
  ph_kmeans clusters;
  double silhouette;
  ph_random random = ph_random_stream(1, "messages");
  ph_tensor_new(ph_shape_of(1, (int64_t[]){5}), &flat, &e);
  fails(ph_pca_fit(flat, 1, &pca, &e), &e, "pca: samples (n, features), n at least 2, expected, got 5");
  fails(ph_pca_fit(x, 4, &pca, &e), &e, "components: 1 to 3 of data 6x3 expected, got 4");
  fails(ph_kmeans_run(x, 7, 1, 0, &random, &clusters, &e), &e, "kmeans: 1 to 6 clusters expected, got 7");
  fails(ph_silhouette(x, (int32_t[]){0, 0, 0, 0, 0, 0}, 6, 2, &silhouette, &e), &e,
        "silhouette: labels of at least two clusters expected");
  fails(ph_silhouette(x, (int32_t[]){0, 1}, 2, 2, &silhouette, &e), &e, "silhouette: 2 labels for 6 samples");
  fails(ph_tsne_affinities(x, 5, &w, &e), &e,
        "tsne: a perplexity from 1 to less than 5 expected for 6 samples, got 5");
  ph_tensor_data(x)[4] = -1;
  fails(ph_nmf_begin(x, 2, &w, &h, &e), &e, "nmf: samples that are not negative expected");
  ph_tensor_data(x)[4] = NAN;
  fails(ph_nmf_begin(x, 2, &w, &h, &e), &e, "nmf: 1 numbers of the samples are not finite");
  ph_tensor_release(x);
  ph_tensor_release(flat);
}

/* Against one element after the other, at all lengths about that of a vector. */
static void check_products(void) {
  float a[40], b[40];
  double worst = 0;
  for (int i = 0; i < 40; i++) a[i] = sinf((float)i), b[i] = cosf((float)(2 * i));
  for (int d = 0; d <= 40; d++) {
    double product = 0, square = 0;
    for (int i = 0; i < d; i++) {
      product += (double)a[i] * (double)b[i];
      square += ((double)a[i] - (double)b[i]) * ((double)a[i] - (double)b[i]);
    }
    worst = fmax(worst, fabs(ph_sample_product(a, b, d) - product));
    worst = fmax(worst, fabs(ph_squared_distance(a, b, d) - square));
  }
  near(worst, 0, 1e-13, "products and distances");
}

int main(void) {
  ph_tensor *x = samples(SAMPLES, FEATURES), *wide = samples(SAMPLES, 2 * SAMPLES);
  check_products();
  check(run_kmeans, x, "k-means and silhouettes");
  check(run_pca, x, "principal components");
  check(run_pca, wide, "principal components of more features than samples");
  check(run_nmf, x, "NMF");
  check(run_tsne, x, "t-SNE");
  check_messages();
  ph_tensor_release(x);
  ph_tensor_release(wide);
  ok(ph_memory_blocks() == 0, "nothing is left allocated");
  return tap_done();
}
