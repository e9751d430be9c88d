/* SPDX-License-Identifier: MIT */
/* Transforms that are more than moved pixels: exact cases by hand, what they draw, what they refuse. Their
   adjoints are in pipeline.c. */
#include "transform_making.h"

static ph_random stream;

static void forward(ph_pipeline *pipeline, ph_tensor *images, ph_tensor **result) {
  must(ph_pipeline_forward(pipeline, images, &stream, result, &error));
}

static void refused(ph_pipeline *pipeline, ph_shape shape, const char *message) {
  ph_tensor *images = tensor(shape, NULL), *result;
  ph_status status = ph_pipeline_forward(pipeline, images, &stream, &result, &error);
  if (!ok(status == PH_MISUSE && strcmp(error.message, message) == 0, "refused: %s", message))
    printf("# got %d, %s\n", (int)status, error.message);
  ph_tensor_release(images);
  ph_pipeline_free(pipeline);
}

/* ---- blur ---- */

/* One bright pixel shows the kernel: exp(-x^2 / 2) at -1, 0, 1 over their sum, down and across. */
static void test_blur(void) {
  ph_pipeline *pipeline = single("random_blur", number("deviation", 1), number("size", 3));
  ph_tensor *images = tensor(ph_shape4(1, 1, 5, 5), NULL), *result;
  ph_tensor_data(images)[12] = 1;
  float expected[25] = {0};
  const double side = exp(-0.5) / (1 + 2 * exp(-0.5)), middle = 1 / (1 + 2 * exp(-0.5));
  for (int y = 1; y < 4; y++)
    for (int x = 1; x < 4; x++)
      expected[5 * y + x] = (float)((y == 2 ? middle : side) * (x == 2 ? middle : side));
  forward(pipeline, images, &result);
  arrays_near(ph_tensor_read(result), expected, 25, 1e-6, "random_blur: the kernel");
  ph_tensor_fill(images, 0);
  ph_tensor_data(images)[0] = 1;
  forward(pipeline, images, &result);
  near((double)ph_tensor_sum(result), (middle + side) * (middle + side), 1e-6,
       "random_blur: what leaves is lost");
  ph_pipeline_free(pipeline);

  /* TensorFlow's SAME padding of four taps: one before, two after. */
  pipeline = single("random_blur", number("deviation", 1), number("size", 4));
  ph_tensor_fill(images, 0);
  ph_tensor_data(images)[12] = 1;
  forward(pipeline, images, &result);
  const float *data = ph_tensor_read(result);
  ok(data[0] > 0 && data[18] > 0 && data[24] == 0 && data[4] == 0,
     "random_blur: an even kernel is read down and right");
  const double far = exp(-0.5 * 2.25), close = exp(-0.5 * 0.25);
  near((double)data[0], far * far / (4 * (far + close) * (far + close)), 1e-6,
       "random_blur: an even kernel's corner");
  ph_pipeline_free(pipeline);
  ph_tensor_release(images);

  /* Wider than a tile, so that tiles must meet without a seam. */
  pipeline = single("random_blur", number("deviation", 3), none);
  images = tensor(ph_shape4(1, 1, 40, 600), NULL);
  ph_tensor_fill(images, 1);
  forward(pipeline, images, &result);
  data = ph_tensor_read(result) + 20 * 600;
  int flat = 1;
  for (int x = 9; x < 591; x++) flat &= fabsf(data[x] - 1) < 1e-5F;
  ok(flat, "random_blur: grey stays grey away from the edges");
  ok(data[0] > 0.5F && data[0] < 0.6F && fabsf(data[0] - data[599]) < 1e-6F,
     "random_blur: both edges darken alike");
  ph_pipeline_free(pipeline);
  ph_tensor_release(images);
}

