/* SPDX-License-Identifier: MIT */
/* Formulas: what they come to, and what is none. */
#include "network/formula.h"

#include <math.h>
#include <string.h>

#include "tap.h"

static const ph_shape shapes[] = {{.rank = 4, .dim = {1, 3, 7, 10}}, {.rank = 2, .dim = {1, 5}}};

static void gives(const char *formula, double expected) {
  ph_error e = {0};
  double value = NAN;
  ph_status status = ph_formula_evaluate(formula, shapes, 2, &value, &e);
  ok(status == PH_OK && value == expected, "%s = %g", formula, expected);
  if (status != PH_OK || value != expected) printf("# got %g %s\n", value, e.message);
}

static void refused(const char *formula, const char *message) {
  ph_error e = {0};
  double value;
  ok(ph_formula_evaluate(formula, shapes, 2, &value, &e) == PH_MISUSE && strcmp(e.message, message) == 0,
     "%s", message);
  if (strcmp(e.message, message) != 0) printf("# got: %s\n", e.message);
}

int main(void) {
  gives("12", 12);
  gives("a2", 7);
  gives("b1", 5);
  gives("a2 2 / floor", 3);
  gives("a3 b1 - 1 +", 6);
  gives("a3 a2 2 * -", -4);
  gives("a2 neg 2 / trunc", -3);
  gives("a2 neg 2 / floor", -4);
  gives("a2 2 / ceil", 4);
  gives("-7 3 %", 2);
  gives("-7 3 fmod", -1);
  gives("2.5 round 3.5 round +", 6);
  gives("a2 b1 min a2 b1 max *", 35);
  gives("a2 b1 < a2 7 = +", 1);
  gives("a2 b1 < 10 20 ?", 20);
  gives("1 10 20 ?", 10);
  gives("-3 abs sign 9 sqrt + 2 ^", 16);
  gives("1 exp log", 1);
  gives("0.1 float", (double)0.1F);
  gives("a2 0 /", INFINITY);

  refused("", "formula '': leaves 0 numbers");
  refused("1 2", "formula '1 2': leaves 2 numbers");
  refused("1 +", "formula '1 +': '+' takes 2 numbers, got 1");
  refused("1 2 plus", "formula '1 2 plus': no operation 'plus'");
  refused("c0", "formula 'c0': there is no length 'c0'");
  refused("b2", "formula 'b2': there is no length 'b2'");
  refused("1  2 +", "formula '1  2 +': no operation ''");

  char deep[400] = "1";
  for (int i = 0; i < 80; i++) strcat(deep, " 1");
  ph_error e = {0};
  double value;
  ok(ph_formula_evaluate(deep, shapes, 2, &value, &e) == PH_MISUSE &&
         strstr(e.message, "numbers wait") != NULL,
     "there is a bound to what waits");
  return tap_done();
}
