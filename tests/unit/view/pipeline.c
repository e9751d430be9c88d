/* SPDX-License-Identifier: MIT */
/* Pipelines: what is drawn and how often, the adjoint of everything, memory. */
#include "base/memory.h"
#include "base/threads.h"
#include "transform_making.h"

/* ---- randomness ---- */

/* jitter's result is one of the crops; all offsets 0 … distance turn up in both directions, and no others. */
static void test_jitter_crops(void) {
  ph_random random = ph_random_stream(3, "test");
  ph_pipeline *pipeline = single("jitter", number("distance", 2), none);
  ph_tensor *images = counting(7, 6), *result;
  int seen[3][3] = {0}, crops = 1;
  for (int i = 0; i < 300; i++) {
    must(ph_pipeline_forward(pipeline, images, &random, &result, &error));
    const float *data = ph_tensor_read(result);
    int first = (int)data[0] - 1, dy = first / 6, dx = first % 6;
    crops &= dy <= 2 && dx <= 2 && ph_shape_equal(ph_tensor_shape(result), ph_shape4(1, 1, 5, 4));
    if (!crops) break;
    seen[dy][dx] = 1;
    for (int p = 0; p < 20; p++) crops &= (int)data[p] == 1 + (dy + p / 4) * 6 + dx + p % 4;
  }
  ok(crops, "jitter: every result is a crop at offsets 0..2");
  int places = 0;
  for (int i = 0; i < 9; i++) places += seen[i / 3][i % 3];
  ok(places == 9, "jitter: all 9 places occur");
  ph_pipeline_free(pipeline);

  /* Rolled by -7 … 7: a permutation that keeps neighbours, with wrap-around. */
  pipeline = single("jitter", number("distance", 7), text("mode", "roll"));
  int rolled = 1;
  for (int i = 0; i < 100; i++) {
    must(ph_pipeline_forward(pipeline, images, &random, &result, &error));
    const float *data = ph_tensor_read(result);
    int first = (int)data[0] - 1, dy = first / 6, dx = first % 6;
    for (int p = 0; p < 42; p++) rolled &= (int)data[p] == 1 + (dy + p / 6) % 7 * 6 + (dx + p % 6) % 6;
  }
  ok(rolled, "jitter: roll wraps around");
  ph_pipeline_free(pipeline);
  ph_tensor_release(images);
}

static void test_random_pad_and_crop(void) {
  ph_random random = ph_random_stream(4, "test");
  ph_pipeline *pipeline = single("pad", number("width", 1), text("mode", "random"));
  ph_tensor *images = counting(1, 1), *result;
  float previous = -1;
  int fine = 1;
  for (int i = 0; i < 20; i++) {
    must(ph_pipeline_forward(pipeline, images, &random, &result, &error));
    const float *data = ph_tensor_read(result);
    fine &= data[0] >= 0 && data[0] < 1 && data[0] == data[8] && data[4] == 1 && data[0] != previous;
    previous = data[0];
  }
  ok(fine, "pad: one random grey in 0..1 a draw");
  ph_pipeline_free(pipeline);
  ph_tensor_release(images);

  pipeline = single("random_crop", pair("size", 2, 3), none);
  images = counting(3, 3);
  int rows = 0;
  for (int i = 0; i < 50; i++) {
    must(ph_pipeline_forward(pipeline, images, &random, &result, &error));
    float first = ph_tensor_read(result)[0];
    rows |= first == 1 ? 1 : first == 4 ? 2 : 4;
  }
  ok(rows == 3, "random_crop: both places occur, and no other");
  ph_pipeline_free(pipeline);
  ph_tensor_release(images);
}

/* Lucid's 128 pixels become 11 sizes, truncated in float32; then 4 less. */
static void test_lucid_sizes(void) {
  static const int sizes[11] = {129, 132, 135, 138, 141, 144, 146, 149, 152, 155, 158};
  ph_random random = ph_random_stream(5, "test");
  ph_pipeline *pipeline = lucid();
  ph_tensor *images = tensor(ph_shape4(1, 1, 128, 128), NULL), *result;
  int seen[11] = {0}, strange = 0, found = 0;
  for (int i = 0; i < 200; i++) {
    must(ph_pipeline_forward(pipeline, images, &random, &result, &error));
    ph_shape shape = ph_tensor_shape(result);
    int k = 0;
    while (k < 11 && sizes[k] - 4 != shape.dim[2]) k++;
    if (k == 11 || shape.dim[3] != shape.dim[2])
      strange++;
    else
      seen[k] = 1;
  }
  for (int k = 0; k < 11; k++) found += seen[k];
  ok(found == 11 && strange == 0, "lucid: 128 pixels become exactly the 11 sizes 125..154");
  ph_pipeline_free(pipeline);
  ph_tensor_release(images);
}

