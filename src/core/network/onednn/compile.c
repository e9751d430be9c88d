/* SPDX-License-Identifier: MIT */
/* From layers to operations: which layers a plan needs, which are fused, in which layout each value is kept,
   and which values are computed straight into their place in a concatenation. */
#include <string.h>

#include "base/memory.h"
#include "compile.h"
#include "network/onednn/operations/operations.h"
#include "analysis.h"
#include "weights.h"

static int64_t round_up(int64_t n, int64_t to) { return (n + to - 1) / to * to; }

/* A value of all channels at 0. */
static ph_status add_whole(plan *p, ph_shape shape, bool blocked, int *index, ph_error *e) {
  segment all = {0, shape.rank > 1 ? shape.dim[1] : 1, 0};
  return phd_add_value(p, shape, blocked ? round_up(shape.dim[1], p->shared->block) : 0, &all, 1, index, e);
}

/* Value v in the wanted layout: itself, or a converted twin. */
static ph_status in_layout(plan *p, int v, bool blocked, int *twin, ph_error *e) {
  ph_status status;
  *twin = v;
  if (p->value[v].blocked == blocked) return PH_OK;
  for (int i = 0; i < p->operations; i++) {
    const operation *op = &p->operation[i];
    if ((op->type == &phd_to_plain || op->type == &phd_to_blocked) && op->input[0] == v) {
      *twin = op->output;
      return PH_OK;
    }
  }
  PH_TRY(add_whole(p, p->value[v].shape, blocked, twin, e));
  PH_TRY(phd_add_operation(p, blocked ? &phd_to_blocked : &phd_to_plain, NULL, &v, 1, *twin, e));
  PH_TRY(phd_settle(p, e));
done:
  return status;
}

/* ---- concatenation ---- */

/* Whether a value's memory may be moved into a concatenation: it is a root of its own, and only itself. */
static bool is_movable(const plan *p, int v, const int *inputs, int before) {
  if (p->value[v].fixed != NULL) return false;
  const buffer *b = &p->buffer[p->value[v].activation];
  for (int i = 0; i < before; i++)
    if (inputs[i] == v) return false;
  return p->value[v].blocked && b->parent < 0 && b->size == phd_floats(p, v);
}

static void place_within(plan *p, int inner, int outer, int64_t offset) {
  p->buffer[inner].parent = outer;
  p->buffer[inner].offset = offset;
}

/* The concatenated value of blocked inputs, of which each begins at a channel: their segments, one after the
   other. */
static ph_status add_concatenated(plan *p, ph_shape shape, const int *inputs, const int64_t *start, int count,
                                  int *output, ph_error *e) {
  int segments = 0;
  for (int i = 0; i < count; i++) segments += p->value[inputs[i]].segments;
  segment *list = ph_alloc_array((size_t)segments, sizeof *list);
  if (list == NULL) return ph_no_memory(e);
  int64_t physical = 0;
  segments = 0;
  for (int i = 0; i < count; i++) {
    const value *v = &p->value[inputs[i]];
    for (int s = 0; s < v->segments; s++) {
      segment moved = v->segment[s];
      moved.logical += start[i];
      moved.physical += physical;
      segment *last = segments > 0 ? &list[segments - 1] : NULL;
      if (last != NULL && last->logical + last->count == moved.logical &&
          last->physical + last->count == moved.physical)
        last->count += moved.count;
      else
        list[segments++] = moved;
    }
    physical += v->channels;
  }
  ph_status status = phd_add_value(p, shape, physical, list, segments, output, e);
  ph_free(list);
  return status;
}

/* Whether a value lies at the end of what convolutions that run as one compute. */
static bool ends_joined(const plan *p, int v) {
  const buffer *b = &p->buffer[p->value[v].activation];
  if (b->parent < 0 || p->buffer[b->parent].parent >= 0) return false;
  if (b->offset + b->size != p->buffer[b->parent].size) return false;
  for (int i = p->operations - 1; i >= 0; i--)
    if (p->value[p->operation[i].output].activation == b->parent) return p->operation[i].layers > 1;
  return false;
}

/* Makes the end of one buffer the beginning of another. */
static ph_status overlap(plan *p, int slice, int later, ph_error *e) {
  const buffer end = p->buffer[slice];
  const int earlier = end.parent;
  int both;
  ph_status status = phd_add_buffer(p, end.kept, end.offset + p->buffer[later].size, &both, e);
  if (status != PH_OK) return status;
  place_within(p, earlier, both, 0);
  place_within(p, later, both, end.offset);
  return PH_OK;
}

