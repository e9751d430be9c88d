/* SPDX-License-Identifier: MIT */
/* Pictures: exact pixels out and in, every kind of PNG, misuse, metadata, sizes. JPEG and WebP are
   image_formats.c's, damage is image_faults.c's. */
#include "files/image.h"

#include "base/memory.h"
#include "tensor/random.h"
#include "png_making.h"
#include "scratch.h"
#include "tap.h"

static ph_error e;
static const ph_image_size as_it_is = {0};

static ph_tensor *make(int64_t channels, int64_t h, int64_t w) {
  ph_tensor *image = NULL;
  if (ph_tensor_new(ph_shape4(1, channels, h, w), &image, &e) != PH_OK) {
    printf("Bail out! %s\n", e.message);
    exit(1);
  }
  return image;
}

static ph_tensor *load(const char *name, ph_image_size size) {
  ph_tensor *image = NULL;
  if (ph_image_load(scratch(name), &size, &image, &e) != PH_OK) {
    printf("# %s\n", e.message);
    return make(3, 1, 1);
  }
  return image;
}

static int has_shape(const ph_tensor *image, int64_t h, int64_t w) {
  return ph_shape_equal(ph_tensor_shape(image), ph_shape4(1, 3, h, w));
}

/* Loads a file and compares all its values, in 255ths. */
static void holds(const char *name, const double *expected, int count, const char *what) {
  ph_tensor *image = load(name, as_it_is);
  int right = ph_tensor_count(image) == count;
  for (int i = 0; right && i < count; i++) {
    right = fabs((double)ph_tensor_read(image)[i] * 255 - expected[i]) < 1e-4;
    if (!right)
      printf("# value %d: got %g, expected %g\n", i, (double)ph_tensor_read(image)[i] * 255, expected[i]);
  }
  ok(right, "%s", what);
  ph_tensor_release(image);
}

/* ---- exact pixels ---- */

static void test_every_value(void) {
  ph_tensor *image = make(3, 16, 16), *back;
  for (int i = 0; i < 768; i++) ph_tensor_data(image)[i] = (float)((i * 7 + i / 256) % 256) / 255.0f;
  ok(ph_image_save(image, scratch("a.png"), NULL, &e) == PH_OK, "a picture is saved");
  back = load("a.png", as_it_is);
  ok(has_shape(back, 16, 16) && memcmp(ph_tensor_read(back), ph_tensor_read(image), 768 * sizeof(float)) == 0,
     "all 256 values come back in every channel, bit for bit");
  ph_tensor_release(back);
  ph_tensor_release(image);
}

static void test_rounding(void) {
  const float values[] = {
      0, 1, -0.0f, -5, 7, INFINITY, -INFINITY, 0.49f / 255, 0.51f / 255, 100.49f / 255, 254.51f / 255, 0.5f};
  const double expected[] = {0, 255, 0, 0, 255, 255, 0, 0, 1, 100, 255, 128};
  ph_tensor *image = make(1, 3, 4);
  double thrice[36];
  memcpy(ph_tensor_data(image), values, sizeof values);
  for (int i = 0; i < 36; i++) thrice[i] = expected[i % 12];
  ok(ph_image_save(image, scratch("grey.png"), NULL, &e) == PH_OK, "a grey picture is saved");
  holds("grey.png", thrice, 36, "clipped, rounded to nearest, and repeated in three channels");
  ph_tensor_release(image);
}

/* Rows, columns and channels must not change places. */
static void test_orientation(void) {
  const double values[] = {1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16, 21, 22, 23, 24, 25, 26};
  ph_tensor *image = make(3, 2, 3);
  for (int i = 0; i < 18; i++) ph_tensor_data(image)[i] = (float)(values[i] / 255);
  ok(ph_image_save(image, scratch("order.PNG"), NULL, &e) == PH_OK, "capitals end a name too");
  holds("order.PNG", values, 18, "rows, columns and channels stay in place");
  ph_tensor_release(image);
}

