/* SPDX-License-Identifier: MIT */
/* Layers' outputs and gradients against values worked out by hand, and ReLU's gradient against Lucid's own
 * table. */
#include "layer_instance.h"
#include "tap.h"

/* ---- helpers ---- */

static void set(ph_tensor *tensor, const double *values) {
  int64_t count = ph_tensor_count(tensor);
  for (int64_t i = 0; i < count; i++) ph_tensor_data(tensor)[i] = (float)values[i];
}
#define VALUES(...) ((double[]){__VA_ARGS__})

/* The layer of a case with these parameters (NULL: none). Dies with a failed check where the case is refused.
 */
static bool make(layer_instance *it, const layer_case *c, const double *first, const double *second) {
  ph_error e;
  bool made = instance_new(it, c, &e) == PH_OK;
  if (!made) ok(0, "%s, %s: %s", c->type->name, c->name, e.message);
  if (made && first != NULL) set(it->layer.parameter[0], first);
  if (made && second != NULL) set(it->layer.parameter[1], second);
  return made;
}

static void expect(const ph_tensor *tensor, const double *expected, double tolerance, const char *name) {
  bool right = true; /* NaN is near nothing */
  for (int64_t i = 0; i < ph_tensor_count(tensor); i++)
    right = right && fabs((double)ph_tensor_read(tensor)[i] - expected[i]) <= tolerance;
  if (!ok(right, "%s", name))
    for (int64_t i = 0; i < ph_tensor_count(tensor); i++)
      printf("# got %.9g, expected %.9g\n", (double)ph_tensor_read(tensor)[i], expected[i]);
}

/* Runs one layer of one input; `gradient` and `pulled` may be NULL. Frees the layer. */
static void check(const layer_case *c, const double *first, const double *second, const double *input,
                  const double *output, const double *gradient, const double *pulled) {
  layer_instance it;
  char name[200];
  snprintf(name, sizeof name, "%s, %s", c->type->name, c->name);
  if (make(&it, c, first, second)) {
    set(it.input[0], input);
    instance_forward(&it);
    expect(it.output, output, 1e-6 * fmax(1, fabs(output[0])), name);
    if (gradient != NULL) {
      set(it.output_gradient, gradient);
      instance_backward(&it, PH_RELU_PLAIN, ~0u);
      expect(it.input_gradient[0], pulled, 1e-6, "  and its gradient");
    }
  }
  instance_free(&it);
}

/* ---- sums over windows ---- */

static void check_convolution(void) {
  check(
      &(layer_case){&ph_layer_convolution, "2x2", {{0}}, {SHAPE(1, 1, 3, 3)}, {SHAPE(1, 1, 2, 2), SHAPE(1)}},
      VALUES(1, 2, 3, 4), VALUES(0.5), VALUES(1, 2, 3, 4, 5, 6, 7, 8, 9), VALUES(37.5, 47.5, 67.5, 77.5),
      VALUES(1, 0, 0, 10), VALUES(1, 2, 0, 3, 14, 20, 0, 30, 40));
  check(&(layer_case){&ph_layer_convolution,
                      "dilation 2, one column of padding on the left",
                      {SET("dilation", 2), SET("padding", 0, 1, 0, 0)},
                      {SHAPE(1, 1, 1, 4)},
                      {SHAPE(1, 1, 1, 2)}},
        VALUES(1, 10), NULL, VALUES(1, 2, 3, 4), VALUES(20, 31, 42), VALUES(1, 1, 1), VALUES(1, 11, 10, 10));
  check(&(layer_case){&ph_layer_convolution,
                      "SAME puts the odd column on the right",
                      {SET("stride", 2), CHOOSE("padding_mode", "same")},
                      {SHAPE(1, 1, 1, 4)},
                      {SHAPE(1, 1, 1, 3)}},
        VALUES(1, 10, 100), NULL, VALUES(1, 2, 3, 4), VALUES(321, 43), NULL, NULL);
  check(&(layer_case){&ph_layer_convolution,
                      "SAME_LOWER puts it on the left",
                      {SET("stride", 2), CHOOSE("padding_mode", "same_lower")},
                      {SHAPE(1, 1, 1, 4)},
                      {SHAPE(1, 1, 1, 3)}},
        VALUES(1, 10, 100), NULL, VALUES(1, 2, 3, 4), VALUES(210, 432), NULL, NULL);
  check(&(layer_case){&ph_layer_convolution,
                      "groups do not mix",
                      {SET("groups", 2)},
                      {SHAPE(1, 2, 1, 1)},
                      {SHAPE(2, 1, 1, 1)}},
        VALUES(2, 10), NULL, VALUES(3, 5), VALUES(6, 50), VALUES(1, 1), VALUES(2, 10));
}

