/* SPDX-License-Identifier: MIT */
/* Optimisers: making, stepping, saving. Each kind's step is in kinds/. */
#include "optimiser.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/vector.h"
#include "optimiser/kinds/kinds.h"

static const ph_optimiser_kind *const kinds[] = {&ph_optimiser_adam,    &ph_optimiser_nadam,
                                                 &ph_optimiser_rmsprop, &ph_optimiser_lbfgs,
                                                 &ph_optimiser_ascent,  &ph_optimiser_momentum};
enum { KINDS = sizeof kinds / sizeof *kinds };

/* ---- life ---- */

static ph_status find_kind(const char *name, const ph_optimiser_kind **found, ph_error *e) {
  const char *names[KINDS + 1] = {NULL};
  for (int i = 0; i < KINDS; i++) names[i] = kinds[i]->name;
  const ph_field fields[] = {{.key = "kind", .kind = PH_CHOICE, .choices = names}, {.key = NULL}};
  const ph_setting setting = {.key = "kind", .text = name};
  int index = 0;
  ph_status status = ph_fields_apply(fields, &index, &setting, 1, "optimiser", e);
  *found = kinds[index];
  return status;
}

ph_status ph_optimiser_new(const char *name, const ph_setting *given, int count, ph_optimiser **optimiser,
                           ph_error *e) {
  ph_status status;
  char what[64];
  ph_optimiser *o = NULL;
  const ph_optimiser_kind *found;
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
done:
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

static int states_of(const ph_optimiser *o) { return o->kind->states + 2 * (int)o->settings.memory; }

/* Infinities and NaN, and they alone, have every bit of the exponent set. */
PH_VECTOR static bool is_finite(const float *x, int64_t count) {
  uint32_t found = 0;
  for (int64_t i = 0; i < count; i++) {
    uint32_t bits;
    memcpy(&bits, x + i, sizeof bits);
    found |= (bits & UINT32_C(0x7f800000)) == UINT32_C(0x7f800000);
  }
  return found == 0;
}

/* Replaces the state by fresh tensors, all or none of them: copies of `source`, or zeros where it is NULL. */
static ph_status renew_state(ph_optimiser *o, ph_shape shape, const ph_tensor *const *source, ph_error *e) {
  ph_tensor *fresh[PH_OPTIMISER_STATES] = {NULL};
  for (int i = 0; i < states_of(o); i++) {
    ph_status status = ph_tensor_new(shape, &fresh[i], e);
    if (status != PH_OK) {
      while (i-- > 0) ph_tensor_release(fresh[i]);
      return status;
    }
    if (source != NULL) ph_tensor_copy(fresh[i], source[i]);
  }
  for (int i = 0; i < states_of(o); i++) {
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
done:
  return status;
}

const char *ph_optimiser_kind_name(const ph_optimiser *o) { return o->kind->name; }
double ph_optimiser_rate(const ph_optimiser *o) { return o->settings.rate; }

ph_status ph_optimiser_set_rate(ph_optimiser *o, double rate, ph_error *e) {
  const ph_setting setting = {.key = "rate", .count = 1, .value = {rate}};
  char what[64];
  snprintf(what, sizeof what, "optimiser '%s'", o->kind->name);
  return ph_fields_apply(o->kind->fields, &o->settings, &setting, 1, what, e);
}

/* ---- saving and resuming ---- */

int64_t ph_optimiser_steps(const ph_optimiser *o) { return o->steps; }
int ph_optimiser_state_count(const ph_optimiser *o) { return o->state[0] != NULL ? states_of(o) : 0; }
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
  const int expected = steps > 0 ? states_of(o) : 0;
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
done:
  return status;
}

/* ---- words ---- */

/* ", name value" where the setting is not at its default. */
static int describe_setting(const ph_optimiser *o, const ph_field *f, char *text, size_t room) {
  const void *at = (const char *)&o->settings + f->offset;
  double value = f->kind == PH_REAL      ? *(const double *)at
                 : f->kind == PH_INTEGER ? (double)*(const int64_t *)at
                                         : (double)*(const int *)at;
  if (value == f->fallback) return 0;
  if (f->kind == PH_CHOICE) return snprintf(text, room, ", %s %s", f->key, f->choices[(int)value]);
  return snprintf(text, room, ", %s %.9g", f->key, value);
}

const char *ph_optimiser_describe(const ph_optimiser *o, char text[PH_OPTIMISER_TEXT]) {
  int used = snprintf(text, PH_OPTIMISER_TEXT, "%s, rate %.9g", o->kind->name, o->settings.rate);
  for (const ph_field *f = o->kind->fields; f->key != NULL && used < PH_OPTIMISER_TEXT; f++)
    if (strcmp(f->key, "rate") != 0)
      used += describe_setting(o, f, text + used, (size_t)(PH_OPTIMISER_TEXT - used));
  if (used < PH_OPTIMISER_TEXT)
    snprintf(text + used, (size_t)(PH_OPTIMISER_TEXT - used), ", %lld step%s", (long long)o->steps,
             o->steps == 1 ? "" : "s");
  return text;
}
