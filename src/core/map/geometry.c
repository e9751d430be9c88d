/* SPDX-License-Identifier: MIT */
/* Makes maps whose rows and columns are independent: which input pixels an output pixel reads, for windows,
   flips, resizing and boxes. Must not know what they are used for. */
#include <math.h>

#include "base/memory.h"
#include "map.h"

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

ph_status ph_map_begin(ph_map *map, ph_map_kind kind, const int64_t output[2], ph_error *e) {
  ph_status status;
  PH_TRY(check_plane(map->input, e));
  PH_TRY(check_plane(output, e));
  map->kind = kind;
  for (int a = 0; a < 2; a++) {
    map->output[a] = output[a];
    if (kind == PH_MAP_COPY || kind == PH_MAP_LINEAR) PH_TRY(reserve_axis(&map->axis[a], output[a], e));
  }
  if (kind == PH_MAP_PIXELS) PH_TRY(reserve_pixels(map, output[0] * output[1] * map->taps, e));
done:
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

/* i modulo n, from 0 to n - 1. */
static int64_t wrapped(int64_t i, int64_t n) { return (i % n + n) % n; }

int64_t ph_edge_index(int64_t i, int64_t length, ph_edge edge) {
  if (i >= 0 && i < length) return i;
  switch (edge) {
    case PH_EDGE_REFLECT: { /* there and back, without the turning points twice */
      if (length == 1) return 0;
      int64_t at = wrapped(i, 2 * (length - 1));
      return at < length ? at : 2 * (length - 1) - at;
    }
    case PH_EDGE_SYMMETRIC: {
      int64_t at = wrapped(i, 2 * length);
      return at < length ? at : 2 * length - 1 - at;
    }
    case PH_EDGE_CLAMP:
      return i < 0 ? 0 : length - 1;
    case PH_EDGE_REPEAT:
      return wrapped(i, length);
    case PH_EDGE_FILL:
      break;
  }
  return -1;
}

ph_status ph_map_window(ph_map *map, const int64_t output[2], const int64_t offset[2], ph_edge edge,
                        float fill, ph_error *e) {
  ph_status status = ph_map_begin(map, PH_MAP_COPY, output, e);
  if (status != PH_OK) return status;
  map->fill = fill;
  for (int a = 0; a < 2; a++) {
    for (int64_t i = 0; i < output[a]; i++)
      map->axis[a].low[i] = (int32_t)ph_edge_index(i + offset[a], map->input[a], edge);
    find_run(&map->axis[a], output[a]);
  }
  return PH_OK;
}

ph_status ph_map_flip(ph_map *map, int flipped, ph_error *e) {
  ph_status status = ph_map_begin(map, PH_MAP_COPY, map->input, e);
  if (status != PH_OK) return status;
  for (int a = 0; a < 2; a++) {
    int64_t length = map->input[a];
    for (int64_t i = 0; i < length; i++) map->axis[a].low[i] = (int32_t)(a == flipped ? length - 1 - i : i);
    find_run(&map->axis[a], length);
  }
  return PH_OK;
}

/* ---- interpolation ---- */

/* Positions in float32, as TensorFlow (ResizeBilinear's LegacyScaler and HalfPixelScaler) and PyTorch compute
   them. */
static float position_of(int64_t i, float step, ph_sampling sampling) {
  return sampling == PH_SAMPLE_HALF_PIXEL ? ((float)i + 0.5F) * step - 0.5F : (float)i * step;
}

static float step_between(int64_t input, int64_t output, ph_sampling sampling) {
  if (sampling != PH_SAMPLE_CORNERS) return (float)input / (float)output;
  return output > 1 ? (float)(input - 1) / (float)(output - 1) : 0;
}

ph_status ph_map_resize(ph_map *map, const int64_t output[2], ph_sampling sampling, float step, ph_error *e) {
  ph_status status = ph_map_begin(map, PH_MAP_LINEAR, output, e);
  if (status != PH_OK) return status;
  for (int a = 0; a < 2; a++) {
    ph_axis *axis = &map->axis[a];
    int32_t last = (int32_t)map->input[a] - 1;
    float stride = step > 0 ? step : step_between(map->input[a], output[a], sampling);
    for (int64_t i = 0; i < output[a]; i++) {
      float position = position_of(i, stride, sampling);
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
  ph_status status = ph_map_begin(map, PH_MAP_LINEAR, output, e);
  if (status != PH_OK) return status;
  for (int a = 0; a < 2; a++) place_box(&map->axis[a], map->input[a], output[a], first[a], last[a]);
  return PH_OK;
}

/* ---- filters ---- */

ph_status ph_map_filter(ph_map *map, int taps, ph_error *e) {
  map->taps = taps;
  return ph_map_begin(map, PH_MAP_FILTER, map->input, e);
}