/* The list of 26 angles holds 0 six times. */
static void test_chance_of_zero(void) {
  enum { DRAWS = 26000 };
  ph_random random = ph_random_stream(6, "test");
  ph_pipeline *pipeline = single("random_rotate", degrees(10, 5), none);
  /* In the strip's left end any angle but 0 reads outside, or another row. */
  ph_tensor *images = counting(1, 201), *result;
  int zeros = 0;
  for (int i = 0; i < DRAWS; i++) {
    must(ph_pipeline_forward(pipeline, images, &random, &result, &error));
    zeros += ph_tensor_read(result)[0] == 1;
  }
  near((double)zeros / DRAWS, 6.0 / 26, 0.01, "lucid: 0 degrees in 6 of 26 draws");
  ph_pipeline_free(pipeline);
  ph_tensor_release(images);
}

static void test_draws(void) {
  ph_random random = ph_random_stream(7, "test"), first = ph_random_stream(8, "transforms"), second = first;
  ph_pipeline *a = lucid(), *b = lucid();
  ph_tensor *images = noise(ph_shape4(3, 3, 40, 33), &random), *x, *y;
  int64_t one_image = ph_tensor_count(images) / 3;
  memcpy(ph_tensor_data(images) + one_image, ph_tensor_read(images), (size_t)one_image * sizeof(float));
  int same = 1, shared = 1, changed = 0;
  double previous = 0;
  for (int i = 0; i < 20; i++) {
    must(ph_pipeline_forward(a, images, &first, &x, &error));
    must(ph_pipeline_forward(b, images, &second, &y, &error));
    int64_t count = ph_tensor_count(x), one = count / 3;
    same &= count == ph_tensor_count(y) &&
            memcmp(ph_tensor_read(x), ph_tensor_read(y), (size_t)count * sizeof(float)) == 0;
    shared &= memcmp(ph_tensor_read(x), ph_tensor_read(x) + one, (size_t)one * sizeof(float)) == 0;
    changed += ph_tensor_sum(x) != previous;
    previous = ph_tensor_sum(x);
  }
  ok(same, "draws: equal seeds give equal bits");
  ok(shared, "draws: all images of a batch get the same");
  ok(changed == 20, "draws: every step has its own");
  ph_pipeline_free(a);
  ph_pipeline_free(b);
  ph_tensor_release(images);
}

/* The bits of views and gradients, summed up, by a number of threads. */
static double run_with(int threads, ph_pipeline *pipeline, ph_tensor *images, int steps) {
  ph_random random = ph_random_stream(10, "transforms");
  double sum = 0;
  ph_set_team_size(threads);
  for (int i = 0; i < steps; i++) {
    ph_tensor *view, *back;
    must(ph_pipeline_forward(pipeline, images, &random, &view, &error));
    sum += ph_tensor_dot(view, view);
    must(ph_pipeline_backward(pipeline, view, &back, &error));
    sum += ph_tensor_dot(back, back);
  }
  return sum;
}

static void test_threads(void) {
  ph_random random = ph_random_stream(7, "threads");
  ph_tensor *images = noise(ph_shape4(1, 3, 131, 117), &random);
  ph_pipeline *pipeline = lucid();
  double one = run_with(1, pipeline, images, 20), two = run_with(2, pipeline, images, 20),
         five = run_with(5, pipeline, images, 20);
  ok(one == two && one == five, "threads: their number does not show in the result");
  ph_pipeline_free(pipeline);
  ph_tensor_release(images);
}

/* ---- the adjoint ---- */

/* Types whose adjoints were looked at, each between blanks. */
static char looked_at[2000] = " ";

static void note_types(const ph_pipeline *pipeline) {
  char words[PH_TRANSFORM_TEXT];
  for (int i = 0; i < ph_pipeline_count(pipeline); i++) {
    ph_transform_print(ph_pipeline_at(pipeline, i), words);
    strncat(looked_at, words, strcspn(words, "({"));
    strcat(looked_at, " ");
  }
}

