/* SPDX-License-Identifier: MIT */
/* Optimisers against their formulas in double, bad gradients, resuming, memory. */
#include "base/memory.h"
#include "optimiser/optimiser.h"
#include "tensor/random.h"

#include <string.h>

#include "tap.h"

enum { COUNT = 37 }; /* not a multiple of any vector's width */

static const ph_shape shape = {.rank = 1, .dim = {COUNT}};

static ph_setting number(const char *key, double value) {
  return (ph_setting){.key = key, .count = 1, .value = {value}};
}

static ph_optimiser *make(const char *kind, const ph_setting *settings, int count) {
  ph_optimiser *o = NULL;
  ph_error e;
  if (ph_optimiser_new(kind, settings, count, &o, &e) != PH_OK) ok(0, "%s: %s", kind, e.message);
  return o;
}

static ph_tensor *zeros(void) {
  ph_tensor *tensor = NULL;
  ph_error e;
  if (ph_tensor_new(shape, &tensor, &e) != PH_OK) ok(0, "%s", e.message);
  return tensor;
}

/* A gradient that changes with every step, over many magnitudes, zeros among them. */
static void fill_gradient(ph_tensor *gradient, int step) {
  ph_random random = ph_random_stream((uint64_t)step, "gradient");
  ph_random_fill_normal(&random, gradient, 0, 1);
  for (int i = 0; i < COUNT; i++)
    ph_tensor_data(gradient)[i] *= i % 5 == 4 ? 0.0f : powf(10, (float)(i % 9 - 6));
}

/* The first steps by hand: one number, gradients 1 then -2, by Kingma and Ba's formulas. */
static void test_adam_by_hand(void) {
  ph_optimiser *o = make("adam", NULL, 0);
  ph_tensor *values = NULL, *gradient = NULL;
  ph_error e;
  ph_tensor_new(ph_shape_of(1, (const int64_t[]){1}), &values, &e);
  ph_tensor_new(ph_shape_of(1, (const int64_t[]){1}), &gradient, &e);
  ph_tensor_fill(gradient, 1);
  ok(ph_optimiser_step(o, values, gradient, &e) == PH_OK, "a first step");
  /* m .1, v .001: .05 sqrt(.001)/.1 * .1 / (sqrt(.001) + 1e-8) */
  near((double)ph_tensor_read(values)[0], 0.05 / (1 + 1e-8 / sqrt(1e-3)), 1e-8, "goes the rate uphill");
  ph_tensor_fill(gradient, -2);
  ok(ph_optimiser_step(o, values, gradient, &e) == PH_OK, "a second");
  /* m .9*.1 - .2 = -.11, v .000999 + .004 = .004999; corrections 1 - .81 and 1 - .998001 */
  double second = 0.05 * sqrt(0.001999) / 0.19 * -0.11 / (sqrt(0.004999) + 1e-8);
  near((double)ph_tensor_read(values)[0], 0.05 + second, 1e-7, "goes back by .0183");
  near(second, -0.01831, 1e-4, "which is .0183");
  near((double)ph_tensor_read(ph_optimiser_state(o, 0))[0], -0.11, 1e-8, "the first moment is known");
  near((double)ph_tensor_read(ph_optimiser_state(o, 1))[0], 0.004999, 1e-9, "and the second");
  ph_optimiser_release(o);
  ph_tensor_release(values), ph_tensor_release(gradient);
}

