/* SPDX-License-Identifier: MIT */
/* Which operation runs a layer, and in which layout it wants its inputs and gives its output. */
#include "compile.h"
#include "network/onednn/operations/operations.h"

/* Of a type's operations the first that fits is taken. Where there is none, the layer's own plain C does the
   work. */
static const struct rule {
  const ph_layer_type *layer;
  const operation_type *operation;
} rules[] = {{&ph_layer_convolution, &phd_convolution},
             {&ph_layer_dense, &phd_dense},
             {&ph_layer_max_pool, &phd_max_pool},
             {&ph_layer_average_pool, &phd_average_pool},
             {&ph_layer_global_average_pool, &phd_global_average_pool},
             {&ph_layer_local_response_norm, &phd_lrn},
             {&ph_layer_relu, &phd_relu},
             {&ph_layer_sum, &phd_sum},
             {&ph_layer_batch_norm, &phd_affine},
             {&ph_layer_binary, &phd_affine},
             {&ph_layer_binary, &phd_gated},
             {&ph_layer_binary, &phd_pointwise},
             {&ph_layer_matmul, &phd_matmul}};

const operation_type *phd_choose(const plan *p, const ph_layer *layer, ph_shape output, int *inputs) {
  if (layer->type->source) return &phd_source;
  if (phd_are_fixed(p, inputs, layer->inputs)) return &phd_reference;
  for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
    const operation_type *type = rules[i].operation;
    if (rules[i].layer != layer->type) continue;
    if (type->fits == NULL || type->fits(p, layer, output, inputs)) return type;
  }
  if (layer->type->row_axis != NULL && layer->type->row_axis(layer, output.rank) > 0) return &phd_rows;
  return layer->type->reach == PH_REACH_ELEMENT ? &phd_pointwise : &phd_reference;
}

/* The channels that a value has without gaps. */
static segment part_of(const value *v) {
  return v->blocked ? v->segment[0] : (segment){0, v->shape.dim[1], 0};
}

/* Whether some of the inputs are blocked, and all have the same channels in the same places. */
static bool are_alike(const plan *p, const int *inputs, int count) {
  bool blocked = false, alike = true;
  for (int i = 0; i < count; i++) blocked = blocked || p->value[inputs[i]].blocked;
  for (int i = 0; i < count && blocked && count > 1; i++) {
    const value *v = &p->value[inputs[i]];
    const segment part = part_of(v), first = part_of(&p->value[inputs[0]]);
    alike = alike && !phd_has_gaps(v) && part.logical == first.logical && part.count == first.count;
  }
  return blocked && alike;
}

bool phd_wants_blocked(const plan *p, const operation_type *type, const ph_layer *layer, const int *inputs,
                       int i) {
  if (type->takes == TAKES_PLAIN) return false;
  if (type->takes_plain != NULL && type->takes_plain(p, layer, inputs, i)) return false;
  return type->takes == TAKES_BLOCKED || are_alike(p, inputs, layer->inputs);
}

bool phd_gives_blocked(const plan *p, const operation_type *type, const int *inputs) {
  return type->takes == TAKES_BLOCKED || (type->takes == TAKES_EITHER && p->value[inputs[0]].blocked);
}
