/* SPDX-License-Identifier: MIT */
/* The outputs of layers on tensors of any rank against values worked out by hand, and those whose exact
   definition matters most: ONNX's own examples where there are some. */
#include "layer_instance.h"
#include "tap.h"

#define VALUES(...) ((double[]){__VA_ARGS__})

/* Runs the case on these inputs (the second and the parameter may be NULL) and compares output and shape. */
static void check(const layer_case *c, const double *parameter, const double *first, const double *second,
                  ph_shape shape, const double *expected) {
  layer_instance it;
  ph_error e = {0};
  const double *values[] = {first, second, parameter};
  if (instance_new(&it, c, &e) == PH_OK) {
    ph_tensor *tensors[] = {it.input[0], it.input[1], it.layer.parameter[0]};
    for (int i = 0; i < 3; i++)
      for (int64_t j = 0; values[i] != NULL && j < ph_tensor_count(tensors[i]); j++)
        ph_tensor_data(tensors[i])[j] = (float)values[i][j];
    instance_forward(&it);
    const float *got = ph_tensor_read(it.output);
    bool right = ph_shape_equal(ph_tensor_shape(it.output), shape);
    for (int64_t j = 0; right && j < ph_shape_count(shape); j++)
      right = fabs((double)got[j] - expected[j]) <= 2e-6 * fmax(1, fabs(expected[j]));
    if (!ok(right, "%s, %s", c->type->name, c->name))
      for (int64_t j = 0; j < ph_tensor_count(it.output); j++) printf("# got %.9g\n", (double)got[j]);
  } else {
    ok(0, "%s, %s: %s", c->type->name, c->name, e.message);
  }
  instance_free(&it);
}

static ph_shape shape_of(int rank, const int64_t *dim) { return ph_shape_of(rank, dim); }
#define DIMS(...) shape_of(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t), (int64_t[]){__VA_ARGS__})

/* ---- functions ---- */

/* A function at -2, 0.5 and 3. */
static void check_unary(const char *name, double a, double b, double c) {
  layer_case it = {&ph_layer_unary, name, {{.key = "operation", .text = name}}, {SHAPE(3)}, {{0}}};
  check(&it, NULL, VALUES(-2, 0.5, 3), NULL, DIMS(3), VALUES(a, b, c));
}

static void check_functions(void) {
  check_unary("softplus", log1p(exp(-2)), log1p(exp(0.5)), 3 + log1p(exp(-3)));
  check_unary("softsign", -2.0 / 3, 1.0 / 3, 0.75);
  check_unary("silu", -2 / (1 + exp(2)), 0.5 / (1 + exp(-0.5)), 3 / (1 + exp(-3)));
  check_unary("hard_swish", -2 * (1 / 6.0), 0.5 * (3.5 / 6), 3);
  check_unary("mish", -2 * tanh(log1p(exp(-2))), 0.5 * tanh(log1p(exp(0.5))), 3 * tanh(3 + log1p(exp(-3))));
  check_unary("gelu", -2 * 0.022750132, 0.5 * 0.691462461, 3 * 0.998650102);
  check_unary("gelu_tanh", -0.045402306, 0.345714014, 2.996362608);
  check_unary("erf", -0.995322265, 0.520499878, 0.999977910);
  check_unary("round", -2, 0, 3); /* half to even */
  check(&(layer_case){&ph_layer_selu, "as it was published", {{0}}, {SHAPE(2)}, {{0}}}, NULL, VALUES(-1, 1),
        NULL, DIMS(2), VALUES(-1.11133074, 1.05070099));
  check(&(layer_case){&ph_layer_celu, "alpha 2", {SET("alpha", 2)}, {SHAPE(2)}, {{0}}}, NULL, VALUES(-2, 1),
        NULL, DIMS(2), VALUES(2 * (exp(-1) - 1), 1));
  check(
      &(layer_case){
          &ph_layer_clip, "the upper bound wins", {SET("least", 2), SET("most", 1)}, {SHAPE(2)}, {{0}}},
      NULL, VALUES(-5, 5), NULL, DIMS(2), VALUES(1, 1));
  check(&(layer_case){&ph_layer_shrink, "soft", {SET("threshold", 1.5), SET("bias", 1.5)}, {SHAPE(4)}, {{0}}},
        NULL, VALUES(-2, -1, 1, 2), NULL, DIMS(4), VALUES(-0.5, 0, 0, 0.5));
}

