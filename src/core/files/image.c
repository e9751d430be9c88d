/* SPDX-License-Identifier: MIT */
/* Pictures in files: which format a file has, and what size a picture gets. picture/ has the formats. */
#include "image.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "files/picture/jpeg.h"
#include "files/picture/png.h"
#include "files/picture/webp.h"
#include "atomic.h"
#include "file.h"

/* ---- sizes ---- */

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

/* ---- reading ---- */

static ph_status cannot_read(const char *name, const char *reason, ph_error *e) {
  return ph_fail(e, PH_FAILURE, "cannot read '%s': %s", name, reason);
}

static ph_status decode(const unsigned char *bytes, size_t size, const ph_image_size *wanted,
                        ph_samples *samples, ph_error *e) {
  if (size == 0) return ph_fail(e, PH_FAILURE, "the file is empty");
  if (ph_png_is(bytes, size)) return ph_png_decode(bytes, size, samples, e);
  if (ph_jpeg_is(bytes, size))
    return ph_jpeg_decode(bytes, size, wanted->is_reduced ? wanted->size : 0, samples, e);
  if (ph_webp_is(bytes, size)) return ph_webp_decode(bytes, size, samples, e);
  return ph_fail(e, PH_FAILURE, "it is no PNG, JPEG or WebP");
}

ph_status ph_image_decode(const unsigned char *bytes, size_t byte_count, const char *name,
                          const ph_image_size *size, ph_tensor **image, ph_error *e) {
  ph_error inner;
  ph_samples samples;
  ph_tensor *decoded = NULL;
  ph_status status = decode(bytes, byte_count, size, &samples, &inner);
  if (status == PH_NO_MEMORY) return ph_no_memory(e);
  if (status != PH_OK) return cannot_read(name, inner.message, e);
  const bool is_turned = samples.orientation >= 5;
  int64_t h = is_turned ? samples.whole_w : samples.whole_h,
          w = is_turned ? samples.whole_h : samples.whole_w;
  status = ph_samples_tensor(&samples, &decoded, e);
  ph_samples_free(&samples);
  if (status != PH_OK) return status;
  PH_TRY(fit(size, &h, &w, e));
  const ph_shape shape = ph_tensor_shape(decoded);
  if (h == shape.dim[2] && w == shape.dim[3])
    *image = ph_tensor_retain(decoded);
  else
    PH_TRY(ph_image_resize(decoded, h, w, image, e));
done:
  ph_tensor_release(decoded);
  return status;
}

ph_status ph_image_load(const char *path, const ph_image_size *size, ph_tensor **image, ph_error *e) {
  unsigned char *bytes;
  size_t byte_count;
  ph_status status = ph_file_read(path, PH_IMAGE_MOST_BYTES, &bytes, &byte_count, e);
  if (status != PH_OK) return status;
  status = ph_image_decode(bytes, byte_count, path, size, image, e);
  ph_free(bytes);
  return status;
}

ph_status ph_image_metadata(const char *path, ph_metadata **metadata, ph_error *e) {
  unsigned char *bytes;
  size_t size;
  ph_error inner;
  ph_metadata *texts = NULL;
  ph_status status = ph_file_read(path, PH_IMAGE_MOST_BYTES, &bytes, &size, e);
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
  ph_atomic *file = NULL;
  ph_samples samples = {0};
  ph_status status = check_picture(image, path, e);
  if (status != PH_OK) return status;
  PH_TRY(ph_samples_of(image, &samples, e));
  PH_TRY(ph_atomic_begin(path, &file, e));
  if (format_of(path) == PNG)
    PH_TRY(write_png(&samples, metadata, file, e));
  else
    PH_TRY(ph_jpeg_write(&samples, file, e));
  ph_samples_free(&samples);
  return ph_atomic_commit(file, e);
done:
  ph_samples_free(&samples);
  ph_atomic_abandon(file);
  return status;
}
