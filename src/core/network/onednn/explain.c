/* SPDX-License-Identifier: MIT */
/* A plan, for people to read: its operations, what has become of each layer, and how much memory it takes. */
#include "explain.h"

static int64_t buffer_bytes(const plan *p, int b) {
  return b < 0 ? 0 : p->buffer[b].size * (int64_t)sizeof(float);
}

/* The channels between the first and the last that a value has. */
static ph_channels channels_of(const value *v) {
  if (!v->blocked) return (ph_channels){0, v->shape.rank > 1 ? v->shape.dim[1] : 1};
  const segment last = v->segment[v->segments - 1];
  return (ph_channels){v->segment[0].logical, last.logical + last.count};
}

bool phd_explain_step(const void *self, int i, ph_plan_step *step) {
  const plan *p = self;
  if (i >= p->operations) return false;
  const operation *op = &p->operation[i];
  const value *v = &p->value[op->output];
  *step = (ph_plan_step){.kind = op->type->name,
                         .shape = v->shape,
                         .channels = channels_of(v),
                         .blocked = v->blocked,
                         .scratch = buffer_bytes(p, op->workspace) + buffer_bytes(p, op->scratch)};
  if (op->type->explain != NULL) op->type->explain(p, op, step);
  return true;
}

/* The operation that computes a layer, or -1. */
static int find_operation(const plan *p, const ph_layer *layer) {
  for (int i = 0; i < p->operations; i++)
    for (int l = 0; l < p->operation[i].layers; l++)
      if (p->operation[i].joined[l] == layer) return i;
  return -1;
}

ph_fate phd_explain_fate(const void *self, int index, int *step) {
  const plan *p = self;
  const ph_layer *layer = ph_network_layer(p->network, index);
  const int v = p->value_of[index];
  if (v < 0) return PH_LEFT_OUT;
  if (p->value[v].fixed != NULL) return PH_KNOWN;
  *step = find_operation(p, layer);
  if (*step >= 0) return PH_COMPUTED;
  if (layer->type->identity || layer->type->joins) return PH_IN_PLACE;
  *step = find_operation(p, ph_network_layer(p->network, layer->input[0]));
  return PH_FUSED;
}

ph_plan_memory phd_explain_memory(const void *self) {
  const plan *p = self;
  const int64_t size = (int64_t)sizeof(float);
  return (ph_plan_memory){p->kept_size * size, p->work_size * size, p->lone_size * size};
}
