/* SPDX-License-Identifier: MIT */
/* Making a plan: compile.c, and what it leaves to other files. */
#ifndef PH_DNNL_COMPILE_H
#define PH_DNNL_COMPILE_H

#include "plan.h"

/* Makes all of *p from the request; where it fails, the plan is to be dropped. */
ph_status phd_compile(plan *p, const ph_plan_request *request, ph_error *e);

/* ---- rules.c ---- */

/* The operation for a layer with these inputs, whose order may be changed to what the operation wants. */
const operation_type *phd_choose(const plan *p, const ph_layer *layer, ph_shape output, int *inputs);

/* Whether an operation wants input i blocked; and, given its inputs as it wants them, whether its output is.
 */
bool phd_wants_blocked(const plan *p, const operation_type *type, const ph_layer *layer, const int *inputs,
                       int i);
bool phd_gives_blocked(const plan *p, const operation_type *type, const int *inputs);

/* ---- constants.c ---- */

/* Whether none of the inputs depends on the picture. */
bool phd_are_fixed(const plan *p, const int *inputs, int count);

/* Where the last operation's inputs are fixed, runs it, once and for all, and takes it from the list. Not for
   types with workspace or primitives. */
ph_status phd_settle(plan *p, ph_error *e);

/* ---- storage.c ---- */

/* Decides who is first to write each gradient, and where every buffer lies. */
ph_status phd_lay_out(plan *p, ph_error *e);

/* Finds pad_offset and kept_height of operation i: in the work arena nothing lies beyond, neither while it
   goes forward nor while it goes back. */
void phd_find_pad(plan *p, int i);

#endif
