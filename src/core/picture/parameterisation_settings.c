/* SPDX-License-Identifier: MIT */
/* From settings to the parts of a parameterisation: the kinds, and which settings each may have. */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "parameterisation_private.h"

static const ph_parameterisation_kind *const kinds[] = {
    &ph_parameterisation_fourier,        &ph_parameterisation_pixels, &ph_parameterisation_laplacian,
    &ph_parameterisation_low_resolution, &ph_parameterisation_cppn,   &ph_parameterisation_maco,
};
enum { KINDS = sizeof kinds / sizeof *kinds, WHAT_TEXT = 96 };

/* The configuration of a sum: that of the whole. */
typedef struct sum_config {
  ph_picture_settings picture;
} sum_config;
static const ph_field sum_fields[] = {PH_PICTURE_FIELDS(sum_config, 0.01, 1), {.key = NULL}};

static ph_status find_kind(const char *name, const ph_parameterisation_kind **kind, ph_error *e) {
  const char *names[KINDS + 1] = {NULL};
  for (int i = 0; i < KINDS; i++) names[i] = kinds[i]->name;
  const ph_field fields[] = {{.key = "kind", .kind = PH_CHOICE, .choices = names}, {.key = NULL}};
  const ph_setting setting = {.key = "kind", .text = name};
  int index = 0;
  ph_status status = ph_fields_apply(fields, &index, &setting, 1, "parameterisation", e);
  *kind = kinds[index];
  return status;
}

/* ---- settings ---- */

/* The next part, with its kind's default settings. */
static ph_status add_part(ph_parameterisation *p, const char *name, ph_error *e) {
  ph_summand *s = &p->parts[p->count];
  ph_status status = find_kind(name, &s->kind, e);
  if (status != PH_OK) return status;
  s->config = ph_alloc(s->kind->config_size);
  if (s->config == NULL) return ph_no_memory(e);
  ph_fields_default(s->kind->fields, s->config);
  p->count++;
  return PH_OK;
}

static ph_status configure_one(ph_parameterisation *p, const ph_part *only, const ph_tensor *image,
                               ph_error *e) {
  char what[WHAT_TEXT];
  ph_status status;
  PH_TRY(add_part(p, only->kind, e));
  const ph_summand *s = &p->parts[0];
  snprintf(what, sizeof what, "parameterisation '%s'", s->kind->name);
  PH_TRY(ph_fields_apply(s->kind->fields, s->config, only->settings, only->count, what, e));
  memcpy(&p->picture, s->config, sizeof p->picture);
  PH_TRY(ph_picture_settings_settle(&p->picture, image, what, e));
done:
  return status;
}

/* What every part shares is the whole's to set; only how noisy it begins is each part's own. */
static ph_status refuse_shared(const ph_part *given, const char *what, ph_error *e) {
  for (int i = 0; i < given->count; i++) {
    const char *key = given->settings[i].key;
    if (strcmp(key, "deviation") == 0) continue;
    for (const ph_field *f = sum_fields; f->key != NULL; f++)
      if (strcmp(f->key, key) == 0)
        return ph_fail(e, PH_MISUSE, "%s: '%s' is set for the whole sum, not for a part", what, key);
  }
  return PH_OK;
}

static ph_status configure_sum(ph_parameterisation *p, const ph_part *whole, const ph_part *parts, int count,
                               const ph_tensor *image, ph_error *e) {
  char what[WHAT_TEXT] = "parameterisation 'sum'";
  sum_config config;
  ph_status status;
  ph_fields_default(sum_fields, &config);
  PH_TRY(ph_fields_apply(sum_fields, &config, whole->settings, whole->count, what, e));
  p->picture = config.picture;
  PH_TRY(ph_picture_settings_settle(&p->picture, image, what, e));
  if (count < 1 || count > PH_MOST_PARTS)
    return ph_fail(e, PH_MISUSE, "%s: 1 to %d parts expected, got %d", what, PH_MOST_PARTS, count);
  for (int i = 0; i < count; i++) {
    PH_TRY(add_part(p, parts[i].kind, e));
    ph_summand *s = &p->parts[i];
    snprintf(what, sizeof what, "parameterisation 'sum', part %d, '%s'", i + 1, s->kind->name);
    for (int k = 0; k < whole->count; k++)
      if (strcmp(whole->settings[k].key, "deviation") == 0)
        ((ph_picture_settings *)s->config)->deviation = config.picture.deviation;
    PH_TRY(refuse_shared(&parts[i], what, e));
    PH_TRY(ph_fields_apply(s->kind->fields, s->config, parts[i].settings, parts[i].count, what, e));
  }
done:
  return status;
}

/* Lets the parts know the sizes, and lets them check what else they were given. */
static ph_status settle_parts(ph_parameterisation *p, const ph_given *given, ph_error *e) {
  bool takes_spectrum = false;
  for (int i = 0; i < p->count; i++) {
    const ph_summand *s = &p->parts[i];
    ph_picture_settings *picture = s->config;
    const double deviation = picture->deviation;
    *picture = p->picture;
    picture->deviation = deviation;
    picture->channels = ph_compositing_channels(p->picture.grey, p->picture.channels);
    takes_spectrum = takes_spectrum || s->kind->takes_spectrum;
    ph_status status = s->kind->check != NULL ? s->kind->check(s->config, given, e) : PH_OK;
    if (status != PH_OK) return status;
  }
  if (given->spectrum != NULL && !takes_spectrum)
    return ph_fail(e, PH_MISUSE, "parameterisation '%s': takes no spectrum", p->parts[0].kind->name);
  return PH_OK;
}

ph_status ph_parameterisation_configure(ph_parameterisation *p, const ph_part *whole, const ph_part *parts,
                                        int count, const ph_given *given, ph_error *e) {
  ph_status status;
  PH_TRY(parts != NULL ? configure_sum(p, whole, parts, count, given->image, e)
                       : configure_one(p, whole, given->image, e));
  PH_TRY(settle_parts(p, given, e));
done:
  return status;
}
