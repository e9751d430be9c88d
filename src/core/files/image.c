/* SPDX-License-Identifier: MIT */
/* Pictures in files, by stb's decoders, JPEG encoder and resampler. */
#include "image.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "atomic.h"
#include "file.h"
#include "jpeg.h"
#include "png.h"

/* ---- stb, with our allocator and without assertions ---- */

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
#define STBI_ONLY_JPEG
#define STBI_NO_STDIO
#define STBI_NO_LINEAR
#define STBI_FAILURE_USERMSG
#define STBI_ASSERT(x) ((void)0)
#define STBI_MALLOC(size) ph_alloc(size)
#define STBI_REALLOC_SIZED(block, before, size) reallocate(block, before, size)
#define STBI_FREE(block) ph_free(block)
#include <stb/stb_image.h>

#define STB_IMAGE_WRITE_STATIC
#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STBI_WRITE_NO_STDIO
#define STBIW_ASSERT(x) ((void)0)
#define STBIW_MALLOC(size) ph_alloc(size)
#define STBIW_REALLOC_SIZED(block, before, size) reallocate(block, before, size)
#define STBIW_FREE(block) ph_free(block)
#include <stb/stb_image_write.h>

#define STB_IMAGE_RESIZE_STATIC
#define STB_IMAGE_RESIZE_IMPLEMENTATION
#define STBIR_ASSERT(x) ((void)0)
#define STBIR_MALLOC(size, context) ((void)(context), ph_alloc(size))
#define STBIR_FREE(block, context) ((void)(context), ph_free(block))
#include <stb/stb_image_resize.h>

/* ---- resizing ---- */

/* The filter has negative lobes: bring what it overshoots back into the range of the source. */
static void clip_to_range_of(const float *src, int64_t src_count, float *dst, int64_t dst_count) {
  float least = INFINITY, most = -INFINITY;
  for (int64_t i = 0; i < src_count; i++) {
    if (src[i] < least) least = src[i];
    if (src[i] > most) most = src[i];
  }
  for (int64_t i = 0; i < dst_count; i++) {
    if (dst[i] < least) dst[i] = least;
    if (dst[i] > most) dst[i] = most;
  }
}

ph_status ph_image_resize(const ph_tensor *src, int64_t h, int64_t w, ph_tensor **dst, ph_error *e) {
  ph_shape from = ph_tensor_shape(src), to = from;
  char text[PH_SHAPE_TEXT];
  if (from.rank != 4 || from.dim[2] > PH_IMAGE_MOST_SIDE || from.dim[3] > PH_IMAGE_MOST_SIDE)
    return ph_fail(e, PH_MISUSE, "resize: images (n, c, h, w) of at most %d pixels a side expected, got %s",
                   PH_IMAGE_MOST_SIDE, ph_shape_print(from, text));
  if (h < 1 || w < 1 || h > PH_IMAGE_MOST_SIDE || w > PH_IMAGE_MOST_SIDE || h * w > PH_IMAGE_MOST_PIXELS)
    return ph_fail(e, PH_MISUSE, "resize: cannot make images of %lldx%lld pixels", (long long)h,
                   (long long)w);
  to.dim[2] = h;
  to.dim[3] = w;
  ph_tensor *result;
  ph_status status = ph_tensor_new(to, &result, e);
  if (status != PH_OK) return status;
  int64_t src_plane = from.dim[2] * from.dim[3], dst_plane = h * w;
  for (int64_t p = 0; p < from.dim[0] * from.dim[1]; p++) {
    const float *in = ph_tensor_read(src) + p * src_plane;
    float *out = ph_tensor_data(result) + p * dst_plane;
    if (!stbir_resize_float_generic(in, (int)from.dim[3], (int)from.dim[2], 0, out, (int)w, (int)h, 0, 1,
                                    STBIR_ALPHA_CHANNEL_NONE, 0, STBIR_EDGE_CLAMP, STBIR_FILTER_MITCHELL,
                                    STBIR_COLORSPACE_LINEAR, NULL)) {
      ph_tensor_release(result);
      return ph_no_memory(e);
    }
    clip_to_range_of(in, src_plane, out, dst_plane);
  }
  *dst = result;
  return PH_OK;
}

/* ---- reading ---- */

#define OFFSET(member) offsetof(ph_image_size, member)
const ph_field ph_image_fields[] = {
    {"size", PH_INTEGER, OFFSET(size), 0, 1, PH_IMAGE_MOST_SIDE, NULL, "pixels of the shorter side"},
    {"width", PH_INTEGER, OFFSET(width), 0, 1, PH_IMAGE_MOST_SIDE, NULL, "pixels across"},
    {"height", PH_INTEGER, OFFSET(height), 0, 1, PH_IMAGE_MOST_SIDE, NULL, "pixels down"},
    {0}};

