/* SPDX-License-Identifier: MIT */
/* Heads on activations of our own, without a network: values that can be worked out by hand, coordinates,
   messages, and how heads print. Their gradients are checked in head_gradients.c. */
#include "gradcheck.h"
#include "head_bench.h"

static ph_setting number(const char *key, double value) { return (ph_setting){key, 1, {value}, NULL}; }
static ph_setting text(const char *key, const char *value) { return (ph_setting){key, 0, {0}, value}; }

/* blur's gradient holds the blurred picture constant, so differences cannot check it: x - blur(x) can. */
static void check_blur(void) {
  ph_error e;
  ph_random random = ph_random_stream(7, "blur");
  bench b = bench_of(make("blur", (ph_setting[MOST_SETTINGS]){{0}}, NULL, &e), ph_shape4(2, 3, 4, 5));
  float expected[2 * 3 * 4 * 5];
  double value = 0;
  ph_random_fill_normal(&random, b.activation, 0, 1);
  bench_fit(&b, &e);
  for (int i = 0; i < 2 * 3 * 4 * 5; i++) {
    const float *plane = ph_tensor_read(b.activation) + i / 20 * 20;
    int y = i % 20 / 5, x = i % 5;
    double sum = 0, weight = 0;
    for (int dy = -1; dy <= 1; dy++) {
      for (int dx = -1; dx <= 1; dx++) {
        if (y + dy < 0 || y + dy > 3 || x + dx < 0 || x + dx > 4) continue;
        double kernel = dy == 0 && dx == 0 ? 1 : 0.5;
        sum += kernel * (double)plane[(y + dy) * 5 + x + dx];
        weight += kernel;
      }
    }
    expected[i] = (float)((double)plane[y * 5 + x] - sum / weight);
    value += 0.5 * (double)expected[i] * (double)expected[i];
  }
  near(bench_value(&b), value, 1e-5, "blur: half the squared difference");
  b.head->type->gradient(b.head, &b.tap, 1);
  arrays_near(ph_tensor_read(b.gradient), expected, 2 * 3 * 4 * 5, 1e-5, "blur: towards the blurred picture");
  bench_free(&b);
}

/* ---- values ---- */

/* The value of a head on an activation of 1.3 everywhere (as in Captum's tests). */
static double constant_value(const char *type, const ph_setting *settings, ph_shape shape) {
  ph_error e;
  bench b = bench_of(make(type, settings, NULL, &e), shape);
  ph_tensor_fill(b.activation, 1.3f);
  double value = bench_fit(&b, &e) == PH_OK ? bench_value(&b) : (double)NAN;
  bench_free(&b);
  return value;
}

static void check_constants(void) {
  const ph_setting layer[MOST_SETTINGS] = {LAYER}, none[MOST_SETTINGS] = {{0}};
  const ph_setting sum[MOST_SETTINGS] = {LAYER, {"norm", 0, {0}, "sum"}};
  const ph_setting grey[MOST_SETTINGS] = {SET("width", 1)};
  ph_shape two = ph_shape4(1, 2, 1, 1), images = ph_shape4(3, 2, 4, 3);
  near(constant_value("layer", layer, images), 1.69, 1e-6, "layer of 1.3 is 1.69");
  near(constant_value("layer", sum, two), 3.38, 1e-6, "its sum over two elements is 3.38");
  near(constant_value("l1", none, two), 2.6, 1e-6, "l1 of two elements is 2.6");
  near(constant_value("l2", none, two), sqrt(2 * 1.69 + 1e-6), 1e-6, "l2 is sqrt(2 * 1.69 + epsilon)");
  near(constant_value("total_variation", none, images), 0, 0, "total variation is 0");
  near(constant_value("alignment", layer, images), 0, 0, "alignment is 0");
  near(constant_value("diversity", layer, images), 2, 1e-12, "diversity of 3 equal images is 2");
  near(constant_value("diversity", layer, ph_shape4(2, 3, 2, 2)), 1, 1e-12, "of 2 equal images, 1");
  near(constant_value("blur", none, images), 0, 1e-12, "blur is 0, edges included");
  near(constant_value("boundary_complexity", grey, ph_shape4(1, 1, 4, 4)), 12 * 0.8 * 0.64, 1e-6,
       "boundary complexity counts only the frame");
}