static void test_blur_range(void) {
  ph_pipeline *pipeline = single("random_blur", number("deviation", 0.5), number("most", 2));
  ph_tensor *images = tensor(ph_shape4(1, 1, 15, 15), NULL), *result;
  double least = 1, most = 0;
  ph_tensor_data(images)[112] = 1;
  for (int i = 0; i < 200; i++) {
    forward(pipeline, images, &result);
    double peak = (double)ph_tensor_read(result)[112];
    least = fmin(least, peak), most = fmax(most, peak);
  }
  /* The peak is one over the square of the kernel's sum before it is divided by it. */
  ok(least < 0.05 && most > 0.5 && most < 0.63 && least > 0.039, "random_blur: deviations fill their range");
  ph_pipeline_free(pipeline);
  ph_tensor_release(images);
  refused(single("random_blur", number("deviation", 2), number("most", 1)), ph_shape4(1, 1, 4, 4),
          "random_blur(2, {most=1}): the most, 1, is less than the deviation, 2");
}

/* ---- noise ---- */

static void test_noise(void) {
  ph_pipeline *pipeline = single("noise", number("amount", 0.3), none);
  ph_tensor *images = tensor(ph_shape4(2, 3, 60, 61), NULL), *result;
  ph_tensor_fill(images, 0.5F);
  int64_t image = ph_tensor_count(images) / 2;
  forward(pipeline, images, &result);
  ph_statistics s = ph_tensor_statistics(result);
  near(s.mean, 0.5, 0.01, "noise: normal, mean");
  near(s.deviation, 0.3, 0.01, "noise: normal, deviation");
  const float *data = ph_tensor_read(result);
  ok(memcmp(data, data + image, (size_t)image * sizeof(float)) != 0, "noise: images have their own");
  float before = data[0];
  forward(pipeline, images, &result);
  ok(ph_tensor_read(result)[0] != before, "noise: steps have their own");
  ph_pipeline_free(pipeline);

  pipeline = single("noise", number("amount", 0.2), text("distribution", "uniform"));
  forward(pipeline, images, &result);
  s = ph_tensor_statistics(result);
  ok(s.least >= 0.3 - 1e-6 && s.least < 0.301 && s.most <= 0.7 + 1e-6 && s.most > 0.699,
     "noise: uniform, range");
  near(s.deviation, 0.2 / sqrt(3), 0.005, "noise: uniform, deviation");
  ph_pipeline_free(pipeline);
  ph_tensor_release(images);
}

/* ---- colours ---- */

/* What one setting of colour_jitter does to a grey and a red pixel, over draws. */
static void test_colours(void) {
  const float values[] = {0.5F, 1, 0.5F, 0, 0.5F, 0}; /* grey, red */
  ph_tensor *images = tensor(ph_shape4(1, 3, 1, 2), values), *result;
  static const char *const keys[] = {"brightness", "contrast", "saturation", "scale", "shift"};
  for (int k = 0; k < 5; k++) {
    ph_pipeline *pipeline = single("colour_jitter", number(keys[k], 0.4), none);
    double least = 9, most = -9, alike = 0, fits = 0;
    for (int i = 0; i < 500; i++) {
      forward(pipeline, images, &result);
      const float *d = ph_tensor_read(result);
      least = fmin(least, (double)d[1]), most = fmax(most, (double)d[1]);
      alike += fabsf(d[0] - d[2]) < 1e-6F && fabsf(d[2] - d[4]) < 1e-6F;
      double grey = (double)d[0], red = (double)d[1], green = (double)d[3];
      double c = 2 * (red - 0.5);       /* contrast's factor */
      double s = (red - 0.299) / 0.701; /* saturation's */
      if (k == 0) fits += fabs(red - 2 * grey) < 1e-6 && green == 0;
      if (k == 1) fits += fabs(grey - 0.5) < 1e-6 && fabs(green - (0.5 - 0.5 * c)) < 1e-6;
      if (k == 2) fits += fabs(grey - 0.5) < 1e-6 && fabs(green - 0.299 * (1 - s)) < 1e-6;
      if (k == 3) fits += fabs(red - 2 * grey) < 1e-6 && green == 0;
      if (k == 4) fits += fabs(red - grey - 0.5) < 1e-6 && fabs(green - (double)d[2] + 0.5) < 1e-6;
    }
    const double reach[] = {0.4, 0.2, 0.4 * 0.701, 0.4, 0.4};
    ok(fits == 500, "colour_jitter: %s does what it says", keys[k]);
    ok(k < 3 ? alike == 500 : alike == 0, "colour_jitter: %s treats channels %s", keys[k],
       k < 3 ? "alike" : "each for itself");
    near(least, 1 - reach[k], 0.02, "colour_jitter: down to");
    near(most, 1 + reach[k], 0.02, "colour_jitter: up to");
    ph_pipeline_free(pipeline);
  }
  ph_tensor_release(images);
  refused(single("colour_jitter", number("brightness", 0.1), none), ph_shape4(1, 1, 4, 4),
          "colour_jitter(0.1): images of 3 channels expected, got 1");
}

