/* SPDX-License-Identifier: MIT */
/* Receptive fields: a place of a layer followed back to the picture, box by box (box.h). */
#include <inttypes.h>

#include "base/memory.h"
#include "network_private.h"

/* A network at one size of pictures. */
typedef struct sized {
  const ph_network *network;
  ph_shape *shape;
  const ph_layer **layer;
  ph_meaning *meaning;
  bool *needed; /* for the layer that is asked about */
  ph_box *box;  /* scratch, one for each layer */
} sized;

static void release(sized *s) {
  for (int i = 0; s->layer != NULL && i < s->network->count; i++)
    if (s->layer[i] != NULL) ph_layer_drop_sized(s->layer[i], &s->network->layer[i]);
  ph_free(s->shape);
  ph_free((void *)s->layer);
  ph_free(s->meaning);
  ph_free(s->needed);
  ph_free(s->box);
}

static ph_status make(const ph_network *network, int layer, int64_t height, int64_t width, sized *s,
                      ph_error *e) {
  const size_t count = (size_t)network->count;
  *s = (sized){.network = network,
               .shape = ph_alloc_array(count, sizeof *s->shape),
               .layer = ph_alloc_array(count, sizeof *s->layer),
               .meaning = ph_alloc_array(count, sizeof *s->meaning),
               .needed = ph_alloc_array(count, sizeof *s->needed),
               .box = ph_alloc_array(count, sizeof *s->box)};
  if (s->shape == NULL || s->layer == NULL || s->meaning == NULL || s->needed == NULL || s->box == NULL)
    return ph_no_memory(e);
  ph_network_ancestors(network, layer, s->needed);
  return ph_network_size(network, height, width, s->needed, s->shape, s->layer, s->meaning, e);
}

/* The box of the picture that a box of a layer depends on. */
static ph_box follow(const sized *s, int layer, ph_box box, bool open) {
  ph_shape shapes[PH_MAX_INPUTS];
  ph_box needed[PH_MAX_INPUTS];
  for (int i = 0; i <= layer; i++) s->box[i] = (ph_box){.rank = 1};
  s->box[layer] = box;
  for (int i = layer; i > 0; i--) {
    const ph_layer *own = s->layer[i];
    if (ph_box_is_empty(&s->box[i])) continue;
    for (int j = 0; j < own->inputs; j++) shapes[j] = s->shape[own->input[j]];
    ph_layer_needs(own, &(ph_needs){shapes, s->shape[i], s->box[i], open, needed});
    for (int j = 0; j < own->inputs; j++) {
      ph_box *input = &s->box[own->input[j]];
      if (!open) needed[j] = ph_box_inside(&needed[j], shapes[j]);
      *input = ph_box_join(input, &needed[j]);
    }
  }
  return s->box[0];
}

/* How many places to go along a side to see by how much fields move: as many as there are, but a multiple of
   12, 4 or 2, since where a map was enlarged, several neighbours have one field. */
static int64_t places_apart(int64_t places) {
  static const int64_t multiples[] = {12, 4, 2};
  for (size_t i = 0; i < sizeof multiples / sizeof *multiples; i++)
    if (places > multiples[i]) return (places - 1) / multiples[i] * multiples[i];
  return places - 1;
}

static void copy_sides(const ph_box *box, ph_range sides[2]) {
  for (int side = 0; side < 2; side++) sides[side] = box->axis[2 + side];
}

static ph_status find(const sized *s, int layer, const int64_t *place, ph_receptive_field *field,
                      ph_error *e) {
  const char *name = s->network->layer[layer].name;
  const ph_shape shape = s->shape[layer];
  ph_arrangement a;
  ph_status status = ph_arrangement_of(&s->meaning[layer], PH_TOKEN_PATCHES, name, &a, e);
  if (status != PH_OK) return status;
  const int64_t y = place == NULL ? a.rows / 2 : place[0], x = place == NULL ? a.columns / 2 : place[1];
  if (y < 0 || y >= a.rows || x < 0 || x >= a.columns)
    return ph_fail(e, PH_MISUSE,
                   "layer '%s': %" PRId64 "x%" PRId64 " places, and none at (%" PRId64 ", %" PRId64 ")", name,
                   a.rows, a.columns, y, x);
  const ph_box own = ph_arrangement_box(&a, shape, y, x);
  const ph_box seen = follow(s, layer, own, false), open = follow(s, layer, own, true);
  if (ph_box_is_empty(&seen))
    return ph_fail(e, PH_FAILURE,
                   "layer '%s': what is at (%" PRId64 ", %" PRId64 ") does not depend on the picture", name,
                   y, x);
  copy_sides(&seen, field->inside);
  copy_sides(&open, field->whole);
  const int64_t apart[] = {places_apart(a.rows), places_apart(a.columns)};
  const ph_box first = follow(s, layer, ph_arrangement_box(&a, shape, 0, 0), true);
  const ph_box last = follow(s, layer, ph_arrangement_box(&a, shape, apart[0], apart[1]), true);
  for (int side = 0; side < 2; side++) {
    const int64_t way = last.axis[2 + side].first - first.axis[2 + side].first;
    field->offset[side] = first.axis[2 + side].first;
    field->stride[side] = apart[side] == 0 ? 0 : (double)way / (double)apart[side];
  }
  return PH_OK;
}

ph_status ph_network_receptive_field(const ph_network *network, int layer, int64_t height, int64_t width,
                                     const int64_t *place, ph_receptive_field *field, ph_error *e) {
  sized s;
  ph_status status = make(network, layer, height, width, &s, e);
  if (status == PH_OK) status = find(&s, layer, place, field, e);
  release(&s);
  return status;
}
