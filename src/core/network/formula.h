/* SPDX-License-Identifier: MIT */
/* Formulas: numbers computed from the lengths of tensors, written as text. Words in postfix order, one space
   between them: a number; a length, as "b2", which is axis 2 of the second tensor; or an operation on what
   was left before it. "a2 2 / floor" is half the height of a picture, without its odd row. Knows no layers.
 */
#ifndef PH_FORMULA_H
#define PH_FORMULA_H

#include "base/error.h"
#include "base/shape.h"

enum { PH_MOST_OPERANDS = 3, PH_FORMULA_SHAPES = 26 };

typedef struct ph_formula_operation {
  const char *name;
  int operands;
  double (*compute)(const double *x);
} ph_formula_operation;

/* The operation of this name, or NULL. */
const ph_formula_operation *ph_formula_find(const char *name);

/* What the formula comes to for tensors of these shapes; infinite or no number where it divides by zero.
   PH_MISUSE where it is none, or takes a length that is not there. */
ph_status ph_formula_evaluate(const char *formula, const ph_shape *shapes, int count, double *value,
                              ph_error *e);

#endif
