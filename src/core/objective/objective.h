/* SPDX-License-Identifier: MIT */
/* Objectives: immutable expressions whose leaves are numbers and heads. They are what a recipe maximises.
   Operators make new expressions that share their operands. An expression knows no network: evaluation.h runs
   it on one.

   Expressions can be very deep (thousands of terms added in a loop) and may share parts, so nothing here
   recurses, and everything that walks an expression sees each part once. */
#ifndef PH_OBJECTIVE_H
#define PH_OBJECTIVE_H

#include "head.h"

typedef struct ph_objective ph_objective;

typedef enum ph_operation {
  PH_NUMBER,
  PH_HEAD,
  PH_ADD,
  PH_SUBTRACT,
  PH_MULTIPLY,
  PH_DIVIDE,
  PH_POWER,
  PH_NEGATE /* has only a left operand */
} ph_operation;

/* What an operation makes of its operands' values; the right one of PH_NEGATE does not matter. Not for
 * leaves. */
double ph_operation_apply(ph_operation operation, double a, double b);

/* Leaves: a finite number; a head (head.h); text as in "mixed4a:476" (a channel) or "mixed4a" (a layer);
   where the network has a layer called "mixed4a:476", as TensorFlow's are, that one. Each has one reference,
   which the caller owns. */
ph_status ph_objective_number(double number, ph_objective **objective, ph_error *e);
ph_status ph_objective_head(const char *type, const ph_setting *settings, int count, ph_tensor *tensor,
                            ph_objective **objective, ph_error *e);
ph_status ph_objective_parse(const char *text, ph_objective **objective, ph_error *e);

/* A new expression over operands, which it retains; `right` is NULL for PH_NEGATE. What algebra makes trivial
   (0 + x, 1 * x, 0 * x, -(-x), numbers among themselves) is not built. */
ph_status ph_objective_combine(ph_operation operation, ph_objective *left, ph_objective *right,
                               ph_objective **result, ph_error *e);

/* The expression with every head that names no image reading this one. */
ph_status ph_objective_on(ph_objective *objective, int64_t image, ph_objective **result, ph_error *e);

/* Whether a head of it names an image of the batch. */
ph_status ph_objective_names_images(ph_objective *objective, bool *names, ph_error *e);

/* The expression for a batch of so many copies of its pictures, first every picture's first copy, then every
   second one: where heads name an image, the mean over the copies of the expression that reads theirs. What
   reads the picture itself, which is not copied, stays. PH_MISUSE where an image is named that the batch has
   not, and where a head compares all images with one of them, of which there are then several. */
ph_status ph_objective_in_copies(ph_objective *objective, int64_t pictures, int64_t copies,
                                 ph_objective **result, ph_error *e);

ph_objective *ph_objective_retain(ph_objective *objective); /* returns its argument */
void ph_objective_release(ph_objective *objective);         /* NULL is allowed */

/* Writes the expression as Lua into text, with no more parentheses than it needs; what does not fit in `size`
   bytes (at least 4) is cut and marked with an ellipsis. */
enum { PH_OBJECTIVE_TEXT = 16384 }; /* enough for hundreds of terms */
ph_status ph_objective_print(const ph_objective *objective, char *text, size_t size, ph_error *e);

/* An expression in the order in which it can be computed: operands before what uses them, the whole last, and
   shared parts once. */
typedef struct ph_step {
  ph_objective *part; /* borrowed */
  ph_operation operation;
  int left, right;     /* indices of earlier steps, or -1 */
  double number;       /* PH_NUMBER */
  const ph_head *head; /* PH_HEAD */
} ph_step;

/* The caller frees *steps with ph_free. */
ph_status ph_objective_flatten(ph_objective *objective, ph_step **steps, int *count, ph_error *e);

#endif
