/* SPDX-License-Identifier: MIT */
/* binary: a function of two numbers, over two inputs that are broadcast as NumPy does. One row of the list is
   a function: its name, its value, and its derivatives by the first and by the second number. */
#include <math.h>
#include <string.h>

#include "base/vector.h"
#include "network/layer.h"
#include "tensor/loops.h"

static inline float power_slope(float a, float b) { return b == 0 ? 0 : b * powf(a, b - 1); }
static inline float exponent_slope(float a, float b) { return a > 0 ? powf(a, b) * logf(a) : 0; }

/* Of equal numbers the first takes the gradient. What is not a number wins, so that it is seen. */
#define FUNCTIONS(ROW)                                                                                       \
  ROW(add, a + b, 1, 1)                                                                                      \
  ROW(subtract, a - b, 1, -1)                                                                                \
  ROW(multiply, a *b, b, a)                                                                                  \
  ROW(divide, a / b, 1 / b, -a / (b * b))                                                                    \
  ROW(power, powf(a, b), power_slope(a, b), exponent_slope(a, b))                                            \
  ROW(maximum, a >= b || a != a ? a : b, a >= b || a != a ? 1 : 0, a >= b || a != a ? 0 : 1)                 \
  ROW(minimum, a <= b || a != a ? a : b, a <= b || a != a ? 1 : 0, a <= b || a != a ? 0 : 1)                 \
  ROW(modulo, a - b * floorf(a / b), 1, -floorf(a / b))                                                      \
  ROW(remainder, fmodf(a, b), 1, -truncf(a / b))                                                             \
  ROW(less, (float)(a < b), 0, 0)                                                                            \
  ROW(equal, (float)(a == b), 0, 0)

/* ---- one run of the innermost loop ---- */

/* How many numbers, and how far apart they are in each input: 0 where one number serves the whole run. */
typedef struct run {
  int64_t count, a_step, b_step;
} run;

typedef float of_two(float a, float b);

/* Compiled into each function below with `of` and the steps known, these become loops of vectors. */
#define INLINE static inline __attribute__((always_inline))

INLINE void loop_values(of_two of, int64_t count, int64_t a_step, int64_t b_step, float *restrict y,
                        const float *a, const float *b) {
  for (int64_t i = 0; i < count; i++) y[i] = of(a[i * a_step], b[i * b_step]);
}

INLINE void each_value(of_two of, run r, float *restrict y, const float *a, const float *b) {
  if (r.a_step == 1 && r.b_step == 1)
    loop_values(of, r.count, 1, 1, y, a, b);
  else if (r.a_step == 1 && r.b_step == 0)
    loop_values(of, r.count, 1, 0, y, a, b);
  else if (r.a_step == 0 && r.b_step == 1)
    loop_values(of, r.count, 0, 1, y, a, b);
  else
    loop_values(of, r.count, r.a_step, r.b_step, y, a, b);
}

/* dst += g * slope, for the input whose own step is `step`; where that stays, the run's sum. */
INLINE void loop_slopes(of_two slope, int64_t count, int64_t a_step, int64_t b_step, const float *restrict g,
                        const float *restrict a, const float *restrict b, float *restrict dst, int64_t step) {
  if (step == 0) {
    double sum = 0;
    for (int64_t i = 0; i < count; i++) sum += (double)(g[i] * slope(a[i * a_step], b[i * b_step]));
    *dst += (float)sum;
  } else {
    for (int64_t i = 0; i < count; i++) dst[i * step] += g[i] * slope(a[i * a_step], b[i * b_step]);
  }
}

INLINE void each_slope(of_two slope, run r, const float *g, const float *a, const float *b, float *dst,
                       int64_t step) {
  if (r.a_step == 1 && r.b_step == 1)
    loop_slopes(slope, r.count, 1, 1, g, a, b, dst, 1);
  else if (r.a_step == 1 && r.b_step == 0)
    loop_slopes(slope, r.count, 1, 0, g, a, b, dst, step);
  else
    loop_slopes(slope, r.count, r.a_step, r.b_step, g, a, b, dst, step);
}

typedef void values_of(run r, float *restrict y, const float *a, const float *b);
typedef void slopes_of(run r, const float *g, const float *a, const float *b, float *dst);

typedef struct function {
  values_of *values;
  slopes_of *by_a, *by_b; /* add to the gradient of a, of b */
} function;

