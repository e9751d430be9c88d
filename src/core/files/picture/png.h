/* SPDX-License-Identifier: MIT */
/* PNG (W3C's "PNG Specification", second edition): pixels, and texts in tEXt and iTXt chunks, there and back.
   Knows no files, only bytes in memory. */
#ifndef PH_PNG_H
#define PH_PNG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/library.h"
#include "files/metadata.h"
#include "samples.h"

/* Whether the bytes begin as a PNG does. */
bool ph_png_is(const unsigned char *png, size_t size);

/* The pixels; 16-bit samples lose their lower half. PH_FAILURE, with a reason that names no file, unless
   every chunk up to the end is whole and carries the right checksum, the picture is not too large, and the
   compressed pixels are no more than the header says. */
ph_status ph_png_decode(const unsigned char *png, size_t size, ph_samples *samples, ph_error *e);

/* Adds the texts of a PNG to metadata; of several with one key the last counts. Compressed texts, which other
   programs may write, are left out. PH_FAILURE for chunks that
   ph_png_decode would refuse. */
ph_status ph_png_read_texts(const unsigned char *png, size_t size, ph_metadata *metadata, ph_error *e);

/* The picture, of 1, 3 or 4 channels, as a PNG in a block for ph_free, its metadata (NULL: none) before the
   pixels: tEXt where a value is plain ASCII, else iTXt. PH_MISUSE for a key that is not 1 to 79 printable
   ASCII characters, with single spaces only inside. */
ph_status ph_png_encode(const ph_samples *picture, const ph_metadata *metadata, unsigned char **png,
                        size_t *size, ph_error *e);

/* zlib, which decides an encoded picture's bytes. */
ph_library ph_png_library(void);

#endif
