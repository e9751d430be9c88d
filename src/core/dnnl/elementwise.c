/* Operations that touch each number once: ReLU, sum, copies into a concatenation, the picture itself. Also
   the masks and sums that other operations share. Loops are cut into fixed pieces, so that results do not
   depend on the number of threads. */
#include <string.h>

#include "plan.h"
#include "../vector.h"

enum { PIECE = 4096 };

#define FOR_EACH_PIECE(count)                                                                                \
  _Pragma("omp parallel for schedule(static) if ((count) > 4 * PIECE)") for (int64_t from = 0;               \
                                                                             from < (count); from += PIECE)

static int64_t piece_end(int64_t from, int64_t count) { return from + PIECE < count ? from + PIECE : count; }

/* ---- masks and sums ---- */

PH_VECTOR static void mask_plain(float *restrict g, const float *restrict y, int64_t count) {
  for (int64_t i = 0; i < count; i++) g[i] = y[i] > 0 ? g[i] : 0;
}

PH_VECTOR static void mask_guided(float *restrict g, const float *restrict y, int64_t count) {
  for (int64_t i = 0; i < count; i++) g[i] = y[i] > 0 && g[i] > 0 ? g[i] : 0;
}

PH_VECTOR static void mask_deconvnet(float *g, int64_t count) {
  for (int64_t i = 0; i < count; i++) g[i] = g[i] > 0 ? g[i] : 0;
}

void phd_mask(float *g, const float *y, int64_t count, ph_relu_mode mode) {
  FOR_EACH_PIECE(count) {
    int64_t size = piece_end(from, count) - from;
    if (mode == PH_RELU_GUIDED)
      mask_guided(g + from, y + from, size);
    else if (mode == PH_RELU_DECONVNET)
      mask_deconvnet(g + from, size);
    else
      mask_plain(g + from, y + from, size);
  }
}

PH_VECTOR static void add_piece(float *restrict dst, const float *restrict src, int64_t count) {
  for (int64_t i = 0; i < count; i++) dst[i] += src[i];
}

void phd_add_to(float *dst, const float *src, int64_t count) {
  FOR_EACH_PIECE(count) add_piece(dst + from, src + from, piece_end(from, count) - from);
}

static void write_or_add(float *dst, const float *src, int64_t count, bool add) {
  if (add)
    phd_add_to(dst, src, count);
  else
    memcpy(dst, src, (size_t)count * sizeof *dst);
}

/* ---- relu, where it could not be fused ---- */

PH_VECTOR static void relu_piece(float *restrict dst, const float *restrict src, int64_t count) {
  for (int64_t i = 0; i < count; i++) dst[i] = src[i] < 0 ? 0 : src[i];
}

static void relu_forward(const run *r, const operation *op) {
  float *dst = phd_activation(r, op->output);
  const float *src = phd_activation(r, op->input[0]);
  int64_t count = phd_floats(r->plan, op->output);
  FOR_EACH_PIECE(count) relu_piece(dst + from, src + from, piece_end(from, count) - from);
}

/* Lucid's rule, as in layers/relu.c: what is padding has x = 0 and g = 0, and so changes nothing. */
static void redirect(float *g, const float *x, int64_t count) {
  bool awake = false;
  for (int64_t i = 0; i < count && !awake; i++) awake = x[i] >= 0 && g[i] != 0;
  FOR_EACH_PIECE(count) {
    for (int64_t i = from; i < piece_end(from, count); i++)
      if (awake ? x[i] < 0 : x[i] < 0 && g[i] < 0) g[i] = 0;
  }
}

static void relu_backward(const run *r, const operation *op) {
  float *g = phd_gradient(r, op->output);
  const float *x = phd_activation(r, op->input[0]);
  int64_t count = phd_floats(r->plan, op->output);
  if (op->mode == PH_RELU_REDIRECTED)
    redirect(g, x, count);
  else
    phd_mask(g, x, count, op->mode); /* x > 0 just where the output is */
  write_or_add(phd_gradient(r, op->input[0]), g, count, op->accumulate[0]);
}

const operation_type phd_relu = {
    .name = "relu", .keeps_input = true, .forward = relu_forward, .backward = relu_backward};

/* ---- sum ---- */

static void sum_forward(const run *r, const operation *op) {
  float *dst = phd_activation(r, op->output);
  int64_t count = phd_floats(r->plan, op->output);
  memcpy(dst, phd_activation(r, op->input[0]), (size_t)count * sizeof *dst);
  for (int i = 1; i < op->inputs; i++) phd_add_to(dst, phd_activation(r, op->input[i]), count);
}

static void sum_backward(const run *r, const operation *op) {
  const float *g = phd_gradient(r, op->output);
  for (int i = 0; i < op->inputs; i++)
    write_or_add(phd_gradient(r, op->input[i]), g, phd_floats(r->plan, op->output), op->accumulate[i]);
}

const operation_type phd_sum = {.name = "sum", .forward = sum_forward, .backward = sum_backward};

/* ---- copies ---- */

const operation_type phd_copy = {.name = "copy", .forward = sum_forward, .backward = sum_backward};

/* ---- the picture: backend.c puts it there and takes its gradient ---- */

static void nothing(const run *r, const operation *op) {
  (void)r;
  (void)op;
}

const operation_type phd_source = {.name = "source", .forward = nothing, .backward = nothing};
