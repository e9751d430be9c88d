/* SPDX-License-Identifier: MIT */
/* Running filters: one symmetric kernel over rows, then over columns, with zeros outside the image. For one
   tile of a row at a time, the sum over rows is written to a small array, which the sum over columns then
   reads, so that no second image is needed. */
#include <string.h>

#include "base/vector.h"
#include "map.h"

enum { TILE = 256 };

static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t most(int64_t a, int64_t b) { return a > b ? a : b; }

PH_VECTOR static void add_weighted(const float *src, float weight, float *restrict dst, int64_t count) {
  for (int64_t i = 0; i < count; i++) dst[i] += weight * src[i];
}

/* columns[i] = what the rows about y add up to at column from + i. */
static void sum_rows(const ph_map *map, int before, int64_t y, int64_t from, int64_t to, const float *src,
                     float *columns) {
  int64_t height = map->input[0], width = map->input[1];
  int64_t first = most(from, 0), last = least(to, width);
  memset(columns, 0, (size_t)(to - from) * sizeof *columns);
  for (int k = 0; k < map->taps; k++) {
    int64_t row = y + k - before;
    if (row < 0 || row >= height) continue;
    const float weight = map->kernel[k], *line = src + row * width;
    add_weighted(line + first, weight, columns + first - from, last - first);
  }
}

void ph_map_filter_rows(const ph_map *map, bool back, int64_t first, int64_t last, const float *src,
                        float *dst) {
  /* A symmetric kernel read from the other end is itself; only the window's longer side changes. */
  const int taps = map->taps, before = back ? taps / 2 : (taps - 1) / 2;
  const int64_t width = map->input[1];
  float columns[TILE + PH_MAP_MOST_TAPS];
  for (int64_t y = first; y < last; y++) {
    for (int64_t from = 0; from < width; from += TILE) {
      int64_t count = least(TILE, width - from);
      float *restrict out = dst + y * width + from;
      sum_rows(map, before, y, from - before, from + count + taps - 1 - before, src, columns);
      memset(out, 0, (size_t)count * sizeof *out);
      for (int k = 0; k < taps; k++) add_weighted(columns + k, map->kernel[k], out, count);
    }
  }
}
