/* SPDX-License-Identifier: MIT */
/* What evaluations take from elsewhere than the network: the picture itself, and heads computed outside. */
#include "evaluation_rig.h"

/* Heads that read the picture itself: whatever shape it has, and apart from the network's taps. */
static void check_picture(void) {
  const ph_setting constant = {"constant", 1, {0.5}, NULL}, none = {0};
  ph_error e = {0};
  double value = 0;
  ph_tensor *shown = noise("shown", ph_shape4(1, 4, 3, 5), 0, 1),
            *gradient = noise("", ph_shape4(1, 4, 3, 5), 0, 0);
  rig r = rig_of(combine(PH_ADD, parse("deep:0"),
                         combine(PH_MULTIPLY, number(3), head("l1", (ph_setting[]){constant, none}, NULL))),
                 2);
  must(run_network(&r, true, &e), &e);
  ok(ph_evaluation_evaluate(r.evaluation, &value, &e) == PH_MISUSE &&
         strcmp(e.message, "l1{constant = 0.5} reads the picture before its "
                           "transforms, which was not given") == 0,
     "message: %s", e.message);
  ph_evaluation_show(r.evaluation, shown);
  must(ph_evaluation_evaluate(r.evaluation, &value, &e), &e);
  double expected = 0;
  bool right = true;
  must(ph_evaluation_add_picture_gradient(r.evaluation, gradient, &e), &e);
  for (int i = 0; i < 60; i++) {
    float difference = ph_tensor_read(shown)[i] - 0.5f;
    expected += 3 * fabs((double)difference);
    right = right && ph_tensor_read(gradient)[i] == (difference > 0 ? 3 : -3);
  }
  rig other = rig_of(parse("deep:0"), 2);
  near(value, value_of(&other) + expected, 1e-4, "the picture's part of an objective");
  ok(right, "and its gradient");
  ok(ph_evaluation_add_picture_gradient(r.evaluation, r.images, &e) == PH_MISUSE,
     "which has the picture's shape");
  ok(!ph_evaluation_reads_picture(other.evaluation) && ph_evaluation_reads_picture(r.evaluation),
     "it is known who reads the picture");
  rig_free(&r);
  rig_free(&other);
  ph_tensor_release(shown);
  ph_tensor_release(gradient);
}

/* Opacity alone: of 2 pictures, 1 and 0.5 in the fourth channel. */
static void check_opacity(void) {
  ph_error e = {0};
  double value = 0;
  ph_tensor *shown = noise("shown", ph_shape4(2, 4, 2, 2), 0.3, 1),
            *gradient = noise("", ph_shape4(2, 4, 2, 2), 0, 0);
  for (int i = 0; i < 4; i++) {
    ph_tensor_data(shown)[12 + i] = 1;
    ph_tensor_data(shown)[28 + i] = i == 0 ? -1 : 1;
  }
  rig r = rig_of(combine(PH_ADD, head("alpha", (ph_setting[]){{0}}, NULL),
                         on(head("blur_alpha", (ph_setting[]){{0}}, NULL), 1)),
                 1);
  must(forward(&r, true, &e), &e);
  ph_evaluation_show(r.evaluation, shown);
  must(ph_evaluation_evaluate(r.evaluation, &value, &e), &e);
  must(ph_evaluation_add_picture_gradient(r.evaluation, gradient, &e), &e);
  /* Twice the kernel: 2 in the middle, 1 at each neighbour; all four are neighbours: b = (x + sum) / 5 */
  double corner = -1 - (-1 + 2) / 5.0, others = 1 - (1 + 2) / 5.0;
  near(value, (4 + 2) / 8.0 + 0.5 * (corner * corner + 3 * others * others), 1e-6, "alpha and blur_alpha");
  float expected[32] = {0};
  for (int i = 0; i < 4; i++) {
    expected[12 + i] = 1 / 8.0f;
    expected[28 + i] = 1 / 8.0f + (float)(i == 0 ? corner : others);
  }
  arrays_near(ph_tensor_read(gradient), expected, 32, 1e-6, "move only the opacity");
  rig_free(&r);
  ph_tensor_release(shown);
  ph_tensor_release(gradient);
}

