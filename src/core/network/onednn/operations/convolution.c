/* SPDX-License-Identifier: MIT */
/* Convolutions. Forward is oneDNN's, with bias and ReLU fused. The way back of a stride-1 convolution is
   again a forward convolution, of the gradient with the kernel turned round: that lets the sum over several
   readers be fused, and oneDNN is at its best there. A picture's gradient (few channels, any stride) becomes
   a stride-1 convolution over phases: see phases.c. Other strides use oneDNN's backward-data primitive. How
   kernels are laid out is up to kernels.c. */
#include <string.h>

#include "convolution.h"
#include "base/memory.h"
#include "network/onednn/library.h"
#include "network/onednn/vectors.h"
#include "operations.h"
#include "signs.h"

enum { FORWARD, TURNED, PHASES }; /* variants of weights */

/* ---- primitives ---- */

/* oneDNN's Winograd shares out blocks of outputs in groups of 2 to 7; a large prime number of them it handles
   one by one, which costs more than it saves. */
static bool splits_well(int64_t blocks) {
  for (int64_t d = 2; d <= 7; d++)
    if (blocks % d == 0) return true;
  return false;
}

/* Winograd's algorithm saves more than half of the multiplications of 3x3 kernels; it pays on maps and
   channels of some size. (Measured: docs/performance.md.) */
static bool prefers_winograd(const shared *s, const convolution_shape *c) {
  const weights_form *f = &c->form;
  int64_t fewer = f->inputs < f->outputs ? f->inputs : f->outputs;
  return f->groups == 1 && f->kernel[0] == 3 && f->kernel[1] == 3 && c->stride[0] == 1 && c->stride[1] == 1 &&
         c->dilation[0] == 1 && c->dilation[1] == 1 && fewer >= 64 && c->output[0] >= 14 &&
         c->output[1] >= 14 && splits_well(f->outputs / s->block);
}

/* What is made is to be dropped, also where there is an error. */
static dnnl_status_t make_layouts(const shared *s, const convolution_shape *c, convolution_layouts *made) {
  const dnnl_format_tag_t tag = s->block == 16 ? dnnl_nChw16c : dnnl_nChw8c;
  const weights_form *f = &c->form;
  const dnnl_dims_t src = {1, f->inputs, c->input[0], c->input[1]},
                    dst = {1, f->outputs, c->output[0], c->output[1]};
  const dnnl_dims_t one = {f->outputs, f->inputs, f->kernel[0], f->kernel[1]};
  const dnnl_dims_t many = {f->groups, f->outputs / f->groups, f->inputs / f->groups, f->kernel[0],
                            f->kernel[1]};
  dnnl_status_t status = phd_make_layout(&made->source, 4, src, c->source, c->picture ? dnnl_nchw : tag);
  if (status == dnnl_success)
    status = phd_make_layout(&made->weights, f->groups > 1 ? 5 : 4, f->groups > 1 ? many : one, c->weights,
                             dnnl_format_tag_any);
  if (status == dnnl_success)
    status = phd_make_layout(&made->bias, 1, (dnnl_dims_t){f->outputs}, dnnl_f32, dnnl_a);
  return status == dnnl_success ? phd_make_layout(&made->target, 4, dst, c->target, tag) : status;
}

static void drop_layouts(convolution_layouts *layouts) {
  phd_drop_layout(&layouts->source);
  phd_drop_layout(&layouts->weights);
  phd_drop_layout(&layouts->bias);
  phd_drop_layout(&layouts->target);
}

static convolution_steps steps_of(const convolution_shape *c) {
  return (convolution_steps){.stride = {c->stride[0], c->stride[1]},
                             .dilation = {c->dilation[0] - 1, c->dilation[1] - 1},
                             .before = {c->padding[0], c->padding[1]},
                             .after = {c->padding[2], c->padding[3]}};
}

/* ---- the primitive to take ---- */

