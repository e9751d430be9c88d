/* SPDX-License-Identifier: MIT */
/* Makes PNGs of any kind, valid or not, without the code under test. */
#ifndef PNG_MAKING_H
#define PNG_MAKING_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

typedef struct bytes {
  unsigned char data[1 << 16];
  size_t size;
} bytes;

static inline void put(bytes *b, const void *data, size_t size) {
  memcpy(b->data + b->size, data, size);
  b->size += size;
}

static inline void put_u32(bytes *b, uint32_t value) {
  const unsigned char big_endian[] = {(unsigned char)(value >> 24), (unsigned char)(value >> 16),
                                      (unsigned char)(value >> 8), (unsigned char)value};
  put(b, big_endian, 4);
}

static inline void put_chunk(bytes *b, const char *type, const void *data, size_t size) {
  put_u32(b, (uint32_t)size);
  size_t start = b->size;
  put(b, type, 4);
  if (size > 0) put(b, data, size);
  put_u32(b, (uint32_t)crc32(crc32(0, NULL, 0), b->data + start, (uInt)size + 4));
}

/* Begins a PNG: signature and header. Types: 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGB and alpha. */
static inline void begin_png(bytes *b, uint32_t w, uint32_t h, int depth, int type) {
  bytes header = {.size = 0};
  b->size = 0;
  put(b, "\x89PNG\r\n\x1A\n", 8);
  put_u32(&header, w);
  put_u32(&header, h);
  const unsigned char rest[] = {(unsigned char)depth, (unsigned char)type, 0, 0, 0};
  put(&header, rest, 5);
  put_chunk(b, "IHDR", header.data, header.size);
}

/* Ends it: the rows, each beginning with its filter (0), compressed. */
static inline void end_png(bytes *b, const void *rows, size_t size) {
  unsigned char packed[4096];
  uLongf packed_size = sizeof packed;
  compress(packed, &packed_size, rows, (uLong)size);
  put_chunk(b, "IDAT", packed, packed_size);
  put_chunk(b, "IEND", NULL, 0);
}

#endif
