/* SPDX-License-Identifier: MIT */
/* How meanings pass through layers: axes that stay, that are joined and cut, and whose factors are regrouped.
 */
#include "meaning.h"

#include <string.h>

#include "layer.h"

/* ---- axes ---- */

ph_axis_meaning ph_axis_of(ph_axis_kind kind, int64_t length) {
  ph_axis_meaning axis = {0};
  if (length > 1) axis = (ph_axis_meaning){.count = 1, .factor = {{kind, length, 1}}};
  return axis;
}

bool ph_axis_is(const ph_axis_meaning *axis, ph_axis_kind kind) {
  for (int i = 0; i < axis->count; i++)
    if (axis->factor[i].kind != kind) return false;
  return axis->count > 0;
}

static bool has(const ph_axis_meaning *axis, ph_axis_kind kind) {
  for (int i = 0; i < axis->count; i++)
    if (axis->factor[i].kind == kind) return true;
  return false;
}

bool ph_axis_has_places(const ph_axis_meaning *axis) { return has(axis, PH_ROWS) || has(axis, PH_COLUMNS); }

static bool is_known(const ph_axis_meaning *axis) { return has(axis, PH_UNITS) || ph_axis_has_places(axis); }

static bool is_equal(const ph_axis_meaning *a, const ph_axis_meaning *b) {
  if (a->count != b->count || a->before != b->before || a->after != b->after) return false;
  for (int i = 0; i < a->count; i++) {
    const ph_factor *f = &a->factor[i], *g = &b->factor[i];
    if (f->kind != g->kind || f->length != g->length || f->step != g->step) return false;
  }
  return true;
}

ph_axis_meaning ph_axis_join(const ph_axis_meaning *a, const ph_axis_meaning *b, int64_t length) {
  if (!is_known(b)) return *a;
  if (!is_known(a) || is_equal(a, b)) return *b;
  return ph_axis_of(PH_OTHER, length);
}

/* The axis made longer or shorter. */
static ph_axis_meaning resized(const ph_axis_meaning *axis, int64_t length) {
  ph_axis_meaning other = *axis;
  if (axis->count != 1 || axis->before + axis->after > 0 || length == 1) return ph_axis_of(PH_OTHER, length);
  other.factor[0].length = length;
  return other;
}

ph_axis_meaning ph_axis_part(const ph_axis_meaning *axis, int64_t size, int64_t start, int64_t step,
                             int64_t length) {
  ph_axis_meaning part = *axis;
  if (step != 1) return resized(axis, length);
  if (length == size) return part;
  part.before = part.after = 0;
  if (start == axis->before && length == size - axis->before - axis->after) return part;
  return resized(axis, length);
}

/* ---- rules ---- */

void ph_meaning_unknown(const ph_layer *layer, const ph_meaning *inputs, ph_meaning *output) {
  (void)layer, (void)inputs;
  for (int a = 0; a < output->shape.rank; a++) output->axis[a] = ph_axis_of(PH_OTHER, output->shape.dim[a]);
}

void ph_meaning_map(const ph_layer *layer, const ph_meaning *inputs, ph_meaning *output) {
  static const ph_axis_kind kinds[] = {PH_OTHER, PH_UNITS, PH_ROWS, PH_COLUMNS};
  const ph_shape shape = output->shape;
  for (int a = 0; a < shape.rank; a++) {
    ph_axis_kind kind = a < 4 ? kinds[a] : PH_OTHER;
    if (shape.rank == 3 && a == 2) kind = PH_COLUMNS;
    output->axis[a] = ph_axis_of(kind, shape.dim[a]);
  }
  if (layer->inputs > 0 && inputs[0].shape.dim[0] == shape.dim[0]) output->axis[0] = inputs[0].axis[0];
}

void ph_meaning_kept(const ph_layer *layer, const ph_meaning *inputs, ph_meaning *output) {
  const int rank = output->shape.rank;
  for (int a = 0; a < rank; a++) {
    const int64_t length = output->shape.dim[a];
    output->axis[a] = ph_axis_of(PH_OTHER, length);
    for (int i = 0; i < layer->inputs; i++) {
      const int own = a + inputs[i].shape.rank - rank;
      if (own < 0) continue;
      const int64_t size = inputs[i].shape.dim[own];
      if (size == 1 || (size != length && layer->inputs > 1)) continue;
      const ph_axis_meaning axis =
          size == length ? inputs[i].axis[own] : resized(&inputs[i].axis[own], length);
      output->axis[a] = ph_axis_join(&output->axis[a], &axis, length);
    }
  }
}

/* ---- regrouping ---- */

/* The factors of all axes, one after the other. An axis with elements besides its product stays whole. */
typedef struct queue {
  const ph_meaning *input;
  int axis, at;   /* the next factor */
  ph_factor rest; /* of a factor that was cut; length 0: none is */
} queue;