static void check_values(void) {
  const float pictures[] = {0, 1, 3, 6, 10, 15, 1, 1, 1, 1, 1, 1}; /* (2, 1, 2, 3) */
  const ph_setting none[MOST_SETTINGS] = {{0}}, first[MOST_SETTINGS] = {SET("batch", 0)};
  const ph_setting layer[MOST_SETTINGS] = {LAYER};
  ph_shape shape = ph_shape4(2, 1, 2, 3);
  near(value_on("total_variation", none, NULL, shape, pictures), (1 + 2 + 4 + 5) + (6 + 9 + 12), 0,
       "total variation, across and down");
  near(value_on("l1", first, NULL, shape, pictures), 35, 0, "l1 of image 0");
  near(value_on("alignment", layer, NULL, shape, pictures), -(1 + 0 + 4 + 25 + 81 + 196) / 6.0 / 2, 1e-5,
       "alignment: minus the mean squared difference, over the decay");

  const float activation[] = {3, 0, 4, 1}; /* (1, 2, 1, 2): positions (3, 4) and (0, 1) */
  const ph_setting squared[MOST_SETTINGS] = {LAYER, SET("cosine_power", 2)};
  ph_tensor *vector = tensor_of(ph_shape_of(1, (int64_t[]){2}));
  ph_tensor_data(vector)[1] = -2;
  near(value_on("direction", layer, vector, ph_shape4(1, 2, 1, 2), activation), (-8 - 2) / 2.0, 1e-6,
       "direction: the mean dot product");
  near(value_on("direction", squared, vector, ph_shape4(1, 2, 1, 2), activation), (-8 - 2) / 2.0 * 0.01, 1e-6,
       "direction: the cosine has a floor of 0.1");
  ph_tensor_data(vector)[1] = 2;
  near(value_on("direction", squared, vector, ph_shape4(1, 2, 1, 2), activation),
       (8 * pow(8 / (5.0001 * 2.0001), 2) + 2 * pow(2 / (1.0001 * 2.0001), 2)) / 2, 1e-6,
       "direction: dot product times cosine squared");
  const ph_setting projected[MOST_SETTINGS] = {LAYER, SET("cosine_power", 2), CHOOSE("angle", "projection")};
  near(value_on("direction", projected, vector, ph_shape4(1, 2, 1, 2), activation),
       (8 * pow(8 / 5.0001, 2) + 2 * pow(2 / 1.0001, 2)) / 2, 1e-4,
       "direction: dot product times the squared length of the projection");
  near(value_on("channel_weights", layer, vector, ph_shape4(1, 2, 1, 2), activation), (8 + 2) / 4.0, 1e-6,
       "channel_weights: the mean over channels, too");
  ph_tensor_release(vector);
}

/* x is the column and y the row; the default is the centre, to the right and below where there are two. */
static void check_coordinates(void) {
  float activation[2 * 3 * 6];
  for (int i = 0; i < 36; i++) activation[i] = (float)i; /* (1, 2, 3, 6) */
  const ph_setting place[MOST_SETTINGS] = {LAYER, SET("unit", 1), SET("x", 5), SET("y", 2)};
  const ph_setting row[MOST_SETTINGS] = {LAYER, SET("unit", 0), SET("x", 0), SET("y", 2)};
  const ph_setting centre[MOST_SETTINGS] = {LAYER, SET("unit", 0)};
  ph_shape shape = ph_shape4(1, 2, 3, 6);
  near(value_on("neuron", place, NULL, shape, activation), 35, 0, "the last neuron is x 5, y 2 of 6x3");
  near(value_on("neuron", row, NULL, shape, activation), 12, 0, "y counts rows");
  near(value_on("neuron", centre, NULL, shape, activation), 6 + 3, 0, "the centre is x 3, y 1");
  ph_tensor *vector = tensor_of(ph_shape_of(1, (int64_t[]){2}));
  ph_tensor_data(vector)[1] = 1;
  const ph_setting layer[MOST_SETTINGS] = {LAYER, SET("x", 4)};
  near(value_on("direction_neuron", layer, vector, shape, activation), 18 + 6 + 4, 0,
       "direction_neuron, too");
  ph_tensor_release(vector);
}

