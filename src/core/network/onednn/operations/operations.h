/* SPDX-License-Identifier: MIT */
/* The operations, and what must be known of a layer before one is chosen for it. */
#ifndef PH_DNNL_OPERATIONS_H
#define PH_DNNL_OPERATIONS_H

#include "network/onednn/plan.h"

extern const operation_type phd_pointwise, phd_affine, phd_gated, phd_matmul, phd_rows;
extern const operation_type phd_convolution, phd_max_pool, phd_average_pool, phd_global_average_pool, phd_lrn,
    phd_relu, phd_sum, phd_copy, phd_to_plain, phd_to_blocked, phd_source, phd_reference, phd_dense;

/* Whether the layer's window is small enough for max_pool.c. */
bool phd_max_pool_fits(const ph_layer *layer);

/* Whether the layer's channels and window fit lrn.c's rows. */
bool phd_lrn_fits(const plan *p, const ph_layer *layer, int input);

/* Whether the layer makes each number of its output from the numbers in the same place of its inputs. */
bool phd_is_pointwise(const plan *p, const ph_layer *layer, const int *inputs);

/* The operation for a layer that does the same to all numbers of a channel, or NULL; the input that has the
   channels is put first. */
const operation_type *phd_channelwise(const plan *p, const ph_layer *layer, ph_shape output, int *inputs);

/* Whether the layer treats each row of its one input by itself. */
bool phd_has_rows(const plan *p, const ph_layer *layer, const int *inputs);

/* Whether oneDNN's products of matrices serve a matmul of these inputs. */
bool phd_matmul_fits(const plan *p, const ph_layer *layer, const int *inputs);

/* Conversion between a value's layout and type and plain float32 channels; `add` adds to dst. */
void phd_export(const plan *p, int v, const void *src, float *plain, bool add);
void phd_import(const plan *p, int v, const float *plain, void *dst, bool add);

/* Makes zero again what only fills up a block of channels. */
void phd_clear_padding(const plan *p, int v, float *x);

#endif