static void check_dense(void) {
  check(&(layer_case){&ph_layer_dense,
                      "reads channels slowest, columns fastest",
                      {{0}},
                      {SHAPE(1, 2, 1, 3)},
                      {SHAPE(1, 6), SHAPE(1)}},
        VALUES(1, 10, 100, 1000, 10000, 100000), VALUES(0.5), VALUES(1, 2, 3, 4, 5, 6), VALUES(654321.5),
        VALUES(2), VALUES(2, 20, 200, 2000, 20000, 200000));
}

static void check_pools(void) {
  check(&(layer_case){&ph_layer_max_pool,
                      "of equal values the first takes the gradient",
                      {SET("kernel", 2)},
                      {SHAPE(1, 1, 2, 3)},
                      {{0}}},
        NULL, NULL, VALUES(7, 7, 7, 7, 7, 7), VALUES(7, 7), VALUES(2, 3), VALUES(2, 3, 0, 0, 0, 0));
  check(&(layer_case){&ph_layer_max_pool,
                      "padding never wins",
                      {SET("kernel", 2), SET("padding", 1), SET("stride", 2)},
                      {SHAPE(1, 1, 2, 2)},
                      {{0}}},
        NULL, NULL, VALUES(-1, -2, -3, -4), VALUES(-1, -2, -3, -4), VALUES(1, 2, 3, 4), VALUES(1, 2, 3, 4));
  check(&(layer_case){&ph_layer_average_pool,
                      "SAME divides by what is inside",
                      {SET("kernel", 1, 2), SET("stride", 2), CHOOSE("padding_mode", "same")},
                      {SHAPE(1, 1, 1, 3)},
                      {{0}}},
        NULL, NULL, VALUES(1, 2, 3), VALUES(1.5, 3), VALUES(1, 1), VALUES(0.5, 0.5, 1));
  check(
      &(layer_case){&ph_layer_average_pool,
                    "count_pad divides by the window",
                    {SET("kernel", 1, 2), SET("stride", 2), SET("padding", 0, 0, 0, 1), SET("count_pad", 1)},
                    {SHAPE(1, 1, 1, 3)},
                    {{0}}},
      NULL, NULL, VALUES(1, 2, 3), VALUES(1.5, 1.5), VALUES(1, 1), VALUES(0.5, 0.5, 0.5));
  check(&(layer_case){&ph_layer_global_average_pool, "of two channels", {{0}}, {SHAPE(1, 2, 1, 2)}, {{0}}},
        NULL, NULL, VALUES(1, 2, 3, 5), VALUES(1.5, 4), VALUES(2, 4), VALUES(1, 1, 2, 2));
}

static void check_not_a_number(void) {
  layer_instance it;
  layer_case c = {&ph_layer_max_pool, "NaN", {SET("kernel", 1, 3)}, {SHAPE(1, 1, 1, 3)}, {{0}}};
  if (make(&it, &c, NULL, NULL)) {
    set(it.input[0], VALUES(1, (double)NAN, 2));
    instance_forward(&it);
    ok(isnan(ph_tensor_read(it.output)[0]), "max_pool shows a NaN");
  }
  instance_free(&it);
}

/* A window of 2 and -1, and one of which only 4 lies inside the image. */
static void check_smooth_pool(ph_pool_mode mode, const char *name, const double *expected) {
  layer_case c = {&ph_layer_max_pool,
                  name,
                  {SET("kernel", 1, 2), SET("stride", 1, 2), SET("ceil", 1)},
                  {SHAPE(1, 1, 1, 3)},
                  {{0}}};
  layer_instance it;
  if (make(&it, &c, NULL, NULL)) {
    set(it.input[0], VALUES(2, -1, 4));
    set(it.output_gradient, VALUES(3, 5));
    instance_forward(&it);
    instance_backward_through(&it, PH_RELU_PLAIN, mode, 1);
    for (int i = 0; i < 3; i++)
      near((double)ph_tensor_read(it.input_gradient[0])[i], expected[i], 1e-5, name);
  }
  instance_free(&it);
}

