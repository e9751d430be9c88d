/* SPDX-License-Identifier: MIT */
/* Photographs: what is done to a picture before a network sees it. */
#include "photograph.h"

#include "base/memory.h"
#include "colour/colour.h"
#include "files/file.h"
#include "files/image.h"

#define OFFSET(member) offsetof(ph_photograph, member)
const ph_field ph_photograph_fields[] = {
    {"size", PH_INTEGER, OFFSET(size), 0, 1, PH_IMAGE_MOST_SIDE, NULL, "pixels of the shorter side"},
    {"height", PH_INTEGER, OFFSET(height), 0, 1, PH_IMAGE_MOST_SIDE, NULL, "pixels down of the middle"},
    {"width", PH_INTEGER, OFFSET(width), 0, 1, PH_IMAGE_MOST_SIDE, NULL, "pixels across"},
    {"stretched", PH_FLAG, OFFSET(is_stretched), 0, 0, 1, NULL, "all of it instead of the middle"},
    {"channels", PH_INTEGER, OFFSET(channels), 3, 1, 3, NULL, "3, or 1 for grey"},
    {"reduced", PH_FLAG, OFFSET(is_reduced), 0, 0, 1, NULL, "JPEGs may be decoded at a reduced scale"},
    {0}};

static ph_status check(const ph_photograph *as, ph_error *e) {
  if ((as->height == 0) != (as->width == 0))
    return ph_fail(e, PH_MISUSE, "photograph: height and width go together");
  if (as->is_stretched && (as->height == 0 || as->size != 0))
    return ph_fail(e, PH_MISUSE, "photograph: stretched takes height and width, and no size");
  if (as->channels != 1 && as->channels != 3)
    return ph_fail(e, PH_MISUSE, "photograph: of 1 or 3 channels, not %lld", (long long)as->channels);
  return PH_OK;
}

/* Half of it, rounded down, also below zero. */
static int64_t half(int64_t value) { return value >= 0 ? value / 2 : (value - 1) / 2; }

/* The middle, in place of the picture. */
static ph_status crop(ph_tensor **image, int64_t h, int64_t w, ph_error *e) {
  ph_tensor *middle;
  const ph_shape shape = ph_tensor_shape(*image);
  if (shape.dim[2] == h && shape.dim[3] == w) return PH_OK;
  ph_status status = ph_tensor_new(ph_shape4(1, 3, h, w), &middle, e);
  if (status != PH_OK) return status;
  status = ph_tensor_paste(middle, *image, half(h - shape.dim[2]), half(w - shape.dim[3]), e);
  ph_tensor_release(*image);
  *image = middle;
  return status;
}

static ph_status make_grey(ph_tensor **image, ph_error *e) {
  ph_tensor *grey;
  const ph_shape shape = ph_tensor_shape(*image);
  ph_status status = ph_tensor_new(ph_shape4(1, 1, shape.dim[2], shape.dim[3]), &grey, e);
  if (status != PH_OK) return status;
  ph_luminance(shape, ph_tensor_read(*image), ph_tensor_data(grey));
  ph_tensor_release(*image);
  *image = grey;
  return PH_OK;
}

ph_status ph_photograph_decode(const unsigned char *bytes, size_t byte_count, const char *name,
                               const ph_photograph *as, ph_tensor **image, ph_error *e) {
  const ph_image_size size = {.size = as->size,
                              .width = as->is_stretched ? as->width : 0,
                              .height = as->is_stretched ? as->height : 0,
                              .is_reduced = as->is_reduced};
  ph_tensor *made = NULL;
  ph_status status = check(as, e);
  if (status != PH_OK) return status;
  PH_TRY(ph_image_decode(bytes, byte_count, name, &size, &made, e));
  if (as->height != 0) PH_TRY(crop(&made, as->height, as->width, e));
  if (as->channels == 1) PH_TRY(make_grey(&made, e));
  *image = made;
  return PH_OK;
done:
  ph_tensor_release(made);
  return status;
}

ph_status ph_photograph_load(const char *path, const ph_photograph *as, ph_tensor **image, ph_error *e) {
  unsigned char *bytes;
  size_t byte_count;
  ph_status status = ph_file_read(path, PH_IMAGE_MOST_BYTES, &bytes, &byte_count, e);
  if (status != PH_OK) return status;
  status = ph_photograph_decode(bytes, byte_count, path, as, image, e);
  ph_free(bytes);
  return status;
}
