/* SPDX-License-Identifier: MIT */
/* Bytes of a file, or of a file in a file, and a cursor that reads them without ever leaving them. Everything
   is little-endian. Knows no format. */
#ifndef PH_BYTES_H
#define PH_BYTES_H

#include <stdbool.h>
#include <stdint.h>

#include "files/file.h"

/* Bytes that lie in a mapping, of which this is one reference, or, where that is NULL, in a block of their
   own. */
typedef struct ph_bytes {
  unsigned char *data;
  size_t size;
  ph_mapping *mapping;
} ph_bytes;

/* A file's, read as a whole. */
ph_status ph_bytes_open(const char *path, ph_bytes *bytes, ph_error *e);
void ph_bytes_clear(ph_bytes *bytes);

/* How much memory may be spent on what a file of that size holds compressed or in other types: sixteen times
   the size, and 64 MiB. Weights hardly shrink; a file that promises more is made to fill the machine. */
size_t ph_bytes_limit(size_t size);

/* What is left to read. Reading beyond the end gives zeros, and marks the cursor as broken from then on: so a
   structure is read whole, and asked about once. */
typedef struct ph_cursor {
  const unsigned char *at;
  size_t left;
  bool broken;
} ph_cursor;

/* A cursor over `size` bytes from `offset` on; broken at once where they are not all there. */
ph_cursor ph_cursor_over(const ph_bytes *bytes, uint64_t offset, uint64_t size);

/* A whole number of 1 to 8 bytes. */
uint64_t ph_cursor_number(ph_cursor *cursor, int bytes);

/* The next `size` bytes, or NULL. */
const unsigned char *ph_cursor_take(ph_cursor *cursor, uint64_t size);

/* Whether the next four bytes are these; the cursor is broken if not. */
bool ph_cursor_expect(ph_cursor *cursor, const char mark[4]);

#endif
