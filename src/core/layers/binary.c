/* binary: two inputs, broadcast together, combined element by element; and prelu, whose second operand is a
   parameter. Rows along the last axis are combined at once; each operand's elements there lie one apart, or
   one element serves the whole row. */
#include <math.h>

#include "broadcast.h"

enum { ADD, SUBTRACT, MULTIPLY, DIVIDE, POWER, MAXIMUM, MINIMUM, PRELU };

typedef struct binary_config {
  int operation;
} binary_config;

static const char *const operations[] = {"add",   "subtract", "multiply", "divide",
                                         "power", "maximum",  "minimum",  NULL};

static const ph_field fields[] = {{"operation", PH_CHOICE, offsetof(binary_config, operation), ADD, 0, 0,
                                   operations, "what is done with the two elements"},
                                  {0}};

/* A row of both operands: where they begin, and their steps, 0 or 1. */
typedef struct row {
  const float *a, *b;
  int64_t step_a, step_b, count;
} row;

#define EACH(expression)                                                                                     \
  for (int64_t i = 0; i < r.count; i++) {                                                                    \
    const float a = r.a[i * r.step_a], b = r.b[i * r.step_b];                                                \
    dst[i] = (expression);                                                                                   \
  }                                                                                                          \
  break

static void combine(int operation, row r, float *dst) {
  switch (operation) {
    case ADD:
      EACH(a + b);
    case SUBTRACT:
      EACH(a - b);
    case MULTIPLY:
      EACH(a * b);
    case DIVIDE:
      EACH(a / b);
    case POWER:
      EACH(powf(a, b));
    case MAXIMUM:
      EACH(fmaxf(a, b));
    case MINIMUM:
      EACH(fminf(a, b));
    case PRELU:
      EACH(a < 0 ? a * b : a);
  }
}

/* Adds to da the gradient through the first operand, or to db the one through the second. */
#define EACH_SLOPE(slope_a, slope_b)                                                                         \
  for (int64_t i = 0; i < r.count; i++) {                                                                    \
    const float a = r.a[i * r.step_a], b = r.b[i * r.step_b];                                                \
    (void)a, (void)b;                                                                                        \
    if (da != NULL) da[i * r.step_a] += g[i] * (slope_a);                                                    \
    if (db != NULL) db[i * r.step_b] += g[i] * (slope_b);                                                    \
  }                                                                                                          \
  break

static void derive(int operation, row r, const float *g, float *da, float *db) {
  switch (operation) {
    case ADD:
      EACH_SLOPE(1.0f, 1.0f);
    case SUBTRACT:
      EACH_SLOPE(1.0f, -1.0f);
    case MULTIPLY:
      EACH_SLOPE(b, a);
    case DIVIDE:
      EACH_SLOPE(1 / b, -a / (b * b));
    /* 0 to a power has no slope by the power, and 0 to the power 0 none at all. */
    case POWER:
      EACH_SLOPE(b == 0 ? 0.0f : b * powf(a, b - 1), a > 0 ? powf(a, b) * logf(a) : 0.0f);
    /* Of equal operands the first is taken. */
    case MAXIMUM:
      EACH_SLOPE(a >= b ? 1.0f : 0.0f, a >= b ? 0.0f : 1.0f);
    case MINIMUM:
      EACH_SLOPE(a <= b ? 1.0f : 0.0f, a <= b ? 0.0f : 1.0f);
    case PRELU:
      EACH_SLOPE(a < 0 ? b : 1.0f, a < 0 ? a : 0.0f);
  }
}

/* ---- walking over the rows ---- */

/* Axes that neither operand repeats are one long one; so a row is as long as can be. */
typedef struct rows {
  ph_places places; /* of the rows' beginnings */
  int64_t number, length, step[2];
} rows;

