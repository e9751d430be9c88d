/* SPDX-License-Identifier: MIT */
/* What is to be known of all layers before any is compiled: which are needed, their shapes, what of them is
   read, and which of them run together. */
#include "base/memory.h"
#include "network/onednn/operations/signs.h"
#include "analysis.h"

/* For each layer whose only reader is a ReLU, and which nothing reads as it is, that ReLU; else -1.
   Where a ReLU's gradient minds what is below zero, it stays apart. */
static void find_fused(const plan *p, const ph_plan_request *request, const bool *needed, int *fused) {
  int count = ph_network_count(p->network);
  for (int i = 0; i < count; i++) fused[i] = -1;
  for (int i = 0; i < count; i++) {
    const ph_layer *layer = ph_network_layer(p->network, i);
    if (!needed[i]) continue;
    for (int j = 0; j < layer->inputs; j++) {
      int below = layer->input[j];
      bool first = fused[below] == -1;
      fused[below] =
          first && layer->type == &ph_layer_relu ? i : -2; /* -2: several readers, or another kind */
    }
  }
  for (int i = 0; i < request->taps; i++) fused[request->tap[i]] = -2;
  for (int i = 0; i < count; i++) {
    if (fused[i] < 0 || phd_minds_negatives(request->relu_mode)) fused[i] = -1;
  }
}

ph_status phd_analyse(const plan *p, const ph_plan_request *request, analysis *s, ph_error *e) {
  const size_t count = (size_t)ph_network_count(request->network);
  ph_status status;
  *s = (analysis){.needed = ph_alloc_array(count, sizeof *s->needed),
                  .shape = ph_alloc_array(count, sizeof *s->shape),
                  .reads = ph_alloc_array(count, sizeof *s->reads),
                  .fused = ph_alloc_array(count, sizeof *s->fused),
                  .siblings = ph_alloc_array(count, sizeof *s->siblings)};
  if (s->needed == NULL || s->shape == NULL || s->reads == NULL || s->fused == NULL || s->siblings == NULL)
    return ph_no_memory(e);
  s->needed[0] = true;
  for (int i = 0; i < request->taps; i++) ph_network_ancestors(p->network, request->tap[i], s->needed);
  PH_TRY(ph_network_shapes(p->network, request->height, request->width, s->needed, s->shape, e));
  phd_find_reads(p, request, s->shape, s->needed, s->reads);
  find_fused(p, request, s->needed, s->fused);
  PH_TRY(phd_find_siblings(p->network, s, s->siblings, e));
done:
  return status;
}

void phd_drop_analysis(analysis *s) {
  ph_free(s->needed);
  ph_free(s->shape);
  ph_free(s->reads);
  ph_free(s->fused);
  ph_free(s->siblings);
}
