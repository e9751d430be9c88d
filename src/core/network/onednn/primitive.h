/* SPDX-License-Identifier: MIT */
/* oneDNN primitives with one source and one target, runnable by several lanes at once. */
#ifndef PH_DNNL_PRIMITIVE_H
#define PH_DNNL_PRIMITIVE_H

#include "plan.h"

/* One end of a primitive. Where its elements are not of the value's type it is staged: the primitive works on
   a converted copy. */
typedef struct primitive_end {
  dnnl_memory_t *memory; /* one a lane, without memory */
  int argument;
  element_type value, own;
  int64_t count;
  int64_t stage; /* of the copy, in the work arena */
} primitive_end;

/* A primitive as every lane can run it: oneDNN's own scratchpads belong to the thread that made them, so
   primitives are made to take ours. */
typedef struct primitive {
  dnnl_primitive_t handle;
  primitive_end source, target;
  dnnl_memory_t *pad; /* one a lane, without memory */
  int lanes;
  bool adds;          /* to what is in the target */
  int64_t pad_offset; /* of the scratchpad, in the work arena */
} primitive;

/* How a primitive is to be used: its arguments are DNNL_ARG_SRC and _DST, or going back DNNL_ARG_DIFF_DST and
   _DIFF_SRC, of values with these types. */
typedef struct primitive_use {
  bool backward_data, adds;
  element_type source, target;
} primitive_use;

/* Creates it from a description whose attributes ask for a scratchpad of the user's. */
ph_status phd_make_primitive(plan *p, dnnl_primitive_desc_t desc, primitive_use use, const ph_layer *layer,
                             primitive *made, ph_error *e);
void phd_drop_primitive(primitive *made);

/* One memory object for each lane, without memory yet. */
ph_status phd_make_lanes(const plan *p, dnnl_primitive_desc_t desc, dnnl_query_t what, const ph_layer *layer,
                         dnnl_memory_t **memory, ph_error *e);
void phd_drop_lanes(dnnl_memory_t *memory, int lanes);

/* What oneDNN calls its way of doing it, NULL where the primitive was not made; and the bytes of its
   scratchpad and staged ends. Bytes of one memory object. */
const char *phd_primitive_name(const primitive *made);
int64_t phd_primitive_scratch(const primitive *made);
int64_t phd_memory_bytes(dnnl_memory_t memory);

void phd_execute(const run *r, const primitive *made, const void *src, void *dst, dnnl_memory_t weights,
                 dnnl_memory_t bias);

#endif
