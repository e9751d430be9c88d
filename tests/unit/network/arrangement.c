/* SPDX-License-Identifier: MIT */
/* Arrangements of values whose axes are known, wholly, in part or not at all; and that reading and adding are
   each other's adjoint. */
#include "network/arrangement.h"

#include <string.h>

#include "tap.h"

/* A value of these axes; lengths are those of the factors, with what is before and after them. */
static ph_meaning meaning_of(int rank, const ph_axis_meaning *axes) {
  ph_meaning meaning = {.shape = {.rank = rank}};
  for (int a = 0; a < rank; a++) {
    int64_t length = 1;
    for (int i = 0; i < axes[a].count; i++) length *= axes[a].factor[i].length;
    meaning.shape.dim[a] = axes[a].before + length + axes[a].after;
    meaning.axis[a] = axes[a];
  }
  return meaning;
}

#define NONE                                                                                                 \
  { 0 }
#define ONE(kind, length)                                                                                    \
  {                                                                                                          \
    .count = 1, .factor = { {kind, length, 1} }                                                              \
  }

static ph_arrangement arranged(ph_meaning meaning, ph_token token) {
  ph_arrangement a = {0};
  ph_error e;
  ok(ph_arrangement_of(&meaning, token, "x", &a, &e) == PH_OK, "it can be arranged");
  return a;
}

static void expect(ph_arrangement a, int64_t units, int64_t rows, int64_t columns, int64_t others,
                   bool is_plain, const char *what) {
  ok(a.units == units && a.rows == rows && a.columns == columns && a.others == others &&
         a.is_plain == is_plain,
     "%s: %lld units of %lldx%lld, %lld others, %s", what, (long long)a.units, (long long)a.rows,
     (long long)a.columns, (long long)a.others, a.is_plain ? "as it lies" : "moved");
}

static void reads(ph_arrangement a, int64_t count, const float *expected, const char *what) {
  float value[64], got[64] = {0};
  for (int i = 0; i < 64; i++) value[i] = (float)i;
  ph_arrangement_read(&a, 1, value, got);
  ok(memcmp(got, expected, (size_t)count * sizeof *got) == 0, "%s", what);
}

/* <read x, y> = <x, add y> over two images. */
static void are_adjoint(ph_arrangement a, const char *what) {
  float x[128], y[128], read[128] = {0}, added[128] = {0};
  const int64_t whole = 2 * a.size, part = 2 * a.units * a.rows * a.columns;
  double left = 0, right = 0;
  for (int i = 0; i < 128; i++) x[i] = (float)(i * 37 % 19), y[i] = (float)(i * 23 % 17);
  ph_arrangement_read(&a, 2, x, read);
  ph_arrangement_add(&a, 2, y, added);
  for (int64_t i = 0; i < part; i++) left += (double)(read[i] * y[i]);
  for (int64_t i = 0; i < whole; i++) right += (double)(x[i] * added[i]);
  ok(left == right && left > 0, "%s: reading and adding are adjoint", what);
}

/* Two features of 2 x 3 patches, after a class token and another. */
static void test_tokens(void) {
  const ph_axis_meaning axes[] = {
      NONE, {.count = 2, .factor = {{PH_ROWS, 2, 1}, {PH_COLUMNS, 3, 1}}, .before = 2}, ONE(PH_UNITS, 2)};
  const ph_meaning tokens = meaning_of(3, axes);
  ph_arrangement patches = arranged(tokens, PH_TOKEN_PATCHES), class = arranged(tokens, PH_TOKEN_CLASS);
  ph_arrangement others = arranged(tokens, PH_TOKEN_OTHERS);
  expect(patches, 2, 2, 3, 2, false, "tokens");
  reads(patches, 12, (float[]){4, 6, 8, 10, 12, 14, 5, 7, 9, 11, 13, 15}, "patches are a map");
  reads(class, 2, (float[]){0, 1}, "the class token is a vector");
  reads(others, 2, (float[]){2, 3}, "the others are a row");
  ok(ph_arrangement_shape(&class, 5).rank == 2 && ph_arrangement_shape(&others, 5).rank == 4,
     "and so shaped");
  are_adjoint(patches, "patches");
  are_adjoint(class, "class token");
  are_adjoint(others, "others");
}

