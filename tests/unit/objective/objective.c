/* SPDX-License-Identifier: MIT */
/* Expressions: algebra at construction, printing with as few parentheses as will do, text as objectives,
   images, very deep and heavily shared expressions, failing allocations. */
#include "objective/objective.h"

#include <string.h>

#include "base/memory.h"
#include "tap.h"

static ph_objective *leaf(const char *text) {
  ph_error e;
  ph_objective *objective = NULL;
  if (ph_objective_parse(text, &objective, &e) != PH_OK) printf("Bail out! %s\n", e.message);
  return objective;
}

static ph_objective *number(double value) {
  ph_error e;
  ph_objective *objective = NULL;
  if (ph_objective_number(value, &objective, &e) != PH_OK) printf("Bail out! %s\n", e.message);
  return objective;
}

/* Takes its operands over. */
static ph_objective *combine(ph_operation operation, ph_objective *left, ph_objective *right) {
  ph_error e;
  ph_objective *result = NULL;
  if (ph_objective_combine(operation, left, right, &result, &e) != PH_OK) printf("Bail out! %s\n", e.message);
  ph_objective_release(left);
  ph_objective_release(right);
  return result;
}

static ph_objective *plus(ph_objective *a, ph_objective *b) { return combine(PH_ADD, a, b); }
static ph_objective *minus(ph_objective *a, ph_objective *b) { return combine(PH_SUBTRACT, a, b); }
static ph_objective *times(ph_objective *a, ph_objective *b) { return combine(PH_MULTIPLY, a, b); }
static ph_objective *over(ph_objective *a, ph_objective *b) { return combine(PH_DIVIDE, a, b); }
static ph_objective *raised(ph_objective *a, ph_objective *b) { return combine(PH_POWER, a, b); }
static ph_objective *negative(ph_objective *a) { return combine(PH_NEGATE, a, NULL); }

static ph_objective *a(void) { return leaf("a:1"); }
static ph_objective *b(void) { return leaf("b:2"); }
static ph_objective *c(void) { return leaf("c"); }

/* Takes the objective over. In `expected`, A, B and C stand for the three leaves. */
static void prints(ph_objective *objective, const char *expected) {
  char got[512], wanted[512];
  size_t used = 0;
  ph_error e;
  for (const char *p = expected; *p != '\0'; p++)
    used += (size_t)snprintf(wanted + used, sizeof wanted - used, "%s",
                             *p == 'A'   ? "channel(\"a\", 1)"
                             : *p == 'B' ? "channel(\"b\", 2)"
                             : *p == 'C' ? "layer(\"c\")"
                                         : (char[]){*p, '\0'});
  ph_status status = ph_objective_print(objective, got, sizeof got, &e);
  if (!ok(status == PH_OK && strcmp(got, wanted) == 0, "%s", expected)) printf("# got: %s\n", got);
  ph_objective_release(objective);
}

static void check_algebra(void) {
  prints(plus(number(0), a()), "A");
  prints(plus(a(), number(0)), "A");
  prints(minus(a(), number(0)), "A");
  prints(minus(number(0), a()), "-A");
  prints(times(number(1), a()), "A");
  prints(times(a(), number(1)), "A");
  prints(times(a(), number(0)), "0");
  prints(plus(b(), times(number(0), a())), "B");
  prints(over(a(), number(1)), "A");
  prints(raised(a(), number(1)), "A");
  prints(negative(negative(a())), "A");
  prints(plus(a(), negative(b())), "A - B");
  prints(minus(a(), negative(b())), "A + B");
  prints(plus(number(2), number(0.5)), "2.5");
  prints(raised(number(2), number(-1)), "0.5");
  prints(negative(number(3)), "-3");
}

