/* SPDX-License-Identifier: MIT */
/* Writing text into a buffer of fixed size: text that does not fit is cut and ends in an ellipsis. Used where
   expressions print themselves, so numbers are written as Lua reads them. */
#ifndef PH_WRITER_H
#define PH_WRITER_H

#include <stdbool.h>
#include <stddef.h>

typedef struct ph_writer {
  char *text;
  size_t size, used;
  bool full; /* something was cut */
} ph_writer;

/* A writer over `size` bytes, at least 4; the text is terminated at all times. */
ph_writer ph_writer_over(char *text, size_t size);

void ph_write(ph_writer *writer, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The shortest decimal that reads back as exactly this number. */
void ph_write_number(ph_writer *writer, double number);

/* The text between double quotes, escaped as in Lua. */
void ph_write_quoted(ph_writer *writer, const char *text);

#endif
