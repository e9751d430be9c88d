/* SPDX-License-Identifier: MIT */
/* lbfgs: the two-loop recursion over the last few steps (Nocedal, 1980). It assumes that the objective is the
   same at every step, without random transforms.

   A line search would evaluate the objective several times a step; here every evaluation is a step, and only
   gradients are known. So a step is judged when the next gradient is known: by the trapezium rule, it gained
   half the sum of the slopes at its two ends. A step with a negative gain is shortened to the maximum that
   the slopes predict if they change linearly, and is judged again there. No step is longer than ten times the
   one before. While the curvature is unknown, the step follows the gradient: the first is as long as
   PyTorch's, with a sum of absolute changes of 1, later ones are twice as long as the step before.

   The state: the start of the step, the gradient there, and the stored pairs, the latest first: the change of
   the values in a step, and the decrease of the gradient. Missing pairs are zeros. */
#include <math.h>

#include "kinds.h"

enum { MEMORY = (PH_OPTIMISER_STATES - 2) / 2, LANES = 8 };

static const ph_field fields[] = {PH_RATE(1),
                                  {"memory", PH_INTEGER, offsetof(ph_optimiser_settings, memory), MEMORY, 1,
                                   MEMORY, NULL, "how many steps are remembered"},
                                  PH_CLIP,
                                  {.key = NULL}};

/* ---- vectors ---- */

static double dot(const float *a, const float *b, int64_t count) {
  double lane[LANES] = {0}, sum = 0;
  const int64_t whole = count - count % LANES;
  for (int64_t i = 0; i < whole; i += LANES)
    for (int j = 0; j < LANES; j++) lane[j] += (double)a[i + j] * (double)b[i + j];
  for (int64_t i = whole; i < count; i++) sum += (double)a[i] * (double)b[i];
  for (int j = 0; j < LANES; j++) sum += lane[j];
  return sum;
}

static double norm(const float *a, int64_t count) { return sqrt(dot(a, a, count)); }

static void add(float *dst, double factor, const float *src, int64_t count) {
  const float f = (float)factor;
  for (int64_t i = 0; i < count; i++) dst[i] += f * src[i];
}

static void scale(float *dst, double factor, int64_t count) {
  const float f = (float)factor;
  for (int64_t i = 0; i < count; i++) dst[i] *= f;
}

static float *start(ph_optimiser *o) { return ph_tensor_data(o->state[0]); }
static float *slope(ph_optimiser *o) { return ph_tensor_data(o->state[1]); }
static float *moved(ph_optimiser *o, int i) { return ph_tensor_data(o->state[2 + 2 * i]); }
static float *fallen(ph_optimiser *o, int i) { return ph_tensor_data(o->state[3 + 2 * i]); }

/* ---- the last step ---- */

/* Makes room for a pair in front, in the place of the oldest. */
static void rotate(ph_optimiser *o) {
  const int last = (int)o->settings.memory - 1;
  ph_tensor *oldest[2] = {o->state[2 + 2 * last], o->state[3 + 2 * last]};
  for (int i = 2 * last + 3; i > 3; i--) o->state[i] = o->state[i - 2];
  o->state[2] = oldest[0];
  o->state[3] = oldest[1];
}

typedef struct judgement {
  double before, after; /* slopes along the step, at its ends */
  double length, fall;  /* L2 norms of the step, and of how much the gradient fell on it */
} judgement;

static judgement judge(ph_optimiser *o, const float *values, const float *gradient, ph_intake in,
                       int64_t count) {
  const float *from = start(o), *g = slope(o);
  judgement j = {0};
  for (int64_t i = 0; i < count; i++) {
    double step = (double)(values[i] - from[i]), now = (double)ph_take(in, gradient[i]);
    double fall = (double)g[i] - now;
    j.before += step * (double)g[i];
    j.after += step * now;
    j.length += step * step;
    j.fall += fall * fall;
  }
  j.length = sqrt(j.length);
  j.fall = sqrt(j.fall);
  return j;
}

/* Remembers the step, if the slope fell on it: else it tells nothing of where the top might be. */
static void remember(ph_optimiser *o, judgement j, const float *values, const float *gradient, ph_intake in,
                     int64_t count) {
  if (j.before - j.after <= 1e-7 * j.length * j.fall) return;
  rotate(o);
  const float *from = start(o), *g = slope(o);
  float *step = moved(o, 0), *fall = fallen(o, 0);
  for (int64_t i = 0; i < count; i++) {
    step[i] = values[i] - from[i];
    fall[i] = g[i] - ph_take(in, gradient[i]);
  }
}

/* ---- the next step ---- */

/* Turns the gradient in q into the step that the remembered pairs advise. False where there are none. */
static bool recurse(ph_optimiser *o, float *q, int64_t count) {
  double share[MEMORY], curvature[MEMORY];
  int pairs = 0;
  for (; pairs < o->settings.memory; pairs++) {
    curvature[pairs] = dot(moved(o, pairs), fallen(o, pairs), count);
    if (curvature[pairs] <= 0) break;
    share[pairs] = dot(moved(o, pairs), q, count) / curvature[pairs];
    add(q, -share[pairs], fallen(o, pairs), count);
  }
  if (pairs == 0) return false;
  scale(q, curvature[0] / dot(fallen(o, 0), fallen(o, 0), count), count);
  for (int i = pairs - 1; i >= 0; i--)
    add(q, share[i] - dot(fallen(o, i), q, count) / curvature[i], moved(o, i), count);
  return true;
}

/* What the step is multiplied by. `last` is the length of the one before, 0 for the first. */
static double reach(const ph_optimiser *o, bool advised, double last, const float *step, int64_t count) {
  double length = norm(step, count), rate = o->settings.rate, absolute = 0;
  if (length < 1e-29) return 0;
  if (advised) return last > 0 ? fmin(rate, 10 * last / length) : rate;
  if (last > 0) return rate * 2 * last / length;
  for (int64_t i = 0; i < count; i++) absolute += fabs((double)step[i]);
  return rate * fmin(1, 1 / absolute);
}

static void lbfgs(ph_optimiser *o, float *values, const float *gradient, int64_t count) {
  const ph_intake in = ph_optimiser_intake(o, gradient, count);
  float *from = start(o), *g = slope(o);
  judgement j = {0};
  if (o->steps > 0) {
    j = judge(o, values, gradient, in, count);
    if (j.before > 0 && j.before + j.after < 0) {
      const float back = (float)fmax(j.before / (j.before - j.after), 0.1);
      for (int64_t i = 0; i < count; i++) values[i] = from[i] + back * (values[i] - from[i]);
      return;
    }
    remember(o, j, values, gradient, in, count);
  }
  /* The values are kept as the step's start, so that their place can hold the step while it is made. */
  for (int64_t i = 0; i < count; i++) {
    from[i] = values[i];
    g[i] = values[i] = ph_take(in, gradient[i]);
  }
  bool advised = recurse(o, values, count);
  const float factor = (float)reach(o, advised, j.length, values, count);
  for (int64_t i = 0; i < count; i++) values[i] = from[i] + factor * values[i];
}

const ph_optimiser_kind ph_optimiser_lbfgs = {"lbfgs", fields, 2, lbfgs};
