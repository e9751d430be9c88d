/* SPDX-License-Identifier: MIT */
/* A small TAP producer for the C tests: call checks, end with `return tap_done();`. */
#ifndef TAP_H
#define TAP_H

#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

static int tap_count, tap_failures;

__attribute__((format(printf, 2, 3), unused)) static int ok(int passed, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  printf("%sok %d - ", passed ? "" : "not ", ++tap_count);
  vprintf(format, arguments);
  printf("\n");
  va_end(arguments);
  if (!passed) tap_failures++;
  fflush(stdout);
  return passed;
}

/* |got - expected| <= tolerance, with the numbers on failure. */
__attribute__((unused)) static int near(double got, double expected, double tolerance, const char *name) {
  int passed = ok(fabs(got - expected) <= tolerance, "%s", name);
  if (!passed) printf("# got %.9g, expected %.9g, tolerance %.3g\n", got, expected, tolerance);
  return passed;
}

/* The largest |a[i] - b[i]| over the largest |b[i]|. */
__attribute__((unused)) static double relative_difference(const float *a, const float *b, int64_t count) {
  double difference = 0, scale = 1e-30;
  for (int64_t i = 0; i < count; i++) {
    difference = fmax(difference, fabs((double)a[i] - (double)b[i]));
    scale = fmax(scale, fabs((double)b[i]));
    if (isnan(a[i]) != isnan(b[i])) return HUGE_VAL;
  }
  return difference / scale;
}

__attribute__((unused)) static int arrays_near(const float *got, const float *expected, int64_t count,
                                               double tolerance, const char *name) {
  double difference = relative_difference(got, expected, count);
  int passed = ok(difference <= tolerance, "%s", name);
  if (!passed) {
    printf("# relative difference %.3g, tolerance %.3g; first values:\n", difference, tolerance);
    for (int64_t i = 0; i < count && i < 5; i++)
      printf("#   got %.9g, expected %.9g\n", (double)got[i], (double)expected[i]);
  }
  return passed;
}

__attribute__((unused)) static int tap_done(void) {
  printf("1..%d\n", tap_count);
  return tap_failures > 0;
}

#endif
