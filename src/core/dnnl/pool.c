/* Pools over blocked values. A block's channels go through together, as one vector; rows of output are shared
   out among threads on the way forward, whole blocks on the way back, where windows overlap. */
#include <math.h>
#include <string.h>

#include "../vector.h"
#include "plan.h"

typedef struct geometry {
  ph_window window;
  int64_t blocks, block;
  int64_t height, width; /* of the input */
} geometry;

/* Geometry that shape inference has accepted already. */
static geometry geometry_of(const run *r, const operation *op) {
  const value *in = &r->plan->value[op->input[0]];
  geometry g = {.block = r->plan->shared->block, .height = in->shape.dim[2], .width = in->shape.dim[3]};
  g.blocks = in->channels / g.block;
  (void)ph_pool_window(op->layer, in->shape, &g.window, NULL);
  return g;
}

typedef struct extent {
  int64_t first, last;
} extent;

/* Kernel positions of output `at` that lie inside an image of `size`. */
static extent inside(const ph_window *w, int axis, int64_t at, int64_t size) {
  int64_t begin = at * w->stride[axis] - w->padding[axis];
  extent e = {begin < 0 ? -begin : 0, w->kernel[axis]};
  if (begin + e.last > size) e.last = size - begin;
  return e;
}

/* ---- max ---- */

/* Eight channels at a time: half a block, or a whole one. */
typedef float lanes __attribute__((vector_size(32), aligned(4), may_alias));
typedef int32_t places __attribute__((vector_size(32), aligned(4), may_alias));
typedef uint16_t winners __attribute__((vector_size(16), aligned(2), may_alias));
enum { LANES = 8 };

/* The maxima of one row of outputs of one block; `winner` is the kernel position of each, the first of equal
   ones. A NaN wins. */
PH_VECTOR static void max_row(const geometry *g, const float *plane, int64_t y, float *dst,
                              uint16_t *winner) {
  const ph_window *w = &g->window;
  extent rows = inside(w, 0, y, g->height);
  for (int64_t x = 0; x < w->output[1]; x++) {
    extent columns = inside(w, 1, x, g->width);
    for (int64_t c = 0; c < g->block; c += LANES, dst += LANES, winner += LANES) {
      lanes best = (lanes){0} - INFINITY;
      places where = (places){0} + (int32_t)(rows.first * w->kernel[1] + columns.first);
      for (int64_t i = rows.first; i < rows.last; i++) {
        const float *row = plane + (y * w->stride[0] - w->padding[0] + i) * g->width * g->block + c;
        for (int64_t j = columns.first; j < columns.last; j++) {
          lanes pixel = *(const lanes *)(row + (x * w->stride[1] - w->padding[1] + j) * g->block);
          places wins = ~(pixel <= best);
          best = (lanes)(((places)pixel & wins) | ((places)best & ~wins));
          where = (where & ~wins) | (((places){0} + (int32_t)(i * w->kernel[1] + j)) & wins);
        }
      }
      *(lanes *)dst = best;
      *(winners *)winner = __builtin_convertvector(where, winners);
    }
  }
}

static void max_forward(const run *r, const operation *op) {
  geometry g = geometry_of(r, op);
  const float *src = phd_activation(r, op->input[0]);
  float *dst = phd_activation(r, op->output);
  uint16_t *winner = (uint16_t *)(void *)(r->kept + phd_offset(r->plan, op->workspace));
  int64_t rows = g.blocks * g.window.output[0], row = g.window.output[1] * g.block;
#pragma omp parallel for schedule(static)
  for (int64_t i = 0; i < rows; i++)
    max_row(&g, src + i / g.window.output[0] * g.height * g.width * g.block, i % g.window.output[0],
            dst + i * row, winner + i * row);
}

/* Sends each output's gradient to the pixel that won: every pixel of the window adds it, or nothing. */
PH_VECTOR static void max_scatter(const geometry *g, const float *gradient, const uint16_t *winner,
                                  float *dst) {
  const ph_window *w = &g->window;
  for (int64_t y = 0; y < w->output[0]; y++) {
    extent rows = inside(w, 0, y, g->height);
    for (int64_t x = 0; x < w->output[1]; x++) {
      extent columns = inside(w, 1, x, g->width);
      for (int64_t c = 0; c < g->block; c += LANES, gradient += LANES, winner += LANES) {
        places amount = *(const places *)gradient;
        places where = __builtin_convertvector(*(const winners *)winner, places);
        for (int64_t i = rows.first; i < rows.last; i++) {
          float *row = dst + (y * w->stride[0] - w->padding[0] + i) * g->width * g->block + c;
          for (int64_t j = columns.first; j < columns.last; j++) {
            lanes *pixel = (lanes *)(row + (x * w->stride[1] - w->padding[1] + j) * g->block);
            *pixel += (lanes)(amount & (where == (int32_t)(i * w->kernel[1] + j)));
          }
        }
      }
    }
  }
}

