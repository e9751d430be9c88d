/* SPDX-License-Identifier: MIT */
/* Running maps forward and backward. The output is distributed over threads in bands of rows; if a map
   scatters (the adjoints of `pixels`, and of copies that read a pixel twice), in planes. So each sum is
   computed by one thread, and does not depend on the number of threads. */
#include "map.h"

#include <string.h>

#include "base/memory.h"
#include "base/vector.h"

/* Below this many pixels waking the other threads costs more than it saves. */
enum { PARALLEL_PIXELS = 1 << 15, BAND = 16 };

void ph_map_clear(ph_map *map) {
  for (int a = 0; a < 2; a++) {
    ph_free(map->axis[a].low);
    ph_free(map->axis[a].high);
    ph_free(map->axis[a].weight);
  }
  ph_free(map->index);
  ph_free(map->share);
  *map = (ph_map){0};
}

/* ---- copy ---- */

static void fill_row(float value, float *dst, int64_t count) {
  for (int64_t x = 0; x < count; x++) dst[x] = value;
}

static void copy_row(const ph_map *map, const float *src, float *dst) {
  const ph_axis *columns = &map->axis[1];
  const int32_t *low = columns->low;
  int64_t from = columns->run[0], to = columns->run[1], width = map->output[1];
  for (int64_t x = 0; x < from; x++) dst[x] = low[x] < 0 ? map->fill : src[low[x]];
  if (from < to) memcpy(dst + from, src + low[from], (size_t)(to - from) * sizeof(float));
  for (int64_t x = to; x < width; x++) dst[x] = low[x] < 0 ? map->fill : src[low[x]];
}

static void copy_rows(const ph_map *map, int64_t first, int64_t last, const float *src, float *dst) {
  const int32_t *row = map->axis[0].low;
  int64_t width = map->output[1];
  for (int64_t y = first; y < last; y++) {
    if (row[y] >= 0)
      copy_row(map, src + row[y] * map->input[1], dst + y * width);
    else
      fill_row(map->fill, dst + y * width, width);
  }
}

/* Of a window that repeats nothing, the gradient is a window too. */
static void copy_rows_back(const ph_map *map, int64_t first, int64_t last, const float *src, float *dst) {
  const ph_axis *rows = &map->axis[0], *columns = &map->axis[1];
  const int64_t width = map->input[1], height = rows->run[1] - rows->run[0],
                length = columns->run[1] - columns->run[0];
  const int64_t top = height > 0 ? rows->low[rows->run[0]] : 0,
                left = length > 0 ? columns->low[columns->run[0]] : 0;
  for (int64_t y = first; y < last; y++) {
    float *row = dst + y * width;
    if (y < top || y >= top + height) {
      fill_row(0, row, width);
      continue;
    }
    fill_row(0, row, left);
    memcpy(row + left, src + (rows->run[0] + y - top) * map->output[1] + columns->run[0],
           (size_t)length * sizeof *row);
    fill_row(0, row + left + length, width - left - length);
  }
}

static void add_row(const ph_map *map, const float *src, float *restrict dst) {
  const ph_axis *columns = &map->axis[1];
  const int32_t *low = columns->low;
  int64_t from = columns->run[0], to = columns->run[1], width = map->output[1];
  float *stretch = from < to ? dst + low[from] : dst;
  for (int64_t x = 0; x < from; x++)
    if (low[x] >= 0) dst[low[x]] += src[x];
  for (int64_t x = from; x < to; x++) stretch[x - from] += src[x];
  for (int64_t x = to; x < width; x++)
    if (low[x] >= 0) dst[low[x]] += src[x];
}

static void copy_plane_back(const ph_map *map, const float *src, float *dst) {
  const int32_t *row = map->axis[0].low;
  for (int64_t y = 0; y < map->output[0]; y++)
    if (row[y] >= 0) add_row(map, src + y * map->output[1], dst + row[y] * map->input[1]);
}

/* ---- pixels ---- */

PH_VECTOR static void gather_one(const int32_t *index, const float *share, const float *src,
                                 float *restrict dst, int64_t count) {
  for (int64_t p = 0; p < count; p++) dst[p] = share[p] * src[index[p]];
}

