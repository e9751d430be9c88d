/* SPDX-License-Identifier: MIT */
/* Views: what layers have in common that compute nothing, but whose every output element is an element of the
   input: transpose, slice, pad, … A view says, for each axis of the output, where along some axis of the
   input its positions lie. Forward gathers, backward scatters back. For the files of layers/ only. */
#ifndef PH_LAYERS_VIEW_H
#define PH_LAYERS_VIEW_H

#include "network/layer.h"

/* What a position before the first or past the last one reads. */
typedef enum ph_beyond {
  PH_BEYOND_FILL,    /* a fixed number, which has no gradient */
  PH_BEYOND_EDGE,    /* the outermost element */
  PH_BEYOND_REFLECT, /* the element as far inside; the outermost is not repeated */
} ph_beyond;

/* Position i of an output axis reads position start + i * step, or list[i], of an axis of `size` elements
   that lie `stride` apart. */
typedef struct ph_view_axis {
  int64_t length; /* of the output */
  int64_t start, step, size, stride;
  ph_beyond beyond;
  const float *list; /* whole numbers, negative ones counted from the end; NULL: start and step */
} ph_view_axis;

typedef struct ph_view {
  int rank;
  ph_view_axis axis[PH_MAX_RANK];
} ph_view;

/* The view of an input of this shape that leaves it as it is: to be changed. */
ph_view ph_view_whole(ph_shape input);

/* The positions of the input's axis that these of the output's axis read: beyond the borders those that would
   follow, or, unless `open`, those that are read for them. */
ph_range ph_view_needs(const ph_view_axis *axis, ph_range wanted, bool open);

void ph_view_forward(const ph_view *view, const float *src, float *dst, float fill);

/* Adds each output element's gradient to the input element that it was read from. */
void ph_view_backward(const ph_view *view, const float *gradient, float *dst);

#endif
