/* Total variation: the sum of absolute differences between neighbours, across and down. */
#include <math.h>

#include "../head.h"

static const ph_field fields[] = {PH_HEAD_PLACE, {0}};
static const char *const none[] = {NULL};

static double value(const ph_head *head, const ph_tap *tap) {
  int64_t h = tap->h, w = tap->w;
  double sum = 0;
  (void)head;
  for (int64_t plane = 0; plane < tap->n * tap->c; plane++) {
    const float *x = tap->activation + plane * h * w;
    for (int64_t i = 0; i + w < h * w; i++) sum += fabs((double)x[i + w] - (double)x[i]);
    for (int64_t y = 0; y < h; y++)
      for (int64_t i = y * w; i + 1 < (y + 1) * w; i++) sum += fabs((double)x[i + 1] - (double)x[i]);
  }
  return sum;
}

/* The slope of |b - a|, added to both ends. */
static void pull(const float *x, float *gradient, int64_t a, int64_t b, float slope) {
  if (x[b] == x[a]) return;
  float signed_slope = x[b] > x[a] ? slope : -slope;
  gradient[b] += signed_slope;
  gradient[a] -= signed_slope;
}

static void gradient(const ph_head *head, const ph_tap *tap, double coefficient) {
  int64_t h = tap->h, w = tap->w;
  (void)head;
  for (int64_t plane = 0; plane < tap->n * tap->c; plane++) {
    const float *x = tap->activation + plane * h * w;
    float *slopes = tap->gradient + plane * h * w;
    for (int64_t i = 0; i + w < h * w; i++) pull(x, slopes, i, i + w, (float)coefficient);
    for (int64_t y = 0; y < h; y++)
      for (int64_t i = y * w; i + 1 < (y + 1) * w; i++) pull(x, slopes, i, i + 1, (float)coefficient);
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
