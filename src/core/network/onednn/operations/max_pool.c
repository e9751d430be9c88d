/* SPDX-License-Identifier: MIT */
/* Max pools over blocked values, as maxima across each row, then of these maxima down: a 3x3 window takes
   four comparisons instead of eight, and six terms a pixel on the way back instead of nine. Two bytes say who
   won: for each output the row of its window, and for each row of the picture and column of outputs the
   column. The first of equal ones wins, in rows from the top, which is the first of the firsts; a NaN wins.

   Work is shared out in strips of columns on the way forward, in rows on the way back: neither needs what
   another thread has. */
#include "base/vector.h"
#include "pool.h"

/* The sides of windows that fit, columns that are worked on together, channels of the largest block. */
enum { MOST_KERNEL = 16, STRIP = 16, MOST_BLOCK = 16 };

/* Eight bytes as integers, and back: by shuffles, since compilers convert vectors as short as these byte by
   byte. Zeros between bytes, and then between pairs of them, are one instruction where there is one. */
typedef uint8_t sixteen_bytes __attribute__((vector_size(16)));
typedef uint8_t all_bytes __attribute__((vector_size(32)));
typedef int64_t two_longs __attribute__((vector_size(16)));

PHD_KERNEL eight_ints load_places(const uint8_t *places) {
  int64_t low;
  memcpy(&low, places, sizeof low);
  const sixteen_bytes bytes = (sixteen_bytes)(two_longs){low, 0}, none = {0};
  const eight_halves halves = (eight_halves)__builtin_shufflevector(bytes, none, 0, 16, 1, 16, 2, 16, 3, 16,
                                                                    4, 16, 5, 16, 6, 16, 7, 16);
  return (eight_ints)__builtin_shufflevector(halves, (eight_halves)none, 0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5,
                                             13, 6, 14, 7, 15);
}

PHD_KERNEL void store_places(uint8_t *places, eight_ints where) {
  const all_bytes bytes = (all_bytes)where;
  const two_longs low = (two_longs)__builtin_shufflevector(bytes, bytes, 0, 4, 8, 12, 16, 20, 24, 28, 0, 4, 8,
                                                           12, 16, 20, 24, 28);
  memcpy(places, &(int64_t){low[0]}, sizeof low[0]);
}

/* Calls a kernel, one of whose arguments is COUNT, which for windows of usual sizes is a constant: its loops
   over windows and their pixels are then unrolled. */
#define WITH_CONSTANT_COUNT(count, kernel, ...)                                                              \
  do {                                                                                                       \
    switch (count) {                                                                                         \
      case 1: {                                                                                              \
        enum { COUNT = 1 };                                                                                  \
        kernel(__VA_ARGS__);                                                                                 \
        break;                                                                                               \
      }                                                                                                      \
      case 2: {                                                                                              \
        enum { COUNT = 2 };                                                                                  \
        kernel(__VA_ARGS__);                                                                                 \
        break;                                                                                               \
      }                                                                                                      \
      case 3: {                                                                                              \
        enum { COUNT = 3 };                                                                                  \
        kernel(__VA_ARGS__);                                                                                 \
        break;                                                                                               \
      }                                                                                                      \
      default: {                                                                                             \
        const int64_t COUNT = (count);                                                                       \
        kernel(__VA_ARGS__);                                                                                 \
      }                                                                                                      \
    }                                                                                                        \
  } while (0)

static bool fits(const plan *p, const ph_layer *layer, ph_shape output, int *inputs) {
  const ph_pool_config *config = layer->config;
  return p->pool_mode == PH_POOL_PLAIN && config->kernel[0] <= MOST_KERNEL &&
         config->kernel[1] <= MOST_KERNEL && pool_fits(p, layer, output, inputs);
}

/* Who won, in memory that is kept. */
typedef struct winners {
  uint8_t *down,
      *across; /* (blocks, output rows, output columns, block), (blocks, rows, output columns, block) */
} winners;

static winners winners_of(const run *r, const operation *op) {
  uint8_t *bytes = (uint8_t *)phd_place(r, op->workspace);
  return (winners){bytes, bytes + phd_count(r->plan, op->output)};
}

static ph_status reserve(plan *p, operation *op, ph_error *e) {
  const value *in = &p->value[op->input[0]], *out = &p->value[op->output];
  int64_t bytes = out->channels * out->shape.dim[3] * (out->shape.dim[2] + in->shape.dim[2]);
  return phd_add_buffer(p, true, (bytes + 3) / 4, &op->workspace, e);
}

/* ---- forward ---- */

/* The greater of best and x, and where it was: `place` if that is x. */
#define TAKE_GREATER(best, where, x, place)                                                                  \
  do {                                                                                                       \
    eight_ints wins = ((x) > (best)) | ((x) != (x));                                                         \
    (best) = (eight)(((eight_ints)(x)&wins) | ((eight_ints)(best) & ~wins));                                 \
    (where) = ((where) & ~wins) | (((eight_ints){0} + (int32_t)(place)) & wins);                             \
  } while (0)