/* ---- boxes ---- */

/* A box of all the image, always at its centre, is a resize with corners aligned. */
static void test_boxes(void) {
  ph_transform *transform;
  ph_setting settings[] = {pair("size", 3, 5), number("least", 1), number("most", 1), number("centre", 0)};
  must(ph_transform_new("random_resized_crop", settings, 4, &transform, &error));
  ph_pipeline *pipeline = pipeline_of(1, &transform);
  ph_tensor *images = counting(2, 3), *result;
  forward(pipeline, images, &result);
  arrays_near(ph_tensor_read(result),
              (float[]){1, 1.5F, 2, 2.5F, 3, 2.5F, 3, 3.5F, 4, 4.5F, 4, 4.5F, 5, 5.5F, 6}, 15, 1e-6,
              "random_resized_crop: the whole image, corner to corner");
  ph_pipeline_free(pipeline);
  ph_tensor_release(images);

  /* On a ramp a view shows where it was taken: its first and last pixels are the box's sides. */
  ph_setting spread[] = {pair("size", 2, 2), number("least", 0.2), number("most", 0.6),
                         number("centre", 0.01)};
  must(ph_transform_new("random_resized_crop", spread, 4, &transform, &error));
  pipeline = pipeline_of(1, &transform);
  images = tensor(ph_shape4(1, 1, 101, 101), NULL);
  for (int i = 0; i < 101 * 101; i++) ph_tensor_data(images)[i] = (float)(i % 101);
  double least = 1, most = 0, square = 1, middle = 0;
  for (int i = 0; i < 300; i++) {
    forward(pipeline, images, &result);
    const float *d = ph_tensor_read(result);
    double share = (double)(d[1] - d[0]) / 100;
    least = fmin(least, share), most = fmax(most, share), middle += (double)(d[0] + d[1]) / 200 / 300;
    square = square && fabsf(d[0] - d[2]) < 1e-4F;
  }
  ok(least > 0.2 - 1e-4 && least < 0.21 && most < 0.6 + 1e-4 && most > 0.59,
     "random_resized_crop: uniform shares");
  near(middle, 0.5, 0.005, "random_resized_crop: about the centre");
  ok((int)square, "random_resized_crop: upright");
  ph_pipeline_free(pipeline);

  /* MaCo's last step: shares normal about 0.05, cut there. */
  ph_setting maco[] = {number("size", 2), number("mean", 0.05), number("centre", 0)};
  must(ph_transform_new("random_resized_crop", maco, 3, &transform, &error));
  pipeline = pipeline_of(1, &transform);
  int cut = 0, few = 1;
  for (int i = 0; i < 400; i++) {
    forward(pipeline, images, &result);
    double share = (double)(ph_tensor_read(result)[1] - ph_tensor_read(result)[0]) / 100;
    cut += fabs(share - 0.05) < 1e-4;
    few &= share > 0.05 - 1e-4 && share < 0.3;
  }
  ok(few && cut > 150 && cut < 250, "random_resized_crop: normal shares, half of them cut");
  ph_pipeline_free(pipeline);
  ph_tensor_release(images);
  refused(single("random_resized_crop", number("size", 4), number("most", 0.01)), ph_shape4(1, 1, 4, 4),
          "random_resized_crop(4, 4, {most=0.01}): the least share, 0.05, is more than the most, 0.01");
}

