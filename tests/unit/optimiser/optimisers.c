/* SPDX-License-Identifier: MIT */
/* Each kind of optimiser's steps against its formula in double; cutting gradients. */
#include "optimiser/optimiser.h"
#include "tensor/random.h"

#include <string.h>

#include "tap.h"

enum { COUNT = 37, STEPS = 30 }; /* not a multiple of any vector's width */

static ph_setting number(const char *key, double value) {
  return (ph_setting){.key = key, .count = 1, .value = {value}};
}
static ph_setting text(const char *key, const char *value) { return (ph_setting){.key = key, .text = value}; }

static ph_optimiser *make(const char *kind, const ph_setting *settings, int count) {
  ph_optimiser *o = NULL;
  ph_error e;
  if (ph_optimiser_new(kind, settings, count, &o, &e) != PH_OK) ok(0, "%s: %s", kind, e.message);
  return o;
}

static ph_tensor *zeros(int64_t count) {
  ph_tensor *tensor = NULL;
  ph_error e;
  if (ph_tensor_new(ph_shape_of(1, &count), &tensor, &e) != PH_OK) ok(0, "%s", e.message);
  return tensor;
}

/* A gradient that changes with every step, over many magnitudes, zeros among them. */
static void fill_gradient(ph_tensor *gradient, int step) {
  ph_random random = ph_random_stream((uint64_t)step, "gradient");
  ph_random_fill_normal(&random, gradient, 0, 1);
  for (int i = 0; i < COUNT; i++)
    ph_tensor_data(gradient)[i] *= i % 5 == 4 ? 0.0f : powf(10, (float)(i % 9 - 6));
}

/* ---- formulas ---- */

/* One number's step in double: x moves, m and v are what is remembered of it. */
typedef struct one {
  double x, m, v;
} one;
typedef void (*formula)(one *n, double g, int t);

/* Adam and AdamW as PyTorch's documentation has them, with decay 0.1. */
static void pytorch(one *n, double g, int t) {
  n->x -= 0.3 * 0.1 * n->x;
  n->m = 0.8 * n->m + 0.2 * g;
  n->v = 0.99 * n->v + 0.01 * g * g;
  n->x += 0.3 * (n->m / (1 - pow(0.8, t))) / (sqrt(n->v / (1 - pow(0.99, t))) + 1e-3);
}

/* NAdam as PyTorch's documentation has it. */
static void nadam(one *n, double g, int t) {
  double product = 1;
  for (int i = 1; i <= t; i++) product *= 0.9 * (1 - 0.5 * pow(0.96, i * 0.004));
  double now = 0.9 * (1 - 0.5 * pow(0.96, t * 0.004)), next = 0.9 * (1 - 0.5 * pow(0.96, (t + 1) * 0.004));
  n->m = 0.9 * n->m + 0.1 * g;
  n->v = 0.999 * n->v + 0.001 * g * g;
  double m = next * n->m / (1 - product * next) + (1 - now) * g / (1 - product);
  n->x += 0.5 * m / (sqrt(n->v / (1 - pow(0.999, t))) + 1e-8);
}

static void tf_keras_vis(one *n, double g, int t) {
  (void)t;
  n->v = 0.999 * n->v + 0.001 * g * g;
  n->x += g / (sqrt(n->v) + 1e-7);
}

static void rho_95_inside(one *n, double g, int t) {
  (void)t;
  n->v = 0.95 * n->v + 0.05 * g * g;
  n->x += 0.1 * g / sqrt(n->v + 1e-4);
}

