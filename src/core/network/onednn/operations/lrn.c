/* SPDX-License-Identifier: MIT */
/* Local response normalisation over blocked values. A pixel's channels are gathered into one row, with room
   on both sides, so that the window across channels is a sum of shifted vectors. The formula is
   layers/local_response_norm.c's. */
#include <math.h>
#include <string.h>

#include "base/vector.h"
#include "operations.h"

/* Rows live on the stack; wider layers than this take the plain way. */
enum { MOST_CHANNELS = 1024, MOST_HALF = 16, ROW = MOST_CHANNELS + 2 * MOST_HALF };

/* The window goes across channels, which must therefore be without gaps. */
static bool fits(const plan *p, const ph_layer *layer, ph_shape output, int *inputs) {
  const ph_lrn_config *config = layer->config;
  return phd_is_map(output) && !phd_has_gaps(&p->value[inputs[0]]) &&
         output.dim[1] + p->shared->block <= MOST_CHANNELS && config->size / 2 <= MOST_HALF;
}

/* One pixel's channels, with room for half a window of zeros on both sides where sums need it. */
typedef struct pixel_rows {
  float x[ROW], inverse[ROW], power[ROW], spread[ROW];
  float padded[ROW];
} pixel_rows;

/* Where channel c of a pixel is; pixels are told by the place of their first element. One loop over channels,
   and not two over blocks and what is in them, of which compilers make calls of memcpy for 64 bytes. */
static inline int64_t place_of(int64_t c, int64_t pixel, int64_t plane, int64_t block) {
  const int64_t within = c & (block - 1); /* blocks are powers of two */
  return pixel + (c - within) * plane + within;
}

PHD_KERNEL void gather(const void *restrict src, int64_t pixel, int64_t plane, int64_t block,
                       int64_t channels, float *restrict row, element_type type) {
  for (int64_t c = 0; c < channels; c += EIGHT)
    *(eight *)(row + c) = phd_load_eight(src, place_of(c, pixel, plane, block), type);
}

/* The way back of gather. */
PHD_KERNEL void scatter(const float *restrict row, void *restrict dst, int64_t pixel, int64_t plane,
                        int64_t block, int64_t channels, bool add, element_type type) {
  for (int64_t c = 0; c < channels; c += EIGHT) {
    const int64_t to = place_of(c, pixel, plane, block);
    eight x = *(const eight *)(row + c);
    if (add) x += phd_load_eight(dst, to, type);
    phd_store_eight(dst, to, x, type);
  }
}

/* dst[c] = the sum of padded[c - half … c + half]. */
static inline void window_sum(const float *restrict padded, float *restrict dst, int64_t channels,
                              int64_t half) {
  padded += MOST_HALF;
  if (half == 2) { /* the usual one, in one pass */
    for (int64_t c = 0; c < channels; c++)
      dst[c] = padded[c] + (padded[c - 1] + padded[c + 1]) + (padded[c - 2] + padded[c + 2]);
    return;
  }
  for (int64_t c = 0; c < channels; c++) dst[c] = padded[c];
  for (int64_t j = 1; j <= half; j++)
    for (int64_t c = 0; c < channels; c++) dst[c] += padded[c - j] + padded[c + j];
}

static inline void clear_sides(float *padded, int64_t channels) {
  memset(padded, 0, MOST_HALF * sizeof *padded);
  memset(padded + MOST_HALF + channels, 0, MOST_HALF * sizeof *padded);
}

/* The pixel's x, and 1 / d and d^-beta of d = k + alpha / size * sum of squares. The usual exponents, 1/2 and
   3/4, are roots. */
