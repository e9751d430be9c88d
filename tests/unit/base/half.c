/* SPDX-License-Identifier: MIT */
/* float16 and bfloat16: every pattern against the formats' definition in double, and every rounding. */
#include "base/half.h"

#include "tap.h"

/* The value of a pattern by the definition: sign, exponent, fraction. */
static double defined(int pattern, int exponent_bits, int fraction_bits) {
  int bias = (1 << (exponent_bits - 1)) - 1, top = (1 << exponent_bits) - 1;
  int exponent = pattern >> fraction_bits & top, fraction = pattern & ((1 << fraction_bits) - 1);
  double sign = pattern & 0x8000 ? -1 : 1;
  if (exponent == top) return fraction != 0 ? (double)NAN : sign * (double)INFINITY;
  if (exponent == 0) return sign * ldexp(fraction, 1 - bias - fraction_bits);
  return sign * ldexp((1 << fraction_bits) + fraction, exponent - bias - fraction_bits);
}

typedef struct format {
  const char *name;
  int exponent_bits, fraction_bits;
  float (*widen)(uint16_t);
  uint16_t (*narrow)(float);
} format;

static int same(double a, double b) { return isnan(a) ? isnan(b) : a == b && signbit(a) == signbit(b); }

/* Every pattern widens to what it is defined to be, and comes back. */
static void test_all(const format *f) {
  int right = 0, back = 0;
  for (int pattern = 0; pattern < 0x10000; pattern++) {
    float value = f->widen((uint16_t)pattern);
    right += same((double)value, defined(pattern, f->exponent_bits, f->fraction_bits));
    uint16_t again = f->narrow(value);
    back += isnan(value) ? isnan(f->widen(again)) : again == pattern;
  }
  ok(right == 0x10000, "%s: all 65536 patterns widen to what they are defined as", f->name);
  ok(back == 0x10000, "%s: and narrow to themselves", f->name);
}

/* Between every two neighbours: the middle goes to the even one, what is off it to the nearer. */
static void test_rounding(const format *f) {
  int infinity = ((1 << f->exponent_bits) - 1) << f->fraction_bits, wrong = 0;
  for (int pattern = 0; pattern < infinity; pattern++) {
    double low = defined(pattern, f->exponent_bits, f->fraction_bits);
    double high = pattern + 1 < infinity ? defined(pattern + 1, f->exponent_bits, f->fraction_bits)
                                         : 2 * low - defined(pattern - 1, f->exponent_bits, f->fraction_bits);
    float middle = (float)((low + high) / 2); /* exact */
    int even = pattern % 2 == 0 ? pattern : pattern + 1;
    wrong += f->narrow(middle) != even || f->narrow(-middle) != (even | 0x8000);
    wrong += f->narrow(nextafterf(middle, 0)) != pattern;
    wrong += f->narrow(nextafterf(middle, INFINITY)) != pattern + 1;
  }
  ok(wrong == 0, "%s: rounds to nearest, ties to even, up to infinity", f->name);
  ok(isnan(f->widen(f->narrow(NAN))) && isnan(f->widen(f->narrow(-NAN))), "%s: NaN stays NaN", f->name);
  ok(f->widen(f->narrow(INFINITY)) == INFINITY && f->widen(f->narrow(-INFINITY)) == -INFINITY,
     "%s: infinity stays infinite", f->name);
}

int main(void) {
  static const format formats[] = {{"float16", 5, 10, ph_float16_to_float, ph_float_to_float16},
                                   {"bfloat16", 8, 7, ph_bfloat16_to_float, ph_float_to_bfloat16}};
  for (int i = 0; i < 2; i++) {
    test_all(&formats[i]);
    test_rounding(&formats[i]);
  }
  near((double)ph_float16_to_float(0x3C00), 1, 0, "float16 0x3C00 is 1");
  near((double)ph_float16_to_float(0x7BFF), 65504, 0, "float16 0x7BFF is 65504");
  near((double)ph_bfloat16_to_float(0xC040), -3, 0, "bfloat16 0xC040 is -3");
  ok(ph_float_to_float16(65519.99f) == 0x7BFF && ph_float_to_float16(65520) == 0x7C00 &&
         ph_float_to_float16(3e38f) == 0x7C00,
     "float16 overflows from 65520 on");
  ok(ph_float_to_float16(1e-45f) == 0 && ph_float_to_float16(-1e-45f) == 0x8000,
     "tiny values keep their sign");
  return tap_done();
}
