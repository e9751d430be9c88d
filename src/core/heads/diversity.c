/* Diversity (Olah et al., "Feature Visualization", 2017): how alike the textures of the batch's images are.
   With G_a the Gram matrix of image a's channels, divided by its Frobenius norm, it is the sum of <G_a, G_b>
   over all pairs a != b, divided by the number of images: n - 1 where all agree, so recipes subtract it.

   The Gram matrices are most of the work, so channels are multiplied four at a time. */
#include <math.h>
#include <string.h>

#include "../head.h"
#include "../vector.h"

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

/* ---- four channels at a time ---- */

enum { FOUR = 4, LANES = 8 };

/* Eight lanes, whatever the machine's width, so that sums have the same order everywhere. */
typedef float lanes_read
    __attribute__((vector_size(LANES * sizeof(float)), aligned(sizeof(float)), may_alias));
typedef double lanes __attribute__((vector_size(LANES * sizeof(double))));

/* dot[k] = <x, y[k]> */
PH_VECTOR static void dot_four(const float *x, const float *const y[FOUR], int64_t count, double dot[FOUR]) {
  const float *y0 = y[0], *y1 = y[1], *y2 = y[2], *y3 = y[3];
  lanes sum[FOUR] = {{0}};
  int64_t i = 0;
  for (; i + LANES <= count; i += LANES) {
    lanes xi = __builtin_convertvector(*(const lanes_read *)(x + i), lanes);
    sum[0] += xi * __builtin_convertvector(*(const lanes_read *)(y0 + i), lanes);
    sum[1] += xi * __builtin_convertvector(*(const lanes_read *)(y1 + i), lanes);
    sum[2] += xi * __builtin_convertvector(*(const lanes_read *)(y2 + i), lanes);
    sum[3] += xi * __builtin_convertvector(*(const lanes_read *)(y3 + i), lanes);
  }
  for (int k = 0; k < FOUR; k++) {
    dot[k] = 0;
    for (int l = 0; l < LANES; l++) dot[k] += sum[k][l];
    for (int64_t rest = i; rest < count; rest++) dot[k] += (double)x[rest] * (double)y[k][rest];
  }
}

/* dst += sum of factor[k] * x[k] */
PH_VECTOR static void add_four(float *restrict dst, const float factor[FOUR], const float *const x[FOUR],
                               int64_t count) {
  const float f0 = factor[0], f1 = factor[1], f2 = factor[2], f3 = factor[3];
  const float *x0 = x[0], *x1 = x[1], *x2 = x[2], *x3 = x[3];
  for (int64_t i = 0; i < count; i++) dst[i] += (f0 * x0[i] + f1 * x1[i]) + (f2 * x2[i] + f3 * x3[i]);
}

/* Maps of channels j … j + 3; past the last one, the last again. Returns how many there are. */
static int take_four(const ph_tap *tap, const float *x, int64_t j, int64_t end, const float *map[FOUR]) {
  for (int k = 0; k < FOUR; k++) map[k] = x + (j + k < end ? j + k : end - 1) * tap->h * tap->w;
  return end - j < FOUR ? (int)(end - j) : FOUR;
}

/* ---- value and gradient ---- */

/* The Gram matrix of an image's channels, unnormalised. Returns its squared norm. */
static double find_gram(const ph_tap *tap, int64_t n) {
  int64_t area = tap->h * tap->w, c = tap->c;
  const float *x = tap->activation + n * c * area, *map[FOUR];
  double *gram = gram_of(tap, n), square = 0, dot[FOUR];
  for (int64_t i = 0; i < c; i++) {
    for (int64_t j = 0; j <= i; j += FOUR) {
      int count = take_four(tap, x, j, i + 1, map);
      dot_four(x + i * area, map, area, dot);
      for (int k = 0; k < count; k++) {
        gram[i * c + j + k] = gram[(j + k) * c + i] = dot[k];
        square += (i == j + k ? 1 : 2) * dot[k] * dot[k];
      }
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
  const float *map[FOUR];
  double share = 4 / (double)tap->n * coefficient;
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
      for (int64_t j = 0; j < c; j += FOUR) {
        float factor[FOUR] = {0};
        int count = take_four(tap, x, j, c, map);
        for (int k = 0; k < count; k++) {
          double own = gram[i * c + j + k];
          factor[k] = (float)(share * (total[i * c + j + k] - own - along * own) / norm);
        }
        add_four(slopes + i * area, factor, map, area);
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