static void test_formula(const char *name, const char *kind, const ph_setting *settings, int count,
                         formula step) {
  ph_optimiser *o = make(kind, settings, count);
  ph_tensor *values = zeros(COUNT), *gradient = zeros(COUNT);
  one expected[COUNT] = {{0}};
  double worst = 0, first = 0;
  ph_error e;
  for (int t = 1; t <= STEPS; t++) {
    fill_gradient(gradient, t);
    ph_optimiser_step(o, values, gradient, &e);
    for (int i = 0; i < COUNT; i++) {
      step(&expected[i], (double)ph_tensor_read(gradient)[i], t);
      double off = fabs((double)ph_tensor_read(values)[i] - expected[i].x) / fmax(1, fabs(expected[i].x));
      worst = fmax(worst, off);
      if (t == 1) first = fmax(first, off);
    }
  }
  ok(first < 2e-6, "%s: the first step (off by %.2g)", name, first);
  ok(worst < 1e-5, "%s: %d steps follow the formula (off by %.2g)", name, STEPS, worst);
  ph_optimiser_release(o);
  ph_tensor_release(values), ph_tensor_release(gradient);
}

/* With one number, one gradient of 1 and then one of -2, everything can be worked out on paper. */
static void test_by_hand(const char *kind, const ph_setting *settings, int count, double first,
                         double second) {
  ph_optimiser *o = make(kind, settings, count);
  ph_tensor *values = zeros(1), *gradient = zeros(1);
  ph_error e;
  ph_tensor_fill(gradient, 1);
  ph_optimiser_step(o, values, gradient, &e);
  near((double)ph_tensor_read(values)[0], first, 1e-5 * fabs(first), kind);
  ph_tensor_fill(gradient, -2);
  ph_optimiser_step(o, values, gradient, &e);
  near((double)ph_tensor_read(values)[0], second, 2e-5 * fabs(second), kind);
  ph_optimiser_release(o);
  ph_tensor_release(values), ph_tensor_release(gradient);
}

static void test_hands(void) {
  /* v = 0.001, then 0.000999 + 0.004. */
  test_by_hand("rmsprop", NULL, 0, 31.6227766, 31.6227766 - 2 / sqrt(0.004999));
  /* The momenta are 0.450073, 0.450147, 0.450220; m = 0.1, then -0.11. */
  const double a = 0.4500734784, b = 0.4501469449, c = 0.4502203995;
  const double first = (1 - a) / (1 - a) + b * 0.1 / (1 - a * b);
  const double second =
      ((1 - b) * -2 / (1 - a * b) + c * -0.11 / (1 - a * b * c)) / sqrt(0.004999 / 0.001999);
  test_by_hand("nadam", NULL, 0, first, first + second);
  const ph_setting decay[] = {number("weight_decay", 0.5), number("rate", 0.1)};
  const double back = 0.1 * sqrt(0.001999) / 0.19 * -0.11 / sqrt(0.004999);
  test_by_hand("adam", decay, 2, 0.1, 0.1 * 0.95 + back);
}

/* ---- cutting ---- */

/* What ascent at a rate of 1 makes of the gradient (3, -4, 12, 0). */
static void test_cut(const ph_setting *settings, int count, const float expected[4], const char *name) {
  const float g[] = {3, -4, 12, 0};
  ph_optimiser *o = make("ascent", settings, count);
  ph_tensor *values = zeros(4), *gradient = zeros(4);
  ph_error e;
  memcpy(ph_tensor_data(gradient), g, sizeof g);
  ph_optimiser_step(o, values, gradient, &e);
  arrays_near(ph_tensor_read(values), expected, 4, 1e-6, name);
  ph_optimiser_release(o);
  ph_tensor_release(values), ph_tensor_release(gradient);
}

