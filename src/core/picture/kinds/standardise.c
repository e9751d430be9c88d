/* SPDX-License-Identifier: MIT */
/* Means, standard deviations, and their derivatives, in double precision and a fixed order. */
#include "standardise.h"

#include <math.h>

/* The mean of every `parts`th number, from the first and from the second. */
static void find_means(const float *x, int64_t count, ph_parts parts, double mean[2]) {
  mean[0] = mean[1] = 0;
  for (int64_t i = 0; i < count; i++) mean[parts == PH_PARTS_COMPLEX ? i % 2 : 0] += (double)x[i];
  for (int p = 0; p < 2; p++) mean[p] /= (double)(count / parts);
  if (parts == PH_PARTS_REAL) mean[1] = mean[0];
}

double ph_standardise(const float *src, int64_t count, ph_parts parts, double epsilon, float *dst) {
  double mean[2], squares = 0;
  find_means(src, count, parts, mean);
  for (int64_t i = 0; i < count; i++) {
    double distance = (double)src[i] - mean[i % 2];
    squares += distance * distance;
  }
  const double deviation = sqrt(squares / (double)(count / parts));
  for (int64_t i = 0; i < count; i++)
    dst[i] = (float)(((double)src[i] - mean[i % 2]) / (deviation + epsilon));
  return deviation;
}

/* With k = 1 / (deviation + epsilon), n numbers, g the gradient and r the result: k (g - mean g) - r sum(g r)
   / (n deviation). */
void ph_standardise_back(double deviation, const float *result, int64_t count, ph_parts parts, double epsilon,
                         float *gradient) {
  double mean[2], along = 0;
  find_means(gradient, count, parts, mean);
  for (int64_t i = 0; i < count; i++) along += (double)gradient[i] * (double)result[i];
  const double scale = 1 / (deviation + epsilon);
  const double pull = deviation > 0 ? along / ((double)(count / parts) * deviation) : 0;
  for (int64_t i = 0; i < count; i++)
    gradient[i] = (float)(((double)gradient[i] - mean[i % 2]) * scale - pull * (double)result[i]);
}
