/* SPDX-License-Identifier: MIT */
/* Heads that compare activations with a target, and those of windows and norms: values worked out by hand,
   and the numbers that other systems' tests have. */
#include "tensor/gram.h"
#include "gradcheck.h"
#include "head_bench.h"

static ph_tensor *filled(ph_shape shape, const float *data) {
  ph_tensor *tensor = tensor_of(shape);
  memcpy(ph_tensor_data(tensor), data, (size_t)ph_tensor_count(tensor) * sizeof *data);
  return tensor;
}

/* Xplique's cases: the same, at right angles, the opposite. */
static void check_cosine(void) {
  const ph_setting layer[MOST_SETTINGS] = {LAYER}, first[MOST_SETTINGS] = {LAYER, SET("to", 0)};
  const float x[] = {1, 2, -2, 4}, square[] = {2, -1, 4, 2}, opposite[] = {-3, -6, 6, -12};
  const float pair[] = {1, 0, 0, 0, 1, 1, 1, 1};
  ph_shape shape = ph_shape4(1, 2, 1, 2);
  ph_tensor *same = filled(shape, x), *right = filled(shape, square), *other = filled(shape, opposite);
  near(value_on("cosine", layer, same, shape, x), 1, 1e-7, "cosine of the same is 1");
  near(value_on("cosine", layer, right, shape, x), 0, 1e-7, "at right angles, 0");
  near(value_on("cosine", layer, other, shape, x), -1, 1e-7, "of the opposite, -1");
  near(value_on("cosine", first, NULL, ph_shape4(2, 2, 1, 2), pair), 0.5, 1e-7,
       "of another image of the batch");
  ph_tensor_release(same);
  ph_tensor_release(right);
  ph_tensor_release(other);
}

static void check_differences(void) {
  const float x[] = {1, 2, -2, 4, 0, 0, 0, 0}, target[] = {0, 4, -2, 1};
  const ph_setting first[MOST_SETTINGS] = {LAYER, SET("batch", 0)};
  const ph_setting squares[MOST_SETTINGS] = {LAYER, CHOOSE("loss", "l2"), SET("batch", 0)};
  const ph_setting images[MOST_SETTINGS] = {LAYER, SET("to", 1)};
  ph_shape two = ph_shape4(2, 2, 1, 2);
  ph_tensor *one = filled(ph_shape4(1, 2, 1, 2), target);
  near(value_on("activation_difference", first, one, two, x), (1 + 2 + 0 + 3) / 4.0, 1e-7,
       "activation_difference: the mean absolute difference");
  near(value_on("activation_difference", squares, one, two, x), (1 + 4 + 0 + 9) / 4.0, 1e-7, "or of squares");
  near(value_on("activation_difference", images, NULL, two, x), (1 + 2 + 2 + 4) / 4.0, 1e-7,
       "or from another image");
  ph_tensor_release(one);
}

static void check_caricature(void) {
  const float x[] = {3, 4}, target[] = {2, 1}, against[] = {-2, 1};
  const ph_setting plain[MOST_SETTINGS] = {LAYER}, angle[MOST_SETTINGS] = {LAYER, SET("cosine_power", 2)};
  ph_shape shape = ph_shape4(1, 2, 1, 1);
  ph_tensor *towards = filled(shape, target), *away = filled(shape, against);
  near(value_on("caricature", plain, towards, shape, x), 10, 1e-6, "caricature: the dot product");
  near(value_on("caricature", angle, towards, shape, x), 10 * 2.0 * 2.0, 1e-4,
       "times the dot product over the length of x, squared");
  near(value_on("caricature", angle, away, shape, x), -2 * 0.01, 1e-6, "which is at least 0.1");

  /* Above that floor, where the gradient cases of random targets hardly come. */
  ph_error e;
  bench b = bench_of(make("caricature", angle, towards, &e), shape);
  memcpy(ph_tensor_data(b.activation), x, sizeof x);
  bench_fit(&b, &e);
  bench_value(&b);
  b.head->type->gradient(b.head, &b.tap, 1);
  near(gradcheck(bench_value, &b, ph_tensor_data(b.activation), 2, ph_tensor_read(b.gradient), 1e-2), 0, 1e-4,
       "and has the gradient of that");
  bench_free(&b);
  ph_tensor_release(towards);
  ph_tensor_release(away);
}

static void check_style(void) {
  /* Gram matrices over 2 positions: {{5, 4}, {4, 4}} / 2, and that of the second image {{1, 1}, {1, 1}} / 2
   */
  const float x[] = {1, 2, 0, 2, 1, 0, 1, 0};
  const ph_setting first[MOST_SETTINGS] = {LAYER, SET("batch", 0)};
  const ph_setting images[MOST_SETTINGS] = {LAYER, SET("to", 1), CHOOSE("loss", "l2")};
  ph_shape two = ph_shape4(2, 2, 1, 2);
  ph_tensor *nothing = tensor_of(ph_shape_of(2, (int64_t[]){2, 2}));
  near(value_on("style", first, nothing, two, x), (5 + 4 + 4 + 4) / 2.0 / 4, 1e-7,
       "style: the mean absolute difference of Gram matrices");
  near(value_on("style", images, NULL, two, x), (16 + 9 + 9 + 9) / 4.0 / 4, 1e-7, "squared, of two images");
  ph_tensor_release(nothing);
}

