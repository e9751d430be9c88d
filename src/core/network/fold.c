/* SPDX-License-Identifier: MIT */
/* Folding batch normalisation into the convolution before it: y = s (W x + b) + t is one convolution with
   weights s W and bias s b + t. Done once, at load. */
#include <string.h>

#include "base/memory.h"
#include "network_private.h"

static int readers(const ph_network *net, int layer) {
  int count = 0;
  for (int i = 0; i < net->count; i++)
    for (int j = 0; j < net->layer[i].inputs; j++) count += net->layer[i].input[j] == layer;
  return count;
}

/* Replaces the convolution's weight and bias by scaled copies. */
static ph_status scale_convolution(ph_layer *conv, const ph_layer *norm, ph_error *e) {
  ph_tensor *weight = NULL, *bias = NULL, *scale = NULL, *shift = NULL;
  ph_shape shape = ph_tensor_shape(conv->parameter[0]);
  ph_shape channels = ph_shape_of(1, shape.dim);
  int64_t outputs = shape.dim[0], each = ph_shape_count(shape) / outputs;
  ph_status status;
  PH_TRY(ph_tensor_new(shape, &weight, e));
  PH_TRY(ph_tensor_new(channels, &bias, e));
  PH_TRY(ph_tensor_new(channels, &scale, e));
  PH_TRY(ph_tensor_new(channels, &shift, e));
  PH_TRY(ph_batch_norm_affine(norm, outputs, ph_tensor_data(scale), ph_tensor_data(shift), e));
  for (int64_t o = 0; o < outputs; o++) {
    float s = ph_tensor_read(scale)[o];
    float b = conv->parameter[1] == NULL ? 0 : ph_tensor_read(conv->parameter[1])[o];
    for (int64_t i = 0; i < each; i++)
      ph_tensor_data(weight)[o * each + i] = s * ph_tensor_read(conv->parameter[0])[o * each + i];
    ph_tensor_data(bias)[o] = s * b + ph_tensor_read(shift)[o];
  }
  ph_tensor_release(conv->parameter[0]);
  ph_tensor_release(conv->parameter[1]);
  conv->parameter[0] = ph_tensor_retain(weight);
  conv->parameter[1] = ph_tensor_retain(bias);
done:
  ph_tensor_release(weight);
  ph_tensor_release(bias);
  ph_tensor_release(scale);
  ph_tensor_release(shift);
  return status;
}

/* Index of a layer once `removed` is gone; what pointed at it now points at `instead`. */
static int moved(int index, int removed, int instead) {
  if (index == removed) return instead;
  return index > removed ? index - 1 : index;
}

/* Takes layer `removed` out of the graph; its readers and its name go to `instead`. */
static ph_status remove_layer(ph_network *net, int removed, int instead, ph_error *e) {
  ph_status status = ph_network_append_alias(net, net->layer[removed].name, removed, e);
  if (status != PH_OK) return status;
  ph_network_free_layer(&net->layer[removed]);
  memmove(&net->layer[removed], &net->layer[removed + 1],
          (size_t)(net->count - removed - 1) * sizeof *net->layer);
  net->count--;
  for (int i = 0; i < net->count; i++)
    for (int j = 0; j < net->layer[i].inputs; j++)
      net->layer[i].input[j] = moved(net->layer[i].input[j], removed, instead);
  for (int i = 0; i < net->count; i++) {
    ph_sizing *sizing = net->layer[i].sizing;
    for (int j = 0; sizing != NULL && j < sizing->layers; j++)
      sizing->layer[j] = moved(sizing->layer[j], removed, instead);
  }
  for (int i = 0; i < net->aliases; i++) net->alias[i].layer = moved(net->alias[i].layer, removed, instead);
  net->logits = moved(net->logits, removed, instead);
  net->probabilities = moved(net->probabilities, removed, instead);
  return PH_OK;
}

/* Whether layer i is a batch_norm that the convolution before it can take in. */
static bool is_foldable(const ph_network *net, int i) {
  if (net->layer[i].type != &ph_layer_batch_norm) return false;
  int before = net->layer[i].input[0];
  return net->layer[before].type == &ph_layer_convolution && readers(net, before) == 1;
}

ph_status ph_network_fold(ph_network *network, ph_error *e) {
  ph_network_forget_plans(network);
  int i = 1;
  while (i < network->count) {
    if (!is_foldable(network, i)) {
      i++;
      continue;
    }
    /* What comes next is then at i, and may be another one for the same convolution. */
    int before = network->layer[i].input[0];
    ph_status status = scale_convolution(&network->layer[before], &network->layer[i], e);
    if (status == PH_OK) status = remove_layer(network, i, before, e);
    if (status != PH_OK) return status;
  }
  return PH_OK;
}