static rows rows_of(ph_shape a, ph_shape b, ph_shape output) {
  rows r = {.length = 1};
  for (int k = 0; k < 2; k++) ph_broadcast_strides(k == 0 ? a : b, output, r.places.stride[k]);
  int axis = output.rank;
  for (; axis > 0; axis--) {
    bool fits = true;
    for (int k = 0; k < 2; k++) {
      int64_t stride = r.places.stride[k][axis - 1];
      if (output.dim[axis - 1] > 1) fits &= r.length == 1 ? stride <= 1 : stride == r.step[k] * r.length;
    }
    if (!fits) break;
    if (r.length == 1)
      for (int k = 0; k < 2; k++) r.step[k] = r.places.stride[k][axis - 1];
    r.length *= output.dim[axis - 1];
  }
  r.places.shape = ph_shape_of(axis, output.dim);
  r.number = ph_shape_count(r.places.shape);
  return r;
}

static row row_at(const rows *r, const float *a, const float *b) {
  return (row){a + r->places.offset[0], b + r->places.offset[1], r->step[0], r->step[1], r->length};
}

static void run_forward(int operation, ph_array a, ph_array b, ph_array output) {
  rows r = rows_of(a.shape, b.shape, output.shape);
  for (int64_t i = 0; i < r.number; i++, ph_places_next(&r.places))
    combine(operation, row_at(&r, a.data, b.data), output.data + i * r.length);
}

static void run_backward(int operation, ph_array a, ph_array b, ph_shape output, const float *g, float *da,
                         float *db) {
  rows r = rows_of(a.shape, b.shape, output);
  for (int64_t i = 0; i < r.number; i++, ph_places_next(&r.places))
    derive(operation, row_at(&r, a.data, b.data), g + i * r.length,
           da == NULL ? NULL : da + r.places.offset[0], db == NULL ? NULL : db + r.places.offset[1]);
}

/* ---- binary ---- */

static ph_status shape(const ph_layer *layer, const ph_shape *inputs, ph_shape *output, ph_error *e) {
  return ph_broadcast(layer, inputs[0], inputs[1], output, e);
}

static void forward(const ph_layer *layer, const ph_pass *pass) {
  int operation = ((const binary_config *)layer->config)->operation;
  run_forward(operation, pass->input[0], pass->input[1], pass->output);
}

static void backward(const ph_layer *layer, const ph_pass *pass) {
  int operation = ((const binary_config *)layer->config)->operation;
  run_backward(operation, pass->input[0], pass->input[1], pass->output.shape, pass->output_gradient,
               pass->input_gradient[0], pass->input_gradient[1]);
}

const ph_layer_type ph_layer_binary = {.name = "binary",
                                       .summary = "two inputs combined element by element",
                                       .least_inputs = 2,
                                       .most_inputs = 2,
                                       .fields = fields,
                                       .config_size = sizeof(binary_config),
                                       .shape = shape,
                                       .forward = forward,
                                       .backward = backward};

/* ---- prelu ---- */

static const ph_field no_fields[] = {{0}};
static const char *const parameters[] = {"slope", NULL};

static ph_status shape_of_prelu(const ph_layer *layer, const ph_shape *inputs, ph_shape *output,
                                ph_error *e) {
  char slope[PH_SHAPE_TEXT], input[PH_SHAPE_TEXT];
  ph_shape own = ph_tensor_shape(layer->parameter[0]);
  ph_status status = ph_broadcast(layer, inputs[0], own, output, e);
  if (status == PH_OK && !ph_shape_equal(*output, inputs[0]))
    return ph_layer_fail(layer, e, "slope of %s cannot be broadcast to an input of %s",
                         ph_shape_print(own, slope), ph_shape_print(inputs[0], input));
  return status;
}

static void prelu_forward(const ph_layer *layer, const ph_pass *pass) {
  run_forward(PRELU, pass->input[0], ph_tensor_array(layer->parameter[0]), pass->output);
}

static void prelu_backward(const ph_layer *layer, const ph_pass *pass) {
  if (pass->input_gradient[0] != NULL)
    run_backward(PRELU, pass->input[0], ph_tensor_array(layer->parameter[0]), pass->output.shape,
                 pass->output_gradient, pass->input_gradient[0], NULL);
}

const ph_layer_type ph_layer_prelu = {.name = "prelu",
                                      .summary = "x, or below 0 x times a slope that was learned",
                                      .least_inputs = 1,
                                      .most_inputs = 1,
                                      .parameters = parameters,
                                      .required_parameters = 1,
                                      .fields = no_fields,
                                      .shape = shape_of_prelu,
                                      .forward = prelu_forward,
                                      .backward = prelu_backward};
