/* SPDX-License-Identifier: MIT */
/* Fields: defaults, kinds, ranges, messages, guessing names. */
#include <string.h>

#include "base/field.h"
#include "tap.h"

typedef struct config {
  int64_t count;
  double rate;
  bool loud;
  int64_t stride[2], pad[4];
  ph_list factors;
  int mode;
  char name[PH_TEXT_SIZE];
} config;

static const char *const modes[] = {"zero", "reflect", "wrap", NULL};

#define OFFSET(member) offsetof(config, member)
static const ph_field fields[] = {{"count", PH_INTEGER, OFFSET(count), 3, 1, 10, NULL, ""},
                                  {"rate", PH_REAL, OFFSET(rate), 0.5, 0, 1, NULL, ""},
                                  {"loud", PH_FLAG, OFFSET(loud), 1, 0, 1, NULL, ""},
                                  {"stride", PH_PAIR, OFFSET(stride), 1, 1, 8, NULL, ""},
                                  {"pad", PH_SIDES, OFFSET(pad), 0, 0, 99, NULL, ""},
                                  {"factors", PH_LIST, OFFSET(factors), 0, -2, 2, NULL, ""},
                                  {"mode", PH_CHOICE, OFFSET(mode), 1, 0, 0, modes, ""},
                                  {"name", PH_TEXT, OFFSET(name), 0, 0, 0, NULL, ""},
                                  {0}};

static config c;
static ph_error e;

static ph_status set(ph_setting setting) {
  ph_fields_default(fields, &c);
  return ph_fields_apply(fields, &c, &setting, 1, "thing 'x'", &e);
}

static ph_setting numbers(const char *key, int count, double a, double b, double third, double d) {
  return (ph_setting){.key = key, .count = count, .value = {a, b, third, d}};
}
static ph_setting number(const char *key, double value) { return numbers(key, 1, value, 0, 0, 0); }
static ph_setting text(const char *key, const char *value) { return (ph_setting){.key = key, .text = value}; }

static void refused(ph_setting setting, const char *message) {
  ok(set(setting) == PH_MISUSE && strcmp(e.message, message) == 0, "%s", message);
  if (strcmp(e.message, message) != 0) printf("# got: %s\n", e.message);
}

static void test_defaults(void) {
  memset(&c, 0xAB, sizeof c);
  ph_fields_default(fields, &c);
  ok(c.count == 3 && c.rate == 0.5 && c.loud, "numbers and flags get their defaults");
  ok(c.stride[0] == 1 && c.stride[1] == 1 && c.pad[0] == 0 && c.pad[3] == 0, "pairs and sides, every part");
  ok(c.factors.count == 0 && c.mode == 1 && c.name[0] == '\0', "lists and texts are empty, choices chosen");
}

static void test_values(void) {
  ok(set(number("count", 10)) == PH_OK && c.count == 10, "an integer at its bound");
  ok(set(number("rate", 0.125)) == PH_OK && c.rate == 0.125, "a real");
  ok(set(number("loud", 0)) == PH_OK && !c.loud, "a flag");
  ok(set(number("stride", 2)) == PH_OK && c.stride[0] == 2 && c.stride[1] == 2, "one number sets a pair");
  ok(set(numbers("stride", 2, 2, 3, 0, 0)) == PH_OK && c.stride[0] == 2 && c.stride[1] == 3,
     "two are a pair");
  ok(set(number("pad", 4)) == PH_OK && c.pad[0] == 4 && c.pad[1] == 4 && c.pad[2] == 4 && c.pad[3] == 4,
     "one number sets all sides");
  ok(set(numbers("pad", 2, 5, 6, 0, 0)) == PH_OK && c.pad[0] == 5 && c.pad[1] == 6 && c.pad[2] == 5 &&
         c.pad[3] == 6,
     "two are vertical and horizontal");
  ok(set(numbers("pad", 4, 1, 2, 3, 4)) == PH_OK && c.pad[0] == 1 && c.pad[1] == 2 && c.pad[2] == 3 &&
         c.pad[3] == 4,
     "four are top, left, bottom, right");
  ok(set(numbers("factors", 3, -2, 0, 2, 0)) == PH_OK && c.factors.count == 3 && c.factors.value[2] == 2,
     "a list");
  ok(set(text("mode", "wrap")) == PH_OK && c.mode == 2, "a choice");
  ok(set(text("name", "conv2d0")) == PH_OK && strcmp(c.name, "conv2d0") == 0, "a text");
  ph_setting both[] = {number("count", 1), number("count", 2)};
  ok(ph_fields_apply(fields, &c, both, 2, "thing", &e) == PH_OK && c.count == 2, "the last one counts");
  ok(ph_fields_apply(fields, &c, NULL, 0, "thing", &e) == PH_OK, "no settings are fine");
}

