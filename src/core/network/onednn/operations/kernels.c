/* SPDX-License-Identifier: MIT */
/* A convolution's kernels and biases as oneDNN is to have them: by physical channels, whose order and padding
   are the plan's. Several layers that run as one convolution have theirs one after the other. Must not know
   how primitives are made. */
#include <string.h>

#include "base/memory.h"
#include "convolution.h"

enum { WEIGHT, BIAS }; /* parameters */

static const ph_convolution_config *config_of(const operation *op) { return op->layer->config; }

/* ---- how a layer's channels and groups are laid out ---- */

/* Small groups are joined until they fill whole blocks: `joined` groups of the layer make one of ours, with
   zeros between them. 0: all of them, and the joined group is padded. Depthwise convolutions are left as they
   are. */
static int64_t joined_groups(const plan *p, const operation *op) {
  ph_shape weight = ph_tensor_shape(op->layer->parameter[WEIGHT]);
  int64_t groups = config_of(op)->groups, block = p->shared->block;
  int64_t outputs = weight.dim[0] / groups, inputs = weight.dim[1];
  if (groups == 1) return 0;
  if (outputs == 1 && inputs == 1) return 1;
  for (int64_t joined = 1; joined < groups; joined++)
    if (groups % joined == 0 && joined * outputs % block == 0 && joined * inputs % block == 0) return joined;
  return 0;
}

weights_form phd_weights_form(const plan *p, const operation *op) {
  ph_shape weight = ph_tensor_shape(op->layer->parameter[WEIGHT]);
  const value *in = &p->value[op->input[0]], *out = &p->value[op->output];
  int64_t joined = joined_groups(p, op), groups = config_of(op)->groups;
  weights_form form = {.groups = joined == 0 ? 1 : groups / joined,
                       .outputs = out->channels,
                       .inputs = in->blocked ? in->channels : in->shape.dim[1],
                       .first = out->segment[0].logical,
                       .kernel = {weight.dim[2], weight.dim[3]}};
  if (joined == 1 && weight.dim[0] == groups)
    form.groups = form.inputs; /* depthwise: padding is groups too */
  return form;
}

/* Where a channel lies; -1 where it is not computed. */
static int64_t physical_channel(const value *v, int64_t logical) {
  if (!v->blocked) return logical;
  for (int s = 0; s < v->segments; s++) {
    int64_t within = logical - v->segment[s].logical;
    if (within >= 0 && within < v->segment[s].count) return within + v->segment[s].physical;
  }
  return -1;
}

/* ---- kernels ---- */

/* Is told every kernel with its place: (group, output and input within the group) of `form`. */
typedef void (*place_kernel)(const weights_form *form, int64_t group, int64_t output, int64_t input,
                             const float *kernel, float *plain);

/* The kernels of a layer whose outputs are the operation's from `first` on. */
static inline void place_layer(const plan *p, const operation *op, const ph_layer *layer, int64_t first,
                               const weights_form *form, place_kernel place, float *plain) {
  const ph_shape shape = ph_tensor_shape(layer->parameter[WEIGHT]);
  const float *kernels = ph_tensor_read(layer->parameter[WEIGHT]);
  const value *in = &p->value[op->input[0]], *out = &p->value[op->output];
  const int64_t outputs = shape.dim[0] / config_of(op)->groups, inputs = shape.dim[1];
  const int64_t area = shape.dim[2] * shape.dim[3];
  const int64_t group_outputs = form->outputs / form->groups, group_inputs = form->inputs / form->groups;
  for (int64_t o = 0; o < shape.dim[0]; o++) {
    const int64_t output = physical_channel(out, first + o);
    for (int64_t i = 0; i < inputs && output >= 0; i++) {
      const int64_t input = physical_channel(in, o / outputs * inputs + i);
      place(form, output / group_outputs, output % group_outputs, input % group_inputs,
            kernels + (o * inputs + i) * area, plain);
    }
  }
}

