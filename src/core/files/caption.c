/* SPDX-License-Identifier: MIT */
/* Captions, by stb_truetype's rasteriser. */
#include "caption.h"

#include <math.h>

#include "base/memory.h"
#include "base/utf8.h"
#include "file.h"

/* stb_truetype does not look whether every piece of scratch memory was granted, so it takes its own from
   malloc, where our failing allocator cannot reach, instead of ours. */
#pragma GCC diagnostic ignored "-Wunused-function" /* much of stb is declared in vain */
#define STBTT_STATIC
#define STB_TRUETYPE_IMPLEMENTATION
#define STBTT_assert(x) ((void)0)
#include <stb/stb_truetype.h>

struct ph_font {
  unsigned char *file; /* the font's bytes, which `info` looks into */
  stbtt_fontinfo info;
};

enum { LEAST_SIZE = 4, MOST_SIZE = 512, MOST_FONT_BYTES = 1 << 26 };

#define OFFSET(member) offsetof(ph_text_style, member)
const ph_field ph_text_fields[] = {
    {"size", PH_REAL, OFFSET(size), 16, LEAST_SIZE, MOST_SIZE, NULL, "height of a line, pixels"},
    {"colour", PH_LIST, OFFSET(colour), 0, 0, 1, NULL, "red, green, blue, or one grey"},
    {0}};

ph_status ph_font_load(const char *path, ph_font **font, ph_error *e) {
  size_t size;
  if (path == NULL) path = PH_FONT_DEFAULT;
  ph_font *f = ph_alloc(sizeof *f);
  if (f == NULL) return ph_no_memory(e);
  ph_status status;
  PH_TRY(ph_file_read(path, MOST_FONT_BYTES, &f->file, &size, e));
  int start = size >= 12 ? stbtt_GetFontOffsetForIndex(f->file, 0) : -1;
  if (start < 0 || !stbtt_InitFont(&f->info, f->file, start)) {
    status = ph_fail(e, PH_FAILURE, "cannot read '%s': it is not a TrueType font", path);
    goto done;
  }
  *font = f;
  return PH_OK;
done:
  ph_font_free(f);
  return status;
}

void ph_font_free(ph_font *font) {
  if (font == NULL) return;
  ph_free(font->file);
  ph_free(font);
}

/* ---- layout ---- */

/* Where the next glyph goes, relative to the upper left corner of the text. */
typedef struct pen {
  const ph_font *font;
  const char *text; /* what is still to come */
  float scale;      /* pixels per unit of the font */
  double x;
  int line;
  int previous; /* glyph on this line, for kerning, or -1 */
} pen;

static pen start_pen(const ph_font *font, const char *text, double size) {
  return (pen){.font = font,
               .text = text,
               .scale = stbtt_ScaleForPixelHeight(&font->info, (float)size),
               .previous = -1};
}

typedef struct glyph {
  int index;
  double x; /* of its origin */
  int line;
} glyph;

/* The next glyph, past which the pen moves; false at the end. */
static bool next_glyph(pen *p, glyph *g) {
  const stbtt_fontinfo *info = &p->font->info;
  uint32_t code = ph_utf8_next(&p->text);
  while (code == '\n') {
    p->x = 0;
    p->line++;
    p->previous = -1;
    code = ph_utf8_next(&p->text);
  }
  if (code == 0) return false;
  if (code < ' ') code = ' ';
  int index = stbtt_FindGlyphIndex(info, (int)code), advance, bearing;
  if (p->previous >= 0) p->x += (double)p->scale * stbtt_GetGlyphKernAdvance(info, p->previous, index);
  *g = (glyph){index, p->x, p->line};
  stbtt_GetGlyphHMetrics(info, index, &advance, &bearing);
  p->x += (double)p->scale * advance;
  p->previous = index;
  return true;
}

static int64_t line_height(double size) { return (int64_t)ceil(size); }

static ph_status check_size(double size, ph_error *e) {
  if (size >= LEAST_SIZE && size <= MOST_SIZE) return PH_OK;
  return ph_fail(e, PH_MISUSE, "text size %g out of range %d..%d", size, LEAST_SIZE, MOST_SIZE);
}

ph_status ph_text_measure(const ph_font *font, const char *text, double size, int64_t *width, int64_t *height,
                          ph_error *e) {
  glyph g;
  double widest = 0;
  ph_status status = check_size(size, e);
  if (status != PH_OK) return status;
  pen p = start_pen(font, text, size);
  while (next_glyph(&p, &g)) widest = fmax(widest, p.x);
  *width = (int64_t)ceil(widest);
  *height = line_height(size) * (p.line + 1);
  return PH_OK;
}

