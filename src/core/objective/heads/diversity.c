/* SPDX-License-Identifier: MIT */
/* Diversity (Olah et al., "Feature Visualization", 2017): how alike the textures of the batch's images are.
   With G_a the Gram matrix of image a's channels, divided by its Frobenius norm, it is the sum of <G_a, G_b>
   over all pairs a != b: of cosines, then, and recipes subtract it. Lucid divides by the number of images
   (norm = "batch"), which gives n - 1 where all agree; the plain sum (norm = "sum") is n (n - 1) there. */
#include <math.h>
#include <string.h>

#include "objective/head.h"
#include "tensor/gram.h"

typedef struct diversity_config {
  ph_head_place place;
  int norm; /* index into norms */
} diversity_config;

enum { BATCH, SUM };
static const char *const norms[] = {"batch", "sum", NULL};

static const ph_field fields[] = {
    PH_HEAD_PLACE,
    {"norm", PH_CHOICE, offsetof(diversity_config, norm), BATCH, 0, 0, norms,
     "the sum over pairs divided by the number of images (Lucid), or as it is (the slides)"},
    {0}};
static const ph_argument arguments[] = {PH_HEAD_LAYER, {0}};

static const double least_square = 1e-10; /* Lucid's epsilon, under the norm's root */

/* Scratch: n normalised Gram matrices (c, c), their sum, what a gradient is made of, and their n norms. */
static int64_t scratch(const ph_head *head, const ph_tap *tap) {
  (void)head;
  return (tap->n + 2) * tap->c * tap->c + tap->n;
}

static double *gram_of(const ph_tap *tap, int64_t n) { return tap->scratch + n * tap->c * tap->c; }
static double *total_of(const ph_tap *tap) { return gram_of(tap, tap->n); }
static double *factor_of(const ph_tap *tap) { return gram_of(tap, tap->n + 1); }
static double *norm_of(const ph_tap *tap, int64_t n) { return gram_of(tap, tap->n + 2) + n; }

static double share_of(const ph_head *head, const ph_tap *tap) {
  return ((const diversity_config *)head->config)->norm == BATCH ? 1 / (double)tap->n : 1;
}

/* The Gram matrix of an image's channels, normalised. */
static void find_gram(const ph_tap *tap, int64_t n) {
  int64_t area = tap->h * tap->w, size = tap->c * tap->c;
  double *gram = gram_of(tap, n), square = 0;
  ph_gram(tap->activation + n * tap->c * area, tap->c, area, gram);
  for (int64_t i = 0; i < size; i++) square += gram[i] * gram[i];
  double norm = *norm_of(tap, n) = sqrt(square > least_square ? square : least_square);
  for (int64_t i = 0; i < size; i++) gram[i] /= norm;
}

/* Since <S, S> is the sum over all pairs, a = b included, no pair has to be visited. */
static double value(const ph_head *head, const ph_tap *tap) {
  int64_t size = tap->c * tap->c;
  double *total = total_of(tap), all_pairs = 0, own_pairs = 0;
  memset(total, 0, (size_t)size * sizeof *total);
  for (int64_t n = 0; n < tap->n; n++) {
    const double *gram = gram_of(tap, n);
    find_gram(tap, n);
    for (int64_t i = 0; i < size; i++) {
      total[i] += gram[i];
      own_pairs += gram[i] * gram[i];
    }
  }
  for (int64_t i = 0; i < size; i++) all_pairs += total[i] * total[i];
  return share_of(head, tap) * (all_pairs - own_pairs);
}

/* d value / d G_n = 2 (S - G_n) =: D, times the share; through the normalisation (D - <D, G_n> G_n) / norm;
   and through G = X X', symmetric, 2 (...) X. */
static void gradient(const ph_head *head, const ph_tap *tap, double coefficient) {
  int64_t area = tap->h * tap->w, size = tap->c * tap->c;
  const double *total = total_of(tap);
  double *factor = factor_of(tap);
  for (int64_t n = 0; n < tap->n; n++) {
    const double *gram = gram_of(tap, n);
    double norm = *norm_of(tap, n), along = 0, share = 4 * coefficient * share_of(head, tap) / norm;
    if (norm > sqrt(least_square))
      for (int64_t i = 0; i < size; i++) along += (total[i] - gram[i]) * gram[i];
    for (int64_t i = 0; i < size; i++) factor[i] = share * (total[i] - gram[i] - along * gram[i]);
    ph_gram_backward(tap->activation + n * tap->c * area, tap->c, area, factor,
                     tap->gradient + n * tap->c * area);
  }
}

const ph_head_type ph_head_diversity = {
    .name = "diversity",
    .text = "How alike the textures of the images are: the sum over all pairs a, b of different images of "
            "<G_a, G_b>, divided by the number of images or not, G being the normalised Gram matrix of the "
            "channels. Subtract it. Raises for a batch of one. (Olah et al., 2017.)",
    .arguments = arguments,
    .fields = fields,
    .config_size = sizeof(diversity_config),
    .fit = ph_head_fit_several,
    .scratch = scratch,
    .value = value,
    .gradient = gradient,
};
