/* SPDX-License-Identifier: MIT */
/* Sketches: an array of counts for each unit, which moves with the largest magnitude that the unit has had.
 */
#include "sketch.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "files/container/bytes.h"

enum {
  SHIFT = 23 - PH_SKETCH_BITS, /* of a float's bits, to those that name its bucket */
  BUCKETS = PH_SKETCH_BUCKETS,
  MOST_BUCKET = 0x7F7FFFFF >> SHIFT
};

/* Of one unit. Bucket `top` is the highest that was needed, -1 before there was one; the arrays end with it.
 */
typedef struct counts {
  int64_t all, zero;
  float least, most;
  int32_t top;
  int64_t bucket[2][BUCKETS]; /* of negative values, and of positive ones; rising magnitudes */
} counts;

struct ph_sketch {
  int64_t units;
  counts *of; /* (units) */
};

static void clear(counts *c) { *c = (counts){.least = HUGE_VALF, .most = -HUGE_VALF, .top = -1}; }

ph_status ph_sketch_new(int64_t units, ph_sketch **sketch, ph_error *e) {
  if (units < 1) return ph_fail(e, PH_MISUSE, "sketch: at least one unit, got %lld", (long long)units);
  ph_sketch *s = ph_alloc(sizeof *s);
  if (s == NULL) return ph_no_memory(e);
  *s = (ph_sketch){.units = units, .of = ph_alloc_array((size_t)units, sizeof *s->of)};
  if (s->of == NULL) {
    ph_free(s);
    return ph_no_memory(e);
  }
  for (int64_t unit = 0; unit < units; unit++) clear(&s->of[unit]);
  *sketch = s;
  return PH_OK;
}

void ph_sketch_free(ph_sketch *sketch) {
  if (sketch == NULL) return;
  ph_free(sketch->of);
  ph_free(sketch);
}

int64_t ph_sketch_units(const ph_sketch *sketch) { return sketch->units; }
int64_t ph_sketch_count(const ph_sketch *sketch, int64_t unit) { return sketch->of[unit].all; }

/* ---- buckets ---- */

static int32_t bucket_of(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return (int32_t)((bits & 0x7FFFFFFF) >> SHIFT);
}

/* The smallest magnitude in a bucket. */
static double edge_of(int32_t bucket) {
  const uint32_t bits = (uint32_t)bucket << SHIFT;
  float value;
  memcpy(&value, &bits, sizeof value);
  return (double)value;
}

/* Makes room for a higher bucket: what is too small beside it becomes 0. */
static void raise_top(counts *c, int32_t top) {
  if (c->top >= 0)
    for (int sign = 0; sign < 2; sign++) {
      int64_t *bucket = c->bucket[sign];
      const int32_t up = top - c->top < BUCKETS ? top - c->top : BUCKETS;
      for (int32_t i = 0; i < up; i++) c->zero += bucket[i];
      memmove(bucket, bucket + up, (size_t)(BUCKETS - up) * sizeof *bucket);
      memset(bucket + BUCKETS - up, 0, (size_t)up * sizeof *bucket);
    }
  c->top = top;
}

/* Counts values that lie in a row. */
static void count_values(counts *c, const float *values, int64_t count) {
  float least = c->least, most = c->most;
  for (int64_t i = 0; i < count; i++) {
    least = values[i] < least ? values[i] : least;
    most = values[i] > most ? values[i] : most;
  }
  const int32_t top = bucket_of(-least > most ? least : most);
  if (top > c->top) raise_top(c, top);
  const int32_t base = c->top - BUCKETS + 1;
  for (int64_t i = 0; i < count; i++) {
    const int32_t at = bucket_of(values[i]) - base;
    if (at < 0 || values[i] == 0)
      c->zero++;
    else
      c->bucket[values[i] > 0][at]++;
  }
  c->least = least;
  c->most = most;
  c->all += count;
}

ph_status ph_sketch_add(ph_sketch *sketch, const ph_tensor *activations, int64_t count, ph_error *e) {
  const ph_shape shape = ph_tensor_shape(activations);
  char text[PH_SHAPE_TEXT];
  if ((shape.rank != 2 && shape.rank != 4) || shape.dim[1] != sketch->units || shape.dim[0] < count)
    return ph_fail(e, PH_MISUSE, "sketch: activations of %lld pictures and %lld units expected, got %s",
                   (long long)count, (long long)sketch->units, ph_shape_print(shape, text));
  const int64_t units = sketch->units, plane = shape.rank == 4 ? shape.dim[2] * shape.dim[3] : 1;
  const float *data = ph_tensor_read(activations);
#pragma omp parallel for schedule(static)
  for (int64_t unit = 0; unit < units; unit++)
    for (int64_t i = 0; i < count; i++)
      count_values(&sketch->of[unit], data + (i * units + unit) * plane, plane);
  return PH_OK;
}

/* ---- asking ---- */

/* The ends of the ith step from the most negative bucket to the most positive one, zero between them, and how
   many values it has. */
enum { STEPS = 2 * BUCKETS + 1 };
static int64_t step_of(const counts *c, int i, double *from, double *to) {
  const int32_t base = c->top - BUCKETS + 1;
  if (i == BUCKETS) {
    *from = *to = 0;
    return c->zero;
  }
  const bool is_positive = i > BUCKETS;
  const int at = is_positive ? i - BUCKETS - 1 : BUCKETS - 1 - i;
  const int64_t count = c->bucket[is_positive][at];
  const double near_zero = base + at >= 0 ? edge_of(base + at) : 0,
               far = base + at >= 0 ? edge_of(base + at + 1) : 0;
  *from = is_positive ? near_zero : -far;
  *to = is_positive ? far : -near_zero;
  return count;
}

