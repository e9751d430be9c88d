/* SPDX-License-Identifier: MIT */
/* Between blocked and plain channels: at taps, and where an operation wants the other layout. */
#include <string.h>

#include "network/onednn/vectors.h"
#include "operations.h"

/* Channel planes [first, last) of a segment are scattered over blocks: plain[(logical + c) * plane + i] is
   blocked[(physical + c) / block][i][(physical + c) % block]. */
PHD_KERNEL void export_elements(const void *src, int64_t first, int64_t block, int64_t plane, float *dst,
                                bool add, element_type type) {
  if (add)
    for (int64_t i = 0; i < plane; i++) dst[i] += phd_load(src, first + i * block, type);
  else
    for (int64_t i = 0; i < plane; i++) dst[i] = phd_load(src, first + i * block, type);
}

PHD_KERNEL void import_elements(const float *src, int64_t first, int64_t block, int64_t plane, void *dst,
                                bool add, element_type type) {
  for (int64_t i = 0; i < plane; i++) {
    int64_t at = first + i * block;
    phd_store(dst, at, add ? phd_load(dst, at, type) + src[i] : src[i], type);
  }
}

static void copy_plain(const float *src, float *dst, int64_t count, bool add) {
  if (add)
    phd_add_to(dst, src, count, dnnl_f32);
  else
    memcpy(dst, src, (size_t)count * sizeof *dst);
}

void phd_export(const plan *p, int v, const void *src, float *plain, bool add) {
  const value *x = &p->value[v];
  if (!x->blocked) {
    copy_plain(src, plain, ph_shape_count(x->shape), add);
    return;
  }
  int64_t block = p->shared->block, plane = ph_plane(x->shape);
  /* Channels that were not computed are zero. */
  if (!add && phd_held(x) < x->shape.dim[1])
    memset(plain, 0, (size_t)ph_shape_count(x->shape) * sizeof *plain);
  for (int s = 0; s < x->segments; s++) {
    const segment *seg = &x->segment[s];
#pragma omp parallel for schedule(static) if (seg->count * plane > 16384)
    for (int64_t c = 0; c < seg->count; c++) {
      int64_t channel = seg->physical + c;
      PHD_BY_TYPE(x->type, export_elements, src, channel / block * block * plane + channel % block, block,
                  plane, plain + (seg->logical + c) * plane, add);
    }
  }
}

void phd_import(const plan *p, int v, const float *plain, void *dst, bool add) {
  const value *x = &p->value[v];
  if (!x->blocked) {
    copy_plain(plain, dst, ph_shape_count(x->shape), add);
    return;
  }
  int64_t block = p->shared->block, plane = ph_plane(x->shape);
  /* Channels that only fill up a block are zero. */
  if (!add && phd_held(x) < x->channels) memset(dst, 0, (size_t)phd_floats(p, v) * sizeof(float));
  for (int s = 0; s < x->segments; s++) {
    const segment *seg = &x->segment[s];
    /* Whole blocks to a thread: two threads must not write to one cache line. */
#pragma omp parallel for schedule(static, 16) if (seg->count * plane > 16384)
    for (int64_t c = 0; c < seg->count; c++) {
      int64_t channel = seg->physical + c;
      PHD_BY_TYPE(x->type, import_elements, plain + (seg->logical + c) * plane,
                  channel / block * block * plane + channel % block, block, plane, dst, add);
    }
  }
}

static void to_plain_forward(const run *r, const operation *op) {
  phd_export(r->plan, op->input[0], phd_activation(r, op->input[0]), phd_activation(r, op->output), false);
}

static void to_plain_backward(const run *r, const operation *op) {
  phd_import(r->plan, op->input[0], phd_gradient(r, op->output), phd_gradient(r, op->input[0]),
             op->accumulate[0]);
}

static void to_blocked_forward(const run *r, const operation *op) {
  phd_import(r->plan, op->output, phd_activation(r, op->input[0]), phd_activation(r, op->output), false);
}

static void to_blocked_backward(const run *r, const operation *op) {
  phd_export(r->plan, op->output, phd_gradient(r, op->output), phd_gradient(r, op->input[0]),
             op->accumulate[0]);
}

const operation_type phd_to_plain = {
    .name = "to plain", .forward = to_plain_forward, .backward = to_plain_backward};
const operation_type phd_to_blocked = {
    .name = "to blocked", .forward = to_blocked_forward, .backward = to_blocked_backward};
