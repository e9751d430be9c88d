/* Weights in the layouts that primitives ask for: reordered once, shared by all plans of a network. */
#include <string.h>

#include "../memory.h"
#include "plan.h"

struct weights_entry {
  weights_entry *next;
  const ph_layer *layer;
  int variant;
  weights_form form;
  dnnl_memory_desc_t layout;
  float *data;
};

static weights_entry *find(const shared *s, const operation *op, int variant, const weights_form *form,
                           const dnnl_memory_desc_t *layout) {
  for (weights_entry *w = s->weights; w != NULL; w = w->next)
    if (w->layer == op->layer && w->variant == variant && memcmp(&w->form, form, sizeof *form) == 0 &&
        dnnl_memory_desc_equal(&w->layout, layout))
      return w;
  return NULL;
}

/* Plain (g, o, i, kh, kw), or (o, i, kh, kw) for one group; or (o, i) where the layout has rank 2. */
static dnnl_status_t plain_layout(const dnnl_memory_desc_t *like, dnnl_memory_desc_t *plain) {
  static const dnnl_format_tag_t tags[] = {[2] = dnnl_ab, [4] = dnnl_abcd, [5] = dnnl_abcde};
  return dnnl_memory_desc_init_by_tag(plain, like->ndims, like->dims, dnnl_f32, tags[like->ndims]);
}

static ph_status reorder(shared *s, const ph_layer *layer, const dnnl_memory_desc_t *from, float *src,
                         const dnnl_memory_desc_t *to, float *dst, ph_error *e) {
  dnnl_primitive_desc_t desc = NULL;
  dnnl_primitive_t reorderer = NULL;
  dnnl_memory_t source = NULL, target = NULL;
  ph_status status;
  PH_TRY(
      phd_check(dnnl_reorder_primitive_desc_create(&desc, from, s->engine, to, s->engine, NULL), layer, e));
  PH_TRY(phd_check(dnnl_primitive_create(&reorderer, desc), layer, e));
  PH_TRY(phd_check(dnnl_memory_create(&source, from, s->engine, src), layer, e));
  PH_TRY(phd_check(dnnl_memory_create(&target, to, s->engine, dst), layer, e));
  dnnl_exec_arg_t arguments[] = {{DNNL_ARG_FROM, source}, {DNNL_ARG_TO, target}};
  PH_TRY(phd_check(dnnl_primitive_execute(reorderer, s->stream, 2, arguments), layer, e));
  PH_TRY(phd_check(dnnl_stream_wait(s->stream), layer, e));
fail:
  dnnl_memory_destroy(source);
  dnnl_memory_destroy(target);
  dnnl_primitive_destroy(reorderer);
  dnnl_primitive_desc_destroy(desc);
  return status;
}

ph_status phd_weights(plan *p, const operation *op, int variant, const weights_form *form,
                      const dnnl_memory_desc_t *layout, fill_weights fill, float **data, ph_error *e) {
  shared *s = p->shared;
  weights_entry *entry = find(s, op, variant, form, layout);
  if (entry != NULL) {
    *data = entry->data;
    return PH_OK;
  }
  dnnl_memory_desc_t plain;
  ph_status status;
  size_t count = (size_t)(form->outputs * (form->inputs / form->groups) * form->kernel[0] * form->kernel[1]);
  float *filled = ph_alloc_array(count, sizeof *filled);
  entry = ph_alloc(sizeof *entry);
  if (filled == NULL || entry == NULL) {
    status = ph_no_memory(e);
    goto fail;
  }
  *entry = (weights_entry){
      .next = s->weights, .layer = op->layer, .variant = variant, .form = *form, .layout = *layout};
  entry->data = ph_alloc(dnnl_memory_desc_get_size(layout));
  if (entry->data == NULL) {
    status = ph_no_memory(e);
    goto fail;
  }
  fill(p, op, form, filled);
  PH_TRY(phd_check(plain_layout(layout, &plain), op->layer, e));
  PH_TRY(reorder(s, op->layer, &plain, filled, layout, entry->data, e));
  s->weights = entry;
  *data = entry->data;
  ph_free(filled);
  return PH_OK;
fail:
  ph_free(filled);
  if (entry != NULL) ph_free(entry->data);
  ph_free(entry);
  return status;
}

void phd_drop_weights(shared *s) {
  while (s->weights != NULL) {
    weights_entry *next = s->weights->next;
    ph_free(s->weights->data);
    ph_free(s->weights);
    s->weights = next;
  }
}
