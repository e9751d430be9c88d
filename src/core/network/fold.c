/* SPDX-License-Identifier: MIT */
/* Folding batch normalisation into the convolution before it: y = s (W x + b) + t is one convolution with
   weights s W and bias s b + t. Done once, at load. The convolution takes the norm's place and name; what it
   gave before, (y - t) / s, is still there under its own name, and is computed only if it is read. */
#include <math.h>

#include "base/memory.h"
#include "network_private.h"

/* The order of a batch_norm's parameters. */
enum { MEAN, VARIANCE, WEIGHT, BIAS };

/* How many layers read it, besides those that undo a norm. */
static int readers(const ph_network *net, int layer, const bool *undoes) {
  int count = 0;
  for (int i = 0; i < net->count; i++)
    for (int j = 0; j < net->layer[i].inputs; j++) count += net->layer[i].input[j] == layer && !undoes[i];
  return count;
}

/* Whether layer i is a batch_norm that the convolution before it can take in. */
static bool is_foldable(const ph_network *net, int i, const bool *undoes) {
  if (net->layer[i].type != &ph_layer_batch_norm || undoes[i]) return false;
  int before = net->layer[i].input[0];
  return net->layer[before].type == &ph_layer_convolution && readers(net, before, undoes) == 1;
}

/* What a norm does to each channel, and what undoes it, as parameters. */
typedef struct affine {
  ph_tensor *scale, *shift, *inverse, *ones;
} affine;

static ph_status find_affine(const ph_layer *norm, ph_shape channels, affine *a, ph_error *e) {
  ph_status status;
  PH_TRY(ph_tensor_new(channels, &a->scale, e));
  PH_TRY(ph_tensor_new(channels, &a->shift, e));
  PH_TRY(ph_tensor_new(channels, &a->inverse, e));
  PH_TRY(ph_tensor_new(channels, &a->ones, e));
  PH_TRY(ph_batch_norm_affine(norm, channels.dim[0], ph_tensor_data(a->scale), ph_tensor_data(a->shift), e));
  ph_tensor_fill(a->ones, 1);
  for (int64_t c = 0; c < channels.dim[0]; c++)
    ph_tensor_data(a->inverse)[c] = 1 / ph_tensor_read(a->scale)[c];
done:
  return status;
}

static void release(affine *a) {
  ph_tensor_release(a->scale);
  ph_tensor_release(a->shift);
  ph_tensor_release(a->inverse);
  ph_tensor_release(a->ones);
}

/* Whether it can be undone: where the shift is much greater than the scale, rounding has swallowed what was
   scaled. float32 has seven digits, of which three are to be right. */
static bool is_reversible(const affine *a) {
  const float *scale = ph_tensor_read(a->scale), *shift = ph_tensor_read(a->shift);
  for (int64_t c = 0; c < ph_tensor_count(a->scale); c++)
    if (!isfinite(ph_tensor_read(a->inverse)[c]) || fabsf(shift[c]) > 1e4F * fabsf(scale[c])) return false;
  return true;
}

static void replace(ph_tensor **parameter, ph_tensor *by) {
  ph_tensor_retain(by);
  ph_tensor_release(*parameter);
  *parameter = by;
}

/* Replaces the convolution's weight and bias by scaled copies. */
static ph_status scale_convolution(ph_layer *conv, const affine *a, ph_error *e) {
  ph_tensor *weight = NULL, *bias = NULL;
  ph_shape shape = ph_tensor_shape(conv->parameter[0]);
  int64_t outputs = shape.dim[0], each = ph_shape_count(shape) / outputs;
  ph_status status;
  PH_TRY(ph_tensor_new(shape, &weight, e));
  PH_TRY(ph_tensor_new(ph_tensor_shape(a->scale), &bias, e));
  for (int64_t o = 0; o < outputs; o++) {
    float s = ph_tensor_read(a->scale)[o];
    float b = conv->parameter[1] == NULL ? 0 : ph_tensor_read(conv->parameter[1])[o];
    for (int64_t i = 0; i < each; i++)
      ph_tensor_data(weight)[o * each + i] = s * ph_tensor_read(conv->parameter[0])[o * each + i];
    ph_tensor_data(bias)[o] = s * b + ph_tensor_read(a->shift)[o];
  }
  replace(&conv->parameter[0], weight);
  replace(&conv->parameter[1], bias);
done:
  ph_tensor_release(weight);
  ph_tensor_release(bias);
  return status;
}

