/* SPDX-License-Identifier: MIT */
/* What the operations need of ReLUs, fused or not: the way back reads one byte a number, noted on the way
   forward, not the numbers: they need not be kept. Which sign is noted is up to the mode. */
#ifndef PH_DNNL_SIGNS_H
#define PH_DNNL_SIGNS_H

#include "network/onednn/plan.h"

bool phd_minds_negatives(ph_relu_mode mode); /* whether signs are those of x < 0, and not of x > 0 */
ph_status phd_reserve_signs(plan *p, operation *op, ph_error *e);
void phd_note_signs(const run *r, const operation *op, const void *x);

/* x = ReLU of x, and its signs noted. */
void phd_rectify(const run *r, const operation *op, void *x);

/* g = the gradient below a ReLU, in place. */
void phd_mask(const run *r, const operation *op, void *g);

#endif
