/* SPDX-License-Identifier: MIT */
/* The reference backend: runs the layers' own plain C, one after the other. It is the definition that faster
   backends are checked against, so it stays simple: every activation that the taps depend on is stored,
   nothing is fused or reused. */
#include <string.h>

#include "base/memory.h"
#include "network/network.h"

/* What backward needs of one image: the activations of the layers that are needed, NULL for the others. */
typedef struct slot {
  ph_tensor **activation;
} slot;

typedef struct reference_plan {
  const ph_network *network;
  const ph_layer *const *layer; /* as they are for the plan's size */
  int layers;
  bool *needed;    /* the taps' ancestors */
  ph_shape *shape; /* of those */
  int taps;
  int *tap;
  ph_relu_mode relu_mode;
  ph_pool_mode pool_mode;

  /* Gradients live only within one call of backward, so all slots share them. */
  ph_tensor **gradient; /* NULL throughout where backward was not asked for */
  bool *reached;        /* whether anything injected reaches the layer's gradient */

  slot *slots;
  int slot_count;
} reference_plan;

static ph_status open_backend(void **shared, ph_error *e) {
  (void)e;
  *shared = NULL;
  return PH_OK;
}

static void close_backend(void *shared) { (void)shared; }

/* ---- plans ---- */

static void free_tensors(ph_tensor **tensors, int count) {
  for (int i = 0; i < count && tensors != NULL; i++) ph_tensor_release(tensors[i]);
  ph_free(tensors);
}

/* A tensor for each layer that is needed. */
static ph_status make_tensors(const reference_plan *plan, ph_tensor ***tensors, ph_error *e) {
  ph_status status = PH_OK;
  ph_tensor **made = ph_alloc_array((size_t)plan->layers, sizeof *made);
  if (made == NULL) return ph_no_memory(e);
  for (int i = 0; i < plan->layers && status == PH_OK; i++)
    if (plan->needed[i]) status = ph_tensor_new(plan->shape[i], &made[i], e);
  if (status == PH_OK)
    *tensors = made;
  else
    free_tensors(made, plan->layers);
  return status;
}

static void drop(void *self) {
  reference_plan *plan = self;
  for (int i = 0; i < plan->slot_count; i++) free_tensors(plan->slots[i].activation, plan->layers);
  ph_free(plan->slots);
  free_tensors(plan->gradient, plan->layers);
  ph_free(plan->reached);
  ph_free(plan->needed);
  ph_free(plan->shape);
  ph_free(plan->tap);
  ph_free(plan);
}

static ph_status plan_network(void *shared, const ph_plan_request *request, void **plan, ph_error *e) {
  (void)shared;
  int layers = ph_network_count(request->network);
  ph_status status;
  if (request->precision != PH_FLOAT32)
    return ph_fail(e, PH_MISUSE, "precision 'bf16': the backend 'reference' computes in float32 only");
  reference_plan *p = ph_alloc(sizeof *p);
  if (p == NULL) return ph_no_memory(e);
  *p = (reference_plan){.network = request->network,
                        .layer = request->layer,
                        .layers = layers,
                        .taps = request->taps,
                        .relu_mode = request->relu_mode,
                        .pool_mode = request->pool_mode};
  p->needed = ph_alloc_array((size_t)layers, sizeof *p->needed);
  p->reached = ph_alloc_array((size_t)layers, sizeof *p->reached);
  p->shape = ph_alloc_array((size_t)layers, sizeof *p->shape);
  p->tap = ph_alloc_array((size_t)request->taps, sizeof *p->tap);
  if (p->needed == NULL || p->reached == NULL || p->shape == NULL || p->tap == NULL) {
    status = ph_no_memory(e);
    goto done;
  }
  memcpy(p->tap, request->tap, (size_t)p->taps * sizeof *p->tap);
  p->needed[0] = true; /* without taps, too, the image's gradient is asked for */
  for (int i = 0; i < p->taps; i++) ph_network_ancestors(p->network, p->tap[i], p->needed);
  PH_TRY(ph_network_shapes(p->network, request->height, request->width, p->needed, p->shape, e));
  if (request->backward) PH_TRY(make_tensors(p, &p->gradient, e));
  *plan = p;
  return PH_OK;
done:
  drop(p);
  return status;
}

static ph_status reserve(void *self, int slots, ph_error *e) {
  reference_plan *plan = self;
  if (slots <= plan->slot_count) return PH_OK;
  slot *room = ph_alloc_array((size_t)slots, sizeof *room);
  if (room == NULL) return ph_no_memory(e);
  if (plan->slot_count > 0) memcpy(room, plan->slots, (size_t)plan->slot_count * sizeof *room);
  ph_free(plan->slots);
  plan->slots = room;
  while (plan->slot_count < slots) {
    ph_status status = make_tensors(plan, &room[plan->slot_count].activation, e);
    if (status != PH_OK) return status;
    plan->slot_count++;
  }
  return PH_OK;
}

/* ---- running ---- */

/* A layer's pass over one slot; `inputs` is room for its arrays. */
static ph_pass pass_over(const reference_plan *plan, const slot *s, int index,
                         ph_array inputs[PH_MAX_INPUTS]) {
  const ph_layer *layer = plan->layer[index];
  for (int j = 0; j < layer->inputs; j++) inputs[j] = ph_tensor_array(s->activation[layer->input[j]]);
  return (ph_pass){.input = inputs,
                   .output = ph_tensor_array(s->activation[index]),
                   .relu_mode = plan->relu_mode,
                   .pool_mode = plan->pool_mode};
}

