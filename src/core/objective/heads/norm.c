/* SPDX-License-Identifier: MIT */
/* Norms of a picture that few penalties use, each image's on its own, and added up: lp is (sum
   |x - constant|^power)^(1/power), and l_infinity, where that goes as the power grows, is the largest |x -
   constant|. With mean the sum is a mean. (keras-vis, tf-keras-vis, Xplique.) */
#include <math.h>

#include "objective/head.h"

typedef struct lp_config {
  ph_head_place place;
  double constant, power;
  bool mean;
} lp_config;

#define CONSTANT                                                                                             \
  { "constant", PH_REAL, offsetof(lp_config, constant), 0, -1e9, 1e9, NULL, "what is subtracted first" }

static const ph_field lp_fields[] = {
    PH_PICTURE_PLACE,
    {"power", PH_REAL, offsetof(lp_config, power), 6, 1, 100, NULL, "what differences are raised to"},
    CONSTANT,
    {"mean", PH_FLAG, offsetof(lp_config, mean), 0, 0, 1, NULL, "the mean of the powers, not their sum"},
    {0}};

static const ph_field infinity_fields[] = {PH_PICTURE_PLACE, CONSTANT, {0}};

static const lp_config *config_of(const ph_head *head) { return (const lp_config *)head->config; }

static int64_t size_of(const ph_tap *tap) { return tap->c * tap->h * tap->w; }

static double difference(const ph_head *head, float x) { return (double)x - config_of(head)->constant; }

static double sign_of(double x) { return (x > 0) - (x < 0); }

/* Scratch: each image's norm. */
static int64_t scratch(const ph_head *head, const ph_tap *tap) {
  (void)head;
  return tap->n;
}

/* ---- lp ---- */

static double share_of(const ph_head *head, const ph_tap *tap) {
  return config_of(head)->mean ? 1 / (double)size_of(tap) : 1;
}

static double lp_value(const ph_head *head, const ph_tap *tap) {
  double power = config_of(head)->power, total = 0;
  for (int64_t n = 0; n < tap->n; n++) {
    const float *x = tap->activation + n * size_of(tap);
    double sum = 0;
    for (int64_t i = 0; i < size_of(tap); i++) sum += pow(fabs(difference(head, x[i])), power);
    total += tap->scratch[n] = pow(share_of(head, tap) * sum, 1 / power);
  }
  return total;
}

static void lp_gradient(const ph_head *head, const ph_tap *tap, double coefficient) {
  double power = config_of(head)->power;
  for (int64_t n = 0; n < tap->n; n++) {
    const float *x = tap->activation + n * size_of(tap);
    float *gradient = tap->gradient + n * size_of(tap);
    double norm = tap->scratch[n], share = coefficient * share_of(head, tap);
    if (norm == 0) continue; /* the point of the cone: no direction is better than another */
    for (int64_t i = 0; i < size_of(tap); i++) {
      double d = difference(head, x[i]);
      gradient[i] += (float)(share * sign_of(d) * pow(fabs(d) / norm, power - 1));
    }
  }
}

const ph_head_type ph_head_lp = {
    .name = "lp",
    .text = "(sum |x - constant|^power)^(1/power) of each image, added up. (keras-vis's LPNorm is this `^ "
            "power`.)",
    .layer = ph_picture_name,
    .fields = lp_fields,
    .config_size = sizeof(lp_config),
    .scratch = scratch,
    .value = lp_value,
    .gradient = lp_gradient,
};

/* ---- l_infinity ---- */

static double infinity_value(const ph_head *head, const ph_tap *tap) {
  double total = 0;
  for (int64_t n = 0; n < tap->n; n++) {
    const float *x = tap->activation + n * size_of(tap);
    double largest = 0;
    for (int64_t i = 0; i < size_of(tap); i++) {
      double distance = fabs(difference(head, x[i]));
      if (distance > largest || isnan(distance)) largest = distance;
    }
    total += tap->scratch[n] = largest;
  }
  return total;
}

/* Elements that are equally far share the slope. */
static void infinity_gradient(const ph_head *head, const ph_tap *tap, double coefficient) {
  for (int64_t n = 0; n < tap->n; n++) {
    const float *x = tap->activation + n * size_of(tap);
    float *gradient = tap->gradient + n * size_of(tap);
    double largest = tap->scratch[n];
    int64_t count = 0;
    for (int64_t i = 0; i < size_of(tap); i++) count += fabs(difference(head, x[i])) == largest;
    for (int64_t i = 0; i < size_of(tap); i++) {
      double d = difference(head, x[i]);
      if (fabs(d) == largest) gradient[i] += (float)(coefficient * sign_of(d) / (double)count);
    }
  }
}

const ph_head_type ph_head_l_infinity = {
    .name = "l_infinity",
    .text = "The largest |x - constant| of each image, added up.",
    .layer = ph_picture_name,
    .fields = infinity_fields,
    .config_size = sizeof(lp_config),
    .scratch = scratch,
    .value = infinity_value,
    .gradient = infinity_gradient,
};
