/* SPDX-License-Identifier: MIT */
/* Alignment (Lucid): how alike images of the batch are that lie next to each other, so that an interpolation
   keeps its composition. Minus the mean squared difference of every pair up to four apart, weighted by decay
   to the power of minus the distance: zero where all images agree, negative elsewhere. */
#include <math.h>

#include "objective/head.h"

typedef struct alignment_config {
  ph_head_place place;
  double decay;
} alignment_config;

enum { FARTHEST = 4 };

static const ph_field fields[] = {PH_HEAD_PLACE,
                                  {"decay", PH_REAL, offsetof(alignment_config, decay), 2, 1e-3, 1e6, NULL,
                                   "how many times less each further image counts"},
                                  {0}};

/* The weight of one squared difference between images `distance` apart. */
static double weight_of(const ph_head *head, const ph_tap *tap, int64_t distance) {
  double decay = ((const alignment_config *)head->config)->decay;
  return 1 / (pow(decay, (double)distance) * (double)(tap->c * tap->h * tap->w));
}

static double squared_distance(const float *a, const float *b, int64_t count) {
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t i = 0; i < count; i++) {
    double difference = (double)a[i] - (double)b[i];
    sum += difference * difference;
  }
  return sum;
}

static double value(const ph_head *head, const ph_tap *tap) {
  int64_t image = tap->c * tap->h * tap->w;
  double sum = 0;
  for (int64_t d = 1; d <= FARTHEST; d++)
    for (int64_t n = 0; n + d < tap->n; n++)
      sum += weight_of(head, tap, d) *
             squared_distance(tap->activation + n * image, tap->activation + (n + d) * image, image);
  return -sum;
}

static void gradient(const ph_head *head, const ph_tap *tap, double coefficient) {
  int64_t image = tap->c * tap->h * tap->w;
  for (int64_t d = 1; d <= FARTHEST; d++) {
    float slope = (float)(-2 * coefficient * weight_of(head, tap, d));
    for (int64_t n = 0; n + d < tap->n; n++) {
      const float *a = tap->activation + n * image, *b = a + d * image;
      float *slope_a = tap->gradient + n * image, *slope_b = slope_a + d * image;
      for (int64_t i = 0; i < image; i++) {
        slope_a[i] += slope * (a[i] - b[i]);
        slope_b[i] += slope * (b[i] - a[i]);
      }
    }
  }
}

static const ph_argument arguments[] = {PH_HEAD_LAYER, {0}};

const ph_head_type ph_head_alignment = {
    .name = "alignment",
    .text = "How alike the images of the batch are to their neighbours: minus the mean squared difference of "
            "all pairs up to four apart, those d apart divided by decay^d. 0 where all agree, negative "
            "elsewhere: add it. Raises for a batch of one. (Lucid.)",
    .arguments = arguments,
    .fields = fields,
    .config_size = sizeof(alignment_config),
    .fit = ph_head_fit_several,
    .value = value,
    .gradient = gradient,
};
