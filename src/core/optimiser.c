/* Optimisers. Each kind is a table of settings and an update in one pass over the data. Sums run in fixed
   lanes, updates element by element, so results do not depend on the number of threads. */
#include "optimiser.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "memory.h"

enum { PARALLEL_FROM = 1 << 17, LANES = 8 };

typedef enum normalisation { NORMALISE_NONE, NORMALISE_L2, NORMALISE_MEAN } normalisation;

typedef struct settings {
  double rate, beta1, beta2, epsilon, momentum;
  int normalise; /* normalisation */
} settings;

typedef struct kind {
  const char *name;
  const ph_field *fields;
  int states;
  void (*update)(const ph_optimiser *o, float *values, const float *gradient, int64_t count);
} kind;

struct ph_optimiser {
  int references;
  const kind *kind;
  settings settings;
  int64_t steps;
  ph_tensor *state[PH_OPTIMISER_STATES]; /* NULL before the first step */
};

/* ---- gradients as a whole ---- */

/* Infinities and NaN, and they alone, have every bit of the exponent set. */
static bool is_finite(const float *x, int64_t count) {
  uint32_t found = 0;
  for (int64_t i = 0; i < count; i++) {
    uint32_t bits;
    memcpy(&bits, x + i, sizeof bits);
    found |= (bits & UINT32_C(0x7f800000)) == UINT32_C(0x7f800000);
  }
  return found == 0;
}

/* The sum of |x| or of x * x. */
static double total(normalisation of, const float *x, int64_t count) {
  double lane[LANES] = {0}, sum = 0;
  const int64_t whole = count - count % LANES;
  for (int64_t i = 0; i < whole; i += LANES) {
    for (int j = 0; j < LANES; j++) {
      double value = (double)x[i + j];
      lane[j] += of == NORMALISE_L2 ? value * value : fabs(value);
    }
  }
  for (int64_t i = whole; i < count; i++) {
    double value = (double)x[i];
    sum += of == NORMALISE_L2 ? value * value : fabs(value);
  }
  for (int j = 0; j < LANES; j++) sum += lane[j];
  return sum;
}

/* What the gradient is multiplied by; 0 for a gradient of zeros, which has no direction, or one so small that
   the factor, times the largest rate, would be no float. */
static double normaliser(normalisation by, const float *gradient, int64_t count) {
  if (by == NORMALISE_NONE) return 1;
  double size = total(by, gradient, count);
  size = by == NORMALISE_L2 ? sqrt(size) : size / (double)count;
  return size > 1e-29 ? 1 / size : 0;
}

/* ---- kinds ---- */

static const char *const normalisations[] = {"none", "l2", "mean", NULL};

#define RATE(fallback)                                                                                       \
  { "rate", PH_REAL, offsetof(settings, rate), fallback, 0, 1e9, NULL, "step size" }
#define NORMALISE                                                                                            \
  {                                                                                                          \
    "normalise", PH_CHOICE, offsetof(settings, normalise), NORMALISE_NONE, 0, 0, normalisations,             \
        "divide the gradient by its L2 norm (l2) or its mean absolute value (mean)"                          \
  }

/* The defaults are Lucid's: its rate, and TensorFlow's betas and epsilon. */
static const ph_field adam_fields[] = {
    RATE(0.05),
    {"beta1", PH_REAL, offsetof(settings, beta1), 0.9, 0, 0.999999, NULL, "decay of the gradient's mean"},
    {"beta2", PH_REAL, offsetof(settings, beta2), 0.999, 0, 0.999999, NULL, "decay of its mean square"},
    {"epsilon", PH_REAL, offsetof(settings, epsilon), 1e-8, 1e-12, 1, NULL,
     "added to the root of the latter"},
    {.key = NULL}};

