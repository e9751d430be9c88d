/* SPDX-License-Identifier: MIT */
/* Writing PNG: rows filtered by the specification's heuristic (the filter whose output has the minimum sum of
   magnitudes), zlib, chunks. stb_image_write cannot write texts; it also compresses less and leaks when an
   allocation fails. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/memory.h"
#include "base/utf8.h"
#include "png.h"

enum { SIGNATURE = 8, HEADER = 13, CHUNK_OVERHEAD = 12, LEVEL = 8 };

static void write_u32(unsigned char *at, uint32_t value) {
  for (int i = 0; i < 4; i++) at[i] = (unsigned char)(value >> (24 - 8 * i));
}

/* Completes the chunk at `at`, whose data already lie in their place, 8 bytes on; returns where the next one
 * begins. */
static unsigned char *finish_chunk(unsigned char *at, const char *type, size_t size) {
  write_u32(at, (uint32_t)size);
  memcpy(at + 4, type, 4);
  write_u32(at + 8 + size, (uint32_t)crc32_z(crc32_z(0, NULL, 0), at + 4, size + 4));
  return at + CHUNK_OVERHEAD + size;
}

/* ---- texts ---- */

static ph_status check_text(const char *key, const char *value, ph_error *e) {
  const size_t most = INT32_MAX - 1024; /* of a chunk's 2^31 - 1 bytes */
  char text[PH_NAME_TEXT];
  size_t length = strlen(key);
  bool fits = length >= 1 && length <= 79 && key[0] != ' ' && key[length - 1] != ' ';
  for (size_t i = 0; fits && i < length; i++)
    fits = key[i] >= ' ' && key[i] <= '~' && !(key[i] == ' ' && key[i + 1] == ' ');
  if (!fits)
    return ph_fail(e, PH_MISUSE,
                   "metadata key '%s': 1 to 79 printable ASCII characters, single spaces inside, expected",
                   ph_name_print(key, text));
  if (strlen(value) > most) return ph_fail(e, PH_MISUSE, "metadata '%s': too long for a PNG", key);
  return PH_OK;
}

static bool is_ascii(const char *text) {
  for (; *text != '\0'; text++)
    if (*text != '\n' && (*text < ' ' || *text > '~')) return false;
  return true;
}

/* Before an iTXt's text: no compression (2 bytes), no language, no translated key (a terminator each). */
enum { INTERNATIONAL = 4 };

static size_t text_size(const char *key, const char *value) {
  return strlen(key) + 1 + (is_ascii(value) ? 0 : INTERNATIONAL) + strlen(value);
}

static unsigned char *put_text(unsigned char *at, const char *key, const char *value) {
  unsigned char *out = at + 8;
  memcpy(out, key, strlen(key) + 1);
  out += strlen(key) + 1;
  if (!is_ascii(value)) {
    memset(out, 0, INTERNATIONAL);
    out += INTERNATIONAL;
  }
  memcpy(out, value, strlen(value));
  return finish_chunk(at, is_ascii(value) ? "tEXt" : "iTXt", text_size(key, value));
}

/* ---- pixels ---- */

/* What each filter expects of a sample from its neighbours to the left, above, and above on the left. */
static int predict(int filter, int left, int above, int corner) {
  int guess = left + above - corner;
  int to_left = abs(guess - left), to_above = abs(guess - above), to_corner = abs(guess - corner);
  switch (filter) {
    case 1:
      return left;
    case 2:
      return above;
    case 3:
      return (left + above) / 2;
    case 4: /* Paeth's: the neighbour nearest to the guess */
      return to_left <= to_above && to_left <= to_corner ? left : to_above <= to_corner ? above : corner;
    default:
      return 0;
  }
}

