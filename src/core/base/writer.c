/* SPDX-License-Identifier: MIT */
/* Text into a buffer of fixed size. */
#include "writer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

ph_writer ph_writer_over(char *text, size_t size) {
  text[0] = '\0';
  return (ph_writer){.text = text, .size = size};
}

/* Ends the text with an ellipsis, without splitting a UTF-8 sequence before it. */
static void cut(ph_writer *writer) {
  static const char ellipsis[] = "…";
  size_t end = writer->size - sizeof ellipsis;
  while (end > 0 && ((unsigned char)writer->text[end] & 0xC0) == 0x80) end--;
  memcpy(writer->text + end, ellipsis, sizeof ellipsis);
  writer->used = end + sizeof ellipsis - 1;
  writer->full = true;
}

void ph_write(ph_writer *writer, const char *format, ...) {
  va_list arguments;
  if (writer->full) return;
  size_t room = writer->size - writer->used;
  va_start(arguments, format);
  int length = vsnprintf(writer->text + writer->used, room, format, arguments);
  va_end(arguments);
  if (length >= 0 && (size_t)length < room)
    writer->used += (size_t)length;
  else
    cut(writer);
}

void ph_write_number(ph_writer *writer, double number) {
  char text[40];
  for (int digits = 6; digits <= 17; digits++) {
    snprintf(text, sizeof text, "%.*g", digits, number);
    if (strtod(text, NULL) == number) break;
  }
  ph_write(writer, "%s", text);
}

void ph_write_quoted(ph_writer *writer, const char *text) {
  ph_write(writer, "\"");
  for (; *text != '\0'; text++) {
    if (*text == '"' || *text == '\\')
      ph_write(writer, "\\%c", *text);
    else if ((unsigned char)*text < ' ')
      ph_write(writer, "\\%03d", *text);
    else
      ph_write(writer, "%c", *text);
  }
  ph_write(writer, "\"");
}
