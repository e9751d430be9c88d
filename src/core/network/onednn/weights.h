/* SPDX-License-Identifier: MIT */
/* Weights in the layouts that primitives ask for. */
#ifndef PH_DNNL_WEIGHTS_H
#define PH_DNNL_WEIGHTS_H

#include "library.h"
#include "plan.h"

/* Plain weights (groups, o, i, kh, kw) for physical channels, and bias (o). */
typedef struct weights_form {
  int64_t groups, outputs, inputs; /* physical; per network, not per group */
  int64_t first;                   /* the layer's first output that is computed */
  int64_t kernel[2];
} weights_form;

/* Weights of form->groups x outputs/groups x inputs/groups x kernel, in the given oneDNN layout, reordered
   once and kept under (layer, variant, layout); *memory stays theirs. phd_fill_weights gives it its numbers:
   `fill` tells them in the plain layout, either the layer's own as they lie, or written into `room`. */
typedef const float *(*fill_weights)(const plan *p, const operation *op, const weights_form *form,
                                     float *room);
ph_status phd_weights(plan *p, const operation *op, int variant, const weights_form *form, layout_view layout,
                      fill_weights fill, dnnl_memory_t *memory, ph_error *e);
static inline size_t phd_plain_floats(const weights_form *f) {
  return (size_t)(f->outputs * (f->inputs / f->groups) * f->kernel[0] * f->kernel[1]);
}
/* Fills what phd_weights asked for; and drops it, where making the plan failed. */
ph_status phd_fill_weights(plan *p, ph_error *e);
void phd_drop_unfilled_weights(shared *s);
void phd_drop_weights(shared *s);

#endif
