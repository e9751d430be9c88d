/* SPDX-License-Identifier: MIT */
/* Printing expressions as the Lua that makes them, with an explicit stack instead of recursion.
 */
#include <math.h>

#include "base/memory.h"
#include "base/writer.h"
#include "objective_private.h"

/* Lua's precedences, as far as they concern us. */
enum { ANY, SUM, PRODUCT, UNARY, POWER, PRIMARY };

static int precedence_of(const ph_objective *objective) {
  switch (objective->operation) {
    case PH_NUMBER:
      return objective->number < 0 ? UNARY : PRIMARY;
    case PH_HEAD:
      return PRIMARY;
    case PH_ADD:
    case PH_SUBTRACT:
      return SUM;
    case PH_MULTIPLY:
    case PH_DIVIDE:
      return PRODUCT;
    case PH_NEGATE:
      return UNARY;
    default:
      return POWER;
  }
}

/* A piece of text, or an expression that needs parentheses unless it binds at least as tightly as `least`. */
typedef struct piece {
  const char *text;
  const ph_objective *objective;
  int least;
} piece;

static const char minus[] = "-";

/* Each level of the expression has at most this many pieces waiting. */
enum { PIECES_PER_LEVEL = 4 };

static void push(piece *stack, int *height, piece top) { stack[(*height)++] = top; }

/* A minus sign. After a plus it takes the plus's place, after a minus it makes a plus of it: a + -b is a - b.
   What binds more tightly than a sum may have begun with it: a + -b * c is a - b * c. */
static void write_minus(ph_writer *writer) {
  char *sign = writer->used < 3 ? NULL : writer->text + writer->used - 2;
  if (sign != NULL && sign[-1] == ' ' && (*sign == '+' || *sign == '-') && sign[1] == ' ')
    *sign = *sign == '+' ? '-' : '+';
  else
    ph_write(writer, "-");
}

static void write_number(ph_writer *writer, double number) {
  if (number < 0) write_minus(writer);
  ph_write_number(writer, fabs(number));
}

/* The pieces of an operator, last first. A sum of sums and a product of products need no parentheses. */
static void push_operator(piece *stack, int *height, const ph_objective *o) {
  static const struct {
    const char *text;
    int left, right;
  } table[] = {[PH_ADD] = {" + ", SUM, SUM},
               [PH_SUBTRACT] = {" - ", SUM, PRODUCT},
               [PH_MULTIPLY] = {" * ", PRODUCT, PRODUCT},
               [PH_DIVIDE] = {" / ", PRODUCT, UNARY},
               [PH_POWER] = {" ^ ", PRIMARY, UNARY}};
  if (o->operation == PH_NEGATE) {
    push(stack, height, (piece){.objective = o->left, .least = UNARY});
    push(stack, height, (piece){.text = minus});
    return;
  }
  push(stack, height, (piece){.objective = o->right, .least = table[o->operation].right});
  push(stack, height, (piece){.text = table[o->operation].text});
  push(stack, height, (piece){.objective = o->left, .least = table[o->operation].left});
}

static void write_pieces(ph_writer *writer, piece *stack, const ph_objective *objective) {
  char text[PH_HEAD_TEXT];
  int height = 0;
  push(stack, &height, (piece){.objective = objective, .least = ANY});
  while (height > 0 && !writer->full) {
    piece top = stack[--height];
    if (top.text != NULL) {
      if (top.text == minus)
        write_minus(writer);
      else
        ph_write(writer, "%s", top.text);
      continue;
    }
    bool parenthesised = precedence_of(top.objective) < top.least;
    if (parenthesised) {
      ph_write(writer, "(");
      push(stack, &height, (piece){.text = ")"});
    }
    if (top.objective->operation == PH_NUMBER) {
      write_number(writer, top.objective->number);
    } else if (top.objective->operation == PH_HEAD) {
      ph_write(writer, "%s", ph_head_print(top.objective->head, text));
    } else {
      push_operator(stack, &height, top.objective);
    }
  }
}

ph_status ph_objective_print(const ph_objective *objective, char *text, size_t size, ph_error *e) {
  ph_writer writer = ph_writer_over(text, size);
  piece *stack = ph_alloc_array(((size_t)objective->depth + 1) * PIECES_PER_LEVEL, sizeof *stack);
  if (stack == NULL) return ph_no_memory(e);
  write_pieces(&writer, stack, objective);
  ph_free(stack);
  return PH_OK;
}
