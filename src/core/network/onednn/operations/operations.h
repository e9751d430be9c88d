/* SPDX-License-Identifier: MIT */
/* The operations, and what several of them share. */
#ifndef PH_DNNL_OPERATIONS_H
#define PH_DNNL_OPERATIONS_H

#include "network/onednn/plan.h"

extern const operation_type phd_pointwise, phd_affine, phd_gated, phd_matmul, phd_rows;
extern const operation_type phd_convolution, phd_max_pool, phd_average_pool, phd_global_average_pool, phd_lrn,
    phd_relu, phd_sum, phd_copy, phd_to_plain, phd_to_blocked, phd_source, phd_reference, phd_dense;

/* Conversion between a value's layout and type and plain float32 channels; `add` adds to dst. */
void phd_export(const plan *p, int v, const void *src, float *plain, bool add);
void phd_import(const plan *p, int v, const float *plain, void *dst, bool add);

/* Makes zero again what only fills up a block of channels. */
void phd_clear_padding(const plan *p, int v, float *x);

#endif
