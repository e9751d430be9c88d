/* SPDX-License-Identifier: MIT */
/* Which 1x1 convolutions run as one: those that read the same input, as an Inception module's do. One wide
   convolution reads its input once, and meets its threads once; on the way back it sums over all of them in
   registers. What they compute lies side by side; of one of them that may be the beginning of a concatenation
   too, so that is put last. Must not know how values are laid out otherwise. */
#include "base/memory.h"
#include "analysis.h"

enum { NOWHERE, FIRST, ELSEWHERE }; /* where in concatenations a layer's output is read */

typedef struct group {
  int head, last; /* layers, -1 where there is none yet */
  int in_concat;
  int count;
  bool relu;       /* whether ReLUs are fused */
  bool impossible; /* to run as one in this plan */
} group;

static bool is_narrow(const ph_layer *layer) {
  if (layer->type != &ph_layer_convolution) return false;
  const ph_convolution_config *config = layer->config;
  const ph_shape weight = ph_tensor_shape(layer->parameter[0]);
  bool plain = config->groups == 1 && weight.dim[2] == 1 && weight.dim[3] == 1;
  for (int axis = 0; axis < 2; axis++) plain = plain && config->stride[axis] == 1;
  for (int side = 0; side < 4; side++) plain = plain && config->padding[side] == 0;
  return plain;
}

/* A fused ReLU's output is its convolution's. */
static void find_places(const ph_network *network, const int *fused, unsigned char *place) {
  for (int i = 0; i < ph_network_count(network); i++) {
    const ph_layer *layer = ph_network_layer(network, i);
    if (!layer->type->joins) continue;
    for (int j = 0; j < layer->inputs; j++) {
      unsigned char *of_input = &place[layer->input[j]];
      *of_input = j == 0 && *of_input == NOWHERE ? FIRST : ELSEWHERE;
    }
  }
  for (int i = 0; i < ph_network_count(network); i++)
    if (fused[i] >= 0) place[i] = place[fused[i]];
}

static void append(group *g, int layer, sibling *siblings) {
  if (g->head < 0)
    g->head = layer;
  else
    siblings[g->last].next = layer;
  g->last = layer;
}

static void add_member(group *g, int layer, bool whole, bool relu, int place, sibling *siblings) {
  if (g->count == 0) *g = (group){.head = -1, .last = -1, .in_concat = -1, .relu = relu};
  g->count++;
  if (!whole || relu != g->relu || place == ELSEWHERE || (place == FIRST && g->in_concat >= 0))
    g->impossible = true;
  else if (place == FIRST)
    g->in_concat = layer;
  else
    append(g, layer, siblings);
}

static void settle_group(group *g, sibling *siblings) {
  if (g->impossible || g->count < 2 || g->count > PHD_MOST_JOINED) return;
  if (g->in_concat >= 0) append(g, g->in_concat, siblings);
  for (int i = g->head; i >= 0; i = siblings[i].next) siblings[i].head = g->head;
}

ph_status phd_find_siblings(const ph_network *network, const analysis *s, sibling *siblings, ph_error *e) {
  const int count = ph_network_count(network);
  group *of_input = ph_alloc_array((size_t)count, sizeof *of_input);
  unsigned char *place = ph_alloc_array((size_t)count, sizeof *place);
  const ph_status status = of_input == NULL || place == NULL ? ph_no_memory(e) : PH_OK;
  if (status == PH_OK) find_places(network, s->fused, place);
  for (int i = 0; i < count && status == PH_OK; i++) {
    const ph_layer *layer = ph_network_layer(network, i);
    siblings[i] = (sibling){-1, -1};
    if (!is_narrow(layer)) continue;
    const bool whole = s->needed[i] && s->reads[i].first == 0 && s->reads[i].last == s->shape[i].dim[1];
    add_member(&of_input[layer->input[0]], i, whole, s->fused[i] >= 0, place[i], siblings);
  }
  for (int i = 0; i < count && status == PH_OK; i++) settle_group(&of_input[i], siblings);
  ph_free(of_input);
  ph_free(place);
  return status;
}
