/* Making maps: which input pixels an output pixel reads, for windows, flips, resizing, rotation. Must not
   know why anybody wants them. */
#include <math.h>

#include "../memory.h"
#include "../vector.h"
#include "map.h"

/* Below this many pixels waking the other threads costs more than it saves. */
enum { PARALLEL_PIXELS = 1 << 15 };

/* ---- tables ---- */

static ph_status reserve_axis(ph_axis *axis, int64_t length, ph_error *e) {
  if (length <= axis->capacity) return PH_OK;
  ph_free(axis->low);
  ph_free(axis->high);
  ph_free(axis->weight);
  *axis = (ph_axis){.low = ph_alloc_array((size_t)length, sizeof *axis->low),
                    .high = ph_alloc_array((size_t)length, sizeof *axis->high),
                    .weight = ph_alloc_array((size_t)length, sizeof *axis->weight)};
  if (axis->low == NULL || axis->high == NULL || axis->weight == NULL) return ph_no_memory(e);
  axis->capacity = length;
  return PH_OK;
}

static ph_status reserve_pixels(ph_map *map, int64_t count, ph_error *e) {
  if (count <= map->capacity) return PH_OK;
  ph_free(map->index);
  ph_free(map->share);
  map->capacity = 0;
  map->index = ph_alloc_array((size_t)count, sizeof *map->index);
  map->share = ph_alloc_array((size_t)count, sizeof *map->share);
  if (map->index == NULL || map->share == NULL) return ph_no_memory(e);
  map->capacity = count;
  return PH_OK;
}

/* Tables hold 32-bit indices into a plane. */
static ph_status check_plane(const int64_t size[2], ph_error *e) {
  if (size[0] <= INT32_MAX && size[1] <= INT32_MAX / size[0]) return PH_OK;
  return ph_fail(e, PH_MISUSE, "an image of %lldx%lld is too large to transform", (long long)size[0],
                 (long long)size[1]);
}

/* Gives the map its kind and output size, and room for the tables of that kind. */
static ph_status begin(ph_map *map, ph_map_kind kind, const int64_t output[2], ph_error *e) {
  ph_status status;
  PH_TRY(check_plane(map->input, e));
  PH_TRY(check_plane(output, e));
  map->kind = kind;
  for (int a = 0; a < 2; a++) {
    map->output[a] = output[a];
    if (kind == PH_MAP_COPY || kind == PH_MAP_LINEAR) PH_TRY(reserve_axis(&map->axis[a], output[a], e));
  }
  if (kind == PH_MAP_PIXELS) PH_TRY(reserve_pixels(map, output[0] * output[1] * map->taps, e));
fail:
  return status;
}

/* ---- copies ---- */

/* Most rows of most windows are one stretch of the input; finding it lets them be moved as a block. */
static void find_run(ph_axis *axis, int64_t length) {
  const int32_t *low = axis->low;
  axis->run[0] = axis->run[1] = 0;
  for (int64_t from = 0, to; from < length; from = to) {
    for (to = from + 1; to < length && low[to - 1] >= 0 && low[to] == low[to - 1] + 1; to++) {
    }
    if (low[from] < 0 || to - from <= axis->run[1] - axis->run[0]) continue;
    axis->run[0] = from;
    axis->run[1] = to;
  }
  axis->is_run = true;
  for (int64_t i = 0; i < length; i++)
    if (low[i] >= 0 && (i < axis->run[0] || i >= axis->run[1])) axis->is_run = false;
}

/* Where position i lies in an image of `length`, or -1 for nowhere. */
static int64_t at_edge(int64_t i, int64_t length, ph_edge edge) {
  if (i >= 0 && i < length) return i;
  switch (edge) {
    case PH_EDGE_MIRROR:
      return i < 0 ? -i : 2 * (length - 1) - i;
    case PH_EDGE_REPEAT:
      return (i % length + length) % length;
    case PH_EDGE_FILL:
      break;
  }
  return -1;
}

ph_status ph_map_window(ph_map *map, const int64_t output[2], const int64_t offset[2], ph_edge edge,
                        float fill, ph_error *e) {
  ph_status status = begin(map, PH_MAP_COPY, output, e);
  if (status != PH_OK) return status;
  map->fill = fill;
  for (int a = 0; a < 2; a++) {
    for (int64_t i = 0; i < output[a]; i++)
      map->axis[a].low[i] = (int32_t)at_edge(i + offset[a], map->input[a], edge);
    find_run(&map->axis[a], output[a]);
  }
  return PH_OK;
}

ph_status ph_map_flip(ph_map *map, int flipped, ph_error *e) {
  ph_status status = begin(map, PH_MAP_COPY, map->input, e);
  if (status != PH_OK) return status;
  for (int a = 0; a < 2; a++) {
    int64_t length = map->input[a];
    for (int64_t i = 0; i < length; i++) map->axis[a].low[i] = (int32_t)(a == flipped ? length - 1 - i : i);
    find_run(&map->axis[a], length);
  }
  return PH_OK;
}

/* ---- interpolation ---- */

/* Positions in float32, as TensorFlow computes them (ResizeBilinear's LegacyScaler and HalfPixelScaler). */
ph_status ph_map_resize(ph_map *map, const int64_t output[2], bool half_pixel, ph_error *e) {
  ph_status status = begin(map, PH_MAP_LINEAR, output, e);
  if (status != PH_OK) return status;
  for (int a = 0; a < 2; a++) {
    ph_axis *axis = &map->axis[a];
    int32_t last = (int32_t)map->input[a] - 1;
    float step = (float)map->input[a] / (float)output[a];
    for (int64_t i = 0; i < output[a]; i++) {
      float position = half_pixel ? ((float)i + 0.5F) * step - 0.5F : (float)i * step;
      float low = floorf(position);
      int32_t index = (int32_t)low;
      axis->weight[i] = position - low;
      axis->low[i] = index < 0 ? 0 : index > last ? last : index;
      axis->high[i] = index + 1 > last ? last : index + 1;
    }
    axis->run[0] = 0;
    axis->run[1] = output[a];
  }
  return PH_OK;
}