/* The source's value is never moved: its gradient is copied out at the end. Inputs of which nothing is read
   are not there (-1). */
static ph_status compile_concat(plan *p, const ph_layer *layer, ph_shape shape, const ph_shape *shapes,
                                const int *given, int *output, ph_error *e) {
  int inputs[PH_MAX_INPUTS] = {0}, count = 0;
  int64_t start[PH_MAX_INPUTS] = {0}, logical = 0, offset = 0;
  ph_status status;
  for (int i = 0; i < layer->inputs; i++) {
    start[count] = logical;
    logical += shapes[layer->input[i]].dim[1];
    if (given[i] >= 0) PH_TRY(in_layout(p, given[i], true, &inputs[count++], e));
  }
  PH_TRY(add_concatenated(p, shape, inputs, start, count, output, e));
  for (int i = 0; i < count; i++) {
    int v = inputs[i], from = v;
    if (i == 0 && ends_joined(p, v)) {
      PH_TRY(overlap(p, p->value[v].activation, p->value[*output].activation, e));
      if (p->backward) PH_TRY(overlap(p, p->value[v].gradient, p->value[*output].gradient, e));
      offset += phd_floats(p, v);
      continue;
    }
    bool movable = is_movable(p, v, inputs, i);
    if (!movable)
      PH_TRY(phd_add_value(p, p->value[v].shape, p->value[v].channels, p->value[v].segment,
                           p->value[v].segments, &v, e));
    place_within(p, p->value[v].activation, p->value[*output].activation, offset);
    if (p->backward) place_within(p, p->value[v].gradient, p->value[*output].gradient, offset);
    if (!movable) PH_TRY(phd_add_operation(p, &phd_copy, NULL, &from, 1, v, e));
    offset += phd_floats(p, v);
  }
done:
  return status;
}

/* ---- layers ---- */

/* The value of a convolution of which only some channels are read: those, in whole blocks. */
static ph_status add_part(plan *p, ph_shape shape, ph_channels read, int *output, ph_error *e) {
  const int64_t block = p->shared->block, first = read.first / block * block;
  const int64_t channels = round_up(read.last - first, block);
  const int64_t held = first + channels < shape.dim[1] ? channels : shape.dim[1] - first;
  return phd_add_value(p, shape, channels, &(segment){first, held, 0}, 1, output, e);
}

/* `relu` tells whether the layer's ReLU was fused. */
static ph_status compile_layer(plan *p, const analysis *s, int index, bool *relu, int *output, ph_error *e) {
  const ph_layer *layer = p->layer[index];
  const ph_shape shape = s->shape[index];
  int given[PH_MAX_INPUTS], inputs[PH_MAX_INPUTS];
  ph_status status;
  *relu = false;
  for (int i = 0; i < layer->inputs; i++) given[i] = p->value_of[layer->input[i]];
  if (layer->type->identity) {
    *output = given[0];
    return PH_OK;
  }
  if (layer->type->joins && phd_is_map(shape) && ph_concat_axis(layer, shape.rank) == 1 &&
      !phd_are_fixed(p, given, layer->inputs))
    return compile_concat(p, layer, shape, s->shape, given, output, e);
  const operation_type *type = phd_choose(p, layer, shape, given);
  for (int i = 0; i < layer->inputs; i++)
    PH_TRY(in_layout(p, given[i], phd_wants_blocked(p, type, layer, given, i), &inputs[i], e));
  if (!phd_gives_blocked(p, type, inputs)) {
    PH_TRY(add_whole(p, shape, false, output, e));
  } else if (type->keeps_segments) {
    const value *v = &p->value[inputs[0]];
    PH_TRY(phd_add_value(p, shape, v->channels, v->segment, v->segments, output, e));
  } else if (type->computes_part) {
    PH_TRY(add_part(p, shape, s->reads[index], output, e));
  } else {
    PH_TRY(add_whole(p, shape, true, output, e));
  }
  PH_TRY(phd_add_operation(p, type, layer, inputs, layer->inputs, *output, e));
  *relu = s->fused[index] >= 0 && type->fuses_relu;
  p->operation[p->operations - 1].relu = *relu;
  p->operation[p->operations - 1].part = s->reads[index];
  if (!layer->type->source) PH_TRY(phd_settle(p, e));
done:
  return status;
}

/* ---- convolutions that run as one ---- */

