/* SPDX-License-Identifier: MIT */
/* Arrangements: found from what axes mean, and followed. */
#include "arrangement.h"

#include <string.h>

const char *const ph_token_names[] = {"patches", "class", "others", NULL};

/* A factor of the value and where it lies there. */
typedef struct placed {
  ph_factor factor;
  int64_t stride;
} placed;

/* All that a value is made of, in the order in which it lies. */
typedef struct parts {
  int count;
  placed part[PH_LOOPS_RANK];
  int64_t before, after, stride; /* of the one axis that has elements besides its product */
} parts;

static bool add_part(parts *p, ph_factor factor, int64_t stride) {
  if (p->count == PH_LOOPS_RANK) return false;
  p->part[p->count++] = (placed){factor, stride};
  return true;
}

/* ---- where it is known what the axes mean ---- */

static bool collect(const ph_meaning *m, parts *p) {
  int64_t stride[PH_MAX_RANK];
  ph_dense_strides(m->shape, stride);
  for (int a = 0; a < m->shape.rank; a++) {
    const ph_axis_meaning *axis = &m->axis[a];
    int64_t within = 1;
    if (axis->before + axis->after > 0) {
      if (p->before + p->after > 0) return false;
      p->before = axis->before, p->after = axis->after, p->stride = stride[a];
    }
    for (int i = 0; i < axis->count; i++) within *= axis->factor[i].length;
    for (int i = 0; i < axis->count; i++) {
      within /= axis->factor[i].length;
      if (axis->factor[i].kind == PH_OTHER || !add_part(p, axis->factor[i], stride[a] * within)) return false;
    }
  }
  return true;
}

/* Lets the factors of a kind count without gaps; false where one counts what another counts, too, as happens
   where only one of them was made longer. Gives how many there are of it. */
static bool count_through(parts *p, ph_axis_kind kind, int64_t *count) {
  int64_t least = 0, reach = 1; /* the last factor's step, and where it has counted to */
  *count = 1;
  for (;;) {
    placed *next = NULL;
    for (int i = 0; i < p->count; i++) {
      placed *part = &p->part[i];
      if (part->factor.kind != kind || part->factor.step <= least) continue;
      if (next != NULL && next->factor.step == part->factor.step) return false;
      if (next == NULL || part->factor.step < next->factor.step) next = part;
    }
    if (next == NULL) return true;
    if (next->factor.step < reach) return false;
    least = next->factor.step;
    reach = least * next->factor.length;
    next->factor.step = *count;
    *count *= next->factor.length;
  }
}

/* ---- where it is not ---- */

/* The axis that has all the units; of several or none, -1. */
static int only_units(const ph_meaning *m) {
  int found = -1;
  for (int a = 0; a < m->shape.rank; a++) {
    if (!ph_axis_is(&m->axis[a], PH_UNITS)) continue;
    if (found >= 0) return -1;
    found = a;
  }
  return found;
}

/* Units as the axes' number says, or, where they are known, by themselves; the other axes are rows and
 * columns. */
static void by_number(const ph_meaning *m, parts *p) {
  int64_t stride[PH_MAX_RANK];
  const int rank = m->shape.rank, first = rank > 1 && m->shape.dim[0] == 1;
  int units = only_units(m), at = 0;
  if (units < 0) units = rank - first == 2 ? rank - 1 : first;
  ph_dense_strides(m->shape, stride);
  *p = (parts){0};
  const int places = rank - first - 1;
  int64_t step = 1;
  p->count = rank - first;
  for (int a = rank - 1; a >= first; a--) {
    const int64_t length = m->shape.dim[a];
    placed *part = &p->part[a - first];
    if (a == units) {
      *part = (placed){{PH_UNITS, length, 1}, stride[a]};
      continue;
    }
    const bool is_row = places > 1 && ++at == places;
    *part = (placed){{is_row ? PH_ROWS : PH_COLUMNS, length, is_row ? 1 : step}, stride[a]};
    step *= length;
  }
}

/* ---- what is read ---- */

static ph_status choose_token(const parts *p, const char *layer, ph_arrangement *a, ph_error *e) {
  const int64_t first = p->before > 0 ? 0 : a->rows * a->columns;
  if (a->token == PH_TOKEN_PATCHES) {
    a->start = p->before * p->stride;
  } else if (a->token == PH_TOKEN_CLASS ? a->others < 1 : a->others < 2) {
    return ph_fail(e, PH_MISUSE, "layer '%s': %lld units of %lldx%lld places, and no %s", layer,
                   (long long)a->units, (long long)a->rows, (long long)a->columns,
                   a->token == PH_TOKEN_CLASS ? "class token is known"
                                              : "tokens are known beyond a class token");
  } else {
    a->start = (a->token == PH_TOKEN_CLASS ? first : first + 1) * p->stride;
    a->rows = 1;
    a->columns = a->token == PH_TOKEN_CLASS ? 1 : a->others - 1;
  }
  return PH_OK;
}

