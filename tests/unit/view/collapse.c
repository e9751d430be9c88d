/* SPDX-License-Identifier: MIT */
/* collapse: opacity over a random background. Not a linear map, so what pipeline.c tests of the others is not
   enough here. */
#include "base/memory.h"
#include "gradcheck.h"
#include "transform_making.h"

enum { H = 5, W = 6, PLANE = H * W };

static ph_pipeline *collapse(double deviation) {
  return single("collapse", number("deviation", deviation), none);
}

static ph_tensor *pictures(int64_t n) {
  ph_random random = ph_random_stream(3, "pictures");
  ph_tensor *images = tensor(ph_shape4(n, 4, H, W), NULL);
  ph_random_fill_uniform(&random, images, 0, 1);
  return images;
}

static void test_by_hand(void) {
  ph_pipeline *pipeline = collapse(0);
  ph_random random = ph_random_stream(1, "transforms");
  ph_tensor *images = pictures(2), *result;
  float expected[2 * 3 * PLANE];
  for (int i = 0; i < 2 * 3 * PLANE; i++) {
    const int n = i / (3 * PLANE), k = i / PLANE % 3, at = i % PLANE;
    const float *image = ph_tensor_read(images) + n * 4 * PLANE;
    const float opacity = image[3 * PLANE + at];
    expected[i] = opacity * image[k * PLANE + at] + (1 - opacity) * 0.5f;
  }
  must(ph_pipeline_forward(pipeline, images, &random, &result, &error));
  ok(ph_shape_equal(ph_tensor_shape(result), ph_shape4(2, 3, H, W)), "three channels are left");
  arrays_near(ph_tensor_read(result), expected, 2 * 3 * PLANE, 1e-6, "without deviation, over grey");
  ph_tensor_release(images);
  ph_pipeline_free(pipeline);
}

/* Where all is clear the background is seen. */
static void test_background(void) {
  ph_pipeline *pipeline = collapse(0.5);
  ph_random random = ph_random_stream(1, "transforms");
  ph_tensor *clear = tensor(ph_shape4(2, 4, 64, 64), NULL), *result, *first;
  must(ph_pipeline_forward(pipeline, clear, &random, &result, &error));
  must(ph_tensor_new(ph_tensor_shape(result), &first, &error));
  ph_tensor_copy(first, result);
  ph_statistics s = ph_tensor_statistics(first);
  ok(s.least > 0 && s.most < 1 && s.deviation > 0.05, "the background is an image: %.2f to %.2f", s.least,
     s.most);
  const size_t one = (size_t)ph_tensor_count(first) / 2;
  ok(memcmp(ph_tensor_read(first), ph_tensor_read(first) + one, one * 4) != 0, "another for each picture");
  must(ph_pipeline_forward(pipeline, clear, &random, &result, &error));
  ok(memcmp(ph_tensor_read(first), ph_tensor_read(result), 8 * one) != 0, "and for each step");
  random = ph_random_stream(1, "transforms");
  must(ph_pipeline_forward(pipeline, clear, &random, &result, &error));
  ok(memcmp(ph_tensor_read(first), ph_tensor_read(result), 8 * one) == 0, "but the same for the same seed");
  ph_tensor_release(clear), ph_tensor_release(first);
  ph_pipeline_free(pipeline);
}

/* One colour, uniform noise, and no background at all. */
static void test_other_backgrounds(void) {
  ph_random random = ph_random_stream(1, "transforms");
  ph_tensor *images = pictures(2), *result;
  const float *image = ph_tensor_read(images);
  float expected[2 * 3 * PLANE];
  ph_pipeline *pipeline = single("collapse", (ph_setting){"colour", 3, {1, 0.5, 0.25}, NULL}, none);
  for (int i = 0; i < 2 * 3 * PLANE; i++) {
    const float *own = image + i / (3 * PLANE) * 4 * PLANE, opacity = own[3 * PLANE + i % PLANE];
    const float behind = (const float[]){1, 0.5F, 0.25F}[i / PLANE % 3];
    expected[i] = opacity * own[i % (3 * PLANE)] + (1 - opacity) * behind;
  }
  must(ph_pipeline_forward(pipeline, images, &random, &result, &error));
  arrays_near(ph_tensor_read(result), expected, 2 * 3 * PLANE, 1e-6, "over one colour");
  ph_pipeline_free(pipeline);

  pipeline = single("collapse", text("background", "none"), none);
  for (int i = 0; i < 2 * 3 * PLANE; i++) expected[i] = image[i / (3 * PLANE) * 4 * PLANE + i % (3 * PLANE)];
  must(ph_pipeline_forward(pipeline, images, &random, &result, &error));
  arrays_near(ph_tensor_read(result), expected, 2 * 3 * PLANE, 0, "over nothing: colours as they are");
  must(ph_pipeline_backward(pipeline, result, &result, &error));
  ok(ph_tensor_read(result)[0] == expected[0] && ph_tensor_read(result)[3 * PLANE] == 0,
     "and opacity has no gradient");
  ph_pipeline_free(pipeline);

  pipeline = single("collapse", text("background", "uniform"), none);
  ph_tensor *clear = tensor(ph_shape4(1, 4, 64, 64), NULL);
  must(ph_pipeline_forward(pipeline, clear, &random, &result, &error));
  const ph_statistics s = ph_tensor_statistics(result);
  ok(s.least >= 0 && s.least < 0.01 && s.most < 1 && s.most > 0.99, "over uniform noise");
  near(s.deviation, 1 / sqrt(12), 0.01, "which is uniform");
  ph_pipeline_free(pipeline);
  ph_tensor_release(images), ph_tensor_release(clear);
}

