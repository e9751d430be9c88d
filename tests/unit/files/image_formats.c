/* SPDX-License-Identifier: MIT */
/* JPEG and WebP as cameras and other programs write them: colours, orientation, scales, frames, bombs. The
   files are made with the libraries' encoders. */
#include "files/image.h"

#include <stdint.h>
#include <stdio.h>

#include <jpeglib.h>
#include <webp/encode.h>

#include "base/memory.h"
#include "scratch.h"
#include "tap.h"

static ph_error e;
static const ph_image_size as_it_is = {0};

enum { MOST = 1 << 18 };
typedef struct file {
  unsigned char data[MOST];
  size_t size;
} file;

static void put(file *f, const void *data, size_t size) {
  memcpy(f->data + f->size, data, size);
  f->size += size;
}

static ph_tensor *decode(const file *f, ph_image_size size) {
  ph_tensor *image = NULL;
  if (ph_image_decode(f->data, f->size, "it", &size, &image, &e) == PH_OK) return image;
  printf("# %s\n", e.message);
  return NULL;
}

static int refused(const file *f, const char *reason) {
  ph_tensor *image = NULL;
  ph_status status = ph_image_decode(f->data, f->size, "it", &as_it_is, &image, &e);
  ph_tensor_release(image);
  return status == PH_FAILURE && strstr(e.message, reason) != NULL;
}

/* The value at (c, y, x), in 255ths. */
static double at(const ph_tensor *image, int64_t c, int64_t y, int64_t x) {
  ph_shape s = ph_tensor_shape(image);
  return (double)ph_tensor_read(image)[(c * s.dim[2] + y) * s.dim[3] + x] * 255;
}

static int has_colour(const ph_tensor *image, int64_t y, int64_t x, double r, double g, double b,
                      double near) {
  int right = image != NULL && fabs(at(image, 0, y, x) - r) <= near && fabs(at(image, 1, y, x) - g) <= near &&
              fabs(at(image, 2, y, x) - b) <= near;
  if (!right && image != NULL)
    printf("# got %g, %g, %g\n", at(image, 0, y, x), at(image, 1, y, x), at(image, 2, y, x));
  return right;
}

static int has_sides(const ph_tensor *image, int64_t h, int64_t w) {
  return image != NULL && ph_shape_equal(ph_tensor_shape(image), ph_shape4(1, 3, h, w));
}

/* An Exif block that says the orientation, as it stands in JPEGs. */
static const unsigned char exif[32] = "Exif\0\0MM\0*\0\0\0\10\0\1\1\x12\0\3\0\0\0\1\0\6\0\0\0\0";

/* ---- JPEG ---- */

typedef struct jpeg_kind {
  int channels;
  J_COLOR_SPACE in, as;
  int has_adobe, is_progressive, is_held;
} jpeg_kind;

/* A picture whose left half has one colour and whose right half another. */
static void make_jpeg(file *f, jpeg_kind kind, int w, int h, const unsigned char *left,
                      const unsigned char *right) {
  struct jpeg_compress_struct codec;
  struct jpeg_error_mgr errors;
  unsigned char *jpeg = NULL, *row = malloc((size_t)(w * kind.channels));
  unsigned long size = 0;
  codec.err = jpeg_std_error(&errors);
  jpeg_create_compress(&codec);
  jpeg_mem_dest(&codec, &jpeg, &size);
  codec.image_width = (JDIMENSION)w;
  codec.image_height = (JDIMENSION)h;
  codec.input_components = kind.channels;
  codec.in_color_space = kind.in;
  jpeg_set_defaults(&codec);
  jpeg_set_colorspace(&codec, kind.as);
  if (!kind.has_adobe) codec.write_Adobe_marker = FALSE;
  if (kind.is_progressive) jpeg_simple_progression(&codec);
  jpeg_start_compress(&codec, TRUE);
  if (kind.is_held) jpeg_write_marker(&codec, JPEG_APP0 + 1, exif, sizeof exif);
  for (int x = 0; x < w; x++)
    memcpy(row + x * kind.channels, x < w / 2 ? left : right, (size_t)kind.channels);
  while (codec.next_scanline < codec.image_height) jpeg_write_scanlines(&codec, &row, 1);
  jpeg_finish_compress(&codec);
  jpeg_destroy_compress(&codec);
  f->size = 0;
  put(f, jpeg, size);
  free(jpeg);
  free(row);
}

