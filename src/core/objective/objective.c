/* SPDX-License-Identifier: MIT */
/* Making, combining and releasing expressions. Printing is in objective_print.c, traversal in
   objective_walk.c, which images are read in objective_images.c. */
#include "objective.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "objective_private.h"

static ph_status allocate(ph_operation operation, ph_objective **objective, ph_error *e) {
  ph_objective *o = ph_alloc(sizeof *o);
  if (o == NULL) return ph_no_memory(e);
  o->references = 1;
  o->operation = operation;
  *objective = o;
  return PH_OK;
}

/* ---- leaves ---- */

ph_status ph_objective_number(double number, ph_objective **objective, ph_error *e) {
  if (!isfinite(number)) return ph_fail(e, PH_MISUSE, "an objective cannot hold the number %g", number);
  ph_status status = allocate(PH_NUMBER, objective, e);
  if (status == PH_OK) (*objective)->number = number;
  return status;
}

ph_status ph_objective_from_head(ph_head *head, ph_objective **objective, ph_error *e) {
  ph_status status = allocate(PH_HEAD, objective, e);
  if (status == PH_OK)
    (*objective)->head = head;
  else
    ph_head_free(head);
  return status;
}

ph_status ph_objective_head(const char *type, const ph_setting *settings, int count, ph_tensor *tensor,
                            ph_objective **objective, ph_error *e) {
  ph_head *head;
  ph_status status = ph_head_new(type, settings, count, tensor, &head, e);
  return status == PH_OK ? ph_objective_from_head(head, objective, e) : status;
}

/* The layer that is called like the whole text; NULL for a text that is too long for a name. */
static ph_status whole_of(const char *text, ph_head **whole, ph_error *e) {
  const ph_setting setting = {.key = "layer", .text = text};
  return strlen(text) < PH_TEXT_SIZE ? ph_head_new("layer", &setting, 1, NULL, whole, e) : PH_OK;
}

ph_status ph_objective_parse(const char *text, ph_objective **objective, ph_error *e) {
  char layer[PH_TEXT_SIZE];
  const char *colon = strrchr(text, ':');
  size_t length = colon == NULL ? strlen(text) : (size_t)(colon - text);
  const char *unit = colon == NULL ? NULL : colon + 1;
  size_t digits = unit == NULL ? 0 : strspn(unit, "0123456789");
  bool unit_is_fine = unit == NULL || (digits > 0 && digits < 10 && unit[digits] == '\0');
  if (length == 0 || length >= sizeof layer || !unit_is_fine)
    return ph_fail(e, PH_MISUSE, "'%s' is not an objective: \"layer:unit\" or \"layer\" is expected", text);
  memcpy(layer, text, length);
  layer[length] = '\0';
  ph_setting settings[] = {{.key = "layer", .text = layer}, {.key = "unit", .count = 1}};
  if (unit == NULL) return ph_objective_head("layer", settings, 1, NULL, objective, e);
  settings[1].value[0] = strtod(unit, NULL);
  ph_head *head = NULL;
  ph_status status = ph_head_new("channel", settings, 2, NULL, &head, e);
  if (status == PH_OK) status = whole_of(text, &head->whole, e);
  if (status == PH_OK) return ph_objective_from_head(head, objective, e);
  ph_head_free(head);
  return status;
}

/* ---- algebra ---- */

static bool is_number(const ph_objective *objective, double number) {
  return objective->operation == PH_NUMBER && objective->number == number;
}

double ph_operation_apply(ph_operation operation, double a, double b) {
  switch (operation) {
    case PH_ADD:
      return a + b;
    case PH_SUBTRACT:
      return a - b;
    case PH_MULTIPLY:
      return a * b;
    case PH_DIVIDE:
      return a / b;
    case PH_POWER:
      return pow(a, b);
    default:
      return -a;
  }
}

/* Whether a rule makes the combination equal to one of the operands, which is then *same. */
static bool is_trivial(ph_operation operation, ph_objective *a, ph_objective *b, ph_objective **same) {
  *same = a;
  switch (operation) {
    case PH_ADD:
      if (is_number(a, 0)) *same = b;
      return is_number(a, 0) || is_number(b, 0);
    case PH_SUBTRACT:
      return is_number(b, 0);
    case PH_MULTIPLY:
      if (is_number(a, 1) || is_number(b, 0)) *same = b;
      return is_number(a, 0) || is_number(a, 1) || is_number(b, 0) || is_number(b, 1);
    case PH_DIVIDE:
    case PH_POWER:
      return is_number(b, 1);
    default:
      if (a->operation == PH_NEGATE) *same = a->left;
      return a->operation == PH_NEGATE;
  }
}

static ph_status build(ph_operation operation, ph_objective *left, ph_objective *right, ph_objective **result,
                       ph_error *e) {
  ph_status status = allocate(operation, result, e);
  if (status != PH_OK) return status;
  ph_objective *o = *result;
  o->left = ph_objective_retain(left);
  o->depth = left->depth + 1;
  if (right != NULL) {
    o->right = ph_objective_retain(right);
    if (right->depth >= o->depth) o->depth = right->depth + 1;
  }
  return PH_OK;
}

ph_status ph_objective_combine(ph_operation operation, ph_objective *left, ph_objective *right,
                               ph_objective **result, ph_error *e) {
  ph_objective *same;
  if (is_trivial(operation, left, right, &same)) {
    *result = ph_objective_retain(same);
    return PH_OK;
  }
  if (operation == PH_DIVIDE && is_number(right, 0))
    return ph_fail(e, PH_MISUSE, "an objective is divided by 0");
  if (left->operation == PH_NUMBER && (right == NULL || right->operation == PH_NUMBER))
    return ph_objective_number(ph_operation_apply(operation, left->number, right == NULL ? 0 : right->number),
                               result, e);
  if (operation == PH_SUBTRACT && is_number(left, 0)) /* 0 - x is -x */
    return ph_objective_combine(PH_NEGATE, right, NULL, result, e);
  if (operation == PH_ADD && right->operation == PH_NEGATE) /* a + -b is a - b */
    return build(PH_SUBTRACT, left, right->left, result, e);
  if (operation == PH_SUBTRACT && right->operation == PH_NEGATE) /* a - -b is a + b */
    return build(PH_ADD, left, right->left, result, e);
  return build(operation, left, right, result, e);
}

/* ---- lifetime ---- */

ph_objective *ph_objective_retain(ph_objective *objective) {
  objective->references++;
  return objective;
}

/* Puts a part that nothing refers to any more on the list of the dead. */
static ph_objective *let_go(ph_objective *part, ph_objective *dead) {
  if (part == NULL || --part->references > 0) return dead;
  part->next = dead;
  return part;
}

void ph_objective_release(ph_objective *objective) {
  ph_objective *dead = let_go(objective, NULL);
  while (dead != NULL) {
    ph_objective *part = dead;
    dead = let_go(part->left, let_go(part->right, part->next));
    ph_head_free(part->head);
    ph_free(part);
  }
}
