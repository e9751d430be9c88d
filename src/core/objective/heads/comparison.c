/* SPDX-License-Identifier: MIT */
/* Comparisons of an image's activation x with a target t, all of it taken as one vector. Over several images
   they are means.

   activation_difference: mean |x - t|, or mean (x - t)^2; recipes subtract it (Lucid's notebook on style
   transfer). caricature: x.t max(0.1, x.t / |x|)^power, which asks for more of what t has (Lucid 0.3.10,
   recipes/caricature.py). cosine: x.t / (|x| |t|) (Xplique, features_visualizations/losses.py). */
#include <math.h>

#include "sums.h"
#include "target.h"

/* ---- what a comparison is computed from ---- */

/* All but mean |x - t| are functions of three numbers, so that a type is that function and its slopes. */
typedef struct moments {
  double dot, xx, tt; /* x.t, x.x, t.t */
} moments;

/* The value, and its derivatives by the moments. */
typedef struct comparison {
  double value;
  moments slope;
} comparison;

typedef comparison (*compare)(const ph_head *head, moments m, int64_t count);

static int64_t size_of(const ph_tap *tap) { return tap->c * tap->h * tap->w; }

/* Scratch: the moments of every image. */
static int64_t scratch(const ph_head *head, const ph_tap *tap) {
  (void)head;
  return tap->n * (int64_t)(sizeof(moments) / sizeof(double));
}

static moments *moments_of(const ph_tap *tap, int64_t n) { return (moments *)tap->scratch + n; }

static double mean_value(const ph_head *head, const ph_tap *tap, compare function) {
  int64_t size = size_of(tap);
  double sum = 0;
  for (int64_t n = 0; n < tap->n; n++) {
    if (!ph_target_compares(head, n)) continue;
    const float *x = tap->activation + n * size, *t = ph_target_of(head, tap, n);
    moments m = {ph_dot(x, t, size), ph_dot(x, x, size), ph_dot(t, t, size)};
    *moments_of(tap, n) = m;
    sum += function(head, m, size).value;
  }
  return sum / (double)ph_target_compared(head, tap);
}

static void mean_gradient(const ph_head *head, const ph_tap *tap, double coefficient, compare function) {
  int64_t size = size_of(tap);
  float *target_gradient = ph_target_gradient(head, tap);
  double share = coefficient / (double)ph_target_compared(head, tap);
  for (int64_t n = 0; n < tap->n; n++) {
    if (!ph_target_compares(head, n)) continue;
    const float *x = tap->activation + n * size, *t = ph_target_of(head, tap, n);
    float *gradient = tap->gradient + n * size;
    moments slope = function(head, *moments_of(tap, n), size).slope;
    ph_add_scaled(gradient, share * slope.dot, t, size);
    ph_add_scaled(gradient, 2 * share * slope.xx, x, size);
    if (target_gradient == NULL) continue;
    ph_add_scaled(target_gradient, share * slope.dot, x, size);
    ph_add_scaled(target_gradient, 2 * share * slope.tt, t, size);
  }
}

/* ---- activation_difference ---- */

typedef struct difference_config {
  ph_target target;
  int loss; /* index into losses */
} difference_config;

enum { L1, L2 };
static const char *const losses[] = {"l1", "l2", NULL};

static const ph_field difference_fields[] = {PH_TARGET_FIELDS,
                                             {"loss", PH_CHOICE, offsetof(difference_config, loss), L1, 0, 0,
                                              losses,
                                              "the mean of absolute differences, or of their squares"},
                                             {0}};

static int loss_of(const ph_head *head) { return ((const difference_config *)head->config)->loss; }

static comparison mean_square(const ph_head *head, moments m, int64_t count) {
  double share = 1 / (double)count;
  (void)head;
  return (comparison){share * (m.xx + m.tt - 2 * m.dot), {-2 * share, share, share}};
}

static double difference_value(const ph_head *head, const ph_tap *tap) {
  int64_t size = size_of(tap);
  double sum = 0;
  if (loss_of(head) == L2) return mean_value(head, tap, mean_square);
  for (int64_t n = 0; n < tap->n; n++) {
    if (!ph_target_compares(head, n)) continue;
    const float *x = tap->activation + n * size, *t = ph_target_of(head, tap, n);
#pragma omp simd reduction(+ : sum)
    for (int64_t i = 0; i < size; i++) sum += fabs((double)x[i] - (double)t[i]);
  }
  return sum / (double)(ph_target_compared(head, tap) * size);
}

static void difference_gradient(const ph_head *head, const ph_tap *tap, double coefficient) {
  int64_t size = size_of(tap);
  float *target_gradient = ph_target_gradient(head, tap);
  float share = (float)(coefficient / (double)(ph_target_compared(head, tap) * size));
  if (loss_of(head) == L2) {
    mean_gradient(head, tap, coefficient, mean_square);
    return;
  }
  for (int64_t n = 0; n < tap->n; n++) {
    if (!ph_target_compares(head, n)) continue;
    const float *x = tap->activation + n * size, *t = ph_target_of(head, tap, n);
    float *gradient = tap->gradient + n * size;
    for (int64_t i = 0; i < size; i++) {
      float slope = share * ((float)(x[i] > t[i]) - (float)(x[i] < t[i]));
      gradient[i] += slope;
      if (target_gradient != NULL) target_gradient[i] -= slope;
    }
  }
}

