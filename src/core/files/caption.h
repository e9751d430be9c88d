/* SPDX-License-Identifier: MIT */
/* Captions: lines of text drawn into images with a TrueType font. The only place besides image.c that knows
   stb. Knows nothing of files with pictures, nor of layout beyond lines. */
#ifndef PH_CAPTION_H
#define PH_CAPTION_H

#include "base/field.h"
#include "tensor/tensor.h"

typedef struct ph_font ph_font;

/* Where Debian's fonts-dejavu-core puts its sans serif. */
#define PH_FONT_DEFAULT "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"

/* Loads a font; NULL is the default one. PH_FAILURE when it is missing or no font. A font file is trusted:
   the library that reads it does not check its insides. */
ph_status ph_font_load(const char *path, ph_font **font, ph_error *e);
void ph_font_free(ph_font *font); /* NULL is allowed */

typedef struct ph_text_style {
  double size;    /* height of a line, pixels */
  ph_list colour; /* red, green, blue or one grey, in [0, 1]; none is black */
} ph_text_style;
extern const ph_field ph_text_fields[]; /* of ph_text_style */

/* How many pixels the text takes: its longest line across, `size` per line down. */
ph_status ph_text_measure(const ph_font *font, const char *text, double size, int64_t *width, int64_t *height,
                          ph_error *e);

/* Draws UTF-8 text into every image of (n, 3, h, w), with the upper left corner of the first line at (x, y),
   blending at the edges of letters. What lies outside is cut off. Newlines begin a new line; broken UTF-8
   shows as U+FFFD, characters that the font lacks as a box. PH_MISUSE for another shape or a size out of
   range. */
ph_status ph_text_draw(const ph_font *font, ph_tensor *images, double x, double y, const char *text,
                       const ph_text_style *style, ph_error *e);

#endif
