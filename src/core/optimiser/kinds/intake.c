/* SPDX-License-Identifier: MIT */
/* The gradient before a step: clipping by value, normalisation and clipping by norm, as two numbers that the
   step applies as it reads. Sums run in fixed lanes, so they do not depend on the number of threads. */
#include <math.h>

#include "kinds.h"

enum { LANES = 8 };

const char *const ph_normalisations[] = {"none", "l2", "mean", NULL};

/* The sum of x * x, or of |x|, over the gradient as it is cut. */
static double total(bool squares, float limit, const float *gradient, int64_t count) {
  const ph_intake cut = {limit, 1};
  double lane[LANES] = {0}, sum = 0;
  const int64_t whole = count - count % LANES;
  for (int64_t i = 0; i < whole; i += LANES) {
    for (int j = 0; j < LANES; j++) {
      double x = (double)ph_take(cut, gradient[i + j]);
      lane[j] += squares ? x * x : fabs(x);
    }
  }
  for (int64_t i = whole; i < count; i++) {
    double x = (double)ph_take(cut, gradient[i]);
    sum += squares ? x * x : fabs(x);
  }
  for (int j = 0; j < LANES; j++) sum += lane[j];
  return sum;
}

/* A gradient of zeros has no direction, and one next to nothing has a factor that, times the largest rate,
   would be no float: they are taken as 0. */
static double one_over(double size) { return size > 1e-29 ? 1 / size : 0; }

ph_intake ph_optimiser_intake(const ph_optimiser *o, const float *gradient, int64_t count) {
  const ph_optimiser_settings *s = &o->settings;
  const float limit = s->clip_value > 0 ? (float)s->clip_value : INFINITY;
  double factor = 1, norm = 0;
  if (s->normalise == PH_NORMALISE_L2 || s->clip_norm > 0) norm = sqrt(total(true, limit, gradient, count));
  if (s->normalise == PH_NORMALISE_L2) factor = one_over(norm);
  if (s->normalise == PH_NORMALISE_MEAN)
    factor = one_over(total(false, limit, gradient, count) / (double)count);
  if (s->clip_norm > 0 && factor * norm > s->clip_norm) factor = s->clip_norm / norm;
  return (ph_intake){limit, (float)factor};
}
