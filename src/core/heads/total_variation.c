/* Total variation: the sum of absolute differences between neighbours, across and down. */
#include <math.h>

#include "../head.h"
#include "../vector.h"

static const ph_field fields[] = {PH_HEAD_PLACE, {0}};
static const char *const none[] = {NULL};

static double sum_of_steps(const float *x, const float *neighbour, int64_t count) {
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t i = 0; i < count; i++) sum += fabs((double)x[i] - (double)neighbour[i]);
  return sum;
}

static double value(const ph_head *head, const ph_tap *tap) {
  int64_t h = tap->h, w = tap->w;
  double sum = 0;
  (void)head;
  for (int64_t plane = 0; plane < tap->n * tap->c; plane++) {
    const float *x = tap->activation + plane * h * w;
    sum += sum_of_steps(x, x + w, (h - 1) * w);
    for (int64_t y = 0; y < h; y++) sum += sum_of_steps(x + y * w, x + y * w + 1, w - 1);
  }
  return sum;
}

/* The slope of |x - neighbour| at x. */
PH_VECTOR static void pull(float *restrict gradient, const float *x, const float *neighbour, int64_t count,
                           float slope) {
  for (int64_t i = 0; i < count; i++)
    gradient[i] += slope * ((float)(x[i] > neighbour[i]) - (float)(x[i] < neighbour[i]));
}

static void gradient(const ph_head *head, const ph_tap *tap, double coefficient) {
  int64_t h = tap->h, w = tap->w;
  float slope = (float)coefficient;
  (void)head;
  for (int64_t plane = 0; plane < tap->n * tap->c; plane++) {
    const float *x = tap->activation + plane * h * w;
    float *g = tap->gradient + plane * h * w;
    pull(g, x, x + w, (h - 1) * w, slope);
    pull(g + w, x + w, x, (h - 1) * w, slope);
    for (int64_t at = 0; at < h * w; at += w) {
      pull(g + at, x + at, x + at + 1, w - 1, slope);
      pull(g + at + 1, x + at + 1, x + at, w - 1, slope);
    }
  }
}

const ph_head_type ph_head_total_variation = {
    .name = "total_variation",
    .summary = "sum of absolute differences between neighbours, of the picture by default",
    .layer = "image",
    .positional = none,
    .fields = fields,
    .config_size = sizeof(ph_head_place),
    .value = value,
    .gradient = gradient,
};
