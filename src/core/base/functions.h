/* SPDX-License-Identifier: MIT */
/* Functions of single numbers that compilers vectorise, unlike those of the C library: no branches, no calls,
   no tables. Each within a few units in the last place, and NaN for NaN. */
#ifndef PH_FUNCTIONS_H
#define PH_FUNCTIONS_H

#include <stdint.h>
#include <string.h>

/* 2^n for n from -127, where it is 0, to 128, where it is infinite. */
static inline float ph_power_of_two(int32_t n) {
  const uint32_t bits = ((uint32_t)n + 127u) << 23;
  float power;
  memcpy(&power, &bits, sizeof power);
  return power;
}

/* x = n ln 2 + r; 2^n times a polynomial of r (Cephes' expf). Adding 1.5 * 2^23 rounds to whole numbers,
   which then stand in the lowest bits. */
static inline float ph_exp(float x) {
  const float c = x > 89 ? 89 : x < -104 ? -104 : x, shifted = c * 1.44269504f + 12582912.0f;
  const float whole = shifted - 12582912.0f, r = c - whole * 0.693359375f - whole * -2.12194440e-4f;
  uint32_t bits;
  memcpy(&bits, &shifted, sizeof bits);
  const int32_t n = (int32_t)(bits - 0x4b400000u), half = n >> 1;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * (r * r) + r + 1;
  return p * ph_power_of_two(half) * ph_power_of_two(n - half);
}

static inline float ph_sigmoid(float x) { return 1 / (1 + ph_exp(-x)); }

/* The rational approximations of Eigen and XLA: beyond the bounds they are 1 within rounding. */
static inline float ph_tanh(float x) {
  const float c = x > 7.90531110763549805f    ? 7.90531110763549805f
                  : x < -7.90531110763549805f ? -7.90531110763549805f
                                              : x,
              s = c * c;
  float p = -2.76076847742355e-16f, q = 1.19825839466702e-06f;
  p = p * s + 2.00018790482477e-13f;
  p = p * s + -8.60467152213735e-11f;
  p = p * s + 5.12229709037114e-08f;
  p = p * s + 1.48572235717979e-05f;
  p = p * s + 6.37261928875436e-04f;
  p = p * s + 4.89352455891786e-03f;
  q = q * s + 1.18534705686654e-04f;
  q = q * s + 2.26843463243900e-03f;
  q = q * s + 4.89352518554385e-03f;
  return c * p / q;
}

static inline float ph_erf(float x) {
  const float c = x > 4 ? 4 : x < -4 ? -4 : x, s = c * c;
  float p = -2.72614225801306e-10f, q = -1.45660718464996e-05f;
  p = p * s + 2.77068142495902e-08f;
  p = p * s + -2.10102402082508e-06f;
  p = p * s + -5.69250639462346e-05f;
  p = p * s + -7.34990630326855e-04f;
  p = p * s + -2.95459980854025e-03f;
  p = p * s + -1.60960333262415e-02f;
  q = q * s + -2.13374055278905e-04f;
  q = q * s + -1.68282697438203e-03f;
  q = q * s + -7.37332916720468e-03f;
  q = q * s + -1.42647390514189e-02f;
  return c * p / q;
}

#endif