static void max_backward(const run *r, const operation *op) {
  geometry g = geometry_of(r, op);
  const float *gradient = phd_gradient(r, op->output);
  float *dst = phd_gradient(r, op->input[0]);
  const uint16_t *winner = (const uint16_t *)(const void *)(r->kept + phd_offset(r->plan, op->workspace));
  int64_t in = g.height * g.width * g.block, out = g.window.output[0] * g.window.output[1] * g.block;
#pragma omp parallel for schedule(static)
  for (int64_t b = 0; b < g.blocks; b++) {
    if (!op->accumulate[0]) memset(dst + b * in, 0, (size_t)in * sizeof *dst);
    max_scatter(&g, gradient + b * out, winner + b * out, dst + b * in);
  }
}

bool phd_max_pool_fits(const ph_layer *layer) {
  const ph_pool_config *config = layer->config;
  return config->kernel[0] * config->kernel[1] <= UINT16_MAX;
}

/* Kernel positions of the winners, one for each output, two in a float's place. */
static ph_status max_reserve(plan *p, operation *op, ph_error *e) {
  return phd_add_buffer(p, true, (phd_floats(p, op->output) + 1) / 2, &op->workspace, e);
}

const operation_type phd_max_pool = {
    .name = "max pool", .reserve = max_reserve, .forward = max_forward, .backward = max_backward};

/* ---- average ---- */

static float share_of(const operation *op, const geometry *g, int64_t y, int64_t x, extent rows,
                      extent columns) {
  const ph_pool_config *config = op->layer->config;
  int64_t pixels = config->count_pad ? ph_window_counted(&g->window, 0, y, g->height) *
                                           ph_window_counted(&g->window, 1, x, g->width)
                                     : (rows.last - rows.first) * (columns.last - columns.first);
  return (float)(1 / (double)pixels);
}

/* One block: forward sums windows into `out`; backward spreads `out` over windows of `in`. */
static void average_block(const operation *op, const geometry *g, float *in, float *out, bool back) {
  const ph_window *w = &g->window;
  for (int64_t y = 0; y < w->output[0]; y++) {
    extent rows = inside(w, 0, y, g->height);
    for (int64_t x = 0; x < w->output[1]; x++, out += g->block) {
      extent columns = inside(w, 1, x, g->width);
      float share = share_of(op, g, y, x, rows, columns);
      if (!back) memset(out, 0, (size_t)g->block * sizeof *out);
      for (int64_t i = rows.first; i < rows.last; i++) {
        int64_t row = y * w->stride[0] - w->padding[0] + i, left = x * w->stride[1] - w->padding[1];
        for (int64_t j = columns.first; j < columns.last; j++) {
          float *pixel = in + (row * g->width + left + j) * g->block;
          if (back)
            for (int64_t c = 0; c < g->block; c++) pixel[c] += share * out[c];
          else
            for (int64_t c = 0; c < g->block; c++) out[c] += pixel[c];
        }
      }
      if (!back)
        for (int64_t c = 0; c < g->block; c++) out[c] *= share;
    }
  }
}

static void average_run(const run *r, const operation *op, float *in, float *out, bool back) {
  geometry g = geometry_of(r, op);
  int64_t in_size = g.height * g.width * g.block,
          out_size = g.window.output[0] * g.window.output[1] * g.block;
#pragma omp parallel for schedule(static)
  for (int64_t b = 0; b < g.blocks; b++) {
    if (back && !op->accumulate[0]) memset(in + b * in_size, 0, (size_t)in_size * sizeof *in);
    average_block(op, &g, in + b * in_size, out + b * out_size, back);
  }
}

static void average_forward(const run *r, const operation *op) {
  average_run(r, op, phd_activation(r, op->input[0]), phd_activation(r, op->output), false);
}

static void average_backward(const run *r, const operation *op) {
  average_run(r, op, phd_gradient(r, op->input[0]), phd_gradient(r, op->output), true);
}

const operation_type phd_average_pool = {
    .name = "average pool", .forward = average_forward, .backward = average_backward};

/* ---- global average ---- */

static void global_forward(const run *r, const operation *op) {
  const value *in = &r->plan->value[op->input[0]];
  int64_t block = r->plan->shared->block, plane = ph_plane(in->shape);
  const float *src = phd_activation(r, op->input[0]);
  float *dst = phd_activation(r, op->output);
  for (int64_t b = 0; b < in->channels / block; b++, dst += block) {
    memset(dst, 0, (size_t)block * sizeof *dst);
    for (int64_t i = 0; i < plane; i++, src += block)
      for (int64_t c = 0; c < block; c++) dst[c] += src[c];
    for (int64_t c = 0; c < block; c++) dst[c] *= 1 / (float)plane;
  }
}

static void global_backward(const run *r, const operation *op) {
  const value *in = &r->plan->value[op->input[0]];
  int64_t block = r->plan->shared->block, plane = ph_plane(in->shape);
  const float *src = phd_gradient(r, op->output);
  float *dst = phd_gradient(r, op->input[0]), share = 1 / (float)plane;
  for (int64_t b = 0; b < in->channels / block; b++, src += block)
    for (int64_t i = 0; i < plane; i++, dst += block)
      for (int64_t c = 0; c < block; c++) dst[c] = (op->accumulate[0] ? dst[c] : 0) + share * src[c];
}

const operation_type phd_global_average_pool = {
    .name = "global average pool", .forward = global_forward, .backward = global_backward};
