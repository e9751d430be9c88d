/* The oneDNN backend, as the core sees it: plans, slots, threads. */
#include <string.h>
#ifdef _OPENMP
#include <omp.h>
#endif

#include "../memory.h"
#include "plan.h"

ph_status phd_check(dnnl_status_t status, const ph_layer *layer, ph_error *e) {
  if (status == dnnl_success) return PH_OK;
  if (status == dnnl_out_of_memory) return ph_no_memory(e);
  return ph_fail(e, PH_FAILURE, "%s '%s': oneDNN refuses it (status %d)",
                 layer == NULL ? "engine" : layer->type->name, layer == NULL ? "cpu" : layer->name,
                 (int)status);
}

/* ---- what outlives plans ---- */

static void close_backend(void *self) {
  shared *s = self;
  if (s == NULL) return;
  phd_drop_weights(s);
  for (int i = 0; i < s->slots; i++) ph_free(s->slot[i]);
  ph_free(s->slot);
  ph_free(s->slot_size);
  ph_free(s->work);
  dnnl_stream_destroy(s->stream);
  dnnl_engine_destroy(s->engine);
  ph_free(s);
}

static ph_status open_backend(void **self, ph_error *e) {
  shared *s = ph_alloc(sizeof *s);
  ph_status status;
  if (s == NULL) return ph_no_memory(e);
  PH_TRY(phd_check(dnnl_engine_create(&s->engine, dnnl_cpu, 0), NULL, e));
  PH_TRY(phd_check(dnnl_stream_create(&s->stream, s->engine, dnnl_stream_default_flags), NULL, e));
  s->block = dnnl_get_effective_cpu_isa() >= dnnl_cpu_isa_avx512_core ? 16 : 8;
  *self = s;
  return PH_OK;
fail:
  close_backend(s);
  return status;
}

/* ---- plans ---- */

static void drop(void *self) {
  plan *p = self;
  for (int i = 0; i < p->operations; i++)
    if (p->operation[i].type->drop != NULL) p->operation[i].type->drop(&p->operation[i]);
  for (int i = 0; i < p->values; i++) ph_free(p->value[i].segment);
  ph_free(p->operation);
  ph_free(p->value);
  ph_free(p->buffer);
  ph_free(p->value_of);
  ph_free(p->tap);
  ph_free(p->tap_adds);
  ph_free(p);
}

/* Primitives are made for a number of threads, and must run with it. */
static void use_threads(const plan *p) {
#ifdef _OPENMP
  omp_set_num_threads(p->threads > 0 ? p->threads : omp_get_num_procs());
#else
  (void)p;
#endif
}

static ph_status make_plan(void *self, const ph_plan_request *request, void **made, ph_error *e) {
  plan *p = ph_alloc(sizeof *p);
  if (p == NULL) return ph_no_memory(e);
  *p = (plan){.shared = self,
              .network = request->network,
              .threads = request->threads,
              .backward = request->backward,
              .mode = request->relu_mode};
  use_threads(p);
  ph_status status = phd_compile(p, request, e);
  if (status == PH_OK)
    *made = p;
  else
    drop(p);
  return status;
}

/* ---- slots ---- */

static ph_status enlarge(float **memory, int64_t *size, int64_t wanted, ph_error *e) {
  if (*size >= wanted) return PH_OK;
  float *larger = ph_alloc_array((size_t)wanted, sizeof *larger);
  if (larger == NULL) return ph_no_memory(e);
  ph_free(*memory);
  *memory = larger;
  *size = wanted;
  return PH_OK;
}

static ph_status reserve(void *self, int slots, ph_error *e) {
  plan *p = self;
  shared *s = p->shared;
  if (slots > s->slots) {
    float **slot = ph_alloc_array((size_t)slots, sizeof *slot);
    int64_t *size = ph_alloc_array((size_t)slots, sizeof *size);
    if (slot == NULL || size == NULL) {
      ph_free(slot);
      ph_free(size);
      return ph_no_memory(e);
    }
    if (s->slots > 0) {
      memcpy(slot, s->slot, (size_t)s->slots * sizeof *slot);
      memcpy(size, s->slot_size, (size_t)s->slots * sizeof *size);
    }
    ph_free(s->slot);
    ph_free(s->slot_size);
    s->slot = slot;
    s->slot_size = size;
    s->slots = slots;
  }
  ph_status status = enlarge(&s->work, &s->work_size, p->work_size, e);
  for (int i = 0; i < slots && status == PH_OK; i++)
    status = enlarge(&s->slot[i], &s->slot_size[i], p->kept_size, e);
  return status;
}

/* ---- running ---- */

static ph_status forward(void *self, int slot, const float *image, float *const *outputs, ph_error *e) {
  const plan *p = self;
  run r = {p, p->shared->slot[slot], p->shared->work};
  use_threads(p);
  memcpy(phd_activation(&r, p->value_of[0]), image, (size_t)phd_floats(p, p->value_of[0]) * sizeof *image);
  for (int i = 0; i < p->operations; i++) p->operation[i].type->forward(&r, &p->operation[i]);
  ph_status status = phd_check(dnnl_stream_wait(p->shared->stream), NULL, e);
  for (int i = 0; i < p->taps; i++)
    phd_export(p, p->tap[i], phd_activation(&r, p->tap[i]), outputs[i], false);
  return status;
}

static void inject(const plan *p, const run *r, const float *const *gradients) {
  for (int i = 0; i < p->buffers; i++)
    if (p->buffer[i].clear)
      memset(r->work + p->buffer[i].offset, 0, (size_t)p->buffer[i].size * sizeof(float));
  for (int i = 0; i < p->taps; i++) {
    float *g = phd_gradient(r, p->tap[i]);
    if (gradients[i] != NULL)
      phd_import(p, p->tap[i], gradients[i], g, p->tap_adds[i]);
    else if (!p->tap_adds[i])
      memset(g, 0, (size_t)phd_floats(p, p->tap[i]) * sizeof *g);
  }
}

static ph_status backward(void *self, int slot, const float *const *gradients, float *image_gradient,
                          ph_error *e) {
  const plan *p = self;
  run r = {p, p->shared->slot[slot], p->shared->work};
  use_threads(p);
  inject(p, &r, gradients);
  for (int i = p->operations - 1; i >= 0; i--) p->operation[i].type->backward(&r, &p->operation[i]);
  ph_status status = phd_check(dnnl_stream_wait(p->shared->stream), NULL, e);
  phd_export(p, p->value_of[0], phd_gradient(&r, p->value_of[0]), image_gradient, false);
  return status;
}

const ph_backend ph_backend_dnnl = {.name = "dnnl",
                                    .open = open_backend,
                                    .close = close_backend,
                                    .plan = make_plan,
                                    .drop = drop,
                                    .reserve = reserve,
                                    .forward = forward,
                                    .backward = backward};