static ph_status try_desc(const shared *s, const convolution_shape *c, dnnl_alg_kind_t algorithm,
                          const ph_layer *layer, dnnl_primitive_desc_t *desc, ph_error *e) {
  const convolution_steps steps = steps_of(c);
  convolution_layouts layouts = {0};
  dnnl_status_t status = make_layouts(s, c, &layouts);
  if (status == dnnl_success && c->backward_data)
    status = phd_describe_convolution_back(s->engine, &layouts, &steps, desc);
  else if (status == dnnl_success)
    status = phd_describe_convolution(s->engine, algorithm, &layouts, c->biased, &steps,
                                      (fusion){c->add, c->relu}, desc);
  drop_layouts(&layouts);
  return phd_check(status, layer, e);
}

/* Whether oneDNN has nothing better for it than loops that are meant to be read. */
static bool is_slow(dnnl_primitive_desc_t desc) {
  const char *name = "";
  dnnl_primitive_desc_query(desc, dnnl_query_impl_info_str, 0, &name);
  return strstr(name, "ref") != NULL;
}

/* In bfloat16 the direct algorithm, which is twice as fast there, and so does without Winograd's; in float32
   Winograd's where it pays. What oneDNN has no fast bfloat16 for is done in float32. */
static ph_status choose_desc(const shared *s, const convolution_shape *c, const ph_layer *layer,
                             dnnl_primitive_desc_t *desc, ph_error *e) {
  convolution_shape wide = *c;
  ph_status status;
  if (c->weights == dnnl_bf16) {
    status = try_desc(s, c, dnnl_convolution_auto, layer, desc, e);
    if (status == PH_NO_MEMORY || (status == PH_OK && !is_slow(*desc))) return status;
    dnnl_primitive_desc_destroy(*desc);
    *desc = NULL;
  }
  wide.source = wide.weights = wide.target = dnnl_f32;
  if (!c->backward_data && prefers_winograd(s, c)) {
    status = try_desc(s, &wide, dnnl_convolution_winograd, layer, desc, e);
    if (status == PH_NO_MEMORY || status == PH_OK) return status;
  }
  return try_desc(s, &wide, dnnl_convolution_auto, layer, desc, e);
}

/* Makes the primitive, its weights and its memory objects. */
static ph_status make_convolution(plan *p, const operation *op, const convolution_shape *c, primitive_use use,
                                  int variant, fill_weights fill, convolution *conv, ph_error *e) {
  shared *s = p->shared;
  memory_layout bias = {0};
  dnnl_primitive_desc_t desc = NULL;
  ph_status status;
  PH_TRY(choose_desc(s, c, op->layer, &desc, e));
  const layout_view layout = dnnl_primitive_desc_query_md(desc, dnnl_query_weights_md, 0);
  PH_TRY(phd_weights(p, op, variant, &c->form, layout, fill, &conv->weights, e));
  PH_TRY(phd_make_primitive(p, desc, use, op->layer, &conv->primitive, e));
  if (!c->biased) goto done;
  PH_TRY(phd_make_bias(p, op, &conv->bias, e));
  PH_TRY(
      phd_check(phd_make_layout(&bias, 1, (dnnl_dims_t){c->form.outputs}, dnnl_f32, dnnl_a), op->layer, e));
  PH_TRY(phd_check(dnnl_memory_create(&conv->bias_memory, phd_view(&bias), s->engine, conv->bias), op->layer,
                   e));
done:
  phd_drop_layout(&bias);
  dnnl_primitive_desc_destroy(desc);
  return status;
}

static void drop_convolution(convolution *conv) {
  phd_drop_primitive(&conv->primitive);
  dnnl_memory_destroy(conv->bias_memory);
  ph_free(conv->bias);
}

static void execute(const run *r, const convolution *conv, const void *src, void *dst) {
  phd_execute(r, &conv->primitive, src, dst, conv->weights, conv->bias_memory);
}

/* ---- the operation ---- */