/* Makes the norm what undoes it: 1 / s (y - t). */
static void reverse(ph_layer *norm, const affine *a) {
  replace(&norm->parameter[MEAN], a->shift);
  replace(&norm->parameter[VARIANCE], a->ones);
  replace(&norm->parameter[WEIGHT], a->inverse);
  ph_tensor_release(norm->parameter[BIAS]);
  norm->parameter[BIAS] = NULL;
  ph_fields_set(norm->type->fields, norm->config, "epsilon", 1, 0, norm->name, NULL);
}

/* What undid an earlier norm of the same convolution, and now has to undo another one first:
   ((y - t) / s - m) w = (y - t - s m) w / s. */
static void reverse_further(ph_layer *earlier, const affine *a) {
  float *mean = ph_tensor_data(earlier->parameter[MEAN]),
        *weight = ph_tensor_data(earlier->parameter[WEIGHT]);
  for (int64_t c = 0; c < ph_tensor_count(a->scale); c++) {
    mean[c] = ph_tensor_read(a->shift)[c] + ph_tensor_read(a->scale)[c] * mean[c];
    weight[c] *= ph_tensor_read(a->inverse)[c];
  }
}

static int exchanged(int index, int a, int b) { return index == a ? b : index == b ? a : index; }

/* Exchanges all that a convolution and the norm that reads it are called by, and gives it the norm's readers.
 */
static void exchange(ph_network *net, int conv, int norm) {
  char *name = net->layer[conv].name;
  net->layer[conv].name = net->layer[norm].name;
  net->layer[norm].name = name;
  for (int i = 0; i < net->aliases; i++) net->alias[i].layer = exchanged(net->alias[i].layer, conv, norm);
  net->logits = exchanged(net->logits, conv, norm);
  net->probabilities = exchanged(net->probabilities, conv, norm);
  for (int i = 0; i < net->count; i++)
    for (int j = 0; j < net->layer[i].inputs; j++)
      if (net->layer[i].input[j] == norm) net->layer[i].input[j] = conv;
}

static ph_status fold_layer(ph_network *net, int i, bool *undoes, ph_error *e) {
  affine a = {0};
  const int before = net->layer[i].input[0];
  ph_shape channels = ph_shape_of(1, ph_tensor_shape(net->layer[before].parameter[0]).dim);
  ph_status status;
  PH_TRY(find_affine(&net->layer[i], channels, &a, e));
  if (!is_reversible(&a)) goto done;
  PH_TRY(scale_convolution(&net->layer[before], &a, e));
  for (int j = before + 1; j < i; j++)
    if (undoes[j] && net->layer[j].input[0] == before) reverse_further(&net->layer[j], &a);
  reverse(&net->layer[i], &a);
  exchange(net, before, i);
  undoes[i] = true;
done:
  release(&a);
  return status;
}

ph_status ph_network_fold(ph_network *network, ph_error *e) {
  ph_status status = PH_OK;
  bool *undoes = ph_alloc_array((size_t)network->count, sizeof *undoes);
  if (undoes == NULL) return ph_no_memory(e);
  ph_network_forget_plans(network);
  for (int i = 1; i < network->count && status == PH_OK; i++)
    if (is_foldable(network, i, undoes)) status = fold_layer(network, i, undoes, e);
  ph_free(undoes);
  return status;
}