/* <Ax - A0, y> = <x, A'y>, over draws. A0 takes out the constant that padding adds. Frees the pipeline. */
static void adjoint(ph_pipeline *pipeline, int draws, const char *name) {
  static const int64_t sizes[][2] = {{31, 46}, {53, 29}, {40, 40}, {34, 1000}};
  ph_random random = ph_random_stream(9, name);
  double worst = 0;
  note_types(pipeline);
  for (int i = 0; i < draws; i++) {
    const int64_t *size = sizes[i % 4];
    ph_tensor *x = noise(ph_shape4(2, 3, size[0], size[1]), &random), *back;
    ph_tensor *zero = tensor(ph_tensor_shape(x), NULL), *lent;
    ph_random again = random;
    must(ph_pipeline_forward(pipeline, zero, &again, &lent, &error));
    ph_tensor *constant = tensor(ph_tensor_shape(lent), ph_tensor_read(lent));
    must(ph_pipeline_forward(pipeline, x, &random, &lent, &error));
    ph_tensor *linear = tensor(ph_tensor_shape(lent), ph_tensor_read(lent));
    ph_tensor_add_scaled(linear, -1, constant);
    ph_tensor *y = noise(ph_tensor_shape(linear), &random);
    must(ph_pipeline_backward(pipeline, y, &back, &error));
    double left = ph_tensor_dot(linear, y), right = ph_tensor_dot(x, back);
    double scale = sqrt(ph_tensor_dot(linear, linear) * ph_tensor_dot(y, y));
    worst = fmax(worst, fabs(left - right) / scale);
    if (!ph_shape_equal(ph_tensor_shape(back), ph_tensor_shape(x))) worst = 1;
    ph_tensor *all[] = {x, zero, constant, linear, y};
    for (int t = 0; t < 5; t++) ph_tensor_release(all[t]);
  }
  near(worst, 0, 1e-6, name);
  ph_pipeline_free(pipeline);
}

static ph_pipeline *affine(const char *edge, const char *method) {
  ph_transform *transform;
  ph_setting settings[] = {degrees(40, 0),
                           {"scale", 2, {0.4, 1.7}, NULL},
                           {"shear", 2, {-30, 20}, NULL},
                           {"shift", 2, {-0.3, 0.3}, NULL},
                           text("draw", "range"),
                           text("edge", edge),
                           text("method", method)};
  must(ph_transform_new("random_affine", settings, 7, &transform, &error));
  return pipeline_of(1, &transform);
}

/* Some value of a transform's first setting. */
static ph_setting first_setting(const ph_field *first) {
  double value = fmin(fmax(first->least, 3), first->most);
  return first->kind == PH_PAIR ? pair(first->key, 20, 17) : number(first->key, value);
}

/* Types that no pipeline so far has had. A collapse is no linear map, and a normalised gradient no adjoint:
   collapse.c and drawn.c have their derivatives. */
static void test_other_adjoints(void) {
  for (int i = 0; ph_transform_type_at(i) != NULL; i++) {
    char word[80], name[80];
    const ph_transform_type *type = ph_transform_type_at(i);
    snprintf(word, sizeof word, " %s ", type->name);
    if (strstr(looked_at, word) != NULL || strcmp(type->name, "collapse") == 0 ||
        strcmp(type->name, "normalise_gradient") == 0)
      continue;
    snprintf(name, sizeof name, "adjoint: %s", type->name);
    adjoint(single(type->name, first_setting(type->fields), none), 12, name);
  }
}

static void test_adjoints(void) {
  ph_setting width = number("width", 5), distance = number("distance", 6), factors = scales(9, 0.6, 0.13);
  adjoint(single("pad", width, none), 6, "adjoint: pad, constant");
  static const char *const modes[] = {"reflect", "symmetric", "edge", "wrap"};
  for (int i = 0; i < 4; i++) {
    char name[80];
    snprintf(name, sizeof name, "adjoint: pad, %s", modes[i]);
    adjoint(single("pad", number("width", 70), text("mode", modes[i])), 6, name);
    snprintf(name, sizeof name, "adjoint: random_rotate, %s", modes[i]);
    adjoint(single("random_rotate", degrees(60, 0), text("edge", modes[i])), 12, name);
    snprintf(name, sizeof name, "adjoint: random_affine, %s", modes[i]);
    adjoint(affine(modes[i], "bilinear"), 20, name);
  }
  adjoint(affine("black", "bilinear"), 20, "adjoint: random_affine, black");
  adjoint(affine("black", "nearest"), 20, "adjoint: random_affine, nearest");
  adjoint(affine("reflect", "nearest"), 20, "adjoint: random_affine, nearest, reflect");
  adjoint(single("pad", width, text("mode", "random")), 6, "adjoint: pad, random");
  adjoint(single("jitter", distance, none), 20, "adjoint: jitter, crop");
  adjoint(single("jitter", distance, text("mode", "roll")), 20, "adjoint: jitter, roll");
  adjoint(single("random_scale", factors, none), 30, "adjoint: random_scale, legacy");
  adjoint(single("random_scale", factors, text("method", "half_pixel")), 30,
          "adjoint: random_scale, half_pixel");
  adjoint(single("random_scale", factors, text("method", "corners")), 30, "adjoint: random_scale, corners");
  adjoint(single("random_scale", factors, text("method", "pytorch")), 30, "adjoint: random_scale, pytorch");
  adjoint(single("random_scale", factors, text("rounding", "up")), 30, "adjoint: random_scale, up");
  adjoint(single("resize", pair("size", 37, 23), none), 6, "adjoint: resize");
  adjoint(single("resize", pair("size", 1, 90), text("method", "corners")), 6, "adjoint: resize, corners");
  adjoint(single("random_rotate", degrees(10, 5), none), 30, "adjoint: random_rotate, lucid");
  adjoint(single("random_rotate", degrees(15, 0), text("method", "nearest")), 30,
          "adjoint: random_rotate, nearest");
  adjoint(single("random_rotate", degrees(15, 0), text("method", "bilinear")), 30,
          "adjoint: random_rotate, bilinear");
  adjoint(single("crop_border", width, none), 6, "adjoint: crop_border");
  adjoint(single("crop_or_pad", pair("size", 37, 37), none), 6, "adjoint: crop_or_pad");
  adjoint(single("random_scale", factors, text("draw", "range")), 30, "adjoint: random_scale, range");
  adjoint(single("random_resized_crop", pair("size", 23, 17), none), 40, "adjoint: random_resized_crop");
  adjoint(single("random_resized_crop", pair("size", 1, 90), number("mean", 0.9)), 20,
          "adjoint: random_resized_crop, mostly outside");
  adjoint(single("random_blur", number("deviation", 1.3), number("most", 2.5)), 6, "adjoint: random_blur");
  adjoint(single("random_blur", number("deviation", 2), number("size", 10)), 6, "adjoint: random_blur, even");
  adjoint(single("random_blur", number("deviation", 20), none), 3,
          "adjoint: random_blur, wider than the image");
  ph_transform *colours[] = {colour_jitter()};
  adjoint(pipeline_of(1, colours), 12, "adjoint: colour_jitter");
  ph_transform *copied[] = {transform_of("jitter", distance, none),
                            transform_of("copies", number("count", 5), none),
                            transform_of("random_scale", factors, none),
                            transform_of("crop_or_pad", pair("size", 31, 26), none), colour_jitter()};
  adjoint(pipeline_of(5, copied), 12, "adjoint: copies");
  adjoint(pipeline_of(0, NULL), 3, "adjoint: no transforms");
  adjoint(lucid(), 60, "adjoint: lucid");
  adjoint(distill(), 60, "adjoint: distill");
  test_other_adjoints();
}