static const jpeg_kind usual = {3, JCS_RGB, JCS_YCbCr, 0, 0, 0},
                       progressive = {3, JCS_RGB, JCS_YCbCr, 0, 1, 0},
                       held = {3, JCS_RGB, JCS_YCbCr, 0, 0, 1},
                       grey = {1, JCS_GRAYSCALE, JCS_GRAYSCALE, 0, 0, 0},
                       plain_rgb = {3, JCS_RGB, JCS_RGB, 1, 0, 0}, inks = {4, JCS_CMYK, JCS_CMYK, 0, 0, 0},
                       adobe = {4, JCS_CMYK, JCS_CMYK, 1, 0, 0},
                       adobe_ycck = {4, JCS_CMYK, JCS_YCCK, 1, 0, 0};
static const unsigned char red[] = {200, 40, 40}, blue[] = {20, 60, 220};

static void test_jpeg_colours(void) {
  static file f;
  static const struct {
    jpeg_kind kind;
    const char *what;
    unsigned char left[4], right[4];
    double l[3], r[3];
  } cases[] = {
      {usual, "YCbCr", {200, 40, 40}, {20, 60, 220}, {200, 40, 40}, {20, 60, 220}},
      {progressive, "progressive", {200, 40, 40}, {20, 60, 220}, {200, 40, 40}, {20, 60, 220}},
      {plain_rgb, "RGB as it is", {200, 40, 40}, {20, 60, 220}, {200, 40, 40}, {20, 60, 220}},
      {grey, "grey", {100}, {220}, {100, 100, 100}, {220, 220, 220}},
      {inks, "CMYK", {0, 255, 255, 0}, {51, 0, 0, 51}, {255, 0, 0}, {163.2, 204, 204}},
      {adobe,
       "Adobe's CMYK, of light",
       {255, 0, 0, 255},
       {204, 255, 255, 204},
       {255, 0, 0},
       {163.2, 204, 204}},
      {adobe_ycck, "and YCCK", {255, 0, 0, 255}, {204, 255, 255, 204}, {255, 0, 0}, {163.2, 204, 204}}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    make_jpeg(&f, cases[i].kind, 32, 16, cases[i].left, cases[i].right);
    ph_tensor *image = decode(&f, as_it_is);
    const double *l = cases[i].l, *r = cases[i].r;
    ok(has_sides(image, 16, 32) && has_colour(image, 8, 4, l[0], l[1], l[2], 4) &&
           has_colour(image, 8, 28, r[0], r[1], r[2], 4),
       "%s", cases[i].what);
    ph_tensor_release(image);
  }
}

static void test_jpeg_orientation(void) {
  static file f;
  make_jpeg(&f, held, 32, 16, red, blue);
  ph_tensor *image = decode(&f, as_it_is);
  ok(has_sides(image, 32, 16) && has_colour(image, 4, 8, 200, 40, 40, 4) &&
         has_colour(image, 28, 8, 20, 60, 220, 4),
     "a JPEG stands upright: what lay left is above");
  ph_tensor_release(image);
}

