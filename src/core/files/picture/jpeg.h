/* SPDX-License-Identifier: MIT */
/* JPEG (ITU-T T.81), by libjpeg-turbo. */
#ifndef PH_JPEG_H
#define PH_JPEG_H

#include "base/library.h"
#include "files/atomic.h"
#include "samples.h"

/* Whether the bytes begin as a JPEG does. */
bool ph_jpeg_is(const unsigned char *jpeg, size_t size);

/* The pixels, grey or RGB; those of CMYK as they look on paper, without a profile. Where `shorter_side` is
   not 0 they may be fewer, at an eighth of the scale or a multiple of that, as long as that side has so many.
   PH_FAILURE, with a reason that names no file, for what is cut off before its end-of-image marker, damaged
   beyond decoding, too large, or made of more scans than encoders make: each goes over all pixels. Wrong
   pixels that nothing but their look betrays are let pass, as all decoders do. */
ph_status ph_jpeg_decode(const unsigned char *jpeg, size_t size, int64_t shorter_side, ph_samples *samples,
                         ph_error *e);

/* Appends the picture, of 1 or 3 channels, as a JPEG of quality 92, with all of its colours' resolution. */
ph_status ph_jpeg_write(const ph_samples *picture, ph_atomic *file, ph_error *e);

/* libjpeg-turbo, which does not say which version was loaded. */
ph_library ph_jpeg_library(void);

#endif
