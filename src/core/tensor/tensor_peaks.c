/* SPDX-License-Identifier: MIT */
/* Peaks: the extreme of each map of a batch, and where it is. A scan of pictures does this for all units of a
   layer, so maps are walked in wide vectors and shared out among threads. */
#include <math.h>

#include "base/vector.h"
#include "tensor_math.h"

enum { PARALLEL_FROM = 1 << 16, MOST_COUNTED = 1 << 24, LANES = 8 };

typedef float lanes __attribute__((vector_size(LANES * sizeof(float))));
typedef float lanes_read
    __attribute__((vector_size(LANES * sizeof(float)), aligned(sizeof(float)), may_alias));
typedef int32_t marks __attribute__((vector_size(LANES * sizeof(int32_t))));

/* The largest of sign * x; NaN where one of them is. */
PH_VECTOR static float extreme(const float *x, int64_t count, float sign) {
  lanes most = (lanes){0} - INFINITY;
  marks strange = {0};
  float result = -INFINITY;
  bool is_strange = false;
  int64_t i = 0;
  for (; i + LANES <= count; i += LANES) {
    const lanes at = *(const lanes_read *)(x + i) * sign;
    const marks more = at > most;
    most = (lanes)(((marks)at & more) | ((marks)most & ~more));
    strange |= at != at;
  }
  for (int l = 0; l < LANES; l++) {
    is_strange |= strange[l] != 0;
    result = most[l] > result ? most[l] : result;
  }
  for (; i < count; i++) {
    is_strange |= isnan(x[i]);
    result = sign * x[i] > result ? sign * x[i] : result;
  }
  return is_strange ? NAN : result;
}

/* Where x is first this; there is such a place. Blocks without it are passed over at once. */
PH_VECTOR static int64_t find(const float *x, int64_t count, float value) {
  int64_t i = 0;
  for (; i + LANES <= count; i += LANES) {
    int32_t found = 0;
    for (int l = 0; l < LANES; l++) found |= (x[i + l] == value) | (x[i + l] != x[i + l]);
    if (found) break;
  }
  while (x[i] != value && !isnan(x[i])) i++;
  return i;
}

ph_status ph_tensor_peaks(const ph_tensor *x, bool least, ph_peaks *peaks, ph_error *e) {
  char text[PH_SHAPE_TEXT];
  const ph_shape shape = ph_tensor_shape(x), maps = ph_shape_of(2, shape.dim);
  if (shape.rank != 4 || shape.dim[2] > MOST_COUNTED || shape.dim[3] > MOST_COUNTED)
    return ph_fail(e, PH_MISUSE, "peaks: maps (n, c, h, w) with sides up to %d expected, got %s",
                   MOST_COUNTED, ph_shape_print(shape, text));
  ph_tensor *made[3] = {NULL};
  ph_status status = PH_OK;
  for (int i = 0; i < 3 && status == PH_OK; i++) status = ph_tensor_new(maps, &made[i], e);
  if (status != PH_OK) {
    for (int i = 0; i < 3; i++) ph_tensor_release(made[i]);
    return status;
  }
  *peaks = (ph_peaks){made[0], made[1], made[2]};
  const int64_t width = shape.dim[3], area = shape.dim[2] * width, count = ph_shape_count(maps);
  const float sign = least ? -1 : 1, *data = ph_tensor_read(x);
  float *value = ph_tensor_data(peaks->value), *rows = ph_tensor_data(peaks->y),
        *columns = ph_tensor_data(peaks->x);
#pragma omp parallel for schedule(static) if (count * area >= PARALLEL_FROM)
  for (int64_t i = 0; i < count; i++) {
    const float *map = data + i * area;
    const int64_t place = find(map, area, sign * extreme(map, area, sign));
    value[i] = map[place];
    rows[i] = (float)(place / width);
    columns[i] = (float)(place % width);
  }
  return PH_OK;
}