#define DEFINE(NAME, VALUE, BY_A, BY_B)                                                                      \
  INLINE float NAME##_value(float a, float b) { return VALUE; }                                              \
  INLINE float NAME##_a(float a, float b) {                                                                  \
    (void)a, (void)b;                                                                                        \
    return BY_A;                                                                                             \
  }                                                                                                          \
  INLINE float NAME##_b(float a, float b) {                                                                  \
    (void)a, (void)b;                                                                                        \
    return BY_B;                                                                                             \
  }                                                                                                          \
  PH_VECTOR static void NAME##_values(run r, float *restrict y, const float *a, const float *b) {            \
    each_value(NAME##_value, r, y, a, b);                                                                    \
  }                                                                                                          \
  PH_VECTOR static void NAME##_by_a(run r, const float *g, const float *a, const float *b, float *dst) {     \
    each_slope(NAME##_a, r, g, a, b, dst, r.a_step);                                                         \
  }                                                                                                          \
  PH_VECTOR static void NAME##_by_b(run r, const float *g, const float *a, const float *b, float *dst) {     \
    each_slope(NAME##_b, r, g, a, b, dst, r.b_step);                                                         \
  }
FUNCTIONS(DEFINE)

#define ROW_OF(NAME, VALUE, BY_A, BY_B) {NAME##_values, NAME##_by_a, NAME##_by_b},
static const function functions[] = {FUNCTIONS(ROW_OF)};
enum { FUNCTION_COUNT = sizeof functions / sizeof *functions };

/* ---- the layer ---- */

#define NAME_OF(NAME, VALUE, BY_A, BY_B) #NAME,
static const char *const names[] = {FUNCTIONS(NAME_OF) NULL};

typedef struct binary_config {
  int operation;
} binary_config;

/* The default, past the end, is none: the operation has to be given. */
static const ph_field fields[] = {
    {"operation", PH_CHOICE, offsetof(binary_config, operation), FUNCTION_COUNT, 0, 0, names, "the function"},
    {0}};

static const function *function_of(const ph_layer *layer) {
  return &functions[((const binary_config *)layer->config)->operation];
}

bool ph_binary_is(const ph_layer *layer, const char *operation) {
  return layer->type == &ph_layer_binary &&
         strcmp(names[((const binary_config *)layer->config)->operation], operation) == 0;
}

static ph_status shape(const ph_layer *layer, const ph_shape *inputs, ph_shape *output, ph_error *e) {
  char a[PH_SHAPE_TEXT], b[PH_SHAPE_TEXT];
  const binary_config *config = layer->config;
  if (config->operation == FUNCTION_COUNT) return ph_layer_fail(layer, e, "operation is missing");
  if (ph_shape_broadcast(inputs[0], inputs[1], output)) return PH_OK;
  return ph_layer_fail(layer, e, "inputs of %s and %s cannot be broadcast together",
                       ph_shape_print(inputs[0], a), ph_shape_print(inputs[1], b));
}

/* Array 0 is the output, 1 and 2 are the inputs. */
static ph_loops nest_of(const ph_pass *pass) {
  ph_loops loops = ph_loops_of(pass->output.shape);
  ph_loops_broadcast(&loops, pass->output.shape);
  for (int i = 0; i < 2; i++) ph_loops_broadcast(&loops, pass->input[i].shape);
  ph_loops_join(&loops);
  return loops;
}

static run run_of(const ph_loops *loops) {
  return (run){ph_loops_length(loops), ph_loops_step(loops, 1), ph_loops_step(loops, 2)};
}

static void forward(const ph_layer *layer, const ph_pass *pass) {
  const function *f = function_of(layer);
  ph_loops loops = nest_of(pass);
  for (int64_t i = 0; i < ph_loops_rows(&loops); i++) {
    int64_t at[PH_LOOPS_ARRAYS];
    ph_loops_begin(&loops, i, at);
    f->values(run_of(&loops), pass->output.data + at[0], pass->input[0].data + at[1],
              pass->input[1].data + at[2]);
  }
}

static void backward(const ph_layer *layer, const ph_pass *pass) {
  const function *f = function_of(layer);
  ph_loops loops = nest_of(pass);
  float *da = pass->input_gradient[0], *db = pass->input_gradient[1];
  for (int64_t i = 0; i < ph_loops_rows(&loops); i++) {
    int64_t at[PH_LOOPS_ARRAYS];
    ph_loops_begin(&loops, i, at);
    const float *g = pass->output_gradient + at[0];
    const float *a = pass->input[0].data + at[1], *b = pass->input[1].data + at[2];
    if (da != NULL) f->by_a(run_of(&loops), g, a, b, da + at[1]);
    if (db != NULL) f->by_b(run_of(&loops), g, a, b, db + at[2]);
  }
}

const ph_layer_type ph_layer_binary = {
    .name = "binary",
    .text =
        "Two inputs, broadcast as NumPy does, combined element by element: a + b, a - b, a * b, a / b, a to "
        "the power b, the greater, the lesser. Of equal elements the first input's receives the gradient.",
    .least_inputs = 2,
    .most_inputs = 2,
    .fields = fields,
    .config_size = sizeof(binary_config),
    .shape = shape,
    .needs = ph_needs_elements,
    .forward = forward,
    .backward = backward,
};
