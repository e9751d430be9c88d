/* SPDX-License-Identifier: MIT */
/* Rankings: short sorted arrays. Most of what streams by is turned away by a comparison with the last one. */
#include "ranking.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "files/container/bytes.h"

const char *const ph_ranking_names[] = {"top", "bottom", "any", NULL};

struct ph_ranking {
  int64_t units, room[PH_RANKING_LISTS], stride; /* of examples for each unit */
  ph_example *examples;                          /* (units, stride): the lists one after another */
  int64_t (*count)[PH_RANKING_LISTS];            /* (units) */
};

ph_status ph_ranking_new(int64_t units, const int64_t room[PH_RANKING_LISTS], ph_ranking **ranking,
                         ph_error *e) {
  int64_t stride = 0;
  for (int list = 0; list < PH_RANKING_LISTS; list++) {
    if (room[list] < 0 || room[list] > PH_RANKING_MOST)
      return ph_fail(e, PH_MISUSE, "ranking: 0 to %d examples in a list, got %lld", PH_RANKING_MOST,
                     (long long)room[list]);
    stride += room[list];
  }
  if (units < 1) return ph_fail(e, PH_MISUSE, "ranking: at least one unit, got %lld", (long long)units);
  ph_ranking *r = ph_alloc(sizeof *r);
  if (r == NULL) return ph_no_memory(e);
  *r = (ph_ranking){.units = units, .stride = stride};
  memcpy(r->room, room, sizeof r->room);
  r->examples = ph_alloc_array((size_t)units, (size_t)stride * sizeof *r->examples);
  r->count = ph_alloc_array((size_t)units, sizeof *r->count);
  if (r->examples == NULL || r->count == NULL) {
    ph_ranking_free(r);
    return ph_no_memory(e);
  }
  *ranking = r;
  return PH_OK;
}

void ph_ranking_free(ph_ranking *ranking) {
  if (ranking == NULL) return;
  ph_free(ranking->examples);
  ph_free(ranking->count);
  ph_free(ranking);
}

int64_t ph_ranking_units(const ph_ranking *ranking) { return ranking->units; }

static ph_example *list_of(const ph_ranking *r, int64_t unit, int list) {
  ph_example *at = r->examples + unit * r->stride;
  for (int before = 0; before < list; before++) at += r->room[before];
  return at;
}

const ph_example *ph_ranking_list_of(const ph_ranking *ranking, int64_t unit, ph_ranking_list list,
                                     int64_t *count) {
  *count = ranking->count[unit][list];
  return list_of(ranking, unit, list);
}

/* ---- order ---- */

/* The finaliser of splitmix64 (Steele, Lea and Flood, 2014): well mixed bits of any number. */
static uint64_t mixed(uint64_t x) {
  x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
  x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
  return x ^ x >> 31;
}

/* The lot that a picture has drawn for a unit. */
static uint64_t lot(uint64_t picture, int64_t unit) {
  return mixed(picture + ((uint64_t)unit + 1) * UINT64_C(0x9E3779B97F4A7C15));
}

static bool is_before(const ph_example *a, const ph_example *b, int list, int64_t unit) {
  if (list == PH_RANKING_TOP && a->value != b->value) return a->value > b->value;
  if (list == PH_RANKING_BOTTOM && a->value != b->value) return a->value < b->value;
  if (list == PH_RANKING_ANY) {
    const uint64_t of_a = lot(a->picture, unit), of_b = lot(b->picture, unit);
    if (of_a != of_b) return of_a < of_b;
  }
  return a->picture < b->picture;
}

static void insert(ph_ranking *r, int64_t unit, int list, const ph_example *example) {
  ph_example *at = list_of(r, unit, list);
  int64_t *count = &r->count[unit][list], i = *count;
  if (i == r->room[list] && (i == 0 || !is_before(example, &at[--i], list, unit))) return;
  for (; i > 0 && is_before(example, &at[i - 1], list, unit); i--) at[i] = at[i - 1];
  at[i] = *example;
  if (*count < r->room[list]) ++*count;
}

/* ---- adding ---- */

static ph_example example_at(uint64_t picture, const float *map, int64_t place, int64_t w) {
  return (ph_example){picture, map[place], (int32_t)(place / w), (int32_t)(place % w)};
}

/* One picture's map (h, w) of a unit. */
static void add_map(ph_ranking *r, int64_t unit, uint64_t picture, const float *map, int64_t plane,
                    int64_t w) {
  int64_t place[PH_RANKING_LISTS] = {0};
  for (int64_t i = 1; i < plane; i++) {
    if (map[i] > map[place[PH_RANKING_TOP]]) place[PH_RANKING_TOP] = i;
    if (map[i] < map[place[PH_RANKING_BOTTOM]]) place[PH_RANKING_BOTTOM] = i;
  }
  /* Mixed once more, as the lots of those that stay are small. */
  place[PH_RANKING_ANY] = (int64_t)(mixed(lot(picture, unit)) % (uint64_t)plane);
  for (int list = 0; list < PH_RANKING_LISTS; list++) {
    const ph_example example = example_at(picture, map, place[list], w);
    insert(r, unit, list, &example);
  }
}

/* Whether all are finite: anything else times zero is not zero, and stays so in the sum. */
static bool are_finite(const float *values, int64_t count) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t i = 0; i < count; i++) sum += values[i] * 0.0f;
  return sum == 0;
}

