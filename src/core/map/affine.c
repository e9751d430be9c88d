/* SPDX-License-Identifier: MIT */
/* Makes affine maps, which rotate, scale, shear and shift the image about its centre: every output pixel has
   its own list of input pixels. Must not know what they are used for. */
#include <math.h>

#include "base/vector.h"
#include "map.h"

/* Below this many pixels waking the other threads costs more than it saves. */
enum { PARALLEL_PIXELS = 1 << 15 };

/* Where output pixels read, from distances to the image's middle. */
typedef struct reader {
  ph_affine by;
  double middle_y, middle_x; /* of the input, moved as the map says */
  double centre_y, centre_x; /* of the output */
  int64_t height, width;
  ph_edge edge;
} reader;

static inline double read_y(const reader *r, double dy, double dx) {
  return r->middle_y + r->by.yx * dx + r->by.yy * dy;
}
static inline double read_x(const reader *r, double dy, double dx) {
  return r->middle_x + r->by.xx * dx + r->by.xy * dy;
}

/* ---- one tap: the pixel nearest to each place, half-way positions rounded up ---- */

/* Where outside is black, which is the common case: in wide vectors. */
PH_VECTOR static void nearest_row(const reader *r, int32_t row, int32_t *restrict index,
                                  float *restrict share) {
  const reader here = *r;
  const int32_t columns = (int32_t)here.width;
  const double height = (double)here.height - 0.5, width = (double)here.width - 0.5, dy = row - here.centre_y;
  for (int32_t column = 0; column < columns; column++) {
    double dx = column - here.centre_x, y = read_y(&here, dy, dx), x = read_x(&here, dy, dx);
    int inside = (x > -0.5) & (y > -0.5) & (x < width) & (y < height);
    int32_t at = (int32_t)(inside ? y + 0.5 : 0) * columns + (int32_t)(inside ? x + 0.5 : 0);
    index[column] = at;
    share[column] = inside ? 1.0f : 0.0f;
  }
}

static void nearest_row_to_edge(const reader *r, int64_t row, int32_t *index, float *share) {
  const double dy = (double)row - r->centre_y;
  for (int64_t column = 0; column < r->width; column++) {
    double dx = (double)column - r->centre_x;
    int64_t y = ph_edge_index((int64_t)floor(read_y(r, dy, dx) + 0.5), r->height, r->edge);
    int64_t x = ph_edge_index((int64_t)floor(read_x(r, dy, dx) + 0.5), r->width, r->edge);
    index[column] = (int32_t)(y * r->width + x);
    share[column] = 1;
  }
}

/* ---- four taps: the pixels around (y, x), those that are nowhere with no share ---- */

static void bilinear_taps(const reader *r, double y, double x, int32_t index[4], float share[4]) {
  for (int t = 0; t < 4; t++) index[t] = 0, share[t] = 0;
  bool is_outside = y <= -1 || x <= -1 || y >= (double)r->height || x >= (double)r->width;
  if (is_outside && r->edge == PH_EDGE_FILL) return;
  const int64_t top = (int64_t)floor(y), left = (int64_t)floor(x);
  const double down = y - (double)top, across = x - (double)left;
  const double part[4] = {(1 - down) * (1 - across), (1 - down) * across, down * (1 - across), down * across};
  for (int t = 0; t < 4; t++) {
    int64_t row = ph_edge_index(top + t / 2, r->height, r->edge);
    int64_t column = ph_edge_index(left + t % 2, r->width, r->edge);
    if (row < 0 || column < 0) continue;
    index[t] = (int32_t)(row * r->width + column);
    share[t] = (float)part[t];
  }
}

static void bilinear_row(const reader *r, int64_t row, int32_t *index, float *share) {
  const double dy = (double)row - r->centre_y;
  for (int64_t column = 0; column < r->width; column++) {
    double dx = (double)column - r->centre_x;
    bilinear_taps(r, read_y(r, dy, dx), read_x(r, dy, dx), index + 4 * column, share + 4 * column);
  }
}

/* ---- the map ---- */

static bool moves_nothing(const ph_affine *by) {
  return by->yy == 1 && by->xx == 1 && by->yx == 0 && by->xy == 0 && by->y == 0 && by->x == 0;
}

ph_status ph_map_affine(ph_map *map, const ph_affine *by, bool bilinear, ph_edge edge, ph_error *e) {
  if (moves_nothing(by)) return ph_map_window(map, map->input, (const int64_t[]){0, 0}, PH_EDGE_FILL, 0, e);
  map->taps = bilinear ? 4 : 1;
  ph_status status = ph_map_begin(map, PH_MAP_PIXELS, map->input, e);
  if (status != PH_OK) return status;
  const int64_t height = map->output[0], width = map->output[1];
  const double centre_y = (double)(height - 1) / 2, centre_x = (double)(width - 1) / 2;
  const reader r = {*by, centre_y + by->y, centre_x + by->x, centre_y, centre_x, height, width, edge};
#pragma omp parallel for schedule(static) if (height * width >= PARALLEL_PIXELS)
  for (int64_t row = 0; row < height; row++) {
    int32_t *index = map->index + row * width * map->taps;
    float *share = map->share + row * width * map->taps;
    if (bilinear)
      bilinear_row(&r, row, index, share);
    else if (edge == PH_EDGE_FILL)
      nearest_row(&r, (int32_t)row, index, share);
    else
      nearest_row_to_edge(&r, row, index, share);
  }
  return PH_OK;
}
