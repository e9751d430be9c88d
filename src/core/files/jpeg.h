/* SPDX-License-Identifier: MIT */
/* JPEG's segments (ITU-T T.81, annex B): checked before decoding, since the decoder does not check enough
   itself. image.h decodes the pixels. Knows no files. */
#ifndef PH_JPEG_H
#define PH_JPEG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* Whether the bytes begin as a JPEG does. */
bool ph_jpeg_is(const unsigned char *jpeg, size_t size);

/* PH_FAILURE, with a reason that names no file, unless every segment up to the end-of-image marker is whole,
   no Huffman table has more codes than there are symbols, the frame is of a kind that is decoded, and there
   are scans, as many as encoders make: each goes over all pixels. *orientation is what its Exif says
   (exif.h). */
ph_status ph_jpeg_check(const unsigned char *jpeg, size_t size, int *orientation, ph_error *e);

#endif