/* Image `index` of the batch. */
static void forward_image(reference_plan *plan, int index, const float *image, float *const *outputs) {
  const slot *s = &plan->slots[index];
  ph_array inputs[PH_MAX_INPUTS];
  for (int i = 0; i < plan->layers; i++) {
    if (!plan->needed[i]) continue;
    const ph_layer *layer = plan->layer[i];
    ph_pass pass = pass_over(plan, s, i, inputs);
    if (layer->type->source)
      memcpy(pass.output.data, image, (size_t)ph_shape_count(pass.output.shape) * sizeof *image);
    else
      layer->type->forward(layer, &pass);
  }
  for (int i = 0; i < plan->taps; i++) {
    const ph_tensor *tap = s->activation[plan->tap[i]];
    int64_t count = ph_tensor_count(tap);
    memcpy(outputs[i] + index * count, ph_tensor_read(tap), (size_t)count * sizeof *outputs[i]);
  }
}

static ph_status forward(void *self, int n, const float *images, float *const *outputs, ph_error *e) {
  (void)e;
  reference_plan *plan = self;
  int64_t pixels = ph_shape_count(plan->shape[0]);
  for (int i = 0; i < n; i++) forward_image(plan, i, images + i * pixels, outputs);
  return PH_OK;
}

/* The gradient of a layer, zeroed when it is first reached. */
static float *reach(reference_plan *plan, int layer) {
  if (!plan->reached[layer]) ph_tensor_fill(plan->gradient[layer], 0);
  plan->reached[layer] = true;
  return ph_tensor_data(plan->gradient[layer]);
}

static void inject(reference_plan *plan, int index, const float *const *gradients) {
  for (int i = 0; i < plan->taps; i++) {
    float *dst = reach(plan, plan->tap[i]);
    int64_t count = ph_tensor_count(plan->gradient[plan->tap[i]]);
    for (int64_t j = 0; j < count; j++) dst[j] += gradients[i][index * count + j];
  }
}

static void backward_image(reference_plan *plan, int index, const float *const *gradients,
                           float *image_gradient) {
  ph_array inputs[PH_MAX_INPUTS];
  float *input_gradient[PH_MAX_INPUTS];
  memset(plan->reached, 0, (size_t)plan->layers * sizeof *plan->reached);
  inject(plan, index, gradients);
  for (int i = plan->layers - 1; i > 0; i--) {
    if (!plan->reached[i]) continue;
    const ph_layer *layer = plan->layer[i];
    ph_pass pass = pass_over(plan, &plan->slots[index], i, inputs);
    for (int j = 0; j < layer->inputs; j++) input_gradient[j] = reach(plan, layer->input[j]);
    pass.output_gradient = ph_tensor_read(plan->gradient[i]);
    pass.input_gradient = input_gradient;
    layer->type->backward(layer, &pass);
  }
  /* Where nothing reached it, `reach` makes it zero. */
  memcpy(image_gradient, reach(plan, 0), (size_t)ph_tensor_count(plan->gradient[0]) * sizeof *image_gradient);
}

static ph_status backward(void *self, int n, const float *const *gradients, float *images_gradient,
                          ph_error *e) {
  (void)e;
  reference_plan *plan = self;
  int64_t pixels = ph_shape_count(plan->shape[0]);
  for (int i = 0; i < n; i++) backward_image(plan, i, gradients, images_gradient + i * pixels);
  return PH_OK;
}

/* ---- looking into a plan: each layer that is needed is a step ---- */

static int64_t bytes_of(ph_shape shape) { return ph_shape_count(shape) * (int64_t)sizeof(float); }

static bool step(const void *self, int i, ph_plan_step *made) {
  const reference_plan *plan = self;
  int index = 0;
  for (int before = 0; index < plan->layers; index++)
    if (plan->needed[index] && before++ == i) break;
  if (index == plan->layers) return false;
  const ph_layer *layer = ph_network_layer(plan->network, index);
  const ph_shape shape = plan->shape[index];
  *made = (ph_plan_step){
      .kind = layer->type->name, .shape = shape, .channels = {0, shape.rank > 1 ? shape.dim[1] : 1}};
  for (int j = 0; j < PH_MAX_PARAMETERS; j++)
    if (layer->parameter[j] != NULL) made->weights += bytes_of(ph_tensor_shape(layer->parameter[j]));
  return true;
}

static ph_fate fate(const void *self, int layer, int *at) {
  const reference_plan *plan = self;
  *at = 0;
  for (int i = 0; i < layer; i++) *at += plan->needed[i];
  return plan->needed[layer] ? PH_COMPUTED : PH_LEFT_OUT;
}

static ph_plan_memory memory(const void *self) {
  const reference_plan *plan = self;
  ph_plan_memory m = {0};
  for (int i = 0; i < plan->layers; i++)
    if (plan->needed[i]) m.kept += bytes_of(plan->shape[i]);
  if (plan->gradient != NULL) m.work = m.kept;
  m.together = m.kept + m.work;
  return m;
}

const ph_backend ph_backend_reference = {.name = "reference",
                                         .open = open_backend,
                                         .close = close_backend,
                                         .plan = plan_network,
                                         .drop = drop,
                                         .reserve = reserve,
                                         .forward = forward,
                                         .backward = backward,
                                         .step = step,
                                         .fate = fate,
                                         .memory = memory};
