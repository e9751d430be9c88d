/* SPDX-License-Identifier: MIT */
/* Operations that touch each number once: ReLU, sum, copies into a concatenation, the picture itself. */
#include <string.h>

#include "base/vector.h"
#include "network/onednn/vectors.h"
#include "operations.h"
#include "signs.h"

static void write_or_add(void *dst, const void *src, int64_t count, bool add, element_type type) {
  if (add)
    phd_add_to(dst, src, count, type);
  else
    memcpy(dst, src, (size_t)(count * phd_size(type)));
}

/* ---- relu, where it could not be fused ---- */

PHD_KERNEL void relu_elements(void *restrict dst, const void *restrict src, int64_t count,
                              element_type type) {
  for (int64_t i = 0; i < count; i++) {
    float x = phd_load(src, i, type);
    phd_store(dst, i, x < 0 ? 0 : x, type);
  }
}

PH_VECTOR static void relu_piece(void *dst, const void *src, int64_t count, element_type type) {
  PHD_BY_TYPE(type, relu_elements, dst, src, count);
}

static bool relu_fits(const plan *p, const ph_layer *layer, ph_shape output, int *inputs) {
  (void)p, (void)layer, (void)inputs;
  return phd_is_map(output);
}

static void relu_forward(const run *r, const operation *op) {
  void *dst = phd_activation(r, op->output);
  const void *src = phd_activation(r, op->input[0]);
  const int64_t count = phd_count(r->plan, op->output);
  const element_type type = r->plan->value[op->output].type;
  FOR_EACH_PIECE(count)
  relu_piece(phd_at(dst, from, type), phd_read_at(src, from, type), phd_piece(from, count), type);
  phd_note_signs(r, op, src);
}

static void relu_backward(const run *r, const operation *op) {
  void *g = phd_gradient(r, op->output);
  phd_mask(r, op, g);
  write_or_add(phd_gradient(r, op->input[0]), g, phd_count(r->plan, op->output), op->accumulate[0],
               r->plan->value[op->output].type);
}

const operation_type phd_relu = {.name = "relu",
                                 .fits = relu_fits,
                                 .keeps_segments = true,
                                 .reserve = phd_reserve_signs,
                                 .forward = relu_forward,
                                 .backward = relu_backward};

/* ---- sum ---- */

static void sum_forward(const run *r, const operation *op) {
  void *dst = phd_activation(r, op->output);
  const int64_t count = phd_count(r->plan, op->output);
  const element_type type = r->plan->value[op->output].type;
  for (int i = 0; i < op->inputs; i++) write_or_add(dst, phd_activation(r, op->input[i]), count, i > 0, type);
}

static void sum_backward(const run *r, const operation *op) {
  const void *g = phd_gradient(r, op->output);
  const int64_t count = phd_count(r->plan, op->output);
  for (int i = 0; i < op->inputs; i++)
    if (r->plan->value[op->input[i]].gradient >= 0)
      write_or_add(phd_gradient(r, op->input[i]), g, count, op->accumulate[i],
                   r->plan->value[op->output].type);
}

const operation_type phd_sum = {.name = "sum",
                                .takes = TAKES_EITHER,
                                .keeps_segments = true,
                                .forward = sum_forward,
                                .backward = sum_backward};

/* ---- copies ---- */

const operation_type phd_copy = {.name = "copy", .forward = sum_forward, .backward = sum_backward};

/* ---- the picture: backend.c puts it there and takes its gradient ---- */

static void nothing(const run *r, const operation *op) {
  (void)r;
  (void)op;
}

const operation_type phd_source = {
    .name = "source", .takes = TAKES_PLAIN, .forward = nothing, .backward = nothing};
