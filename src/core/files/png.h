/* SPDX-License-Identifier: MIT */
/* PNG (W3C's "PNG Specification", second edition), except for decoding pixels, which image.h does: checking,
   writing, and texts in tEXt and iTXt chunks. Knows no files, only bytes in memory. */
#ifndef PH_PNG_H
#define PH_PNG_H

#include <stdbool.h>
#include <stddef.h>

#include "metadata.h"

/* Whether the bytes begin as a PNG does. */
bool ph_png_is(const unsigned char *png, size_t size);

/* What a PNG's chunks say of its pixels. */
typedef struct ph_png_about {
  int orientation;     /* by its Exif (exif.h) */
  size_t palette_end;  /* where the palette's data end; 0 where there is none */
  size_t palette_size; /* bytes */
} ph_png_about;

enum { PH_PNG_PALETTE = 3 * 256 }; /* bytes of a palette with all colours */

/* PH_FAILURE, with a reason that names no file, unless every chunk up to the end is whole and carries the
   right checksum, and the compressed pixels are no more than the header says. */
ph_status ph_png_check(const unsigned char *png, size_t size, ph_png_about *about, ph_error *e);

/* Of a PNG that was checked and whose palette lacks colours, a copy in which they are black: pixels that have
   them would be whatever the decoder's memory holds. *whole is for ph_free. */
ph_status ph_png_complete(const unsigned char *png, size_t size, const ph_png_about *about,
                          unsigned char **whole, size_t *whole_size, ph_error *e);

/* Adds the texts of a PNG to metadata; of several with one key the last counts. Compressed texts, which other
   programs may write, are left out. PH_FAILURE as from ph_png_check. */
ph_status ph_png_read_texts(const unsigned char *png, size_t size, ph_metadata *metadata, ph_error *e);

/* A picture of 8-bit samples, row by row, interleaved; `channels` is 1 (grey), 3 (RGB) or 4 (RGB and
   opacity), and the whole at most 2^30 samples. */
typedef struct ph_samples {
  const unsigned char *data;
  int w, h, channels;
} ph_samples;

/* The picture as a PNG in a block for ph_free, its metadata (NULL: none) before the pixels: tEXt where a
   value is plain ASCII, else iTXt. PH_MISUSE for a key that is not 1 to 79 printable ASCII characters, with
   single spaces only inside. */
ph_status ph_png_encode(const ph_samples *picture, const ph_metadata *metadata, unsigned char **png,
                        size_t *size, ph_error *e);

#endif