const ph_head_type ph_head_activation_difference = {
    .name = "activation_difference",
    .text = "How far the activation of an image is from a target: the mean of |x - t| or of (x - t)^2. "
            "Subtract it. The target is a network, `net:forward(picture, layers)`, for what it just computed "
            "at the layer; or a tensor; or another image of the batch, which then is drawn towards the first "
            "as well, unless a mask holds it: that way it passes through the same transforms. At several "
            "layers, the sum. (Lucid's notebook on style transfer.)",
    .arguments = ph_target_arguments,
    .whole_batch = true,
    .fields = difference_fields,
    .config_size = sizeof(difference_config),
    .check = ph_target_check,
    .fit = ph_target_fit,
    .scratch = scratch,
    .value = difference_value,
    .gradient = difference_gradient,
};

/* ---- caricature ---- */

typedef struct caricature_config {
  ph_target target;
  double power;
} caricature_config;

static const double caricature_epsilon = 1e-6, floor_cosine = 0.1; /* Lucid's */

static const ph_field caricature_fields[] = {PH_TARGET_FIELDS,
                                             {"cosine_power", PH_REAL, offsetof(caricature_config, power), 0,
                                              0, 100, NULL, "how much the angle counts; with 0 not at all"},
                                             {0}};

/* As in Lucid, what stands for the cosine is not divided by the target's length, which does not change. */
static comparison exaggerate(const ph_head *head, moments m, int64_t count) {
  double power = ((const caricature_config *)head->config)->power, length = sqrt(m.xx);
  double cosine = m.dot / (caricature_epsilon + length);
  double weight = pow(cosine > floor_cosine ? cosine : floor_cosine, power);
  comparison c = {m.dot * weight, {weight, 0, 0}};
  (void)count;
  if (cosine <= floor_cosine) return c;
  c.slope.dot += power * weight;
  c.slope.xx = -m.dot * power * weight / (2 * length * (caricature_epsilon + length));
  return c;
}

static double caricature_value(const ph_head *head, const ph_tap *tap) {
  return mean_value(head, tap, exaggerate);
}

static void caricature_gradient(const ph_head *head, const ph_tap *tap, double coefficient) {
  mean_gradient(head, tap, coefficient, exaggerate);
}

const ph_head_type ph_head_caricature = {
    .name = "caricature",
    .text = "More of what a target's activation t has: (x . t) max(0.1, x . t / |x|)^cosine_power, all "
            "channels and positions as one vector. Over several images the mean. (Lucid's recipe caricature; "
            "feature inversion with power 0.)",
    .arguments = ph_target_arguments,
    .whole_batch = true,
    .fields = caricature_fields,
    .config_size = sizeof(caricature_config),
    .check = ph_target_check,
    .fit = ph_target_fit,
    .scratch = scratch,
    .value = caricature_value,
    .gradient = caricature_gradient,
};

/* ---- cosine ---- */

static const ph_field cosine_fields[] = {PH_TARGET_FIELDS, {0}};

static const double least_square = 1e-12; /* of tf.nn.l2_normalize, which Xplique's is made of */

static comparison angle(const ph_head *head, moments m, int64_t count) {
  bool x_is_there = m.xx > least_square, t_is_there = m.tt > least_square;
  double lengths = sqrt(x_is_there ? m.xx : least_square) * sqrt(t_is_there ? m.tt : least_square);
  double value = m.dot / lengths;
  (void)head, (void)count;
  return (comparison){
      value, {1 / lengths, x_is_there ? -value / (2 * m.xx) : 0, t_is_there ? -value / (2 * m.tt) : 0}};
}

static double cosine_value(const ph_head *head, const ph_tap *tap) { return mean_value(head, tap, angle); }

static void cosine_gradient(const ph_head *head, const ph_tap *tap, double coefficient) {
  mean_gradient(head, tap, coefficient, angle);
}

const ph_head_type ph_head_cosine = {
    .name = "cosine",
    .text = "The cosine of the angle between the activation of an image and a target, all channels and "
            "positions as one vector: 1 where they agree, 0 where they have nothing in common. Over several "
            "images the mean. (Xplique's cosine_similarity; its direction objective is `ph.caricature(layer, "
            "target) * ph.cosine(layer, target) ^ 2`.)",
    .arguments = ph_target_arguments,
    .whole_batch = true,
    .fields = cosine_fields,
    .config_size = sizeof(ph_target),
    .check = ph_target_check,
    .fit = ph_target_fit,
    .scratch = scratch,
    .value = cosine_value,
    .gradient = cosine_gradient,
};
