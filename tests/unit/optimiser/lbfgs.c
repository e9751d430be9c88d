/* SPDX-License-Identifier: MIT */
/* lbfgs: where it arrives, and in how many gradients; first steps by hand; memory. */
#include "base/memory.h"
#include "optimiser/optimiser.h"
#include "tensor/random.h"

#include <string.h>

#include "tap.h"

static ph_error error;

static ph_optimiser *make(double rate, double memory) {
  const ph_setting settings[] = {{.key = "rate", .count = 1, .value = {rate}},
                                 {.key = "memory", .count = 1, .value = {memory}}};
  ph_optimiser *o = NULL;
  if (ph_optimiser_new("lbfgs", settings, 2, &o, &error) != PH_OK) ok(0, "%s", error.message);
  return o;
}

static ph_tensor *tensor(int64_t count) {
  ph_tensor *t = NULL;
  if (ph_tensor_new(ph_shape_of(1, &count), &t, &error) != PH_OK) ok(0, "%s", error.message);
  return t;
}

/* An objective to be maximised: its value and gradient. */
typedef double (*hill)(const float *x, float *gradient, int64_t count);

/* -(x - 1)' D (x - 1) / 2, with D from 1 to 1000. */
static double bowl(const float *x, float *gradient, int64_t count) {
  double value = 0;
  for (int64_t i = 0; i < count; i++) {
    double d = pow(1000, (double)i / (double)(count - 1)), off = (double)x[i] - 1;
    value -= d * off * off / 2;
    gradient[i] = (float)(-d * off);
  }
  return value;
}

static double rosenbrock(const float *x, float *gradient, int64_t count) {
  double value = 0;
  memset(gradient, 0, (size_t)count * sizeof *gradient);
  for (int64_t i = 0; i + 1 < count; i += 2) {
    double a = (double)x[i], b = (double)x[i + 1];
    value -= 100 * (b - a * a) * (b - a * a) + (1 - a) * (1 - a);
    gradient[i] = (float)(400 * a * (b - a * a) + 2 * (1 - a));
    gradient[i + 1] = (float)(-200 * (b - a * a));
  }
  return value;
}

/* sum cos x: hollow at first, round at the top. */
static double waves(const float *x, float *gradient, int64_t count) {
  double value = 0;
  for (int64_t i = 0; i < count; i++) {
    value += cos((double)x[i]);
    gradient[i] = (float)-sin((double)x[i]);
  }
  return value;
}

/* Gradients needed until the value is within `tolerance` of the top; 0 if `most` were not enough. */
static int climb(hill objective, ph_tensor *values, double top, double tolerance, int most, double rate,
                 double memory) {
  ph_optimiser *o = make(rate, memory);
  ph_tensor *gradient = tensor(ph_tensor_count(values));
  int needed = 0;
  for (int i = 1; i <= most && needed == 0; i++) {
    double value = objective(ph_tensor_read(values), ph_tensor_data(gradient), ph_tensor_count(values));
    if (top - value < tolerance) needed = i;
    if (ph_optimiser_step(o, values, gradient, &error) != PH_OK) ok(0, "%s", error.message);
  }
  ph_optimiser_release(o);
  ph_tensor_release(gradient);
  return needed;
}

static void arrives(const char *name, hill objective, int64_t count, const float *start, double top,
                    double tolerance, int most) {
  for (int memory = 3; memory <= 10; memory += 7) {
    ph_tensor *values = tensor(count);
    for (int64_t i = 0; i < count; i++) ph_tensor_data(values)[i] = start[i % 2];
    int needed = climb(objective, values, top, tolerance, most, 1, memory);
    ok(needed > 0, "%s, memory %d: at the top after %d of at most %d gradients", name, memory, needed, most);
    ph_tensor_release(values);
  }
}