/* What is read back lies over white. */
static void test_opacity(void) {
  const double values[] = {51, 51, 102, 102, 204, 204, 255, 51},
               expected[] = {51, 214.2, 102, 224.4, 204, 244.8};
  ph_tensor *image = make(4, 1, 2);
  for (int i = 0; i < 8; i++) ph_tensor_data(image)[i] = (float)(values[i] / 255);
  ok(ph_image_save(image, scratch("clear.png"), NULL, &e) == PH_OK, "a picture with opacity is saved");
  holds("clear.png", expected, 6, "as it is where it is opaque, and nearly white where it is not");
  ph_tensor_release(image);
}

/* ---- what other programs write ---- */

static void put_png(const char *name, uint32_t w, uint32_t h, int depth, int type, const void *rows,
                    size_t size) {
  static bytes png;
  begin_png(&png, w, h, depth, type);
  if (type == 3) {
    put_chunk(&png, "PLTE", "\x0A\x14\x1E\xC8\xD2\xDC", 6);
    put_chunk(&png, "tRNS", "\xFF\x00", 2);
  }
  end_png(&png, rows, size);
  scratch_put(name, png.data, png.size);
}

static void test_kinds(void) {
  put_png("16.png", 1, 1, 16, 2, "\0\x80\xFF\x01\x00\x10\x20", 7);
  holds("16.png", (const double[]){0x80, 0x01, 0x10}, 3, "16 bits: the upper half");
  put_png("1.png", 3, 1, 1, 0, "\0\xA0", 2);
  holds("1.png", (const double[]){255, 0, 255, 255, 0, 255, 255, 0, 255}, 9, "1 bit");
  put_png("palette.png", 2, 1, 8, 3, "\0\0\1", 3);
  holds("palette.png", (const double[]){10, 255, 20, 255, 30, 255}, 6,
        "a palette, with its transparent colour over white");
  put_png("beyond.png", 2, 1, 8, 3, "\0\1\xC8", 3);
  holds("beyond.png", (const double[]){255, 0, 255, 0, 255, 0}, 6,
        "a colour that the palette lacks is black");
  put_png("alpha.png", 2, 1, 8, 6, "\0\x64\x64\x64\xFF\x64\xC8\x00\x33", 9);
  double share = 51.0 / 255;
  holds("alpha.png",
        (const double[]){100, 100 * share + 255 * (1 - share), 100, 200 * share + 255 * (1 - share), 100,
                         255 * (1 - share)},
        6, "alpha, blended over white");
  put_png("grey alpha.png", 1, 1, 8, 4, "\0\x64\x00", 3);
  holds("grey alpha.png", (const double[]){255, 255, 255}, 3, "grey and alpha");
}

/* ---- how a camera was held ---- */