static int64_t scaled(int64_t side, int64_t to, int64_t from) {
  int64_t result = (2 * side * to + from) / (2 * from);
  return result > 0 ? result : 1;
}

/* The size that a picture of *h x *w pixels gets. */
static ph_status fit(const ph_image_size *wanted, int64_t *h, int64_t *w, ph_error *e) {
  int64_t h0 = *h, w0 = *w, width = wanted->width, height = wanted->height;
  if (wanted->size != 0 && (width != 0 || height != 0))
    return ph_fail(e, PH_MISUSE, "load_image: give either size, or width and height");
  if (wanted->size != 0 && w0 <= h0) width = wanted->size;
  if (wanted->size != 0 && w0 > h0) height = wanted->size;
  if (width == 0 && height == 0) return PH_OK;
  *w = width != 0 ? width : scaled(w0, height, h0);
  *h = height != 0 ? height : scaled(h0, width, w0);
  return PH_OK;
}

/* Samples of 1 to 4 interleaved channels (grey, grey and alpha, RGB, RGB and alpha) -> (1, 3, h, w). */
static void spread(const unsigned char *samples, int channels, ph_tensor *image) {
  int64_t plane = ph_tensor_count(image) / 3;
  float *data = ph_tensor_data(image);
  bool has_alpha = channels == 2 || channels == 4, is_grey = channels <= 2;
  for (int64_t i = 0; i < plane; i++, samples += channels) {
    float alpha = has_alpha ? (float)samples[channels - 1] / 255.0f : 1.0f;
    for (int c = 0; c < 3; c++) {
      float value = (float)samples[is_grey ? 0 : c] / 255.0f;
      data[c * plane + i] = has_alpha ? value * alpha + (1.0f - alpha) : value;
    }
  }
}

static ph_status cannot_read(const char *path, const char *reason, ph_error *e) {
  return ph_fail(e, PH_FAILURE, "cannot read '%s': %s", path, reason);
}

static ph_status decoder_failed(const char *path, ph_error *e) {
  const char *reason = stbi_failure_reason();
  return strcmp(reason, "Out of memory") == 0 ? ph_no_memory(e) : cannot_read(path, reason, e);
}

/* Refuses what stb would take but should not: other formats, damage that it does not look for, and sizes
   whose pixels would fill the memory. */
static ph_status check_bytes(const unsigned char *bytes, size_t size, const char *path, ph_png_about *about,
                             ph_error *e) {
  ph_error inner;
  int w, h, channels;
  *about = (ph_png_about){.orientation = 1};
  if (size == 0) return cannot_read(path, "the file is empty", e);
  bool is_png = ph_png_is(bytes, size), is_jpeg = ph_jpeg_is(bytes, size);
  if (!is_png && !is_jpeg) return cannot_read(path, "it is neither a PNG nor a JPEG", e);
  ph_status status = is_png ? ph_png_check(bytes, size, about, &inner)
                            : ph_jpeg_check(bytes, size, &about->orientation, &inner);
  if (status == PH_NO_MEMORY) return ph_no_memory(e);
  if (status != PH_OK) return cannot_read(path, inner.message, e);
  if (!stbi_info_from_memory(bytes, (int)size, &w, &h, &channels))
    return cannot_read(path, "its header makes no sense", e);
  if (w > PH_IMAGE_MOST_SIDE || h > PH_IMAGE_MOST_SIDE || (int64_t)w * h > PH_IMAGE_MOST_PIXELS)
    return ph_fail(e, PH_FAILURE, "cannot read '%s': %dx%d pixels are too many", path, w, h);
  return PH_OK;
}

/* A picture (1, 3, h, w) as it was seen, from its pixels as they lie: orientations 5 to 8 exchange rows and
   columns; of 3, 4, 6 and 7 the rows run backwards, of 2, 3, 7 and 8 the columns. */
static ph_status turn(int orientation, ph_tensor **image, ph_error *e) {
  ph_shape from = ph_tensor_shape(*image), to = from;
  const bool is_turned = orientation >= 5;
  const bool from_right = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool from_below = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  ph_tensor *turned;
  if (orientation == 1) return PH_OK;
  if (is_turned) to = ph_shape4(1, 3, from.dim[3], from.dim[2]);
  ph_status status = ph_tensor_new(to, &turned, e);
  if (status != PH_OK) return status;
  const float *src = ph_tensor_read(*image);
  float *dst = ph_tensor_data(turned);
  const int64_t h = from.dim[2], w = from.dim[3];
  for (int64_t c = 0; c < 3; c++)
    for (int64_t y = 0; y < to.dim[2]; y++)
      for (int64_t x = 0; x < to.dim[3]; x++) {
        int64_t row = is_turned ? x : y, column = is_turned ? y : x;
        if (from_below) row = h - 1 - row;
        if (from_right) column = w - 1 - column;
        *dst++ = src[(c * h + row) * w + column];
      }
  ph_tensor_release(*image);
  *image = turned;
  return PH_OK;
}

