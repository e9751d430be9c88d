/* SPDX-License-Identifier: MIT */
/* 16-bit floats, by their bits: float32 is 1 sign, 8 exponent (bias 127) and 23 fraction bits; float16 is
   1, 5 (bias 15) and 10; bfloat16 is 1, 8 and 7. */
#include "half.h"

#include <string.h>

static float from_bits(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static uint32_t to_bits(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

float ph_float16_to_float(uint16_t half) {
  uint32_t sign = (uint32_t)(half & 0x8000u) << 16, exponent = half >> 10 & 0x1Fu, fraction = half & 0x3FFu;
  if (exponent == 0x1F) return from_bits(sign | 0x7F800000u | fraction << 13);
  if (exponent != 0) return from_bits(sign | (exponent + 127 - 15) << 23 | fraction << 13);
  float magnitude = (float)fraction * 0x1p-24f; /* a subnormal, exact in float32 */
  return sign != 0 ? -magnitude : magnitude;
}

/* Drops the lowest `count` bits (1 to 31) of a magnitude, rounding to nearest, ties to even. */
static uint32_t shift_rounded(uint32_t bits, int count) {
  uint32_t half = 1u << (count - 1), rest = bits & (2 * half - 1), kept = bits >> count;
  return kept + (rest > half || (rest == half && (kept & 1u) != 0));
}

uint16_t ph_float_to_float16(float value) {
  uint32_t bits = to_bits(value), sign = bits >> 16 & 0x8000u, magnitude = bits & 0x7FFFFFFFu;
  if (magnitude > 0x7F800000u) return (uint16_t)(sign | 0x7E00u);
  if (magnitude >= 0x47800000u) return (uint16_t)(sign | 0x7C00u); /* 65536 and more */
  if (magnitude >= 0x38800000u) /* 2^-14: normal; a carry may reach infinity */
    return (uint16_t)(sign | shift_rounded(magnitude - ((127u - 15u) << 23), 13));
  if (magnitude < 0x33000000u) return (uint16_t)sign; /* below 2^-25, half of the least subnormal */
  int exponent = (int)(magnitude >> 23);
  uint32_t significand = (magnitude & 0x7FFFFFu) | 0x800000u;
  return (uint16_t)(sign | shift_rounded(significand, 126 - exponent));
}

float ph_bfloat16_to_float(uint16_t half) { return from_bits((uint32_t)half << 16); }

uint16_t ph_float_to_bfloat16(float value) {
  uint32_t bits = to_bits(value), sign = bits >> 16 & 0x8000u, magnitude = bits & 0x7FFFFFFFu;
  if (magnitude > 0x7F800000u) return (uint16_t)(bits >> 16 | 0x40u);
  return (uint16_t)(sign | shift_rounded(magnitude, 16));
}