/* The pixels 0 to 5 as rows 0 1 2 and 3 4 5, with an Exif block that says how they lie. */
static void put_held(const char *name, int orientation, int is_big) {
  bytes png;
  unsigned char exif[26] = {'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, 0};
  exif[18] = (unsigned char)orientation;
  if (is_big)
    memcpy(exif, "MM\0*\0\0\0\10\0\1\1\x12\0\3\0\0\0\1\0", 19), exif[18] = 0,
                                                                exif[19] = (unsigned char)orientation;
  begin_png(&png, 3, 2, 8, 0);
  put_chunk(&png, "eXIf", exif, sizeof exif);
  end_png(&png, "\0\0\1\2\0\3\4\5", 8);
  scratch_put(name, png.data, png.size);
}

static void test_held(void) {
  static const struct {
    int h, w, pixels[6];
  } seen[] = {{2, 3, {0, 1, 2, 3, 4, 5}}, {2, 3, {2, 1, 0, 5, 4, 3}}, {2, 3, {5, 4, 3, 2, 1, 0}},
              {2, 3, {3, 4, 5, 0, 1, 2}}, {3, 2, {0, 3, 1, 4, 2, 5}}, {3, 2, {3, 0, 4, 1, 5, 2}},
              {3, 2, {5, 2, 4, 1, 3, 0}}, {3, 2, {2, 5, 1, 4, 0, 3}}};
  for (int i = 0; i < 16; i++) {
    double expected[18];
    put_held("held.png", i / 2 + 1, i % 2);
    for (int k = 0; k < 18; k++) expected[k] = seen[i / 2].pixels[k % 6];
    ph_tensor *image = load("held.png", as_it_is);
    ok(has_shape(image, seen[i / 2].h, seen[i / 2].w), "orientation %d: the sides", i / 2 + 1);
    ph_tensor_release(image);
    holds("held.png", expected, 18, "and the pixels");
  }
  put_held("held.png", 9, 0);
  holds("held.png", (const double[]){0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5}, 18,
        "none that there is");
}

static int refused(const char *name, const char *reason) {
  ph_tensor *image = NULL;
  int is_refused = ph_image_load(scratch(name), &as_it_is, &image, &e) == PH_FAILURE &&
                   strstr(e.message, scratch(name)) != NULL && strstr(e.message, reason) != NULL;
  if (image != NULL) ph_tensor_release(image);
  return is_refused;
}

static void test_refusals(void) {
  ok(refused("missing.png", "cannot read"), "missing: %s", e.message);
  scratch_put("empty.png", "", 0);
  ok(refused("empty.png", "empty"), "empty: %s", e.message);
  scratch_put("text.png", "This is no picture at all.", 26);
  ok(refused("text.png", "no PNG, JPEG or WebP"), "text: %s", e.message);
  scratch_put("x.gif", "GIF89a\1\0\1\0\0\0\0;", 14);
  ok(refused("x.gif", "no PNG, JPEG or WebP"), "GIF: %s", e.message);
  put_png("zero.png", 0, 1, 8, 0, "\0", 1);
  ok(refused("zero.png", ""), "no pixels: %s", e.message);
  put_png("wide.png", 16385, 1, 1, 0, "\0", 1);
  ok(refused("wide.png", "16385x1 pixels are too many"), "too wide: %s", e.message);
  put_png("bomb.png", 16384, 16384, 8, 2, "\0", 1);
  ok(refused("bomb.png", "16384x16384 pixels are too many"), "too large: %s", e.message);
  put_png("short.png", 4, 4, 8, 0, "\0\1\2\3\4", 5);
  ok(refused("short.png", ""), "too few pixels: %s", e.message);
  static unsigned char zeros[60000];
  put_png("inflating.png", 8, 8, 8, 0, zeros, sizeof zeros);
  ok(refused("inflating.png", "more pixels than its header says"), "pixels without end: %s", e.message);
  put_png("exact.png", 8, 8, 8, 0, zeros, 72);
  ok(!refused("exact.png", ""), "all pixels that there are");
  put_png("depth.png", 1, 1, 5, 0, "\0\1", 2);
  ok(refused("depth.png", ""), "5 bits: %s", e.message);
}

/* ---- writing: what is wrong with the caller's picture ---- */

static int misused(ph_tensor *image, const char *name, const char *part) {
  int is_misused = ph_image_save(image, scratch(name), NULL, &e) == PH_MISUSE &&
                   strstr(e.message, part) != NULL && access(scratch(name), F_OK) != 0;
  ph_tensor_release(image);
  return is_misused;
}

static ph_tensor *shaped(ph_shape shape) {
  ph_tensor *tensor = NULL;
  if (ph_tensor_new(shape, &tensor, &e) != PH_OK) ok(0, "%s", e.message);
  return tensor;
}

static void test_misuse(void) {
  ok(misused(make(3, 2, 2), "new.gif", ".png, .jpg or .jpeg"), "another ending: %s", e.message);
  ok(misused(make(3, 2, 2), "png", ".png"), "no ending");
  ok(misused(shaped(ph_shape4(5, 3, 2, 2)), "x.png", "t:image(n)"), "a batch: %s", e.message);
  ok(misused(make(5, 2, 2), "x.png", "1x5x2x2"), "five channels: %s", e.message);
  ok(misused(make(4, 2, 2), "x.jpg", "PNG has"), "opacity in a JPEG: %s", e.message);
  ok(misused(shaped(ph_shape_of(2, (const int64_t[]){2, 2})), "x.png", "2x2"), "no channels: %s", e.message);
  ok(misused(make(1, 1, 16385), "x.png", "too large"), "too wide: %s", e.message);
  ph_tensor *image = make(3, 4, 5);
  ph_tensor_data(image)[2 * 20 + 3 * 5 + 1] = NAN;
  ok(misused(image, "x.png", "NaN at channel 2, y 3, x 1"), "NaN: %s", e.message);

  ph_metadata *metadata = NULL;
  image = make(3, 1, 1);
  ok(ph_metadata_new(&metadata, &e) == PH_OK && ph_metadata_set(metadata, " bad ", "", &e) == PH_OK &&
         ph_image_save(image, scratch("x.png"), metadata, &e) == PH_MISUSE &&
         access(scratch("x.png"), F_OK) != 0,
     "a key that PNG does not take: %s", e.message);
  ok(ph_image_save(image, "/proc/nowhere/x.png", NULL, &e) == PH_FAILURE, "an impossible folder: %s",
     e.message);
  ph_metadata_free(metadata);
  ph_tensor_release(image);
}

static void test_old_file_stays(void) {
  ph_tensor *good = make(3, 2, 2), *bad = make(3, 2, 2);
  int files;
  ph_tensor_fill(good, 1);
  ph_tensor_fill(bad, NAN);
  ok(ph_image_save(good, scratch("old.png"), NULL, &e) == PH_OK, "an older picture");
  files = count_files(scratch_folder);
  ok(ph_image_save(bad, scratch("old.png"), NULL, &e) == PH_MISUSE && count_files(scratch_folder) == files,
     "is not replaced by a broken one");
  holds("old.png", (const double[]){255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255}, 12,
        "and stays whole");
  ph_tensor_release(good);
  ph_tensor_release(bad);
}

/* ---- metadata ---- */

static void test_metadata(void) {
  ph_metadata *metadata = NULL, *back = NULL;
  ph_tensor *image = make(3, 2, 2);
  size_t size = 0;
  ph_metadata_new(&metadata, &e);
  ph_metadata_set(metadata, "seed", "1", &e);
  ph_metadata_set(metadata, "objective", "½·mixed4a:476", &e);
  ok(ph_image_save(image, scratch("meta.png"), metadata, &e) == PH_OK, "a picture with metadata");
  ok(ph_image_metadata(scratch("meta.png"), &back, &e) == PH_OK && ph_metadata_count(back) == 2 &&
         strcmp(ph_metadata_get(back, "seed"), "1") == 0 &&
         strcmp(ph_metadata_get(back, "objective"), "½·mixed4a:476") == 0,
     "which come back");
  ph_metadata_free(back);
  unsigned char *png = scratch_get("meta.png", &size);
  const unsigned char *objective = memmem(png, size, "iTXtobjective", 13),
                      *seed = memmem(png, size, "tEXtseed", 8), *pixels = memmem(png, size, "IDAT", 4);
  ok(objective != NULL && seed != NULL && pixels != NULL && objective < seed && seed < pixels,
     "sorted, and before the pixels");
  free(png);
  ok(ph_image_save(image, scratch("meta.jpg"), metadata, &e) == PH_OK, "a JPEG takes none");
  ok(ph_image_metadata(scratch("meta.jpg"), &back, &e) == PH_FAILURE, "and has none: %s", e.message);
  ok(ph_image_metadata(scratch("none.png"), &back, &e) == PH_FAILURE, "nor has no file: %s", e.message);
  ph_metadata_free(metadata);
  ph_tensor_release(image);
}

/* ---- sizes ---- */

static void test_fitting(void) {
  ph_tensor *image = make(3, 30, 40);
  ph_image_save(image, scratch("30x40.png"), NULL, &e);
  ph_tensor_release(image);
  static const struct {
    ph_image_size size;
    int64_t h, w;
  } cases[] = {{{.size = 0}, 30, 40},   {{.size = 15}, 15, 20},   {{.size = 224}, 224, 299},
               {{.width = 20}, 15, 20}, {{.height = 60}, 60, 80}, {{.width = 7, .height = 9}, 9, 7},
               {{.size = 1}, 1, 1},     {{.size = 30}, 30, 40}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    image = load("30x40.png", cases[i].size);
    ok(has_shape(image, cases[i].h, cases[i].w), "size %d, width %d, height %d: %dx%d",
       (int)cases[i].size.size, (int)cases[i].size.width, (int)cases[i].size.height, (int)cases[i].h,
       (int)cases[i].w);
    ph_tensor_release(image);
  }
  ok(ph_image_load(scratch("30x40.png"), &(ph_image_size){.size = 5, .width = 5}, &image, &e) == PH_MISUSE,
     "size and width do not go together: %s", e.message);
  image = make(3, 1, 2000);
  ph_image_save(image, scratch("strip.png"), NULL, &e);
  ph_tensor_release(image);
  ok(ph_image_load(scratch("strip.png"), &(ph_image_size){.size = 9}, &image, &e) == PH_MISUSE,
     "a strip cannot be made so long: %s", e.message);
}

static void test_resizing(void) {
  ph_tensor *src = shaped(ph_shape4(2, 3, 37, 53)), *dst = NULL, *again = NULL;
  ph_random random = ph_random_stream(1, "image");
  ph_random_fill_uniform(&random, src, 0, 1);
  ph_statistics before = ph_tensor_statistics(src);
  ok(ph_image_resize(src, 11, 17, &dst, &e) == PH_OK &&
         ph_shape_equal(ph_tensor_shape(dst), ph_shape4(2, 3, 11, 17)),
     "a batch is resized");
  ph_statistics after = ph_tensor_statistics(dst);
  near(after.mean, before.mean, 0.02, "its mean stays");
  ok(after.deviation < before.deviation / 2 && after.least >= before.least && after.most <= before.most,
     "noise averages out within its range");
  ph_image_resize(src, 11, 17, &again, &e);
  ok(memcmp(ph_tensor_read(dst), ph_tensor_read(again), (size_t)ph_tensor_count(dst) * sizeof(float)) == 0,
     "the same every time");
  ph_tensor_release(again);
  ph_tensor_release(dst);
  static const int64_t sides[] = {1, 2, 3, 64, 1000};
  int constant = 1;
  ph_tensor_fill(src, 0.3f);
  for (int i = 0; i < 25; i++) {
    if (ph_image_resize(src, sides[i / 5], sides[i % 5], &dst, &e) != PH_OK) constant = 0;
    ph_statistics s = ph_tensor_statistics(dst);
    constant &= s.least == (double)0.3f && s.most == (double)0.3f;
    ph_tensor_release(dst);
  }
  ok(constant, "one colour stays exactly that colour at any size");
  ph_tensor_release(src);

  /* Stripes finer than the result can show must become grey, not coarser stripes. */
  src = make(1, 1, 400);
  for (int i = 0; i < 400; i++) ph_tensor_data(src)[i] = (float)(i % 2);
  ph_image_resize(src, 1, 130, &dst, &e);
  after = ph_tensor_statistics(dst);
  near(after.mean, 0.5, 0.01, "stripes become grey");
  ok(after.deviation < 0.03, "without a pattern");
  ph_tensor_release(dst);
  ok(ph_image_resize(src, 0, 1, &dst, &e) == PH_MISUSE &&
         ph_image_resize(src, 1, 16385, &dst, &e) == PH_MISUSE,
     "impossible sizes are refused: %s", e.message);
  ph_tensor_release(src);
  src = make(1, 1, 16384);
  ok(ph_image_resize(src, 16384, 1, &dst, &e) == PH_OK, "extremes are possible");
  ph_tensor_release(dst);
  ph_tensor_release(src);
}

int main(void) {
  size_t blocks = ph_memory_blocks();
  test_every_value();
  test_rounding();
  test_orientation();
  test_opacity();
  test_kinds();
  test_held();
  test_refusals();
  test_misuse();
  test_old_file_stays();
  test_metadata();
  test_fitting();
  test_resizing();
  ok(ph_memory_blocks() == blocks, "nothing is left");
  scratch_remove();
  return tap_done();
}