static ph_status check(const ph_ranking *r, const ph_tensor *activations, int64_t count, ph_error *e) {
  const ph_shape shape = ph_tensor_shape(activations);
  char text[PH_SHAPE_TEXT];
  const bool fits = (shape.rank == 2 || shape.rank == 4) && shape.dim[1] == r->units && shape.dim[0] >= count;
  if (fits && (shape.rank == 2 || (shape.dim[2] <= UINT16_MAX && shape.dim[3] <= UINT16_MAX))) return PH_OK;
  return ph_fail(e, PH_MISUSE, "ranking: activations of %lld pictures and %lld units expected, got %s",
                 (long long)count, (long long)r->units, ph_shape_print(shape, text));
}

ph_status ph_ranking_add(ph_ranking *ranking, const ph_tensor *activations, const uint64_t *pictures,
                         int64_t count, int64_t *failed, ph_error *e) {
  ph_status status = check(ranking, activations, count, e);
  if (status != PH_OK) return status;
  const ph_shape shape = ph_tensor_shape(activations);
  const int64_t w = shape.rank == 4 ? shape.dim[3] : 1, plane = shape.rank == 4 ? shape.dim[2] * w : 1;
  const int64_t units = ranking->units;
  const float *data = ph_tensor_read(activations);
  for (int64_t i = 0; i < count; i++)
    if (!are_finite(data + i * units * plane, units * plane)) {
      if (failed != NULL) *failed = i;
      return ph_fail(e, PH_FAILURE, "activations are not finite");
    }
#pragma omp parallel for schedule(static)
  for (int64_t unit = 0; unit < units; unit++)
    for (int64_t i = 0; i < count; i++)
      add_map(ranking, unit, pictures[i], data + (i * units + unit) * plane, plane, w);
  return PH_OK;
}

/* ---- forgetting ---- */

static int by_number(const void *a, const void *b) {
  const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return (x > y) - (x < y);
}

void ph_ranking_forget(ph_ranking *ranking, const uint64_t *pictures, int64_t count) {
  for (int64_t unit = 0; unit < ranking->units; unit++)
    for (int list = 0; list < PH_RANKING_LISTS; list++) {
      ph_example *at = list_of(ranking, unit, list);
      int64_t *length = &ranking->count[unit][list], kept = 0;
      for (int64_t i = 0; i < *length; i++)
        if (bsearch(&at[i].picture, pictures, (size_t)count, sizeof *pictures, by_number) == NULL)
          at[kept++] = at[i];
      *length = kept;
    }
}

/* ---- as bytes ---- */

enum { COUNT_BYTES = 2, EXAMPLE_BYTES = 16, HEADER_BYTES = PH_RANKING_LISTS * COUNT_BYTES };

static unsigned char *put(unsigned char *at, uint64_t number, int bytes) {
  for (int i = 0; i < bytes; i++) *at++ = (unsigned char)(number >> 8 * i);
  return at;
}

size_t ph_ranking_size(const ph_ranking *ranking, int64_t unit) {
  size_t size = HEADER_BYTES;
  for (int list = 0; list < PH_RANKING_LISTS; list++)
    size += (size_t)ranking->count[unit][list] * EXAMPLE_BYTES;
  return size;
}

void ph_ranking_write(const ph_ranking *ranking, int64_t unit, unsigned char *bytes) {
  for (int list = 0; list < PH_RANKING_LISTS; list++)
    bytes = put(bytes, (uint64_t)ranking->count[unit][list], COUNT_BYTES);
  for (int list = 0; list < PH_RANKING_LISTS; list++) {
    const ph_example *at = list_of(ranking, unit, list);
    for (int64_t i = 0; i < ranking->count[unit][list]; i++, at++) {
      uint32_t value;
      memcpy(&value, &at->value, sizeof value);
      bytes = put(bytes, at->picture, 8);
      bytes = put(bytes, value, 4);
      bytes = put(bytes, (uint64_t)at->y, 2);
      bytes = put(bytes, (uint64_t)at->x, 2);
    }
  }
}

static ph_example read_example(ph_cursor *bytes) {
  ph_example example = {.picture = ph_cursor_number(bytes, 8)};
  const uint32_t value = (uint32_t)ph_cursor_number(bytes, 4);
  memcpy(&example.value, &value, sizeof value);
  example.y = (int32_t)ph_cursor_number(bytes, 2);
  example.x = (int32_t)ph_cursor_number(bytes, 2);
  return example;
}

/* What the lists of these bytes hold, with `take` or only to see that they are lists, all of the bytes and of
   finite values in order. */
static bool read_lists(ph_ranking *r, int64_t unit, const unsigned char *bytes, size_t size, bool take) {
  ph_cursor at = {bytes, size, false};
  int64_t count[PH_RANKING_LISTS];
  for (int list = 0; list < PH_RANKING_LISTS; list++)
    count[list] = (int64_t)ph_cursor_number(&at, COUNT_BYTES);
  for (int list = 0; list < PH_RANKING_LISTS; list++) {
    ph_example before = {0};
    for (int64_t i = 0; i < count[list]; i++) {
      const ph_example example = read_example(&at);
      if (at.broken || !isfinite(example.value) || (i > 0 && !is_before(&before, &example, list, unit)))
        return false;
      if (take) insert(r, unit, list, &example);
      before = example;
    }
  }
  return !at.broken && at.left == 0;
}

ph_status ph_ranking_take(ph_ranking *ranking, int64_t unit, const unsigned char *bytes, size_t size,
                          ph_error *e) {
  if (!read_lists(ranking, unit, bytes, size, false))
    return ph_fail(e, PH_FAILURE, "the lists of unit %lld are damaged", (long long)unit);
  read_lists(ranking, unit, bytes, size, true);
  return PH_OK;
}
