/* SPDX-License-Identifier: MIT */
/* What of each layer is read. An objective on one channel needs one branch of the module that it looks at,
   and one block of that branch's last convolution: what nothing reads is neither computed nor taken back.
   Ranges are handed down from the taps; a layer that mixes channels needs all that is below it. Must not know
   how values are laid out. */
#include "analysis.h"

static bool is_empty(ph_channels c) { return c.first >= c.last; }

static ph_channels overlap(ph_channels a, ph_channels b) {
  return (ph_channels){a.first > b.first ? a.first : b.first, a.last < b.last ? a.last : b.last};
}

/* The shortest range that holds both. */
static ph_channels joined(ph_channels a, ph_channels b) {
  if (is_empty(a)) return b;
  if (is_empty(b)) return a;
  return (ph_channels){a.first < b.first ? a.first : b.first, a.last > b.last ? a.last : b.last};
}

static ph_channels all_of(ph_shape shape) { return (ph_channels){0, shape.rank > 1 ? shape.dim[1] : 1}; }

static bool joins_channels(const ph_layer *layer, ph_shape shape) {
  return layer->type->joins && ph_concat_axis(layer, shape.rank) == 1;
}

/* Hands what is read of a layer down to its inputs. */
static void hand_down(const ph_layer *layer, ph_shape shape, const ph_shape *shapes, ph_channels read,
                      ph_channels *reads) {
  const bool same = phd_is_map(shape) && layer->type->reach != PH_REACH_ANYTHING;
  const bool shared_out = phd_is_map(shape) && joins_channels(layer, shape);
  int64_t start = 0;
  for (int i = 0; i < layer->inputs; i++) {
    const int input = layer->input[i];
    ph_channels part = all_of(shapes[input]);
    const int64_t count = part.last;
    if (shared_out)
      part = overlap((ph_channels){read.first - start, read.last - start}, part);
    else if (same)
      part = overlap(read, part);
    reads[input] = joined(reads[input], part);
    start += count;
  }
}

void phd_find_reads(const plan *p, const ph_plan_request *request, const ph_shape *shapes, bool *needed,
                    ph_channels *reads) {
  for (int i = 0; i < request->taps; i++) {
    const int tap = request->tap[i];
    const ph_channels all = all_of(shapes[tap]);
    const ph_channels read = request->reads != NULL ? overlap(request->reads[i], all) : all;
    reads[tap] = is_empty(read) ? all : read; /* past the end: whoever reads there will say so */
  }
  for (int i = ph_network_count(p->network) - 1; i > 0; i--) {
    const ph_layer *layer = ph_network_layer(p->network, i);
    if (!needed[i]) continue;
    needed[i] = !is_empty(reads[i]);
    if (!needed[i]) continue;
    /* Groups are runs of channels: such convolutions are computed as a whole. */
    if (ph_convolution_groups(layer) > 1) reads[i] = all_of(shapes[i]);
    hand_down(layer, shapes[i], shapes, reads[i], reads);
  }
}