/* Groups are runs of channels, which must therefore be without gaps. */
static bool fits(const plan *p, const ph_layer *layer, ph_shape output, int *inputs) {
  return phd_is_map(output) && (ph_convolution_groups(layer) == 1 || !phd_has_gaps(&p->value[inputs[0]]));
}

/* Convolutions read pictures as they are: a few channels would fill a block badly. The unusual ones, for
   which phases.c has no answer, go the common way. */
static bool reads_picture(const plan *p, const ph_layer *layer, const int *inputs, int i) {
  const ph_convolution_config *config = layer->config;
  const value *v = &p->value[inputs[i]];
  if (v->blocked || v->shape.dim[1] > 4 || config->groups > 1) return false;
  ph_shape weight = ph_tensor_shape(layer->parameter[0]);
  for (int side = 0; side < 4; side++)
    if (config->padding[side] >= weight.dim[2 + side % 2]) return false;
  return config->dilation[0] == 1 && config->dilation[1] == 1;
}

typedef enum way_back { BY_TURNING, BY_PHASES, BY_PRIMITIVE } way_back;

typedef struct convolution_state {
  convolution forward, backward;
  way_back way;
  phase_geometry phases;
} convolution_state;

/* The forward convolution's geometry. Padding after is what the last window really needs, so that sizes
 * agree. */
static ph_status forward_shape(const plan *p, const operation *op, convolution_shape *c, ph_error *e) {
  const value *in = &p->value[op->input[0]];
  ph_window w;
  ph_status status = ph_convolution_window(op->layer, in->shape, &w, e);
  if (status != PH_OK) return status;
  *c = (convolution_shape){.form = phd_weights_form(p, op),
                           .source = p->type,
                           .weights = p->type,
                           .target = p->type,
                           .picture = !in->blocked,
                           .biased = phd_is_biased(op),
                           .relu = op->relu};
  for (int axis = 0; axis < 2; axis++) {
    c->input[axis] = in->shape.dim[2 + axis];
    c->output[axis] = w.output[axis];
    c->stride[axis] = w.stride[axis];
    c->dilation[axis] = w.dilation[axis];
    c->padding[axis] = w.padding[axis];
    c->padding[2 + axis] = (w.output[axis] - 1) * w.stride[axis] + (w.kernel[axis] - 1) * w.dilation[axis] +
                           1 - c->input[axis] - w.padding[axis];
  }
  return PH_OK;
}

static bool can_turn(const convolution_shape *c) {
  bool can = c->stride[0] == 1 && c->stride[1] == 1;
  for (int side = 0; side < 4; side++)
    can = can && c->padding[side] <= (c->form.kernel[side % 2] - 1) * c->dilation[side % 2];
  return can;
}

static convolution_shape turned_shape(const convolution_shape *c, bool add) {
  convolution_shape t = *c;
  t.form.outputs = c->form.inputs;
  t.form.inputs = c->form.outputs;
  t.biased = t.relu = false;
  t.add = add;
  for (int axis = 0; axis < 2; axis++) {
    t.input[axis] = c->output[axis];
    t.output[axis] = c->input[axis];
  }
  for (int side = 0; side < 4; side++)
    t.padding[side] = (c->form.kernel[side % 2] - 1) * c->dilation[side % 2] - c->padding[side];
  return t;
}

static ph_status reserve(plan *p, operation *op, ph_error *e) {
  convolution_shape c;
  convolution_state *s = ph_alloc(sizeof *s);
  if (s == NULL) return ph_no_memory(e);
  op->state = s;
  ph_status status = forward_shape(p, op, &c, e);
  if (status == PH_OK && op->relu) status = phd_reserve_signs(p, op, e);
  if (status != PH_OK || !p->backward) return status;
  s->way = c.picture ? BY_PHASES : can_turn(&c) ? BY_TURNING : BY_PRIMITIVE;
  s->phases = phd_phase_geometry(&c, p->shared->block);
  /* The picture's gradient is float32 from its phases on. */
  int64_t scratch = s->way == BY_PHASES ? s->phases.channels * s->phases.size[0] * s->phases.size[1]
                                        : phd_floats(p, op->input[0]);
  return s->way == BY_TURNING ? PH_OK : phd_add_buffer(p, false, scratch, &op->scratch, e);
}