typedef struct run {
  ph_pipeline *pipeline;
  ph_tensor *images, *weights;
} run;

/* The result times the weights, with the same background every time. */
static double value(void *context) {
  const run *r = context;
  ph_random random = ph_random_stream(8, "transforms");
  ph_tensor *result;
  must(ph_pipeline_forward(r->pipeline, r->images, &random, &result, &error));
  return ph_tensor_dot(result, r->weights);
}

/* By itself, and among transforms before and after it. */
static void test_derivative(int surrounded) {
  ph_transform *list[] = {transform_of("pad", number("width", 1), none),
                          transform_of("collapse", number("deviation", 0.5), none),
                          transform_of("jitter", number("distance", 2), none)};
  ph_random random = ph_random_stream(5, "weights");
  run r = {.pipeline = surrounded ? pipeline_of(3, list) : collapse(0.5), .images = pictures(2)};
  for (int i = 0; !surrounded && i < 3; i++) ph_transform_release(list[i]);
  r.weights = noise(ph_shape4(2, 3, H, W), &random);
  ph_tensor *gradient;
  value(&r);
  must(ph_pipeline_backward(r.pipeline, r.weights, &gradient, &error));
  ok(ph_shape_equal(ph_tensor_shape(gradient), ph_tensor_shape(r.images)), "a gradient of four channels");
  double off = gradcheck(value, &r, ph_tensor_data(r.images), ph_tensor_count(r.images),
                         ph_tensor_read(gradient), 1e-2);
  ok(off < 1e-4, "%s: backward is the derivative (off by %.2g)", surrounded ? "between others" : "alone",
     off);
  ph_tensor_release(r.images), ph_tensor_release(r.weights);
  ph_pipeline_free(r.pipeline);
}

static void test_refusal(void) {
  ph_pipeline *pipeline = collapse(0.5);
  ph_random random = ph_random_stream(1, "transforms");
  ph_tensor *images = tensor(ph_shape4(1, 3, H, W), NULL), *result;
  ph_status status = ph_pipeline_forward(pipeline, images, &random, &result, &error);
  ok(status == PH_MISUSE && strstr(error.message, "images of 4 channels") != NULL, "refused: %s",
     error.message);
  ph_tensor_release(images);
  ph_pipeline_free(pipeline);
  pipeline = single("collapse", (ph_setting){"colour", 2, {1, 1}, NULL}, none);
  images = pictures(1);
  status = ph_pipeline_forward(pipeline, images, &random, &result, &error);
  ok(status == PH_MISUSE && strstr(error.message, "a colour of 3 numbers expected, got 2") != NULL,
     "refused: %s", error.message);
  ph_tensor_release(images);
  ph_pipeline_free(pipeline);
}

static void test_memory(void) {
  ph_random random = ph_random_stream(1, "transforms");
  ph_tensor *images = pictures(1), *result;
  const size_t blocks = ph_memory_blocks();
  ph_pipeline *pipeline = collapse(0.5);
  ph_status status = PH_NO_MEMORY;
  int failures = 0;
  for (long n = 1; status == PH_NO_MEMORY && n < 50; n++) {
    ph_memory_fail_after(n);
    status = ph_pipeline_forward(pipeline, images, &random, &result, &error);
    ph_memory_fail_after(0);
    failures += status == PH_NO_MEMORY;
  }
  ok(status == PH_OK && failures >= 5, "each of %d allocations may fail", failures);
  ph_memory_fail_after(1);
  status = ph_pipeline_forward(pipeline, images, &random, &result, &error);
  ph_memory_fail_after(0);
  ok(status == PH_OK, "a second step allocates nothing");
  ph_pipeline_free(pipeline);
  ok(ph_memory_blocks() == blocks, "nothing is left behind");
  ph_tensor_release(images);
}

int main(void) {
  test_by_hand();
  test_background();
  test_other_backgrounds();
  test_derivative(0);
  test_derivative(1);
  test_refusal();
  test_memory();
  return tap_done();
}