/* A bowl of one curvature: the first step is 1 in all; the second goes to the top, or ten times as far. */
static void test_by_hand(void) {
  ph_optimiser *o = make(1, 10);
  ph_tensor *values = tensor(2), *gradient = tensor(2);
  float *x = ph_tensor_data(values), *g = ph_tensor_data(gradient);
  for (int i = 0; i < 3; i++) {
    g[0] = 2 * (3 - x[0]), g[1] = 2 * (-6 - x[1]);
    ph_optimiser_step(o, values, gradient, &error);
    if (i == 0) arrays_near(x, (float[]){1.0F / 3, -2.0F / 3}, 2, 1e-6, "the first step is 1 in all");
    if (i == 1) arrays_near(x, (float[]){3, -6}, 2, 1e-5, "the second reaches the top");
    if (i == 2) arrays_near(x, (float[]){3, -6}, 2, 1e-5, "and there it stays");
  }
  ph_optimiser_release(o);

  /* From a slope of 1 a step of 1 that finds a slope of -3 lost; the top is a quarter of the way. */
  o = make(1, 10);
  x[0] = x[1] = 0;
  g[0] = 1, g[1] = 0;
  ph_optimiser_step(o, values, gradient, &error);
  near((double)x[0], 1, 0, "a first step");
  g[0] = -3;
  ph_optimiser_step(o, values, gradient, &error);
  near((double)x[0], 0.25, 1e-7, "that went too far is taken back");
  g[0] = 0.5F;
  ph_optimiser_step(o, values, gradient, &error);
  /* The slope fell by 0.5 in 0.25: the top is as far again. */
  near((double)x[0], 0.5, 1e-6, "and then continued from there");
  ph_optimiser_release(o);

  /* Where the slope grows there is no top to be guessed: twice as far. */
  o = make(1, 10);
  x[0] = 0, g[0] = 1;
  ph_optimiser_step(o, values, gradient, &error);
  g[0] = 5;
  ph_optimiser_step(o, values, gradient, &error);
  near((double)x[0], 3, 1e-6, "in a hollow steps double");
  ph_tensor_fill(gradient, 0);
  ok(ph_optimiser_step(o, values, gradient, &error) == PH_OK && x[0] == 3,
     "without a gradient nothing moves");
  ph_optimiser_release(o);
  ph_tensor_release(values), ph_tensor_release(gradient);
}

/* Noise in the gradient slows it down, but nothing breaks. */
static void test_noise(void) {
  ph_optimiser *o = make(1, 10);
  ph_tensor *values = tensor(50), *gradient = tensor(50), *noise = tensor(50);
  ph_random random = ph_random_stream(1, "test");
  double first = 0, last = 0;
  for (int i = 0; i < 300; i++) {
    last = bowl(ph_tensor_read(values), ph_tensor_data(gradient), 50);
    if (i == 0) first = last;
    ph_random_fill_normal(&random, noise, 0, 5);
    ph_tensor_add_scaled(gradient, 1, noise);
    ph_optimiser_step(o, values, gradient, &error);
  }
  ok(last > first / 10 && ph_tensor_statistics(values).not_finite == 0, "noise: from %g to %g", first, last);
  ph_optimiser_release(o);
  ph_tensor_release(values), ph_tensor_release(gradient), ph_tensor_release(noise);
}

static void test_memory(void) {
  ph_tensor *values = tensor(9), *gradient = tensor(9);
  const size_t blocks = ph_memory_blocks();
  ph_optimiser *o = make(1, 3);
  ph_status status = PH_NO_MEMORY;
  int failures = 0, clean = 1;
  for (long n = 1; status == PH_NO_MEMORY && n < 50; n++) {
    ph_memory_fail_after(n);
    status = ph_optimiser_step(o, values, gradient, &error);
    ph_memory_fail_after(0);
    if (status == PH_NO_MEMORY) failures++, clean = clean && ph_memory_blocks() == blocks + 1;
  }
  ok(status == PH_OK && clean && failures == 16, "each of %d allocations may fail without a leak", failures);
  ok(ph_optimiser_state_count(o) == 8, "a memory of 3 has 8 tensors of state");
  ph_memory_fail_after(1);
  for (int i = 0; i < 20; i++) {
    bowl(ph_tensor_read(values), ph_tensor_data(gradient), 9);
    status = status == PH_OK ? ph_optimiser_step(o, values, gradient, &error) : status;
  }
  ph_memory_fail_after(0);
  ok(status == PH_OK, "later steps allocate nothing");
  ph_optimiser_release(o);
  ok(ph_memory_blocks() == blocks, "everything is freed");
  ph_tensor_release(values), ph_tensor_release(gradient);
}

int main(void) {
  test_by_hand();
  arrives("a narrow bowl of 50", bowl, 50, (const float[]){0, 0}, 0, 1e-4, 150);
  arrives("Rosenbrock", rosenbrock, 2, (const float[]){-1.2F, 1}, 0, 1e-4, 150);
  arrives("Rosenbrock, 20 numbers", rosenbrock, 20, (const float[]){-1.2F, 1}, 0, 1e-3, 200);
  arrives("waves", waves, 1000, (const float[]){3, -2.5F}, 1000, 1e-3, 60);
  test_noise();
  test_memory();
  return tap_done();
}
