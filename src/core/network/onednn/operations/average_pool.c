/* SPDX-License-Identifier: MIT */
/* Average pools over blocked values. A block's channels go through together, as vectors, and rows are shared
   out among threads. On the way back each pixel gathers what it is due from all windows that it lies in, so
   that it is written once. */
#include "pool.h"

#include "base/vector.h"

static float share_of(const operation *op, const pool_geometry *g, int64_t y, int64_t x, extent rows,
                      extent columns) {
  const ph_pool_config *config = op->layer->config;
  int64_t pixels = config->count_pad ? ph_window_counted(&g->window, 0, y, g->height) *
                                           ph_window_counted(&g->window, 1, x, g->width)
                                     : (rows.last - rows.first) * (columns.last - columns.first);
  return (float)(1 / (double)pixels);
}

/* One row of outputs of one block. */
PHD_KERNEL void average_row(const operation *op, const pool_geometry *g, const void *plane, int64_t y,
                            void *dst, element_type type) {
  const ph_window *w = &g->window;
  extent rows = inside(w, 0, y, g->height);
  int64_t at = 0;
  for (int64_t x = 0; x < w->output[1]; x++) {
    extent columns = inside(w, 1, x, g->width);
    float share = share_of(op, g, y, x, rows, columns);
    for (int64_t c = 0; c < g->block; c += EIGHT, at += EIGHT) {
      eight sum = {0};
      for (int64_t i = rows.first; i < rows.last; i++) {
        int64_t row = (y * w->stride[0] - w->padding[0] + i) * g->width * g->block + c;
        for (int64_t j = columns.first; j < columns.last; j++)
          sum += phd_load_eight(plane, row + (x * w->stride[1] - w->padding[1] + j) * g->block, type);
      }
      phd_store_eight(dst, at, sum * share, type);
    }
  }
}

PH_VECTOR static void average_row_of(const operation *op, const pool_geometry *g, const void *plane,
                                     int64_t y, void *dst, element_type type) {
  PHD_BY_TYPE(type, average_row, op, g, plane, y, dst);
}

static void average_forward(const run *r, const operation *op) {
  pool_geometry g = geometry_of(r, op);
  const void *src = phd_activation(r, op->input[0]);
  void *dst = phd_activation(r, op->output);
  int64_t rows = g.blocks * g.window.output[0], row = g.window.output[1] * g.block;
  int64_t plane = g.height * g.width * g.block;
#pragma omp parallel for schedule(static)
  for (int64_t i = 0; i < rows; i++)
    average_row_of(op, &g, phd_read_at(src, i / g.window.output[0] * plane, g.type), i % g.window.output[0],
                   phd_at(dst, i * row, g.type), g.type);
}

/* What each pixel of a window is due: the output's gradient times its share. */
static void average_shares(const operation *op, const pool_geometry *g, const void *gradient, float *shares) {
  const ph_window *w = &g->window;
  for (int64_t y = 0; y < w->output[0]; y++) {
    extent rows = inside(w, 0, y, g->height);
    for (int64_t x = 0; x < w->output[1]; x++) {
      float share = share_of(op, g, y, x, rows, inside(w, 1, x, g->width));
      for (int64_t at = (y * w->output[1] + x) * g->block, c = 0; c < g->block; c++)
        shares[at + c] = share * phd_load(gradient, at + c, g->type);
    }
  }
}

/* One block: each pixel adds what it is due from every window that it lies in. */
PHD_KERNEL void average_gather(const pool_geometry *g, const float *shares, void *dst, bool add,
                               element_type type) {
  const ph_window *w = &g->window;
  extent rows = {0, 0};
  int64_t at = 0;
  for (int64_t y = 0; y < g->height; y++) {
    rows = covering(w, 0, y, rows);
    extent columns = {0, 0};
    for (int64_t x = 0; x < g->width; x++) {
      columns = covering(w, 1, x, columns);
      for (int64_t c = 0; c < g->block; c += EIGHT, at += EIGHT) {
        eight sum = add ? phd_load_eight(dst, at, type) : (eight){0};
        for (int64_t i = rows.first; i < rows.last; i++)
          for (int64_t j = columns.first; j < columns.last; j++)
            sum += *(const eight *)(shares + (i * w->output[1] + j) * g->block + c);
        phd_store_eight(dst, at, sum, type);
      }
    }
  }
}

PH_VECTOR static void average_gather_of(const pool_geometry *g, const float *shares, void *dst, bool add,
                                        element_type type) {
  PHD_BY_TYPE(type, average_gather, g, shares, dst, add);
}

static void average_backward(const run *r, const operation *op) {
  pool_geometry g = geometry_of(r, op);
  const void *gradient = phd_gradient(r, op->output);
  void *dst = phd_gradient(r, op->input[0]);
  float *shares = r->work + phd_offset(r->plan, op->scratch);
  int64_t in = g.height * g.width * g.block, out = g.window.output[0] * g.window.output[1] * g.block;
#pragma omp parallel for schedule(static)
  for (int64_t b = 0; b < g.blocks; b++) {
    average_shares(op, &g, phd_read_at(gradient, b * out, g.type), shares + b * out);
    average_gather_of(&g, shares + b * out, phd_at(dst, b * in, g.type), op->accumulate[0], g.type);
  }
}

static ph_status average_reserve(plan *p, operation *op, ph_error *e) {
  return p->backward ? phd_add_buffer(p, false, phd_count(p, op->output), &op->scratch, e) : PH_OK;
}

const operation_type phd_average_pool = {.name = "average pool",
                                         .fits = pool_fits,
                                         .keeps_segments = true,
                                         .reserve = average_reserve,
                                         .forward = average_forward,
                                         .backward = average_backward};

/* ---- global average ---- */

static bool global_fits(const plan *p, const ph_layer *layer, ph_shape output, int *inputs) {
  (void)layer, (void)output;
  return phd_is_map(p->value[inputs[0]].shape);
}

static void global_forward(const run *r, const operation *op) {
  const value *in = &r->plan->value[op->input[0]];
  int64_t block = r->plan->shared->block, plane = ph_plane(in->shape);
  const void *src = phd_activation(r, op->input[0]);
  void *dst = phd_activation(r, op->output);
  for (int64_t c = 0; c < in->channels; c += EIGHT) {
    int64_t first = c / block * block * plane + c % block;
    eight sum = {0};
    for (int64_t i = 0; i < plane; i++) sum += phd_load_eight(src, first + i * block, in->type);
    phd_store_eight(dst, c, sum * (1 / (float)plane), in->type);
  }
}

static void global_backward(const run *r, const operation *op) {
  const value *in = &r->plan->value[op->input[0]];
  int64_t block = r->plan->shared->block, plane = ph_plane(in->shape);
  const void *gradient = phd_gradient(r, op->output);
  void *dst = phd_gradient(r, op->input[0]);
  for (int64_t c = 0; c < in->channels; c += EIGHT) {
    int64_t first = c / block * block * plane + c % block;
    eight share = phd_load_eight(gradient, c, in->type) * (1 / (float)plane);
    for (int64_t i = 0; i < plane; i++) {
      eight before = op->accumulate[0] ? phd_load_eight(dst, first + i * block, in->type) : (eight){0};
      phd_store_eight(dst, first + i * block, before + share, in->type);
    }
  }
}

const operation_type phd_global_average_pool = {.name = "global average pool",
                                                .fits = global_fits,
                                                .keeps_segments = true,
                                                .forward = global_forward,
                                                .backward = global_backward};
