/* SPDX-License-Identifier: MIT */
/* Transforms as descriptions: the table of types, making, printing. */
#include "transform.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "view/transforms/types.h"

#define ROW(name) &ph_transform_##name,
static const ph_transform_type *const types[] = {PH_TRANSFORM_TYPES(ROW)};
enum { TYPES = sizeof types / sizeof *types };

const ph_transform_type *ph_transform_type_at(int i) { return i >= 0 && i < TYPES ? types[i] : NULL; }

/* ---- making ---- */

static ph_status find_type(const char *name, const ph_transform_type **type, ph_error *e) {
  const char *names[TYPES];
  for (int i = 0; i < TYPES; i++) {
    names[i] = types[i]->name;
    if (strcmp(name, names[i]) != 0) continue;
    *type = types[i];
    return PH_OK;
  }
  const char *near = ph_nearest(name, names, TYPES);
  if (near != NULL) return ph_fail(e, PH_MISUSE, "no transform '%s'; did you mean '%s'?", name, near);
  return ph_fail(e, PH_MISUSE, "no transform '%s'", name);
}

static double field_number(const ph_field *field, const void *config) {
  const void *at = (const char *)config + field->offset;
  switch (field->kind) {
    case PH_REAL:
      return *(const double *)at;
    case PH_FLAG:
      return *(const bool *)at;
    case PH_CHOICE:
      return *(const int *)at;
    case PH_LIST:
    case PH_INTEGERS:
      return ((const ph_list *)at)->count;
    case PH_INTEGER:
    case PH_PAIR:
    case PH_SIDES:
      return (double)*(const int64_t *)at;
    case PH_TEXT:
      break;
  }
  return 0;
}

/* The first field, where it must be given and was not, still holds what it cannot be set to. */
static ph_status expect_first(const ph_transform *transform, ph_error *e) {
  const ph_field *first = transform->type->fields;
  bool missing = first->fallback == PH_REQUIRED &&
                 (first->kind == PH_LIST ? field_number(first, transform->config) < 1
                                         : field_number(first, transform->config) < first->least);
  if (!missing) return PH_OK;
  return ph_fail(e, PH_MISUSE, "%s: %s must be given (%s)", transform->type->name, first->key,
                 first->summary);
}

ph_status ph_transform_new(const char *name, const ph_setting *settings, int count, ph_transform **transform,
                           ph_error *e) {
  const ph_transform_type *type = NULL;
  ph_status status = find_type(name, &type, e);
  if (status != PH_OK) return status;
  ph_transform *t = ph_alloc(sizeof *t);
  if (t == NULL) return ph_no_memory(e);
  *t = (ph_transform){.references = 1, .type = type, .config = ph_alloc(type->config_size)};
  if (t->config == NULL) {
    status = ph_no_memory(e);
    goto done;
  }
  ph_fields_default(type->fields, t->config);
  PH_TRY(ph_fields_apply(type->fields, t->config, settings, count, type->name, e));
  PH_TRY(expect_first(t, e));
  *transform = t;
  return PH_OK;
done:
  ph_transform_release(t);
  return status;
}

ph_transform *ph_transform_retain(ph_transform *transform) {
  transform->references++;
  return transform;
}

void ph_transform_release(ph_transform *transform) {
  if (transform == NULL || --transform->references > 0) return;
  ph_free(transform->config);
  ph_free(transform);
}

/* ---- printing ---- */

/* Appends to the text; what does not fit is cut. */
__attribute__((format(printf, 2, 3))) static void append(char text[PH_TRANSFORM_TEXT], const char *format,
                                                         ...) {
  size_t used = strlen(text);
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text + used, PH_TRANSFORM_TEXT - used, format, arguments);
  va_end(arguments);
}

static void append_list(char text[PH_TRANSFORM_TEXT], const ph_list *list) {
  for (int i = 0; i < list->count; i++) append(text, "%s%.14g", i == 0 ? "" : ", ", list->value[i]);
}

static void append_first(char text[PH_TRANSFORM_TEXT], const ph_field *field, const void *config) {
  const void *at = (const char *)config + field->offset;
  if (field->kind == PH_PAIR) {
    const int64_t *pair = at;
    append(text, "%lld, %lld", (long long)pair[0], (long long)pair[1]);
  } else if (field->kind == PH_LIST) {
    append_list(text, at);
  } else {
    append(text, "%.14g", field_number(field, config));
  }
}

/* `key=value` for the fields after the first that are not at their defaults. */
static void append_others(char text[PH_TRANSFORM_TEXT], const ph_field *first, const void *config,
                          const char *separator) {
  for (const ph_field *f = first + 1; f->key != NULL; f++) {
    double value = field_number(f, config);
    if (value == f->fallback) continue;
    if (f->kind == PH_CHOICE) {
      append(text, "%s%s=\"%s\"", separator, f->key, f->choices[(int)value]);
    } else if (f->kind == PH_LIST) {
      append(text, "%s%s={", separator, f->key);
      append_list(text, (const ph_list *)((const char *)config + f->offset));
      append(text, "}");
    } else
      append(text, "%s%s=%.14g", separator, f->key, value);
    separator = ", ";
  }
}

const char *ph_transform_print(const ph_transform *transform, char text[PH_TRANSFORM_TEXT]) {
  const ph_field *first = transform->type->fields;
  char others[PH_TRANSFORM_TEXT] = "";
  text[0] = '\0';
  if (first->kind == PH_LIST) {
    append(text, "%s{", transform->type->name);
    append_first(text, first, transform->config);
    append_others(text, first, transform->config, text[strlen(text) - 1] == '{' ? "" : ", ");
    append(text, "}");
    return text;
  }
  append(text, "%s(", transform->type->name);
  append_first(text, first, transform->config);
  append_others(others, first, transform->config, "");
  append(text, others[0] == '\0' ? "%s)" : ", {%s})", others);
  return text;
}

/* ---- for the types ---- */

const char *const ph_draws[] = {"list", "range", NULL};

const char *const ph_edge_names[] = {"black", "reflect", "symmetric", "edge", "wrap", NULL};

double ph_draw_from(const ph_list *list, int draw, ph_random *random) {
  if (draw == PH_DRAW_RANGE) return ph_random_between(random, list->value[0], list->value[list->count - 1]);
  return list->value[ph_random_below(random, list->count)];
}

ph_status ph_transform_fail(const ph_transform *transform, ph_error *e, const char *format, ...) {
  char name[PH_TRANSFORM_TEXT], message[256];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  /* The lists of some transforms are too long to be quoted. */
  if (strlen(ph_transform_print(transform, name)) > 60) strcpy(name, transform->type->name);
  return ph_fail(e, PH_MISUSE, "%s: %s", name, message);
}

ph_status ph_transform_expect_within(const ph_transform *transform, const ph_map *map,
                                     const int64_t output[2], ph_error *e) {
  const int64_t *input = map->input;
  if (output[0] < 1 || output[1] < 1)
    return ph_transform_fail(transform, e, "nothing would be left of an image of %lldx%lld",
                             (long long)input[0], (long long)input[1]);
  if (output[0] > input[0] || output[1] > input[1])
    return ph_transform_fail(transform, e, "an image of %lldx%lld is smaller than that", (long long)input[0],
                             (long long)input[1]);
  return PH_OK;
}
