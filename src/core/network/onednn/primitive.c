/* SPDX-License-Identifier: MIT */
/* oneDNN primitives with one source and one target, runnable by several lanes at once, and on values of
   another element type than their own. */
#include "base/memory.h"
#include "library.h"
#include "primitive.h"
#include "vectors.h"

ph_status phd_make_lanes(const plan *p, dnnl_primitive_desc_t desc, dnnl_query_t what, const ph_layer *layer,
                         dnnl_memory_t **memory, ph_error *e) {
  ph_status status = PH_OK;
  *memory = ph_alloc_array((size_t)p->lanes, sizeof **memory);
  if (*memory == NULL) return ph_no_memory(e);
  const layout_view md = dnnl_primitive_desc_query_md(desc, what, 0);
  for (int lane = 0; lane < p->lanes && status == PH_OK; lane++)
    status =
        phd_check(dnnl_memory_create(&(*memory)[lane], md, p->shared->engine, DNNL_MEMORY_NONE), layer, e);
  return status;
}

/* Takes the next floats of what is free while the operation runs. */
static int64_t take(plan *p, int64_t *end, int64_t floats) {
  int64_t offset = *end;
  *end += (floats + 15) / 16 * 16;
  if (*end > p->work_size) p->work_size = *end;
  if (*end + p->kept_height > p->lone_size) p->lone_size = *end + p->kept_height;
  return offset;
}

static ph_status make_end(plan *p, dnnl_primitive_desc_t desc, dnnl_query_t what, const ph_layer *layer,
                          primitive_end *made, int64_t *end, ph_error *e) {
  const layout_view md = dnnl_primitive_desc_query_md(desc, what, 0);
  made->own = phd_layout_type(md);
  made->count = (int64_t)dnnl_memory_desc_get_size(md) / phd_size(made->own);
  if (made->own != made->value)
    made->stage = take(p, end, made->count * phd_size(made->own) / (int64_t)sizeof(float) + 1);
  return phd_make_lanes(p, desc, what, layer, &made->memory, e);
}

ph_status phd_make_primitive(plan *p, dnnl_primitive_desc_t desc, primitive_use use, const ph_layer *layer,
                             primitive *made, ph_error *e) {
  const bool back = use.backward_data;
  int64_t end = p->pad_offset;
  ph_status status;
  made->lanes = p->lanes;
  made->adds = use.adds;
  made->source = (primitive_end){.argument = back ? DNNL_ARG_DIFF_DST : DNNL_ARG_SRC, .value = use.source};
  made->target = (primitive_end){.argument = back ? DNNL_ARG_DIFF_SRC : DNNL_ARG_DST, .value = use.target};
  PH_TRY(phd_check(dnnl_primitive_create(&made->handle, desc), layer, e));
  PH_TRY(make_end(p, desc, back ? dnnl_query_diff_dst_md : dnnl_query_src_md, layer, &made->source, &end, e));
  PH_TRY(make_end(p, desc, back ? dnnl_query_diff_src_md : dnnl_query_dst_md, layer, &made->target, &end, e));
  PH_TRY(phd_make_lanes(p, desc, dnnl_query_scratchpad_md, layer, &made->pad, e));
  const layout_view pad = dnnl_primitive_desc_query_md(desc, dnnl_query_scratchpad_md, 0);
  made->pad_offset = take(p, &end, (int64_t)(dnnl_memory_desc_get_size(pad) / sizeof(float)) + 16);
done:
  return status;
}

void phd_drop_lanes(dnnl_memory_t *memory, int lanes) {
  for (int lane = 0; memory != NULL && lane < lanes; lane++) dnnl_memory_destroy(memory[lane]);
  ph_free(memory);
}

void phd_drop_primitive(primitive *made) {
  dnnl_primitive_destroy(made->handle);
  phd_drop_lanes(made->source.memory, made->lanes);
  phd_drop_lanes(made->target.memory, made->lanes);
  phd_drop_lanes(made->pad, made->lanes);
  *made = (primitive){0};
}

/* Where the primitive finds an end whose value lies at `data`; `read` says whether it reads what is there. */
static void *stage(const run *r, const primitive_end *end, const void *data, bool read) {
  if (end->own == end->value) return (void *)(uintptr_t)data;
  void *copy = r->work + end->stage;
  if (read) phd_convert(copy, end->own, data, end->value, end->count);
  return copy;
}

void phd_execute(const run *r, const primitive *made, const void *src, void *dst, dnnl_memory_t weights,
                 dnnl_memory_t bias) {
  const primitive_end *from = &made->source, *to = &made->target;
  dnnl_memory_t source = from->memory[r->lane], target = to->memory[r->lane], pad = made->pad[r->lane];
  void *staged = stage(r, to, dst, made->adds);
  dnnl_memory_set_data_handle(source, stage(r, from, src, true));
  dnnl_memory_set_data_handle(target, staged);
  dnnl_memory_set_data_handle(pad, r->work + made->pad_offset);
  dnnl_exec_arg_t arguments[] = {{from->argument, source},
                                 {to->argument, target},
                                 {DNNL_ARG_SCRATCHPAD, pad},
                                 {DNNL_ARG_WEIGHTS, weights},
                                 {DNNL_ARG_BIAS, bias}};
  dnnl_primitive_execute(made->handle, r->plan->shared->stream, bias == NULL ? 4 : 5, arguments);
  if (staged != dst) phd_convert(dst, to->value, staged, to->own, to->count);
}

/* ---- for people to read ---- */

const char *phd_primitive_name(const primitive *made) {
  const_dnnl_primitive_desc_t desc = NULL;
  const char *name = NULL;
  if (made->handle == NULL) return NULL;
  dnnl_primitive_get_primitive_desc(made->handle, &desc);
  dnnl_primitive_desc_query(desc, dnnl_query_impl_info_str, 0, &name);
  return name;
}

int64_t phd_memory_bytes(dnnl_memory_t memory) {
  layout_view md = NULL;
  if (memory == NULL) return 0;
  dnnl_memory_get_memory_desc(memory, &md);
  return (int64_t)dnnl_memory_desc_get_size(md);
}

static int64_t staged_bytes(const primitive_end *end) {
  return end->own == end->value ? 0 : end->count * phd_size(end->own);
}

int64_t phd_primitive_scratch(const primitive *made) {
  if (made->handle == NULL) return 0;
  return phd_memory_bytes(made->pad[0]) + staged_bytes(&made->source) + staged_bytes(&made->target);
}