static ph_status prepare(plan *p, operation *op, ph_error *e) {
  convolution_state *s = op->state;
  const element_type in = p->value[op->input[0]].type, out = p->value[op->output].type;
  primitive_use use = {.source = in, .target = out};
  convolution_shape c;
  ph_status status;
  PH_TRY(forward_shape(p, op, &c, e));
  PH_TRY(make_convolution(p, op, &c, use, FORWARD, phd_kernels, &s->forward, e));
  if (!p->backward) return PH_OK;
  use = (primitive_use){.source = out, .target = in};
  if (s->way == BY_TURNING) {
    convolution_shape turned = turned_shape(&c, op->accumulate[0]);
    use.adds = op->accumulate[0];
    PH_TRY(make_convolution(p, op, &turned, use, TURNED, phd_turned_kernels, &s->backward, e));
  } else if (s->way == BY_PHASES) {
    convolution_shape phases = phd_phase_shape(&c, &s->phases);
    PH_TRY(make_convolution(p, op, &phases, use, PHASES, phd_phase_kernels, &s->backward, e));
  } else {
    convolution_shape plain = c;
    plain.biased = plain.relu = false;
    plain.backward_data = use.backward_data = true;
    PH_TRY(make_convolution(p, op, &plain, use, FORWARD, phd_kernels, &s->backward, e));
  }
done:
  return status;
}

static void drop(operation *op) {
  convolution_state *s = op->state;
  if (s == NULL) return;
  drop_convolution(&s->forward);
  drop_convolution(&s->backward);
  ph_free(s);
  op->state = NULL;
}

static void forward(const run *r, const operation *op) {
  const convolution_state *s = op->state;
  void *dst = phd_activation(r, op->output);
  execute(r, &s->forward, phd_activation(r, op->input[0]), dst);
  if (op->relu) phd_note_signs(r, op, dst);
}

static void backward(const run *r, const operation *op) {
  const convolution_state *s = op->state;
  void *g = phd_gradient(r, op->output), *dst = phd_gradient(r, op->input[0]);
  float *scratch = op->scratch < 0 ? NULL : r->work + phd_offset(r->plan, op->scratch);
  if (op->relu) phd_mask(r, op, g);
  if (s->way == BY_PHASES) {
    execute(r, &s->backward, g, scratch);
    phd_join_phases(&s->phases, r->plan->value[op->input[0]].shape, scratch, dst, op->accumulate[0]);
  } else if (s->way == BY_PRIMITIVE && op->accumulate[0]) {
    execute(r, &s->backward, g, scratch);
    phd_add_to(dst, scratch, phd_count(r->plan, op->input[0]), r->plan->value[op->input[0]].type);
  } else {
    execute(r, &s->backward, g, dst);
  }
}

/* Ways forward and back may have the same weights. */
static void explain(const plan *p, const operation *op, ph_plan_step *step) {
  const convolution_state *s = op->state;
  const convolution *there = &s->forward, *back = &s->backward;
  (void)p;
  step->forward = phd_primitive_name(&there->primitive);
  step->backward = phd_primitive_name(&back->primitive);
  step->scratch += phd_primitive_scratch(&there->primitive) + phd_primitive_scratch(&back->primitive);
  step->weights = phd_memory_bytes(there->weights) + phd_memory_bytes(there->bias_memory);
  if (back->weights != there->weights) step->weights += phd_memory_bytes(back->weights);
}

const operation_type phd_convolution = {.name = "convolution",
                                        .fits = fits,
                                        .takes_plain = reads_picture,
                                        .computes_part = true,
                                        .fuses_relu = true,
                                        .reserve = reserve,
                                        .prepare = prepare,
                                        .forward = forward,
                                        .backward = backward,
                                        .drop = drop,
                                        .explain = explain};
