/* Functions of one number, element by element: `unary`, which names the function, and the activations that
   have settings. Each is a row: the function of x, and its derivative, in which y is the function's value. */
#include <math.h>

#include "../layer.h"

/* Settings of a row, at most two. */
typedef struct constants {
  double a, b;
} constants;

typedef struct function {
  void (*value)(const float *x, float *y, int64_t count, constants k);
  /* Adds the derivative times g. */
  void (*slope)(const float *x, const float *y, const float *g, float *dst, int64_t count, constants k);
} function;

/* In both expressions x and y are floats, a and b the settings as floats. */
#define FUNCTION(name, of_x, derivative)                                                                     \
  static void name##_value(const float *from, float *to, int64_t count, constants k) {                       \
    const float a = (float)k.a, b = (float)k.b;                                                              \
    (void)a, (void)b;                                                                                        \
    for (int64_t i = 0; i < count; i++) {                                                                    \
      const float x = from[i];                                                                               \
      to[i] = (of_x);                                                                                        \
    }                                                                                                        \
  }                                                                                                          \
  static void name##_slope(const float *from, const float *to, const float *g, float *dst, int64_t count,    \
                           constants k) {                                                                    \
    const float a = (float)k.a, b = (float)k.b;                                                              \
    (void)a, (void)b;                                                                                        \
    for (int64_t i = 0; i < count; i++) {                                                                    \
      const float x = from[i], y = to[i];                                                                    \
      (void)x, (void)y;                                                                                      \
      dst[i] += g[i] * (derivative);                                                                         \
    }                                                                                                        \
  }

static inline float logistic(float x) { return 1 / (1 + expf(-x)); }
static inline float softplus(float x) { return fmaxf(x, 0) + log1pf(expf(-fabsf(x))); }
static inline float between(float x, float least, float most) { return fminf(fmaxf(x, least), most); }
/* The normal distribution: up to x, and at x. */
static inline float normal_below(float x) { return 0.5f * (1 + erff(x * 0.70710678f)); }
static inline float normal_at(float x) { return 0.39894228f * expf(-0.5f * x * x); }
/* x * tanh(softplus(x)) has this derivative (Misra, 2019). */
static inline float slope_of_mish(float x) {
  float t = tanhf(softplus(x));
  return t + x * (1 - t * t) * logistic(x);
}

FUNCTION(abs, fabsf(x), x > 0 ? 1.0f : x < 0 ? -1.0f : 0.0f)
FUNCTION(negate, -x, -1.0f)
FUNCTION(exp, expf(x), y)
FUNCTION(log, logf(x), 1 / x)
FUNCTION(sqrt, sqrtf(x), 0.5f / y)
FUNCTION(reciprocal, 1 / x, -y *y)
FUNCTION(erf, erff(x), 1.12837917f * expf(-x * x))
FUNCTION(sin, sinf(x), cosf(x))
FUNCTION(cos, cosf(x), -sinf(x))
FUNCTION(tanh, tanhf(x), 1 - y * y)
FUNCTION(sigmoid, logistic(x), y *(1 - y))
FUNCTION(softplus, softplus(x), logistic(x))
FUNCTION(softsign, x / (1 + fabsf(x)), 1 / ((1 + fabsf(x)) * (1 + fabsf(x))))
FUNCTION(silu, x *logistic(x), logistic(x) * (1 + x * (1 - logistic(x))))
FUNCTION(gelu, x *normal_below(x), normal_below(x) + x * normal_at(x))
FUNCTION(hard_swish, x *between(x / 6 + 0.5f, 0, 1), x <= -3 ? 0.0f : x >= 3 ? 1.0f : x / 3 + 0.5f)
FUNCTION(mish, x *tanhf(softplus(x)), slope_of_mish(x))

FUNCTION(leaky_relu, x < 0 ? a * x : x, x < 0 ? a : 1.0f)
FUNCTION(elu, x < 0 ? a * expm1f(x) : x, x < 0 ? y + a : 1.0f)
FUNCTION(celu, x < 0 ? a * expm1f(x / a) : x, x < 0 ? y / a + 1 : 1.0f)
FUNCTION(selu, x < 0 ? b * a * expm1f(x) : b * x, x < 0 ? y + b * a : b)
FUNCTION(hard_sigmoid, between(a *x + b, 0, 1), y > 0 && y < 1 ? a : 0.0f)
FUNCTION(clip, between(x, a, b), x >= a && x <= b ? 1.0f : 0.0f)

