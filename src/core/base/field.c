/* SPDX-License-Identifier: MIT */
/* Fields: typed settings of configuration structs. */
#include "field.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void ph_fields_default(const ph_field *fields, void *config) {
  for (const ph_field *f = fields; f->key != NULL; f++) {
    void *at = (char *)config + f->offset;
    switch (f->kind) {
      case PH_REAL:
        *(double *)at = f->fallback;
        break;
      case PH_FLAG:
        *(bool *)at = f->fallback != 0;
        break;
      case PH_CHOICE:
        *(int *)at = (int)f->fallback;
        break;
      case PH_TEXT:
        *(char *)at = '\0';
        break;
      case PH_LIST:
      case PH_INTEGERS:
        *(ph_list *)at = (ph_list){0};
        break;
      case PH_INTEGER:
        *(int64_t *)at = (int64_t)f->fallback;
        break;
      case PH_PAIR:
      case PH_SIDES:
        for (int i = 0; i < (f->kind == PH_PAIR ? 2 : 4); i++) ((int64_t *)at)[i] = (int64_t)f->fallback;
        break;
    }
  }
}

/* A maximum from here on is none, as far as users are concerned. */
#define UNLIMITED 1e9

static bool is_integral(ph_field_kind kind) {
  return kind == PH_INTEGER || kind == PH_PAIR || kind == PH_SIDES || kind == PH_INTEGERS;
}

static ph_status check_numbers(const ph_field *f, const ph_setting *s, const char *what, ph_error *e) {
  for (int i = 0; i < s->count; i++) {
    double v = s->value[i];
    if (is_integral(f->kind) && v != floor(v))
      return ph_fail(e, PH_MISUSE, "%s: %s must be a whole number, got %g", what, f->key, v);
    if (v < f->least && f->most >= UNLIMITED)
      return ph_fail(e, PH_MISUSE, "%s: %s must be at least %g, got %g", what, f->key, f->least, v);
    if (!(v >= f->least && v <= f->most))
      return ph_fail(e, PH_MISUSE, "%s: %s %g out of range %g..%g", what, f->key, v, f->least, f->most);
  }
  return PH_OK;
}

static ph_status wrong_count(const ph_field *f, const ph_setting *s, const char *expected, const char *what,
                             ph_error *e) {
  if (s->count == 0) return ph_fail(e, PH_MISUSE, "%s: %s takes %s, got text", what, f->key, expected);
  return ph_fail(e, PH_MISUSE, "%s: %s takes %s, got %d numbers", what, f->key, expected, s->count);
}

static ph_status store_choice(const ph_field *f, int *at, const ph_setting *s, const char *what,
                              ph_error *e) {
  int count = 0;
  if (s->count != 0 || s->text == NULL) return ph_fail(e, PH_MISUSE, "%s: %s takes a name", what, f->key);
  for (; f->choices[count] != NULL; count++) {
    if (strcmp(f->choices[count], s->text) == 0) {
      *at = count;
      return PH_OK;
    }
  }
  const char *near = ph_nearest(s->text, f->choices, count);
  if (near != NULL)
    return ph_fail(e, PH_MISUSE, "%s: no %s '%s'; did you mean '%s'?", what, f->key, s->text, near);
  char list[256] = "";
  for (int i = 0; i < count; i++) {
    size_t used = strlen(list);
    snprintf(list + used, sizeof list - used, "%s%s", i == 0 ? "" : ", ", f->choices[i]);
  }
  return ph_fail(e, PH_MISUSE, "%s: no %s '%s'; one of %s", what, f->key, s->text, list);
}

static ph_status store(const ph_field *f, void *at, const ph_setting *s, const char *what, ph_error *e) {
  if (f->kind == PH_CHOICE) return store_choice(f, at, s, what, e);
  if (f->kind == PH_TEXT) {
    if (s->count != 0 || s->text == NULL) return ph_fail(e, PH_MISUSE, "%s: %s takes text", what, f->key);
    if (strlen(s->text) >= PH_TEXT_SIZE)
      return ph_fail(e, PH_MISUSE, "%s: %s is longer than %d bytes", what, f->key, PH_TEXT_SIZE - 1);
    snprintf(at, PH_TEXT_SIZE, "%s", s->text);
    return PH_OK;
  }
  ph_status status = check_numbers(f, s, what, e);
  if (status != PH_OK) return status;
  int64_t *integers = at;
  switch (f->kind) {
    case PH_INTEGER:
    case PH_REAL:
    case PH_FLAG:
      if (s->count != 1) return wrong_count(f, s, "one number", what, e);
      if (f->kind == PH_INTEGER) *integers = (int64_t)s->value[0];
      if (f->kind == PH_REAL) *(double *)at = s->value[0];
      if (f->kind == PH_FLAG) *(bool *)at = s->value[0] != 0;
      break;
    case PH_PAIR:
      if (s->count != 1 && s->count != 2) return wrong_count(f, s, "one or two numbers", what, e);
      for (int i = 0; i < 2; i++) integers[i] = (int64_t)s->value[i % s->count];
      break;
    case PH_SIDES:
      if (s->count != 1 && s->count != 2 && s->count != 4)
        return wrong_count(f, s, "one, two or four numbers", what, e);
      for (int i = 0; i < 4; i++) integers[i] = (int64_t)s->value[i % s->count];
      break;
    case PH_LIST:
    case PH_INTEGERS:
      if (s->count < 1) return wrong_count(f, s, "a list of numbers", what, e);
      ((ph_list *)at)->count = s->count;
      memcpy(((ph_list *)at)->value, s->value, (size_t)s->count * sizeof(double));
      break;
    case PH_CHOICE:
    case PH_TEXT:
      break; /* handled above */
  }
  return PH_OK;
}

