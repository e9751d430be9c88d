/* SPDX-License-Identifier: MIT */
/* adam (Kingma and Ba, 2015), with weight decay apart from the gradient (AdamW: Loshchilov and Hutter, 2019),
   and nadam (Dozat, 2016). The state is the exponential moving averages of the gradient and of its square. */
#include <math.h>

#include "base/vector.h"
#include "kinds.h"

#define BETAS                                                                                                \
  {PH_SETTING(beta1), 0.9, 0, 0.999999, NULL, "decay of the gradient's mean"}, {                             \
    PH_SETTING(beta2), 0.999, 0, 0.999999, NULL, "decay of its mean square"                                  \
  }

enum { TENSORFLOW, PYTORCH };
static const char *const forms[] = {"tensorflow", "pytorch", NULL};

/* The defaults are Lucid's: its rate, and TensorFlow's betas, epsilon and form. */
static const ph_field adam_fields[] = {
    PH_RATE(0.05),
    BETAS,
    {PH_SETTING(epsilon), 1e-8, 1e-12, 1, NULL, "added to the root of the latter"},
    {"form", PH_CHOICE, offsetof(ph_optimiser_settings, form), TENSORFLOW, 0, 0, forms,
     "whether epsilon is added to the root as it is, or to the bias-corrected root"},
    {PH_SETTING(weight_decay), 0, 0, 1, NULL, "before a step, values shrink by this times the rate"},
    PH_NORMALISE,
    PH_CLIP,
    {.key = NULL}};

/* What both do to every number: values = keep * values + (of_gradient * g + of_mean * m) / (of_root * sqrt(v)
   + epsilon), m and v being the means. A step settles the factors. */
typedef struct adam_update {
  ph_intake in;
  float keep, of_gradient, of_mean, of_root, epsilon;
  float beta1, beta2, rest1, rest2;
} adam_update;

PH_VECTOR static void update_span(adam_update u, float *restrict values, const float *restrict gradient,
                                  float *restrict first, float *restrict second, int64_t count) {
  for (int64_t i = 0; i < count; i++) {
    float g = ph_take(u.in, gradient[i]);
    float m = u.beta1 * first[i] + u.rest1 * g;
    float v = u.beta2 * second[i] + u.rest2 * g * g;
    first[i] = m;
    second[i] = v;
    values[i] = u.keep * values[i] + (u.of_gradient * g + u.of_mean * m) / (u.of_root * sqrtf(v) + u.epsilon);
  }
}

static void update(ph_optimiser *o, adam_update u, float *values, const float *gradient, int64_t count) {
  const ph_optimiser_settings *s = &o->settings;
  float *first = ph_tensor_data(o->state[0]), *second = ph_tensor_data(o->state[1]);
  u.in = ph_optimiser_intake(o, gradient, count);
  u.beta1 = (float)s->beta1, u.rest1 = (float)(1 - s->beta1);
  u.beta2 = (float)s->beta2, u.rest2 = (float)(1 - s->beta2);
#pragma omp parallel for schedule(static) if (count >= PH_PARALLEL_FROM)
  for (int64_t from = 0; from < count; from += PH_SPAN) {
    int64_t length = count - from < PH_SPAN ? count - from : PH_SPAN;
    update_span(u, values + from, gradient + from, first + from, second + from, length);
  }
}

/* ---- adam ---- */

static void adam(ph_optimiser *o, float *values, const float *gradient, int64_t count) {
  const ph_optimiser_settings *s = &o->settings;
  const double t = (double)(o->steps + 1), correction = sqrt(1 - pow(s->beta2, t));
  const adam_update u = {
      .keep = (float)(1 - s->rate * s->weight_decay),
      .of_mean = (float)(s->rate * correction / (1 - pow(s->beta1, t))),
      .of_root = 1,
      /* sqrt(v) / correction + e is (sqrt(v) + e * correction) / correction. */
      .epsilon = (float)(s->form == PYTORCH ? s->epsilon * correction : s->epsilon),
  };
  update(o, u, values, gradient, count);
}

const ph_optimiser_kind ph_optimiser_adam = {"adam", adam_fields, 2, adam};

/* ---- nadam ---- */

static const ph_field nadam_fields[] = {
    PH_RATE(1),
    BETAS,
    {PH_SETTING(epsilon), 1e-8, 1e-12, 1, NULL, "added to the bias-corrected root of the latter"},
    PH_NORMALISE,
    PH_CLIP,
    {.key = NULL}};

/* Dozat's schedule of the momentum, with the constants that Keras and PyTorch share. */
static double momentum_at(double beta1, int64_t t) {
  return beta1 * (1 - 0.5 * pow(0.96, 0.004 * (double)t));
}

static void nadam(ph_optimiser *o, float *values, const float *gradient, int64_t count) {
  const ph_optimiser_settings *s = &o->settings;
  const int64_t t = o->steps + 1;
  double product = 1;
  for (int64_t i = 1; i <= t && product > 1e-20; i++) product *= momentum_at(s->beta1, i);
  const double now = momentum_at(s->beta1, t), next = momentum_at(s->beta1, t + 1);
  const adam_update u = {
      .keep = 1,
      .of_gradient = (float)(s->rate * (1 - now) / (1 - product)),
      .of_mean = (float)(s->rate * next / (1 - product * next)),
      .of_root = (float)(1 / sqrt(1 - pow(s->beta2, (double)t))),
      .epsilon = (float)s->epsilon,
  };
  update(o, u, values, gradient, count);
}

const ph_optimiser_kind ph_optimiser_nadam = {"nadam", nadam_fields, 2, nadam};
