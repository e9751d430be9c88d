/* SPDX-License-Identifier: MIT */
/* Elementwise operations. Each is one expression; a macro makes the loop around it, so that it is vectorised.
 */
#include <math.h>

#include "base/vector.h"
#include "loops.h"
#include "tensor_math.h"

/* ---- of one number ---- */

#define FUNCTIONS(EACH)                                                                                      \
  EACH(ABS, fabs(x))                                                                                         \
  EACH(NEGATE, -x)                                                                                           \
  EACH(SIGN, (double)((x > 0) - (x < 0)))                                                                    \
  EACH(EXP, exp(x))                                                                                          \
  EACH(LOG, log(x))                                                                                          \
  EACH(SQRT, sqrt(x))                                                                                        \
  EACH(SIN, sin(x))                                                                                          \
  EACH(COS, cos(x))                                                                                          \
  EACH(TANH, tanh(x))                                                                                        \
  EACH(SIGMOID, 1 / (1 + exp(-x)))                                                                           \
  EACH(RELU, x < 0 ? 0 : x)

const char *const ph_function_names[] = {"abs", "negate", "sign", "exp",     "log",  "sqrt",
                                         "sin", "cos",    "tanh", "sigmoid", "relu", NULL};

double ph_function_apply(ph_function function, double x) {
  switch (function) {
#define CASE(name, expression)                                                                               \
  case PH_FUNCTION_##name:                                                                                   \
    return expression;
    FUNCTIONS(CASE)
#undef CASE
  }
  return x;
}

static void function_run(ph_function function, float *dst, const float *src, int64_t count) {
  switch (function) {
#define CASE(name, expression)                                                                               \
  case PH_FUNCTION_##name:                                                                                   \
    for (int64_t i = 0; i < count; i++) {                                                                    \
      const double x = (double)src[i];                                                                       \
      dst[i] = (float)(expression);                                                                          \
    }                                                                                                        \
    break;
    FUNCTIONS(CASE)
#undef CASE
  }
}

ph_status ph_tensor_map(const ph_tensor *x, ph_function function, ph_tensor **result, ph_error *e) {
  ph_status status = ph_tensor_new(ph_tensor_shape(x), result, e);
  if (status == PH_OK) function_run(function, ph_tensor_data(*result), ph_tensor_read(x), ph_tensor_count(x));
  return status;
}

/* ---- of two ---- */

#define COMBINATIONS(EACH)                                                                                   \
  EACH(ADD, x + y)                                                                                           \
  EACH(SUBTRACT, x - y)                                                                                      \
  EACH(MULTIPLY, x *y)                                                                                       \
  EACH(DIVIDE, x / y)                                                                                        \
  EACH(POWER, pow(x, y))                                                                                     \
  EACH(MAXIMUM, x < y || isnan(y) ? y : x)                                                                   \
  EACH(MINIMUM, x > y || isnan(y) ? y : x)                                                                   \
  EACH(GREATER, (double)(x > y))                                                                             \
  EACH(EQUAL, (double)(x == y))

const char *const ph_combination_names[] = {"add",     "subtract", "multiply", "divide", "power",
                                            "maximum", "minimum",  "greater",  "equal",  NULL};

double ph_combination_apply(ph_combination combination, double x, double y) {
  switch (combination) {
#define CASE(name, expression)                                                                               \
  case PH_COMBINE_##name:                                                                                    \
    return expression;
    COMBINATIONS(CASE)
#undef CASE
  }
  return x;
}

/* Steps are 0 or 1 but for arrays that are walked across. */
typedef struct operand {
  const float *data;
  int64_t step;
} operand;

PH_VECTOR static void combine_run(ph_combination combination, float *dst, operand a, operand b,
                                  int64_t count) {
  switch (combination) {
#define CASE(name, expression)                                                                               \
  case PH_COMBINE_##name:                                                                                    \
    for (int64_t i = 0; i < count; i++) {                                                                    \
      const double x = (double)a.data[i * a.step], y = (double)b.data[i * b.step];                           \
      dst[i] = (float)(expression);                                                                          \
    }                                                                                                        \
    break;
    COMBINATIONS(CASE)
#undef CASE
  }
}

ph_status ph_tensor_combine(const ph_tensor *a, const ph_tensor *b, ph_combination combination,
                            ph_tensor **result, ph_error *e) {
  ph_shape shape, of_a = ph_tensor_shape(a), of_b = ph_tensor_shape(b);
  char a_text[PH_SHAPE_TEXT], b_text[PH_SHAPE_TEXT];
  if (!ph_shape_broadcast(of_a, of_b, &shape))
    return ph_fail(e, PH_MISUSE, "%s: tensors of shapes %s and %s cannot be broadcast",
                   ph_combination_names[combination], ph_shape_print(of_a, a_text),
                   ph_shape_print(of_b, b_text));
  ph_status status = ph_tensor_new(shape, result, e);
  if (status != PH_OK) return status;
  ph_loops loops = ph_loops_of(shape);
  ph_loops_broadcast(&loops, shape);
  ph_loops_broadcast(&loops, of_a);
  ph_loops_broadcast(&loops, of_b);
  ph_loops_join(&loops);
  for (int64_t i = 0; i < ph_loops_rows(&loops); i++) {
    int64_t at[PH_LOOPS_ARRAYS];
    ph_loops_begin(&loops, i, at);
    combine_run(combination, ph_tensor_data(*result) + at[0],
                (operand){ph_tensor_read(a) + at[1], ph_loops_step(&loops, 1)},
                (operand){ph_tensor_read(b) + at[2], ph_loops_step(&loops, 2)}, ph_loops_length(&loops));
  }
  return PH_OK;
}

ph_status ph_tensor_combine_number(const ph_tensor *a, double b, bool reversed, ph_combination combination,
                                   ph_tensor **result, ph_error *e) {
  const float number = (float)b;
  ph_status status = ph_tensor_new(ph_tensor_shape(a), result, e);
  if (status != PH_OK) return status;
  operand tensor = {ph_tensor_read(a), 1}, other = {&number, 0};
  combine_run(combination, ph_tensor_data(*result), reversed ? other : tensor, reversed ? tensor : other,
              ph_tensor_count(a));
  return PH_OK;
}
