/* SPDX-License-Identifier: MIT */
/* Captions: what is drawn, where, in which colour; edges; measuring. */
#include "files/caption.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "tap.h"

static ph_error e;
static ph_font *font;
static const ph_text_style plain = {.size = 20, .colour = {3, {1, 0.5, 0.25}}};

/* A black image. */
static ph_tensor *canvas(int64_t n, int64_t h, int64_t w) {
  ph_tensor *image = NULL;
  if (ph_tensor_new(ph_shape4(n, 3, h, w), &image, &e) != PH_OK) {
    printf("Bail out! %s\n", e.message);
    exit(1);
  }
  return image;
}

/* The box that anything was drawn in, of the first plane. */
typedef struct box {
  int64_t top, left, bottom, right; /* exclusive on the right; empty: top >= bottom */
} box;
static box drawn(const ph_tensor *image) {
  ph_shape s = ph_tensor_shape(image);
  box b = {s.dim[2], s.dim[3], 0, 0};
  for (int64_t y = 0; y < s.dim[2]; y++)
    for (int64_t x = 0; x < s.dim[3]; x++)
      if (ph_tensor_read(image)[y * s.dim[3] + x] > 0) {
        if (y < b.top) b.top = y;
        if (x < b.left) b.left = x;
        if (y >= b.bottom) b.bottom = y + 1;
        if (x >= b.right) b.right = x + 1;
      }
  return b;
}

static ph_tensor *draw(int64_t h, int64_t w, double x, double y, const char *text,
                       const ph_text_style *style) {
  ph_tensor *image = canvas(1, h, w);
  if (ph_text_draw(font, image, x, y, text, style, &e) != PH_OK) ok(0, "%s", e.message);
  return image;
}

static int equal(const ph_tensor *a, const ph_tensor *b) {
  return memcmp(ph_tensor_read(a), ph_tensor_read(b), (size_t)ph_tensor_count(a) * sizeof(float)) == 0;
}

static void test_place(void) {
  ph_tensor *image = draw(60, 200, 30, 20, "Hxg", &plain);
  int64_t width, height;
  ok(ph_text_measure(font, "Hxg", 20, &width, &height, &e) == PH_OK && height == 20 && width > 20 &&
         width < 45,
     "a text of 20 pixels is 20 high and %d wide", (int)width);
  box b = drawn(image);
  ok(b.top >= 20 && b.top < 26 && b.bottom <= 40 && b.bottom > 36, "it lies within its line");
  ok(b.left >= 30 && b.left < 34 && b.right <= 30 + width + 1 && b.right > 30 + width - 4,
     "and within its width");
  ph_tensor *moved = draw(60, 200, 37, 25, "Hxg", &plain);
  box m = drawn(moved);
  ok(m.top == b.top + 5 && m.left == b.left + 7 && m.bottom == b.bottom + 5 && m.right == b.right + 7,
     "it moves with its corner");
  ph_tensor_release(moved);
  moved = draw(60, 200, 30.5, 20, "Hxg", &plain);
  ok(!equal(moved, image), "by half a pixel too");
  ph_tensor_release(moved);
  ph_tensor_release(image);
}

static void test_colour(void) {
  ph_tensor *image = draw(40, 60, 5, 5, "H", &plain);
  const float *data = ph_tensor_read(image);
  int full = 0, partial = 0, right = 1;
  for (int64_t i = 0; i < 40 * 60; i++) {
    full += data[i] == 1;
    partial += data[i] > 0 && data[i] < 1;
    right &=
        fabsf(data[2400 + i] - 0.5f * data[i]) < 1e-6f && fabsf(data[4800 + i] - 0.25f * data[i]) < 1e-6f;
  }
  ok(full > 10 && partial > 10, "letters are solid inside and smooth at the edges");
  ok(right, "in the colour asked for");
  ph_tensor_fill(image, 0.25f);
  ok(ph_text_draw(font, image, 5, 5, "H", &(ph_text_style){.size = 20}, &e) == PH_OK, "without a colour");
  ph_statistics s = ph_tensor_statistics(image);
  ok(s.least == 0 && s.most == 0.25, "it is black, over whatever was there");
  ok(ph_text_draw(font, image, 5, 5, "H", &(ph_text_style){.size = 20, .colour = {1, {0.75}}}, &e) == PH_OK &&
         fabs(ph_tensor_statistics(image).most - 0.75) < 1e-6,
     "one number is a grey");
  ph_tensor_release(image);
}

