/* SPDX-License-Identifier: MIT */
/* Which operation runs a layer, and in which layout it wants its inputs and gives its output. */
#include "compile.h"
#include "network/onednn/operations/operations.h"

/* Which operation runs a layer, and whether it wants blocked values. Where there is none, the layer's own
   plain C does the work. */
typedef struct rule {
  const ph_layer_type *layer;
  const operation_type *operation;
} rule;

static const rule rules[] = {
    {&ph_layer_convolution, &phd_convolution},   {&ph_layer_max_pool, &phd_max_pool},
    {&ph_layer_average_pool, &phd_average_pool}, {&ph_layer_global_average_pool, &phd_global_average_pool},
    {&ph_layer_local_response_norm, &phd_lrn},   {&ph_layer_relu, &phd_relu}};

static bool is_grouped(const ph_layer *layer) {
  return layer->type == &ph_layer_convolution && ((const ph_convolution_config *)layer->config)->groups > 1;
}

/* LRN looks across channels, groups are runs of channels: these need them without gaps. */
static bool minds_gaps(const ph_layer *layer) {
  return layer->type == &ph_layer_local_response_norm || is_grouped(layer);
}

static bool has_gaps(const plan *p, int v) { return p->value[v].blocked && p->value[v].segments > 1; }

static bool is_dilated_pool(const ph_layer *layer) {
  if (layer->type != &ph_layer_max_pool && layer->type != &ph_layer_average_pool) return false;
  const ph_pool_config *config = layer->config;
  return config->dilation[0] != 1 || config->dilation[1] != 1;
}

const operation_type *phd_choose(const plan *p, const ph_layer *layer, ph_shape output, int *inputs) {
  if (layer->type == &ph_layer_image) return &phd_source;
  if (layer->inputs == 0 || phd_are_fixed(p, inputs, layer->inputs)) return &phd_reference;
  ph_shape shape = p->value[inputs[0]].shape;
  bool image_like = shape.rank == 4 && shape.dim[0] == 1;
  if (layer->type == &ph_layer_dense && shape.dim[0] == 1) return &phd_dense;
  if (layer->type == &ph_layer_max_pool && (p->pool_mode != PH_POOL_PLAIN || !phd_max_pool_fits(layer)))
    return &phd_reference;
  if (is_dilated_pool(layer)) return &phd_reference;
  if (layer->type == &ph_layer_sum) return &phd_sum;
  const operation_type *channelwise = phd_channelwise(p, layer, output, inputs);
  if (channelwise != NULL) return channelwise;
  if (phd_is_pointwise(p, layer, inputs)) return &phd_pointwise;
  if (layer->type == &ph_layer_matmul && phd_matmul_fits(p, layer, inputs)) return &phd_matmul;
  if (phd_has_rows(p, layer, inputs)) return &phd_rows;
  for (size_t i = 0; image_like && i < sizeof rules / sizeof *rules; i++) {
    if (rules[i].layer != layer->type) continue;
    for (int j = 0; j < layer->inputs; j++)
      if (minds_gaps(layer) && has_gaps(p, inputs[j])) return &phd_reference;
    if (layer->type == &ph_layer_local_response_norm && !phd_lrn_fits(p, layer, inputs[0]))
      return &phd_reference;
    return rules[i].operation;
  }
  return &phd_reference;
}

/* Convolutions read pictures as they are: a few channels would fill a block badly. The unusual ones, for
   which phases.c has no answer, go the common way. */
static bool reads_picture(const plan *p, const ph_layer *layer, int input) {
  const ph_convolution_config *config = layer->config;
  const value *v = &p->value[input];
  if (layer->type != &ph_layer_convolution || v->blocked || v->shape.dim[1] > 4 || is_grouped(layer))
    return false;
  ph_shape weight = ph_tensor_shape(layer->parameter[0]);
  for (int side = 0; side < 4; side++)
    if (config->padding[side] >= weight.dim[2 + side % 2]) return false;
  return config->dilation[0] == 1 && config->dilation[1] == 1;
}

/* These take values as they come, if they come alike; and blocked where there is a choice, since what is
   blocked comes from convolutions and goes to them. */
static bool takes_any_layout(const operation_type *type) {
  return type == &phd_pointwise || type == &phd_sum;
}

static bool any_blocked(const plan *p, const int *inputs, int count) {
  bool blocked = false, gaps = false;
  for (int i = 0; i < count; i++) {
    blocked = blocked || p->value[inputs[i]].blocked;
    gaps = gaps || (count > 1 && has_gaps(p, inputs[i]));
  }
  return blocked && !gaps;
}

static bool needs_plain(const operation_type *type) {
  return type == &phd_reference || type == &phd_dense || type == &phd_matmul || type == &phd_rows;
}

bool phd_wants_blocked(const plan *p, const operation_type *type, const ph_layer *layer, const int *inputs,
                       int i) {
  if (needs_plain(type)) return false;
  if (type == &phd_pointwise && p->type != dnnl_f32) return false; /* the layer's plain C reads floats */
  if (takes_any_layout(type)) return any_blocked(p, inputs, layer->inputs);
  if (type == &phd_affine && i == 1) return p->value[inputs[i]].blocked; /* it is read once, as it is */
  return !reads_picture(p, layer, inputs[i]);
}

/* Pools, and what is done to single numbers, leave the channels where they are; the others produce them
   densely. */
bool phd_keeps_segments(const operation_type *type) {
  return type == &phd_max_pool || type == &phd_average_pool || type == &phd_global_average_pool ||
         type == &phd_relu || type == &phd_affine || type == &phd_gated || takes_any_layout(type);
}

/* Whether the output is plain, once the inputs are as they are wanted. */
bool phd_gives_plain(const plan *p, const operation_type *type, const int *inputs) {
  if (takes_any_layout(type)) return !p->value[inputs[0]].blocked;
  return needs_plain(type) || type == &phd_source;
}