static inline void place_kernels(const plan *p, const operation *op, const weights_form *form,
                                 place_kernel place, float *plain) {
  int64_t first = 0;
  memset(plain, 0, phd_plain_floats(form) * sizeof *plain);
  for (int l = 0; l < op->layers; l++) {
    place_layer(p, op, op->joined[l], first, form, place, plain);
    first += ph_tensor_shape(op->joined[l]->parameter[WEIGHT]).dim[0];
  }
}

static void place_forward(const weights_form *form, int64_t group, int64_t output, int64_t input,
                          const float *kernel, float *plain) {
  int64_t area = form->kernel[0] * form->kernel[1];
  int64_t outputs = form->outputs / form->groups, inputs = form->inputs / form->groups;
  memcpy(plain + ((group * outputs + output) * inputs + input) * area, kernel, (size_t)area * sizeof *plain);
}

/* The kernels of a lone layer's outputs that are computed, (o, i, kh, kw), in *shape. */
static const float *computed_kernels(const plan *p, const operation *op, ph_shape *shape) {
  const ph_tensor *weight = op->layer->parameter[WEIGHT];
  const segment part = p->value[op->output].segment[0];
  *shape = ph_tensor_shape(weight);
  shape->dim[0] = part.count;
  return ph_tensor_read(weight) + part.logical * shape->dim[1] * shape->dim[2] * shape->dim[3];
}

/* Where physical channels are the layer's, its weights are plain as they lie. */
const float *phd_kernels(const plan *p, const operation *op, const weights_form *form, float *room) {
  ph_shape shape;
  const float *kernels = computed_kernels(p, op, &shape);
  if (op->layers == 1 && form->groups == config_of(op)->groups && form->outputs == shape.dim[0] &&
      form->inputs == shape.dim[1] * form->groups)
    return kernels;
  place_kernels(p, op, form, place_forward, room);
  return room;
}

static void place_turned(const weights_form *form, int64_t group, int64_t output, int64_t input,
                         const float *kernel, float *plain) {
  int64_t area = form->kernel[0] * form->kernel[1];
  int64_t outputs = form->outputs / form->groups, inputs = form->inputs / form->groups;
  float *dst = plain + ((group * inputs + input) * outputs + output) * area;
  for (int64_t k = 0; k < area; k++) dst[k] = kernel[area - 1 - k];
}

const float *phd_turned_kernels(const plan *p, const operation *op, const weights_form *turned, float *room) {
  weights_form form = *turned;
  form.outputs = turned->inputs;
  form.inputs = turned->outputs;
  place_kernels(p, op, &form, place_turned, room);
  return room;
}

const float *phd_phase_kernels(const plan *p, const operation *op, const weights_form *form, float *room) {
  ph_shape shape;
  const float *kernels = computed_kernels(p, op, &shape);
  memset(room, 0, phd_plain_floats(form) * sizeof *room);
  phd_fill_phases(shape, kernels, config_of(op)->stride, form, room);
  return room;
}

/* ---- biases ---- */

bool phd_is_biased(const operation *op) {
  for (int l = 0; l < op->layers; l++)
    if (op->joined[l]->parameter[BIAS] != NULL) return true;
  return false;
}

ph_status phd_make_bias(const plan *p, const operation *op, float **bias, ph_error *e) {
  const value *out = &p->value[op->output];
  int64_t first = 0;
  *bias = ph_alloc_array((size_t)out->channels, sizeof **bias);
  if (*bias == NULL) return ph_no_memory(e);
  for (int l = 0; l < op->layers; l++) {
    const ph_tensor *own = op->joined[l]->parameter[BIAS];
    const int64_t outputs = ph_tensor_shape(op->joined[l]->parameter[WEIGHT]).dim[0];
    for (int64_t o = 0; o < outputs && own != NULL; o++) {
      const int64_t output = physical_channel(out, first + o);
      if (output >= 0) (*bias)[output] = ph_tensor_read(own)[o];
    }
    first += outputs;
  }
  return PH_OK;
}