static void check_smooth_pools(void) {
  check_smooth_pool(PH_POOL_SMOOTH, "max_pool, smooth: the gradient of means", VALUES(1.5, 1.5, 5));
  /* Mean square 2.5 over 0.01 + mean size 1.5; alone, x^2 / (0.01 + |x|). */
  const double s = 2.5 / 1.51, alone = 5 * (8 - 16 / 4.01) / 4.01;
  check_smooth_pool(PH_POOL_SMOOTH_L2, "max_pool, smooth_l2: of the mean square over the mean size",
                    VALUES(1.5 * (4 - s) / 1.51, 1.5 * (-2 + s) / 1.51, alone));
}

/* ---- normalisation ---- */

static void check_normalisation(void) {
  /* d = 1 + 3/3 * sums of neighbours' squares = 6, 15, 14. Gradient of y0 by hand: 1/6 - 2*1*1/36, -2*1*2/36.
   */
  check(&(layer_case){&ph_layer_local_response_norm,
                      "three channels",
                      {SET("size", 3), SET("alpha", 3), SET("beta", 1), SET("k", 1)},
                      {SHAPE(1, 3, 1, 1)},
                      {{0}}},
        NULL, NULL, VALUES(1, 2, 3), VALUES(1 / 6.0, 2 / 15.0, 3 / 14.0), VALUES(1, 0, 0),
        VALUES(1 / 6.0 - 2 / 36.0, -4 / 36.0, 0));
  /* TensorFlow's bias 2, alpha 1e-4, beta 0.5, radius 5: 100 / sqrt(2 + 1e-4 * 100^2). */
  check(&(layer_case){&ph_layer_local_response_norm,
                      "inception5h's constants",
                      {SET("size", 11), SET("alpha", 0.0011), SET("beta", 0.5), SET("k", 2)},
                      {SHAPE(1, 1, 1, 1)},
                      {{0}}},
        NULL, NULL, VALUES(100), VALUES(57.735026919), NULL, NULL);
  check(&(layer_case){&ph_layer_batch_norm,
                      "mean 1, variance 3 and epsilon 1",
                      {SET("epsilon", 1)},
                      {SHAPE(1, 1, 1, 2)},
                      {SHAPE(1), SHAPE(1)}},
        VALUES(1), VALUES(3), VALUES(3, 0), VALUES(1, -0.5), VALUES(1, 2), VALUES(0.5, 1));
}

static void check_affine(void) {
  layer_instance it;
  ph_error e;
  float scale, shift;
  layer_case c = {&ph_layer_batch_norm,
                  "as an affine map",
                  {SET("epsilon", 0)},
                  {SHAPE(1, 1)},
                  {SHAPE(1), SHAPE(1), SHAPE(1), SHAPE(1)}};
  if (make(&it, &c, VALUES(1), VALUES(4))) {
    set(it.layer.parameter[2], VALUES(3));
    set(it.layer.parameter[3], VALUES(0.5));
    ok(ph_batch_norm_affine(&it.layer, 1, &scale, &shift, &e) == PH_OK, "batch_norm as an affine map");
    near((double)scale, 1.5, 1e-7, "  its scale is weight / sqrt(variance)");
    near((double)shift, -1, 1e-7, "  its shift is bias - mean * scale");
    ok(ph_batch_norm_affine(&it.layer, 2, &scale, &shift, &e) == PH_MISUSE,
       "  for as many channels as it has");
  }
  instance_free(&it);
}

/* ---- element by element, across channels ---- */

static void check_softmax(void) {
  check(&(layer_case){&ph_layer_softmax, "does not overflow", {{0}}, {SHAPE(1, 3)}, {{0}}}, NULL, NULL,
        VALUES(0, 1000, 1000), VALUES(0, 0.5, 0.5), VALUES(0, 1, 0), VALUES(0, 0.25, -0.25));
  check(&(layer_case){&ph_layer_softmax, "goes across channels", {{0}}, {SHAPE(1, 2, 1, 2)}, {{0}}}, NULL,
        NULL, VALUES(0, log(3), 0, 0), VALUES(0.5, 0.75, 0.5, 0.25), NULL, NULL);
}

