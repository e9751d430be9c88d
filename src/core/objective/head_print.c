/* SPDX-License-Identifier: MIT */
/* How heads print: as the call of their constructor in Lua, with what differs from the defaults. */
#include <inttypes.h>
#include <string.h>

#include "base/writer.h"
#include "head_private.h"

/* Numbers of a short tensor, or the first few of a long one. */
static void write_tensor(ph_writer *writer, const ph_tensor *tensor) {
  enum { SHOWN_WHOLE = 8, SHOWN_OF_LONG = 3 };
  int64_t count = ph_tensor_count(tensor);
  int64_t shown = count <= SHOWN_WHOLE ? count : SHOWN_OF_LONG;
  ph_write(writer, "{");
  for (int64_t i = 0; i < shown; i++)
    ph_write(writer, "%s%.6g", i == 0 ? "" : ", ", (double)ph_tensor_read(tensor)[i]);
  if (shown < count) ph_write(writer, ", … %" PRId64 " numbers", count);
  ph_write(writer, "}");
}

static void write_setting(ph_writer *writer, const ph_head *head, const ph_field *field) {
  const void *at = (const char *)head->config + field->offset;
  switch (field->kind) {
    case PH_TEXT:
      ph_write_quoted(writer, at);
      break;
    case PH_INTEGER:
      ph_write(writer, "%" PRId64, *(const int64_t *)at);
      break;
    case PH_CHOICE:
      ph_write_quoted(writer, field->choices[*(const int *)at]);
      break;
    case PH_FLAG:
      ph_write(writer, *(const bool *)at ? "true" : "false");
      break;
    default:
      ph_write_number(writer, *(const double *)at);
      break;
  }
}

/* The arguments that were given, and how many these are. */
static int write_arguments(ph_writer *writer, const ph_head *head) {
  const ph_argument *argument;
  int written = 0;
  for (int i = 0; (argument = ph_head_argument(head->type, i)) != NULL; i++) {
    for (int k = 0; k < 2 && argument->settings[k] != NULL; k++) {
      const char *key = argument->settings[k];
      if (!ph_head_is_set(head, key)) continue;
      ph_write(writer, "%s", written++ == 0 ? "(" : ", ");
      if (strcmp(key, "tensor") == 0) {
        write_tensor(writer, head->tensor);
        continue;
      }
      const ph_field *field = head->type->fields;
      while (strcmp(field->key, key) != 0) field++;
      write_setting(writer, head, field);
    }
  }
  return written;
}

/* The options table, if any option was given. Returns whether. */
static bool write_options(ph_writer *writer, const ph_head *head, const char *before) {
  bool any = false;
  for (const ph_field *field = head->type->fields; field->key != NULL; field++) {
    if (strcmp(field->key, "batch") == 0 || ph_head_argument_for(head->type, field->key) != NULL ||
        field->summary == NULL || ph_head_at_default(head, field))
      continue;
    ph_write(writer, "%s%s = ", any ? ", " : before, field->key);
    write_setting(writer, head, field);
    any = true;
  }
  if (head->tensor != NULL && head->type->tensor_option.name != NULL) {
    ph_write(writer, "%s%s = ", any ? ", " : before, head->type->tensor_option.name);
    write_tensor(writer, head->tensor);
    any = true;
  }
  if (any) ph_write(writer, "}");
  return any;
}

const char *ph_head_print(const ph_head *head, char text[PH_HEAD_TEXT]) {
  ph_writer writer = ph_writer_over(text, PH_HEAD_TEXT);
  ph_write(&writer, "%s", head->type->name);
  if (write_arguments(&writer, head) > 0) {
    write_options(&writer, head, ", {");
    ph_write(&writer, ")");
  } else if (!write_options(&writer, head, "{")) { /* l1{constant = 0.5} */
    ph_write(&writer, "()");
  }
  if (head->config->batch >= 0) ph_write(&writer, ":on(%" PRId64 ")", head->config->batch);
  return text;
}
