/* SPDX-License-Identifier: MIT */
/* Boxes, and the rules that many layer types share. */
#include "box.h"

#include "layer.h"

/* ---- boxes ---- */

static bool is_empty(ph_range r) { return r.last <= r.first; }

ph_range ph_range_join(ph_range a, ph_range b) {
  if (is_empty(a)) return b;
  if (is_empty(b)) return a;
  return (ph_range){a.first < b.first ? a.first : b.first, a.last > b.last ? a.last : b.last};
}

ph_box ph_box_whole(ph_shape shape) {
  ph_box box = {.rank = shape.rank};
  for (int a = 0; a < shape.rank; a++) box.axis[a] = (ph_range){0, shape.dim[a]};
  return box;
}

ph_box ph_box_element(ph_shape shape, int64_t index) {
  ph_box box = {.rank = shape.rank};
  for (int a = shape.rank - 1; a >= 0; a--) {
    box.axis[a] = (ph_range){index % shape.dim[a], index % shape.dim[a] + 1};
    index /= shape.dim[a];
  }
  return box;
}

bool ph_box_is_empty(const ph_box *box) {
  for (int a = 0; a < box->rank; a++)
    if (is_empty(box->axis[a])) return true;
  return false;
}

ph_box ph_box_join(const ph_box *a, const ph_box *b) {
  if (ph_box_is_empty(a)) return *b;
  if (ph_box_is_empty(b)) return *a;
  ph_box box = *a;
  for (int d = 0; d < box.rank; d++) box.axis[d] = ph_range_join(a->axis[d], b->axis[d]);
  return box;
}

ph_box ph_box_inside(const ph_box *box, ph_shape shape) {
  ph_box part = *box;
  for (int a = 0; a < box->rank; a++) {
    ph_range *range = &part.axis[a];
    if (range->first < 0) range->first = 0;
    if (range->last > shape.dim[a]) range->last = shape.dim[a];
  }
  return part;
}

/* ---- rules ---- */

void ph_needs_elements(const ph_layer *layer, const ph_needs *needs) {
  const int rank = needs->output.rank;
  for (int i = 0; i < layer->inputs; i++)
    for (int a = 0; a < needs->inputs[i].rank; a++) {
      const int own = a + rank - needs->inputs[i].rank; /* aligned at the last axis */
      if (needs->inputs[i].dim[a] == needs->output.dim[own])
        needs->needed[i].axis[a] = needs->wanted.axis[own];
    }
}

/* The first axes, up to `count` of them. */
static void keep(const ph_needs *needs, int count) {
  for (int a = 0; a < count && a < needs->inputs[0].rank && a < needs->output.rank; a++)
    needs->needed[0].axis[a] = needs->wanted.axis[a];
}

void ph_needs_planes(const ph_layer *layer, const ph_needs *needs) {
  (void)layer;
  keep(needs, 2);
}

void ph_needs_images(const ph_layer *layer, const ph_needs *needs) {
  (void)layer;
  keep(needs, 1);
}

/* The elements between the first and the last of a box, over axes from … to-1 as one. Beyond the borders,
   nothing is known of them. */
static ph_range flat_range(const ph_box *box, ph_shape shape, int from, int to) {
  const ph_box inside = ph_box_inside(box, shape);
  ph_range flat = {0, 0};
  for (int a = from; a < to; a++) {
    flat.first = flat.first * shape.dim[a] + inside.axis[a].first;
    flat.last = flat.last * shape.dim[a] + inside.axis[a].last - 1;
  }
  flat.last++;
  return flat;
}

/* The other way round: the box of the elements of such a range. From the first axis on along which there are
   several, it is whole. */
static void unfold_range(ph_range flat, ph_shape shape, int from, int to, ph_box *box) {
  int64_t first = flat.first, last = flat.last - 1, below = 1;
  for (int a = from; a < to; a++) below *= shape.dim[a];
  for (int a = from; a < to && first / below == last / below; a++) {
    below /= shape.dim[a];
    box->axis[a] = (ph_range){first / below % shape.dim[a], last / below % shape.dim[a] + 1};
  }
}

void ph_needs_regrouped(const ph_layer *layer, const ph_needs *needs) {
  const ph_shape in = needs->inputs[0], out = needs->output;
  (void)layer;
  if (ph_box_is_empty(&needs->wanted)) return;
  for (int i = 0, o = 0; i < in.rank && o < out.rank;) { /* as few axes of both as have as many elements */
    const int from_i = i, from_o = o;
    int64_t of_in = in.dim[i++], of_out = out.dim[o++];
    while (of_in != of_out)
      if (of_in < of_out)
        of_in *= in.dim[i++];
      else
        of_out *= out.dim[o++];
    if (i - from_i == 1 && o - from_o == 1)
      needs->needed[0].axis[from_i] = needs->wanted.axis[from_o];
    else
      unfold_range(flat_range(&needs->wanted, out, from_o, o), in, from_i, i, &needs->needed[0]);
  }
}

void ph_layer_needs(const ph_layer *layer, const ph_needs *needs) {
  static ph_needs_rule *const by_reach[] = {[PH_REACH_CHANNEL] = ph_needs_planes,
                                            [PH_REACH_ELEMENT] = ph_needs_elements,
                                            [PH_REACH_ANYTHING] = NULL};
  for (int i = 0; i < layer->inputs; i++) needs->needed[i] = ph_box_whole(needs->inputs[i]);
  ph_needs_rule *rule = layer->type->needs != NULL ? layer->type->needs : by_reach[layer->type->reach];
  if (rule != NULL) rule(layer, needs);
}
