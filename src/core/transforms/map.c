/* Running maps forward and backward, over planes. Every plane is one thread's, so that the adjoints, which
   add into shared pixels, give the same sums however many threads there are. */
#include "map.h"

#include <string.h>

#include "../memory.h"

/* Below this many pixels waking the other threads costs more than it saves. */
enum { PARALLEL_PIXELS = 1 << 18 };

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

static void copy_row(const ph_map *map, const float *src, float *dst) {
  const ph_axis *columns = &map->axis[1];
  const int32_t *low = columns->low;
  int64_t from = columns->run[0], to = columns->run[1], width = map->output[1];
  for (int64_t x = 0; x < from; x++) dst[x] = low[x] < 0 ? map->fill : src[low[x]];
  if (from < to) memcpy(dst + from, src + low[from], (size_t)(to - from) * sizeof(float));
  for (int64_t x = to; x < width; x++) dst[x] = low[x] < 0 ? map->fill : src[low[x]];
}

static void copy_forward(const ph_map *map, const float *src, float *dst) {
  const int32_t *row = map->axis[0].low;
  int64_t width = map->output[1];
  for (int64_t y = 0; y < map->output[0]; y++, dst += width) {
    if (row[y] >= 0)
      copy_row(map, src + row[y] * map->input[1], dst);
    else
      for (int64_t x = 0; x < width; x++) dst[x] = map->fill;
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

static void copy_backward(const ph_map *map, const float *src, float *dst) {
  const int32_t *row = map->axis[0].low;
  for (int64_t y = 0; y < map->output[0]; y++)
    if (row[y] >= 0) add_row(map, src + y * map->output[1], dst + row[y] * map->input[1]);
}

/* ---- linear ---- */

static void linear_row(const ph_axis *columns, const float *upper, const float *lower, float down,
                       float *restrict dst) {
  for (int64_t x = columns->run[0]; x < columns->run[1]; x++) {
    int32_t left = columns->low[x], right = columns->high[x];
    float across = columns->weight[x];
    float top = upper[left] + (upper[right] - upper[left]) * across;
    float bottom = lower[left] + (lower[right] - lower[left]) * across;
    dst[x] = top + (bottom - top) * down;
  }
}

static void linear_forward(const ph_map *map, const float *src, float *dst) {
  const ph_axis *rows = &map->axis[0], *columns = &map->axis[1];
  int64_t width = map->output[1],
          inside = (rows->run[1] - rows->run[0]) * (columns->run[1] - columns->run[0]);
  if (inside < map->output[0] * width) memset(dst, 0, (size_t)(map->output[0] * width) * sizeof *dst);
  for (int64_t y = rows->run[0]; y < rows->run[1]; y++)
    linear_row(columns, src + rows->low[y] * map->input[1], src + rows->high[y] * map->input[1],
               rows->weight[y], dst + y * width);
}

static void linear_backward(const ph_map *map, const float *src, float *dst) {
  const ph_axis *rows = &map->axis[0], *columns = &map->axis[1];
  for (int64_t y = rows->run[0]; y < rows->run[1]; y++) {
    const float *row = src + y * map->output[1];
    float *upper = dst + rows->low[y] * map->input[1], *lower = dst + rows->high[y] * map->input[1];
    float down = rows->weight[y];
    for (int64_t x = columns->run[0]; x < columns->run[1]; x++) {
      int32_t left = columns->low[x], right = columns->high[x];
      float across = columns->weight[x], bottom = row[x] * down, top = row[x] - bottom;
      upper[left] += top * (1 - across);
      upper[right] += top * across;
      lower[left] += bottom * (1 - across);
      lower[right] += bottom * across;
    }
  }
}

/* ---- pixels: inlined with a constant number of taps ---- */

static inline void gather(const ph_map *map, const float *src, float *restrict dst, int taps) {
  int64_t pixels = map->output[0] * map->output[1];
  for (int64_t p = 0; p < pixels; p++) {
    float sum = 0;
    for (int t = 0; t < taps; t++) sum += map->share[p * taps + t] * src[map->index[p * taps + t]];
    dst[p] = sum;
  }
}

static inline void scatter(const ph_map *map, const float *src, float *restrict dst, int taps) {
  int64_t pixels = map->output[0] * map->output[1];
  for (int64_t p = 0; p < pixels; p++)
    for (int t = 0; t < taps; t++) dst[map->index[p * taps + t]] += map->share[p * taps + t] * src[p];
}

/* ---- planes ---- */

static void plane_forward(const ph_map *map, const float *src, float *dst) {
  if (map->kind == PH_MAP_COPY)
    copy_forward(map, src, dst);
  else if (map->kind == PH_MAP_LINEAR)
    linear_forward(map, src, dst);
  else if (map->kind == PH_MAP_FILTER)
    ph_map_filter_plane(map, false, src, dst);
  else if (map->taps == 1)
    gather(map, src, dst, 1);
  else
    gather(map, src, dst, 4);
}

static void plane_backward(const ph_map *map, const float *src, float *dst) {
  if (map->kind == PH_MAP_FILTER) {
    ph_map_filter_plane(map, true, src, dst);
    return;
  }
  memset(dst, 0, (size_t)(map->input[0] * map->input[1]) * sizeof *dst);
  if (map->kind == PH_MAP_COPY)
    copy_backward(map, src, dst);
  else if (map->kind == PH_MAP_LINEAR)
    linear_backward(map, src, dst);
  else if (map->taps == 1)
    scatter(map, src, dst, 1);
  else
    scatter(map, src, dst, 4);
}

void ph_map_forward(const ph_map *map, int64_t planes, const float *src, float *dst) {
  int64_t in = map->input[0] * map->input[1], out = map->output[0] * map->output[1];
#pragma omp parallel for schedule(static) if (planes * out >= PARALLEL_PIXELS)
  for (int64_t p = 0; p < planes; p++) plane_forward(map, src + p * in, dst + p * out);
}

void ph_map_backward(const ph_map *map, int64_t planes, const float *src, float *dst) {
  int64_t in = map->input[0] * map->input[1], out = map->output[0] * map->output[1];
#pragma omp parallel for schedule(static) if (planes * out >= PARALLEL_PIXELS)
  for (int64_t p = 0; p < planes; p++) plane_backward(map, src + p * out, dst + p * in);
}
