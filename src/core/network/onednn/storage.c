/* SPDX-License-Identifier: MIT */
/* Memory of a plan: when each buffer is first written and last read, who is first to write each gradient, and
   where in its arena every buffer lies. Time runs from 0: operation i goes forward at time i and backward at
   time 2n - i; activations of taps are read and their gradients written in between, at time n. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "compile.h"

/* -1 of -1 */
static int root_of(const plan *p, int b) {
  while (b >= 0 && p->buffer[b].parent >= 0) b = p->buffer[b].parent;
  return b;
}

static void touch(plan *p, int b, int time) {
  if (b < 0) return;
  buffer *root = &p->buffer[root_of(p, b)];
  if (time < root->birth) root->birth = time;
  if (time > root->death) root->death = time;
}

/* ---- who is first ---- */

/* Whether all, none or part of a value's gradient has been written, by one flag per block of floats. */
typedef struct coverage {
  unsigned char *written;
  int64_t grain;
} coverage;

enum { NONE, SOME, ALL };

static int covered(const coverage *c, int64_t from, int64_t size) {
  int64_t count = 0, blocks = size / c->grain;
  for (int64_t i = 0; i < blocks; i++) count += c->written[from / c->grain + i];
  return count == 0 ? NONE : count == blocks ? ALL : SOME;
}

/* Marks a value's gradient as written; returns whether it was already. */
static bool claim(const plan *p, int v, coverage *of_root, bool *clear_root) {
  int g = p->value[v].gradient, root = root_of(p, g);
  if (g < 0) return false;
  int64_t from = phd_offset(p, g) - p->buffer[root].offset, size = phd_floats(p, v);
  int state = covered(&of_root[root], from, size);
  if (state == SOME) clear_root[root] = true;
  memset(of_root[root].written + from / of_root[root].grain, 1, (size_t)(size / of_root[root].grain));
  return state != NONE;
}

/* Decides `accumulate` for every input of every operation. Gradients that alias (a concatenation and its
   inputs) are told apart by where they lie within their root. */
static void find_first_writers(plan *p, coverage *of_root, bool *clear_root) {
  for (int i = 0; i < p->taps; i++) p->tap_adds[i] = claim(p, p->tap[i], of_root, clear_root);
  for (int i = p->operations - 1; i >= 0; i--) {
    operation *op = &p->operation[i];
    for (int j = 0; j < op->inputs; j++) op->accumulate[j] = claim(p, op->input[j], of_root, clear_root);
  }
  /* Where no tap depends on the picture, its gradient is zero. */
  if (!claim(p, 0, of_root, clear_root)) clear_root[root_of(p, p->value[0].gradient)] = true;
}

static ph_status plan_gradients(plan *p, ph_error *e) {
  ph_status status = PH_OK;
  coverage *of_root = ph_alloc_array((size_t)p->buffers, sizeof *of_root);
  bool *clear_root = ph_alloc_array((size_t)p->buffers, sizeof *clear_root);
  if (of_root == NULL || clear_root == NULL) {
    status = ph_no_memory(e);
    goto done;
  }
  for (int i = 0; i < p->values; i++) {
    int root = root_of(p, p->value[i].gradient);
    if (root < 0 || of_root[root].written != NULL) continue;
    /* Slices of a blocked value begin and end at multiples of a block's plane. */
    const value *v = &p->value[i];
    of_root[root].grain = v->blocked ? p->shared->block * phd_size(v->type) / (int64_t)sizeof(float) : 1;
    of_root[root].written = ph_alloc((size_t)(p->buffer[root].size / of_root[root].grain) + 1);
    if (of_root[root].written == NULL) {
      status = ph_no_memory(e);
      goto done;
    }
  }
  find_first_writers(p, of_root, clear_root);
  /* Rare: a gradient that is written in part before it is added to as a whole starts from zeros instead. */
  for (int i = 0; i < p->operations; i++) {
    for (int j = 0; j < p->operation[i].inputs; j++) {
      int root = root_of(p, p->value[p->operation[i].input[j]].gradient);
      if (root >= 0 && clear_root[root]) p->operation[i].accumulate[j] = true;
    }
  }
  for (int i = 0; i < p->buffers; i++) p->buffer[i].clear = clear_root[i];
done:
  for (int i = 0; i < p->buffers && of_root != NULL; i++) ph_free(of_root[i].written);
  ph_free(of_root);
  ph_free(clear_root);
  return status;
}

/* ---- lifetimes ---- */

static void find_lifetimes(plan *p) {
  int middle = p->operations, end = 2 * p->operations;
  for (int i = 0; i < p->buffers; i++) {
    p->buffer[i].birth = end + 1;
    p->buffer[i].death = -1;
  }
  for (int i = 0; i < p->operations; i++) {
    const operation *op = &p->operation[i];
    int back = end - i;
    touch(p, p->value[op->output].activation, i);
    touch(p, op->workspace, i);
    if (p->backward) touch(p, op->workspace, back);
    for (int j = 0; j < op->inputs; j++) touch(p, p->value[op->input[j]].activation, i);
    if (!p->backward) continue;
    if (op->type->keeps_output) touch(p, p->value[op->output].activation, back);
    for (int j = 0; j < op->inputs; j++) {
      if (op->type->keeps_input) touch(p, p->value[op->input[j]].activation, back);
      touch(p, p->value[op->input[j]].gradient, back);
    }
    touch(p, p->value[op->output].gradient, back);
    touch(p, op->scratch, back);
  }
  for (int i = 0; i < p->taps; i++) {
    touch(p, p->value[p->tap[i]].activation, middle);
    if (p->backward) touch(p, p->value[p->tap[i]].gradient, middle);
  }
  /* The picture's gradient is read at the very end; what is cleared is cleared at the beginning. */
  if (p->backward) touch(p, p->value[0].gradient, end);
  for (int i = 0; i < p->buffers; i++)
    if (p->buffer[i].clear) touch(p, i, middle);
}

