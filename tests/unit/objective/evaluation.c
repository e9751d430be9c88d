/* SPDX-License-Identifier: MIT */
/* Objectives on a network: composed expressions against central differences of the image, three steps of
   ascent raise every head, taps, batches, messages, values that are not finite, no allocation in the long
   run. */
#include "evaluation_rig.h"

/* Takes the objective over. */
static void check_differences(const char *name, ph_objective *objective) {
  rig r = rig_of(objective, 2);
  step_of(&r);
  near(gradcheck(value_of, &r, ph_tensor_data(r.images), ph_tensor_count(r.images),
                 ph_tensor_read(r.gradient), 1e-2),
       0, 2e-3, name);
  rig_free(&r);
}

static void check_expressions(void) {
  ph_objective *shared = parse("deep:1");
  check_differences("a + 2 b, of two layers",
                    combine(PH_ADD, parse("deep:0"), combine(PH_MULTIPLY, number(2), parse("act:3"))));
  check_differences("a - b of two images",
                    combine(PH_SUBTRACT, on(parse("deep:0"), 0), on(parse("deep:0"), 1)));
  check_differences("a b", combine(PH_MULTIPLY, parse("deep:0"), parse("deep")));
  check_differences("a / b", combine(PH_DIVIDE, parse("deep:0"), parse("deep")));
  check_differences("a ^ 2", combine(PH_POWER, parse("deep:0"), number(2)));
  check_differences("a ^ b", combine(PH_POWER, parse("deep"), parse("conv:0")));
  check_differences("2 ^ -a", combine(PH_POWER, number(2), combine(PH_NEGATE, parse("deep:2"), NULL)));
  check_differences("a a + a, shared",
                    combine(PH_ADD,
                            combine(PH_MULTIPLY, ph_objective_retain(shared), ph_objective_retain(shared)),
                            ph_objective_retain(shared)));
  check_differences("a - 0.01 l2 of the picture",
                    combine(PH_SUBTRACT, shared,
                            combine(PH_MULTIPLY, number(0.01), head("l2", (ph_setting[]){{0}}, NULL))));
}

static void check_opposites(void) {
  rig one = rig_of(combine(PH_SUBTRACT, parse("deep:0"), parse("act:1")), 2);
  rig other = rig_of(combine(PH_NEGATE, combine(PH_SUBTRACT, parse("act:1"), parse("deep:0")), NULL), 2);
  near(step_of(&one), step_of(&other), 0, "a - b equals -(b - a)");
  arrays_near(ph_tensor_read(one.gradient), ph_tensor_read(other.gradient), ph_tensor_count(one.gradient), 0,
              "and so do their gradients");
  rig_free(&one);
  rig_free(&other);
}

/* ---- three steps ---- */

/* Takes the objective over. Penalties are ascended, too: what counts is that the gradient points uphill. */
static void check_ascent(const char *name, ph_objective *objective) {
  rig r = rig_of(objective, MOST_IMAGES);
  double first = step_of(&r);
  for (int step = 0; step < 3; step++) {
    double size = sqrt(ph_tensor_dot(r.gradient, r.gradient));
    ph_tensor_add_scaled(r.images, (float)(0.02 / (size > 0 ? size : 1)), r.gradient);
    step_of(&r);
  }
  double last = value_of(&r);
  if (!ok(last > first, "three steps raise %s", name)) printf("# from %.9g to %.9g\n", first, last);
  rig_free(&r);
}

