/* Diversity (Olah et al., "Feature Visualization", 2017): how alike the textures of the batch's images are.
   With G_a the Gram matrix of image a's channels, divided by its Frobenius norm, it is the sum of <G_a, G_b>
   over all pairs a != b, divided by the number of images: n - 1 where all agree, so recipes subtract it. */
#include <math.h>
#include <string.h>

#include "../head.h"
#include "sums.h"

static const ph_field fields[] = {PH_HEAD_PLACE, {0}};
static const char *const positional[] = {"layer", NULL};

static const double least_square = 1e-10; /* Lucid's epsilon, under the norm's root */

/* Scratch: n normalised Gram matrices (c, c), their sum, and their n norms. */
static int64_t scratch(const ph_head *head, const ph_tap *tap) {
  (void)head;
  return (tap->n + 1) * tap->c * tap->c + tap->n;
}

static double *gram_of(const ph_tap *tap, int64_t n) { return tap->scratch + n * tap->c * tap->c; }
static double *total_of(const ph_tap *tap) { return gram_of(tap, tap->n); }
static double *norm_of(const ph_tap *tap, int64_t n) { return gram_of(tap, tap->n + 1) + n; }

/* The Gram matrix of an image's channels, unnormalised. Returns its squared norm. */
static double find_gram(const ph_tap *tap, int64_t n) {
  int64_t area = tap->h * tap->w, c = tap->c;
  const float *x = tap->activation + n * c * area;
  double *gram = gram_of(tap, n), square = 0;
  for (int64_t i = 0; i < c; i++) {
    for (int64_t j = 0; j <= i; j++) {
      double product = ph_dot(x + i * area, x + j * area, area);
      gram[i * c + j] = gram[j * c + i] = product;
      square += (i == j ? 1 : 2) * product * product;
    }
  }
  return square;
}

/* Since <S, S> is the sum over all pairs, a = b included, no pair has to be visited. */
static double value(const ph_head *head, const ph_tap *tap) {
  int64_t size = tap->c * tap->c;
  double *total = total_of(tap), all_pairs = 0, own_pairs = 0;
  (void)head;
  if (tap->n == 1) return 0;
  memset(total, 0, (size_t)size * sizeof *total);
  for (int64_t n = 0; n < tap->n; n++) {
    double square = find_gram(tap, n), *gram = gram_of(tap, n);
    double norm = *norm_of(tap, n) = sqrt(square > least_square ? square : least_square);
    for (int64_t i = 0; i < size; i++) {
      gram[i] /= norm;
      total[i] += gram[i];
      own_pairs += gram[i] * gram[i];
    }
  }
  for (int64_t i = 0; i < size; i++) all_pairs += total[i] * total[i];
  return (all_pairs - own_pairs) / (double)tap->n;
}

/* d value / d G_n = 2 (S - G_n) / n =: D; through the normalisation (D - <D, G_n> G_n) / norm; and through
   G = X X', symmetric, 2 (...) X. */
static void gradient(const ph_head *head, const ph_tap *tap, double coefficient) {
  int64_t area = tap->h * tap->w, c = tap->c;
  const double *total = total_of(tap);
  (void)head;
  if (tap->n == 1) return;
  for (int64_t n = 0; n < tap->n; n++) {
    const double *gram = gram_of(tap, n);
    const float *x = tap->activation + n * c * area;
    float *slopes = tap->gradient + n * c * area;
    double norm = *norm_of(tap, n), along = 0;
    if (norm > sqrt(least_square))
      for (int64_t i = 0; i < c * c; i++) along += (total[i] - gram[i]) * gram[i];
    for (int64_t i = 0; i < c; i++) {
      for (int64_t j = 0; j < c; j++) {
        double g = gram[i * c + j], slope = (total[i * c + j] - g - along * g) / norm;
        ph_add_scaled(slopes + i * area, 4 / (double)tap->n * coefficient * slope, x + j * area, area);
      }
    }
  }
}

const ph_head_type ph_head_diversity = {
    .name = "diversity",
    .summary = "how alike the images' textures are; subtract it",
    .positional = positional,
    .fields = fields,
    .config_size = sizeof(ph_head_place),
    .scratch = scratch,
    .value = value,
    .gradient = gradient,
};