PH_VECTOR static void gather_four(const int32_t *index, const float *share, const float *src,
                                  float *restrict dst, int64_t count) {
  for (int64_t p = 0; p < count; p++) {
    float sum = 0;
    for (int t = 0; t < 4; t++) sum += share[4 * p + t] * src[index[4 * p + t]];
    dst[p] = sum;
  }
}

static void gather_rows(const ph_map *map, int64_t first, int64_t last, const float *src, float *dst) {
  const int64_t from = first * map->output[1], count = last * map->output[1] - from;
  if (map->taps == 1)
    gather_one(map->index + from, map->share + from, src, dst + from, count);
  else
    gather_four(map->index + 4 * from, map->share + 4 * from, src, dst + from, count);
}

/* Inlined with a constant number of taps. */
static inline void scatter(const ph_map *map, const float *src, float *restrict dst, int taps) {
  int64_t pixels = map->output[0] * map->output[1];
  for (int64_t p = 0; p < pixels; p++)
    for (int t = 0; t < taps; t++) dst[map->index[p * taps + t]] += map->share[p * taps + t] * src[p];
}

/* ---- rows and planes ---- */

static void rows_forward(const ph_map *map, int64_t first, int64_t last, const float *src, float *dst) {
  if (map->kind == PH_MAP_COPY)
    copy_rows(map, first, last, src, dst);
  else if (map->kind == PH_MAP_LINEAR)
    ph_map_linear_rows(map, first, last, src, dst);
  else if (map->kind == PH_MAP_FILTER)
    ph_map_filter_rows(map, false, first, last, src, dst);
  else
    gather_rows(map, first, last, src, dst);
}

/* Whether going back, too, every row can be worked out by itself. */
static bool gathers_back(const ph_map *map) {
  if (map->kind == PH_MAP_COPY) return map->axis[0].is_run && map->axis[1].is_run;
  return map->kind != PH_MAP_PIXELS;
}

static void rows_back(const ph_map *map, int64_t first, int64_t last, const float *src, float *dst) {
  if (map->kind == PH_MAP_COPY)
    copy_rows_back(map, first, last, src, dst);
  else if (map->kind == PH_MAP_LINEAR)
    ph_map_linear_rows_back(map, first, last, src, dst);
  else
    ph_map_filter_rows(map, true, first, last, src, dst);
}

static void plane_back(const ph_map *map, const float *src, float *dst) {
  memset(dst, 0, (size_t)(map->input[0] * map->input[1]) * sizeof *dst);
  if (map->kind == PH_MAP_COPY)
    copy_plane_back(map, src, dst);
  else if (map->taps == 1)
    scatter(map, src, dst, 1);
  else
    scatter(map, src, dst, 4);
}

/* One band of rows of one plane: band i of all, where planes have `height` rows. */
typedef struct band {
  int64_t plane, first, last;
} band;

static int64_t bands_of(int64_t height) { return (height + BAND - 1) / BAND; }

static band band_at(int64_t i, int64_t height) {
  int64_t bands = bands_of(height), first = i % bands * BAND;
  return (band){i / bands, first, first + BAND < height ? first + BAND : height};
}

void ph_map_forward(const ph_map *map, int64_t planes, const float *src, float *dst) {
  const int64_t height = map->output[0], in = map->input[0] * map->input[1], out = height * map->output[1];
#pragma omp parallel for schedule(static) if (planes * out >= PARALLEL_PIXELS)
  for (int64_t i = 0; i < planes * bands_of(height); i++) {
    band b = band_at(i, height);
    rows_forward(map, b.first, b.last, src + b.plane * in, dst + b.plane * out);
  }
}

void ph_map_backward(const ph_map *map, int64_t planes, const float *src, float *dst) {
  const int64_t height = map->input[0], in = height * map->input[1], out = map->output[0] * map->output[1];
  if (gathers_back(map)) {
#pragma omp parallel for schedule(static) if (planes * out >= PARALLEL_PIXELS)
    for (int64_t i = 0; i < planes * bands_of(height); i++) {
      band b = band_at(i, height);
      rows_back(map, b.first, b.last, src + b.plane * out, dst + b.plane * in);
    }
  } else {
#pragma omp parallel for schedule(static) if (planes * out >= PARALLEL_PIXELS)
    for (int64_t p = 0; p < planes; p++) plane_back(map, src + p * out, dst + p * in);
  }
}