/* Whether the layer is one of several, and they run as blocked convolutions here. */
static bool runs_joined(const plan *p, const analysis *s, int index) {
  const ph_layer *layer = ph_network_layer(p->network, index);
  if (s->siblings[index].head < 0) return false;
  int input = p->value_of[layer->input[0]];
  const operation_type *type = phd_choose(p, layer, s->shape[index], &input);
  return type == &phd_convolution && phd_wants_blocked(p, type, layer, &input, 0);
}

/* Each has its slice of the joined output. */
static ph_status compile_joined(plan *p, const analysis *s, int head, ph_error *e) {
  const ph_layer *layer[PHD_MOST_JOINED];
  int slice[PHD_MOST_JOINED], count = 0, input, output;
  int64_t start[PHD_MOST_JOINED], offset = 0;
  ph_shape shape = s->shape[head];
  ph_status status;
  shape.dim[1] = 0;
  for (int i = head; i >= 0; i = s->siblings[i].next, count++) {
    PH_TRY(add_whole(p, s->shape[i], true, &slice[count], e));
    layer[count] = ph_network_layer(p->network, i);
    start[count] = shape.dim[1];
    shape.dim[1] += s->shape[i].dim[1];
    p->value_of[i] = slice[count];
    if (s->fused[i] >= 0) p->value_of[s->fused[i]] = slice[count];
  }
  PH_TRY(in_layout(p, p->value_of[layer[0]->input[0]], true, &input, e));
  PH_TRY(add_concatenated(p, shape, slice, start, count, &output, e));
  for (int i = 0; i < count; i++) {
    place_within(p, p->value[slice[i]].activation, p->value[output].activation, offset);
    if (p->backward) place_within(p, p->value[slice[i]].gradient, p->value[output].gradient, offset);
    offset += phd_floats(p, slice[i]);
  }
  PH_TRY(phd_add_operation(p, &phd_convolution, layer[0], &input, 1, output, e));
  operation *op = &p->operation[p->operations - 1];
  op->relu = s->fused[head] >= 0;
  op->layers = count;
  for (int i = 0; i < count; i++) op->joined[i] = layer[i];
done:
  return status;
}

/* ---- all of it ---- */

static ph_status compile_layers(plan *p, const analysis *s, ph_error *e) {
  ph_status status = PH_OK;
  for (int i = 0; i < ph_network_count(p->network); i++) {
    bool relu;
    if (!s->needed[i] || p->value_of[i] >= 0) continue;
    if (runs_joined(p, s, i)) {
      PH_TRY(compile_joined(p, s, s->siblings[i].head, e));
      continue;
    }
    PH_TRY(compile_layer(p, s, i, &relu, &p->value_of[i], e));
    if (relu) p->value_of[s->fused[i]] = p->value_of[i];
  }
done:
  return status;
}

static ph_status prepare_operations(plan *p, ph_error *e) {
  ph_status status = PH_OK;
  for (int i = 0; i < p->operations; i++)
    if (p->operation[i].type->reserve != NULL) PH_TRY(p->operation[i].type->reserve(p, &p->operation[i], e));
  PH_TRY(phd_lay_out(p, e));
  for (int i = 0; i < p->operations; i++) {
    phd_find_pad(p, i);
    if (p->operation[i].type->prepare != NULL) PH_TRY(p->operation[i].type->prepare(p, &p->operation[i], e));
  }
  PH_TRY(phd_fill_weights(p, e));
done:
  if (status != PH_OK) phd_drop_unfilled_weights(p->shared);
  return status;
}

ph_status phd_compile(plan *p, const ph_plan_request *request, ph_error *e) {
  const size_t count = (size_t)ph_network_count(request->network);
  analysis s;
  ph_status status;
  p->taps = request->taps;
  p->value_of = ph_alloc_array(count, sizeof *p->value_of);
  p->tap = ph_alloc_array((size_t)request->taps, sizeof *p->tap);
  p->tap_adds = ph_alloc_array((size_t)request->taps, sizeof *p->tap_adds);
  if (p->value_of == NULL || p->tap == NULL || p->tap_adds == NULL) return ph_no_memory(e);
  for (size_t i = 0; i < count; i++) p->value_of[i] = -1;
  PH_TRY(phd_analyse(p, request, &s, e));
  PH_TRY(compile_layers(p, &s, e));
  for (int i = 0; i < p->taps; i++) p->tap[i] = p->value_of[request->tap[i]];
  PH_TRY(prepare_operations(p, e));
done:
  phd_drop_analysis(&s);
  return status;
}