/* ---- messages ---- */

static void fails(const char *type, const ph_setting *settings, ph_tensor *tensor, ph_shape shape,
                  const char *message) {
  ph_error e = {0};
  ph_head *head = make(type, settings, tensor, &e);
  if (head != NULL) {
    bench b = bench_of(head, shape);
    if (bench_fit(&b, &e) == PH_OK) snprintf(e.message, sizeof e.message, "no error");
    bench_free(&b);
  }
  if (!ok(strcmp(e.message, message) == 0, "message: %s", message)) printf("# got: %s\n", e.message);
}

static void check_messages(void) {
  const ph_setting none[MOST_SETTINGS] = {{0}}, layer[MOST_SETTINGS] = {LAYER};
  ph_shape shape = ph_shape4(2, 508, 3, 6);
  fails("chanel", none, NULL, shape, "no objective 'chanel'; did you mean 'channel'?");
  fails("channel", layer, NULL, shape, "channel: no unit given");
  fails("channel", (ph_setting[MOST_SETTINGS]){number("unit", 3)}, NULL, shape, "channel: no layer given");
  fails("channel", (ph_setting[MOST_SETTINGS]){LAYER, number("unit", 508)}, NULL, shape,
        "layer 'mixed4a': unit 508 out of range 0..507");
  fails("channel", (ph_setting[MOST_SETTINGS]){LAYER, number("unit", 0), number("batch", 2)}, NULL, shape,
        "layer 'mixed4a': image 2 out of range 0..1");
  fails("channel", (ph_setting[MOST_SETTINGS]){LAYER, number("unit", 0), number("bacth", 2)}, NULL, shape,
        "channel: no setting 'bacth'; did you mean 'batch'?");
  fails("neuron", (ph_setting[MOST_SETTINGS]){LAYER, number("unit", 0), number("x", 6)}, NULL, shape,
        "layer 'mixed4a': x 6 out of range 0..5");
  fails("neuron", (ph_setting[MOST_SETTINGS]){LAYER, number("unit", 0), number("y", 3)}, NULL, shape,
        "layer 'mixed4a': y 3 out of range 0..2");
  fails("layer", (ph_setting[MOST_SETTINGS]){LAYER, text("norm", "men")}, NULL, shape,
        "layer: no norm 'men'; did you mean 'mean'?");
  fails("direction", layer, NULL, shape, "direction: no tensor given");
  fails("diversity", layer, NULL, ph_shape4(1, 4, 2, 2),
        "layer 'mixed4a': diversity compares the images of a batch, and there is only one");
  fails("alignment", (ph_setting[MOST_SETTINGS]){LAYER, number("batch", 1)}, NULL, shape,
        "layer 'mixed4a': alignment compares the images of a batch, and there is only one");
  fails("logit", none, NULL, shape, "logit: a class is expected, by number or by label");
  fails("logit", (ph_setting[MOST_SETTINGS]){number("class", 3), text("label", "cat")}, NULL, shape,
        "logit: a class is expected, by number or by label, not both");
  fails("logit", (ph_setting[MOST_SETTINGS]){number("class", 3)}, NULL, shape,
        "layer 'mixed4a': logit expects one number a class, got 2x508x3x6");

  ph_tensor *vector = tensor_of(ph_shape_of(1, (int64_t[]){512}));
  ph_tensor *large = tensor_of(ph_shape_of(3, (int64_t[]){508, 4, 6}));
  fails("l1", none, vector, shape, "l1: takes no tensor");
  fails("direction", layer, vector, shape,
        "layer 'mixed4a': direction expected a vector of 508 numbers, got 512");
  fails("tensor_direction", layer, large, shape,
        "layer 'mixed4a': tensor_direction expected a tensor of at most 508x3x6, got 508x4x6");
  fails("input_difference", none, large, shape,
        "layer 'mixed4a': input_difference expected a tensor of shape 2x508x3x6, got 508x4x6");
  ph_tensor_release(vector);
  ph_tensor_release(large);
}

