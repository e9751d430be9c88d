/* SPDX-License-Identifier: MIT */
/* Rankings: against sorting everything, in any order of arrival, in parts; as bytes, and damaged ones. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/ranking.h"
#include "tap.h"
#include "tensor/random.h"

enum { PICTURES = 60, UNITS = 5, H = 3, W = 4, PLANE = H * W };
static const int64_t room[PH_RANKING_LISTS] = {7, 4, 9};

/* Activations of all pictures; few different values, so that ties are common. */
static ph_tensor *all;
static uint64_t pictures[PICTURES];

static void prepare(void) {
  ph_error e;
  ph_random random = ph_random_stream(1, "ranking");
  ph_tensor_new(ph_shape4(PICTURES, UNITS, H, W), &all, &e);
  for (int64_t i = 0; i < ph_tensor_count(all); i++)
    ph_tensor_data(all)[i] = (float)ph_random_below(&random, 40) - 20;
  for (int i = 0; i < PICTURES; i++) pictures[i] = ph_random_bits(&random);
}

static ph_ranking *empty(void) {
  ph_error e;
  ph_ranking *r = NULL;
  ph_ranking_new(UNITS, room, &r, &e);
  return r;
}

/* Adds one picture. */
static ph_status add(ph_ranking *r, int picture) {
  ph_error e;
  ph_tensor *one;
  ph_tensor_new(ph_shape4(1, UNITS, H, W), &one, &e);
  memcpy(ph_tensor_data(one), ph_tensor_read(all) + picture * UNITS * PLANE, UNITS * PLANE * sizeof(float));
  ph_status status = ph_ranking_add(r, one, &pictures[picture], 1, NULL, &e);
  ph_tensor_release(one);
  return status;
}

static ph_ranking *of_all(void) {
  ph_error e;
  ph_ranking *r = empty();
  ph_ranking_add(r, all, pictures, PICTURES, NULL, &e);
  return r;
}

static bool same(const ph_ranking *a, const ph_ranking *b) {
  for (int64_t unit = 0; unit < UNITS; unit++) {
    unsigned char left[1024], right[1024];
    size_t size = ph_ranking_size(a, unit);
    if (size != ph_ranking_size(b, unit) || size > sizeof left) return false;
    ph_ranking_write(a, unit, left);
    ph_ranking_write(b, unit, right);
    if (memcmp(left, right, size) != 0) return false;
  }
  return true;
}

/* ---- against sorting ---- */

static int by_value(const void *a, const void *b) {
  const ph_example *x = a, *y = b;
  if (x->value != y->value) return x->value > y->value ? -1 : 1;
  return x->picture < y->picture ? -1 : x->picture > y->picture;
}

/* Every picture's best place for a unit, the best picture first. */
static void sort_all(int64_t unit, float sign, ph_example sorted[PICTURES]) {
  for (int p = 0; p < PICTURES; p++) {
    const float *map = ph_tensor_read(all) + (p * UNITS + unit) * PLANE;
    int best = 0;
    for (int i = 1; i < PLANE; i++)
      if (sign * map[i] > sign * map[best]) best = i;
    sorted[p] = (ph_example){pictures[p], sign * map[best], best / W, best % W};
  }
  qsort(sorted, PICTURES, sizeof *sorted, by_value);
}

static void test_sorted(void) {
  ph_ranking *r = of_all();
  bool top = true, bottom = true;
  for (int64_t unit = 0; unit < UNITS; unit++) {
    ph_example sorted[PICTURES];
    int64_t count;
    sort_all(unit, 1, sorted);
    const ph_example *list = ph_ranking_list_of(r, unit, PH_RANKING_TOP, &count);
    for (int64_t i = 0; i < room[PH_RANKING_TOP]; i++)
      top = top && list[i].picture == sorted[i].picture && list[i].value == sorted[i].value &&
            list[i].y == sorted[i].y && list[i].x == sorted[i].x;
    top = top && count == room[PH_RANKING_TOP];
    sort_all(unit, -1, sorted);
    list = ph_ranking_list_of(r, unit, PH_RANKING_BOTTOM, &count);
    for (int64_t i = 0; i < count; i++)
      bottom = bottom && list[i].picture == sorted[i].picture && list[i].value == -sorted[i].value;
  }
  ok(top, "the strongest are those that sorting everything gives, ties by number");
  ok(bottom, "the weakest likewise");
  ph_ranking_free(r);
}

static void test_any(void) {
  ph_ranking *r = of_all();
  bool right = true, differs = false;
  for (int64_t unit = 0; unit < UNITS; unit++) {
    int64_t count, other_count;
    const ph_example *list = ph_ranking_list_of(r, unit, PH_RANKING_ANY, &count);
    const ph_example *other = ph_ranking_list_of(r, (unit + 1) % UNITS, PH_RANKING_ANY, &other_count);
    right = right && count == room[PH_RANKING_ANY];
    for (int64_t i = 0; i < count; i++) {
      int p = 0;
      while (p < PICTURES && pictures[p] != list[i].picture) p++;
      right = right && p < PICTURES &&
              list[i].value == ph_tensor_read(all)[(p * UNITS + unit) * PLANE + list[i].y * W + list[i].x];
      differs = differs || list[i].picture != other[i].picture;
    }
  }
  ok(right, "places that were drawn have the values that are there");
  ok(differs, "each unit draws its own");
  ph_ranking_free(r);
}