static void test_adam(void) {
  const ph_setting settings[] = {number("rate", 0.3), number("beta1", 0.8), number("beta2", 0.99),
                                 number("epsilon", 1e-3)};
  ph_optimiser *o = make("adam", settings, 4);
  ph_tensor *values = zeros(), *gradient = zeros();
  double expected[COUNT] = {0}, m[COUNT] = {0}, v[COUNT] = {0}, worst = 0;
  ph_error e;
  for (int t = 1; t <= 30; t++) {
    fill_gradient(gradient, t);
    ph_optimiser_step(o, values, gradient, &e);
    double rate = 0.3 * sqrt(1 - pow(0.99, t)) / (1 - pow(0.8, t));
    for (int i = 0; i < COUNT; i++) {
      double g = (double)ph_tensor_read(gradient)[i];
      m[i] = 0.8 * m[i] + 0.2 * g;
      v[i] = 0.99 * v[i] + 0.01 * g * g;
      expected[i] += rate * m[i] / (sqrt(v[i]) + 1e-3);
      worst = fmax(worst, fabs((double)ph_tensor_read(values)[i] - expected[i]));
    }
  }
  ok(worst < 1e-5, "30 steps of adam follow the formula in double (off by %.2g)", worst);
  ok(ph_optimiser_steps(o) == 30, "and are counted");
  ph_optimiser_release(o);
  ph_tensor_release(values), ph_tensor_release(gradient);
}

static double size_of(const ph_tensor *gradient, const char *normalise) {
  double sum = 0;
  for (int i = 0; i < COUNT; i++) sum += fabs((double)ph_tensor_read(gradient)[i]);
  if (strcmp(normalise, "mean") == 0) return sum / COUNT;
  return strcmp(normalise, "l2") == 0 ? sqrt(ph_tensor_dot(gradient, gradient)) : 1;
}

/* Ascent is momentum that keeps nothing. */
static void test_plain(const char *kind, double keep, const char *normalise) {
  const ph_setting settings[] = {
      number("rate", 0.5), {.key = "normalise", .text = normalise}, number("momentum", keep)};
  ph_optimiser *o = make(kind, settings, strcmp(kind, "momentum") == 0 ? 3 : 2);
  ph_tensor *values = zeros(), *gradient = zeros();
  double expected[COUNT] = {0}, velocity[COUNT] = {0}, worst = 0;
  ph_error e;
  for (int t = 1; t <= 10; t++) {
    fill_gradient(gradient, t);
    ph_optimiser_step(o, values, gradient, &e);
    for (int i = 0; i < COUNT; i++) {
      velocity[i] = keep * velocity[i] + (double)ph_tensor_read(gradient)[i] / size_of(gradient, normalise);
      expected[i] += 0.5 * velocity[i];
      worst = fmax(worst, fabs((double)ph_tensor_read(values)[i] - expected[i]) / fmax(1, fabs(expected[i])));
    }
  }
  ok(worst < 3e-6, "%s, normalise %s follows its formula (off by %.2g)", kind, normalise, worst);
  double before = ph_tensor_sum(values), moved;
  ph_tensor_fill(gradient, 0);
  ok(ph_optimiser_step(o, values, gradient, &e) == PH_OK, "%s: a gradient of zeros is no error", kind);
  moved = ph_tensor_sum(values) - before;
  ok(isfinite(moved) && (keep > 0 || moved == 0), "%s: and has no direction", kind);
  ph_tensor_data(gradient)[0] = 1e-44f;
  ok(ph_optimiser_step(o, values, gradient, &e) == PH_OK && ph_tensor_statistics(values).not_finite == 0,
     "%s: nor does the faintest gradient spoil the values", kind);
  ph_optimiser_release(o);
  ph_tensor_release(values), ph_tensor_release(gradient);
}

static void test_not_finite(const char *kind) {
  const float bad[] = {NAN, INFINITY, -INFINITY};
  ph_optimiser *o = make(kind, NULL, 0);
  ph_tensor *values = zeros(), *gradient = zeros();
  ph_error e;
  ph_tensor_fill(values, 0.5f);
  for (int i = 0; i < 3; i++) {
    fill_gradient(gradient, 1);
    ph_tensor_data(gradient)[COUNT - 1 - 9 * i] = bad[i];
    ok(ph_optimiser_step(o, values, gradient, &e) == PH_FAILURE, "%s: %s", kind, e.message);
    ok(strstr(e.message, "gradient is not finite: 1 of 37") != NULL, "%s: which says so", kind);
  }
  ph_statistics s = ph_tensor_statistics(values);
  ok(s.least == 0.5 && s.most == 0.5 && ph_optimiser_steps(o) == 0, "%s: and changes nothing", kind);
  ph_tensor_fill(gradient, 3e38f);
  ph_tensor_data(gradient)[0] = 1e-45f;
  ok(ph_optimiser_step(o, values, gradient, &e) == PH_OK, "%s: the largest and smallest floats are finite",
     kind);
  ph_optimiser_release(o);
  ph_tensor_release(values), ph_tensor_release(gradient);
}