static void adam(const ph_optimiser *o, float *values, const float *gradient, int64_t count) {
  const settings *s = &o->settings;
  const double t = (double)(o->steps + 1);
  const float rate = (float)(s->rate * sqrt(1 - pow(s->beta2, t)) / (1 - pow(s->beta1, t)));
  const float beta1 = (float)s->beta1, beta2 = (float)s->beta2, epsilon = (float)s->epsilon;
  const float rest1 = (float)(1 - s->beta1), rest2 = (float)(1 - s->beta2);
  float *first = ph_tensor_data(o->state[0]), *second = ph_tensor_data(o->state[1]);
#pragma omp parallel for simd schedule(static) if (parallel : count >= PARALLEL_FROM)
  for (int64_t i = 0; i < count; i++) {
    float g = gradient[i];
    float m = beta1 * first[i] + rest1 * g;
    float v = beta2 * second[i] + rest2 * g * g;
    first[i] = m;
    second[i] = v;
    values[i] += rate * m / (sqrtf(v) + epsilon);
  }
}

static const ph_field ascent_fields[] = {RATE(1), NORMALISE, {.key = NULL}};

static void ascent(const ph_optimiser *o, float *values, const float *gradient, int64_t count) {
  const settings *s = &o->settings;
  const float rate = (float)(s->rate * normaliser((normalisation)s->normalise, gradient, count));
#pragma omp parallel for simd schedule(static) if (parallel : count >= PARALLEL_FROM)
  for (int64_t i = 0; i < count; i++) values[i] += rate * gradient[i];
}

static const ph_field momentum_fields[] = {
    RATE(1),
    {"momentum", PH_REAL, offsetof(settings, momentum), 0.9, 0, 0.999999, NULL, "what the velocity keeps"},
    NORMALISE,
    {.key = NULL}};

static void momentum(const ph_optimiser *o, float *values, const float *gradient, int64_t count) {
  const settings *s = &o->settings;
  const float rate = (float)s->rate, keep = (float)s->momentum;
  const float factor = (float)normaliser((normalisation)s->normalise, gradient, count);
  float *velocity = ph_tensor_data(o->state[0]);
#pragma omp parallel for simd schedule(static) if (parallel : count >= PARALLEL_FROM)
  for (int64_t i = 0; i < count; i++) {
    float v = keep * velocity[i] + factor * gradient[i];
    velocity[i] = v;
    values[i] += rate * v;
  }
}

