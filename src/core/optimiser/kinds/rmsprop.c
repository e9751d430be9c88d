/* SPDX-License-Identifier: MIT */
/* rmsprop (Hinton's lecture 6e, 2012): the gradient divided by the root of the moving average of its square.
   The defaults are tf-keras-vis's, whose pictures are in 0..255. keras-vis is rho 0.95, form "inside",
   normalise "l2". */
#include <math.h>

#include "kinds.h"

enum { OUTSIDE, INSIDE };
static const char *const forms[] = {"outside", "inside", NULL};

static const ph_field fields[] = {
    PH_RATE(1),
    {PH_SETTING(rho), 0.999, 0, 0.999999, NULL, "decay of the gradient's mean square"},
    {PH_SETTING(epsilon), 1e-7, 1e-12, 1, NULL, "keeps the divisor from 0"},
    {"form", PH_CHOICE, offsetof(ph_optimiser_settings, form), OUTSIDE, 0, 0, forms,
     "whether epsilon is added to the root or under it"},
    PH_NORMALISE,
    PH_CLIP,
    {.key = NULL}};

static void rmsprop(ph_optimiser *o, float *values, const float *gradient, int64_t count) {
  const ph_intake in = ph_optimiser_intake(o, gradient, count);
  const ph_optimiser_settings *s = &o->settings;
  const float rate = (float)s->rate, rho = (float)s->rho, rest = (float)(1 - s->rho);
  const float under = s->form == INSIDE ? (float)s->epsilon : 0;
  const float added = s->form == INSIDE ? 0 : (float)s->epsilon;
  float *square = ph_tensor_data(o->state[0]);
#pragma omp parallel for simd schedule(static) if (parallel : count >= PH_PARALLEL_FROM)
  for (int64_t i = 0; i < count; i++) {
    float g = ph_take(in, gradient[i]);
    float v = rho * square[i] + rest * g * g;
    square[i] = v;
    values[i] += rate * g / (sqrtf(v + under) + added);
  }
}

const ph_optimiser_kind ph_optimiser_rmsprop = {"rmsprop", fields, 1, rmsprop};
