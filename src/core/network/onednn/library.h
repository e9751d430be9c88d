/* SPDX-License-Identifier: MIT */
/* What differs between oneDNN's versions 2 and 3, and how it tells what went wrong. Every other file is
   written against what both have, and this. Must not know of plans. */
#ifndef PH_DNNL_LIBRARY_H
#define PH_DNNL_LIBRARY_H

#include "base/library.h"
#include "network/layer.h"
#include "element.h"

/* Its versions, and the processor's instructions that it uses. */
ph_library phd_library(void);
const char *phd_instructions(void);

/* Bytes that are asked for before oneDNN describes and makes something: it writes to NULL where it gets no
   memory, or takes another implementation, which rounds otherwise. Its largest kernels take a quarter of
   them. */
enum { PHD_ROOM = 1 << 23 };

ph_status phd_check(dnnl_status_t status, const ph_layer *layer, ph_error *e);

/* ---- how memory is laid out ---- */

/* One's own, zero before it is made, and another's to look at. In version 2 it is a struct that owns nothing,
   in version 3 a handle. */
typedef dnnl_memory_desc_t memory_layout;
#if DNNL_VERSION_MAJOR >= 3
typedef const_dnnl_memory_desc_t layout_view;
static inline layout_view phd_view(const memory_layout *layout) { return layout == NULL ? NULL : *layout; }
#else
typedef const dnnl_memory_desc_t *layout_view;
static inline layout_view phd_view(const memory_layout *layout) { return layout; }
#endif

dnnl_status_t phd_make_layout(memory_layout *made, int rank, const dnnl_dims_t dims, element_type type,
                              dnnl_format_tag_t tag);
dnnl_status_t phd_make_strided_layout(memory_layout *made, int rank, const dnnl_dims_t dims,
                                      element_type type, const dnnl_dims_t strides);
dnnl_status_t phd_copy_layout(memory_layout *made, layout_view of);
void phd_drop_layout(memory_layout *layout);

/* float32 of the same dimensions, row-major. */
dnnl_status_t phd_make_plain_layout(memory_layout *made, layout_view like);
element_type phd_layout_type(layout_view layout);

/* ---- describing primitives ---- */

/* Of each, the scratchpad is the user's, and the same input gives the same bits. */

/* What is done to a result as it is written: it is added to what is there; and a ReLU. */
typedef struct fusion {
  bool add, relu;
} fusion;

/* Of both axes; dilation 0 is none. */
typedef struct convolution_steps {
  dnnl_dims_t stride, dilation, before, after;
} convolution_steps;

/* Source, weights, bias and target. */
typedef struct convolution_layouts {
  memory_layout source, weights, bias, target;
} convolution_layouts;

dnnl_status_t phd_describe_convolution(dnnl_engine_t engine, dnnl_alg_kind_t algorithm,
                                       const convolution_layouts *layouts, bool biased,
                                       const convolution_steps *steps, fusion fused,
                                       dnnl_primitive_desc_t *desc);
dnnl_status_t phd_describe_convolution_back(dnnl_engine_t engine, const convolution_layouts *layouts,
                                            const convolution_steps *steps, dnnl_primitive_desc_t *desc);

/* Inner products; the way back is described from the way forward. `bias` may be NULL. */
dnnl_status_t phd_describe_dense(dnnl_engine_t engine, const memory_layout *source,
                                 const memory_layout *weights, const memory_layout *bias,
                                 const memory_layout *target, dnnl_primitive_desc_t *desc);
dnnl_status_t phd_describe_dense_back(dnnl_engine_t engine, const memory_layout *source,
                                      const memory_layout *weights, const memory_layout *target,
                                      dnnl_primitive_desc_t forward, dnnl_primitive_desc_t *desc);

/* c = a b, or c += a b. */
dnnl_status_t phd_describe_matmul(dnnl_engine_t engine, const memory_layout *a, const memory_layout *b,
                                  const memory_layout *c, bool add, dnnl_primitive_desc_t *desc);

#endif
