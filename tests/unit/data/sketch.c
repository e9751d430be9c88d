/* SPDX-License-Identifier: MIT */
/* Sketches: quantiles against sorted values, parts in any order, bytes and damaged ones. */
#include "data/sketch.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "tap.h"
#include "tensor/random.h"

enum { PICTURES = 400, UNITS = 4, PLANE = 25, VALUES = PICTURES * PLANE };

/* Unit 0 is normal, unit 1 what a ReLU leaves of it, unit 2 spread over many magnitudes, unit 3 one value. */
static ph_tensor *all;

static void prepare(void) {
  ph_error e;
  ph_random random = ph_random_stream(1, "sketch");
  ph_tensor_new(ph_shape4(PICTURES, UNITS, 5, 5), &all, &e);
  float *at = ph_tensor_data(all);
  for (int p = 0; p < PICTURES; p++)
    for (int unit = 0; unit < UNITS; unit++)
      for (int i = 0; i < PLANE; i++) {
        const double normal = ph_random_normal(&random);
        *at++ = (float)(unit == 0   ? normal * 10
                        : unit == 1 ? fmax(normal, 0)
                        : unit == 2 ? exp(2 * normal) * (i % 2 == 0 ? 1 : -1)
                                    : -0.7);
      }
}

static void add(ph_sketch *s, int from, int count) {
  ph_error e;
  ph_tensor *part;
  ph_tensor_new(ph_shape4(count, UNITS, 5, 5), &part, &e);
  memcpy(ph_tensor_data(part), ph_tensor_read(all) + from * UNITS * PLANE,
         (size_t)(count * UNITS * PLANE) * sizeof(float));
  ph_sketch_add(s, part, count, &e);
  ph_tensor_release(part);
}

static ph_sketch *empty(void) {
  ph_error e;
  ph_sketch *s = NULL;
  ph_sketch_new(UNITS, &s, &e);
  return s;
}

static ph_sketch *of_all(void) {
  ph_sketch *s = empty();
  add(s, 0, PICTURES);
  return s;
}

static int by_value(const void *a, const void *b) {
  const float x = *(const float *)a, y = *(const float *)b;
  return (x > y) - (x < y);
}

static void sorted_values(int64_t unit, float values[VALUES]) {
  for (int p = 0; p < PICTURES; p++)
    memcpy(values + p * PLANE, ph_tensor_read(all) + (p * UNITS + unit) * PLANE, PLANE * sizeof(float));
  qsort(values, VALUES, sizeof *values, by_value);
}

static void test_quantiles(void) {
  ph_sketch *s = of_all();
  float values[VALUES];
  for (int64_t unit = 0; unit < UNITS; unit++) {
    sorted_values(unit, values);
    const double largest = fmax(fabs((double)values[0]), fabs((double)values[VALUES - 1]));
    double worst = 0, worst_rank = 0;
    for (int i = 1; i < 1000; i++) {
      const double share = i / 1000.0, true_value = (double)values[(int64_t)(share * (VALUES - 1))];
      const double got = ph_sketch_quantile(s, unit, share);
      const double allowed = PH_SKETCH_ERROR * fabs(true_value) + largest / (1 << PH_SKETCH_OCTAVES);
      worst = fmax(worst, fabs(got - true_value) / allowed);
      int below = 0;
      while (below < VALUES && (double)values[below] < true_value) below++;
      int near = 0; /* values that share a bucket with it, by which the rank may be off */
      for (int k = 0; k < VALUES; k++)
        near += fabs((double)values[k] - true_value) <= 2 * allowed && (double)values[k] != true_value;
      worst_rank = fmax(worst_rank, fabs(ph_sketch_below(s, unit, true_value) - below) - near);
    }
    ok(worst <= 1, "unit %d: quantiles are within the error that is stated (%.2f of it)", (int)unit, worst);
    ok(worst_rank < 1, "unit %d: ranks are off by no more than what shares a bucket", (int)unit);
    ok(ph_sketch_quantile(s, unit, 0) == (double)values[0] &&
           ph_sketch_quantile(s, unit, 1) == (double)values[VALUES - 1],
       "unit %d: the ends are exact", (int)unit);
  }
  ok(ph_sketch_count(s, 2) == VALUES, "all were counted");
  ok(ph_sketch_below(s, 1, 0) == 0 && ph_sketch_below(s, 1, HUGE_VAL) == VALUES,
     "below 0 and below everything");
  ph_sketch_free(s);
}

static size_t bytes_of(const ph_sketch *s, int64_t unit, unsigned char *bytes) {
  return ph_sketch_write(s, unit, bytes);
}

static bool same(const ph_sketch *a, const ph_sketch *b) {
  static unsigned char left[PH_SKETCH_MOST_BYTES], right[PH_SKETCH_MOST_BYTES];
  for (int64_t unit = 0; unit < UNITS; unit++) {
    size_t size = bytes_of(a, unit, left);
    if (size != bytes_of(b, unit, right) || memcmp(left, right, size) != 0) return false;
  }
  return true;
}