/* ---- order and parts ---- */

static void test_order(void) {
  ph_ranking *at_once = of_all(), *backwards = empty();
  for (int p = PICTURES - 1; p >= 0; p--) add(backwards, p);
  ok(same(at_once, backwards), "pictures one by one and backwards give the same bytes");
  ph_ranking_free(backwards);
  ph_ranking *parts[3];
  for (int k = 0; k < 3; k++) parts[k] = empty();
  for (int p = 0; p < PICTURES; p++) add(parts[p % 3], p);
  bool took = true;
  for (int k = 2; k > 0; k--)
    for (int64_t unit = 0; unit < UNITS; unit++) {
      ph_error e;
      unsigned char bytes[1024];
      ph_ranking_write(parts[k], unit, bytes);
      took = took && ph_ranking_take(parts[0], unit, bytes, ph_ranking_size(parts[k], unit), &e) == PH_OK;
    }
  ok(took && same(at_once, parts[0]), "parts taken together give the same bytes as the whole");
  for (int k = 0; k < 3; k++) ph_ranking_free(parts[k]);
  ph_ranking_free(at_once);
}

static int by_number(const void *a, const void *b) {
  const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return (x > y) - (x < y);
}

static void test_forget(void) {
  ph_ranking *r = of_all();
  int64_t count;
  const ph_example *list = ph_ranking_list_of(r, 2, PH_RANKING_TOP, &count);
  uint64_t gone[2] = {list[0].picture, list[3].picture};
  const ph_example second = list[1];
  qsort(gone, 2, sizeof *gone, by_number);
  ph_ranking_forget(r, gone, 2);
  list = ph_ranking_list_of(r, 2, PH_RANKING_TOP, &count);
  ok(count == room[PH_RANKING_TOP] - 2 && list[0].picture == second.picture,
     "forgotten pictures leave their lists");
  bool found = false;
  for (int64_t unit = 0; unit < UNITS; unit++)
    for (int k = 0; k < PH_RANKING_LISTS; k++) {
      list = ph_ranking_list_of(r, unit, k, &count);
      for (int64_t i = 0; i < count; i++)
        found = found || list[i].picture == gone[0] || list[i].picture == gone[1];
    }
  ok(!found, "of all units");
  ph_ranking_free(r);
}

/* ---- what is refused ---- */

static void test_damage(void) {
  ph_ranking *r = of_all(), *other = empty();
  ph_error e;
  unsigned char bytes[1024], changed[1024];
  size_t size = ph_ranking_size(r, 0);
  ph_ranking_write(r, 0, bytes);
  int refused = 0, tried = 0;
  for (size_t cut = 0; cut < size; cut++, tried++)
    refused += ph_ranking_take(other, 0, bytes, cut, &e) == PH_FAILURE;
  memcpy(changed, bytes, size);
  memcpy(changed + 6 + 8, "\0\0\xC0\x7F", 4);
  refused += ph_ranking_take(other, 0, changed, size, &e) == PH_FAILURE;
  memcpy(changed, bytes, size);
  memcpy(changed + 6, bytes + 6 + 16, 16);
  refused += ph_ranking_take(other, 0, changed, size, &e) == PH_FAILURE;
  ok(refused == tried + 2, "bytes cut anywhere, a value that is no number and a wrong order are refused");
  ph_ranking *nothing = empty();
  ok(same(other, nothing), "and nothing of them is taken");
  ph_ranking_free(r);
  ph_ranking_free(other);
  ph_ranking_free(nothing);
}

static void test_not_finite(void) {
  ph_ranking *r = empty(), *nothing = empty();
  ph_error e;
  int64_t failed = -1;
  float *element = &ph_tensor_data(all)[17 * UNITS * PLANE + 5], before = *element;
  *element = NAN;
  ok(ph_ranking_add(r, all, pictures, PICTURES, &failed, &e) == PH_FAILURE && failed == 17,
     "a picture whose activation is no number is named");
  *element = -HUGE_VALF;
  ok(ph_ranking_add(r, all, pictures, PICTURES, &failed, &e) == PH_FAILURE && failed == 17, "or is infinite");
  *element = before;
  ok(same(r, nothing), "and nothing was taken");
  ok(ph_ranking_add(r, all, pictures, PICTURES + 1, NULL, &e) == PH_MISUSE, "more pictures than there are");
  ph_ranking_free(r);
  ph_ranking_free(nothing);
}

static void test_memory(void) {
  ph_error e;
  ph_ranking *r;
  const size_t blocks = ph_memory_blocks();
  for (int n = 1; n <= 3; n++) {
    ph_memory_fail_after(n);
    ok(ph_ranking_new(UNITS, room, &r, &e) == PH_NO_MEMORY, "allocation %d fails", n);
    ph_memory_fail_after(0);
  }
  ok(ph_memory_blocks() == blocks, "and leaves nothing behind");
  const int64_t too_much[PH_RANKING_LISTS] = {PH_RANKING_MOST + 1, 0, 0};
  ok(ph_ranking_new(UNITS, too_much, &r, &e) == PH_MISUSE, "too long lists");
}

int main(void) {
  prepare();
  test_sorted();
  test_any();
  test_order();
  test_forget();
  test_damage();
  test_not_finite();
  test_memory();
  ph_tensor_release(all);
  return tap_done();
}