static ph_status unknown_key(const ph_field *fields, const char *key, const char *what, ph_error *e) {
  const char *keys[64];
  int count = 0;
  while (fields[count].key != NULL && count < 64) {
    keys[count] = fields[count].key;
    count++;
  }
  const char *near = ph_nearest(key, keys, count);
  if (near != NULL) return ph_fail(e, PH_MISUSE, "%s: no setting '%s'; did you mean '%s'?", what, key, near);
  return ph_fail(e, PH_MISUSE, "%s: no setting '%s'", what, key);
}

static ph_status find_field(const ph_field *fields, const char *key, const char *what, const ph_field **found,
                            ph_error *e) {
  const ph_field *f = fields;
  while (f->key != NULL && strcmp(f->key, key) != 0) f++;
  if (f->key == NULL) return unknown_key(fields, key, what, e);
  *found = f;
  return PH_OK;
}

ph_status ph_fields_apply(const ph_field *fields, void *config, const ph_setting *settings, int count,
                          const char *what, ph_error *e) {
  for (int i = 0; i < count; i++) {
    const ph_field *f = NULL;
    ph_status status = find_field(fields, settings[i].key, what, &f, e);
    if (status == PH_OK) status = store(f, (char *)config + f->offset, &settings[i], what, e);
    if (status != PH_OK) return status;
  }
  return PH_OK;
}

/* How many numbers a field has; 0 where it has none. */
static int numbers_of(const ph_field *f, const void *at) {
  switch (f->kind) {
    case PH_INTEGER:
    case PH_REAL:
      return 1;
    case PH_PAIR:
      return 2;
    case PH_SIDES:
      return 4;
    case PH_LIST:
    case PH_INTEGERS:
      return ((const ph_list *)at)->count;
    default:
      return 0;
  }
}

ph_status ph_fields_set(const ph_field *fields, void *config, const char *key, int element, double value,
                        const char *what, ph_error *e) {
  const ph_setting setting = {.key = key, .count = 1, .value = {value}};
  const ph_field *f = NULL;
  ph_status status = find_field(fields, key, what, &f, e);
  if (status == PH_OK) status = check_numbers(f, &setting, what, e);
  if (status != PH_OK) return status;
  void *at = (char *)config + f->offset;
  if (element < 1 || element > numbers_of(f, at))
    return ph_fail(e, PH_MISUSE, "%s: %s has no number %d", what, key, element);
  if (f->kind == PH_REAL)
    *(double *)at = value;
  else if (f->kind == PH_LIST || f->kind == PH_INTEGERS)
    ((ph_list *)at)->value[element - 1] = value;
  else
    ((int64_t *)at)[element - 1] = (int64_t)value;
  return PH_OK;
}

/* Levenshtein distance of strings, cut to their first 63 bytes. */
static int edit_distance(const char *a, const char *b) {
  int row[64], n = (int)strnlen(a, 63), m = (int)strnlen(b, 63);
  for (int j = 0; j <= m; j++) row[j] = j;
  for (int i = 1; i <= n; i++) {
    int diagonal = row[0];
    row[0] = i;
    for (int j = 1; j <= m; j++) {
      int above = row[j], best = diagonal + (a[i - 1] != b[j - 1]);
      if (above + 1 < best) best = above + 1;
      if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
      diagonal = above;
      row[j] = best;
    }
  }
  return row[m];
}

const char *ph_nearest(const char *name, const char *const *names, int count) {
  const char *best = NULL;
  int best_distance = 1 + (int)strnlen(name, 63) / 3;
  for (int i = 0; i < count; i++) {
    int distance = edit_distance(name, names[i]);
    if (distance <= best_distance && (best == NULL || distance < best_distance)) {
      best = names[i];
      best_distance = distance;
    }
  }
  return best;
}
