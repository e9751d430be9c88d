/* SPDX-License-Identifier: MIT */
/* Traversing expressions without recursion: operands first, shared parts once. During a traversal, each part
   stores its place in the order. */
#include <string.h>

#include "base/memory.h"
#include "objective_private.h"

typedef struct walk {
  ph_objective **stack; /* the way from the root to where we are */
  ph_step *steps;
  int count, capacity;
} walk;

static ph_status append(walk *w, ph_objective *part, ph_error *e) {
  if (w->count == w->capacity) {
    int capacity = w->capacity == 0 ? 16 : 2 * w->capacity;
    ph_step *steps = ph_alloc_array((size_t)capacity, sizeof *steps);
    if (steps == NULL) return ph_no_memory(e);
    if (w->count > 0) memcpy(steps, w->steps, (size_t)w->count * sizeof *steps);
    ph_free(w->steps);
    w->steps = steps;
    w->capacity = capacity;
  }
  w->steps[w->count++] = (ph_step){.part = part,
                                   .operation = part->operation,
                                   .left = part->left == NULL ? -1 : part->left->order - 1,
                                   .right = part->right == NULL ? -1 : part->right->order - 1,
                                   .number = part->number,
                                   .head = part->head};
  part->order = w->count;
  return PH_OK;
}

static bool is_waiting(const ph_objective *part) { return part != NULL && part->order == 0; }

static ph_status visit(walk *w, ph_objective *root, ph_error *e) {
  int height = 0;
  w->stack[height++] = root;
  while (height > 0) {
    ph_objective *part = w->stack[height - 1];
    if (is_waiting(part->left)) {
      w->stack[height++] = part->left;
    } else if (is_waiting(part->right)) {
      w->stack[height++] = part->right;
    } else {
      ph_status status = append(w, part, e);
      if (status != PH_OK) return status;
      height--;
    }
  }
  return PH_OK;
}

ph_status ph_objective_flatten(ph_objective *objective, ph_step **steps, int *count, ph_error *e) {
  walk w = {.stack = ph_alloc_array((size_t)objective->depth + 1, sizeof *w.stack)};
  if (w.stack == NULL) return ph_no_memory(e);
  ph_status status = visit(&w, objective, e);
  for (int i = 0; i < w.count; i++) w.steps[i].part->order = 0;
  ph_free(w.stack);
  if (status != PH_OK) {
    ph_free(w.steps);
    return status;
  }
  *steps = w.steps;
  *count = w.count;
  return PH_OK;
}