static void test_scales(void) {
  static file f;
  make_jpeg(&f, held, 401, 203, red, blue);
  static const struct {
    int64_t size, w, h;
  } cases[] = {{1, 1, 2}, {25, 25, 49}, {26, 26, 51}, {100, 100, 198}, {203, 203, 401}, {300, 300, 593}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    ph_tensor *whole = decode(&f, (ph_image_size){.size = cases[i].size});
    ph_tensor *reduced = decode(&f, (ph_image_size){.size = cases[i].size, .is_reduced = true});
    const int64_t h = cases[i].h, w = cases[i].w;
    ok(has_sides(whole, h, w) && has_sides(reduced, h, w), "%d pixels of the shorter side: %dx%d", (int)w,
       (int)h, (int)w);
    ok(h < 25 || (has_colour(reduced, h / 4, w / 2, 200, 40, 40, 6) &&
                  has_colour(reduced, 3 * h / 4, w / 2, 20, 60, 220, 6)),
       "with its colours");
    ok(h < 100 || (has_colour(reduced, h / 2 - 5, w / 2, 200, 40, 40, 12) &&
                   has_colour(reduced, h / 2 + 5, w / 2, 20, 60, 220, 12)),
       "and as sharp as its size lets it be");
    ph_tensor_release(whole);
    ph_tensor_release(reduced);
  }
}

/* The last scan of a progressive JPEG, again and again. */
static void test_scans(void) {
  static file f, more;
  const unsigned char *last = NULL;
  make_jpeg(&f, progressive, 16, 16, red, blue);
  ph_tensor *image = decode(&f, as_it_is);
  ok(image != NULL, "as many scans as usual");
  ph_tensor_release(image);
  for (size_t i = 0; i + 1 < f.size; i++)
    if (f.data[i] == 0xFF && f.data[i + 1] == 0xDA) last = f.data + i;
  if (last == NULL) return (void)ok(0, "a scan");
  const size_t scan_size = f.size - 2 - (size_t)(last - f.data);
  more.size = 0;
  put(&more, f.data, f.size - 2);
  for (int i = 0; i < 64; i++) put(&more, last, scan_size);
  put(&more, "\xFF\xD9", 2);
  ok(refused(&more, "more than 64 scans"), "scans without end: %s", e.message);
}

static void test_jpeg_bombs(void) {
  static file f;
  make_jpeg(&f, usual, 16, 16, red, blue);
  unsigned char *frame = memmem(f.data, f.size, "\xFF\xC0", 2);
  memcpy(frame + 5, "\x40\x00\x40\x00", 4);
  ok(refused(&f, "16384x16384 pixels are too many"), "too large: %s", e.message);
  memcpy(frame + 5, "\x00\x10\x40\x01", 4);
  ok(refused(&f, "16385x16 pixels are too many"), "too wide: %s", e.message);
}

/* What this program writes: nearly as it was, all colours in their places. */
static void test_written(void) {
  ph_tensor *image = NULL, *back = NULL;
  if (ph_tensor_new(ph_shape4(1, 3, 37, 53), &image, &e) != PH_OK) return (void)ok(0, "%s", e.message);
  for (int i = 0; i < 3 * 37 * 53; i++)
    ph_tensor_data(image)[i] =
        0.5f + 0.4f * sinf((float)(i % 53) / 5 + (float)(i / 53 % 37) / 7 + (float)(i / 53 / 37));
  ok(ph_image_save(image, scratch("a.jpg"), NULL, &e) == PH_OK &&
         ph_image_save(image, scratch("a.jpeg"), NULL, &e) == PH_OK,
     "JPEGs are saved");
  ok(ph_image_load(scratch("a.jpg"), &as_it_is, &back, &e) == PH_OK && has_sides(back, 37, 53), "and loaded");
  ph_tensor_add_scaled(back, -1, image);
  ph_statistics s = ph_tensor_statistics(back);
  ok(s.least > -0.05 && s.most < 0.05, "nearly as they were");
  ph_tensor_release(back);
  ph_tensor_release(image);
}

/* ---- WebP ---- */

static void put_number(file *f, uint32_t value, int bytes) {
  for (int i = 0; i < bytes; i++) put(f, &(unsigned char){(unsigned char)(value >> 8 * i)}, 1);
}

