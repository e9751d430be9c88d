/* SPDX-License-Identifier: MIT */
/* Total variation: the sum of absolute differences between neighbours, across and down; or of their powers,
   as Mahendran and Vedaldi have it ("Understanding Deep Image Representations by Inverting Them", 2015). */
#include <math.h>

#include "base/vector.h"
#include "objective/head.h"

typedef struct variation_config {
  ph_head_place place;
  double power;
} variation_config;

static const ph_field fields[] = {
    PH_PICTURE_PLACE,
    {"power", PH_REAL, offsetof(variation_config, power), 1, 1, 16, NULL, "what differences are raised to"},
    {0}};

static double power_of(const ph_head *head) { return ((const variation_config *)head->config)->power; }

static double sum_of_steps(const float *x, const float *neighbour, int64_t count, double power) {
  double sum = 0;
  if (power != 1) {
    for (int64_t i = 0; i < count; i++) sum += pow(fabs((double)x[i] - (double)neighbour[i]), power);
    return sum;
  }
#pragma omp simd reduction(+ : sum)
  for (int64_t i = 0; i < count; i++) sum += fabs((double)x[i] - (double)neighbour[i]);
  return sum;
}

static double value(const ph_head *head, const ph_tap *tap) {
  int64_t h = tap->h, w = tap->w;
  double sum = 0, power = power_of(head);
  for (int64_t plane = 0; plane < tap->n * tap->c; plane++) {
    const float *x = tap->activation + plane * h * w;
    sum += sum_of_steps(x, x + w, (h - 1) * w, power);
    for (int64_t y = 0; y < h; y++) sum += sum_of_steps(x + y * w, x + y * w + 1, w - 1, power);
  }
  return sum;
}

/* The slope of |x - neighbour| at x. */
PH_VECTOR static void pull(float *restrict gradient, const float *x, const float *neighbour, int64_t count,
                           float slope) {
  for (int64_t i = 0; i < count; i++)
    gradient[i] += slope * ((float)(x[i] > neighbour[i]) - (float)(x[i] < neighbour[i]));
}

/* The same of |x - neighbour|^power, for both at once. */
static void pull_pairs(float *gradient, float *neighbour_gradient, const float *x, const float *neighbour,
                       int64_t count, double slope, double power) {
  for (int64_t i = 0; i < count; i++) {
    double difference = (double)x[i] - (double)neighbour[i];
    float pulled = (float)copysign(slope * power * pow(fabs(difference), power - 1), slope * difference);
    gradient[i] += pulled;
    neighbour_gradient[i] -= pulled;
  }
}

static void powered_gradient(const ph_tap *tap, double coefficient, double power) {
  int64_t h = tap->h, w = tap->w;
  for (int64_t plane = 0; plane < tap->n * tap->c; plane++) {
    const float *x = tap->activation + plane * h * w;
    float *g = tap->gradient + plane * h * w;
    pull_pairs(g, g + w, x, x + w, (h - 1) * w, coefficient, power);
    for (int64_t at = 0; at < h * w; at += w)
      pull_pairs(g + at, g + at + 1, x + at, x + at + 1, w - 1, coefficient, power);
  }
}

static void gradient(const ph_head *head, const ph_tap *tap, double coefficient) {
  int64_t h = tap->h, w = tap->w;
  float slope = (float)coefficient;
  if (power_of(head) != 1) {
    powered_gradient(tap, coefficient, power_of(head));
    return;
  }
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
    .text =
        "The sum of absolute differences between neighbouring pixels, across and down, or of their powers.",
    .layer = ph_picture_name,
    .fields = fields,
    .config_size = sizeof(variation_config),
    .value = value,
    .gradient = gradient,
};