static void check_gram(void) {
  ph_error e;
  ph_tensor *gram = NULL;
  const float x[] = {1, 2, 0, 2, 1, 1}, expected[] = {5 / 3.0f, 4 / 3.0f, 4 / 3.0f, 6 / 3.0f};
  ph_tensor *activation = filled(ph_shape4(1, 2, 1, 3), x),
            *flat = tensor_of(ph_shape_of(2, (int64_t[]){2, 3}));
  ok(ph_tensor_gram(activation, &gram, &e) == PH_OK, "a tensor has a Gram matrix");
  arrays_near(ph_tensor_read(gram), expected, 4, 1e-6, "over the number of positions");
  ok(ph_tensor_gram(flat, &gram, &e) == PH_MISUSE &&
         strcmp(e.message, "gram: the activation of one image, (1, c, h, w), expected, got 2x3") == 0,
     "message: %s", e.message);
  ph_tensor_release(gram);
  ph_tensor_release(activation);
  ph_tensor_release(flat);
}

/* Rows and columns of maps that are not square. */
static void check_windows(void) {
  float x[2 * 3 * 6];
  for (int i = 0; i < 36; i++) x[i] = (float)i; /* (1, 2, 3, 6) */
  const ph_setting corner[MOST_SETTINGS] = {LAYER, SET("x", 4), SET("y", 2), SET("width", 2)};
  const ph_setting unit[MOST_SETTINGS] = {LAYER, SET("unit", 1), SET("width", 2), SET("height", 3)};
  const ph_setting place[MOST_SETTINGS] = {LAYER, SET("x", 5), SET("y", 0)}, centre[MOST_SETTINGS] = {LAYER};
  const float both[] = {1, -2};
  ph_shape shape = ph_shape4(1, 2, 3, 6);
  ph_tensor *weights = filled(ph_shape_of(1, (int64_t[]){2}), both);
  near(value_on("local_group", corner, NULL, shape, x), (16 + 17 + 34 + 35) / 4.0, 1e-6,
       "local_group: the mean of a window of all channels");
  near(value_on("local_group", unit, NULL, shape, x), (20 + 21 + 26 + 27 + 32 + 33) / 6.0, 1e-6,
       "of one channel, around the centre");
  near(value_on("local_group", centre, weights, shape, x), (9 - 2 * 27) / 2.0, 1e-6,
       "weighted, at the centre");
  near(value_on("neuron_weights", place, weights, shape, x), (5 - 2 * 23) / 2.0, 1e-6,
       "neuron_weights: the mean over channels at x, y");
  ph_tensor_release(weights);
}

static void check_norms(void) {
  const float x[] = {3, 4, 0, -5}, steps[] = {0, 1, 3, 6, 1, 1, 1, 1, 1};
  const ph_setting mean[MOST_SETTINGS] = {SET("mean", 1)}, none[MOST_SETTINGS] = {{0}};
  const ph_setting root[MOST_SETTINGS] = {SET("mean", 1), SET("epsilon", 0)};
  const ph_setting two[MOST_SETTINGS] = {SET("power", 2)}, cubes[MOST_SETTINGS] = {SET("power", 3)};
  ph_shape pair = ph_shape4(2, 1, 1, 2), one = ph_shape4(1, 1, 2, 2);
  near(value_on("l1", mean, NULL, pair, x), 12 / 4.0, 1e-7, "l1, mean");
  near(value_on("l2", root, NULL, pair, x), sqrt(50 / 4.0), 1e-6, "l2, mean");
  near(value_on("lp", two, NULL, one, x), sqrt(50), 1e-6, "lp with power 2 is the length");
  near(value_on("lp", two, NULL, pair, x), 5 + 5, 1e-6, "each image's on its own");
  near(value_on("lp", cubes, NULL, one, x), pow(27 + 64 + 125, 1 / 3.0), 1e-6, "lp with power 3");
  near(value_on("l_infinity", none, NULL, pair, x), 4 + 5, 0, "l_infinity: the largest distance");
  near(value_on("total_variation", two, NULL, ph_shape4(1, 1, 3, 3), steps), (1 + 4 + 25) + (36 + 4 + 25),
       1e-6, "total variation, squared");
}

int main(void) {
  check_cosine();
  check_differences();
  check_caricature();
  check_style();
  check_gram();
  check_windows();
  check_norms();
  return tap_done();
}
