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

PH_VECTOR static void note_positive(const float *x, unsigned char *restrict signs, int64_t count) {
  for (int64_t i = 0; i < count; i++) signs[i] = x[i] > 0;
}

PH_VECTOR static void note_negative(const float *x, unsigned char *restrict signs, int64_t count) {
  for (int64_t i = 0; i < count; i++) signs[i] = x[i] < 0;
}

bool phd_minds_negatives(ph_relu_mode mode) { return mode == PH_RELU_REDIRECTED || mode == PH_RELU_LEAKY; }

ph_status phd_reserve_signs(plan *p, operation *op, ph_error *e) {
  if (!p->backward || op->mode == PH_RELU_DECONVNET || op->mode == PH_RELU_OPEN) return PH_OK;
  int64_t floats = (phd_floats(p, op->output) + (int64_t)sizeof(float) - 1) / (int64_t)sizeof(float);
  return phd_add_buffer(p, true, floats, &op->workspace, e);
}

static unsigned char *signs_of(const run *r, const operation *op) {
  return (unsigned char *)(r->kept + phd_offset(r->plan, op->workspace));
}

void phd_note_signs(const run *r, const operation *op, const float *x) {
  const int64_t count = phd_floats(r->plan, op->output);
  if (op->workspace < 0) return;
  unsigned char *signs = signs_of(r, op);
  FOR_EACH_PIECE(count) {
    int64_t size = piece_end(from, count) - from;
    if (phd_minds_negatives(op->mode))
      note_negative(x + from, signs + from, size);
    else
      note_positive(x + from, signs + from, size);
  }
}

PH_VECTOR static void mask_plain(float *restrict g, const unsigned char *restrict positive, int64_t count) {
  for (int64_t i = 0; i < count; i++) g[i] = positive[i] ? g[i] : 0;
}

PH_VECTOR static void mask_guided(float *restrict g, const unsigned char *restrict positive, int64_t count) {
  for (int64_t i = 0; i < count; i++) g[i] = positive[i] && g[i] > 0 ? g[i] : 0;
}

PH_VECTOR static void mask_deconvnet(float *g, int64_t count) {
  for (int64_t i = 0; i < count; i++) g[i] = g[i] > 0 ? g[i] : 0;
}

PH_VECTOR static void mask_leaky(float *restrict g, const unsigned char *restrict negative, int64_t count) {
  for (int64_t i = 0; i < count; i++) g[i] = negative[i] ? PH_RELU_LEAK * g[i] : g[i];
}

/* Lucid's rule, as in layers/relu.c: what is padding has x = 0 and g = 0, and so changes nothing. */
PH_VECTOR static bool wakes(const float *g, const unsigned char *negative, int64_t count) {
  int found = 0;
  for (int64_t i = 0; i < count; i++) found |= !negative[i] & (g[i] != 0);
  return found != 0;
}

PH_VECTOR static void mask_negative(float *restrict g, const unsigned char *restrict negative,
                                    int64_t count) {
  for (int64_t i = 0; i < count; i++) g[i] = negative[i] ? 0 : g[i];
}

PH_VECTOR static void mask_both(float *restrict g, const unsigned char *restrict negative, int64_t count) {
  for (int64_t i = 0; i < count; i++) g[i] = negative[i] && g[i] < 0 ? 0 : g[i];
}

static void redirect(float *g, const unsigned char *negative, int64_t count) {
  bool awake = false;
  for (int64_t from = 0; from < count && !awake; from += PIECE)
    awake = wakes(g + from, negative + from, piece_end(from, count) - from);
  FOR_EACH_PIECE(count) {
    int64_t size = piece_end(from, count) - from;
    if (awake)
      mask_negative(g + from, negative + from, size);
    else
      mask_both(g + from, negative + from, size);
  }
}

void phd_mask(const run *r, const operation *op, float *g) {
  const int64_t count = phd_floats(r->plan, op->output);
  if (op->mode == PH_RELU_OPEN) return;
  if (op->mode == PH_RELU_DECONVNET) {
    FOR_EACH_PIECE(count) mask_deconvnet(g + from, piece_end(from, count) - from);
    return;
  }
  const unsigned char *signs = signs_of(r, op);
  if (op->mode == PH_RELU_REDIRECTED) {
    redirect(g, signs, count);
    return;
  }
  FOR_EACH_PIECE(count) {
    int64_t size = piece_end(from, count) - from;
    if (op->mode == PH_RELU_GUIDED)
      mask_guided(g + from, signs + from, size);
    else if (op->mode == PH_RELU_LEAKY)
      mask_leaky(g + from, signs + from, size);
    else
      mask_plain(g + from, signs + from, size);
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
  phd_note_signs(r, op, src);
}

static void relu_backward(const run *r, const operation *op) {
  float *g = phd_gradient(r, op->output);
  phd_mask(r, op, g);
  write_or_add(phd_gradient(r, op->input[0]), g, phd_floats(r->plan, op->output), op->accumulate[0]);
}

const operation_type phd_relu = {
    .name = "relu", .reserve = phd_reserve_signs, .forward = relu_forward, .backward = relu_backward};

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
