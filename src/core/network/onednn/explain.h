/* SPDX-License-Identifier: MIT */
/* A plan, for people to read, as backend.h says it. */
#ifndef PH_DNNL_EXPLAIN_H
#define PH_DNNL_EXPLAIN_H

#include "plan.h"

bool phd_explain_step(const void *self, int i, ph_plan_step *step);
ph_fate phd_explain_fate(const void *self, int index, int *step);
ph_plan_memory phd_explain_memory(const void *self);

#endif
