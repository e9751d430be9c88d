/* SPDX-License-Identifier: MIT */
/* Reading PNG. A chunk is a length (4 bytes, the highest first), a type of 4 letters, the data, and the CRC
   of type and data. All chunks are checked before stb decodes the pixels, since it does not check enough
   itself. */
#include "png.h"

#include <stdint.h>
#include <string.h>
#include <zlib.h>

#include "base/memory.h"
#include "base/utf8.h"
#include "exif.h"

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

/* Hands every chunk to `visit`. */
static ph_status walk(const unsigned char *png, size_t size,
                      ph_status (*visit)(const chunk *c, void *context, ph_error *e), void *context,
                      ph_error *e) {
  size_t at = sizeof signature;
  chunk c = {.type = "    "};
  ph_status status = ph_png_is(png, size) ? PH_OK : ph_fail(e, PH_FAILURE, "it is not a PNG");
  while (status == PH_OK && !is_type(&c, "IEND")) {
    status = next_chunk(png, size, &at, &c, e);
    if (status == PH_OK) status = visit(&c, context, e);
  }
  return status;
}

/* ---- checking ---- */

/* What the chunks say of the pixels. */
typedef struct summary {
  int orientation;     /* by its Exif (exif.h) */
  size_t palette_end;  /* where the palette's data end; 0 where there is none */
  size_t palette_size; /* bytes */
} summary;

typedef struct check {
  const unsigned char *png;
  summary *about;
  z_stream stream;
  uint64_t most; /* bytes that the pixels may still inflate to */
  bool has_header, is_started, is_ended;
} check;

/* Bytes of `w` x `h` pixels: each row begins with the number of its filter. */
static uint64_t row_bytes(uint64_t w, uint64_t h, uint64_t bits) {
  return w == 0 ? 0 : h * (1 + (w * bits + 7) / 8);
}

/* What pixels inflate to, by the header; interlaced ones lie in seven passes. */
static uint64_t pixel_bytes(const unsigned char *header) {
  static const int channels[7] = {1, 0, 3, 1, 2, 0, 4};
  static const struct {
    unsigned x, y, dx, dy;
  } pass[7] = {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4},
               {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}};
  uint64_t w = read_u32(header), h = read_u32(header + 4), sum = 0;
  uint64_t bits = (uint64_t)header[8] * (uint64_t)(header[9] < 7 ? channels[header[9]] : 0);
  if (header[12] == 0) return row_bytes(w, h, bits);
  for (int i = 0; i < 7; i++)
    sum += row_bytes((w + pass[i].dx - 1 - pass[i].x) / pass[i].dx,
                     (h + pass[i].dy - 1 - pass[i].y) / pass[i].dy, bits);
  return sum;
}

/* Inflates to nowhere, as far as there may be something. */
static ph_status count_pixels(check *k, const chunk *c, ph_error *e) {
  unsigned char nowhere[1 << 14];
  int result = k->is_ended ? Z_STREAM_END : Z_OK;
  k->stream.next_in = (unsigned char *)(uintptr_t)c->data;
  k->stream.avail_in = (uInt)c->size;
  while (result == Z_OK && k->stream.avail_in > 0) {
    k->stream.next_out = nowhere;
    k->stream.avail_out = sizeof nowhere;
    result = inflate(&k->stream, Z_NO_FLUSH);
    const uint64_t made = sizeof nowhere - k->stream.avail_out;
    if (made > k->most) return ph_fail(e, PH_FAILURE, "the PNG holds more pixels than its header says");
    k->most -= made;
  }
  k->is_ended = result == Z_STREAM_END;
  if (result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR) return PH_OK;
  if (result == Z_MEM_ERROR) return ph_no_memory(e);
  return ph_fail(e, PH_FAILURE, "the PNG is damaged (its pixels cannot be inflated)");
}