/* The chunks of a picture of 6 pixels, rows 0 1 2 and 3 4 5, as far as there are: what follows the file's
 * header. */
static void encode_webp(file *f, const unsigned char *rgba, int w, int h) {
  uint8_t *webp = NULL;
  size_t size = WebPEncodeLosslessRGBA(rgba, w, h, 4 * w, &webp);
  f->size = 0;
  if (size > 12) put(f, webp + 12, size - 12);
  WebPFree(webp);
}

static void put_riff(file *f, const file *chunks) {
  f->size = 0;
  put(f, "RIFF", 4);
  put_number(f, (uint32_t)chunks->size + 4, 4);
  put(f, "WEBP", 4);
  put(f, chunks->data, chunks->size);
}

enum { HAS_ANIMATION = 2, HAS_EXIF = 8, HAS_ALPHA = 16 };

static void put_extended_header(file *chunks, uint32_t flags, uint32_t w, uint32_t h) {
  put(chunks, "VP8X", 4);
  put_number(chunks, 10, 4);
  put_number(chunks, flags, 4);
  put_number(chunks, w - 1, 3);
  put_number(chunks, h - 1, 3);
}

static const unsigned char pixels[] = {10, 20, 30, 255, 40,  50,  60,  255, 70,  80,  90,  255,
                                       1,  2,  3,  255, 100, 150, 200, 51,  130, 140, 150, 0};

static void test_webp(void) {
  static file f, picture;
  encode_webp(&picture, pixels, 3, 1);
  put_riff(&f, &picture);
  ph_tensor *image = decode(&f, as_it_is);
  ok(has_sides(image, 1, 3) && has_colour(image, 0, 0, 10, 20, 30, 1e-4) &&
         has_colour(image, 0, 2, 70, 80, 90, 1e-4),
     "a lossless WebP, exactly");
  ph_tensor_release(image);
  encode_webp(&picture, pixels, 3, 2);
  put_riff(&f, &picture);
  image = decode(&f, as_it_is);
  ok(has_sides(image, 2, 3) && has_colour(image, 0, 1, 40, 50, 60, 1e-4) &&
         has_colour(image, 1, 1, 224, 234, 244, 1e-3) && has_colour(image, 1, 2, 255, 255, 255, 1e-4),
     "transparent pixels over white");
  ph_tensor_release(image);
}

static void test_lossy_webp(void) {
  enum { W = 32, H = 16 };
  static unsigned char rgb[W * H * 3];
  static file f;
  uint8_t *webp = NULL;
  for (int i = 0; i < W * H; i++) memcpy(rgb + 3 * i, i % W < W / 2 ? red : blue, 3);
  f.size = 0;
  size_t size = WebPEncodeRGB(rgb, W, H, 3 * W, 90, &webp);
  put(&f, webp, size);
  WebPFree(webp);
  ph_tensor *image = decode(&f, as_it_is);
  ok(has_sides(image, H, W) && has_colour(image, 8, 4, 200, 40, 40, 8) &&
         has_colour(image, 8, 28, 20, 60, 220, 8),
     "a lossy WebP");
  ph_tensor_release(image);
  for (size_t cut = 0; cut < size; cut++) {
    f.size = cut;
    if (!refused(&f, "")) return (void)ok(0, "cut off at %zu", cut);
  }
  ok(1, "cut off anywhere, it is refused: %s", e.message);
}

static void test_webp_orientation(void) {
  static file f, picture, chunks;
  encode_webp(&picture, pixels, 3, 1);
  for (int with_mark = 0; with_mark < 2; with_mark++) {
    const size_t skipped = with_mark ? 0 : 6;
    chunks.size = 0;
    put_extended_header(&chunks, HAS_EXIF, 3, 1);
    put(&chunks, picture.data, picture.size);
    put(&chunks, "EXIF", 4);
    put_number(&chunks, (uint32_t)(sizeof exif - skipped), 4);
    put(&chunks, exif + skipped, sizeof exif - skipped);
    put_riff(&f, &chunks);
    ph_tensor *image = decode(&f, as_it_is);
    ok(has_sides(image, 3, 1) && has_colour(image, 0, 0, 10, 20, 30, 1e-4) &&
           has_colour(image, 2, 0, 70, 80, 90, 1e-4),
       "a WebP stands upright, %s JPEG's mark", with_mark ? "with" : "without");
    ph_tensor_release(image);
  }
}

