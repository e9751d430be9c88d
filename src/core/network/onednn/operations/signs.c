/* SPDX-License-Identifier: MIT */
/* ReLUs as parts of operations: which sign each number had, and what of a gradient that lets through. */
#include "signs.h"

#include "base/vector.h"
#include "network/onednn/vectors.h"

/* ---- noting signs ---- */

PHD_KERNEL void note_elements(const void *restrict x, unsigned char *restrict signs, int64_t count,
                              bool negative, element_type type) {
  if (negative)
    for (int64_t i = 0; i < count; i++) signs[i] = phd_load(x, i, type) < 0;
  else
    for (int64_t i = 0; i < count; i++) signs[i] = phd_load(x, i, type) > 0;
}

PH_VECTOR static void note_piece(const void *x, unsigned char *signs, int64_t count, bool negative,
                                 element_type type) {
  PHD_BY_TYPE(type, note_elements, x, signs, count, negative);
}

bool phd_minds_negatives(ph_relu_mode mode) { return mode == PH_RELU_REDIRECTED || mode == PH_RELU_LEAKY; }

ph_status phd_reserve_signs(plan *p, operation *op, ph_error *e) {
  if (!p->backward || op->mode == PH_RELU_DECONVNET || op->mode == PH_RELU_OPEN) return PH_OK;
  int64_t floats = (phd_count(p, op->output) + (int64_t)sizeof(float) - 1) / (int64_t)sizeof(float);
  return phd_add_buffer(p, true, floats, &op->workspace, e);
}

static unsigned char *signs_of(const run *r, const operation *op) {
  return (unsigned char *)phd_place(r, op->workspace);
}

void phd_note_signs(const run *r, const operation *op, const void *x) {
  const int64_t count = phd_count(r->plan, op->output);
  const element_type type = r->plan->value[op->output].type;
  if (op->workspace < 0) return;
  unsigned char *signs = signs_of(r, op);
  FOR_EACH_PIECE(count)
  note_piece(phd_read_at(x, from, type), signs + from, phd_piece(from, count), phd_minds_negatives(op->mode),
             type);
}

/* ---- masks ---- */

/* What of a gradient is let through, by the sign that was noted and its own. Redirected ReLUs are Lucid's, as
   in layers/relu.c: they let more through where the image's whole masked gradient is zero. What is padding
   has x = 0 and g = 0, and so changes nothing. */
typedef enum mask { POSITIVE, POSITIVE_BOTH, POSITIVE_GRADIENT, NOT_NEGATIVE, NOT_NEGATIVE_BOTH, LEAKY } mask;

PHD_KERNEL void mask_elements(void *restrict g, const unsigned char *restrict signs, int64_t count, mask what,
                              element_type type) {
#define FOR_EACH(statement)                                                                                  \
  for (int64_t i = 0; i < count; i++) statement;                                                             \
  break
#define GRADIENT phd_load(g, i, type)
  switch (what) {
    case POSITIVE:
      FOR_EACH(phd_keep_if(g, i, signs[i], type));
    case POSITIVE_BOTH:
      FOR_EACH(phd_keep_if(g, i, signs[i] && GRADIENT > 0, type));
    case POSITIVE_GRADIENT:
      FOR_EACH(phd_keep_if(g, i, GRADIENT > 0, type));
    case NOT_NEGATIVE:
      FOR_EACH(phd_keep_if(g, i, !signs[i], type));
    case NOT_NEGATIVE_BOTH:
      FOR_EACH(phd_keep_if(g, i, !(signs[i] && GRADIENT < 0), type));
    case LEAKY:
      FOR_EACH(phd_store(g, i, signs[i] ? PH_RELU_LEAK * GRADIENT : GRADIENT, type));
  }
#undef GRADIENT
#undef FOR_EACH
}

PH_VECTOR static void mask_piece(void *g, const unsigned char *signs, int64_t count, mask what,
                                 element_type type) {
  PHD_BY_TYPE(type, mask_elements, g, signs, count, what);
}

PHD_KERNEL bool any_awake(const void *g, const unsigned char *negative, int64_t count, element_type type) {
  int found = 0;
  for (int64_t i = 0; i < count; i++) found |= !negative[i] & (phd_load(g, i, type) != 0);
  return found != 0;
}

PH_VECTOR static bool awake_piece(const void *g, const unsigned char *negative, int64_t count,
                                  element_type type) {
  return PHD_BY_TYPE(type, any_awake, g, negative, count);
}

static bool is_awake(const void *g, const unsigned char *negative, int64_t count, element_type type) {
  bool awake = false;
  for (int64_t from = 0; from < count && !awake; from += PIECE)
    awake = awake_piece(phd_read_at(g, from, type), negative + from, phd_piece(from, count), type);
  return awake;
}

void phd_mask(const run *r, const operation *op, void *g) {
  static const mask masks[] = {[PH_RELU_PLAIN] = POSITIVE,
                               [PH_RELU_GUIDED] = POSITIVE_BOTH,
                               [PH_RELU_DECONVNET] = POSITIVE_GRADIENT,
                               [PH_RELU_LEAKY] = LEAKY};
  const int64_t count = phd_count(r->plan, op->output);
  const element_type type = r->plan->value[op->output].type;
  const unsigned char *signs = op->workspace < 0 ? NULL : signs_of(r, op);
  mask what;
  if (op->mode == PH_RELU_OPEN) return;
  if (op->mode == PH_RELU_REDIRECTED)
    what = is_awake(g, signs, count, type) ? NOT_NEGATIVE : NOT_NEGATIVE_BOTH;
  else
    what = masks[op->mode];
  FOR_EACH_PIECE(count)
  mask_piece(phd_at(g, from, type), signs == NULL ? NULL : signs + from, phd_piece(from, count), what, type);
}

/* ---- a ReLU in place ---- */

PHD_KERNEL void rectify_elements(void *x, int64_t count, element_type type) {
  for (int64_t i = 0; i < count; i++) phd_keep_if(x, i, !(phd_load(x, i, type) < 0), type);
}

PH_VECTOR static void rectify_piece(void *x, int64_t count, element_type type) {
  PHD_BY_TYPE(type, rectify_elements, x, count);
}

void phd_rectify(const run *r, const operation *op, void *x) {
  const int64_t count = phd_count(r->plan, op->output);
  const element_type type = r->plan->value[op->output].type;
  unsigned char *signs = op->workspace < 0 ? NULL : signs_of(r, op);
  FOR_EACH_PIECE(count) {
    const int64_t size = phd_piece(from, count);
    void *piece = phd_at(x, from, type);
    if (signs != NULL) note_piece(piece, signs + from, size, phd_minds_negatives(op->mode), type);
    rectify_piece(piece, size, type);
  }
}