static void test_edges(void) {
  static const double corners[][2] = {{-8, 2}, {52, 2}, {10, -12}, {10, 30}, {-8, -12}, {55, 35}};
  ph_tensor *large = canvas(1, 120, 180), *small;
  int cut = 1;
  for (int i = 0; i < 6; i++) {
    ph_tensor_fill(large, 0);
    ph_text_draw(font, large, corners[i][0] + 60, corners[i][1] + 40, "Wgä", &plain, &e);
    small = draw(40, 60, corners[i][0], corners[i][1], "Wgä", &plain);
    for (int64_t y = 0; y < 40; y++)
      for (int64_t x = 0; x < 60; x++)
        cut &= ph_tensor_read(small)[y * 60 + x] == ph_tensor_read(large)[(y + 40) * 180 + x + 60];
    ph_tensor_release(small);
  }
  ok(cut, "what lies outside is cut off, and nothing else");
  ph_tensor_release(large);
  small = draw(4, 4, 900000, -900000, "far away", &plain);
  ok(drawn(small).bottom == 0, "text far away is not seen");
  ok(ph_text_draw(font, small, (double)NAN, 0, "x", &plain, &e) == PH_MISUSE, "a place must be a place: %s",
     e.message);
  ok(ph_text_draw(font, small, 0, 1e300, "x", &plain, &e) == PH_MISUSE, "within reason: %s", e.message);
  ph_tensor_release(small);
}

static void test_lines(void) {
  ph_tensor *two = draw(100, 100, 3, 4, "first\nsecond", &plain),
            *one = draw(100, 100, 3, 4, "first", &plain);
  ph_text_draw(font, one, 3, 24, "second", &plain, &e);
  ok(equal(one, two), "a newline begins a new line");
  int64_t w1, w2, width, height;
  ph_text_measure(font, "first", 20, &w1, &height, &e);
  ph_text_measure(font, "second", 20, &w2, &height, &e);
  ph_text_measure(font, "first\nsecond\n", 20, &width, &height, &e);
  ok(width == w2 && w2 > w1 && height == 60, "the longest line counts, and every line");
  ph_text_measure(font, "", 20, &width, &height, &e);
  ok(width == 0 && height == 20, "no text has no width");
  ph_text_measure(font, "A", 10.5, &width, &height, &e);
  ok(height == 11, "lines are whole pixels");
  ph_tensor_release(one);
  ph_tensor_release(two);
}

static void test_characters(void) {
  ph_tensor *a = draw(40, 60, 5, 5, "\xFF", &plain), *b = draw(40, 60, 5, 5, "\xEF\xBF\xBD", &plain);
  ok(equal(a, b) && drawn(a).bottom > 0, "broken UTF-8 shows as U+FFFD");
  ph_tensor_release(a), ph_tensor_release(b);
  a = draw(40, 60, 5, 5, "é", &plain), b = draw(40, 60, 5, 5, "e", &plain);
  ok(!equal(a, b), "letters beyond ASCII are their own");
  ph_tensor_release(a), ph_tensor_release(b);
  a = draw(40, 60, 5, 5, "\t \x01", &plain);
  ok(drawn(a).bottom == 0, "control characters are blank");
  ph_tensor_release(a);
  a = draw(40, 200, 5, 5, "\xF0\x9F\xA6\x94", &plain);
  ok(drawn(a).bottom > 0, "a character that the font lacks is a box");
  ph_tensor_release(a);
  int64_t kerned, apart, a_width, v_width, height;
  ph_text_measure(font, "AVAVAVAVAV", 100, &kerned, &height, &e);
  ph_text_measure(font, "A", 100, &a_width, &height, &e);
  ph_text_measure(font, "V", 100, &v_width, &height, &e);
  apart = 5 * (a_width + v_width);
  ok(kerned <= apart, "pairs of letters are no farther apart than alone");
}