/* The maxima of one window's columns, which are pixels from `from` on, in one row of pixels. */
PHD_KERNEL void maximum_across(const pool_geometry *g, const void *row, int64_t from, int64_t first,
                               int64_t count, float *maximum, uint8_t *winner, element_type type) {
  for (int64_t c = 0; c < g->block; c += EIGHT) {
    eight best = phd_load_eight(row, from * g->block + c, type);
    eight_ints where = (eight_ints){0} + (int32_t)first;
    for (int64_t j = 1; j < count; j++) {
      eight pixel = phd_load_eight(row, (from + j) * g->block + c, type);
      TAKE_GREATER(best, where, pixel, first + j);
    }
    *(eight *)(maximum + c) = best;
    store_places(winner + c, where);
  }
}

/* The same of all windows, for a strip of outputs. */
PHD_KERNEL void maxima_across(const pool_geometry *g, const void *row, extent strip, float *maxima,
                              uint8_t *winner, element_type type) {
  const ph_window *w = &g->window;
  for (int64_t x = strip.first; x < strip.last; x++) {
    const extent columns = inside(w, 1, x, g->width);
    const int64_t from = x * w->stride[1] - w->padding[1] + columns.first;
    WITH_CONSTANT_COUNT(columns.last - columns.first, maximum_across, g, row, from, columns.first, COUNT,
                        maxima + (x - strip.first) * g->block, winner + x * g->block, type);
  }
}

/* Rows of maxima, of which as many are kept as a window has: row i at i % MOST_KERNEL. */
typedef float maxima_rows[MOST_KERNEL][STRIP * MOST_BLOCK];

static const float *row_of(const maxima_rows rows, int64_t i) { return rows[i & (MOST_KERNEL - 1)]; }

/* The maxima of these, for one row of outputs: of `count` rows from `first` of the window on. */
PHD_KERNEL void maxima_of_rows(const maxima_rows maxima, int64_t top, int64_t first, int64_t count,
                               int64_t columns, void *dst, int64_t to, uint8_t *winner, element_type type) {
  for (int64_t at = 0; at < columns; at += EIGHT) {
    eight best = *(const eight *)(row_of(maxima, top + first) + at);
    eight_ints where = (eight_ints){0} + (int32_t)first;
    for (int64_t i = 1; i < count; i++) {
      eight row = *(const eight *)(row_of(maxima, top + first + i) + at);
      TAKE_GREATER(best, where, row, first + i);
    }
    phd_store_eight(dst, to + at, best, type);
    store_places(winner + to + at, where);
  }
}

PHD_KERNEL void maxima_down(const maxima_rows maxima, int64_t top, extent rows, int64_t columns, void *dst,
                            int64_t to, uint8_t *winner, element_type type) {
  WITH_CONSTANT_COUNT(rows.last - rows.first, maxima_of_rows, maxima, top, rows.first, COUNT, columns, dst,
                      to, winner, type);
}

/* A strip of outputs of one block, from top to bottom. */
PHD_KERNEL void strip_forward(const pool_geometry *g, const void *src, void *dst, winners won, extent strip,
                              element_type type) {
  const ph_window *w = &g->window;
  maxima_rows maxima;
  int64_t line = w->output[1] * g->block, next = 0; /* row of pixels */
  for (int64_t y = 0; y < w->output[0]; y++) {
    extent rows = inside(w, 0, y, g->height);
    int64_t top = y * w->stride[0] - w->padding[0];
    if (next < top + rows.first) next = top + rows.first;
    for (; next < top + rows.last; next++)
      maxima_across(g, phd_read_at(src, next * g->width * g->block, type), strip,
                    maxima[next & (MOST_KERNEL - 1)], won.across + next * line, type);
    maxima_down(maxima, top, rows, (strip.last - strip.first) * g->block, dst,
                y * line + strip.first * g->block, won.down, type);
  }
}

PH_VECTOR static void strip_forward_of(const pool_geometry *g, const void *src, void *dst, winners won,
                                       extent strip, element_type type) {
  PHD_BY_TYPE(type, strip_forward, g, src, dst, won, strip);
}

static void forward(const run *r, const operation *op) {
  const pool_geometry g = geometry_of(r, op);
  const void *src = phd_activation(r, op->input[0]);
  void *dst = phd_activation(r, op->output);
  const winners won = winners_of(r, op);
  const int64_t columns = g.window.output[1], strips = (columns + STRIP - 1) / STRIP;
  const int64_t in = g.height * g.width * g.block, line = columns * g.block;
#pragma omp parallel for schedule(static)
  for (int64_t i = 0; i < g.blocks * strips; i++) {
    const int64_t b = i / strips, first = i % strips * STRIP;
    const extent strip = {first, first + STRIP < columns ? first + STRIP : columns};
    const winners of_block = {won.down + b * g.window.output[0] * line, won.across + b * g.height * line};
    strip_forward_of(&g, phd_read_at(src, b * in, g.type), phd_at(dst, b * g.window.output[0] * line, g.type),
                     of_block, strip, g.type);
  }
}