/* Positions grow along the axis, so those inside the image are one stretch. */
static void place_box(ph_axis *axis, int64_t input, int64_t output, double first, double last) {
  double step = output > 1 ? (last - first) / (double)(output - 1) : 0;
  double start = output > 1 ? first : (first + last) / 2;
  int64_t end = input - 1;
  axis->run[0] = axis->run[1] = 0;
  for (int64_t i = 0; i < output; i++) {
    double position = start + step * (double)i;
    if (position < 0 || position > (double)end) continue;
    if (axis->run[0] == axis->run[1]) axis->run[0] = i;
    axis->run[1] = i + 1;
    int64_t low = (int64_t)position;
    axis->low[i] = (int32_t)low;
    axis->high[i] = (int32_t)(low < end ? low + 1 : end);
    axis->weight[i] = (float)(position - (double)low);
  }
}

ph_status ph_map_box(ph_map *map, const int64_t output[2], const double first[2], const double last[2],
                     ph_error *e) {
  ph_status status = begin(map, PH_MAP_LINEAR, output, e);
  if (status != PH_OK) return status;
  for (int a = 0; a < 2; a++) place_box(&map->axis[a], map->input[a], output[a], first[a], last[a]);
  return PH_OK;
}

/* ---- filters ---- */

ph_status ph_map_filter(ph_map *map, int taps, ph_error *e) {
  map->taps = taps;
  return begin(map, PH_MAP_FILTER, map->input, e);
}

/* ---- rotation ---- */

/* A turn about the image's middle. */
typedef struct turn {
  double cosine, sine, middle_y, middle_x;
} turn;

/* y points down: reading clockwise of here turns the picture counter-clockwise. */
static inline double turned_y(turn t, double dy, double dx) {
  return t.middle_y + t.sine * dx + t.cosine * dy;
}
static inline double turned_x(turn t, double dy, double dx) {
  return t.middle_x + t.cosine * dx - t.sine * dy;
}

/* A row of single taps: the pixel nearest to each place, half-way positions rounded away from 0 as
   TensorFlow's are. */
PH_VECTOR static void nearest_row(turn t, int32_t rows, int32_t columns, int32_t row, int32_t *restrict index,
                                  float *restrict share) {
  const double height = rows - 0.5, width = columns - 0.5, dy = row - t.middle_y;
  for (int32_t column = 0; column < columns; column++) {
    double dx = column - t.middle_x, y = turned_y(t, dy, dx), x = turned_x(t, dy, dx);
    int inside = (x > -0.5) & (y > -0.5) & (x < width) & (y < height);
    int32_t at = (int32_t)(y + 0.5) * columns + (int32_t)(x + 0.5);
    index[column] = inside ? at : 0;
    share[column] = inside ? 1.0f : 0.0f;
  }
}

/* Four taps: the pixels around (x, y), those outside the image with no share. */
static void bilinear_taps(const ph_map *map, double y, double x, int32_t index[4], float share[4]) {
  int32_t height = (int32_t)map->input[0], width = (int32_t)map->input[1];
  for (int t = 0; t < 4; t++) index[t] = 0, share[t] = 0;
  if (y <= -1 || x <= -1 || y >= height || x >= width) return;
  /* Rounded down: y + 1 and x + 1 are positive. */
  int32_t top = (int32_t)(y + 1) - 1, left = (int32_t)(x + 1) - 1;
  double down = y - top, across = x - left;
  const double part[4] = {(1 - down) * (1 - across), (1 - down) * across, down * (1 - across), down * across};
  for (int t = 0; t < 4; t++) {
    int32_t row = top + t / 2, column = left + t % 2;
    if (row < 0 || column < 0 || row >= height || column >= width) continue;
    index[t] = row * width + column;
    share[t] = (float)part[t];
  }
}

static void bilinear_row(const ph_map *map, turn t, int64_t row, int32_t *index, float *share) {
  double dy = (double)row - t.middle_y;
  for (int64_t column = 0; column < map->output[1]; column++) {
    double dx = (double)column - t.middle_x;
    bilinear_taps(map, turned_y(t, dy, dx), turned_x(t, dy, dx), index + 4 * column, share + 4 * column);
  }
}

ph_status ph_map_rotate(ph_map *map, double radians, bool bilinear, ph_error *e) {
  const int64_t nowhere[2] = {0, 0};
  if (radians == 0) return ph_map_window(map, map->input, nowhere, PH_EDGE_FILL, 0, e);
  map->taps = bilinear ? 4 : 1;
  ph_status status = begin(map, PH_MAP_PIXELS, map->input, e);
  if (status != PH_OK) return status;
  const turn t = {cos(radians), sin(radians), (double)(map->input[0] - 1) / 2,
                  (double)(map->input[1] - 1) / 2};
  const int64_t height = map->output[0], width = map->output[1];
#pragma omp parallel for schedule(static) if (height * width >= PARALLEL_PIXELS)
  for (int64_t row = 0; row < height; row++) {
    int64_t first = row * width * map->taps;
    if (bilinear)
      bilinear_row(map, t, row, map->index + first, map->share + first);
    else
      nearest_row(t, (int32_t)height, (int32_t)width, (int32_t)row, map->index + first, map->share + first);
  }
  return PH_OK;
}
