/* SPDX-License-Identifier: MIT */
/* The seeded generator: published outputs, streams, distributions. */
#include <string.h>

#include "tensor/random.h"
#include "tap.h"

/* The outputs of xoshiro256** from the state 1, 2, 3, 4; the first four can be had by hand from its
   definition (https://prng.di.unimi.it/xoshiro256starstar.c), the rest are as published with other
   implementations. */
static void test_published(void) {
  static const uint64_t expected[] = {UINT64_C(11520),
                                      UINT64_C(0),
                                      UINT64_C(1509978240),
                                      UINT64_C(1215971899390074240),
                                      UINT64_C(1216172134540287360),
                                      UINT64_C(607988272756665600),
                                      UINT64_C(16172922978634559625),
                                      UINT64_C(8476171486693032832),
                                      UINT64_C(10595114339597558777),
                                      UINT64_C(2904607092377533576)};
  ph_random random = {.state = {1, 2, 3, 4}};
  int right = 0;
  for (int i = 0; i < 10; i++) right += ph_random_bits(&random) == expected[i];
  ok(right == 10, "the first outputs are xoshiro256**'s");
}

/* A picture's seed is only worth something if it means the same for ever. */
static void test_pinned(void) {
  static const uint64_t expected[] = {UINT64_C(6243752471921701935), UINT64_C(17107353685582755275),
                                      UINT64_C(1364062764677569708)};
  ph_random random = ph_random_stream(1, "init");
  int right = 0;
  for (int i = 0; i < 3; i++) {
    uint64_t bits = ph_random_bits(&random);
    right += bits == expected[i];
    if (bits != expected[i]) printf("# %llu\n", (unsigned long long)bits);
  }
  ok(right == 3, "stream \"init\" of seed 1 is what it has always been");
}

static int equal_draws(ph_random a, ph_random b) {
  int equal = 0;
  for (int i = 0; i < 1000; i++) equal += ph_random_bits(&a) == ph_random_bits(&b);
  return equal;
}

static void test_streams(void) {
  ph_random a = ph_random_stream(7, "init");
  ok(equal_draws(a, ph_random_stream(7, "init")) == 1000, "equal seed and stream: equal sequence");
  ok(equal_draws(a, ph_random_stream(8, "init")) == 0, "another seed: another sequence");
  ok(equal_draws(a, ph_random_stream(7, "transforms")) == 0, "another stream: another sequence");
  ok(equal_draws(ph_random_stream(0, ""), ph_random_stream(0, "a")) == 0, "seed 0 and an empty name work");
  ph_random zero = ph_random_stream(0, "");
  ok((zero.state[0] | zero.state[1] | zero.state[2] | zero.state[3]) != 0, "the state is never all zeros");
}

static void test_uniform(void) {
  enum { COUNT = 200000 };
  ph_random random = ph_random_stream(1, "uniform");
  double sum = 0, squares = 0, least = 1, most = 0;
  for (int i = 0; i < COUNT; i++) {
    double u = ph_random_uniform(&random);
    sum += u;
    squares += u * u;
    least = fmin(least, u);
    most = fmax(most, u);
  }
  ok(least >= 0 && most < 1 && least < 1e-3 && most > 1 - 1e-3, "uniform fills [0, 1)");
  near(sum / COUNT, 0.5, 5 * sqrt(1.0 / 12 / COUNT), "with mean 1/2");
  near(squares / COUNT, 1.0 / 3, 5 * sqrt(4.0 / 45 / COUNT), "and mean square 1/3");
}

/* Pearson's chi-squared of draws below `limit`, in its own standard deviations from the mean. */
static double excess(int limit, int draws) {
  ph_random random = ph_random_stream(3, "below");
  int counts[64] = {0};
  double expected = (double)draws / limit, sum = 0;
  for (int i = 0; i < draws; i++) {
    int64_t drawn = ph_random_below(&random, limit);
    if (drawn < 0 || drawn >= limit) return HUGE_VAL;
    counts[drawn]++;
  }
  for (int i = 0; i < limit; i++) sum += (counts[i] - expected) * (counts[i] - expected) / expected;
  return (sum - (limit - 1)) / sqrt(2.0 * (limit - 1));
}

static void test_below(void) {
  ok(fabs(excess(6, 120000)) < 5, "below(6) is a fair die");
  ok(fabs(excess(37, 120000)) < 5, "below(37) is a fair wheel");
  ph_random random = ph_random_stream(1, "below");
  int zero = 1;
  for (int i = 0; i < 100; i++) zero &= ph_random_below(&random, 1) == 0;
  ok(zero, "below(1) is 0");
  /* For three quarters of 2^63, a remainder without rejection would give the low two thirds half as often
   * again. */
  int64_t limit = (INT64_C(1) << 62) + (INT64_C(1) << 61);
  int low = 0;
  for (int i = 0; i < 20000; i++) {
    int64_t drawn = ph_random_below(&random, limit);
    if (drawn < 0 || drawn >= limit) low = -20000;
    low += drawn < limit / 2;
  }
  near(low / 20000.0, 0.5, 5 * 0.5 / sqrt(20000), "large limits are unbiased");
}

static void test_normal(void) {
  enum { COUNT = 200000 };
  ph_random random = ph_random_stream(5, "normal");
  double moments[5] = {0}, together = 0, before = 0;
  int within = 0;
  for (int i = 0; i < COUNT; i++) {
    double x = ph_random_normal(&random), power = x;
    for (int m = 1; m <= 4; m++, power *= x) moments[m] += power / COUNT;
    within += fabs(x) < 1;
    together += before * x / COUNT;
    before = x;
  }
  double tolerance = 5 / sqrt(COUNT);
  near(moments[1], 0, tolerance, "normals have mean 0");
  near(moments[2], 1, tolerance * sqrt(2), "variance 1");
  near(moments[3], 0, tolerance * sqrt(15), "no skewness");
  near(moments[4], 3, tolerance * sqrt(96), "kurtosis 3");
  near((double)within / COUNT, 0.682689492, tolerance, "68 % within one deviation");
  near(together, 0, tolerance, "neighbours are uncorrelated");
}

static void test_fill(void) {
  ph_error e;
  ph_tensor *a = NULL, *b = NULL;
  ph_shape shape = ph_shape4(2, 3, 5, 7);
  if (ph_tensor_new(shape, &a, &e) != PH_OK || ph_tensor_new(shape, &b, &e) != PH_OK) return;
  ph_random random = ph_random_stream(9, "fill"), same = random;
  ph_random_fill_normal(&random, a, 2, 0.5);
  for (int64_t i = 0; i < 210; i++) ph_tensor_data(b)[i] = (float)(2 + 0.5 * ph_random_normal(&same));
  ok(memcmp(ph_tensor_read(a), ph_tensor_read(b), 210 * sizeof(float)) == 0,
     "fill_normal goes in index order");
  ph_random_fill_uniform(&random, a, -3, -1);
  ph_statistics s = ph_tensor_statistics(a);
  ok(s.least >= -3 && s.most < -1 && s.most - s.least > 1.8, "fill_uniform fills its range");
  ph_tensor_release(a);
  ph_tensor_release(b);
}

int main(void) {
  test_published();
  test_pinned();
  test_streams();
  test_uniform();
  test_below();
  test_normal();
  test_fill();
  return tap_done();
}