static void check_many_inputs(void) {
  layer_instance it;
  layer_case product = {&ph_layer_product, "with a zero", {{0}}, {SHAPE(1, 2), SHAPE(1, 2)}, {{0}}};
  if (make(&it, &product, NULL, NULL)) {
    set(it.input[0], VALUES(0, 2));
    set(it.input[1], VALUES(3, 4));
    set(it.output_gradient, VALUES(1, 1));
    instance_forward(&it);
    instance_backward(&it, PH_RELU_PLAIN, ~0u);
    expect(it.output, VALUES(0, 8), 0, "product with a zero");
    expect(it.input_gradient[0], VALUES(3, 4), 0, "  whose gradient is finite");
  }
  instance_free(&it);
  layer_case concat = {
      &ph_layer_concat, "of 1 and 2 channels", {{0}}, {SHAPE(1, 1, 1, 2), SHAPE(1, 2, 1, 2)}, {{0}}};
  if (make(&it, &concat, NULL, NULL)) {
    set(it.input[0], VALUES(1, 2));
    set(it.input[1], VALUES(3, 4, 5, 6));
    instance_forward(&it);
    expect(it.output, VALUES(1, 2, 3, 4, 5, 6), 0, "concat keeps the order of its inputs");
  }
  instance_free(&it);
}

static void check_preprocess(void) {
  check(&(layer_case){&ph_layer_preprocess,
                      "inception5h's range",
                      {SET("scale", 255), SET("mean", 117, 117, 117)},
                      {SHAPE(1, 3, 1, 1)},
                      {{0}}},
        NULL, NULL, VALUES(0, 1, 0.5), VALUES(-117, 138, 10.5), NULL, NULL);
  check(&(layer_case){&ph_layer_preprocess,
                      "bgr; lists are in the input's order",
                      {SET("mean", 1, 2, 3), SET("deviation", 1, 2, 4), CHOOSE("order", "bgr")},
                      {SHAPE(1, 3, 1, 1)},
                      {{0}}},
        NULL, NULL, VALUES(10, 20, 30), VALUES(29, 9, 1.75), VALUES(1, 1, 1), VALUES(0.25, 0.5, 1));
}

/* ---- relu ---- */

typedef struct relu_row {
  double gradient, x, expected;
} relu_row;

/* Every row alone, as one image of one value. `sign` turns a loss's gradient into an objective's, and back.
 */
static void check_rows(ph_relu_mode mode, const char *mode_name, const relu_row *rows, int count,
                       double sign) {
  layer_case c = {&ph_layer_relu, mode_name, {{0}}, {SHAPE(1, 1)}, {{0}}};
  for (int i = 0; i < count; i++) {
    layer_instance it;
    if (make(&it, &c, NULL, NULL)) {
      set(it.input[0], &rows[i].x);
      set(it.output_gradient, VALUES(sign * rows[i].gradient));
      instance_forward(&it);
      instance_backward(&it, mode, 1);
      near(sign * (double)ph_tensor_read(it.input_gradient[0])[0], rows[i].expected, 0, mode_name);
    }
    instance_free(&it);
  }
}

static void check_relu_modes(void) {
  /* Lucid's own test, in gradients of a loss. */
  const relu_row lucid[] = {{1, -1, 0}, {-1, -1, -1}, {1, 1, 1}, {-1, 1, -1}, {1, 0, 1}};
  check_rows(PH_RELU_REDIRECTED, "redirected, as in Lucid's table", lucid, 5, -1);
  const relu_row plain[] = {{1, -1, 0}, {-1, -1, 0}, {1, 1, 1}, {-1, 1, -1}, {1, 0, 0}};
  check_rows(PH_RELU_PLAIN, "plain", plain, 5, 1);
  const relu_row guided[] = {{1, -1, 0}, {-1, -1, 0}, {1, 1, 1}, {-1, 1, 0}, {1, 0, 0}};
  check_rows(PH_RELU_GUIDED, "guided", guided, 5, 1);
  const relu_row deconvnet[] = {{1, -1, 1}, {-1, -1, 0}, {1, 1, 1}, {-1, 1, 0}, {1, 0, 1}};
  check_rows(PH_RELU_DECONVNET, "deconvnet", deconvnet, 5, 1);
  const relu_row open[] = {{1, -1, 1}, {-1, -1, -1}, {1, 1, 1}, {-1, 1, -1}, {1, 0, 1}};
  check_rows(PH_RELU_OPEN, "open", open, 5, 1);
  const double tenth = (double)0.1F;
  const relu_row leaky[] = {{1, -1, tenth}, {-1, -1, -tenth}, {1, 1, 1}, {-1, 1, -1}, {1, 0, 1}};
  check_rows(PH_RELU_LEAKY, "leaky", leaky, 5, 1);
}