static void test_refusals(void) {
  refused(number("count", 2.5), "thing 'x': count must be a whole number, got 2.5");
  refused(number("count", 0), "thing 'x': count 0 out of range 1..10");
  refused(number("rate", 1.5), "thing 'x': rate 1.5 out of range 0..1");
  refused(number("rate", (double)NAN), "thing 'x': rate nan out of range 0..1");
  refused(number("count", HUGE_VAL), "thing 'x': count inf out of range 1..10");
  refused(number("loud", 2), "thing 'x': loud 2 out of range 0..1");
  refused(numbers("rate", 2, 0, 1, 0, 0), "thing 'x': rate takes one number, got 2 numbers");
  refused(numbers("stride", 3, 1, 1, 1, 0), "thing 'x': stride takes one or two numbers, got 3 numbers");
  refused(numbers("pad", 3, 1, 1, 1, 0), "thing 'x': pad takes one, two or four numbers, got 3 numbers");
  refused(text("count", "many"), "thing 'x': count takes one number, got text");
  refused(text("factors", "many"), "thing 'x': factors takes a list of numbers, got text");
  refused(number("mode", 1), "thing 'x': mode takes a name");
  refused(text("mode", "reflekt"), "thing 'x': no mode 'reflekt'; did you mean 'reflect'?");
  refused(text("mode", "bananas"), "thing 'x': no mode 'bananas'; one of zero, reflect, wrap");
  refused(number("name", 1), "thing 'x': name takes text");
  refused(number("strid", 1), "thing 'x': no setting 'strid'; did you mean 'stride'?");
  refused(number("zebra", 1), "thing 'x': no setting 'zebra'");
  char longer[PH_TEXT_SIZE + 1];
  memset(longer, 'n', PH_TEXT_SIZE);
  longer[PH_TEXT_SIZE] = '\0';
  refused(text("name", longer), "thing 'x': name is longer than 95 bytes");
  ok(set(text("name", longer + 1)) == PH_OK && strlen(c.name) == PH_TEXT_SIZE - 1, "the longest text fits");
}

static void test_nearest(void) {
  static const char *const layers[] = {"conv2d0", "mixed3a", "mixed4a", "mixed4e", "softmax2"};
  const char *near_name = ph_nearest("mixed4z", layers, 5);
  ok(near_name != NULL && strncmp(near_name, "mixed4", 6) == 0, "mixed4z is near mixed4-something");
  ok(strcmp(ph_nearest("sofmax2", layers, 5), "softmax2") == 0, "a letter left out");
  ok(strcmp(ph_nearest("conv2d00", layers, 5), "conv2d0") == 0, "a letter too many");
  ok(strcmp(ph_nearest("mixed3a", layers, 5), "mixed3a") == 0, "the name itself");
  ok(ph_nearest("giraffe", layers, 5) == NULL, "nothing is near a giraffe");
  ok(ph_nearest("x", layers, 0) == NULL, "nothing is near where there is nothing");
  char longer[400];
  memset(longer, 'm', sizeof longer - 1);
  longer[sizeof longer - 1] = '\0';
  ok(ph_nearest(longer, layers, 5) == NULL, "very long names are only far");
}

int main(void) {
  test_defaults();
  test_values();
  test_refusals();
  test_nearest();
  return tap_done();
}