static ph_status visit_checked(const chunk *c, void *context, ph_error *e) {
  check *k = context;
  if (is_type(c, "IHDR") && c->size >= 13 && !k->has_header) {
    k->has_header = true;
    k->most = pixel_bytes(c->data);
    return ph_samples_check_size(read_u32(c->data), read_u32(c->data + 4), e);
  } else if (is_type(c, "PLTE")) {
    k->about->palette_size = c->size;
    k->about->palette_end = (size_t)(c->data + c->size - k->png);
  } else if (is_type(c, "eXIf")) {
    k->about->orientation = ph_exif_orientation(c->data, c->size);
  } else if (is_type(c, "IDAT")) {
    if (!k->is_started && inflateInit(&k->stream) != Z_OK) return ph_no_memory(e);
    k->is_started = true;
    return count_pixels(k, c, e);
  }
  return PH_OK;
}

/* PH_FAILURE unless every chunk up to the end is whole and carries the right checksum, there are not too many
   pixels, and what is compressed is no more than they. */
static ph_status check_chunks(const unsigned char *png, size_t size, summary *about, ph_error *e) {
  check k = {.png = png, .about = about};
  *about = (summary){.orientation = 1};
  ph_status status = walk(png, size, visit_checked, &k, e);
  if (k.is_started) inflateEnd(&k.stream);
  return status;
}

/* ---- pixels ---- */

static void *reallocate(void *block, size_t before, size_t size) {
  void *larger = ph_alloc(size);
  if (larger == NULL) return NULL;
  if (block != NULL) memcpy(larger, block, before < size ? before : size);
  ph_free(block);
  return larger;
}

#pragma GCC diagnostic ignored "-Wunused-function" /* much of stb is declared in vain */

#define STB_IMAGE_STATIC
#define STB_IMAGE_IMPLEMENTATION
#define STBI_ONLY_PNG
#define STBI_NO_STDIO
#define STBI_NO_LINEAR
#define STBI_FAILURE_USERMSG
#define STBI_ASSERT(x) ((void)0)
#define STBI_MALLOC(size) ph_alloc(size)
#define STBI_REALLOC_SIZED(block, before, size) reallocate(block, before, size)
#define STBI_FREE(block) ph_free(block)
#include <stb/stb_image.h>

enum { FULL_PALETTE = 3 * 256 };

/* Of a PNG whose palette lacks colours, a copy in which they are black: pixels that have them would be
   whatever the decoder's memory holds. NULL when memory is short. */
static unsigned char *complete_palette(const unsigned char *png, size_t size, const summary *about) {
  const size_t missing = FULL_PALETTE - about->palette_size, end = about->palette_end;
  unsigned char *copy = ph_alloc(size + missing), *length;
  if (copy == NULL) return NULL;
  memcpy(copy, png, end);
  memcpy(copy + end + missing, png + end, size - end); /* its checksum is of no interest any more */
  length = copy + end - about->palette_size - 8;
  length[2] = FULL_PALETTE >> 8;
  length[3] = FULL_PALETTE & 0xFF;
  return copy;
}

static ph_status decoder_failed(ph_error *e) {
  const char *reason = stbi_failure_reason();
  return strcmp(reason, "Out of memory") == 0 ? ph_no_memory(e) : ph_fail(e, PH_FAILURE, "%s", reason);
}

ph_status ph_png_decode(const unsigned char *png, size_t size, ph_samples *samples, ph_error *e) {
  summary about;
  unsigned char *whole = NULL;
  int w, h, channels;
  ph_status status = check_chunks(png, size, &about, e);
  if (status != PH_OK) return status;
  if (about.palette_end != 0 && about.palette_size < FULL_PALETTE && about.palette_size % 3 == 0) {
    whole = complete_palette(png, size, &about);
    if (whole == NULL) return ph_no_memory(e);
    png = whole;
    size += FULL_PALETTE - about.palette_size;
  }
  stbi__g_failure_reason = "Out of memory"; /* the one thing that stb does not always say */
  unsigned char *data = stbi_load_from_memory(png, (int)size, &w, &h, &channels, 0);
  ph_free(whole);
  if (data == NULL) return decoder_failed(e);
  *samples = (ph_samples){data, w, h, channels, about.orientation, .whole_w = w, .whole_h = h};
  return PH_OK;
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
static ph_status visit_text(const chunk *c, void *metadata, ph_error *e) {
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
