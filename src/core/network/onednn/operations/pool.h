/* SPDX-License-Identifier: MIT */
/* What pools over blocked values share: where windows lie. */
#ifndef PH_DNNL_POOL_H
#define PH_DNNL_POOL_H

#include "operations.h"

typedef struct pool_geometry {
  ph_window window;
  int64_t blocks, block;
  int64_t height, width; /* of the input */
  element_type type;
} pool_geometry;

/* Geometry that shape inference has accepted already. */
static inline pool_geometry geometry_of(const run *r, const operation *op) {
  const value *in = &r->plan->value[op->input[0]];
  pool_geometry g = {.block = r->plan->shared->block,
                     .height = in->shape.dim[2],
                     .width = in->shape.dim[3],
                     .type = in->type};
  g.blocks = in->channels / g.block;
  (void)ph_pool_window(op->layer, in->shape, &g.window, NULL);
  return g;
}

/* Whether a pool's windows are such as these. */
static inline bool pool_fits(const plan *p, const ph_layer *layer, ph_shape output, int *inputs) {
  const ph_pool_config *config = layer->config;
  (void)p, (void)inputs;
  return phd_is_map(output) && config->dilation[0] == 1 && config->dilation[1] == 1;
}

typedef struct extent {
  int64_t first, last;
} extent;

/* Kernel positions of output `at` that lie inside an image of `size`. */
static inline extent inside(const ph_window *w, int axis, int64_t at, int64_t size) {
  int64_t begin = at * w->stride[axis] - w->padding[axis];
  extent e = {begin < 0 ? -begin : 0, w->kernel[axis]};
  if (begin + e.last > size) e.last = size - begin;
  return e;
}

/* Outputs whose windows hold pixel `at`, from those of a pixel before it: both ends only ever move on. */
static inline extent covering(const ph_window *w, int axis, int64_t at, extent e) {
  const int64_t shifted = at + w->padding[axis];
  while (e.last < w->output[axis] && e.last * w->stride[axis] <= shifted) e.last++;
  while (e.first < e.last && e.first * w->stride[axis] + w->kernel[axis] <= shifted) e.first++;
  return e;
}

#endif