static void test_batch(void) {
  ph_tensor *batch = canvas(3, 30, 30), *single = draw(30, 30, 2, 2, "3", &plain);
  ok(ph_text_draw(font, batch, 2, 2, "3", &plain, &e) == PH_OK, "on a batch");
  int same = 1;
  for (int n = 0; n < 3; n++)
    same &= memcmp(ph_tensor_read(batch) + n * 2700, ph_tensor_read(single), 2700 * sizeof(float)) == 0;
  ok(same, "every image gets the text");
  ph_tensor_release(batch);
  ph_tensor_release(single);
}

static void test_refusals(void) {
  ph_tensor *image = canvas(1, 5, 5), *grey = NULL;
  int64_t width, height;
  if (ph_tensor_new(ph_shape4(1, 1, 5, 5), &grey, &e) != PH_OK) return;
  ok(ph_text_draw(font, grey, 0, 0, "x", &plain, &e) == PH_MISUSE && strstr(e.message, "1x1x5x5") != NULL,
     "only colour pictures: %s", e.message);
  ok(ph_text_draw(font, image, 0, 0, "x", &(ph_text_style){.size = 3}, &e) == PH_MISUSE, "too small: %s",
     e.message);
  ok(ph_text_measure(font, "x", 513, &width, &height, &e) == PH_MISUSE, "too large: %s", e.message);
  ok(ph_text_draw(font, image, 0, 0, "x", &(ph_text_style){.size = 9, .colour = {2, {1, 1}}}, &e) ==
         PH_MISUSE,
     "two numbers are no colour: %s", e.message);
  ok(ph_text_draw(font, image, 0, 0, "Q", &(ph_text_style){.size = 512}, &e) == PH_OK,
     "the largest size works");
  ph_tensor_release(image);
  ph_tensor_release(grey);
  ph_font *none;
  ok(ph_font_load("/nowhere/font.ttf", &none, &e) == PH_FAILURE &&
         strstr(e.message, "/nowhere/font.ttf") != NULL,
     "a missing font is named: %s", e.message);
  ok(ph_font_load("Makefile", &none, &e) == PH_FAILURE, "a Makefile is no font: %s", e.message);
  ok(ph_font_load("/dev/null", &none, &e) == PH_FAILURE, "nor is nothing: %s", e.message);
}

static void test_failing_allocator(size_t blocks) {
  ph_tensor *image = canvas(1, 40, 200);
  ph_status status = PH_NO_MEMORY;
  long n = 0;
  int leaks = 0;
  size_t mine = ph_memory_blocks();
  while (status == PH_NO_MEMORY && n < 50) {
    ph_font *own = NULL;
    ph_memory_fail_after(++n);
    status = ph_font_load(NULL, &own, &e);
    if (status == PH_OK) status = ph_text_draw(own, image, 0, 0, "iWimM", &plain, &e);
    ph_memory_fail_after(0);
    ph_font_free(own);
    leaks += ph_memory_blocks() != mine;
  }
  ok(status == PH_OK && n > 3 && leaks == 0, "with memory short at any point (%ld), nothing leaks", n);
  ph_tensor_release(image);
  ph_font_free(font);
  ok(ph_memory_blocks() == blocks, "and nothing is left");
}

int main(void) {
  size_t blocks = ph_memory_blocks();
  if (ph_font_load(NULL, &font, &e) != PH_OK) {
    printf("1..0 # SKIP %s\n", e.message);
    return 0;
  }
  test_place();
  test_colour();
  test_edges();
  test_lines();
  test_characters();
  test_batch();
  test_refusals();
  test_failing_allocator(blocks);
  return tap_done();
}
