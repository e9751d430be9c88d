/* SPDX-License-Identifier: MIT */
/* The oneDNN backend, as the core sees it: plans, arenas, lanes. */
#include <string.h>
#ifdef _OPENMP
#include <omp.h>
#endif

#include "base/memory.h"
#include "compile.h"
#include "explain.h"
#include "library.h"
#include "network/onednn/operations/operations.h"
#include "weights.h"

/* ---- arenas ---- */

static void drop_arenas(arenas *a) {
  for (int i = 0; i < a->count; i++) ph_free(a->memory[i]);
  ph_free(a->memory);
  ph_free(a->size);
}

static ph_status add_arenas(arenas *a, int count, ph_error *e) {
  float **memory = ph_alloc_array((size_t)count, sizeof *memory);
  int64_t *size = ph_alloc_array((size_t)count, sizeof *size);
  if (memory == NULL || size == NULL) {
    ph_free(memory);
    ph_free(size);
    return ph_no_memory(e);
  }
  if (a->count > 0) {
    memcpy(memory, a->memory, (size_t)a->count * sizeof *memory);
    memcpy(size, a->size, (size_t)a->count * sizeof *size);
  }
  ph_free(a->memory);
  ph_free(a->size);
  *a = (arenas){count, memory, size};
  return PH_OK;
}

/* At least `count` arenas of at least `size` floats; what was in smaller ones is lost. */
static ph_status enlarge(arenas *a, int count, int64_t size, ph_error *e) {
  ph_status status = count > a->count ? add_arenas(a, count, e) : PH_OK;
  for (int i = 0; i < count && status == PH_OK; i++) {
    if (a->size[i] >= size) continue;
    ph_free(a->memory[i]);
    a->size[i] = 0;
    a->memory[i] = ph_alloc_array((size_t)size, sizeof *a->memory[i]);
    if (a->memory[i] == NULL) return ph_no_memory(e);
    a->size[i] = size;
  }
  return status;
}

/* ---- what outlives plans ---- */

static void close_backend(void *self) {
  shared *s = self;
  if (s == NULL) return;
  phd_drop_weights(s);
  drop_arenas(&s->kept);
  drop_arenas(&s->work);
  dnnl_stream_destroy(s->stream);
  dnnl_engine_destroy(s->engine);
  ph_free(s);
}

/* Instruction sets are bit masks, not a scale: AVX2 with VNNI is numerically greater than AVX-512. */
static bool has_instructions(dnnl_cpu_isa_t isa) { return (dnnl_get_effective_cpu_isa() & isa) == isa; }

static ph_status open_backend(void **self, ph_error *e) {
  shared *s = ph_alloc(sizeof *s);
  ph_status status;
  if (s == NULL) return ph_no_memory(e);
  PH_TRY(ph_memory_has_room(PHD_ROOM) ? PH_OK : ph_no_memory(e));
  PH_TRY(phd_check(dnnl_engine_create(&s->engine, dnnl_cpu, 0), NULL, e));
  PH_TRY(phd_check(dnnl_stream_create(&s->stream, s->engine, dnnl_stream_default_flags), NULL, e));
  s->block = has_instructions(dnnl_cpu_isa_avx512_core) ? 16 : 8;
  *self = s;
  return PH_OK;
done:
  close_backend(s);
  return status;
}

/* ---- plans ---- */

static void drop(void *self) { phd_drop_plan(self); }

/* Primitives are made for a number of threads, and must run with it: all for one lane, one for each of
 * several. */
static void use_threads(int threads) {
#ifdef _OPENMP
  omp_set_num_threads(threads);
#else
  (void)threads;
#endif
}

static ph_status make_plan(void *self, const ph_plan_request *request, void **made, ph_error *e) {
  const bool half = request->precision == PH_BFLOAT16;
  if (half && !has_instructions(dnnl_cpu_isa_avx512_core_bf16))
    return ph_fail(e, PH_MISUSE,
                   "precision 'bf16': this processor does not compute in bfloat16 (AVX512_BF16)");
  plan *p = ph_alloc(sizeof *p);
  if (p == NULL) return ph_no_memory(e);
  *p = (plan){.shared = self,
              .network = request->network,
              .layer = request->layer,
              .threads = request->threads,
              .lanes = request->parallel_images,
              .type = half ? dnnl_bf16 : dnnl_f32,
              .backward = request->backward,
              .mode = request->relu_mode,
              .pool_mode = request->pool_mode};
  use_threads(p->threads);
  ph_status status = phd_compile(p, request, e);
  if (status == PH_OK)
    *made = p;
  else
    phd_drop_plan(p);
  return status;
}

