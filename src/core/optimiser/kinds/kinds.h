/* SPDX-License-Identifier: MIT */
/* What the kinds of optimisers share: the object, their settings, the rows of the table, and the preparation
   of the gradient. For optimiser.c and the files beside this one only. */
#ifndef PH_OPTIMISER_KINDS_H
#define PH_OPTIMISER_KINDS_H

#include <stddef.h>

#include "optimiser/optimiser.h"

/* Below this many numbers waking the other threads costs more than it saves; from there on, threads may take
   spans of this many. */
enum { PH_PARALLEL_FROM = 1 << 15, PH_SPAN = 1 << 12 };

/* Every kind's settings; each has the fields of some. */
typedef struct ph_optimiser_settings {
  double rate, beta1, beta2, epsilon, momentum, rho, weight_decay, clip_value, clip_norm;
  int normalise, form; /* indices into choices */
  int64_t memory;
} ph_optimiser_settings;

typedef struct ph_optimiser_kind {
  const char *name;
  const ph_field *fields;
  int states; /* besides two for every step that `memory` counts */
  void (*update)(ph_optimiser *o, float *values, const float *gradient, int64_t count);
} ph_optimiser_kind;

struct ph_optimiser {
  int references;
  const ph_optimiser_kind *kind;
  ph_optimiser_settings settings;
  int64_t steps;
  ph_tensor *state[PH_OPTIMISER_STATES]; /* NULL before the first step */
};

extern const ph_optimiser_kind ph_optimiser_adam, ph_optimiser_nadam, ph_optimiser_rmsprop,
    ph_optimiser_ascent, ph_optimiser_momentum, ph_optimiser_lbfgs;

/* ---- fields that several kinds have ---- */

enum { PH_NORMALISE_NONE, PH_NORMALISE_L2, PH_NORMALISE_MEAN };
extern const char *const ph_normalisations[];

#define PH_SETTING(name) #name, PH_REAL, offsetof(ph_optimiser_settings, name)
#define PH_RATE(fallback)                                                                                    \
  { PH_SETTING(rate), fallback, 0, 1e9, NULL, "step size" }
#define PH_NORMALISE                                                                                         \
  {                                                                                                          \
    "normalise", PH_CHOICE, offsetof(ph_optimiser_settings, normalise), PH_NORMALISE_NONE, 0, 0,             \
        ph_normalisations, "divide the gradient by its L2 norm (l2) or its mean absolute value (mean)"       \
  }
#define PH_CLIP                                                                                              \
  {PH_SETTING(clip_value), 0, 0, 1e30, NULL, "numbers of the gradient are cut at this, before all; 0: no"},  \
  {                                                                                                          \
    PH_SETTING(clip_norm), 0, 0, 1e30, NULL, "the gradient's L2 norm is at most this, after all; 0: no"      \
  }

/* ---- the gradient ---- */

/* The gradient as an update takes it: cut at `limit`, times `factor`. */
typedef struct ph_intake {
  float limit, factor;
} ph_intake;

ph_intake ph_optimiser_intake(const ph_optimiser *o, const float *gradient, int64_t count);

static inline float ph_take(ph_intake intake, float g) {
  float cut = g > intake.limit ? intake.limit : g < -intake.limit ? -intake.limit : g;
  return intake.factor * cut;
}

#endif
