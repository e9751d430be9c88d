/* SPDX-License-Identifier: MIT */
/* copies: several views of each image in one step: order, draws, sums, sizes, memory. */
#include "base/memory.h"
#include "transform_making.h"

static ph_pipeline *copies_then(int copies, ph_transform *after) {
  ph_transform *list[] = {transform_of("copies", number("count", copies), none), after};
  return pipeline_of(after != NULL ? 2 : 1, list);
}

/* All first copies, then all second ones; each copy has its own draw, shared by the images. */
static void test_order(void) {
  ph_random random = ph_random_stream(1, "test");
  ph_tensor *images = counting(2, 20), *result;
  must(ph_tensor_resize(images, ph_shape4(2, 1, 1, 20), &error));
  ph_pipeline *pipeline = copies_then(3, NULL);
  must(ph_pipeline_forward(pipeline, images, &random, &result, &error));
  int same = ph_shape_equal(ph_tensor_shape(result), ph_shape4(6, 1, 1, 20));
  for (int k = 0; same && k < 3; k++)
    same &= memcmp(ph_tensor_read(result) + 40 * k, ph_tensor_read(images), 40 * sizeof(float)) == 0;
  ok(same, "copies: the batch three times over");
  ph_tensor_scale(images, 2);
  must(ph_pipeline_forward(pipeline, images, &random, &result, &error));
  ok(ph_tensor_read(result)[40] == 2, "copies: follow the images");
  ph_pipeline_free(pipeline);

  pipeline = copies_then(8, transform_of("jitter", number("distance", 10), text("mode", "roll")));
  must(ph_pipeline_forward(pipeline, images, &random, &result, &error));
  const float *view = ph_tensor_read(result);
  int shared = 1, different = 0;
  for (int k = 0; k < 8; k++, view += 40) {
    for (int x = 0; x < 20; x++) shared &= view[20 + x] - view[x] == 40;
    different += view[0] != ph_tensor_read(result)[0];
  }
  ok(shared, "copies: the images of a copy share its draw");
  ok(different >= 5, "copies: copies have draws of their own");
  ph_pipeline_free(pipeline);
  ph_tensor_release(images);
}

/* What stands before copies is drawn once. */
static void test_before(void) {
  ph_random random = ph_random_stream(2, "test");
  ph_transform *list[] = {transform_of("jitter", number("distance", 6), none),
                          transform_of("copies", number("count", 4), none)};
  ph_pipeline *pipeline = pipeline_of(2, list);
  ph_tensor *images = noise(ph_shape4(1, 3, 12, 13), &random), *result;
  must(ph_pipeline_forward(pipeline, images, &random, &result, &error));
  int64_t one = ph_tensor_count(result) / 4;
  int same = 1;
  for (int k = 1; k < 4; k++)
    same &=
        memcmp(ph_tensor_read(result), ph_tensor_read(result) + k * one, (size_t)one * sizeof(float)) == 0;
  ok(same, "copies: what stands before is drawn once");
  ph_pipeline_free(pipeline);
  ph_tensor_release(images);
}

/* The copies' gradients are summed, each through its own draw. */
static void test_sum(void) {
  ph_random random = ph_random_stream(3, "test");
  ph_pipeline *pipeline = copies_then(5, NULL);
  ph_tensor *images = tensor(ph_shape4(2, 1, 1, 2), NULL), *result, *back;
  must(ph_pipeline_forward(pipeline, images, &random, &result, &error));
  ph_tensor *gradient = tensor(ph_tensor_shape(result), NULL);
  for (int i = 0; i < 20; i++) ph_tensor_data(gradient)[i] = (float)i;
  must(ph_pipeline_backward(pipeline, gradient, &back, &error));
  /* 0 + 4 + 8 + 12 + 16 and so on. */
  arrays_near(ph_tensor_read(back), (float[]){40, 45, 50, 55}, 4, 0, "copies: gradients are summed");
  ok(ph_shape_equal(ph_tensor_shape(back), ph_shape4(2, 1, 1, 2)), "copies: to the images' shape");
  ok(ph_pipeline_backward(pipeline, back, &result, &error) == PH_MISUSE, "refused: %s", error.message);
  ph_pipeline_free(pipeline);
  ph_tensor_release(images);
  ph_tensor_release(gradient);
}