/* ---- backward ---- */

/* Adds what reaches a pixel of `count` windows, whose gradients and winners are `step` elements apart: of the
   first it is at `place`, of each further one `stride` before that. */
PHD_KERNEL eight add_won(eight sum, const void *gradient, int64_t from, const uint8_t *winner, int64_t count,
                         int64_t step, int64_t place, int64_t stride, element_type type) {
  for (int64_t k = 0; k < count; k++) {
    const eight_ints amount = (eight_ints)phd_load_eight(gradient, from + k * step, type);
    sum += (eight)(amount & (load_places(winner + k * step) == (int32_t)(place - k * stride)));
  }
  return sum;
}

/* What reaches one row of pixels, of the gradients of `size` columns of outputs in `count` rows. */
PHD_KERNEL void gather_rows(const void *gradient, int64_t from, const uint8_t *winner, int64_t count,
                            int64_t line, int64_t place, int64_t stride, int64_t size, float *sums,
                            element_type type) {
  for (int64_t at = 0; at < size; at += EIGHT)
    *(eight *)(sums + at) =
        add_won((eight){0}, gradient, from + at, winner + at, count, line, place, stride, type);
}

PHD_KERNEL void gather_down(const pool_geometry *g, const void *gradient, const uint8_t *winner, int64_t y,
                            extent rows, extent columns, float *sums, element_type type) {
  const ph_window *w = &g->window;
  const int64_t line = w->output[1] * g->block, from = rows.first * line + columns.first * g->block;
  WITH_CONSTANT_COUNT(rows.last - rows.first, gather_rows, gradient, from, winner + from, COUNT, line,
                      y + w->padding[0] - rows.first * w->stride[0], w->stride[0],
                      (columns.last - columns.first) * g->block, sums, type);
}

/* One pixel, of these sums of `count` columns of outputs. */
PHD_KERNEL void gather_across(const pool_geometry *g, const float *sums, const uint8_t *winner, int64_t count,
                              int64_t place, void *dst, int64_t to, bool add, element_type type) {
  for (int64_t c = 0; c < g->block; c += EIGHT) {
    const eight before = add ? phd_load_eight(dst, to + c, type) : (eight){0};
    phd_store_eight(
        dst, to + c,
        add_won(before, sums, c, winner + c, count, g->block, place, g->window.stride[1], dnnl_f32), type);
  }
}

/* One row of pixels of one block: each adds what it is due of the windows that it won. */
PHD_KERNEL void row_backward(const pool_geometry *g, const void *gradient, winners won, int64_t y, void *dst,
                             bool add, element_type type) {
  const ph_window *w = &g->window;
  const extent rows = covering(w, 0, y, (extent){0, 0});
  const uint8_t *winner = won.across + y * w->output[1] * g->block;
  float sums[(STRIP + MOST_KERNEL) * MOST_BLOCK];
  extent columns = {0, 0};
  for (int64_t begin = 0; begin < g->width; begin += STRIP) {
    const int64_t end = begin + STRIP < g->width ? begin + STRIP : g->width;
    const extent left = covering(w, 1, begin, columns), right = covering(w, 1, end - 1, left);
    gather_down(g, gradient, won.down, y, rows, (extent){left.first, right.last}, sums, type);
    columns = left;
    for (int64_t x = begin; x < end; x++) {
      columns = covering(w, 1, x, columns);
      WITH_CONSTANT_COUNT(columns.last - columns.first, gather_across, g,
                          sums + (columns.first - left.first) * g->block, winner + columns.first * g->block,
                          COUNT, x + w->padding[1] - columns.first * w->stride[1], dst, x * g->block, add,
                          type);
    }
  }
}

PH_VECTOR static void row_backward_of(const pool_geometry *g, const void *gradient, winners won, int64_t y,
                                      void *dst, bool add, element_type type) {
  PHD_BY_TYPE(type, row_backward, g, gradient, won, y, dst, add);
}

static void backward(const run *r, const operation *op) {
  const pool_geometry g = geometry_of(r, op);
  const void *gradient = phd_gradient(r, op->output);
  void *dst = phd_gradient(r, op->input[0]);
  const winners won = winners_of(r, op);
  const int64_t row = g.width * g.block, line = g.window.output[1] * g.block;
#pragma omp parallel for schedule(static)
  for (int64_t i = 0; i < g.blocks * g.height; i++) {
    const int64_t b = i / g.height, out = b * g.window.output[0] * line;
    row_backward_of(&g, phd_read_at(gradient, out, g.type),
                    (winners){won.down + out, won.across + b * g.height * line}, i % g.height,
                    phd_at(dst, i * row, g.type), op->accumulate[0], g.type);
  }
}

const operation_type phd_max_pool = {.name = "max pool",
                                     .fits = fits,
                                     .keeps_segments = true,
                                     .reserve = reserve,
                                     .forward = forward,
                                     .backward = backward};