/* Lucid's rule for ReLU6: everything passes that does not push a unit further out, where nothing else would.
 */
static void check_relu6(void) {
  layer_case c = {&ph_layer_clip, "ReLU6", {SET("least", 0), SET("most", 6)}, {SHAPE(1, 4)}, {{0}}};
  static const double x[] = {-1, 7, -1, 3}, g[] = {1, -1, -1, 0.5};
  static const struct {
    ph_relu_mode mode;
    double last, expected[4];
    const char *name;
  } rows[] = {{PH_RELU_PLAIN, 0.5, {0, 0, 0, 0.5}, "plain"},
              {PH_RELU_REDIRECTED, 0.5, {0, 0, 0, 0.5}, "redirected, one unit awake"},
              {PH_RELU_REDIRECTED, 0, {1, -1, 0, 0}, "redirected, none awake"},
              {PH_RELU_GUIDED, 0.5, {0, 0, 0, 0.5}, "guided"},
              {PH_RELU_GUIDED, -0.5, {0, 0, 0, 0}, "guided, downhill"},
              {PH_RELU_DECONVNET, 0.5, {1, 0, 0, 0.5}, "deconvnet"},
              {PH_RELU_OPEN, 0.5, {1, -1, -1, 0.5}, "open"},
              {PH_RELU_LEAKY, 0.5, {(double)0.1F, 0, -(double)0.1F, 0.5}, "leaky"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    layer_instance it;
    ph_error e;
    if (instance_new(&it, &c, &e) == PH_OK) {
      for (int j = 0; j < 4; j++) {
        ph_tensor_data(it.input[0])[j] = (float)x[j];
        ph_tensor_data(it.output_gradient)[j] = (float)(j == 3 ? rows[i].last : g[j]);
      }
      instance_forward(&it);
      instance_backward(&it, rows[i].mode, 1);
      for (int j = 0; j < 4; j++)
        near((double)ph_tensor_read(it.input_gradient[0])[j], rows[i].expected[j], 0, rows[i].name);
    }
    instance_free(&it);
  }
}

static void check_two(void) {
  layer_case c = {
      &ph_layer_binary, "NaN shows", {CHOOSE("operation", "maximum")}, {SHAPE(2), SHAPE(2)}, {{0}}};
  layer_instance it;
  ph_error e;
  check(
      &(layer_case){
          &ph_layer_binary, "power", {CHOOSE("operation", "power")}, {SHAPE(2, 1), SHAPE(2)}, {{0}}},
      NULL, VALUES(-2, 3), VALUES(2, 3), DIMS(2, 2), VALUES(4, -8, 9, 27));
  if (instance_new(&it, &c, &e) == PH_OK) {
    ph_tensor_data(it.input[0])[0] = ph_tensor_data(it.input[1])[1] = NAN;
    instance_forward(&it);
    ok(isnan(ph_tensor_read(it.output)[0]) && isnan(ph_tensor_read(it.output)[1]), "maximum shows a NaN");
  }
  instance_free(&it);
}

/* ---- products and sums ---- */

static void check_products(void) {
  check(&(layer_case){&ph_layer_matmul, "by hand", {{0}}, {SHAPE(2, 2), SHAPE(2, 2)}, {{0}}}, NULL,
        VALUES(1, 2, 3, 4), VALUES(5, 6, 7, 8), DIMS(2, 2), VALUES(19, 22, 43, 50));
  check(
      &(layer_case){
          &ph_layer_matmul, "b transposed", {SET("transpose_b", 1)}, {SHAPE(2, 2), SHAPE(2, 2)}, {{0}}},
      NULL, VALUES(1, 2, 3, 4), VALUES(5, 6, 7, 8), DIMS(2, 2), VALUES(17, 23, 39, 53));
  check(
      &(layer_case){
          &ph_layer_transposed_convolution, "overlapping", {{0}}, {SHAPE(1, 1, 1, 2)}, {SHAPE(1, 1, 1, 2)}},
      VALUES(1, 10), VALUES(3, 4), NULL, DIMS(1, 1, 1, 3), VALUES(3, 34, 40));
  check(&(layer_case){&ph_layer_transposed_convolution,
                      "stride 2, output padding",
                      {SET("stride", 1, 2), SET("output_padding", 0, 1)},
                      {SHAPE(1, 1, 1, 2)},
                      {SHAPE(1, 1, 1, 2)}},
        VALUES(1, 10), VALUES(3, 4), NULL, DIMS(1, 1, 1, 5), VALUES(3, 30, 4, 40, 0));
}

#define REDUCED(NAME, ...)                                                                                   \
  {                                                                                                          \
    &ph_layer_reduce, NAME, {CHOOSE("operation", NAME), SET("axes", 1), SET("keep", 0)}, {SHAPE(2, 2)}, {    \
      { 0 }                                                                                                  \
    }                                                                                                        \
  }
static void check_reductions(void) {
  const double x[] = {3, -4, 1, 1};
  check(&(layer_case)REDUCED("l1"), NULL, x, NULL, DIMS(2), VALUES(7, 2));
  check(&(layer_case)REDUCED("l2"), NULL, x, NULL, DIMS(2), VALUES(5, sqrt(2)));
  check(&(layer_case)REDUCED("sum_square"), NULL, x, NULL, DIMS(2), VALUES(25, 2));
  check(&(layer_case)REDUCED("log_sum_exp"), NULL, VALUES(1000, 1000, 0, -1000), NULL, DIMS(2),
        VALUES(1000 + log(2), 0));
  check(&(layer_case)REDUCED("max"), NULL, x, NULL, DIMS(2), VALUES(3, 1));
  check(&(layer_case)REDUCED("product"), NULL, x, NULL, DIMS(2), VALUES(-12, 1));
  check(
      &(layer_case){
          &ph_layer_reduce, "all", {CHOOSE("operation", "mean"), SET("keep", 0)}, {SHAPE(2, 2)}, {{0}}},
      NULL, x, NULL, DIMS(1), VALUES(0.25));
}

/* Of equal elements, in separate runs of memory, the first takes the gradient. */
static void check_extreme(void) {
  layer_case c = {
      &ph_layer_reduce, "max", {CHOOSE("operation", "max"), SET("axes", 0, 2)}, {SHAPE(2, 1, 2)}, {{0}}};
  layer_instance it;
  ph_error e;
  if (instance_new(&it, &c, &e) == PH_OK) {
    ph_tensor_fill(it.input[0], 2);
    ph_tensor_fill(it.output_gradient, 3);
    instance_forward(&it);
    instance_backward(&it, PH_RELU_PLAIN, 1);
    const float *g = ph_tensor_read(it.input_gradient[0]);
    ok(g[0] == 3 && g[1] == 0 && g[2] == 0 && g[3] == 0, "of equal elements the first takes the gradient");
  }
  instance_free(&it);
}

/* Of a product with one zero that element takes all of the gradient, with two none does. */
static void check_product(void) {
  layer_case c = {
      &ph_layer_reduce, "product", {CHOOSE("operation", "product"), SET("axes", 1)}, {SHAPE(2, 3)}, {{0}}};
  const float x[] = {2, 0, 5, 0, 0, 7};
  layer_instance it;
  ph_error e;
  if (instance_new(&it, &c, &e) == PH_OK) {
    memcpy(ph_tensor_data(it.input[0]), x, sizeof x);
    ph_tensor_fill(it.output_gradient, 3);
    instance_forward(&it);
    instance_backward(&it, PH_RELU_PLAIN, 1);
    const float *g = ph_tensor_read(it.input_gradient[0]);
    ok(g[0] == 0 && g[1] == 30 && g[2] == 0, "of a product with a zero that element takes the gradient");
    ok(g[3] == 0 && g[4] == 0 && g[5] == 0, "of a product with two zeros there is none");
  }
  instance_free(&it);
}

static void check_top_k(void) {
  const double x[] = {3, 7, -1, 7, 5, 2, 9, 4};
  check(&(layer_case){&ph_layer_top_k, "the largest, equal ones", {SET("count", 3)}, {SHAPE(2, 4)}, {{0}}},
        NULL, x, NULL, DIMS(2, 3), VALUES(7, 7, 3, 9, 5, 4));
  check(&(layer_case){&ph_layer_top_k,
                      "the smallest of columns",
                      {SET("axis", 0), SET("smallest", 1)},
                      {SHAPE(2, 4)},
                      {{0}}},
        NULL, x, NULL, DIMS(1, 4), VALUES(3, 2, -1, 4));
}

static void check_softmax(void) {
  check(&(layer_case){&ph_layer_log_softmax, "does not overflow", {{0}}, {SHAPE(1, 2)}, {{0}}}, NULL,
        VALUES(-1000, 1000), NULL, DIMS(1, 2), VALUES(-2000, 0));
  check(&(layer_case){&ph_layer_softmax, "coerced", {SET("coerced", 1)}, {SHAPE(1, 2, 2)}, {{0}}}, NULL,
        VALUES(0, 0, 0, log(5)), NULL, DIMS(1, 2, 2), VALUES(0.125, 0.125, 0.125, 0.625));
}

/* ---- normalisation ---- */

static void check_norms(void) {
  check(&(layer_case){&ph_layer_layer_norm, "of two rows", {SET("epsilon", 0)}, {SHAPE(2, 2)}, {SHAPE(2)}},
        VALUES(1, 10), VALUES(1, 3, 5, 1), NULL, DIMS(2, 2), VALUES(-1, 10, 1, -10));
  check(&(layer_case){&ph_layer_group_norm,
                      "in two groups",
                      {SET("epsilon", 0), SET("groups", 2)},
                      {SHAPE(1, 4, 1, 1)},
                      {SHAPE(4)}},
        VALUES(1, 2, 3, 4), VALUES(0, 2, 8, 4), NULL, DIMS(1, 4, 1, 1), VALUES(-1, 2, 3, -4));
  check(&(layer_case){&ph_layer_instance_norm,
                      "by planes, epsilon 3",
                      {SET("epsilon", 1)},
                      {SHAPE(1, 1, 1, 2)},
                      {SHAPE(1)}},
        VALUES(2), VALUES(0, 2 * sqrt(3)), NULL, DIMS(1, 1, 1, 2), VALUES(-sqrt(3), sqrt(3)));
}

/* ---- moving about ---- */

static void check_moves(void) {
  check(&(layer_case){&ph_layer_transpose, "of a matrix", {{0}}, {SHAPE(2, 3)}, {{0}}}, NULL,
        VALUES(1, 2, 3, 4, 5, 6), NULL, DIMS(3, 2), VALUES(1, 4, 2, 5, 3, 6));
  check(&(layer_case){&ph_layer_slice,
                      "backwards",
                      {SET("axes", 1), SET("starts", -1), SET("ends", -9e18), SET("steps", -2)},
                      {SHAPE(1, 5)},
                      {{0}}},
        NULL, VALUES(1, 2, 3, 4, 5), NULL, DIMS(1, 3), VALUES(5, 3, 1));
  check(
      &(layer_case){
          &ph_layer_crop, "of a row", {SET("axis", 1), SET("offsets", 2)}, {SHAPE(1, 5), SHAPE(1, 2)}, {{0}}},
      NULL, VALUES(1, 2, 3, 4, 5), VALUES(0, 0), DIMS(1, 2), VALUES(3, 4));
  check(&(layer_case){&ph_layer_pad,
                      "reflected",
                      {SET("before", 2), SET("after", 3), CHOOSE("mode", "reflect")},
                      {SHAPE(4)},
                      {{0}}},
        NULL, VALUES(1, 2, 3, 4), NULL, DIMS(9), VALUES(3, 2, 1, 2, 3, 4, 3, 2, 1));
  check(&(layer_case){&ph_layer_pad, "cut off", {SET("before", -1), SET("after", 2)}, {SHAPE(3)}, {{0}}},
        NULL, VALUES(1, 2, 3), NULL, DIMS(4), VALUES(2, 3, 0, 0));
  check(
      &(layer_case){&ph_layer_range, "", {SET("start", 2), SET("step", -0.5), SET("count", 3)}, {{0}}, {{0}}},
      NULL, NULL, NULL, DIMS(3), VALUES(2, 1.5, 1));
  check(&(layer_case){&ph_layer_gather, "from the end too", {{0}}, {SHAPE(3)}, {SHAPE(2, 2)}},
        VALUES(0, -1, 1, 0), VALUES(7, 8, 9), NULL, DIMS(2, 2), VALUES(7, 9, 8, 7));
  check(&(layer_case){&ph_layer_depth_to_space, "DCR", {SET("block", 2)}, {SHAPE(1, 8, 1, 1)}, {{0}}}, NULL,
        VALUES(0, 1, 2, 3, 4, 5, 6, 7), NULL, DIMS(1, 2, 2, 2), VALUES(0, 2, 4, 6, 1, 3, 5, 7));
  check(&(layer_case){&ph_layer_depth_to_space,
                      "CRD",
                      {SET("block", 2), CHOOSE("order", "CRD")},
                      {SHAPE(1, 8, 1, 1)},
                      {{0}}},
        NULL, VALUES(0, 1, 2, 3, 4, 5, 6, 7), NULL, DIMS(1, 2, 2, 2), VALUES(0, 1, 2, 3, 4, 5, 6, 7));
  check(&(layer_case){&ph_layer_concat, "columns", {SET("axis", -1)}, {SHAPE(2, 1), SHAPE(2, 2)}, {{0}}},
        NULL, VALUES(1, 2), VALUES(3, 4, 5, 6), DIMS(2, 3), VALUES(1, 3, 4, 2, 5, 6));
}

static void check_resize(void) {
  check(&(layer_case){&ph_layer_resize, "nearest", {SET("scales", 1, 1, 1, 2)}, {SHAPE(1, 1, 1, 2)}, {{0}}},
        NULL, VALUES(1, 2), NULL, DIMS(1, 1, 1, 4), VALUES(1, 1, 2, 2));
  check(&(layer_case){&ph_layer_resize,
                      "linear, half pixels",
                      {SET("scales", 1, 1, 1, 2), CHOOSE("mode", "linear")},
                      {SHAPE(1, 1, 1, 2)},
                      {{0}}},
        NULL, VALUES(1, 2), NULL, DIMS(1, 1, 1, 4), VALUES(1, 1.25, 1.75, 2));
  check(&(layer_case){&ph_layer_resize,
                      "linear, asymmetric",
                      {SET("scales", 1, 1, 1, 2), CHOOSE("mode", "linear"),
                       CHOOSE("coordinates", "asymmetric")},
                      {SHAPE(1, 1, 1, 2)},
                      {{0}}},
        NULL, VALUES(1, 2), NULL, DIMS(1, 1, 1, 4), VALUES(1, 1.5, 2, 2));
}

int main(void) {
  check_functions();
  check_relu6();
  check_two();
  check_products();
  check_reductions();
  check_extreme();
  check_product();
  check_top_k();
  check_softmax();
  check_norms();
  check_moves();
  check_resize();
  ok(ph_memory_blocks() == 0, "nothing is left allocated");
  return tap_done();
}