/* Filters row y, the filter's number first; returns the sum of magnitudes. */
static int64_t filter_row(const ph_samples *p, int y, int filter, unsigned char *out) {
  int size = p->w * p->channels;
  const unsigned char *row = p->data + (size_t)y * (size_t)size, *up = y > 0 ? row - size : NULL;
  int64_t sum = 0;
  *out++ = (unsigned char)filter;
  for (int i = 0; i < size; i++) {
    int back = i - p->channels;
    int left = back >= 0 ? row[back] : 0, above = up != NULL ? up[i] : 0;
    int corner = back >= 0 && up != NULL ? up[back] : 0;
    out[i] = (unsigned char)(row[i] - predict(filter, left, above, corner));
    sum += out[i] < 128 ? out[i] : 256 - out[i];
  }
  return sum;
}

static void filter_rows(const ph_samples *p, unsigned char *out) {
  for (int y = 0; y < p->h; y++, out += 1 + p->w * p->channels) {
    int64_t least = INT64_MAX;
    int best = 0;
    for (int filter = 0; filter <= 4; filter++) {
      int64_t sum = filter_row(p, y, filter, out);
      if (sum < least) {
        least = sum;
        best = filter;
      }
    }
    filter_row(p, y, best, out);
  }
}

/* Compresses the picture into `out`, which has room for *size bytes; *size becomes what it took. */
static ph_status compress_rows(const ph_samples *p, size_t row_bytes, unsigned char *out, size_t *size,
                               ph_error *e) {
  uLongf packed = *size;
  unsigned char *rows = ph_alloc(row_bytes);
  if (rows == NULL) return ph_no_memory(e);
  filter_rows(p, rows);
  int result = compress2(out, &packed, rows, row_bytes, LEVEL);
  ph_free(rows);
  *size = packed;
  return result == Z_OK ? PH_OK : ph_no_memory(e); /* its only other failure is too little room */
}

static unsigned char *put_header(unsigned char *at, const ph_samples *p) {
  const unsigned char colour_type = p->channels == 4 ? 6 : p->channels == 3 ? 2 : 0;
  const unsigned char kind[] = {8, colour_type, 0, 0, 0}; /* bits; colour type; the usual methods */
  memcpy(at, "\x89PNG\r\n\x1A\n", SIGNATURE);
  at += SIGNATURE;
  write_u32(at + 8, (uint32_t)p->w);
  write_u32(at + 12, (uint32_t)p->h);
  memcpy(at + 16, kind, sizeof kind);
  return finish_chunk(at, "IHDR", HEADER);
}

ph_status ph_png_encode(const ph_samples *picture, const ph_metadata *metadata, unsigned char **png,
                        size_t *size, ph_error *e) {
  size_t row_bytes = (size_t)picture->h * (1 + (size_t)picture->w * (size_t)picture->channels);
  size_t pixels = compressBound(row_bytes), whole = SIGNATURE + HEADER + pixels + 3 * CHUNK_OVERHEAD;
  int texts = metadata != NULL ? ph_metadata_count(metadata) : 0;
  ph_status status;
  for (int i = 0; i < texts; i++) {
    const char *key = ph_metadata_key(metadata, i), *value = ph_metadata_value(metadata, i);
    status = check_text(key, value, e);
    if (status != PH_OK) return status;
    whole += CHUNK_OVERHEAD + text_size(key, value);
  }
  unsigned char *block = ph_alloc(whole);
  if (block == NULL) return ph_no_memory(e);
  unsigned char *at = put_header(block, picture);
  for (int i = 0; i < texts; i++)
    at = put_text(at, ph_metadata_key(metadata, i), ph_metadata_value(metadata, i));
  PH_TRY(compress_rows(picture, row_bytes, at + 8, &pixels, e));
  at = finish_chunk(at, "IDAT", pixels);
  at = finish_chunk(at, "IEND", 0);
  *png = block;
  *size = (size_t)(at - block);
  return PH_OK;
done:
  ph_free(block);
  return status;
}

ph_library ph_png_library(void) { return ph_library_of("zlib", ZLIB_VERSION, zlibVersion()); }
