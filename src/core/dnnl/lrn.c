/* Local response normalisation over blocked values. A pixel's channels are gathered into one row, with room
   on both sides, so that the window across channels is a sum of shifted vectors. The formula is
   layers/local_response_norm.c's. */
#include <math.h>
#include <string.h>

#include "../vector.h"
#include "plan.h"

/* Rows live on the stack; wider layers than this take the plain way. */
enum { MOST_CHANNELS = 1024, MOST_HALF = 16, ROW = MOST_CHANNELS + 2 * MOST_HALF };

bool phd_lrn_fits(const plan *p, const ph_layer *layer, int input) {
  const ph_lrn_config *config = layer->config;
  return p->value[input].shape.dim[1] + p->shared->block <= MOST_CHANNELS && config->size / 2 <= MOST_HALF;
}

/* dst[c] = x[c]^2 summed over the window around c; x has `half` zeros on both sides. */
PH_VECTOR static void window_sum(const float *restrict x, float *restrict dst, int64_t channels,
                                 int64_t half) {
  for (int64_t c = 0; c < channels; c++) dst[c] = 0;
  for (int64_t j = -half; j <= half; j++)
    for (int64_t c = 0; c < channels; c++) dst[c] += x[c + j];
}

/* power[c] = d^-beta, from the window's sum of squares; d itself replaces the sum. The usual exponents, 1/2
   and 3/4, are square roots. */
PH_VECTOR static void powers_sqrt(float *restrict d, float *restrict power, int64_t channels, float k,
                                  float scale, bool three_quarters) {
  for (int64_t c = 0; c < channels; c++) {
    d[c] = k + scale * d[c];
    float root = sqrtf(d[c]);
    power[c] = 1 / (three_quarters ? root * sqrtf(root) : root);
  }
}

static void powers(const ph_lrn_config *config, float *d, float *power, int64_t channels) {
  float k = (float)config->k, scale = (float)(config->alpha / (double)config->size);
  if (config->beta == 0.75 || config->beta == 0.5) {
    powers_sqrt(d, power, channels, k, scale, config->beta == 0.75);
    return;
  }
  for (int64_t c = 0; c < channels; c++) {
    d[c] = k + scale * d[c];
    power[c] = powf(d[c], (float)-config->beta);
  }
}

typedef struct pixel_rows {
  float x[ROW], square[ROW], d[ROW], power[ROW], pull[ROW], spread[ROW];
} pixel_rows;

static void gather(const float *src, int64_t plane, int64_t block, int64_t channels, float *row) {
  for (int64_t b = 0; b < channels / block; b++)
    memcpy(row + b * block, src + b * plane * block, (size_t)block * sizeof *row);
}

static void find_powers(const ph_lrn_config *config, const float *src, int64_t plane, int64_t block,
                        int64_t channels, pixel_rows *rows) {
  int64_t half = config->size / 2;
  memset(rows->square, 0, (size_t)half * sizeof(float));
  memset(rows->square + half + channels, 0, (size_t)half * sizeof(float));
  gather(src, plane, block, channels, rows->x);
  for (int64_t c = 0; c < channels; c++) rows->square[half + c] = rows->x[c] * rows->x[c];
  window_sum(rows->square + half, rows->d, channels, half);
  powers(config, rows->d, rows->power, channels);
}

static void lrn_forward(const run *r, const operation *op) {
  const value *in = &r->plan->value[op->input[0]];
  int64_t block = r->plan->shared->block, plane = ph_plane(in->shape), channels = in->channels;
  const float *src = phd_activation(r, op->input[0]);
  float *dst = phd_activation(r, op->output);
#pragma omp parallel for schedule(static)
  for (int64_t i = 0; i < plane; i++) {
    pixel_rows rows;
    find_powers(op->layer->config, src + i * block, plane, block, channels, &rows);
    for (int64_t c = 0; c < channels; c++) rows.x[c] *= rows.power[c];
    for (int64_t b = 0; b < channels / block; b++)
      memcpy(dst + (b * plane + i) * block, rows.x + b * block, (size_t)block * sizeof *dst);
  }
}

static void lrn_backward_pixel(const ph_lrn_config *config, const float *x, const float *g, float *dst,
                               int64_t plane, int64_t block, int64_t channels, bool add) {
  pixel_rows rows;
  float gradient[ROW];
  int64_t half = config->size / 2;
  float factor = (float)(2 * config->alpha * config->beta / (double)config->size);
  find_powers(config, x, plane, block, channels, &rows);
  gather(g, plane, block, channels, gradient);
  memset(rows.pull, 0, (size_t)half * sizeof(float));
  memset(rows.pull + half + channels, 0, (size_t)half * sizeof(float));
  for (int64_t c = 0; c < channels; c++)
    rows.pull[half + c] = gradient[c] * rows.x[c] * rows.power[c] / rows.d[c];
  window_sum(rows.pull + half, rows.spread, channels, half);
  for (int64_t c = 0; c < channels; c++)
    gradient[c] = gradient[c] * rows.power[c] - factor * rows.x[c] * rows.spread[c];
  for (int64_t b = 0; b < channels / block; b++) {
    float *to = dst + b * plane * block;
    for (int64_t c = 0; c < block; c++) to[c] = (add ? to[c] : 0) + gradient[b * block + c];
  }
}

static void lrn_backward(const run *r, const operation *op) {
  const value *in = &r->plan->value[op->input[0]];
  int64_t block = r->plan->shared->block, plane = ph_plane(in->shape);
  const float *src = phd_activation(r, op->input[0]), *g = phd_gradient(r, op->output);
  float *dst = phd_gradient(r, op->input[0]);
#pragma omp parallel for schedule(static)
  for (int64_t i = 0; i < plane; i++)
    lrn_backward_pixel(op->layer->config, src + i * block, g + i * block, dst + i * block, plane, block,
                       in->channels, op->accumulate[0]);
}

const operation_type phd_lrn = {
    .name = "local response norm", .keeps_input = true, .forward = lrn_forward, .backward = lrn_backward};