/* Past the image's edge there is black. */
static void test_box_outside(void) {
  ph_transform *transform;
  ph_setting settings[] = {number("size", 9), number("least", 1), number("most", 1), number("centre", 1)};
  must(ph_transform_new("random_resized_crop", settings, 4, &transform, &error));
  ph_pipeline *pipeline = pipeline_of(1, &transform);
  ph_tensor *images = tensor(ph_shape4(1, 1, 20, 20), NULL), *result;
  ph_tensor_fill(images, 1);
  int black = 0, others = 0;
  for (int i = 0; i < 100; i++) {
    forward(pipeline, images, &result);
    for (int p = 0; p < 81; p++) {
      float value = ph_tensor_read(result)[p];
      black += value == 0;
      others += value != 0 && fabsf(value - 1) > 1e-6F;
    }
  }
  ok(black > 2000 && black < 8100 && others == 0, "random_resized_crop: outside the image is black");
  ph_pipeline_free(pipeline);
  ph_tensor_release(images);
}

/* ---- gradients ---- */

static void test_gradients(void) {
  ph_transform *transform;
  must(ph_transform_new("normalise_gradient", NULL, 0, &transform, &error));
  char words[PH_TRANSFORM_TEXT];
  ok(strcmp(ph_transform_print(transform, words), "normalise_gradient{}") == 0, "prints: %s", words);
  ph_pipeline *pipeline = pipeline_of(1, &transform);
  const float values[] = {3, 4, 0, 0, -6, 8};
  ph_tensor *images = tensor(ph_shape4(3, 1, 1, 2), values), *result;
  forward(pipeline, images, &result);
  ok(memcmp(ph_tensor_read(result), values, sizeof values) == 0, "normalise_gradient: images pass");
  must(ph_pipeline_backward(pipeline, images, &result, &error));
  arrays_near(ph_tensor_read(result), (float[]){0.6F, 0.8F, 0, 0, -0.6F, 0.8F}, 6, 1e-6,
              "normalise_gradient: each image's to 1, none where there is none");
  ph_pipeline_free(pipeline);

  ph_setting lengths = {"lengths", 3, {1, 1, 5}, NULL};
  pipeline = single("normalise_gradient", lengths, none);
  forward(pipeline, images, &result);
  must(ph_pipeline_backward(pipeline, images, &result, &error));
  arrays_near(ph_tensor_read(result), (float[]){0.6F, 0.8F, 0, 0, -3, 4}, 6, 1e-6,
              "normalise_gradient: Lucid's scales");
  ph_pipeline_free(pipeline);
  ph_tensor_release(images);
  refused(single("normalise_gradient", lengths, none), ph_shape4(2, 1, 1, 2),
          "normalise_gradient{1, 1, 5}: 3 lengths do not fit a batch of 2 images");
}

/* ---- lists and ranges ---- */

static void test_range(void) {
  ph_pipeline *pipeline = single("random_scale", scales(2, 0.5, 1), text("draw", "range"));
  ph_tensor *images = tensor(ph_shape4(1, 1, 100, 100), NULL), *result;
  int64_t least = 1000, most = 0;
  int between = 0;
  for (int i = 0; i < 300; i++) {
    forward(pipeline, images, &result);
    int64_t size = ph_tensor_shape(result).dim[2];
    least = size < least ? size : least, most = size > most ? size : most;
    between += size > 60 && size < 140;
  }
  ok(least >= 50 && least < 55 && most <= 150 && most > 145 && between > 200,
     "random_scale: any factor of a range");
  ph_pipeline_free(pipeline);
  ph_tensor_release(images);
}

int main(void) {
  stream = ph_random_stream(1, "test");
  test_blur();
  test_blur_range();
  test_noise();
  test_colours();
  test_boxes();
  test_box_outside();
  test_gradients();
  test_range();
  return tap_done();
}