/* ---- printing, and life ---- */

static void prints(const char *type, const ph_setting *settings, ph_tensor *tensor, const char *expected) {
  ph_error e;
  char got[PH_HEAD_TEXT] = "";
  ph_head *head = make(type, settings, tensor, &e);
  if (head != NULL) ph_head_print(head, got);
  if (!ok(strcmp(got, expected) == 0, "prints %s", expected)) printf("# got: %s\n", got);
  ph_head_free(head);
}

static void check_printing(void) {
  const ph_setting none[MOST_SETTINGS] = {{0}}, layer[MOST_SETTINGS] = {LAYER};
  prints("channel", (ph_setting[MOST_SETTINGS]){LAYER, number("unit", 476)}, NULL,
         "channel(\"mixed4a\", 476)");
  prints("channel", (ph_setting[MOST_SETTINGS]){LAYER, number("unit", 0), number("batch", 2)}, NULL,
         "channel(\"mixed4a\", 0):on(2)");
  prints("neuron", (ph_setting[MOST_SETTINGS]){LAYER, number("unit", 9), number("x", 3), number("y", 0)},
         NULL, "neuron(\"mixed4a\", 9, {x = 3, y = 0})");
  prints("l1", none, NULL, "l1()");
  prints("l1", (ph_setting[MOST_SETTINGS]){LAYER, number("constant", 0.1)}, NULL,
         "l1{layer = \"mixed4a\", constant = 0.1}");
  prints("layer", (ph_setting[MOST_SETTINGS]){LAYER, text("norm", "sum")}, NULL,
         "layer(\"mixed4a\", {norm = \"sum\"})");
  prints("logit", (ph_setting[MOST_SETTINGS]){text("label", "tiger \"cat\"")}, NULL,
         "logit(\"tiger \\\"cat\\\"\")");
  prints("probability", (ph_setting[MOST_SETTINGS]){number("class", 207)}, NULL, "probability(207)");
  ph_tensor *pair = tensor_of(ph_shape_of(1, (int64_t[]){2})),
            *many = tensor_of(ph_shape_of(1, (int64_t[]){99}));
  ph_tensor_data(pair)[1] = -0.5f;
  prints("direction", layer, pair, "direction(\"mixed4a\", {0, -0.5})");
  prints("direction", layer, many, "direction(\"mixed4a\", {0, 0, 0, … 99 numbers})");
  ph_tensor_release(pair);
  ph_tensor_release(many);
}

static void check_life(void) {
  ph_error e;
  const ph_setting layer[MOST_SETTINGS] = {LAYER};
  ph_tensor *vector = tensor_of(ph_shape_of(1, (int64_t[]){2}));
  size_t before = ph_memory_blocks();
  long failures = 0;
  for (ph_head *head = NULL, *copy = NULL; copy == NULL; failures++) {
    ph_memory_fail_after(failures + 1);
    head = make("direction", layer, vector, &e);
    if (head != NULL && ph_head_copy(head, &copy, &e) != PH_OK) copy = NULL;
    ph_memory_fail_after(0);
    ph_head_free(head);
    if (copy != NULL) {
      ph_head_free(copy);
      break;
    }
  }
  ok(failures == 4, "making and copying a head allocates four times, each of which may fail");
  ok(ph_memory_blocks() == before, "nothing leaks");
  ph_tensor_release(vector);
}

int main(void) {
  check_blur();
  check_constants();
  check_values();
  check_coordinates();
  check_messages();
  check_printing();
  check_life();
  return tap_done();
}
