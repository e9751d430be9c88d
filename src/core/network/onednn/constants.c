/* SPDX-License-Identifier: MIT */
/* What does not depend on the picture: constants, and what is computed from constants alone. It is computed
   once, when the plan is made; it has no place in the arenas, and no gradient. */
#include "base/memory.h"
#include "compile.h"

bool phd_are_fixed(const plan *p, const int *inputs, int count) {
  for (int i = 0; i < count; i++)
    if (inputs[i] < 0 || p->value[inputs[i]].fixed == NULL) return false; /* -1: not read */
  return true;
}

/* The buffers of a value that turns out to need none are never touched, and so are given no place. */
static void fix(value *v, const float *data) {
  v->fixed = data;
  v->activation = v->gradient = -1;
}

ph_status phd_settle(plan *p, ph_error *e) {
  const operation *op = &p->operation[p->operations - 1];
  value *v = &p->value[op->output];
  if (!phd_are_fixed(p, op->input, op->inputs)) return PH_OK;
  if (op->layer != NULL && op->layer->type->constant) {
    fix(v, ph_tensor_read(op->layer->parameter[0]));
  } else {
    v->own = ph_alloc_array((size_t)phd_floats(p, op->output), sizeof *v->own);
    if (v->own == NULL) return ph_no_memory(e);
    fix(v, v->own);
    op->type->forward(&(run){.plan = p}, op);
  }
  p->operations--;
  return PH_OK;
}
