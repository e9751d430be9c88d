/* SPDX-License-Identifier: MIT */
/* Reading PNG's chunks. Each is a length (4 bytes, the highest first), a type of 4 letters, the data, and the
   CRC of type and data. */
#include "png.h"

#include <stdint.h>
#include <string.h>
#include <zlib.h>

#include "base/memory.h"
#include "base/utf8.h"

static const unsigned char signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};

enum { CHUNK_OVERHEAD = 12 };

typedef struct chunk {
  const char *type; /* 4 letters */
  const unsigned char *data;
  size_t size;
} chunk;

static uint32_t read_u32(const unsigned char *at) {
  return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* The checksum of a chunk's type and data. */
static uint32_t checksum(const unsigned char *type, size_t size) {
  return (uint32_t)crc32_z(crc32_z(0, NULL, 0), type, size + 4);
}

static bool is_type(const chunk *c, const char *type) { return memcmp(c->type, type, 4) == 0; }

bool ph_png_is(const unsigned char *png, size_t size) {
  return size >= sizeof signature && memcmp(png, signature, sizeof signature) == 0;
}

/* The chunk at *at, which moves past it. */
static ph_status next_chunk(const unsigned char *png, size_t size, size_t *at, chunk *c, ph_error *e) {
  size_t left = size - *at;
  const unsigned char *here = png + *at;
  if (left < CHUNK_OVERHEAD || read_u32(here) > left - CHUNK_OVERHEAD)
    return ph_fail(e, PH_FAILURE, "the PNG is cut off");
  c->size = read_u32(here);
  c->type = (const char *)here + 4;
  c->data = here + 8;
  if (checksum(here + 4, c->size) != read_u32(c->data + c->size))
    return ph_fail(e, PH_FAILURE, "the PNG is damaged (wrong checksum at byte %zu)", *at);
  *at += CHUNK_OVERHEAD + c->size;
  return PH_OK;
}

/* Hands every chunk to `visit`, which may be NULL. */
static ph_status walk(const unsigned char *png, size_t size,
                      ph_status (*visit)(const chunk *c, ph_metadata *metadata, ph_error *e),
                      ph_metadata *metadata, ph_error *e) {
  size_t at = sizeof signature;
  chunk c = {.type = "    "};
  ph_status status = ph_png_is(png, size) ? PH_OK : ph_fail(e, PH_FAILURE, "it is not a PNG");
  while (status == PH_OK && !is_type(&c, "IEND")) {
    status = next_chunk(png, size, &at, &c, e);
    if (status == PH_OK && visit != NULL) status = visit(&c, metadata, e);
  }
  return status;
}

ph_status ph_png_check(const unsigned char *png, size_t size, ph_error *e) {
  return walk(png, size, NULL, NULL, e);
}

/* ---- texts ---- */

/* A C string of `size` bytes: copied as UTF-8, or turned into it from Latin-1. NULL when memory is short. */
static char *copy_text(const unsigned char *text, size_t size, bool is_latin1) {
  char *copy = ph_alloc((is_latin1 ? 2 * size : size) + 1), *out = copy;
  if (copy == NULL) return NULL;
  if (is_latin1)
    for (size_t i = 0; i < size; i++) out += ph_utf8_put(text[i], out);
  else
    memcpy(copy, text, size);
  return copy;
}

/* The string at *at up to its terminator, which *at moves past; false when there is none before `end`. */
static bool skip_string(const unsigned char **at, const unsigned char *end) {
  const unsigned char *stop = memchr(*at, '\0', (size_t)(end - *at));
  if (stop != NULL) *at = stop + 1;
  return stop != NULL;
}

/* tEXt: key, 0, Latin-1. iTXt: key, 0, compression flag and method, language, 0, translated key, 0, UTF-8. */
static ph_status visit_text(const chunk *c, ph_metadata *metadata, ph_error *e) {
  bool is_plain = is_type(c, "tEXt"), is_international = is_type(c, "iTXt");
  const unsigned char *at = c->data, *end = c->data + c->size;
  if ((!is_plain && !is_international) || !skip_string(&at, end)) return PH_OK;
  size_t key_size = (size_t)(at - c->data) - 1;
  if (is_international) {
    if (end - at < 2 || at[0] != 0) return PH_OK;
    at += 2;
    if (!skip_string(&at, end) || !skip_string(&at, end)) return PH_OK;
  }
  char *key = copy_text(c->data, key_size, true), *value = copy_text(at, (size_t)(end - at), is_plain);
  ph_status status =
      key != NULL && value != NULL ? ph_metadata_set(metadata, key, value, e) : ph_no_memory(e);
  ph_free(key);
  ph_free(value);
  return status;
}

ph_status ph_png_read_texts(const unsigned char *png, size_t size, ph_metadata *metadata, ph_error *e) {
  return walk(png, size, visit_text, metadata, e);
}