static bool is_lone(const plan *p, int images) { return p->lanes == 1 && images == 1; }

static ph_status reserve(void *self, int images, ph_error *e) {
  const plan *p = self;
  if (is_lone(p, images)) return enlarge(&p->shared->work, 1, p->lone_size, e);
  ph_status status = enlarge(&p->shared->kept, images, p->kept_size, e);
  return status == PH_OK ? enlarge(&p->shared->work, p->lanes, p->work_size, e) : status;
}

/* ---- running ---- */

/* The run of image `index` of n, by the thread that calls this. */
static run run_of(const plan *p, int n, int index) {
  int lane = 0;
#ifdef _OPENMP
  if (p->lanes > 1) lane = omp_get_thread_num();
#endif
  float *work = p->shared->work.memory[lane];
  return (run){p, lane, is_lone(p, n) ? work + p->lone_size - p->kept_size : p->shared->kept.memory[index],
               work};
}

static void forward_image(const plan *p, int n, int index, const float *images, float *const *outputs) {
  run r = run_of(p, n, index);
  int64_t pixels = phd_floats(p, p->value_of[0]);
  memcpy(phd_activation(&r, p->value_of[0]), images + index * pixels, (size_t)pixels * sizeof *images);
  for (int i = 0; i < p->operations; i++) p->operation[i].type->forward(&r, &p->operation[i]);
  for (int i = 0; i < p->taps; i++)
    phd_export(p, p->tap[i], phd_activation(&r, p->tap[i]),
               outputs[i] + index * ph_shape_count(p->value[p->tap[i]].shape), false);
}

/* Companions are shared out as lanes become free: which lane an image takes does not change its result. With
   one lane there must be no parallel region around the operations, not even one of a single thread: inside
   it, libgomp would start new threads for every region of theirs. */
static ph_status forward(void *self, int n, const float *images, float *const *outputs, ph_error *e) {
  const plan *p = self;
  use_threads(p->lanes > 1 ? p->lanes : p->threads);
  if (p->lanes > 1) {
#pragma omp parallel for schedule(dynamic, 1)
    for (int i = 0; i < n; i++) forward_image(p, n, i, images, outputs);
  } else {
    for (int i = 0; i < n; i++) forward_image(p, n, i, images, outputs);
  }
  return phd_check(dnnl_stream_wait(p->shared->stream), NULL, e);
}

static void inject(const run *r, int index, const float *const *gradients) {
  const plan *p = r->plan;
  for (int i = 0; i < p->buffers; i++)
    if (p->buffer[i].clear)
      memset(r->work + p->buffer[i].offset, 0, (size_t)p->buffer[i].size * sizeof(float));
  for (int i = 0; i < p->taps; i++)
    if (p->value[p->tap[i]].gradient >= 0)
      phd_import(p, p->tap[i], gradients[i] + index * ph_shape_count(p->value[p->tap[i]].shape),
                 phd_gradient(r, p->tap[i]), p->tap_adds[i]);
}

static void backward_image(const plan *p, int n, int index, const float *const *gradients,
                           float *images_gradient) {
  run r = run_of(p, n, index);
  inject(&r, index, gradients);
  for (int i = p->operations - 1; i >= 0; i--) p->operation[i].type->backward(&r, &p->operation[i]);
  phd_export(p, p->value_of[0], phd_gradient(&r, p->value_of[0]),
             images_gradient + index * phd_floats(p, p->value_of[0]), false);
}

static ph_status backward(void *self, int n, const float *const *gradients, float *images_gradient,
                          ph_error *e) {
  const plan *p = self;
  use_threads(p->lanes > 1 ? p->lanes : p->threads);
  if (p->lanes > 1) {
#pragma omp parallel for schedule(dynamic, 1)
    for (int i = 0; i < n; i++) backward_image(p, n, i, gradients, images_gradient);
  } else {
    for (int i = 0; i < n; i++) backward_image(p, n, i, gradients, images_gradient);
  }
  return phd_check(dnnl_stream_wait(p->shared->stream), NULL, e);
}

const ph_backend ph_backend_dnnl = {.name = "dnnl",
                                    .open = open_backend,
                                    .close = close_backend,
                                    .plan = make_plan,
                                    .drop = drop,
                                    .reserve = reserve,
                                    .forward = forward,
                                    .backward = backward,
                                    .step = phd_explain_step,
                                    .fate = phd_explain_fate,
                                    .memory = phd_explain_memory,
                                    .library = phd_library,
                                    .instructions = phd_instructions};