static void check_ascents(void) {
  const ph_setting deep = {"layer", 0, {0}, "deep"}, unit = {"unit", 1, {0}, NULL}, none = {0};
  const ph_setting angle = {"cosine_power", 1, {1}, NULL}, cat = {"label", 0, {0}, "cat"};
  ph_tensor *vector = noise("vector", ph_shape_of(1, (int64_t[]){5}), 0, 1);
  ph_tensor *block = noise("block", ph_shape_of(3, (int64_t[]){5, 3, 3}), 0, 1);
  ph_tensor *picture = noise("picture", ph_shape4(1, 3, SIZE, SIZE), 0.5, 0.3);
  check_ascent("channel", head("channel", (ph_setting[]){deep, unit, none}, NULL));
  check_ascent("neuron", head("neuron", (ph_setting[]){deep, unit, none}, NULL));
  check_ascent("layer", head("layer", (ph_setting[]){deep, none}, NULL));
  check_ascent("direction", head("direction", (ph_setting[]){deep, none}, vector));
  check_ascent("direction with angle", head("direction", (ph_setting[]){deep, angle, none}, vector));
  check_ascent("direction_neuron", head("direction_neuron", (ph_setting[]){deep, angle, none}, vector));
  check_ascent("tensor_direction", head("tensor_direction", (ph_setting[]){deep, angle, none}, block));
  check_ascent("channel_weights", head("channel_weights", (ph_setting[]){deep, none}, vector));
  check_ascent("logit", head("logit", (ph_setting[]){cat, none}, NULL));
  check_ascent("probability", head("probability", (ph_setting[]){cat, none}, NULL));
  check_ascent("l1", head("l1", &none, NULL));
  check_ascent("l2", head("l2", &none, NULL));
  check_ascent("input_difference", head("input_difference", &none, picture));
  check_ascent("total_variation", head("total_variation", &none, NULL));
  check_ascent("blur", head("blur", &none, NULL));
  check_ascent("boundary_complexity", head("boundary_complexity", &none, NULL));
  check_ascent("alignment", head("alignment", (ph_setting[]){deep, none}, NULL));
  check_ascent("diversity", head("diversity", (ph_setting[]){deep, none}, NULL));
  ph_tensor_release(vector);
  ph_tensor_release(block);
  ph_tensor_release(picture);
}

/* ---- the rest ---- */

static void check_taps(void) {
  const int *taps;
  char text[PH_HEAD_TEXT];
  ph_objective *sum =
      combine(PH_ADD, parse("deep:0"), combine(PH_ADD, parse("conv:0"), on(parse("deep:1"), 1)));
  rig r = rig_of(combine(PH_ADD, sum, head("l1", (ph_setting[]){{0}}, NULL)), 2);
  int count = ph_evaluation_taps(r.evaluation, &taps);
  ok(count == 2 && taps[0] == 1 && taps[1] == 3,
     "taps are ascending, without doubles, and without the picture");
  double whole = step_of(&r), parts = 0;
  for (int i = 0; i < ph_evaluation_terms(r.evaluation); i++)
    parts += ph_evaluation_term(r.evaluation, i, text);
  near(parts, whole, 1e-12, "terms give each head's value");
  ok(ph_evaluation_terms(r.evaluation) == 4 && strcmp(text, "l1()") == 0, "and how it is written");
  rig_free(&r);
}

static void check_images(void) {
  rig r = rig_of(on(parse("deep:0"), 1), 3);
  int64_t image = 3 * SIZE * SIZE;
  double elsewhere = 0, here = 0;
  step_of(&r);
  for (int64_t i = 0; i < 3 * image; i++)
    *(i / image == 1 ? &here : &elsewhere) += fabs((double)ph_tensor_read(r.gradient)[i]);
  ok(here > 0 && elsewhere == 0, "on(1) moves image 1 alone");
  rig_free(&r);
}

/* Whichever of making and running fails, with its message. Takes the objective over. */
static void fails(ph_objective *objective, ph_status expected, const char *message) {
  ph_error e = {0};
  double value;
  rig r = {.net = make_network(), .images = noise("images", ph_shape4(2, 3, SIZE, SIZE), 0, 0)};
  ph_status status = ph_evaluation_new(objective, r.net, &r.evaluation, &e);
  if (status == PH_OK) status = forward(&r, true, &e);
  if (status == PH_OK) status = ph_evaluation_evaluate(r.evaluation, &value, &e);
  if (!ok(status == expected && strcmp(e.message, message) == 0, "message: %s", message))
    printf("# got: %s\n", e.message);
  ph_objective_release(objective);
  rig_free(&r);
}

