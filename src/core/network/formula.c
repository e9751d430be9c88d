/* SPDX-License-Identifier: MIT */
/* Formulas at work: a stack, and the table of operations. Whole numbers and truth values are doubles, too. */
#include "formula.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- operations ---- */

static double add(const double *x) { return x[0] + x[1]; }
static double subtract(const double *x) { return x[0] - x[1]; }
static double multiply(const double *x) { return x[0] * x[1]; }
static double divide(const double *x) { return x[0] / x[1]; }
static double raise(const double *x) { return pow(x[0], x[1]); }
/* The remainder has the divisor's sign, that of fmod the dividend's. */
static double modulo(const double *x) { return x[0] - x[1] * floor(x[0] / x[1]); }
static double c_modulo(const double *x) { return fmod(x[0], x[1]); }
static double least(const double *x) { return x[0] < x[1] ? x[0] : x[1]; }
static double most(const double *x) { return x[0] > x[1] ? x[0] : x[1]; }
static double is_less(const double *x) { return x[0] < x[1]; }
static double is_equal(const double *x) { return x[0] == x[1]; }
static double choose(const double *x) { return x[0] != 0 ? x[1] : x[2]; }
static double negate(const double *x) { return -x[0]; }
static double absolute(const double *x) { return fabs(x[0]); }
static double sign(const double *x) { return (x[0] > 0) - (x[0] < 0); }
static double down(const double *x) { return floor(x[0]); }
static double up(const double *x) { return ceil(x[0]); }
static double towards_zero(const double *x) { return trunc(x[0]); }
/* Halves become the even neighbour. */
static double nearest(const double *x) { return x[0] - remainder(x[0], 1); }
static double square_root(const double *x) { return sqrt(x[0]); }
static double exponential(const double *x) { return exp(x[0]); }
static double logarithm(const double *x) { return log(x[0]); }
static double to_float(const double *x) { return (double)(float)x[0]; }

static const ph_formula_operation operations[] = {
    {"+", 2, add},           {"-", 2, subtract},    {"*", 2, multiply},       {"/", 2, divide},
    {"^", 2, raise},         {"%", 2, modulo},      {"fmod", 2, c_modulo},    {"min", 2, least},
    {"max", 2, most},        {"<", 2, is_less},     {"=", 2, is_equal},       {"?", 3, choose},
    {"neg", 1, negate},      {"abs", 1, absolute},  {"sign", 1, sign},        {"floor", 1, down},
    {"ceil", 1, up},         {"round", 1, nearest}, {"sqrt", 1, square_root}, {"trunc", 1, towards_zero},
    {"exp", 1, exponential}, {"log", 1, logarithm}, {"float", 1, to_float},
};
enum { OPERATIONS = sizeof operations / sizeof *operations };

const ph_formula_operation *ph_formula_find(const char *name) {
  for (int i = 0; i < OPERATIONS; i++)
    if (strcmp(operations[i].name, name) == 0) return &operations[i];
  return NULL;
}

/* ---- formulas ---- */

enum { MOST_PENDING = 64, LONGEST_WORD = 40 };

typedef struct stack {
  double number[MOST_PENDING];
  int count;
} stack;

/* Whether a word is a length: a letter and a digit. */
static bool is_length(const char *word) {
  return word[0] >= 'a' && word[0] <= 'z' && word[1] >= '0' && word[1] <= '9' && word[2] == '\0';
}

static ph_status push_length(const char *word, const ph_shape *shapes, int count, stack *s, ph_error *e) {
  const int tensor = word[0] - 'a', axis = word[1] - '0';
  if (tensor >= count || axis >= shapes[tensor].rank)
    return ph_fail(e, PH_MISUSE, "there is no length '%s'", word);
  s->number[s->count++] = (double)shapes[tensor].dim[axis];
  return PH_OK;
}

static ph_status apply(const char *word, stack *s, ph_error *e) {
  const ph_formula_operation *operation = ph_formula_find(word);
  if (operation == NULL) return ph_fail(e, PH_MISUSE, "no operation '%s'", word);
  if (s->count < operation->operands)
    return ph_fail(e, PH_MISUSE, "'%s' takes %d numbers, got %d", word, operation->operands, s->count);
  s->count -= operation->operands;
  s->number[s->count] = operation->compute(&s->number[s->count]);
  s->count++;
  return PH_OK;
}

static ph_status read_word(const char *word, const ph_shape *shapes, int count, stack *s, ph_error *e) {
  char *end;
  if (s->count == MOST_PENDING) return ph_fail(e, PH_MISUSE, "more than %d numbers wait", MOST_PENDING);
  if (is_length(word)) return push_length(word, shapes, count, s, e);
  double number = strtod(word, &end);
  if (end == word || *end != '\0') return apply(word, s, e);
  s->number[s->count++] = number;
  return PH_OK;
}

ph_status ph_formula_evaluate(const char *formula, const ph_shape *shapes, int count, double *value,
                              ph_error *e) {
  stack s = {.count = 0};
  ph_error why;
  ph_status status = PH_OK;
  for (const char *at = formula; *at != '\0' && status == PH_OK;) {
    char word[LONGEST_WORD];
    size_t length = strcspn(at, " ");
    snprintf(word, sizeof word, "%.*s", (int)(length < sizeof word ? length : sizeof word - 1), at);
    status = read_word(word, shapes, count, &s, &why);
    at += length;
    if (*at == ' ') at++;
  }
  if (status != PH_OK) return ph_fail(e, status, "formula '%.80s': %s", formula, why.message);
  if (s.count != 1) return ph_fail(e, PH_MISUSE, "formula '%.80s': leaves %d numbers", formula, s.count);
  *value = s.number[0];
  return PH_OK;
}