static ph_status decode_pixels(const unsigned char *bytes, size_t size, const char *path, ph_tensor **image,
                               ph_error *e) {
  int w, h, channels;
  unsigned char *samples = stbi_load_from_memory(bytes, (int)size, &w, &h, &channels, 0);
  if (samples == NULL) return decoder_failed(path, e);
  ph_status status = ph_tensor_new(ph_shape4(1, 3, h, w), image, e);
  if (status == PH_OK) spread(samples, channels, *image);
  stbi_image_free(samples);
  return status;
}

static ph_status decode(const unsigned char *bytes, size_t size, const char *path, ph_tensor **image,
                        ph_error *e) {
  ph_png_about about;
  unsigned char *whole = NULL;
  ph_status status = check_bytes(bytes, size, path, &about, e);
  if (status != PH_OK) return status;
  if (about.palette_end != 0 && about.palette_size < PH_PNG_PALETTE && about.palette_size % 3 == 0) {
    status = ph_png_complete(bytes, size, &about, &whole, &size, e);
    if (status != PH_OK) return status;
    bytes = whole;
  }
  status = decode_pixels(bytes, size, path, image, e);
  ph_free(whole);
  if (status != PH_OK) return status;
  status = turn(about.orientation, image, e);
  if (status != PH_OK) ph_tensor_release(*image);
  return status;
}

enum { MOST_FILE_BYTES = 1 << 29 };

ph_status ph_image_load(const char *path, const ph_image_size *size, ph_tensor **image, ph_error *e) {
  unsigned char *bytes;
  size_t byte_count;
  ph_tensor *whole = NULL;
  ph_status status = ph_file_read(path, MOST_FILE_BYTES, &bytes, &byte_count, e);
  if (status != PH_OK) return status;
  status = decode(bytes, byte_count, path, &whole, e);
  ph_free(bytes);
  if (status != PH_OK) return status;
  ph_shape shape = ph_tensor_shape(whole);
  int64_t h = shape.dim[2], w = shape.dim[3];
  PH_TRY(fit(size, &h, &w, e));
  if (h == shape.dim[2] && w == shape.dim[3]) {
    *image = whole;
    return PH_OK;
  }
  status = ph_image_resize(whole, h, w, image, e);
done:
  ph_tensor_release(whole);
  return status;
}

ph_status ph_image_metadata(const char *path, ph_metadata **metadata, ph_error *e) {
  unsigned char *bytes;
  size_t size;
  ph_error inner;
  ph_metadata *texts = NULL;
  ph_status status = ph_file_read(path, MOST_FILE_BYTES, &bytes, &size, e);
  if (status != PH_OK) return status;
  PH_TRY(ph_metadata_new(&texts, e));
  status = ph_png_read_texts(bytes, size, texts, &inner);
  if (status == PH_NO_MEMORY) ph_no_memory(e);
  if (status == PH_FAILURE) cannot_read(path, inner.message, e);
  if (status != PH_OK) goto done;
  ph_free(bytes);
  *metadata = texts;
  return PH_OK;
done:
  ph_metadata_free(texts);
  ph_free(bytes);
  return status;
}

/* ---- writing ---- */

typedef enum format { PNG, JPEG, UNKNOWN } format;

static format format_of(const char *path) {
  const char *name = strrchr(path, '/'), *dot = strrchr(name != NULL ? name : path, '.');
  if (dot == NULL) return UNKNOWN;
  if (strcasecmp(dot, ".png") == 0) return PNG;
  return strcasecmp(dot, ".jpg") == 0 || strcasecmp(dot, ".jpeg") == 0 ? JPEG : UNKNOWN;
}