static void check_redirected_images(void) {
  layer_case c = {&ph_layer_relu, "redirected", {{0}}, {SHAPE(1, 2, 1, 2)}, {{0}}};
  layer_instance it;
  if (!make(&it, &c, NULL, NULL)) return instance_free(&it);
  set(it.input[0], VALUES(-1, -2, -3, 4));
  instance_forward(&it);
  expect(it.output, VALUES(0, 0, 0, 4), 0, "relu");
  set(it.output_gradient, VALUES(1, -1, 1, 0.5));
  instance_backward(&it, PH_RELU_REDIRECTED, 1);
  expect(it.input_gradient[0], VALUES(0, 0, 0, 0.5), 0,
         "redirected: one unit that is awake is enough to mask all");
  set(it.output_gradient, VALUES(1, -1, 1, 0));
  ph_tensor_fill(it.input_gradient[0], 0);
  instance_backward(&it, PH_RELU_REDIRECTED, 1);
  expect(it.input_gradient[0], VALUES(1, 0, 1, 0), 0, "  else all that wakes a unit passes");
  set(it.input[0], VALUES(0, -1, -1, -1));
  set(it.output_gradient, VALUES(1, 1, 1, 1));
  ph_tensor_fill(it.input_gradient[0], 0);
  instance_backward(&it, PH_RELU_REDIRECTED, 1);
  expect(it.input_gradient[0], VALUES(1, 0, 0, 0), 0, "  a unit at 0 is awake");
  instance_free(&it);
}

/* ---- geometry ---- */

typedef struct window_row {
  int64_t size, kernel, stride, before, after;
  bool same, ceil;
  int64_t output, last_padding;
} window_row;

/* GoogLeNet's pools under Caffe's rounding, inception5h's under SAME, and the corners of both. */
static const window_row window_rows[] = {
    {112, 3, 2, 0, 0, false, true, 56, 1},
    {56, 3, 2, 0, 0, false, true, 28, 1},
    {14, 3, 2, 0, 0, false, true, 7, 1},
    {112, 3, 2, 0, 0, false, false, 55, 0},
    {113, 3, 2, 0, 0, false, true, 56, 0},
    {3, 2, 2, 1, 1, false, true, 2, 1}, /* a third would begin past the end */
    {5, 1, 3, 0, 0, false, true, 2, 0}, /* so would this one, at 6 */
    {4, 2, 2, 1, 0, false, true, 3, 1},
    {224, 7, 2, 0, 0, true, false, 112, 3},
    {112, 3, 2, 0, 0, true, false, 56, 1},
    {7, 3, 1, 0, 0, true, false, 7, 1},
    {7, 2, 2, 0, 0, true, false, 4, 1},
    {6, 1, 2, 0, 0, true, false, 3, 0},
    {1, 5, 4, 0, 0, true, false, 1, 2},
    {7, 7, 1, 0, 0, false, false, 1, 0},
};

static void check_windows(void) {
  for (size_t i = 0; i < sizeof window_rows / sizeof *window_rows; i++) {
    const window_row *r = &window_rows[i];
    ph_pool_config config = {.kernel = {r->kernel, r->kernel},
                             .stride = {r->stride, r->stride},
                             .dilation = {1, 1},
                             .padding = {r->before, r->before, r->after, r->after},
                             .same = r->same,
                             .ceil = r->ceil};
    ph_layer layer = {.type = &ph_layer_max_pool, .config = &config};
    ph_window w;
    ph_error e;
    bool found = ph_pool_window(&layer, ph_shape4(1, 1, r->size, r->size), &w, &e) == PH_OK;
    bool right = found && w.output[0] == r->output && w.output[1] == r->output &&
                 w.padding[2] == r->last_padding && w.padding[3] == r->last_padding;
    if (!ok(right, "%lld, kernel %lld, stride %lld%s%s: %lld", (long long)r->size, (long long)r->kernel,
            (long long)r->stride, r->same ? ", SAME" : "", r->ceil ? ", ceil" : "", (long long)r->output) &&
        found)
      printf("# got %lld with %lld after\n", (long long)w.output[0], (long long)w.padding[2]);
  }
}

int main(void) {
  check_convolution();
  check_dense();
  check_pools();
  check_not_a_number();
  check_normalisation();
  check_affine();
  check_softmax();
  check_many_inputs();
  check_preprocess();
  check_relu_modes();
  check_redirected_images();
  check_smooth_pools();
  check_windows();
  ok(ph_memory_blocks() == 0, "nothing is left allocated");
  return tap_done();
}
