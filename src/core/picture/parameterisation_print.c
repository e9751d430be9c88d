/* SPDX-License-Identifier: MIT */
/* Parameterisations as text, with the settings that differ from their defaults: enough to make an equal one.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "parameterisation_private.h"

/* Appends to the text; what does not fit is cut. */
__attribute__((format(printf, 2, 3))) static void append(char text[PH_PARAMETERISATION_TEXT],
                                                         const char *format, ...) {
  const size_t used = strlen(text);
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text + used, PH_PARAMETERISATION_TEXT - used, format, arguments);
  va_end(arguments);
}

/* The field's value as one would write it, where it is not the default; else "". */
static void print_value(const ph_field *f, const void *config, char value[64]) {
  const void *at = (const char *)config + f->offset;
  const int64_t *integers = at;
  double number = f->fallback;
  value[0] = '\0';
  switch (f->kind) {
    case PH_INTEGER:
      number = (double)*integers;
      break;
    case PH_REAL:
      number = *(const double *)at;
      break;
    case PH_FLAG:
      if (*(const bool *)at != (f->fallback != 0)) snprintf(value, 64, *(const bool *)at ? "true" : "false");
      return;
    case PH_CHOICE:
      if (*(const int *)at != (int)f->fallback) snprintf(value, 64, "%s", f->choices[*(const int *)at]);
      return;
    case PH_PAIR:
      number = (double)integers[0];
      if (integers[0] != integers[1]) {
        snprintf(value, 64, "%lldx%lld", (long long)integers[0], (long long)integers[1]);
        return;
      }
      break;
    case PH_SIDES:
    case PH_LIST:
    case PH_INTEGERS:
    case PH_TEXT: /* no kind has any */
      return;
  }
  if (number != f->fallback) snprintf(value, 64, "%.14g", number);
}

/* "low_resolution{size=64, images=2}": what is the kind's own, and the deviation. */
static void append_part(const ph_summand *s, char text[PH_PARAMETERISATION_TEXT]) {
  const char *separator = "{";
  append(text, "%s", s->kind->name);
  for (const ph_field *f = s->kind->fields; f->key != NULL; f++) {
    char value[64];
    if (f->offset < sizeof(ph_picture_settings) && strcmp(f->key, "deviation") != 0) continue;
    print_value(f, s->config, value);
    if (value[0] == '\0') continue;
    append(text, "%s%s=%s", separator, f->key, value);
    separator = ", ";
  }
  if (separator[0] == ',') append(text, "}");
}

const char *ph_parameterisation_describe(const ph_parameterisation *p, char text[PH_PARAMETERISATION_TEXT]) {
  char shape[PH_SHAPE_TEXT];
  text[0] = '\0';
  for (int i = 0; i < p->count; i++) {
    if (i > 0) append(text, " + ");
    append_part(&p->parts[i], text);
  }
  append(text, " %s", ph_shape_print(ph_picture_settings_shape(&p->picture), shape));
  if (p->colour.mixed) append(text, p->picture.matrix.count > 0 ? ", own matrix" : ", decorrelated");
  if (p->compositing.grey) append(text, ", grey");
  if (p->compositing.stretch) append(text, ", stretch");
  append(text, ", %s",
         p->colour.squash == PH_SQUASH_NONE ? "not squashed" : ph_squash_names[p->colour.squash]);
  if (p->mask != NULL) append(text, ", masked");
  return text;
}
