/* SPDX-License-Identifier: MIT */
/* Distances of an activation, by default the picture: to a constant (l1, l2) and to another picture
   (input_difference). They are positive; a recipe that penalises them subtracts them. */
#include <math.h>

#include "objective/head.h"
#include "sums.h"

static int64_t count_of(const ph_tap *tap) { return tap->n * tap->c * tap->h * tap->w; }

/* ---- l1, l2 ---- */

typedef struct norm_config {
  ph_head_place place;
  double constant, epsilon;
  bool mean;
} norm_config;

#define CONSTANT                                                                                             \
  { "constant", PH_REAL, offsetof(norm_config, constant), 0, -1e9, 1e9, NULL, "what is subtracted first" }
#define MEAN                                                                                                 \
  {                                                                                                          \
    "mean", PH_FLAG, offsetof(norm_config, mean), 0, 0, 1, NULL,                                             \
        "the mean over the elements in the place of their sum"                                               \
  }

static const ph_field l1_fields[] = {PH_PICTURE_PLACE, CONSTANT, MEAN, {0}};

static const ph_field l2_fields[] = {
    PH_PICTURE_PLACE,
    CONSTANT,
    {"epsilon", PH_REAL, offsetof(norm_config, epsilon), 1e-6, 0, 1e9, NULL, "added to the sum of squares"},
    MEAN,
    {0}};

static const norm_config *config_of(const ph_head *head) { return (const norm_config *)head->config; }

static double share_of(const ph_head *head, const ph_tap *tap) {
  return config_of(head)->mean ? 1 / (double)count_of(tap) : 1;
}

/* sum |x - constant| */
static double l1_value(const ph_head *head, const ph_tap *tap) {
  double constant = config_of(head)->constant, sum = 0;
  int64_t count = count_of(tap);
#pragma omp simd reduction(+ : sum)
  for (int64_t i = 0; i < count; i++) sum += fabs((double)tap->activation[i] - constant);
  return share_of(head, tap) * sum;
}

static void l1_gradient(const ph_head *head, const ph_tap *tap, double coefficient) {
  double constant = config_of(head)->constant;
  float slope = (float)(coefficient * share_of(head, tap));
  int64_t count = count_of(tap);
  for (int64_t i = 0; i < count; i++) {
    double difference = (double)tap->activation[i] - constant;
    tap->gradient[i] += difference > 0 ? slope : difference < 0 ? -slope : 0;
  }
}

const ph_head_type ph_head_l1 = {
    .name = "l1",
    .text = "sum |x - constant|.",
    .layer = ph_picture_name,
    .fields = l1_fields,
    .config_size = sizeof(norm_config),
    .value = l1_value,
    .gradient = l1_gradient,
};

/* sqrt(epsilon + sum (x - constant)^2) */
static double l2_value(const ph_head *head, const ph_tap *tap) {
  double constant = config_of(head)->constant, sum = 0;
  int64_t count = count_of(tap);
#pragma omp simd reduction(+ : sum)
  for (int64_t i = 0; i < count; i++) {
    double difference = (double)tap->activation[i] - constant;
    sum += difference * difference;
  }
  return tap->scratch[0] = sqrt(config_of(head)->epsilon + share_of(head, tap) * sum);
}

static void l2_gradient(const ph_head *head, const ph_tap *tap, double coefficient) {
  double constant = config_of(head)->constant, norm = tap->scratch[0];
  int64_t count = count_of(tap);
  if (norm == 0) return; /* the point of the cone: no direction is better than another */
  double slope = coefficient * share_of(head, tap) / norm;
  for (int64_t i = 0; i < count; i++)
    tap->gradient[i] += (float)(slope * ((double)tap->activation[i] - constant));
}

static int64_t one_double(const ph_head *head, const ph_tap *tap) {
  (void)head, (void)tap;
  return 1;
}

const ph_head_type ph_head_l2 = {
    .name = "l2",
    .text = "sqrt(epsilon + sum (x - constant)^2).",
    .layer = ph_picture_name,
    .fields = l2_fields,
    .config_size = sizeof(norm_config),
    .scratch = one_double,
    .value = l2_value,
    .gradient = l2_gradient,
};

/* ---- input_difference ---- */

static const ph_field difference_fields[] = {PH_PICTURE_PLACE, {0}};

/* One tensor serves all images, or each image has its own. */
static ph_status difference_fit(const ph_head *head, const ph_tap *tap, ph_error *e) {
  char expected[PH_SHAPE_TEXT], got[PH_SHAPE_TEXT];
  ph_shape shape = ph_tensor_shape(head->tensor);
  int rank = shape.rank;
  bool fits = (rank == 3 || rank == 4) && shape.dim[rank - 3] == tap->c && shape.dim[rank - 2] == tap->h &&
              shape.dim[rank - 1] == tap->w && (rank == 3 || shape.dim[0] == 1 || shape.dim[0] == tap->n);
  if (fits) return PH_OK;
  return ph_fail(e, PH_MISUSE, "layer '%s': input_difference expected a tensor of shape %s, got %s",
                 tap->layer, ph_shape_print(ph_shape4(tap->n, tap->c, tap->h, tap->w), expected),
                 ph_shape_print(shape, got));
}

/* The tensor's part for image n. */
static const float *target_of(const ph_head *head, const ph_tap *tap, int64_t n) {
  int64_t image = tap->c * tap->h * tap->w;
  return ph_tensor_read(head->tensor) + (ph_tensor_count(head->tensor) > image ? n * image : 0);
}

/* Root mean square of x - tensor. */
static double difference_value(const ph_head *head, const ph_tap *tap) {
  int64_t image = tap->c * tap->h * tap->w;
  double sum = 0;
  for (int64_t n = 0; n < tap->n; n++) {
    const float *x = tap->activation + n * image, *target = target_of(head, tap, n);
#pragma omp simd reduction(+ : sum)
    for (int64_t i = 0; i < image; i++) {
      double difference = (double)x[i] - (double)target[i];
      sum += difference * difference;
    }
  }
  return tap->scratch[0] = sqrt(sum / (double)count_of(tap));
}

static void difference_gradient(const ph_head *head, const ph_tap *tap, double coefficient) {
  int64_t image = tap->c * tap->h * tap->w;
  double root = tap->scratch[0];
  if (root == 0) return; /* as in l2 */
  float slope = (float)(coefficient / (root * (double)count_of(tap)));
  for (int64_t n = 0; n < tap->n; n++) {
    const float *x = tap->activation + n * image, *target = target_of(head, tap, n);
    for (int64_t i = 0; i < image; i++) tap->gradient[n * image + i] += slope * (x[i] - target[i]);
  }
}

static const ph_argument only_tensor[] = {
    {"tensor", {"tensor", NULL}, "(1, c, h, w) for all images, or (n, c, h, w); not copied", false}, {0}};

const ph_head_type ph_head_input_difference = {
    .name = "input_difference",
    .text = "The root mean square of the difference from a tensor.",
    .layer = ph_picture_name,
    .arguments = only_tensor,
    .fields = difference_fields,
    .config_size = sizeof(ph_head_place),
    .fit = difference_fit,
    .scratch = one_double,
    .value = difference_value,
    .gradient = difference_gradient,
};