static void test_parts(void) {
  static unsigned char bytes[PH_SKETCH_MOST_BYTES];
  ph_error e;
  ph_sketch *whole = of_all(), *backwards = empty(), *parts[3];
  for (int p = PICTURES - 1; p >= 0; p--) add(backwards, p, 1);
  ok(same(whole, backwards), "pictures one by one and backwards give the same bytes");
  for (int k = 0; k < 3; k++) parts[k] = empty();
  for (int p = 0; p < PICTURES; p++) add(parts[p % 3], p, 1);
  bool took = true;
  for (int k = 1; k < 3; k++)
    for (int64_t unit = 0; unit < UNITS; unit++) {
      size_t size = bytes_of(parts[k], unit, bytes);
      took = took && ph_sketch_take(parts[0], unit, bytes, size, &e) == PH_OK;
    }
  ok(took && same(whole, parts[0]), "parts taken together give the same bytes as the whole");
  size_t most = 0;
  for (int64_t unit = 0; unit < 3; unit++) {
    size_t size = bytes_of(whole, unit, bytes);
    most = size > most ? size : most;
  }
  ok(most < 1800, "which are few (%zu)", most);
  ph_sketch_free(whole);
  ph_sketch_free(backwards);
  for (int k = 0; k < 3; k++) ph_sketch_free(parts[k]);
}

/* What is far smaller than the largest becomes 0, whichever came first. */
static void test_collapse(void) {
  ph_error e;
  ph_tensor *values;
  ph_tensor_new(ph_shape_of(2, (const int64_t[]){1, 1}), &values, &e);
  static const float small_first[] = {1e-6f, -1e-6f, 1e6f, 2e6f, 0};
  ph_sketch *a, *b;
  ph_sketch_new(1, &a, &e);
  ph_sketch_new(1, &b, &e);
  for (int i = 0; i < 5; i++) {
    ph_tensor_fill(values, small_first[i]);
    ph_sketch_add(a, values, 1, &e);
    ph_tensor_fill(values, small_first[4 - i]);
    ph_sketch_add(b, values, 1, &e);
  }
  static unsigned char left[PH_SKETCH_MOST_BYTES], right[PH_SKETCH_MOST_BYTES];
  size_t size = ph_sketch_write(a, 0, left);
  ok(size == ph_sketch_write(b, 0, right) && memcmp(left, right, size) == 0,
     "small ones collapse alike in any order");
  ok(ph_sketch_quantile(a, 0, 0.5) == 0 && ph_sketch_count(a, 0) == 5, "into zero");
  ph_sketch_free(a);
  ph_sketch_free(b);
  ph_tensor_release(values);
}

static void test_damage(void) {
  static unsigned char bytes[PH_SKETCH_MOST_BYTES], changed[PH_SKETCH_MOST_BYTES];
  ph_error e;
  ph_sketch *s = of_all(), *other = empty(), *nothing = empty();
  size_t size = ph_sketch_write(s, 0, bytes);
  int taken = 0;
  for (size_t cut = 0; cut < size; cut++) taken += ph_sketch_take(other, 0, bytes, cut, &e) == PH_OK;
  ok(taken == 0 && same(other, nothing),
     "bytes that are cut anywhere are refused, and nothing of them is taken");
  ph_random random = ph_random_stream(2, "damage");
  int wrong = 0;
  for (int i = 0; i < 20000; i++) {
    memcpy(changed, bytes, size);
    for (int k = 0; k < 3; k++)
      changed[ph_random_below(&random, (int64_t)size)] = (unsigned char)ph_random_bits(&random);
    ph_sketch *fresh = empty();
    if (ph_sketch_take(fresh, 0, changed, size, &e) == PH_OK) {
      const double middle = ph_sketch_quantile(fresh, 0, 0.5);
      wrong += !(middle >= ph_sketch_quantile(fresh, 0, 0) && middle <= ph_sketch_quantile(fresh, 0, 1));
    }
    ph_sketch_free(fresh);
  }
  ok(wrong == 0, "what damage makes of them is refused, or counts something that is possible");
  ok(ph_sketch_add(s, all, PICTURES + 1, &e) == PH_MISUSE, "more pictures than there are");
  ph_sketch_free(s);
  ph_sketch_free(other);
  ph_sketch_free(nothing);
}

static void test_memory(void) {
  ph_error e;
  ph_sketch *s;
  const size_t blocks = ph_memory_blocks();
  for (int n = 1; n <= 2; n++) {
    ph_memory_fail_after(n);
    ok(ph_sketch_new(UNITS, &s, &e) == PH_NO_MEMORY, "allocation %d fails", n);
    ph_memory_fail_after(0);
  }
  ok(ph_memory_blocks() == blocks, "and leaves nothing behind");
}

int main(void) {
  prepare();
  test_quantiles();
  test_parts();
  test_collapse();
  test_damage();
  test_memory();
  ph_tensor_release(all);
  return tap_done();
}