PHD_KERNEL void find_powers(const ph_lrn_config *config, const void *src, int64_t pixel, int64_t plane,
                            int64_t block, int64_t channels, pixel_rows *restrict rows, element_type type) {
  float k = (float)config->k, scale = (float)(config->alpha / (double)config->size);
  gather(src, pixel, plane, block, channels, rows->x, type);
  clear_sides(rows->padded, channels);
  for (int64_t c = 0; c < channels; c++) rows->padded[MOST_HALF + c] = rows->x[c] * rows->x[c];
  float *restrict inverse = rows->inverse, *restrict power = rows->power;
  window_sum(rows->padded, power, channels, config->size / 2);
  for (int64_t c = 0; c < channels; c++) inverse[c] = 1 / (k + scale * power[c]);
  if (config->beta == 0.75)
    for (int64_t c = 0; c < channels; c++) power[c] = sqrtf(inverse[c] * sqrtf(inverse[c]));
  else if (config->beta == 0.5)
    for (int64_t c = 0; c < channels; c++) power[c] = sqrtf(inverse[c]);
  else
    for (int64_t c = 0; c < channels; c++) power[c] = powf(inverse[c], (float)config->beta);
}

PHD_KERNEL void forward_pixel(const ph_lrn_config *config, const void *src, void *restrict dst, int64_t pixel,
                              int64_t plane, int64_t block, int64_t channels, element_type type) {
  pixel_rows rows;
  find_powers(config, src, pixel, plane, block, channels, &rows, type);
  for (int64_t c = 0; c < channels; c++) rows.x[c] *= rows.power[c];
  scatter(rows.x, dst, pixel, plane, block, channels, false, type);
}

PH_VECTOR static void forward_pixel_of(const ph_lrn_config *config, const void *src, void *dst, int64_t pixel,
                                       int64_t plane, int64_t block, int64_t channels, element_type type) {
  PHD_BY_TYPE(type, forward_pixel, config, src, dst, pixel, plane, block, channels);
}

static void lrn_forward(const run *r, const operation *op) {
  const value *in = &r->plan->value[op->input[0]];
  int64_t block = r->plan->shared->block, plane = ph_plane(in->shape);
  const void *src = phd_activation(r, op->input[0]);
  void *dst = phd_activation(r, op->output);
#pragma omp parallel for schedule(static)
  for (int64_t i = 0; i < plane; i++)
    forward_pixel_of(op->layer->config, src, dst, i * block, plane, block, in->channels, in->type);
}

PHD_KERNEL void backward_pixel(const ph_lrn_config *config, const void *x, const void *g, void *restrict dst,
                               int64_t pixel, int64_t plane, int64_t block, int64_t channels, bool add,
                               element_type type) {
  pixel_rows rows;
  float gradient[ROW];
  float factor = (float)(2 * config->alpha * config->beta / (double)config->size);
  find_powers(config, x, pixel, plane, block, channels, &rows, type);
  gather(g, pixel, plane, block, channels, gradient, type);
  for (int64_t c = 0; c < channels; c++) {
    gradient[c] *= rows.power[c];
    rows.padded[MOST_HALF + c] = gradient[c] * rows.x[c] * rows.inverse[c];
  }
  window_sum(rows.padded, rows.spread, channels, config->size / 2);
  for (int64_t c = 0; c < channels; c++) gradient[c] -= factor * rows.x[c] * rows.spread[c];
  scatter(gradient, dst, pixel, plane, block, channels, add, type);
}

PH_VECTOR static void backward_pixel_of(const ph_lrn_config *config, const void *x, const void *g, void *dst,
                                        int64_t pixel, int64_t plane, int64_t block, int64_t channels,
                                        bool add, element_type type) {
  PHD_BY_TYPE(type, backward_pixel, config, x, g, dst, pixel, plane, block, channels, add);
}

static void lrn_backward(const run *r, const operation *op) {
  const value *in = &r->plan->value[op->input[0]];
  int64_t block = r->plan->shared->block, plane = ph_plane(in->shape);
  const void *src = phd_activation(r, op->input[0]), *g = phd_gradient(r, op->output);
  void *dst = phd_gradient(r, op->input[0]);
#pragma omp parallel for schedule(static)
  for (int64_t i = 0; i < plane; i++)
    backward_pixel_of(op->layer->config, src, g, dst, i * block, plane, block, in->channels,
                      op->accumulate[0], in->type);
}

const operation_type phd_lrn = {.name = "local response norm",
                                .fits = fits,
                                .keeps_input = true,
                                .forward = lrn_forward,
                                .backward = lrn_backward};
