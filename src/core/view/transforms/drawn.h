/* SPDX-License-Identifier: MIT */
/* What a transform drew for one step: a map of planes, or one of the few things that are not. Running it
   forward over a batch, and a gradient back through it. Must not know which transform drew it, nor choose
   anything at random but the noise whose seed was drawn.

   Forward, every kind but a collapse is x -> Ax + b. Going back takes the transpose of A, except through a
   normalised gradient, whose purpose is another one. A collapse multiplies two parts of x, which it keeps. */
#ifndef PH_DRAWN_H
#define PH_DRAWN_H

#include "base/field.h"
#include "map/map.h"
#include "collapse.h"

typedef enum ph_drawn_kind {
  PH_DRAWN_MAP,      /* every plane through the map */
  PH_DRAWN_COLOUR,   /* every pixel's three channels through a matrix, plus an offset; size kept */
  PH_DRAWN_NOISE,    /* a number of its own added to every number; size kept */
  PH_DRAWN_GRADIENT, /* nothing; going back, each image's gradient is scaled to a length; size kept */
  PH_DRAWN_COLLAPSE  /* four channels become three; size kept */
} ph_drawn_kind;

/* All zeros is a valid empty one. */
typedef struct ph_drawn {
  ph_drawn_kind kind;
  int64_t images, channels; /* of the batch; set, as map.input is, before the transform draws */
  ph_map map;               /* its input and output sizes hold for every kind */
  float matrix[3][3], offset[3];
  uint64_t seed;
  double amount; /* noise: the deviation, or half the width where `uniform` */
  bool uniform;
  const ph_list *lengths; /* gradient: one for all images, one for each, or none: 1 */
  ph_collapse *collapse;
} ph_drawn;

void ph_drawn_clear(ph_drawn *drawn);

/* Channels of the result. */
int64_t ph_drawn_channels(const ph_drawn *drawn);

/* Makes it one of the kinds that keep the image's size. */
void ph_drawn_become(ph_drawn *drawn, ph_drawn_kind kind);

/* Both overwrite dst. Results do not depend on the number of threads. */
void ph_drawn_forward(const ph_drawn *drawn, const float *src, float *dst);
void ph_drawn_backward(const ph_drawn *drawn, const float *src, float *dst);

#endif