/* ---- memory ---- */

/* Makes and runs everything; whatever fails first is returned. */
static ph_status everything(ph_tensor *images) {
  ph_status status;
  ph_transform *list[3] = {NULL};
  ph_pipeline *pipeline = NULL;
  ph_setting settings[] = {number("distance", 4), scales(2, 0.9, 0.2), degrees(10, 5)};
  static const char *const types[] = {"jitter", "random_scale", "random_rotate"};
  ph_random random = ph_random_stream(11, "test");
  ph_tensor *lent;
  for (int i = 0; i < 3; i++) PH_TRY(ph_transform_new(types[i], &settings[i], 1, &list[i], &error));
  PH_TRY(ph_pipeline_new(list, 3, &pipeline, &error));
  for (int i = 0; i < 4; i++) {
    PH_TRY(ph_pipeline_forward(pipeline, images, &random, &lent, &error));
    PH_TRY(ph_pipeline_backward(pipeline, lent, &lent, &error));
  }
done:
  ph_pipeline_free(pipeline);
  for (int i = 0; i < 3; i++) ph_transform_release(list[i]);
  return status;
}

static void test_memory(void) {
  ph_tensor *images = tensor(ph_shape4(1, 3, 20, 20), NULL);
  size_t blocks = ph_memory_blocks();
  int leaks = 0, others = 0;
  ph_status status = PH_NO_MEMORY;
  long n = 0;
  while (status != PH_OK && ++n < 1000) {
    ph_memory_fail_after(n);
    status = everything(images);
    ph_memory_fail_after(0);
    leaks += ph_memory_blocks() != blocks;
    others += status != PH_OK && status != PH_NO_MEMORY;
  }
  ok(n > 20 && n < 1000 && others == 0, "each of %ld allocations may fail", n - 1);
  ok(leaks == 0, "and nothing leaks");

  ph_random random = ph_random_stream(12, "test");
  ph_pipeline *pipeline = lucid();
  ph_tensor *lent;
  uint64_t before = 0;
  for (int i = 0; i < 400; i++) {
    if (i == 200) before = ph_memory_allocated();
    must(ph_pipeline_forward(pipeline, images, &random, &lent, &error));
    must(ph_pipeline_backward(pipeline, lent, &lent, &error));
  }
  ok(ph_memory_allocated() == before, "a steady state allocates nothing");
  ph_pipeline_free(pipeline);
  ph_tensor_release(images);
  ok(ph_memory_blocks() == 0, "nothing is left allocated");
}

int main(void) {
  test_jitter_crops();
  test_random_pad_and_crop();
  test_lucid_sizes();
  test_chance_of_zero();
  test_draws();
  test_threads();
  test_adjoints();
  test_memory();
  return tap_done();
}