static void test_cuts(void) {
  const ph_setting value = number("clip_value", 4), small = number("clip_norm", 1.3);
  const ph_setting large = number("clip_norm", 14), l2 = text("normalise", "l2");
  const ph_setting mean = text("normalise", "mean");
  test_cut(&value, 1, (float[]){3, -4, 4, 0}, "clip_value cuts each number");
  test_cut(&small, 1, (float[]){0.3F, -0.4F, 1.2F, 0}, "clip_norm shortens");
  test_cut(&large, 1, (float[]){3, -4, 12, 0}, "clip_norm leaves what is shorter");
  const double length = sqrt(41);
  test_cut((ph_setting[]){value, l2}, 2,
           (float[]){(float)(3 / length), (float)(-4 / length), (float)(4 / length), 0},
           "values are cut before the gradient is normalised");
  test_cut((ph_setting[]){mean, small}, 2, (float[]){0.3F, -0.4F, 1.2F, 0}, "and its norm after");
  test_cut((ph_setting[]){mean, number("clip_norm", 10)}, 2, (float[]){3 / 4.75F, -4 / 4.75F, 12 / 4.75F, 0},
           "which may be short by then");
}

/* Every kind has both. A gradient cut at 1 is as good as one that was 1. */
static void test_every_kind_cuts(void) {
  static const char *const kinds[] = {"adam", "nadam", "rmsprop", "lbfgs", "ascent", "momentum"};
  const ph_setting cut = number("clip_value", 1), norm = number("clip_norm", 2);
  for (int k = 0; k < 6; k++) {
    ph_optimiser *o[] = {make(kinds[k], &cut, 1), make(kinds[k], &norm, 1), make(kinds[k], NULL, 0)};
    ph_tensor *values[] = {zeros(4), zeros(4), zeros(4)}, *gradient = zeros(4);
    ph_error e;
    for (int t = 0; t < 3; t++) {
      for (int i = 0; i < 3; i++) {
        ph_tensor_fill(gradient, i == 2 ? 1 : 50);
        ph_optimiser_step(o[i], values[i], gradient, &e);
      }
    }
    const size_t bytes = 4 * sizeof(float);
    ok(memcmp(ph_tensor_read(values[0]), ph_tensor_read(values[2]), bytes) == 0 &&
           memcmp(ph_tensor_read(values[1]), ph_tensor_read(values[2]), bytes) == 0,
       "%s cuts gradients", kinds[k]);
    for (int i = 0; i < 3; i++) ph_optimiser_release(o[i]), ph_tensor_release(values[i]);
    ph_tensor_release(gradient);
  }
}

/* ---- words ---- */

static void test_words(void) {
  const ph_setting settings[] = {number("rho", 0.95), text("form", "inside"), text("normalise", "l2"),
                                 number("clip_norm", 1.5)};
  char words[PH_OPTIMISER_TEXT];
  ph_optimiser *o = make("rmsprop", settings, 4);
  ok(strcmp(ph_optimiser_describe(o, words),
            "rmsprop, rate 1, rho 0.95, form inside, normalise l2, clip_norm 1.5, 0 steps") == 0,
     "%s", words);
  ph_optimiser_release(o);
  const ph_setting memory = number("memory", 4);
  o = make("lbfgs", &memory, 1);
  ok(strcmp(ph_optimiser_describe(o, words), "lbfgs, rate 1, memory 4, 0 steps") == 0, "%s", words);
  ph_optimiser_release(o);
}

int main(void) {
  const ph_setting adamw[] = {number("rate", 0.3),     number("beta1", 0.8),    number("beta2", 0.99),
                              number("epsilon", 1e-3), text("form", "pytorch"), number("weight_decay", 0.1)};
  const ph_setting half = number("rate", 0.5);
  const ph_setting inside[] = {number("rate", 0.1), number("rho", 0.95), number("epsilon", 1e-4),
                               text("form", "inside")};
  test_formula("adamw", "adam", adamw, 6, pytorch);
  test_formula("nadam", "nadam", &half, 1, nadam);
  test_formula("rmsprop, tf-keras-vis", "rmsprop", NULL, 0, tf_keras_vis);
  test_formula("rmsprop, inside", "rmsprop", inside, 4, rho_95_inside);
  test_hands();
  test_cuts();
  test_every_kind_cuts();
  test_words();
  return tap_done();
}