static bool next_factor(queue *q, ph_factor *factor) {
  if (q->rest.length > 0) {
    *factor = q->rest;
    q->rest.length = 0;
    return true;
  }
  while (q->axis < q->input->shape.rank && q->at == q->input->axis[q->axis].count) q->axis++, q->at = 0;
  if (q->axis == q->input->shape.rank) return false;
  const ph_axis_meaning *axis = &q->input->axis[q->axis];
  if (axis->before + axis->after > 0) return false;
  *factor = axis->factor[q->at++];
  return true;
}

/* Takes an axis that stays whole, where it is next and has this length. */
static bool take_whole(queue *q, int64_t length, ph_axis_meaning *axis) {
  while (q->axis < q->input->shape.rank && q->at == q->input->axis[q->axis].count) q->axis++, q->at = 0;
  if (q->rest.length > 0 || q->at > 0 || q->axis == q->input->shape.rank) return false;
  const ph_axis_meaning *next = &q->input->axis[q->axis];
  if (next->before + next->after == 0 || q->input->shape.dim[q->axis] != length) return false;
  *axis = *next;
  q->axis++;
  return true;
}

/* Appends a factor; one that goes on where the last one stopped is one with it. */
static bool append(ph_axis_meaning *axis, ph_factor factor) {
  ph_factor *last = axis->count > 0 ? &axis->factor[axis->count - 1] : NULL;
  if (last != NULL && last->kind == factor.kind && last->step == factor.step * factor.length) {
    *last = (ph_factor){factor.kind, last->length * factor.length, factor.step};
    return true;
  }
  if (axis->count == PH_MAX_FACTORS) return false;
  axis->factor[axis->count++] = factor;
  return true;
}

/* Takes factors that make up this length; the last one may be cut. */
static bool take(queue *q, int64_t length, ph_axis_meaning *axis) {
  *axis = (ph_axis_meaning){0};
  if (length > 1 && take_whole(q, length, axis)) return true;
  for (int64_t got = 1; got < length;) {
    ph_factor factor;
    if (!next_factor(q, &factor)) return false;
    int64_t missing = length / got;
    if (length % got != 0) return false;
    if (factor.length > missing) {
      if (factor.length % missing != 0) return false;
      q->rest = (ph_factor){factor.kind, factor.length / missing, factor.step};
      factor = (ph_factor){factor.kind, missing, factor.step * q->rest.length};
    }
    if (!append(axis, factor)) return false;
    got *= factor.length;
  }
  return true;
}

static bool has_units_besides(const ph_meaning *m, int besides) {
  for (int a = 0; a < m->shape.rank; a++)
    if (a != besides && has(&m->axis[a], PH_UNITS)) return true;
  return false;
}

/* What an axis is whose units are merged with something else: where units are left on other axes, they went
   into the map, as a pixel shuffle's do; else places became units, as in a flattened map or where patches are
   merged. False where there is nothing to settle. */
static bool settle_axis(const ph_meaning *m, int a, ph_axis_meaning *settled) {
  const ph_axis_meaning *axis = &m->axis[a];
  const int64_t length = m->shape.dim[a];
  if (!has(axis, PH_UNITS) || axis->count < 2) return false;
  if (!has_units_besides(m, a)) {
    *settled = ph_axis_of(PH_UNITS, length);
    return true;
  }
  if (ph_axis_is(axis, PH_UNITS)) return false;
  bool rows = has(axis, PH_ROWS), columns = has(axis, PH_COLUMNS);
  *settled = ph_axis_of(rows == columns ? PH_OTHER : rows ? PH_ROWS : PH_COLUMNS, length);
  return true;
}

/* Where part of the rows, or columns, became something else, the rest of them count anew. */
static void count_anew(ph_meaning *m, ph_axis_kind kind) {
  ph_factor *only = NULL;
  for (int a = 0; a < m->shape.rank; a++)
    for (int i = 0; i < m->axis[a].count; i++) {
      if (m->axis[a].factor[i].kind != kind) continue;
      if (only != NULL) return;
      only = &m->axis[a].factor[i];
    }
  if (only != NULL) only->step = 1;
}

void ph_meaning_regrouped(const ph_layer *layer, const ph_meaning *inputs, ph_meaning *output) {
  queue q = {.input = inputs};
  for (int a = 0; a < output->shape.rank; a++) {
    if (take(&q, output->shape.dim[a], &output->axis[a])) continue;
    ph_meaning_unknown(layer, inputs, output);
    return;
  }
  const ph_meaning merged = *output;
  bool is_settled = false;
  for (int a = 0; a < output->shape.rank; a++) is_settled |= settle_axis(&merged, a, &output->axis[a]);
  if (!is_settled) return;
  count_anew(output, PH_ROWS);
  count_anew(output, PH_COLUMNS);
}
