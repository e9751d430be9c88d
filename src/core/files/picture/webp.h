/* SPDX-License-Identifier: MIT */
/* WebP (RFC 9649), by libwebp: read only. */
#ifndef PH_WEBP_H
#define PH_WEBP_H

#include "base/library.h"
#include "samples.h"

/* Whether the bytes begin as a WebP does. */
bool ph_webp_is(const unsigned char *webp, size_t size);

/* The pixels, RGB or, where some are transparent, RGB and opacity; of an animation the first frame, on its
   canvas. PH_FAILURE, with a reason that names no file, for what is cut off, damaged or too large. */
ph_status ph_webp_decode(const unsigned char *webp, size_t size, ph_samples *samples, ph_error *e);

/* libwebp. */
ph_library ph_webp_library(void);

#endif
