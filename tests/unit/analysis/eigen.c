/* SPDX-License-Identifier: MIT */
/* Eigenvectors: what makes them such, for matrices of all kinds, and what runs out of memory. */
#include <stdlib.h>
#include <string.h>

#include "analysis/eigen.h"
#include "base/memory.h"
#include "tensor/random.h"
#include "tap.h"

enum { MOST = 80 };

/* a = sum of values[k] v[k]' v[k], for random orthonormal v by Gram and Schmidt. */
static void compose(const double *values, int64_t n, ph_random *random, double *a) {
  static double v[MOST * MOST];
  for (int64_t k = 0; k < n; k++) {
    for (int64_t i = 0; i < n; i++) v[k * n + i] = ph_random_normal(random);
    for (int pass = 0; pass < 2; pass++)
      for (int64_t l = 0; l < k; l++) {
        double dot = 0;
        for (int64_t i = 0; i < n; i++) dot += v[k * n + i] * v[l * n + i];
        for (int64_t i = 0; i < n; i++) v[k * n + i] -= dot * v[l * n + i];
      }
    double square = 0;
    for (int64_t i = 0; i < n; i++) square += v[k * n + i] * v[k * n + i];
    for (int64_t i = 0; i < n; i++) v[k * n + i] /= sqrt(square);
  }
  memset(a, 0, (size_t)(n * n) * sizeof *a);
  for (int64_t k = 0; k < n; k++)
    for (int64_t i = 0; i < n; i++)
      for (int64_t j = 0; j < n; j++) a[i * n + j] += values[k] * v[k * n + i] * v[k * n + j];
}

/* The values are these, vectors are orthonormal, a v = value v, and each has its sign. */
static void check(const double *expected, int64_t n, const char *name) {
  static double a[MOST * MOST], z[MOST * MOST], values[MOST];
  ph_error e;
  ph_random random = ph_random_stream(3, name);
  compose(expected, n, &random, a);
  memcpy(z, a, sizeof a);
  ok(ph_eigen(z, n, values, &e) == PH_OK, "%s", name);
  double of_values = 0, of_norms = 0, of_vectors = 0;
  bool is_signed = true;
  for (int64_t k = 0; k < n; k++) {
    of_values = fmax(of_values, fabs(values[k] - expected[k]));
    double most = 0;
    for (int64_t i = 0; i < n; i++) {
      double image = 0, dot = 0;
      for (int64_t j = 0; j < n; j++) {
        image += a[i * n + j] * z[k * n + j];
        dot += z[k * n + j] * z[i * n + j];
      }
      of_vectors = fmax(of_vectors, fabs(image - values[k] * z[k * n + i]));
      of_norms = fmax(of_norms, fabs(dot - (i == k)));
      if (fabs(z[k * n + i]) > fabs(most)) most = z[k * n + i];
    }
    is_signed = is_signed && most > 0;
  }
  const double scale = fmax(fabs(expected[0]), fabs(expected[n - 1]));
  near(of_values, 0, 1e-13 * scale * (double)n, "  values");
  near(of_vectors, 0, 1e-13 * scale * (double)n, "  a v = value v");
  near(of_norms, 0, 1e-13 * (double)n, "  orthonormal");
  ok(is_signed, "  the largest element is positive");
}

int main(void) {
  double falling[MOST], alike[MOST], steep[MOST], mixed[MOST];
  for (int i = 0; i < MOST; i++) {
    falling[i] = MOST - i;
    alike[i] = i < 5 ? 2 : 1;
    steep[i] = pow(10, -i / 4.0);
    mixed[i] = i < MOST / 2 ? MOST - i : -i;
  }
  check(falling, 1, "one row");
  check(falling + 10, 2, "two");
  check(falling, 7, "seven");
  check(falling, MOST, "more than one thread takes");
  check(alike, 17, "values that are alike");
  check(steep, 40, "values of all magnitudes");
  check(mixed, MOST, "values of both signs");

  ph_error e;
  double diagonal[] = {1, 0, 0, 0, 3, 0, 0, 0, 2}, values[3], strange[] = {1, NAN, NAN, 1};
  ok(ph_eigen(diagonal, 3, values, &e) == PH_OK && values[0] == 3 && values[1] == 2 && values[2] == 1 &&
         diagonal[1] == 1 && diagonal[5] == 1 && diagonal[6] == 1,
     "a diagonal matrix is sorted");
  ok(ph_eigen(strange, 2, values, &e) == PH_FAILURE, "what is not finite: %s", e.message);
  int failures = 0;
  for (int n = 1; n < 10; n++) {
    ph_memory_fail_after(n);
    failures += ph_eigen(diagonal, 3, values, &e) == PH_NO_MEMORY;
    ph_memory_fail_after(0);
  }
  ok(failures == 3 && ph_memory_blocks() == 0, "each of its allocations may fail, and nothing leaks");
  return tap_done();
}