static ph_status check_picture(const ph_tensor *image, const char *path, ph_error *e) {
  ph_shape shape = ph_tensor_shape(image);
  char text[PH_SHAPE_TEXT];
  if (format_of(path) == UNKNOWN)
    return ph_fail(e, PH_MISUSE, "cannot write '%s': pictures end in .png, .jpg or .jpeg", path);
  if (shape.rank == 4 && shape.dim[0] > 1)
    return ph_fail(e, PH_MISUSE,
                   "cannot write '%s': a batch of %lld images; use ph.montage, or t:image(n) for one of them",
                   path, (long long)shape.dim[0]);
  if (shape.rank == 4 && shape.dim[1] == 4 && format_of(path) == JPEG)
    return ph_fail(e, PH_MISUSE, "cannot write '%s': JPEG has no opacity, the fourth channel of %s; PNG has",
                   path, ph_shape_print(shape, text));
  if (shape.rank != 4 || (shape.dim[1] != 3 && shape.dim[1] != 1 && shape.dim[1] != 4))
    return ph_fail(e, PH_MISUSE, "cannot write '%s': expected a tensor of shape 1x3xhxw or 1x1xhxw, got %s",
                   path, ph_shape_print(shape, text));
  if (shape.dim[2] > PH_IMAGE_MOST_SIDE || shape.dim[3] > PH_IMAGE_MOST_SIDE ||
      shape.dim[2] * shape.dim[3] > PH_IMAGE_MOST_PIXELS)
    return ph_fail(e, PH_MISUSE, "cannot write '%s': %s is too large for a picture", path,
                   ph_shape_print(shape, text));
  const float *data = ph_tensor_read(image);
  for (int64_t i = 0; i < ph_tensor_count(image); i++)
    if (isnan(data[i]))
      return ph_fail(e, PH_MISUSE, "cannot write '%s': NaN at channel %lld, y %lld, x %lld", path,
                     (long long)(i / (shape.dim[2] * shape.dim[3])),
                     (long long)(i / shape.dim[3] % shape.dim[2]), (long long)(i % shape.dim[3]));
  return PH_OK;
}

/* (1, c, h, w) -> interleaved 8-bit samples. */
static void interleave(const ph_tensor *image, unsigned char *samples) {
  int64_t channels = ph_tensor_shape(image).dim[1], plane = ph_tensor_count(image) / channels;
  const float *data = ph_tensor_read(image);
  for (int64_t i = 0; i < plane; i++)
    for (int64_t c = 0; c < channels; c++) {
      float value = fminf(fmaxf(data[c * plane + i], 0.0f), 1.0f);
      *samples++ = (unsigned char)(value * 255.0f + 0.5f);
    }
}

/* What the JPEG encoder hands over piece by piece. */
typedef struct collector {
  ph_atomic *file;
  ph_status status;
  ph_error *e;
  size_t used;
  char buffer[1 << 16];
} collector;

static void flush(collector *c) {
  if (c->status == PH_OK) c->status = ph_atomic_write(c->file, c->buffer, c->used, c->e);
  c->used = 0;
}

static void collect(void *context, void *data, int size) {
  collector *c = context;
  for (const char *at = data; size > 0; size--) {
    if (c->used == sizeof c->buffer) flush(c);
    c->buffer[c->used++] = *at++;
  }
}

static ph_status write_jpeg(const ph_samples *picture, ph_atomic *file, ph_error *e) {
  enum { QUALITY = 92 };
  collector *c = ph_alloc(sizeof *c);
  if (c == NULL) return ph_no_memory(e);
  *c = (collector){.file = file, .status = PH_OK, .e = e};
  stbi_write_jpg_to_func(collect, c, picture->w, picture->h, picture->channels, picture->data, QUALITY);
  flush(c);
  ph_status status = c->status;
  ph_free(c);
  return status;
}

static ph_status write_png(const ph_samples *picture, const ph_metadata *metadata, ph_atomic *file,
                           ph_error *e) {
  unsigned char *png;
  size_t size;
  ph_status status = ph_png_encode(picture, metadata, &png, &size, e);
  if (status != PH_OK) return status;
  status = ph_atomic_write(file, png, size, e);
  ph_free(png);
  return status;
}

ph_status ph_image_save(const ph_tensor *image, const char *path, const ph_metadata *metadata, ph_error *e) {
  ph_shape shape = ph_tensor_shape(image);
  ph_atomic *file = NULL;
  ph_status status = check_picture(image, path, e);
  if (status != PH_OK) return status;
  unsigned char *samples = ph_alloc((size_t)ph_tensor_count(image));
  if (samples == NULL) return ph_no_memory(e);
  interleave(image, samples);
  ph_samples picture = {samples, (int)shape.dim[3], (int)shape.dim[2], (int)shape.dim[1]};
  PH_TRY(ph_atomic_begin(path, &file, e));
  if (format_of(path) == PNG)
    PH_TRY(write_png(&picture, metadata, file, e));
  else
    PH_TRY(write_jpeg(&picture, file, e));
  ph_free(samples);
  return ph_atomic_commit(file, e);
done:
  ph_free(samples);
  ph_atomic_abandon(file);
  return status;
}