/* Of one token, or several, only the units are walked, and the tokens one by one. */
static void make_loops(const parts *p, ph_arrangement *a) {
  int64_t arranged[PH_LOOPS_RANK], value[PH_LOOPS_RANK];
  const int64_t each[] = {[PH_UNITS] = a->rows * a->columns, [PH_ROWS] = a->columns, [PH_COLUMNS] = 1};
  ph_loops *loops = &a->loops;
  *loops = (ph_loops){0};
  for (int i = 0; i < p->count; i++) {
    const placed *part = &p->part[i];
    if (a->token != PH_TOKEN_PATCHES && part->factor.kind != PH_UNITS) continue;
    loops->dim[loops->rank] = part->factor.length;
    arranged[loops->rank] = part->factor.step * each[part->factor.kind];
    value[loops->rank++] = part->stride;
  }
  if (a->token != PH_TOKEN_PATCHES && a->columns > 1) {
    loops->dim[loops->rank] = a->columns;
    arranged[loops->rank] = 1;
    value[loops->rank++] = p->stride;
  }
  ph_loops_add(loops, arranged);
  ph_loops_add(loops, value);
  ph_loops_join(loops);
}

static bool is_dense(const ph_arrangement *a) {
  if (a->others > 0 || a->loops.rank > 1) return false;
  return a->loops.rank == 0 || (a->loops.stride[0][0] == 1 && a->loops.stride[1][0] == 1);
}

ph_status ph_arrangement_of(const ph_meaning *meaning, ph_token token, const char *layer,
                            ph_arrangement *arrangement, ph_error *e) {
  parts p = {0};
  const ph_shape shape = meaning->shape;
  ph_arrangement a = {.token = token, .size = ph_shape_count(shape)};
  if (!collect(meaning, &p) || !count_through(&p, PH_UNITS, &a.units) ||
      !count_through(&p, PH_ROWS, &a.rows) || !count_through(&p, PH_COLUMNS, &a.columns)) {
    by_number(meaning, &p);
    count_through(&p, PH_UNITS, &a.units);
    count_through(&p, PH_ROWS, &a.rows);
    count_through(&p, PH_COLUMNS, &a.columns);
  }
  a.others = p.before + p.after;
  const ph_status status = choose_token(&p, layer, &a, e);
  if (status != PH_OK) return status;
  make_loops(&p, &a);
  a.is_plain = is_dense(&a);
  a.is_vector = token == PH_TOKEN_CLASS || (shape.rank == 2 && shape.dim[0] == 1 && a.units == shape.dim[1]);
  *arrangement = a;
  return PH_OK;
}

/* ---- following it ---- */

ph_shape ph_arrangement_shape(const ph_arrangement *a, int64_t images) {
  if (a->is_vector) return ph_shape_of(2, (int64_t[]){images, a->units});
  return ph_shape4(images, a->units, a->rows, a->columns);
}

static int64_t arranged_size(const ph_arrangement *a) { return a->units * a->rows * a->columns; }

void ph_arrangement_read(const ph_arrangement *a, int64_t images, const float *values, float *arranged) {
  const int64_t to = ph_loops_step(&a->loops, 0), from = ph_loops_step(&a->loops, 1);
  const int64_t length = ph_loops_length(&a->loops);
  for (int64_t n = 0; n < images; n++) {
    for (int64_t row = 0; row < ph_loops_rows(&a->loops); row++) {
      int64_t at[PH_LOOPS_ARRAYS];
      ph_loops_begin(&a->loops, row, at);
      float *dst = arranged + n * arranged_size(a) + at[0];
      const float *src = values + n * a->size + a->start + at[1];
      if (to == 1 && from == 1)
        memcpy(dst, src, (size_t)length * sizeof *dst);
      else
        for (int64_t i = 0; i < length; i++) dst[i * to] = src[i * from];
    }
  }
}

ph_box ph_arrangement_box(const ph_arrangement *a, ph_shape shape, int64_t y, int64_t x) {
  const int64_t places = a->rows * a->columns, place = y * a->columns + x;
  ph_box box = {.rank = 1}; /* empty */
  for (int64_t row = 0; row < ph_loops_rows(&a->loops); row++) {
    int64_t at[PH_LOOPS_ARRAYS];
    ph_loops_begin(&a->loops, row, at);
    for (int64_t i = 0; i < ph_loops_length(&a->loops); i++) {
      if ((at[0] + i * ph_loops_step(&a->loops, 0)) % places != place) continue;
      const ph_box element = ph_box_element(shape, a->start + at[1] + i * ph_loops_step(&a->loops, 1));
      box = ph_box_join(&box, &element);
    }
  }
  return box;
}

void ph_arrangement_add(const ph_arrangement *a, int64_t images, const float *arranged, float *gradient) {
  const int64_t from = ph_loops_step(&a->loops, 0), to = ph_loops_step(&a->loops, 1);
  for (int64_t n = 0; n < images; n++) {
    for (int64_t row = 0; row < ph_loops_rows(&a->loops); row++) {
      int64_t at[PH_LOOPS_ARRAYS];
      ph_loops_begin(&a->loops, row, at);
      const float *src = arranged + n * arranged_size(a) + at[0];
      float *dst = gradient + n * a->size + a->start + at[1];
      for (int64_t i = 0; i < ph_loops_length(&a->loops); i++) dst[i * to] += src[i * from];
    }
  }
}