/* ---- drawing ---- */

/* How much of each pixel a glyph covers, 0 to 255; `pixels` has room for the largest glyph. */
typedef struct coverage {
  int64_t x, y; /* of its upper left pixel in the image */
  int w, h;
  unsigned char *pixels;
  size_t room;
} coverage;

static ph_status rasterise(const pen *p, const glyph *g, double x, double baseline, coverage *c,
                           ph_error *e) {
  const stbtt_fontinfo *info = &p->font->info;
  double whole = floor(x), part = x - whole;
  int x0, y0, x1, y1;
  stbtt_GetGlyphBitmapBoxSubpixel(info, g->index, p->scale, p->scale, (float)part, 0, &x0, &y0, &x1, &y1);
  c->x = (int64_t)whole + x0;
  c->y = (int64_t)baseline + y0;
  c->w = x1 - x0;
  c->h = y1 - y0;
  size_t needed = c->w > 0 && c->h > 0 ? (size_t)c->w * (size_t)c->h : 0;
  if (needed > c->room) {
    ph_free(c->pixels);
    c->room = 0;
    c->pixels = ph_alloc(needed);
    if (c->pixels == NULL) return ph_no_memory(e);
    c->room = needed;
  }
  if (needed > 0)
    stbtt_MakeGlyphBitmapSubpixel(info, c->pixels, c->w, c->h, c->w, p->scale, p->scale, (float)part, 0,
                                  g->index);
  return PH_OK;
}

/* Blends one colour into one plane wherever the glyph covers it. */
static void blend(const coverage *c, float *plane, int64_t h, int64_t w, float colour) {
  int64_t top = c->y < 0 ? -c->y : 0, left = c->x < 0 ? -c->x : 0;
  int64_t bottom = c->y + c->h > h ? h - c->y : c->h, right = c->x + c->w > w ? w - c->x : c->w;
  for (int64_t i = top; i < bottom; i++)
    for (int64_t j = left; j < right; j++) {
      float share = (float)c->pixels[i * c->w + j] / 255.0f, *pixel = plane + (c->y + i) * w + c->x + j;
      *pixel += share * (colour - *pixel);
    }
}

static ph_status check_drawing(ph_shape shape, double x, double y, const ph_text_style *style, ph_error *e) {
  const double far = 1e6; /* within exact arithmetic, beyond any picture */
  char text[PH_SHAPE_TEXT];
  if (shape.rank != 4 || shape.dim[1] != 3)
    return ph_fail(e, PH_MISUSE, "draw_text: expected a tensor of shape nx3xhxw, got %s",
                   ph_shape_print(shape, text));
  if (!(fabs(x) <= far && fabs(y) <= far))
    return ph_fail(e, PH_MISUSE, "draw_text: position (%g, %g) out of range", x, y);
  if (style->colour.count != 0 && style->colour.count != 1 && style->colour.count != 3)
    return ph_fail(e, PH_MISUSE, "draw_text: colour takes one or three numbers, got %d", style->colour.count);
  return check_size(style->size, e);
}

ph_status ph_text_draw(const ph_font *font, ph_tensor *images, double x, double y, const char *text,
                       const ph_text_style *style, ph_error *e) {
  ph_shape shape = ph_tensor_shape(images);
  ph_status status = check_drawing(shape, x, y, style, e);
  if (status != PH_OK) return status;
  pen p = start_pen(font, text, style->size);
  coverage c = {0};
  glyph g;
  int ascent, descent, gap;
  stbtt_GetFontVMetrics(&font->info, &ascent, &descent, &gap);
  double baseline = round(y + (double)p.scale * ascent); /* on whole pixels, where letters are sharpest */
  int64_t h = shape.dim[2], w = shape.dim[3];
  while (next_glyph(&p, &g)) {
    double line = baseline + (double)(g.line * line_height(style->size));
    PH_TRY(rasterise(&p, &g, x + g.x, line, &c, e));
    for (int64_t plane = 0; plane < shape.dim[0] * 3; plane++) {
      int which = style->colour.count == 3 ? (int)(plane % 3) : 0;
      blend(&c, ph_tensor_data(images) + plane * h * w, h, w, (float)style->colour.value[which]);
    }
  }
done:
  ph_free(c.pixels);
  return status;
}
