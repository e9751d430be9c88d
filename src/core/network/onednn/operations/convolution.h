/* SPDX-License-Identifier: MIT */
/* What convolution.c, kernels.c and phases.c share. */
#ifndef PH_DNNL_CONVOLUTION_H
#define PH_DNNL_CONVOLUTION_H

#include "network/onednn/primitive.h"
#include "network/onednn/weights.h"

/* One convolution as oneDNN is to see it; heights first. */
typedef struct convolution_shape {
  weights_form form;
  int64_t input[2], output[2], stride[2], dilation[2], padding[4];
  element_type source, weights, target; /* what the primitive works in; values of other types are converted */
  bool picture;                         /* the source is plain channels */
  bool biased, relu;
  bool add;           /* the result is added to what is there */
  bool backward_data; /* the primitive is the way back of this shape */
} convolution_shape;

typedef struct convolution {
  primitive primitive;
  dnnl_memory_t weights; /* the network's */
  dnnl_memory_t bias_memory;
  float *bias;
} convolution;

/* ---- kernels.c ---- */

weights_form phd_weights_form(const plan *p, const operation *op);

/* These are `fill_weights`: kernels for the way forward; with inputs and outputs exchanged and turned by half
   a circle, for the way back; and for the way back by phases. */
const float *phd_kernels(const plan *p, const operation *op, const weights_form *form, float *room);
const float *phd_turned_kernels(const plan *p, const operation *op, const weights_form *turned, float *room);
const float *phd_phase_kernels(const plan *p, const operation *op, const weights_form *form, float *room);

/* Whether any of the operation's layers has a bias; and the biases of all physical channels, new memory. */
bool phd_is_biased(const operation *op);
ph_status phd_make_bias(const plan *p, const operation *op, float **bias, ph_error *e);

/* ---- phases.c ---- */

/* The way back to a picture, as a stride-1 convolution: output pixel (y, x) of phase (r, s) is the picture's
   gradient at (y * stride + r - padding, x * stride + s - padding). */
typedef struct phase_geometry {
  int64_t stride[2], padding[2];
  int64_t kernel[2]; /* ceil(kernel / stride) */
  int64_t size[2];   /* of each phase */
  int64_t channels;  /* physical: stride * stride * the picture's, rounded up to blocks */
  int64_t block;
} phase_geometry;

phase_geometry phd_phase_geometry(const convolution_shape *c, int64_t block);
convolution_shape phd_phase_shape(const convolution_shape *c, const phase_geometry *g);
void phd_fill_phases(ph_shape weight, const float *data, const int64_t stride[2], const weights_form *form,
                     float *plain);

/* The picture's gradient (1, c, h, w) from its phases. */
void phd_join_phases(const phase_geometry *g, ph_shape picture, const float *phases, float *dst, bool add);

#endif