/* Pictures are black here, so that some activations are 0. */
static void check_messages(void) {
  const ph_setting root = {"epsilon", 1, {0}, NULL}, none = {0};
  ph_tensor *hole = noise("hole", ph_shape4(1, 3, SIZE, SIZE), 0, 0);
  ph_tensor_data(hole)[17] = NAN;
  fails(parse("dep:0"), PH_MISUSE, "no layer 'dep'; did you mean 'deep'?");
  fails(parse("deep:5"), PH_MISUSE, "layer 'deep': unit 5 out of range 0..4");
  fails(on(parse("deep:4"), 2), PH_MISUSE, "layer 'deep': image 2 out of range 0..1");
  fails(number(3), PH_MISUSE, "this objective is a constant: it does not depend on the network");
  fails(head("logit", (ph_setting[]){{"class", 1, {4}, NULL}, none}, NULL), PH_MISUSE,
        "layer 'logits': class 4 out of range 0..3");
  fails(head("input_difference", &none, hole), PH_FAILURE,
        "layer 'picture': input_difference({0, 0, 0, … 192 numbers}) is not a number");
  fails(combine(PH_DIVIDE, parse("conv:0"), parse("conv:1")), PH_FAILURE,
        "the value of channel(\"conv\", 0) / channel(\"conv\", 1) is not finite");
  fails(combine(PH_POWER, head("l2", (ph_setting[]){root, none}, NULL), number(0.5)), PH_FAILURE,
        "the objective's slope in the direction of l2{epsilon = 0} is not finite");
  ph_tensor_release(hole);
}

static void check_allocation(void) {
  const ph_setting deep = {"layer", 0, {0}, "deep"}, none = {0};
  rig r =
      rig_of(combine(PH_SUBTRACT, parse("deep:0"), head("diversity", (ph_setting[]){deep, none}, NULL)), 2);
  step_of(&r);
  uint64_t before = ph_memory_allocated();
  for (int i = 0; i < 3; i++) step_of(&r);
  ok(ph_memory_allocated() == before, "a steady step allocates nothing");
  rig_free(&r);
}

/* Making an evaluation and running it once, from a rig whose network is there. */
static void check_failures(void) {
  const ph_setting deep = {"layer", 0, {0}, "deep"}, cat = {"label", 0, {0}, "cat"}, none = {0};
  ph_objective *objective =
      combine(PH_ADD, head("logit", (ph_setting[]){cat, none}, NULL),
              combine(PH_MULTIPLY, number(2), head("diversity", (ph_setting[]){deep, none}, NULL)));
  rig r = rig_of(ph_objective_retain(objective), 2);
  step_of(&r); /* the network has made its plan and its tensors */
  ph_error e;
  double value;
  ph_status status = PH_NO_MEMORY;
  int failures = 0;
  bool clean = true;
  while (status == PH_NO_MEMORY && failures < 1000) {
    ph_evaluation *evaluation = NULL;
    size_t before = ph_memory_blocks();
    ph_memory_fail_after(++failures);
    status = ph_evaluation_new(objective, r.net, &evaluation, &e);
    if (status == PH_OK) status = ph_evaluation_evaluate(evaluation, &value, &e);
    ph_memory_fail_after(0);
    ph_evaluation_release(evaluation);
    clean = clean && ph_memory_blocks() == before;
  }
  ok(status == PH_OK && failures > 5, "each of %d allocations may fail", failures - 1);
  ok(clean, "nothing leaks");
  ph_objective_release(objective);
  rig_free(&r);
}

int main(void) {
  size_t before = ph_memory_blocks();
  check_expressions();
  check_opposites();
  check_ascents();
  check_taps();
  check_images();
  check_messages();
  check_allocation();
  check_failures();
  ok(ph_memory_blocks() == before, "no block is left");
  return tap_done();
}