/* Two frames, of which the first does not fill the canvas. */
static void test_animation(void) {
  static file f, picture, chunks;
  chunks.size = 0;
  put_extended_header(&chunks, HAS_ANIMATION | HAS_ALPHA, 5, 3);
  put(&chunks, "ANIM\6\0\0\0\0\0\0\0\0\0", 14);
  for (int frame = 0; frame < 2; frame++) {
    encode_webp(&picture, pixels + 12 * frame, 3, 1);
    put(&chunks, "ANMF", 4);
    put_number(&chunks, 16 + (uint32_t)picture.size, 4);
    put_number(&chunks, 1, 3); /* a place is counted in pairs of pixels */
    put_number(&chunks, 1, 3);
    put_number(&chunks, 2, 3); /* sides, less one */
    put_number(&chunks, 0, 3);
    put_number(&chunks, 100, 4); /* how long, and no flags */
    put(&chunks, picture.data, picture.size);
  }
  put_riff(&f, &chunks);
  ph_tensor *image = decode(&f, as_it_is);
  ok(has_sides(image, 3, 5) && has_colour(image, 2, 2, 10, 20, 30, 1e-4) &&
         has_colour(image, 2, 4, 70, 80, 90, 1e-4) && has_colour(image, 0, 0, 255, 255, 255, 1e-4) &&
         has_colour(image, 2, 1, 255, 255, 255, 1e-4),
     "an animation's first frame, in its place");
  ph_tensor_release(image);
}

static void test_webp_bombs(void) {
  static file f, picture, chunks;
  encode_webp(&picture, pixels, 3, 1);
  chunks.size = 0;
  put_extended_header(&chunks, 0, 16384, 16384);
  put(&chunks, picture.data, picture.size);
  put_riff(&f, &chunks);
  ok(refused(&f, ""), "a canvas that the picture does not fill: %s", e.message);
  /* The sides of a lossless picture: 14 bits each, less one, after a byte that marks it. */
  memcpy(picture.data + 8 + 1, "\xFE\xBF\xFF\x0F", 4);
  put_riff(&f, &picture);
  ok(refused(&f, "16383x16383 pixels are too many"), "too large: %s", e.message);
}

/* Any bit flipped does no harm. */
static void test_webp_damage(void) {
  static file f, picture;
  encode_webp(&picture, pixels, 3, 2);
  put_riff(&f, &picture);
  int wrong = 0;
  for (size_t i = 0; i < 8 * f.size; i++) {
    ph_tensor *image = NULL;
    f.data[i / 8] ^= (unsigned char)(1 << i % 8);
    e.message[0] = '\0';
    ph_status status = ph_image_decode(f.data, f.size, "it", &as_it_is, &image, &e);
    wrong += status != PH_OK && (status != PH_FAILURE || e.message[0] == '\0');
    ph_tensor_release(image);
    f.data[i / 8] ^= (unsigned char)(1 << i % 8);
  }
  ok(wrong == 0, "with any bit flipped, a WebP does no harm");
}

int main(void) {
  size_t blocks = ph_memory_blocks();
  test_jpeg_colours();
  test_jpeg_orientation();
  test_scales();
  test_scans();
  test_jpeg_bombs();
  test_written();
  test_webp();
  test_lossy_webp();
  test_webp_orientation();
  test_animation();
  test_webp_bombs();
  test_webp_damage();
  ok(ph_memory_blocks() == blocks, "nothing is left");
  scratch_remove();
  return tap_done();
}