static void check_printing(void) {
  prints(minus(a(), times(number(0.05), c())), "A - 0.05 * C");
  prints(plus(plus(a(), b()), c()), "A + B + C");
  prints(plus(a(), plus(b(), c())), "A + B + C");
  prints(minus(a(), plus(b(), c())), "A - (B + C)");
  prints(plus(a(), minus(b(), c())), "A + B - C");
  prints(times(plus(a(), b()), c()), "(A + B) * C");
  prints(times(a(), times(b(), c())), "A * B * C");
  prints(over(a(), times(b(), c())), "A / (B * C)");
  prints(over(over(a(), b()), c()), "A / B / C");
  prints(over(a(), over(b(), c())), "A / (B / C)");
  prints(raised(a(), number(2)), "A ^ 2");
  prints(raised(negative(a()), number(2)), "(-A) ^ 2");
  prints(negative(raised(a(), number(2))), "-A ^ 2");
  prints(raised(number(-2), a()), "(-2) ^ A");
  prints(raised(a(), negative(b())), "A ^ -B");
  prints(raised(raised(a(), b()), c()), "(A ^ B) ^ C");
  prints(raised(a(), raised(b(), c())), "A ^ B ^ C");
  prints(negative(plus(a(), b())), "-(A + B)");
  prints(times(negative(a()), b()), "-A * B");
  prints(negative(times(a(), b())), "-(A * B)");
  prints(times(a(), number(-2)), "A * -2");
  prints(times(number(0.1), a()), "0.1 * A");
  prints(plus(a(), times(number(-0.1), b())), "A - 0.1 * B");
  prints(minus(a(), times(negative(b()), c())), "A + B * C");
  prints(plus(a(), minus(negative(b()), c())), "A - B - C");
  prints(minus(a(), number(-2)), "A + 2");
  prints(minus(a(), raised(number(-2), b())), "A - (-2) ^ B");
  prints(times(number(1.0 / 3), a()), "0.3333333333333333 * A");
  prints(times(number(1e-9), a()), "1e-09 * A");
}

static void check_text(void) {
  static const char *const wrong[] = {"",     ":3",    "mixed4a:",     "mixed4a:-1",
                                      "a:3 ", "a:3.5", "a:9999999999", NULL};
  ph_error e;
  ph_objective *objective;
  char expected[128];
  for (int i = 0; wrong[i] != NULL; i++) {
    ph_status status = ph_objective_parse(wrong[i], &objective, &e);
    snprintf(expected, sizeof expected, "'%s' is not an objective: \"layer:unit\" or \"layer\" is expected",
             wrong[i]);
    ok(status == PH_MISUSE && strcmp(e.message, expected) == 0, "refused: %s", e.message);
  }
  char text[64];
  objective = leaf("scope/conv:0:17");
  ph_objective_print(objective, text, sizeof text, &e);
  ok(strcmp(text, "channel(\"scope/conv:0\", 17)") == 0, "the last colon counts");
  ph_objective_release(objective);
  ok(ph_objective_number((double)NAN, &objective, &e) == PH_MISUSE, "refused: %s", e.message);
  ph_objective *zero = number(0), *head = a();
  ok(ph_objective_combine(PH_DIVIDE, head, zero, &objective, &e) == PH_MISUSE, "refused: %s", e.message);
  ph_objective_release(zero);
  ph_objective_release(head);
}

static void check_images(void) {
  ph_error e;
  char text[256];
  ph_objective *first = a(), *on_first = NULL, *both = NULL, *result = NULL;
  ph_objective_on(first, 1, &on_first, &e);
  both = plus(times(number(0.5), on_first), times(first, b()));
  ph_objective_on(both, 3, &result, &e);
  ph_objective_print(result, text, sizeof text, &e);
  ok(strcmp(text, "0.5 * channel(\"a\", 1):on(1) + channel(\"a\", 1):on(3) * channel(\"b\", 2):on(3)") == 0,
     "on sets the image of heads that have none");
  ph_objective_print(both, text, sizeof text, &e);
  ok(strcmp(text, "0.5 * channel(\"a\", 1):on(1) + channel(\"a\", 1) * channel(\"b\", 2)") == 0,
     "and leaves the expression that it was called on as it was");
  ok(ph_objective_on(both, -1, &result, &e) == PH_MISUSE, "refused: %s", e.message);
  ph_objective_release(both);
  ph_objective_release(result);
}