/* Heads, the features of which count through, and rows cut in two of which the slower is last. */
static void test_factors(void) {
  const ph_axis_meaning heads[] = {
      {.count = 1, .factor = {{PH_UNITS, 2, 3}}}, ONE(PH_COLUMNS, 2), ONE(PH_UNITS, 3)};
  expect(arranged(meaning_of(3, heads), PH_TOKEN_PATCHES), 6, 1, 2, 0, false, "heads");
  reads(arranged(meaning_of(3, heads), PH_TOKEN_PATCHES), 12, (float[]){0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11},
        "a head's features follow each other");
  const ph_axis_meaning grid[] = {NONE, ONE(PH_ROWS, 2), {.count = 1, .factor = {{PH_ROWS, 3, 2}}}};
  expect(arranged(meaning_of(3, grid), PH_TOKEN_PATCHES), 1, 6, 1, 0, false, "a grid");
  reads(arranged(meaning_of(3, grid), PH_TOKEN_PATCHES), 6, (float[]){0, 3, 1, 4, 2, 5}, "rows are in order");
}

static void test_maps(void) {
  const ph_axis_meaning map[] = {NONE, ONE(PH_UNITS, 4), ONE(PH_ROWS, 2), ONE(PH_COLUMNS, 3)};
  expect(arranged(meaning_of(4, map), PH_TOKEN_PATCHES), 4, 2, 3, 0, true, "a map");
  const ph_axis_meaning last[] = {NONE, ONE(PH_ROWS, 2), ONE(PH_COLUMNS, 3), ONE(PH_UNITS, 4)};
  expect(arranged(meaning_of(4, last), PH_TOKEN_PATCHES), 4, 2, 3, 0, false, "channels last");
  const ph_axis_meaning vector[] = {NONE, ONE(PH_UNITS, 4)};
  ok(arranged(meaning_of(2, vector), PH_TOKEN_PATCHES).is_vector, "units without a map are a vector");
}

/* What is known of no axis, of units only, or is there twice. */
static void test_unknown(void) {
  const ph_axis_meaning list[] = {NONE, ONE(PH_OTHER, 5), ONE(PH_OTHER, 7)};
  expect(arranged(meaning_of(3, list), PH_TOKEN_PATCHES), 7, 1, 5, 0, false,
         "a list of which nothing is known");
  const ph_axis_meaning map[] = {NONE, ONE(PH_OTHER, 5), ONE(PH_OTHER, 2), ONE(PH_OTHER, 3),
                                 ONE(PH_OTHER, 2)};
  expect(arranged(meaning_of(5, map), PH_TOKEN_PATCHES), 5, 2, 6, 0, true, "five axes");
  const ph_axis_meaning mixed[] = {NONE, ONE(PH_UNITS, 5), ONE(PH_OTHER, 7)};
  expect(arranged(meaning_of(3, mixed), PH_TOKEN_PATCHES), 5, 1, 7, 0, true,
         "units by what is known of them");
  const ph_axis_meaning twice[] = {ONE(PH_UNITS, 2), ONE(PH_COLUMNS, 4), ONE(PH_COLUMNS, 4)};
  expect(arranged(meaning_of(3, twice), PH_TOKEN_PATCHES), 2, 4, 4, 0, true, "attention's weights");
}

/* Columns cut in 4 x 2, of which the two then became six: these count what the four count, too. */
static void test_overlapping(void) {
  const ph_meaning meaning = meaning_of(4, (ph_axis_meaning[]){NONE,
                                                               ONE(PH_UNITS, 3),
                                                               {.count = 1, .factor = {{PH_COLUMNS, 4, 2}}},
                                                               {.count = 1, .factor = {{PH_COLUMNS, 6, 1}}}});
  expect(arranged(meaning, PH_TOKEN_PATCHES), 3, 4, 6, 0, true,
         "factors that overlap are told by their number");
}

int main(void) {
  test_tokens();
  test_factors();
  test_maps();
  test_unknown();
  test_overlapping();
  return tap_done();
}
