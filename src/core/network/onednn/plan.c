/* SPDX-License-Identifier: MIT */
/* A plan's tables: values, buffers and operations are added to them, and dropped with the plan. */
#include "plan.h"

#include <string.h>

#include "base/memory.h"

static ph_status make_room(void **table, int count, int *room, size_t size, ph_error *e) {
  if (count < *room) return PH_OK;
  int larger = *room == 0 ? 64 : *room * 2;
  void *moved = ph_alloc_array((size_t)larger, size);
  if (moved == NULL) return ph_no_memory(e);
  if (count > 0) memcpy(moved, *table, (size_t)count * size);
  ph_free(*table);
  *table = moved;
  *room = larger;
  return PH_OK;
}

ph_status phd_add_buffer(plan *p, bool kept, int64_t size, int *index, ph_error *e) {
  ph_status status = make_room((void **)&p->buffer, p->buffers, &p->buffer_room, sizeof *p->buffer, e);
  if (status != PH_OK) return status;
  p->buffer[p->buffers] = (buffer){.parent = -1, .size = size, .kept = kept};
  *index = p->buffers++;
  return PH_OK;
}

static ph_status set_segments(value *v, const segment *segments, int count, ph_error *e) {
  v->segment = ph_alloc_array((size_t)count, sizeof *v->segment);
  if (v->segment == NULL) return ph_no_memory(e);
  memcpy(v->segment, segments, (size_t)count * sizeof *v->segment);
  v->segments = count;
  return PH_OK;
}

ph_status phd_add_value(plan *p, ph_shape shape, int64_t channels, const segment *segments, int count,
                        int *index, ph_error *e) {
  ph_status status;
  value v = {.shape = shape, .blocked = channels > 0, .channels = channels, .gradient = -1};
  v.type = v.blocked ? p->type : dnnl_f32;
  PH_TRY(make_room((void **)&p->value, p->values, &p->value_room, sizeof *p->value, e));
  if (v.blocked) PH_TRY(set_segments(&v, segments, count, e));
  *index = p->values;
  p->value[p->values++] = v;
  PH_TRY(phd_add_buffer(p, true, phd_floats(p, *index), &p->value[*index].activation, e));
  if (p->backward) PH_TRY(phd_add_buffer(p, false, phd_floats(p, *index), &p->value[*index].gradient, e));
done:
  return status;
}

ph_status phd_add_operation(plan *p, const operation_type *type, const ph_layer *layer, const int *inputs,
                            int count, int output, ph_error *e) {
  ph_status status =
      make_room((void **)&p->operation, p->operations, &p->operation_room, sizeof *p->operation, e);
  if (status != PH_OK) return status;
  operation *op = &p->operation[p->operations];
  *op = (operation){.type = type,
                    .layer = layer,
                    .layers = layer != NULL,
                    .joined = {layer},
                    .inputs = count,
                    .output = output,
                    .workspace = -1,
                    .scratch = -1,
                    .mode = p->mode};
  for (int i = 0; i < count; i++) op->input[i] = inputs[i];
  p->operations++;
  return PH_OK;
}

void phd_drop_plan(plan *p) {
  for (int i = 0; i < p->operations; i++)
    if (p->operation[i].type->drop != NULL) p->operation[i].type->drop(&p->operation[i]);
  for (int i = 0; i < p->values; i++) {
    ph_free(p->value[i].segment);
    ph_free(p->value[i].own);
  }
  ph_free(p->operation);
  ph_free(p->value);
  ph_free(p->buffer);
  ph_free(p->value_of);
  ph_free(p->tap);
  ph_free(p->tap_adds);
  ph_free(p);
}
