/* SPDX-License-Identifier: MIT */
/* Weights in the layouts that primitives ask for: reordered once, shared by all plans of a network. While a
   plan is made they are only asked for; then all get one block of memory, and are filled, each by one thread.
 */
#include <string.h>

#include "base/memory.h"
#include "base/threads.h"
#include "library.h"
#include "weights.h"

struct weights_entry {
  weights_entry *next;
  const ph_layer *layer;
  int variant;
  weights_form form;
  memory_layout layout;
  dnnl_memory_t memory;
  void *block; /* the memory of this entry and those that were filled with it, in one of them; else NULL */
  /* Until it is filled: */
  const operation *op;
  fill_weights fill;
};

static weights_entry *find(const shared *s, const operation *op, int variant, const weights_form *form,
                           layout_view layout) {
  for (weights_entry *w = s->weights; w != NULL; w = w->next)
    if (w->layer == op->layer && w->variant == variant && memcmp(&w->form, form, sizeof *form) == 0 &&
        dnnl_memory_desc_equal(phd_view(&w->layout), layout))
      return w;
  return NULL;
}

static ph_status reorder(shared *s, const float *plain, const weights_entry *to, ph_error *e) {
  const ph_layer *layer = to->layer;
  memory_layout from = {0};
  dnnl_primitive_desc_t desc = NULL;
  dnnl_primitive_t reorderer = NULL;
  dnnl_memory_t source = NULL;
  int64_t scratch = 0; /* bytes that it allocates for itself, as the other threads do at the same time */
  ph_status status;
  PH_TRY(ph_memory_has_room(PHD_ROOM) ? PH_OK : ph_no_memory(e));
  PH_TRY(phd_check(phd_make_plain_layout(&from, phd_view(&to->layout)), layer, e));
  PH_TRY(phd_check(dnnl_reorder_primitive_desc_create(&desc, phd_view(&from), s->engine,
                                                      phd_view(&to->layout), s->engine, NULL),
                   layer, e));
  dnnl_primitive_desc_query(desc, dnnl_query_memory_consumption_s64, 0, &scratch);
  PH_TRY(ph_memory_has_room(PHD_ROOM + (size_t)scratch * (size_t)ph_team_size()) ? PH_OK : ph_no_memory(e));
  PH_TRY(phd_check(dnnl_primitive_create(&reorderer, desc), layer, e));
  PH_TRY(
      phd_check(dnnl_memory_create(&source, phd_view(&from), s->engine, (void *)(uintptr_t)plain), layer, e));
  dnnl_exec_arg_t arguments[] = {{DNNL_ARG_FROM, source}, {DNNL_ARG_TO, to->memory}};
  PH_TRY(phd_check(dnnl_primitive_execute(reorderer, s->stream, 2, arguments), layer, e));
  PH_TRY(phd_check(dnnl_stream_wait(s->stream), layer, e));
done:
  phd_drop_layout(&from);
  dnnl_memory_destroy(source);
  dnnl_primitive_destroy(reorderer);
  dnnl_primitive_desc_destroy(desc);
  return status;
}

ph_status phd_weights(plan *p, const operation *op, int variant, const weights_form *form, layout_view layout,
                      fill_weights fill, dnnl_memory_t *memory, ph_error *e) {
  shared *s = p->shared;
  weights_entry *entry = find(s, op, variant, form, layout);
  if (entry == NULL) {
    entry = ph_alloc(sizeof *entry);
    if (entry == NULL) return ph_no_memory(e);
    *entry = (weights_entry){
        .next = s->weights, .layer = op->layer, .variant = variant, .form = *form, .op = op, .fill = fill};
    s->weights = entry;
    ph_status status = phd_check(phd_copy_layout(&entry->layout, layout), op->layer, e);
    if (status == PH_OK)
      status =
          phd_check(dnnl_memory_create(&entry->memory, layout, s->engine, DNNL_MEMORY_NONE), op->layer, e);
    if (status != PH_OK) return status;
  }
  *memory = entry->memory;
  return PH_OK;
}

/* ---- filling ---- */

/* `room` is the calling thread's own, for the weights in their plain layout. */
static ph_status fill_entry(const plan *p, const weights_entry *w, float *room, ph_error *e) {
  return reorder(p->shared, w->fill(p, w->op, &w->form, room), w, e);
}

/* New entries stand first. */
static int count_unfilled(const shared *s, size_t *room) {
  int count = 0;
  *room = 0;
  for (const weights_entry *w = s->weights; w != NULL && w->op != NULL; w = w->next, count++)
    if (phd_plain_floats(&w->form) > *room) *room = phd_plain_floats(&w->form);
  return count;
}

/* Bytes of an entry's memory, in whole cache lines. */
static size_t block_bytes(const weights_entry *w) {
  return (dnnl_memory_desc_get_size(phd_view(&w->layout)) + 63) / 64 * 64;
}

/* One block for all: where it is large, in large pages. */
static ph_status allocate_together(weights_entry *const *entry, int count, ph_error *e) {
  size_t bytes = 0;
  for (int i = 0; i < count; i++) bytes += block_bytes(entry[i]);
  unsigned char *place = entry[0]->block = ph_alloc(bytes);
  if (place == NULL) return ph_no_memory(e);
  for (int i = 0; i < count; place += block_bytes(entry[i++])) {
    ph_status status = phd_check(dnnl_memory_set_data_handle(entry[i]->memory, place), entry[i]->layer, e);
    if (status != PH_OK) return status;
  }
  return PH_OK;
}

ph_status phd_fill_weights(plan *p, ph_error *e) {
  size_t room;
  const int count = count_unfilled(p->shared, &room), threads = ph_team_size();
  ph_status status = PH_OK;
  if (count == 0) return PH_OK;
  weights_entry **entry = ph_alloc_array((size_t)count, sizeof *entry);
  float *rooms = ph_alloc_array((size_t)threads * room, sizeof *rooms);
  if (entry == NULL || rooms == NULL) {
    status = ph_no_memory(e);
    goto done;
  }
  entry[0] = p->shared->weights;
  for (int i = 1; i < count; i++) entry[i] = entry[i - 1]->next;
  PH_TRY(allocate_together(entry, count, e));
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads)
  for (int i = 0; i < count; i++) {
    ph_error own;
    ph_status one = fill_entry(p, entry[i], rooms + (size_t)ph_team_member() * room, &own);
    if (one == PH_OK) continue;
#pragma omp critical(phd_fill_weights)
    status = one, *e = own;
  }
  for (int i = 0; i < count && status == PH_OK; i++) entry[i]->op = NULL;
done:
  ph_free(entry);
  ph_free(rooms);
  ph_memory_trim(); /* turning kernels into Winograd's form takes megabytes for each thread */
  return status;
}

/* ---- dropping ---- */

static void drop_first(shared *s) {
  weights_entry *first = s->weights;
  s->weights = first->next;
  dnnl_memory_destroy(first->memory);
  phd_drop_layout(&first->layout);
  ph_free(first->block);
  ph_free(first);
}

void phd_drop_unfilled_weights(shared *s) {
  while (s->weights != NULL && s->weights->op != NULL) drop_first(s);
}

void phd_drop_weights(shared *s) {
  while (s->weights != NULL) drop_first(s);
}
