/* SPDX-License-Identifier: MIT */
/* What is to be known of all layers before any is compiled: which are needed, their shapes, what of them is
   read, and which of them run together. */
#ifndef PH_DNNL_ANALYSIS_H
#define PH_DNNL_ANALYSIS_H

#include "plan.h"

/* A layer among the convolutions that run as one: the first of them, in the order of their output, and the
   next; -1 where there is none. */
typedef struct sibling {
  int head, next;
} sibling;

/* Of every layer: */
typedef struct analysis {
  bool *needed;
  ph_shape *shape;    /* of those that are needed */
  ph_channels *reads; /* which channels are read */
  int *fused;         /* the ReLU that is to be fused into it, or -1 */
  sibling *siblings;
} analysis;

/* *s is to be dropped, also where there is an error. */
ph_status phd_analyse(const plan *p, const ph_plan_request *request, analysis *s, ph_error *e);
void phd_drop_analysis(analysis *s);

/* ---- live_channels.c ---- */

/* Which channels of each layer's output are read, by taps or by other layers; `needed` is cleared where none
   are. Only of what convolutions compute channel by channel, and of what is made of that channel by channel,
   are they fewer than all. `reads` has an entry a layer. */
void phd_find_reads(const plan *p, const ph_plan_request *request, const ph_shape *shapes, bool *needed,
                    ph_channels *reads);

/* ---- merged_convolutions.c ---- */

/* Fills in `siblings` from all the rest. Convolutions of one input run as one where all that the network has
   are read whole: so their weights are the same in every plan. */
ph_status phd_find_siblings(const ph_network *network, const analysis *s, sibling *siblings, ph_error *e);

#endif