/* A sum of so many terms would overflow the stack of anything that recurses. */
static void check_depth(bool leaning_left) {
  enum { TERMS = 200000 };
  ph_error e;
  ph_objective *sum = c(), *on = NULL;
  ph_step *steps = NULL;
  char text[400];
  int count = 0;
  for (int i = 0; i < TERMS; i++) sum = leaning_left ? minus(sum, a()) : minus(a(), sum);
  ok(ph_objective_flatten(sum, &steps, &count, &e) == PH_OK && count == 2 * TERMS + 1, "deep: flattened");
  bool ordered = true;
  for (int i = 0; i < count; i++)
    ordered =
        ordered && steps[i].left < i && steps[i].right < i && (steps[i].left < 0) == (steps[i].head != NULL);
  ok(ordered, "deep: operands come before what uses them");
  ph_free(steps);
  ok(ph_objective_print(sum, text, sizeof text, &e) == PH_OK && strlen(text) < sizeof text &&
         strcmp(text + strlen(text) - 3, "…") == 0,
     "deep: printed, and cut with an ellipsis");
  ok(ph_objective_on(sum, 2, &on, &e) == PH_OK, "deep: put on an image");
  ph_objective_release(on);
  ph_objective_release(sum);
}

/* Written out, it would have 2^60 terms. */
static void check_sharing(void) {
  ph_error e;
  ph_objective *doubled = a();
  ph_step *steps = NULL;
  char text[64];
  int count = 0;
  for (int i = 0; i < 60; i++) doubled = plus(ph_objective_retain(doubled), doubled);
  ok(ph_objective_flatten(doubled, &steps, &count, &e) == PH_OK && count == 61,
     "shared parts are visited once");
  ph_free(steps);
  ok(ph_objective_print(doubled, text, sizeof text, &e) == PH_OK, "and printing ends: %s", text);
  ph_objective_release(doubled);
}

/* (a - 2 c) on an image, printed and flattened. */
static ph_status whole_life(ph_error *e) {
  ph_objective *part[5] = {NULL}, *on = NULL;
  ph_step *steps = NULL;
  char text[128];
  int count;
  ph_status status;
  PH_TRY(ph_objective_parse("a:1", &part[0], e));
  PH_TRY(ph_objective_parse("c", &part[1], e));
  PH_TRY(ph_objective_number(2, &part[2], e));
  PH_TRY(ph_objective_combine(PH_MULTIPLY, part[2], part[1], &part[3], e));
  PH_TRY(ph_objective_combine(PH_SUBTRACT, part[0], part[3], &part[4], e));
  PH_TRY(ph_objective_on(part[4], 1, &on, e));
  PH_TRY(ph_objective_print(on, text, sizeof text, e));
  PH_TRY(ph_objective_flatten(on, &steps, &count, e));
done:
  ph_free(steps);
  ph_objective_release(on);
  for (int i = 0; i < 5; i++) ph_objective_release(part[i]);
  return status;
}

static void check_failures(void) {
  ph_error e;
  size_t before = ph_memory_blocks();
  ph_status status = PH_NO_MEMORY;
  int failures = 0;
  bool clean = true;
  while (status == PH_NO_MEMORY && failures < 1000) {
    ph_memory_fail_after(++failures);
    status = whole_life(&e);
    ph_memory_fail_after(0);
    clean = clean && ph_memory_blocks() == before;
  }
  ok(status == PH_OK && failures > 10, "each of %d allocations may fail", failures - 1);
  ok(clean, "nothing leaks");
}

int main(void) {
  size_t before = ph_memory_blocks();
  check_algebra();
  check_printing();
  check_text();
  check_images();
  check_depth(true);
  check_depth(false);
  check_sharing();
  check_failures();
  ok(ph_memory_blocks() == before, "no block is left");
  return tap_done();
}
