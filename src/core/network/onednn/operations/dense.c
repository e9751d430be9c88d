/* SPDX-License-Identifier: MIT */
/* Dense layers, as oneDNN inner products over plain values and the weights as they lie; of these, no rows but
   those whose outputs are read. */
#include "base/memory.h"
#include "network/onednn/library.h"
#include "network/onednn/primitive.h"
#include "network/onednn/vectors.h"
#include "operations.h"

typedef struct dense_state {
  primitive forward, backward;
  dnnl_memory_t weight, bias;
} dense_state;

static void drop(operation *op) {
  dense_state *s = op->state;
  if (s == NULL) return;
  phd_drop_primitive(&s->forward);
  phd_drop_primitive(&s->backward);
  dnnl_memory_destroy(s->weight);
  dnnl_memory_destroy(s->bias);
  ph_free(s);
  op->state = NULL;
}

static ph_status reserve(plan *p, operation *op, ph_error *e) {
  if (!p->backward) return PH_OK;
  return phd_add_buffer(p, false, phd_floats(p, op->input[0]), &op->scratch, e);
}

static ph_status make_primitives(plan *p, operation *op, dense_state *s, ph_error *e) {
  memory_layout src = {0}, weight = {0}, bias = {0}, dst = {0};
  dnnl_primitive_desc_t forward = NULL, backward = NULL;
  primitive_use plain = {.source = dnnl_f32, .target = dnnl_f32};
  ph_status status;
  const ph_layer *layer = op->layer;
  ph_shape shape = ph_tensor_shape(layer->parameter[0]);
  const int64_t first = op->part.first, outputs = op->part.last - first, inputs = shape.dim[1];
  bool biased = layer->parameter[1] != NULL;
#define TRY_DNNL(call) PH_TRY(phd_check(call, layer, e))
  TRY_DNNL(phd_make_layout(&src, 2, (dnnl_dims_t){1, inputs}, dnnl_f32, dnnl_ab));
  TRY_DNNL(phd_make_layout(&weight, 2, (dnnl_dims_t){outputs, inputs}, dnnl_f32, dnnl_ab));
  TRY_DNNL(phd_make_layout(&bias, 1, (dnnl_dims_t){outputs}, dnnl_f32, dnnl_a));
  TRY_DNNL(phd_make_layout(&dst, 2, (dnnl_dims_t){1, outputs}, dnnl_f32, dnnl_ab));
  TRY_DNNL(phd_describe_dense(p->shared->engine, &src, &weight, biased ? &bias : NULL, &dst, &forward));
  PH_TRY(phd_make_primitive(p, forward, plain, layer, &s->forward, e));
  TRY_DNNL(dnnl_memory_create(&s->weight, phd_view(&weight), p->shared->engine,
                              ph_tensor_data(layer->parameter[0]) + first * inputs));
  if (biased)
    TRY_DNNL(dnnl_memory_create(&s->bias, phd_view(&bias), p->shared->engine,
                                ph_tensor_data(layer->parameter[1]) + first));
  if (!p->backward) goto done;
  TRY_DNNL(phd_describe_dense_back(p->shared->engine, &src, &weight, &dst, forward, &backward));
  plain.backward_data = true;
  PH_TRY(phd_make_primitive(p, backward, plain, layer, &s->backward, e));
#undef TRY_DNNL
done:
  phd_drop_layout(&src);
  phd_drop_layout(&weight);
  phd_drop_layout(&bias);
  phd_drop_layout(&dst);
  dnnl_primitive_desc_destroy(forward);
  dnnl_primitive_desc_destroy(backward);
  return status;
}

static ph_status prepare(plan *p, operation *op, ph_error *e) {
  op->state = ph_alloc(sizeof(dense_state));
  if (op->state == NULL) return ph_no_memory(e);
  return make_primitives(p, op, op->state, e);
}

static bool fits(const plan *p, const ph_layer *layer, ph_shape output, int *inputs) {
  (void)layer, (void)output;
  return p->value[inputs[0]].shape.dim[0] == 1;
}

static void forward(const run *r, const operation *op) {
  const dense_state *s = op->state;
  float *dst = phd_activation(r, op->output);
  phd_execute(r, &s->forward, phd_activation(r, op->input[0]), dst + op->part.first, s->weight, s->bias);
}

static void backward(const run *r, const operation *op) {
  const dense_state *s = op->state;
  float *dst = phd_gradient(r, op->input[0]), *scratch = r->work + phd_offset(r->plan, op->scratch);
  float *src = phd_gradient(r, op->output);
  phd_execute(r, &s->backward, src + op->part.first, op->accumulate[0] ? scratch : dst, s->weight, NULL);
  if (op->accumulate[0]) phd_add_to(dst, scratch, phd_count(r->plan, op->input[0]), dnnl_f32);
}

static void explain(const plan *p, const operation *op, ph_plan_step *step) {
  const dense_state *s = op->state;
  (void)p;
  step->channels = op->part;
  step->forward = phd_primitive_name(&s->forward);
  step->backward = phd_primitive_name(&s->backward);
  step->scratch += phd_primitive_scratch(&s->forward) + phd_primitive_scratch(&s->backward);
  step->weights = phd_memory_bytes(s->weight) + phd_memory_bytes(s->bias);
}

const operation_type phd_dense = {.name = "dense",
                                  .fits = fits,
                                  .takes = TAKES_PLAIN,
                                  .reserve = reserve,
                                  .prepare = prepare,
                                  .forward = forward,
                                  .backward = backward,
                                  .drop = drop,
                                  .explain = explain};