#define ROW(name)                                                                                            \
  { name##_value, name##_slope }

/* ---- unary: the function is a setting ---- */

typedef struct unary_config {
  int operation;
} unary_config;

/* Names and functions in the same order; the first name, that of the default, is none of them. */
static const char *const names[] = {"none", "abs",  "negate",     "exp",  "log",     "sqrt",     "reciprocal",
                                    "erf",  "sin",  "cos",        "tanh", "sigmoid", "softplus", "softsign",
                                    "silu", "gelu", "hard_swish", "mish", NULL};
static const function functions[] = {ROW(abs),  ROW(abs),        ROW(negate),   ROW(exp),      ROW(log),
                                     ROW(sqrt), ROW(reciprocal), ROW(erf),      ROW(sin),      ROW(cos),
                                     ROW(tanh), ROW(sigmoid),    ROW(softplus), ROW(softsign), ROW(silu),
                                     ROW(gelu), ROW(hard_swish), ROW(mish)};

static const ph_field unary_fields[] = {{"operation", PH_CHOICE, offsetof(unary_config, operation), 0, 0, 0,
                                         names, "which function of each element"},
                                        {0}};

static ph_status shape_of_unary(const ph_layer *layer, const ph_shape *inputs, ph_shape *output,
                                ph_error *e) {
  if (((const unary_config *)layer->config)->operation == 0)
    return ph_layer_fail(layer, e, "operation is missing");
  return ph_layer_same_shape(layer, inputs, output, e);
}

static void unary_forward(const ph_layer *layer, const ph_pass *pass) {
  const function *f = &functions[((const unary_config *)layer->config)->operation];
  f->value(pass->input[0].data, pass->output.data, ph_shape_count(pass->output.shape), (constants){0, 0});
}

static void unary_backward(const ph_layer *layer, const ph_pass *pass) {
  const function *f = &functions[((const unary_config *)layer->config)->operation];
  if (pass->input_gradient[0] != NULL)
    f->slope(pass->input[0].data, pass->output.data, pass->output_gradient, pass->input_gradient[0],
             ph_shape_count(pass->output.shape), (constants){0, 0});
}

const ph_layer_type ph_layer_unary = {.name = "unary",
                                      .summary = "a function of each element",
                                      .least_inputs = 1,
                                      .most_inputs = 1,
                                      .fields = unary_fields,
                                      .config_size = sizeof(unary_config),
                                      .shape = shape_of_unary,
                                      .forward = unary_forward,
                                      .backward = unary_backward};

/* ---- activations with settings: their configuration is the row's constants ---- */

#define ACTIVATION(type, text, ...)                                                                          \
  static const ph_field type##_fields[] = {__VA_ARGS__, {0}};                                                \
  static void type##_forward(const ph_layer *layer, const ph_pass *pass) {                                   \
    type##_value(pass->input[0].data, pass->output.data, ph_shape_count(pass->output.shape),                 \
                 *(const constants *)layer->config);                                                         \
  }                                                                                                          \
  static void type##_backward(const ph_layer *layer, const ph_pass *pass) {                                  \
    if (pass->input_gradient[0] != NULL)                                                                     \
      type##_slope(pass->input[0].data, pass->output.data, pass->output_gradient, pass->input_gradient[0],   \
                   ph_shape_count(pass->output.shape), *(const constants *)layer->config);                   \
  }                                                                                                          \
  const ph_layer_type ph_layer_##type = {.name = #type,                                                      \
                                         .summary = text,                                                    \
                                         .least_inputs = 1,                                                  \
                                         .most_inputs = 1,                                                   \
                                         .fields = type##_fields,                                            \
                                         .config_size = sizeof(constants),                                   \
                                         .shape = ph_layer_same_shape,                                       \
                                         .forward = type##_forward,                                          \
                                         .backward = type##_backward};

#define NUMBER(key, member, fallback, least, most, text)                                                     \
  { key, PH_REAL, offsetof(constants, member), fallback, least, most, NULL, text }

ACTIVATION(leaky_relu, "x, or below 0 a share of it", NUMBER("slope", a, 0.01, -1e6, 1e6, "the share"))
ACTIVATION(elu, "x, or below 0 alpha (e^x - 1)", NUMBER("alpha", a, 1, -1e6, 1e6, "minus the least value"))
ACTIVATION(celu, "x, or below 0 alpha (e^(x / alpha) - 1)",
           NUMBER("alpha", a, 1, 1e-6, 1e6, "minus the least value"))
/* Klambauer et al., 2017. */
ACTIVATION(selu, "gamma times elu", NUMBER("alpha", a, 1.67326319217681884765625, -1e6, 1e6, "elu's"),
           NUMBER("gamma", b, 1.05070102214813232421875, -1e6, 1e6, "the factor"))
ACTIVATION(hard_sigmoid, "alpha x + beta, between 0 and 1", NUMBER("alpha", a, 0.2, -1e6, 1e6, "the slope"),
           NUMBER("beta", b, 0.5, -1e6, 1e6, "the value at 0"))
ACTIVATION(clip, "x between two bounds", NUMBER("least", a, -3.4e38, -3.4e38, 3.4e38, "the lower bound"),
           NUMBER("most", b, 3.4e38, -3.4e38, 3.4e38, "the upper bound"))