/* Heads whose values come from outside. */
static void check_outside(void) {
  const ph_setting deep = {"layer", 0, {0}, "deep"}, called = {"name", 0, {0}, "mine"}, none = {0};
  ph_error e = {0};
  double value = 0;
  ph_array seen;
  rig r = rig_of(
      combine(PH_MULTIPLY, number(2), on(head("head", (ph_setting[]){deep, called, none}, NULL), 1)), 2);
  ph_tensor *gradient = noise("outside", ph_shape4(1, 5, 4, 4), 0, 1),
            *wrong = noise("", ph_shape4(1, 5, 4, 3), 0, 0);
  must(forward(&r, true, &e), &e);
  ok(ph_evaluation_evaluate(r.evaluation, &value, &e) == PH_MISUSE &&
         strcmp(e.message, "layer 'deep': head(\"deep\", {name = \"mine\"}):on(1) has no value yet") == 0,
     "message: %s", e.message);
  ok(ph_evaluation_custom_count(r.evaluation) == 1 &&
         ph_evaluation_custom_activation(r.evaluation, 0, &seen, &e) == PH_OK &&
         ph_shape_equal(seen.shape, ph_shape4(1, 5, 4, 4)),
     "it is shown what it reads");
  ok(ph_evaluation_custom_give(r.evaluation, 0, 1, wrong, &e) == PH_MISUSE &&
         strcmp(e.message,
                "layer 'deep': the gradient of head(\"deep\", {name = \"mine\"}):on(1): expected a tensor "
                "of shape 1x5x4x4, got 1x5x4x3") == 0,
     "message: %s", e.message);
  must(ph_evaluation_custom_give(r.evaluation, 0, 1.5, gradient, &e), &e);
  must(ph_evaluation_evaluate(r.evaluation, &value, &e), &e);
  ph_tensor *taken = NULL;
  must(ph_network_gradient(r.net, 3, &taken, &e), &e);
  ph_tensor_scale(gradient, 2);
  near(value, 3, 0, "a value from outside enters the expression");
  arrays_near(ph_tensor_read(taken) + 80, ph_tensor_read(gradient), 80, 0,
              "and its gradient the tap, times the slope");
  ok(ph_evaluation_value(r.evaluation, &value, &e) == PH_MISUSE, "each value counts once");
  rig_free(&r);
  ph_tensor_release(gradient);
  ph_tensor_release(wrong);
}

/* "deep:0" is channel 0 of deep, or the layer that is called so, on the image that is asked for. */
static void check_whole_name(void) {
  ph_error e = {0};
  const ph_setting deep = {"layer", 0, {0}, "deep"}, none = {0};
  rig named = rig_of(on(parse("deep:0"), 1), 2),
      layer = rig_of(on(head("layer", (ph_setting[]){deep, none}, NULL), 1), 2),
      channel = rig_of(on(head("channel", (ph_setting[]){deep, {"unit", 1, {0}, NULL}, none}, NULL), 1), 2);
  near(value_of(&named), value_of(&channel), 0, "a text means a channel");
  must(ph_network_alias(named.net, "deep:0", "deep", &e), &e);
  must(ph_network_alias(channel.net, "deep:0", "deep", &e), &e);
  ph_evaluation *again = NULL;
  ph_objective *objective = on(parse("deep:0"), 1);
  must(ph_evaluation_new(objective, named.net, &again, &e), &e);
  ph_evaluation_release(named.evaluation);
  named.evaluation = again;
  near(value_of(&named), value_of(&layer), 0, "or a layer whose name is the whole of it");
  ok(value_of(&channel) != value_of(&layer), "which is for texts alone");
  ph_objective_release(objective);
  rig_free(&named);
  rig_free(&layer);
  rig_free(&channel);
}

int main(void) {
  size_t before = ph_memory_blocks();
  check_whole_name();
  check_picture();
  check_opacity();
  check_outside();
  ok(ph_memory_blocks() == before, "no block is left");
  return tap_done();
}
