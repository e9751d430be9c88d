/* SPDX-License-Identifier: MIT */
/* Pictures in files: PNG, JPEG and WebP in, PNG and JPEG out, and resizing. In memory a picture is a tensor
   (1, 3, h, w), RGB in [0, 1]. Knows nothing of networks. */
#ifndef PH_IMAGE_H
#define PH_IMAGE_H

#include "base/field.h"
#include "tensor/tensor.h"
#include "metadata.h"

enum { PH_IMAGE_MOST_SIDE = 16384, PH_IMAGE_MOST_PIXELS = 1 << 26, PH_IMAGE_MOST_BYTES = 1 << 29 };

/* What size a picture gets when it is read; zeros leave it as the file has it. */
typedef struct ph_image_size {
  int64_t size;          /* of the shorter side, keeping the proportions */
  int64_t width, height; /* one alone keeps the proportions too */
  bool is_reduced; /* with `size`: a JPEG may be decoded at a reduced scale that still has so many pixels,
                      which is faster and not quite the same picture */
} ph_image_size;
extern const ph_field ph_image_fields[]; /* of ph_image_size, but for is_reduced */

/* Reads a PNG, JPEG or WebP, told by its bytes, as (1, 3, h, w). Grey is repeated in the three channels;
   transparency is composited over white; 16-bit samples lose their lower half; the orientation that cameras
   write (Exif) is applied. PH_FAILURE for a file that is missing, damaged, or larger than the limits above;
   PH_MISUSE for sizes that do not go together. */
ph_status ph_image_load(const char *path, const ph_image_size *size, ph_tensor **image, ph_error *e);

/* The same of a file's bytes; `name` is for messages. */
ph_status ph_image_decode(const unsigned char *bytes, size_t byte_count, const char *name,
                          const ph_image_size *size, ph_tensor **image, ph_error *e);

/* Writes (1, 3, h, w), (1, 1, h, w) as grey, or, as PNG only, (1, 4, h, w) with opacity last, in the format
   that the path's ending names: .png, .jpg or .jpeg (of quality 92). Values are clipped to [0, 1] and rounded
   to 8 bits. PNG keeps the metadata (NULL: none), JPEG does not. PH_MISUSE for another shape, a NaN, an
   unknown ending, or a key that PNG does not take; PH_FAILURE when the file cannot be written, and then an
   older one is untouched. */
ph_status ph_image_save(const ph_tensor *image, const char *path, const ph_metadata *metadata, ph_error *e);

/* The metadata of a PNG. */
ph_status ph_image_metadata(const char *path, ph_metadata **metadata, ph_error *e);

/* (n, c, h', w') -> (n, c, h, w) with the filter of Mitchell and Netravali (1988), widened when shrinking so
   that nothing aliases. Every plane stays within the range of its source. */
ph_status ph_image_resize(const ph_tensor *src, int64_t h, int64_t w, ph_tensor **dst, ph_error *e);

#endif
