/* SPDX-License-Identifier: MIT */
/* Reading Exif: a byte order, the place of a directory, and in that, entries of 12 bytes (tag, type, count,
   value). Everything is bounded by the block. */
#include "exif.h"

#include <stdint.h>
#include <string.h>

enum { ORIENTATION = 0x0112, SHORT = 3, ENTRY = 12 };

/* A number of `bytes` bytes at this place; 0 where the block ends before. */
static uint32_t number(const unsigned char *block, size_t size, size_t at, int bytes, int is_big) {
  uint32_t value = 0;
  if (at > size || size - at < (size_t)bytes) return 0;
  for (int i = 0; i < bytes; i++) value = value << 8 | block[at + (size_t)(is_big ? i : bytes - 1 - i)];
  return value;
}

int ph_exif_orientation(const unsigned char *block, size_t size) {
  static const char mark[6] = "Exif\0";
  if (size >= sizeof mark && memcmp(block, mark, sizeof mark) == 0) {
    block += sizeof mark;
    size -= sizeof mark;
  }
  if (size < 8 || (memcmp(block, "II*\0", 4) != 0 && memcmp(block, "MM\0*", 4) != 0)) return 1;
  const int is_big = block[0] == 'M';
  size_t at = number(block, size, 4, 4, is_big);
  const uint32_t entries = number(block, size, at, 2, is_big);
  at += 2;
  for (uint32_t i = 0; i < entries && at <= size; i++, at += ENTRY) {
    if (number(block, size, at, 2, is_big) != ORIENTATION) continue;
    if (number(block, size, at + 2, 2, is_big) != SHORT) return 1;
    const uint32_t value = number(block, size, at + 8, 2, is_big);
    return value >= 1 && value <= 8 ? (int)value : 1;
  }
  return 1;
}