static void test_sizes(void) {
  ph_random random = ph_random_stream(4, "test");
  ph_tensor *images = tensor(ph_shape4(1, 3, 40, 40), NULL), *result;
  ph_pipeline *pipeline = copies_then(16, transform_of("random_scale", scales(2, 1, 0.5), none));
  ph_status status = ph_pipeline_forward(pipeline, images, &random, &result, &error);
  ok(status == PH_MISUSE && strstr(error.message, "copies(16): a copy of ") == error.message &&
         strstr(error.message, "crop_or_pad"),
     "refused: %s", error.message);
  status = ph_pipeline_backward(pipeline, images, &result, &error);
  ok(status == PH_MISUSE, "and after it: %s", error.message);
  ph_pipeline_free(pipeline);

  ph_transform *list[] = {transform_of("copies", number("count", 3), none),
                          transform_of("random_scale", scales(9, 0.6, 0.1), none),
                          transform_of("crop_or_pad", number("size", 32), none)};
  pipeline = pipeline_of(3, list);
  must(ph_pipeline_forward(pipeline, images, &random, &result, &error));
  ok(ph_shape_equal(ph_tensor_shape(result), ph_shape4(3, 3, 32, 32)),
     "copies: of different sizes on the way");
  ph_pipeline_free(pipeline);
  ph_tensor_release(images);

  ph_transform *twice[] = {transform_of("copies", number("count", 3), none),
                           transform_of("copies", number("count", 2), none)};
  status = ph_pipeline_new(twice, 2, &pipeline, &error);
  ok(status == PH_MISUSE, "refused: %s", error.message);
  for (int i = 0; i < 2; i++) ph_transform_release(twice[i]);
}

/* ---- memory ---- */

static ph_status everything(ph_tensor *images, ph_transform *const list[4]) {
  ph_status status;
  ph_pipeline *pipeline = NULL;
  ph_random random = ph_random_stream(5, "test");
  ph_tensor *lent;
  PH_TRY(ph_pipeline_new(list, 4, &pipeline, &error));
  for (int i = 0; i < 3; i++) {
    PH_TRY(ph_pipeline_forward(pipeline, images, &random, &lent, &error));
    PH_TRY(ph_pipeline_backward(pipeline, lent, &lent, &error));
  }
done:
  ph_pipeline_free(pipeline);
  return status;
}

static void test_memory(void) {
  ph_tensor *images = tensor(ph_shape4(1, 3, 20, 20), NULL), *lent;
  ph_transform *list[] = {transform_of("jitter", number("distance", 4), none),
                          transform_of("copies", number("count", 4), none),
                          transform_of("random_resized_crop", number("size", 16), none),
                          transform_of("random_rotate", degrees(10, 5), none)};
  size_t blocks = ph_memory_blocks();
  ph_status status = PH_NO_MEMORY;
  int leaks = 0;
  long n = 0;
  while (status == PH_NO_MEMORY && ++n < 1000) {
    ph_memory_fail_after(n);
    status = everything(images, list);
    ph_memory_fail_after(0);
    leaks += ph_memory_blocks() != blocks;
  }
  ok(status == PH_OK && n > 30 && leaks == 0, "each of %ld allocations may fail without a leak", n - 1);

  ph_random random = ph_random_stream(6, "test");
  ph_pipeline *pipeline;
  must(ph_pipeline_new(list, 4, &pipeline, &error));
  uint64_t before = 0;
  for (int i = 0; i < 20; i++) {
    if (i == 10) before = ph_memory_allocated();
    must(ph_pipeline_forward(pipeline, images, &random, &lent, &error));
    must(ph_pipeline_backward(pipeline, lent, &lent, &error));
  }
  ok(ph_memory_allocated() == before, "a steady state allocates nothing");
  ph_pipeline_free(pipeline);
  for (int i = 0; i < 4; i++) ph_transform_release(list[i]);
  ph_tensor_release(images);
  ok(ph_memory_blocks() == 0, "nothing is left allocated");
}

int main(void) {
  test_order();
  test_before();
  test_sum();
  test_sizes();
  test_memory();
  return tap_done();
}