static void test_rate(void) {
  ph_optimiser *o = make("ascent", NULL, 0);
  ph_tensor *values = zeros(), *gradient = zeros();
  ph_error e;
  char words[PH_OPTIMISER_TEXT];
  ph_tensor_fill(gradient, 1);
  ok(ph_optimiser_rate(o) == 1, "ascent starts with a rate of 1");
  ph_optimiser_step(o, values, gradient, &e);
  ok(ph_optimiser_set_rate(o, 0.25, &e) == PH_OK && ph_optimiser_rate(o) == 0.25, "which may change");
  ph_optimiser_step(o, values, gradient, &e);
  near((double)ph_tensor_read(values)[COUNT - 1], 1.25, 0, "from the next step on");
  ok(ph_optimiser_set_rate(o, -1, &e) == PH_MISUSE, "misuse: %s", e.message);
  ok(ph_optimiser_set_rate(o, (double)NAN, &e) == PH_MISUSE && ph_optimiser_rate(o) == 0.25,
     "not a number is no rate");
  ok(strcmp(ph_optimiser_describe(o, words), "ascent, rate 0.25, 2 steps") == 0, "%s", words);
  ph_optimiser_release(o);
  ph_tensor_release(values), ph_tensor_release(gradient);
}

/* Ten steps are seven, a rest, and three. */
static void test_resume(const char *kind, int states) {
  ph_tensor *values[2] = {zeros(), zeros()}, *gradient = zeros();
  ph_optimiser *whole = make(kind, NULL, 0), *first = make(kind, NULL, 0), *second = make(kind, NULL, 0);
  ph_error e;
  const ph_tensor *state[PH_OPTIMISER_STATES] = {NULL};
  ok(ph_optimiser_state_count(first) == 0, "%s: no state before the first step", kind);
  ok(ph_optimiser_restore(second, NULL, 0, 0, &e) == PH_OK, "%s: which can be restored", kind);
  for (int t = 0; t < 10; t++) {
    fill_gradient(gradient, t);
    ph_optimiser_step(whole, values[0], gradient, &e);
    ph_optimiser_step(t < 7 ? first : second, values[1], gradient, &e);
    if (t != 6) continue;
    ok(ph_optimiser_state_count(first) == states, "%s has %d tensors of state", kind, states);
    for (int i = 0; i < states; i++) state[i] = ph_optimiser_state(first, i);
    ok(ph_optimiser_restore(second, state, states, 7, &e) == PH_OK, "%s is restored", kind);
    ok(ph_optimiser_restore(first, state, states, 7, &e) == PH_OK, "%s: even from its own state", kind);
  }
  ok(memcmp(ph_tensor_read(values[0]), ph_tensor_read(values[1]), COUNT * sizeof(float)) == 0,
     "%s continues with the same bits", kind);
  ok(ph_optimiser_steps(second) == 10, "%s counts all steps", kind);
  ok(ph_optimiser_restore(second, state, states + 1, 7, &e) == PH_MISUSE, "misuse: %s", e.message);
  ok(ph_optimiser_restore(second, NULL, 0, -1, &e) == PH_MISUSE, "misuse: %s", e.message);
  ok(ph_optimiser_steps(second) == 10 && ph_optimiser_state_count(second) == states,
     "%s: which changes nothing", kind);
  ph_optimiser_release(whole), ph_optimiser_release(first), ph_optimiser_release(second);
  ph_tensor_release(values[0]), ph_tensor_release(values[1]), ph_tensor_release(gradient);
}

