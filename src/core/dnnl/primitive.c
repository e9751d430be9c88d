/* oneDNN primitives with one source and one target, runnable by several lanes at once. */
#include "../memory.h"
#include "plan.h"

/* A memory object for each lane, without memory yet. */
static ph_status make_lanes(const plan *p, dnnl_primitive_desc_t desc, dnnl_query_t what,
                            const ph_layer *layer, dnnl_memory_t **memory, ph_error *e) {
  ph_status status = PH_OK;
  *memory = ph_alloc_array((size_t)p->lanes, sizeof **memory);
  if (*memory == NULL) return ph_no_memory(e);
  const dnnl_memory_desc_t *md = dnnl_primitive_desc_query_md(desc, what, 0);
  for (int lane = 0; lane < p->lanes && status == PH_OK; lane++)
    status =
        phd_check(dnnl_memory_create(&(*memory)[lane], md, p->shared->engine, DNNL_MEMORY_NONE), layer, e);
  return status;
}

ph_status phd_make_primitive(plan *p, dnnl_primitive_desc_t desc, bool backward_data, const ph_layer *layer,
                             primitive *made, ph_error *e) {
  ph_status status;
  made->lanes = p->lanes;
  made->source_argument = backward_data ? DNNL_ARG_DIFF_DST : DNNL_ARG_SRC;
  made->target_argument = backward_data ? DNNL_ARG_DIFF_SRC : DNNL_ARG_DST;
  PH_TRY(phd_check(dnnl_primitive_create(&made->handle, desc), layer, e));
  PH_TRY(make_lanes(p, desc, backward_data ? dnnl_query_diff_dst_md : dnnl_query_src_md, layer, &made->source,
                    e));
  PH_TRY(make_lanes(p, desc, backward_data ? dnnl_query_diff_src_md : dnnl_query_dst_md, layer, &made->target,
                    e));
  PH_TRY(make_lanes(p, desc, dnnl_query_scratchpad_md, layer, &made->pad, e));
  const dnnl_memory_desc_t *pad = dnnl_primitive_desc_query_md(desc, dnnl_query_scratchpad_md, 0);
  int64_t floats = (int64_t)(dnnl_memory_desc_get_size(pad) / sizeof(float)) + 16;
  made->pad_offset = p->pad_offset;
  if (made->pad_offset + floats > p->work_size) p->work_size = made->pad_offset + floats;
fail:
  return status;
}

static void drop_lanes(dnnl_memory_t *memory, int lanes) {
  for (int lane = 0; memory != NULL && lane < lanes; lane++) dnnl_memory_destroy(memory[lane]);
  ph_free(memory);
}

void phd_drop_primitive(primitive *made) {
  dnnl_primitive_destroy(made->handle);
  drop_lanes(made->source, made->lanes);
  drop_lanes(made->target, made->lanes);
  drop_lanes(made->pad, made->lanes);
  *made = (primitive){0};
}

void phd_execute(const run *r, const primitive *made, const float *src, float *dst, dnnl_memory_t weights,
                 dnnl_memory_t bias) {
  dnnl_memory_t source = made->source[r->lane], target = made->target[r->lane], pad = made->pad[r->lane];
  dnnl_memory_set_data_handle(source, (void *)(uintptr_t)src);
  dnnl_memory_set_data_handle(target, dst);
  dnnl_memory_set_data_handle(pad, r->work + made->pad_offset);
  dnnl_exec_arg_t arguments[] = {{made->source_argument, source},
                                 {made->target_argument, target},
                                 {DNNL_ARG_SCRATCHPAD, pad},
                                 {DNNL_ARG_WEIGHTS, weights},
                                 {DNNL_ARG_BIAS, bias}};
  dnnl_primitive_execute(made->handle, r->plan->shared->stream, bias == NULL ? 4 : 5, arguments);
}
