/* SPDX-License-Identifier: MIT */
/* ascent: values += rate * gradient. momentum: the same with a velocity that accumulates gradients. With
   normalise "mean", ascent is DeepDream's step (1.5 over the mean absolute gradient); with "l2", keras-vis's
   and luna's.
 */
#include "kinds.h"

static const ph_field ascent_fields[] = {PH_RATE(1), PH_NORMALISE, PH_CLIP, {.key = NULL}};

static void ascent(ph_optimiser *o, float *values, const float *gradient, int64_t count) {
  const ph_intake in = ph_optimiser_intake(o, gradient, count);
  const float rate = (float)o->settings.rate;
#pragma omp parallel for simd schedule(static) if (parallel : count >= PH_PARALLEL_FROM)
  for (int64_t i = 0; i < count; i++) values[i] += rate * ph_take(in, gradient[i]);
}

const ph_optimiser_kind ph_optimiser_ascent = {"ascent", ascent_fields, 0, ascent};

static const ph_field momentum_fields[] = {
    PH_RATE(1),
    {PH_SETTING(momentum), 0.9, 0, 0.999999, NULL, "what the velocity keeps"},
    PH_NORMALISE,
    PH_CLIP,
    {.key = NULL}};

static void momentum(ph_optimiser *o, float *values, const float *gradient, int64_t count) {
  const ph_intake in = ph_optimiser_intake(o, gradient, count);
  const float rate = (float)o->settings.rate, keep = (float)o->settings.momentum;
  float *velocity = ph_tensor_data(o->state[0]);
#pragma omp parallel for simd schedule(static) if (parallel : count >= PH_PARALLEL_FROM)
  for (int64_t i = 0; i < count; i++) {
    float v = keep * velocity[i] + ph_take(in, gradient[i]);
    velocity[i] = v;
    values[i] += rate * v;
  }
}

const ph_optimiser_kind ph_optimiser_momentum = {"momentum", momentum_fields, 1, momentum};