static void test_errors(void) {
  ph_error e;
  ph_optimiser *o = NULL;
  const ph_setting momentum = number("momentum", 0.5), beta = number("beta1", 1);
  ok(ph_optimiser_new("adma", NULL, 0, &o, &e) == PH_MISUSE && strstr(e.message, "did you mean 'adam'?"),
     "misuse: %s", e.message);
  ok(ph_optimiser_new("sgd", NULL, 0, &o, &e) == PH_MISUSE &&
         strstr(e.message, "adam, nadam, rmsprop, lbfgs, ascent, momentum"),
     "misuse: %s", e.message);
  ok(ph_optimiser_new("adam", &momentum, 1, &o, &e) == PH_MISUSE, "misuse: %s", e.message);
  ok(ph_optimiser_new("adam", &beta, 1, &o, &e) == PH_MISUSE, "misuse: %s", e.message);
  ph_tensor *values = zeros(), *gradient = zeros(), *other = NULL;
  ph_tensor_new(ph_shape_of(1, (const int64_t[]){COUNT + 1}), &other, &e);
  o = make("adam", NULL, 0);
  ok(ph_optimiser_step(o, values, other, &e) == PH_MISUSE, "misuse: %s", e.message);
  ok(ph_optimiser_step(o, values, gradient, &e) == PH_OK, "equal shapes are right");
  ok(ph_optimiser_step(o, other, other, &e) == PH_MISUSE, "misuse: %s", e.message);
  ph_optimiser_release(o);
  ph_tensor_release(values), ph_tensor_release(gradient), ph_tensor_release(other);
}

static void test_memory(void) {
  ph_tensor *values = zeros(), *gradient = zeros();
  const size_t blocks = ph_memory_blocks();
  ph_error e;
  ph_memory_fail_after(1);
  ph_optimiser *o = NULL;
  ph_status status = ph_optimiser_new("adam", NULL, 0, &o, &e);
  ph_memory_fail_after(0);
  ok(status == PH_NO_MEMORY && ph_memory_blocks() == blocks, "no memory for an optimiser");
  o = make("adam", NULL, 0);
  status = PH_NO_MEMORY;
  int failures = 0, clean = 1;
  for (long n = 1; status == PH_NO_MEMORY && n < 20; n++) {
    ph_memory_fail_after(n);
    status = ph_optimiser_step(o, values, gradient, &e);
    ph_memory_fail_after(0);
    if (status == PH_NO_MEMORY) failures++, clean = clean && ph_memory_blocks() == blocks + 1;
  }
  ok(status == PH_OK && clean && failures == 4, "each of %d allocations may fail without a leak", failures);
  ok(ph_optimiser_steps(o) == 1, "and only the step that was taken counts");
  ph_memory_fail_after(1);
  status = ph_optimiser_step(o, values, gradient, &e);
  ph_memory_fail_after(0);
  ok(status == PH_OK, "later steps allocate nothing");
  ph_optimiser_release(ph_optimiser_retain(o));
  ok(ph_optimiser_steps(o) == 2, "a retained one stays");
  ph_optimiser_release(o);
  ph_optimiser_release(NULL);
  ok(ph_memory_blocks() == blocks, "everything is freed");
  ph_tensor_release(values), ph_tensor_release(gradient);
}

int main(void) {
  test_adam_by_hand();
  test_adam();
  for (int i = 0; i < 3; i++) {
    static const char *const normalise[] = {"none", "l2", "mean"};
    test_plain("ascent", 0, normalise[i]);
    test_plain("momentum", 0.7, normalise[i]);
  }
  test_not_finite("adam");
  test_not_finite("ascent");
  test_not_finite("momentum");
  test_not_finite("nadam");
  test_not_finite("rmsprop");
  test_not_finite("lbfgs");
  test_rate();
  test_resume("adam", 2);
  test_resume("momentum", 1);
  test_resume("ascent", 0);
  test_resume("nadam", 2);
  test_resume("rmsprop", 1);
  test_resume("lbfgs", 22);
  test_errors();
  test_memory();
  return tap_done();
}
