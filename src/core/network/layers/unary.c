/* SPDX-License-Identifier: MIT */
/* unary: a function of every number by itself, without settings. One row of the list is a function: its name,
   its value and its derivative. */
#include "elementwise.h"

static inline float softplus(float x) { return fmaxf(x, 0) + log1pf(expf(-fabsf(x))); }

/* The normal distribution: up to x, and at x. */
static inline float normal_below(float x) { return 0.5f * (1 + ph_erf(x * 0.70710678f)); }
static inline float normal_at(float x) { return 0.39894228f * ph_exp(-0.5f * x * x); }

/* The argument of GELU's approximation, and its derivative (Hendrycks and Gimpel, 2016). */
static inline float gelu_inner(float x) { return 0.79788456f * (x + 0.044715f * x * x * x); }
static inline float gelu_inner_slope(float x) { return 0.79788456f * (1 + 0.134145f * x * x); }

static inline float mish_slope(float x) {
  float t = ph_tanh(softplus(x));
  return t + x * (1 - t * t) * ph_sigmoid(x);
}

/* ReLU6, over 6. */
static inline float sixth(float x) { return (x < 0 ? 0 : x > 6 ? 6 : x) / 6; }

static inline float sign(float x) { return (float)((x > 0) - (x < 0)); }

#define FUNCTIONS(ROW)                                                                                       \
  ROW(abs, fabsf(x), sign(x))                                                                                \
  ROW(negate, -x, -1)                                                                                        \
  ROW(sign, sign(x), 0)                                                                                      \
  ROW(floor, floorf(x), 0)                                                                                   \
  ROW(ceil, ceilf(x), 0)                                                                                     \
  ROW(round, rintf(x), 0)                                                                                    \
  ROW(square, x *x, 2 * x)                                                                                   \
  ROW(sqrt, sqrtf(x), 0.5f / y)                                                                              \
  ROW(reciprocal, 1 / x, -y * y)                                                                             \
  ROW(reciprocal_sqrt, 1 / sqrtf(x), -0.5f * y / x)                                                          \
  ROW(exp, ph_exp(x), y)                                                                                     \
  ROW(log, logf(x), 1 / x)                                                                                   \
  ROW(erf, ph_erf(x), 1.12837917f * ph_exp(-x * x))                                                          \
  ROW(sin, sinf(x), cosf(x))                                                                                 \
  ROW(cos, cosf(x), -sinf(x))                                                                                \
  ROW(tan, tanf(x), 1 + y * y)                                                                               \
  ROW(asin, asinf(x), 1 / sqrtf(1 - x * x))                                                                  \
  ROW(acos, acosf(x), -1 / sqrtf(1 - x * x))                                                                 \
  ROW(atan, atanf(x), 1 / (1 + x * x))                                                                       \
  ROW(sinh, sinhf(x), coshf(x))                                                                              \
  ROW(cosh, coshf(x), sinhf(x))                                                                              \
  ROW(tanh, ph_tanh(x), 1 - y * y)                                                                           \
  ROW(asinh, asinhf(x), 1 / sqrtf(x * x + 1))                                                                \
  ROW(acosh, acoshf(x), 1 / sqrtf(x * x - 1))                                                                \
  ROW(atanh, atanhf(x), 1 / (1 - x * x))                                                                     \
  ROW(sigmoid, ph_sigmoid(x), y *(1 - y))                                                                    \
  ROW(softplus, softplus(x), ph_sigmoid(x))                                                                  \
  ROW(softsign, x / (1 + fabsf(x)), 1 / ((1 + fabsf(x)) * (1 + fabsf(x))))                                   \
  ROW(silu, x *ph_sigmoid(x), ph_sigmoid(x) * (1 + x * (1 - ph_sigmoid(x))))                                 \
  ROW(hard_swish, x *sixth(x + 3), x <= -3 ? 0 : x >= 3 ? 1 : x / 3 + 0.5f)                                  \
  ROW(mish, x *ph_tanh(softplus(x)), mish_slope(x))                                                          \
  ROW(gelu, x *normal_below(x), normal_below(x) + x * normal_at(x))                                          \
  ROW(gelu_tanh, 0.5f * x * (1 + ph_tanh(gelu_inner(x))),                                                    \
      0.5f * (1 + ph_tanh(gelu_inner(x))) +                                                                  \
          0.5f * x * (1 - ph_tanh(gelu_inner(x)) * ph_tanh(gelu_inner(x))) * gelu_inner_slope(x))

#define DEFINE(NAME, VALUE, SLOPE) PH_ELEMENTWISE(NAME, VALUE, SLOPE)
FUNCTIONS(DEFINE)

#define NAME_OF(NAME, VALUE, SLOPE) #NAME,
static const char *const names[] = {FUNCTIONS(NAME_OF) NULL};

#define ROWS_OF(NAME, VALUE, SLOPE) {NAME##_values, NAME##_slopes},
static const ph_rows functions[] = {FUNCTIONS(ROWS_OF)};

typedef struct unary_config {
  int operation;
} unary_config;

/* The default, past the end, is none: the operation has to be given. */
enum { FUNCTION_COUNT = sizeof functions / sizeof *functions };
static const ph_field fields[] = {
    {"operation", PH_CHOICE, offsetof(unary_config, operation), FUNCTION_COUNT, 0, 0, names, "the function"},
    {0}};

static ph_rows function_of(const ph_layer *layer) {
  return functions[((const unary_config *)layer->config)->operation];
}

static ph_status shape(const ph_layer *layer, const ph_shape *inputs, ph_shape *output, ph_error *e) {
  const unary_config *config = layer->config;
  if (config->operation == FUNCTION_COUNT) return ph_layer_fail(layer, e, "operation is missing");
  return ph_layer_same_shape(layer, inputs, output, e);
}

static void forward(const ph_layer *layer, const ph_pass *pass) {
  ph_rows_forward(function_of(layer), pass, 0, 0);
}

static void backward(const ph_layer *layer, const ph_pass *pass) {
  ph_rows_backward(function_of(layer), pass, 0, 0);
}

const ph_layer_type ph_layer_unary = {
    .name = "unary",
    .text = "A function of each element: \"abs\", \"negate\", \"sign\", \"floor\", \"ceil\", \"round\" "
            "(halves to even), \"square\", \"sqrt\", \"reciprocal\", \"reciprocal_sqrt\", \"exp\", \"log\", "
            "\"erf\", \"sin\", \"cos\", \"tan\", \"asin\", \"acos\", \"atan\", \"sinh\", \"cosh\", \"tanh\", "
            "\"asinh\", \"acosh\", \"atanh\", \"sigmoid\" 1 / (1 + exp(-x)), \"softplus\" log(1 + exp(x)), "
            "\"softsign\" x / (1 + |x|), \"silu\" x * sigmoid(x), \"hard_swish\" x * min(max(x + 3, 0), 6) / "
            "6, \"mish\" x * tanh(softplus(x)), \"gelu\" x times the normal distribution up to x, "
            "\"gelu_tanh\" the same by a hyperbolic tangent (Hendrycks and Gimpel, 2016).",
    .least_inputs = 1,
    .most_inputs = 1,
    .reach = PH_REACH_ELEMENT,
    .fields = fields,
    .config_size = sizeof(unary_config),
    .shape = shape,
    .forward = forward,
    .backward = backward,
};
