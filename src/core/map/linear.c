/* SPDX-License-Identifier: MIT */
/* Running linear maps: rows and columns are interpolated one after the other, a stretch of columns at a time,
   so that the intermediate values fit a small array. Along a row the tables give the positions of the values;
   between rows all columns are adjacent, so that the loop is vectorised. */
#include <string.h>

#include "base/vector.h"
#include "map.h"

enum { STRETCH = 512 };

static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

/* ---- forward ---- */

/* Outputs from … to-1 of the columns, interpolated within one row of the input. */
PH_VECTOR static void across(const ph_axis *columns, int64_t from, int64_t to, const float *src,
                             float *restrict dst) {
  const int32_t *low = columns->low + from, *high = columns->high + from;
  const float *weight = columns->weight + from;
  for (int64_t i = 0; i < to - from; i++) dst[i] = src[low[i]] + (src[high[i]] - src[low[i]]) * weight[i];
}

PH_VECTOR static void blend(const float *upper, const float *lower, float share, float *restrict dst,
                            int64_t count) {
  for (int64_t i = 0; i < count; i++) dst[i] = upper[i] + (lower[i] - upper[i]) * share;
}

/* The last two rows of the input that were interpolated: neighbouring outputs read the same ones. */
typedef struct recent {
  int64_t row[2];
  float line[2][STRETCH];
} recent;

/* A row of the input, interpolated; leaves the line `other` alone. */
static int find_line(recent *r, const ph_map *map, int64_t row, int64_t from, int64_t to, int other,
                     const float *src) {
  if (r->row[0] == row) return 0;
  if (r->row[1] == row) return 1;
  int free = other == 0 ? 1 : 0;
  across(&map->axis[1], from, to, src + row * map->input[1], r->line[free]);
  r->row[free] = row;
  return free;
}

static void linear_stretch(const ph_map *map, int64_t first, int64_t last, int64_t from, int64_t to,
                           const float *src, float *dst) {
  const ph_axis *rows = &map->axis[0];
  recent r = {.row = {-1, -1}};
  for (int64_t y = first; y < last; y++) {
    /* The upper row is as a rule the lower one of before. */
    int below = r.row[0] == rows->high[y] ? 0 : r.row[1] == rows->high[y] ? 1 : -1;
    int upper = find_line(&r, map, rows->low[y], from, to, below, src);
    int lower = find_line(&r, map, rows->high[y], from, to, upper, src);
    blend(r.line[upper], r.line[lower], rows->weight[y], dst + y * map->output[1] + from, to - from);
  }
}

void ph_map_linear_rows(const ph_map *map, int64_t first, int64_t last, const float *src, float *dst) {
  const ph_axis *rows = &map->axis[0], *columns = &map->axis[1];
  const int64_t width = map->output[1];
  if (columns->run[1] - columns->run[0] < width || rows->run[0] > first || rows->run[1] < last)
    memset(dst + first * width, 0, (size_t)((last - first) * width) * sizeof *dst);
  if (first < rows->run[0]) first = rows->run[0];
  last = least(last, rows->run[1]);
  for (int64_t x = columns->run[0]; x < columns->run[1]; x += STRETCH)
    linear_stretch(map, first, last, x, least(x + STRETCH, columns->run[1]), src, dst);
}

/* ---- back ---- */

PH_VECTOR static void add_weighted(const float *src, float weight, float *restrict dst, int64_t count) {
  for (int64_t i = 0; i < count; i++) dst[i] += weight * src[i];
}

/* What reaches row `row` of the input from outputs at from … to-1, still side by side. Rows of the output
   read ever lower ones of the input; *y is the first that reads this one or a lower one. */
static void gather_row(const ph_map *map, int64_t row, int64_t *y, int64_t from, int64_t to, const float *src,
                       float *sum) {
  const ph_axis *rows = &map->axis[0];
  memset(sum, 0, (size_t)(to - from) * sizeof *sum);
  while (*y < rows->run[1] && rows->high[*y] < row) ++*y;
  for (int64_t i = *y; i < rows->run[1] && rows->low[i] <= row; i++) {
    float weight =
        (rows->low[i] == row ? 1 - rows->weight[i] : 0) + (rows->high[i] == row ? rows->weight[i] : 0);
    add_weighted(src + i * map->output[1] + from, weight, sum, to - from);
  }
}

/* Four rows together: each number waits for the one before it, which lies in the same place; four that do not
   wait for each other keep the processor busy. Inlined with a constant number of rows. */
enum { ROWS = 4 };
static inline void scatter(const ph_axis *columns, int64_t from, int64_t to, float sum[ROWS][STRETCH],
                           float *restrict dst, int64_t pitch, int rows) {
  for (int64_t x = from; x < to; x++) {
    const int32_t left = columns->low[x], right = columns->high[x];
    const float to_right = columns->weight[x], to_left = 1 - to_right;
    for (int j = 0; j < rows; j++) {
      float value = sum[j][x - from], *row = dst + j * pitch;
      row[left] += value * to_left;
      row[right] += value * to_right;
    }
  }
}

void ph_map_linear_rows_back(const ph_map *map, int64_t first, int64_t last, const float *src, float *dst) {
  const ph_axis *columns = &map->axis[1];
  const int64_t width = map->input[1];
  float sum[ROWS][STRETCH];
  memset(dst + first * width, 0, (size_t)((last - first) * width) * sizeof *dst);
  for (int64_t from = columns->run[0]; from < columns->run[1]; from += STRETCH) {
    const int64_t to = least(from + STRETCH, columns->run[1]);
    int64_t y = map->axis[0].run[0];
    for (int64_t row = first; row < last; row += ROWS) {
      const int count = (int)least(ROWS, last - row);
      for (int j = 0; j < count; j++) gather_row(map, row + j, &y, from, to, src, sum[j]);
      if (count == ROWS)
        scatter(columns, from, to, sum, dst + row * width, width, ROWS);
      else
        for (int j = 0; j < count; j++)
          scatter(columns, from, to, sum + j, dst + (row + j) * width, width, 1);
    }
  }
}