double ph_sketch_quantile(const ph_sketch *sketch, int64_t unit, double share) {
  const counts *c = &sketch->of[unit];
  if (c->all == 0) return NAN;
  if (share <= 0) return (double)c->least;
  if (share >= 1) return (double)c->most;
  const int64_t place = (int64_t)(share * (double)(c->all - 1));
  int64_t before = 0;
  double from = 0, to = 0;
  for (int i = 0; i < STEPS && before <= place; i++) before += step_of(c, i, &from, &to);
  return fmin(fmax((from + to) / 2, (double)c->least), (double)c->most);
}

double ph_sketch_below(const ph_sketch *sketch, int64_t unit, double value) {
  const counts *c = &sketch->of[unit];
  if (value > (double)c->most) return (double)c->all;
  if (!(value > (double)c->least)) return 0;
  double below = 0;
  for (int i = 0; i < STEPS; i++) {
    double from, to;
    const int64_t count = step_of(c, i, &from, &to);
    if (value <= from) break;
    below += value >= to ? (double)count : (double)count * (value - from) / (to - from);
  }
  return below;
}

/* ---- as bytes ---- */

static unsigned char *put_number(unsigned char *at, uint64_t number) {
  for (; number >= 0x80; number >>= 7) *at++ = (unsigned char)(number | 0x80);
  *at++ = (unsigned char)number;
  return at;
}

static unsigned char *put_float(unsigned char *at, float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  for (int i = 0; i < 4; i++) *at++ = (unsigned char)(bits >> 8 * i);
  return at;
}

size_t ph_sketch_write(const ph_sketch *sketch, int64_t unit, unsigned char *bytes) {
  const counts *c = &sketch->of[unit];
  unsigned char *at = put_number(bytes, (uint64_t)c->all);
  if (c->all == 0) return (size_t)(at - bytes);
  at = put_float(at, c->least);
  at = put_float(at, c->most);
  *at++ = (unsigned char)c->top;
  *at++ = (unsigned char)(c->top >> 8);
  at = put_number(at, (uint64_t)c->zero);
  uint64_t empty = 0;
  for (int i = 0; i < 2 * BUCKETS; i++) {
    const int64_t count = i < BUCKETS ? c->bucket[0][BUCKETS - 1 - i] : c->bucket[1][i - BUCKETS];
    if (count == 0) {
      empty++;
      continue;
    }
    at = put_number(at, empty);
    at = put_number(at, (uint64_t)count);
    empty = 0;
  }
  return (size_t)(at - bytes);
}

/* Up to 2^56, which no sum of counts comes near. */
static int64_t get_number(ph_cursor *bytes) {
  uint64_t number = 0;
  for (int shift = 0; shift < 56; shift += 7) {
    const uint64_t byte = ph_cursor_number(bytes, 1);
    number |= (byte & 0x7F) << shift;
    if (byte < 0x80) return (int64_t)number;
  }
  bytes->broken = true;
  return 0;
}

static float get_float(ph_cursor *bytes) {
  const uint32_t bits = (uint32_t)ph_cursor_number(bytes, 4);
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

/* Whether the bytes are those of a unit, which is then in c. */
static bool read_counts(ph_cursor *bytes, counts *c) {
  clear(c);
  c->all = get_number(bytes);
  if (c->all == 0) return !bytes->broken && bytes->left == 0;
  c->least = get_float(bytes);
  c->most = get_float(bytes);
  c->top = (int32_t)ph_cursor_number(bytes, 2);
  c->zero = get_number(bytes);
  if (!isfinite(c->least) || !isfinite(c->most) || c->least > c->most || c->top > MOST_BUCKET) return false;
  if (c->top != bucket_of(-c->least > c->most ? c->least : c->most)) return false;
  int64_t sum = c->zero;
  for (int64_t i = 0; bytes->left > 0 && !bytes->broken; i++) {
    i += get_number(bytes);
    const int64_t count = get_number(bytes);
    if (i >= 2 * BUCKETS || count == 0) return false;
    if (i < BUCKETS)
      c->bucket[0][BUCKETS - 1 - i] = count;
    else
      c->bucket[1][i - BUCKETS] = count;
    sum += count;
  }
  return !bytes->broken && sum == c->all;
}

static void merge(counts *into, counts *from) {
  if (from->all == 0) return;
  if (from->top > into->top) raise_top(into, from->top);
  if (into->top > from->top) raise_top(from, into->top);
  for (int sign = 0; sign < 2; sign++)
    for (int i = 0; i < BUCKETS; i++) into->bucket[sign][i] += from->bucket[sign][i];
  into->zero += from->zero;
  into->all += from->all;
  into->least = fminf(into->least, from->least);
  into->most = fmaxf(into->most, from->most);
}

ph_status ph_sketch_take(ph_sketch *sketch, int64_t unit, const unsigned char *bytes, size_t size,
                         ph_error *e) {
  ph_cursor cursor = {bytes, size, false};
  counts taken;
  if (!read_counts(&cursor, &taken) || taken.all > INT64_MAX / 4 - sketch->of[unit].all)
    return ph_fail(e, PH_FAILURE, "the values of unit %lld are damaged", (long long)unit);
  merge(&sketch->of[unit], &taken);
  return PH_OK;
}