/* Activations that nothing reads after forward need no place of their image's own. */
static void keep_no_longer_than_needed(plan *p) {
  for (int i = 0; i < p->buffers; i++)
    if (p->buffer[i].death < p->operations) p->buffer[i].kept = false;
}

/* ---- packing ---- */

typedef struct placement {
  const plan *plan; /* for the comparison */
  int buffer;
} placement;

typedef int order(const void *a, const void *b);

static const buffer *buffer_of(const placement *x) { return &x->plan->buffer[x->buffer]; }
static int sign(int64_t x) { return (x > 0) - (x < 0); }

static int larger_first(const void *a, const void *b) {
  const placement *x = a, *y = b;
  const int by_size = sign(buffer_of(y)->size - buffer_of(x)->size);
  return by_size != 0 ? by_size : x->buffer - y->buffer;
}

static int longer_first(const void *a, const void *b) {
  const placement *x = a, *y = b;
  const int by_death = buffer_of(y)->death - buffer_of(x)->death;
  return by_death != 0 ? by_death : larger_first(a, b);
}

static bool overlap_in_time(const buffer *a, const buffer *b) {
  return a->birth <= b->death && b->birth <= a->death;
}

/* The lowest offset at which `b` collides with none of those already placed. */
static int64_t lowest_offset(const plan *p, const placement *placed, int count, const buffer *b) {
  int64_t offset = 0;
  for (bool moved = true; moved;) {
    moved = false;
    for (int i = 0; i < count; i++) {
      const buffer *other = &p->buffer[placed[i].buffer];
      if (!overlap_in_time(b, other)) continue;
      if (offset < other->offset + other->size && other->offset < offset + b->size) {
        offset = other->offset + other->size;
        moved = true;
      }
    }
  }
  return offset;
}

/* A root that is ever used. */
static bool is_placed(const buffer *b) { return b->parent < 0 && b->death >= 0; }

/* Places an arena's roots in this order; returns the arena's size in *size. */
static ph_status pack(plan *p, bool kept, order *before, int64_t *size, ph_error *e) {
  placement *list = ph_alloc_array((size_t)p->buffers + 1, sizeof *list);
  int count = 0;
  if (list == NULL) return ph_no_memory(e);
  for (int i = 0; i < p->buffers; i++)
    if (is_placed(&p->buffer[i]) && p->buffer[i].kept == kept) list[count++] = (placement){p, i};
  qsort(list, (size_t)count, sizeof *list, before);
  *size = 0;
  for (int i = 0; i < count; i++) {
    buffer *b = &p->buffer[list[i].buffer];
    b->offset = lowest_offset(p, list, i, b);
    if (b->offset + b->size > *size) *size = b->offset + b->size;
  }
  ph_free(list);
  return PH_OK;
}

/* Turns what is kept round: it grows from the arena's end. */
static void hang(plan *p) {
  for (int i = 0; i < p->buffers; i++) {
    buffer *b = &p->buffer[i];
    if (is_placed(b) && b->kept) b->offset = p->kept_size - b->offset - b->size;
  }
}

/* How far an arena is taken at a time, from the end where it begins. */
static int64_t height(const plan *p, bool kept, int time) {
  int64_t most = 0;
  for (int i = 0; i < p->buffers; i++) {
    const buffer *b = &p->buffer[i];
    if (!is_placed(b) || b->kept != kept || time < b->birth || time > b->death) continue;
    const int64_t reach = kept ? p->kept_size - b->offset : b->offset + b->size;
    if (reach > most) most = reach;
  }
  return most;
}

ph_status phd_lay_out(plan *p, ph_error *e) {
  ph_status status = PH_OK;
  for (int i = 0; i < p->buffers; i++) {
    /* Cache lines apart, so that threads do not share one. Slices keep their exact place. */
    if (p->buffer[i].parent < 0) p->buffer[i].size = (p->buffer[i].size + 15) / 16 * 16;
  }
  if (p->backward) PH_TRY(plan_gradients(p, e));
  find_lifetimes(p);
  keep_no_longer_than_needed(p);
  PH_TRY(pack(p, true, longer_first, &p->kept_size, e));
  PH_TRY(pack(p, false, larger_first, &p->work_size, e));
  hang(p);
  for (int time = 0; time <= 2 * p->operations; time++) {
    const int64_t both = height(p, false, time) + height(p, true, time);
    if (both > p->lone_size) p->lone_size = both;
  }
  if (p->lone_size < p->kept_size) p->lone_size = p->kept_size;
done:
  return status;
}

static int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

void phd_find_pad(plan *p, int i) {
  const int back = 2 * p->operations - i;
  p->pad_offset = larger(height(p, false, i), height(p, false, back));
  p->kept_height = larger(height(p, true, i), height(p, true, back));
}