static const kind kinds[] = {
    {"adam", adam_fields, 2, adam},
    {"ascent", ascent_fields, 0, ascent},
    {"momentum", momentum_fields, 1, momentum},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

/* ---- life ---- */

static ph_status find_kind(const char *name, const kind **found, ph_error *e) {
  const char *names[KINDS + 1] = {NULL};
  for (int i = 0; i < KINDS; i++) names[i] = kinds[i].name;
  const ph_field fields[] = {{.key = "kind", .kind = PH_CHOICE, .choices = names}, {.key = NULL}};
  const ph_setting setting = {.key = "kind", .text = name};
  int index = 0;
  ph_status status = ph_fields_apply(fields, &index, &setting, 1, "optimiser", e);
  *found = &kinds[index];
  return status;
}

ph_status ph_optimiser_new(const char *name, const ph_setting *given, int count, ph_optimiser **optimiser,
                           ph_error *e) {
  ph_status status;
  char what[64];
  ph_optimiser *o = NULL;
  const kind *found;
  PH_TRY(find_kind(name, &found, e));
  o = ph_alloc(sizeof *o);
  if (o == NULL) return ph_no_memory(e);
  o->references = 1;
  o->kind = found;
  snprintf(what, sizeof what, "optimiser '%s'", found->name);
  ph_fields_default(found->fields, &o->settings);
  PH_TRY(ph_fields_apply(found->fields, &o->settings, given, count, what, e));
  *optimiser = o;
  return PH_OK;
fail:
  ph_optimiser_release(o);
  return status;
}

ph_optimiser *ph_optimiser_retain(ph_optimiser *o) {
  o->references++;
  return o;
}

void ph_optimiser_release(ph_optimiser *o) {
  if (o == NULL || --o->references > 0) return;
  for (int i = 0; i < PH_OPTIMISER_STATES; i++) ph_tensor_release(o->state[i]);
  ph_free(o);
}

/* ---- steps ---- */

/* Replaces the state by fresh tensors, all or none of them: copies of `source`, or zeros where it is NULL. */
static ph_status renew_state(ph_optimiser *o, ph_shape shape, const ph_tensor *const *source, ph_error *e) {
  ph_tensor *fresh[PH_OPTIMISER_STATES] = {NULL};
  for (int i = 0; i < o->kind->states; i++) {
    ph_status status = ph_tensor_new(shape, &fresh[i], e);
    if (status != PH_OK) {
      while (i-- > 0) ph_tensor_release(fresh[i]);
      return status;
    }
    if (source != NULL) ph_tensor_copy(fresh[i], source[i]);
  }
  for (int i = 0; i < o->kind->states; i++) {
    ph_tensor_release(o->state[i]);
    o->state[i] = fresh[i];
  }
  return PH_OK;
}

ph_status ph_optimiser_step(ph_optimiser *o, ph_tensor *values, const ph_tensor *gradient, ph_error *e) {
  ph_status status;
  const int64_t count = ph_tensor_count(values);
  PH_TRY(ph_tensor_expect(gradient, ph_tensor_shape(values), "gradient", e));
  if (o->state[0] != NULL) PH_TRY(ph_tensor_expect(values, ph_tensor_shape(o->state[0]), "values", e));
  if (!is_finite(ph_tensor_read(gradient), count)) {
    ph_statistics s = ph_tensor_statistics(gradient);
    return ph_fail(e, PH_FAILURE, "gradient is not finite: %lld of %lld numbers are NaN or infinite",
                   (long long)s.not_finite, (long long)count);
  }
  if (o->state[0] == NULL) PH_TRY(renew_state(o, ph_tensor_shape(values), NULL, e));
  o->kind->update(o, ph_tensor_data(values), ph_tensor_read(gradient), count);
  o->steps++;
fail:
  return status;
}

double ph_optimiser_rate(const ph_optimiser *o) { return o->settings.rate; }

ph_status ph_optimiser_set_rate(ph_optimiser *o, double rate, ph_error *e) {
  const ph_setting setting = {.key = "rate", .count = 1, .value = {rate}};
  char what[64];
  snprintf(what, sizeof what, "optimiser '%s'", o->kind->name);
  return ph_fields_apply(o->kind->fields, &o->settings, &setting, 1, what, e);
}

/* ---- saving and resuming ---- */

int64_t ph_optimiser_steps(const ph_optimiser *o) { return o->steps; }
int ph_optimiser_state_count(const ph_optimiser *o) { return o->state[0] != NULL ? o->kind->states : 0; }
ph_tensor *ph_optimiser_state(ph_optimiser *o, int i) { return o->state[i]; }

static void forget_state(ph_optimiser *o) {
  for (int i = 0; i < PH_OPTIMISER_STATES; i++) {
    ph_tensor_release(o->state[i]);
    o->state[i] = NULL;
  }
}

ph_status ph_optimiser_restore(ph_optimiser *o, const ph_tensor *const *state, int count, int64_t steps,
                               ph_error *e) {
  ph_status status;
  const int expected = steps > 0 ? o->kind->states : 0;
  if (steps < 0) return ph_fail(e, PH_MISUSE, "optimiser: %lld steps cannot be resumed", (long long)steps);
  if (count != expected)
    return ph_fail(e, PH_MISUSE, "optimiser '%s' has %d tensors of state after %lld steps, got %d",
                   o->kind->name, expected, (long long)steps, count);
  for (int i = 1; i < count; i++)
    PH_TRY(ph_tensor_expect(state[i], ph_tensor_shape(state[0]), "optimiser's state", e));
  if (count > 0)
    PH_TRY(renew_state(o, ph_tensor_shape(state[0]), state, e));
  else
    forget_state(o);
  o->steps = steps;
  return PH_OK;
fail:
  return status;
}

const char *ph_optimiser_describe(const ph_optimiser *o, char text[PH_OPTIMISER_TEXT]) {
  snprintf(text, PH_OPTIMISER_TEXT, "%s, rate %g, %lld step%s", o->kind->name, o->settings.rate,
           (long long)o->steps, o->steps == 1 ? "" : "s");
  return text;
}
