/* SPDX-License-Identifier: MIT */
/* Transforms one by one: exact small cases, what is refused, printing. */
#include "transform_making.h"

/* ---- exact cases ---- */

/* Runs h x w `values` through the pipeline, which it frees, and compares. */
static void exactly(ph_pipeline *pipeline, int64_t h, int64_t w, const float *values, int64_t oh, int64_t ow,
                    const float *expected, const char *name) {
  ph_tensor *images = values == NULL ? counting(h, w) : tensor(ph_shape4(1, 1, h, w), values), *result;
  ph_random random = ph_random_stream(1, "transforms");
  must(ph_pipeline_forward(pipeline, images, &random, &result, &error));
  if (ok(ph_shape_equal(ph_tensor_shape(result), ph_shape4(1, 1, oh, ow)), "%s: size", name))
    arrays_near(ph_tensor_read(result), expected, oh * ow, 1e-6, name);
  ph_tensor_release(images);
  ph_pipeline_free(pipeline);
}

/* A row, again and again. */
static const float *rows_of(const float *row, int64_t width, int64_t height) {
  static float all[200];
  for (int64_t i = 0; i < width * height; i++) all[i] = row[i % width];
  return all;
}

static void test_windows(void) {
  ph_setting one = number("width", 1), two = number("width", 2);
  exactly(single("pad", one, none), 1, 2, NULL, 3, 4,
          (float[]){.5F, .5F, .5F, .5F, .5F, 1, 2, .5F, .5F, .5F, .5F, .5F}, "pad: constant");
  exactly(single("pad", one, number("value", -1)), 1, 1, NULL, 3, 3,
          (float[]){-1, -1, -1, -1, 1, -1, -1, -1, -1}, "pad: value");
  exactly(single("pad", two, text("mode", "reflect")), 3, 3, NULL, 7, 7,
          (float[]){9, 8, 7, 8, 9, 8, 7, 6, 5, 4, 5, 6, 5, 4, 3, 2, 1, 2, 3, 2, 1, 6, 5, 4, 5,
                    6, 5, 4, 9, 8, 7, 8, 9, 8, 7, 6, 5, 4, 5, 6, 5, 4, 3, 2, 1, 2, 3, 2, 1},
          "pad: reflect");
  /* As numpy.pad has them, and further than the image is wide. */
  exactly(single("pad", number("width", 5), text("mode", "reflect")), 1, 3, NULL, 11, 13,
          rows_of((float[]){2, 1, 2, 3, 2, 1, 2, 3, 2, 1, 2, 3, 2}, 13, 11), "pad: reflect, far");
  exactly(single("pad", number("width", 4), text("mode", "symmetric")), 1, 3, NULL, 9, 11,
          rows_of((float[]){3, 3, 2, 1, 1, 2, 3, 3, 2, 1, 1}, 11, 9), "pad: symmetric");
  exactly(single("pad", two, text("mode", "edge")), 1, 3, NULL, 5, 7,
          rows_of((float[]){1, 1, 1, 2, 3, 3, 3}, 7, 5), "pad: edge");
  exactly(single("pad", number("width", 4), text("mode", "wrap")), 1, 3, NULL, 9, 11,
          rows_of((float[]){3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1}, 11, 9), "pad: wrap");
  exactly(single("crop", pair("size", 2, 1), none), 3, 4, NULL, 2, 1, (float[]){2, 6}, "crop: centred");
  exactly(single("crop_or_pad", pair("size", 1, 5), none), 3, 2, NULL, 1, 5, (float[]){0, 3, 4, 0, 0},
          "crop_or_pad: each axis for itself");
  exactly(single("crop_border", one, none), 3, 3, NULL, 1, 1, (float[]){5}, "crop_border");
  exactly(single("flip", number("probability", 1), none), 2, 3, NULL, 2, 3, (float[]){3, 2, 1, 6, 5, 4},
          "flip: horizontal");
  exactly(single("flip", number("probability", 1), text("axis", "vertical")), 2, 3, NULL, 2, 3,
          (float[]){4, 5, 6, 1, 2, 3}, "flip: vertical");
  exactly(single("flip", number("probability", 0), none), 1, 3, NULL, 1, 3, (float[]){1, 2, 3},
          "flip: never");
}

static void test_interpolation(void) {
  ph_setting larger = scales(1, 1.5, 0), half = scales(1, 0.5, 0), degree90 = {"degrees", 1, {90}, NULL};
  const float ramp[] = {0, 1, 2, 3};
  exactly(single("random_scale", larger, text("method", "half_pixel")), 2, 2, ramp, 3, 3,
          (float[]){0, .5F, 1, 1, 1.5F, 2, 2, 2.5F, 3}, "random_scale: half_pixel, 2x2 to 3x3");
  /* Positions 0, 2/3, 4/3; the last reads past the end, where the last pixel repeats. */
  const float a = 2.0F / 3;
  exactly(single("random_scale", larger, none), 2, 2, ramp, 3, 3,
          (float[]){0, a, 1, 2 * a, 3 * a, 1 + 2 * a, 2, 2 + a, 3}, "random_scale: legacy, 2x2 to 3x3");
  exactly(single("random_scale", half, none), 2, 4, NULL, 1, 2, (float[]){1, 3},
          "random_scale: legacy, halved");
  exactly(single("random_scale", half, text("method", "half_pixel")), 2, 4, NULL, 1, 2, (float[]){3.5F, 5.5F},
          "random_scale: half_pixel, halved");

  /* PyTorch: linspace from corner to corner; and, given a factor, 1 / 1.4 apart though 2.8 became 2. */
  exactly(single("random_scale", larger, text("method", "corners")), 2, 2, ramp, 3, 3,
          (float[]){0, .5F, 1, 1, 1.5F, 2, 2, 2.5F, 3}, "random_scale: corners, 2x2 to 3x3");
  exactly(single("random_scale", scales(1, 1.4, 0), text("method", "pytorch")), 1, 2, ramp, 1, 2,
          (float[]){0, 1.5F / 1.4F - 0.5F}, "random_scale: pytorch, as far apart as the factor says");
  exactly(single("random_scale", scales(1, 1.4, 0), text("rounding", "up")), 1, 2, ramp, 2, 3,
          (float[]){0, 2.0F / 3, 1, 0, 2.0F / 3, 1}, "random_scale: up");
  exactly(single("resize", pair("size", 3, 3), none), 2, 2, ramp, 3, 3,
          (float[]){0, .5F, 1, 1, 1.5F, 2, 2, 2.5F, 3}, "resize: half_pixel");
  exactly(single("resize", pair("size", 2, 4), text("method", "corners")), 2, 2, ramp, 2, 4,
          (float[]){0, 1.0F / 3, 2.0F / 3, 1, 2, 7.0F / 3, 8.0F / 3, 3}, "resize: corners");

  static const char *const methods[] = {"lucid", "nearest", "bilinear"};
  for (int m = 0; m < 3; m++) {
    char name[80];
    /* Lucid's pi is not quite pi, which nearest neighbours forgive. */
    snprintf(name, sizeof name, "random_rotate: %s, 90 degrees, odd", methods[m]);
    exactly(single("random_rotate", degree90, text("method", methods[m])), 3, 3, NULL, 3, 3,
            (float[]){3, 6, 9, 2, 5, 8, 1, 4, 7}, name);
    snprintf(name, sizeof name, "random_rotate: %s, 90 degrees, even", methods[m]);
    exactly(single("random_rotate", degree90, text("method", methods[m])), 2, 2, NULL, 2, 2,
            (float[]){2, 4, 1, 3}, name);
  }
  ph_setting degree45 = {"degrees", 1, {45}, NULL}, turns = {"degrees", 1, {3600}, NULL};
  exactly(single("random_rotate", degree45, text("method", "nearest")), 5, 5, NULL, 5, 5,
          (float[]){0, 4, 9, 10, 0, 2, 8, 9, 14, 20, 7, 7, 13, 19, 19, 6, 12, 17, 18, 24, 0, 16, 17, 22, 0},
          "random_rotate: nearest, 45 degrees; outside is 0");
  /* With 3.14 for pi, ten turns fall short by 0.0319 radians: 16 pixels away the strip is left by half a
   * pixel. */
  float strip[41] = {0};
  for (int i = 5; i <= 35; i++) strip[i] = (float)(i + 1);
  exactly(single("random_rotate", turns, none), 1, 41, NULL, 1, 41, strip,
          "random_rotate: lucid's pi is 3.14");
}

static ph_pipeline *affine(ph_setting a, ph_setting b) { return single("random_affine", a, b); }

static void test_affine(void) {
  const ph_setting quarter = {"degrees", 1, {90}, NULL}, half = {"scale", 1, {0.5}, NULL},
                   twice = {"scale", 1, {2}, NULL}, lean = {"shear", 1, {45}, NULL},
                   third = {"shift", 1, {1.0 / 3}, NULL};
  exactly(affine(quarter, none), 3, 3, NULL, 3, 3, (float[]){3, 6, 9, 2, 5, 8, 1, 4, 7},
          "random_affine: turned counter-clockwise");
  exactly(affine(half, none), 3, 5, NULL, 3, 5, (float[]){0, 0, 0, 0, 0, 0, 6, 8, 10, 0, 0, 0, 0, 0, 0},
          "random_affine: half as large");
  exactly(affine(half, text("edge", "edge")), 1, 5, NULL, 1, 5, (float[]){1, 1, 3, 5, 5},
          "random_affine: half as large, its edge repeated");
  exactly(affine(half, text("edge", "wrap")), 1, 3, NULL, 1, 3, (float[]){3, 2, 1},
          "random_affine: half as large, again and again");
  exactly(affine(twice, none), 1, 5, NULL, 1, 5, (float[]){2, 2.5F, 3, 3.5F, 4},
          "random_affine: twice as large");
  exactly(affine(lean, none), 3, 3, NULL, 3, 3, (float[]){2, 3, 0, 4, 5, 6, 0, 7, 8},
          "random_affine: leaning to the right at the bottom");
  exactly(affine(third, none), 3, 3, NULL, 3, 3, (float[]){0, 0, 0, 0, 1, 2, 0, 4, 5},
          "random_affine: down and right");
  exactly(affine(third, text("edge", "symmetric")), 3, 3, NULL, 3, 3, (float[]){1, 1, 2, 1, 1, 2, 4, 4, 5},
          "random_affine: down and right, the edge mirrored");
  exactly(affine(third, text("method", "nearest")), 3, 3, NULL, 3, 3, (float[]){0, 0, 0, 0, 1, 2, 0, 4, 5},
          "random_affine: nearest");

  /* Moved first, it would be turned out of the way. */
  ph_transform *transform;
  const ph_setting both[] = {quarter, third};
  must(ph_transform_new("random_affine", both, 2, &transform, &error));
  exactly(pipeline_of(1, &transform), 3, 3, NULL, 3, 3, (float[]){0, 0, 0, 0, 3, 6, 0, 2, 5},
          "random_affine: turned, then moved");
}

/* With factor 1 and angle 0 nothing may change, to the bit. */
static void test_identities(void) {
  ph_random random = ph_random_stream(2, "test");
  ph_setting zero = {"degrees", 1, {0}, NULL};
  ph_pipeline *pipelines[] = {
      single("random_scale", scales(1, 1, 0), none),
      single("random_scale", scales(1, 1, 0), text("method", "half_pixel")),
      single("random_rotate", zero, none),
      single("random_rotate", zero, text("method", "bilinear")),
      single("jitter", number("distance", 0), none),
      pipeline_of(0, NULL),
  };
  ph_tensor *images = noise(ph_shape4(2, 3, 37, 24), &random), *result;
  for (int i = 0; i < 6; i++) {
    must(ph_pipeline_forward(pipelines[i], images, &random, &result, &error));
    size_t bytes = (size_t)ph_tensor_count(images) * sizeof(float);
    ok(ph_tensor_count(result) == ph_tensor_count(images) &&
           memcmp(ph_tensor_read(result), ph_tensor_read(images), bytes) == 0,
       "identity %d: bit for bit", i);
    ph_pipeline_free(pipelines[i]);
  }
  ph_tensor_release(images);
}

/* ---- misuse, printing ---- */

static void refused(ph_status status, const char *message) {
  if (!ok(status == PH_MISUSE && strcmp(error.message, message) == 0, "refused: %s", message))
    printf("# got %d, %s\n", (int)status, error.message);
}

static void refused_transform(const char *type, ph_setting setting, const char *message) {
  ph_transform *transform = NULL;
  refused(ph_transform_new(type, &setting, setting.key != NULL, &transform, &error), message);
}

static void refused_image(ph_pipeline *pipeline, ph_shape shape, const char *message) {
  ph_random random = ph_random_stream(10, "test");
  ph_tensor *images = tensor(shape, NULL), *result;
  refused(ph_pipeline_forward(pipeline, images, &random, &result, &error), message);
  refused(ph_pipeline_backward(pipeline, images, &result, &error),
          "transforms: a backward needs a forward before it");
  ph_tensor_release(images);
  ph_pipeline_free(pipeline);
}

static void test_misuse(void) {
  refused_transform("jiter", none, "no transform 'jiter'; did you mean 'jitter'?");
  refused_transform("jitter", number("distence", 8),
                    "jitter: no setting 'distence'; did you mean 'distance'?");
  refused_transform("jitter", number("distance", -3), "jitter: distance -3 out of range 0..65536");
  refused_transform("pad", none, "pad: width must be given (pixels added on every side)");
  refused_transform("crop", none, "crop: size must be given (height and width of the result)");
  refused_transform("random_scale", none,
                    "random_scale: factors must be given (one is drawn, all alike likely)");

  ph_shape small = ph_shape4(1, 3, 10, 12);
  refused_image(single("jitter", number("distance", 12), none), small,
                "jitter(12): nothing would be left of an image of 10x12");
  refused_image(single("crop", pair("size", 8, 64), none), small,
                "crop(8, 64): an image of 10x12 is smaller than that");
  refused_image(single("crop_border", number("width", 5), none), small,
                "crop_border(5): nothing would be left of an image of 10x12");
  refused_image(single("random_scale", scales(1, 0.05, 0), none), small,
                "random_scale{0.05}: factor 0.05 leaves no pixels of an image of 10x12");
  refused_image(single("jitter", number("distance", 1), none), ph_shape_of(2, (int64_t[]){10, 12}),
                "transforms: images (n, c, h, w) expected, got a tensor of shape 10x12");

  ph_random random = ph_random_stream(10, "test");
  ph_pipeline *pipeline = single("jitter", number("distance", 2), none);
  ph_tensor *images = counting(5, 5), *result, *back;
  must(ph_pipeline_forward(pipeline, images, &random, &result, &error));
  refused(ph_pipeline_backward(pipeline, images, &back, &error),
          "transforms: gradient: expected a tensor of shape 1x1x3x3, got 1x1x5x5");
  refused(ph_pipeline_forward(pipeline, result, &random, &result, &error),
          "transforms: the batch of images given is the result of the last call; give a clone of it");
  ph_pipeline_free(pipeline);
  ph_tensor_release(images);
}

static void prints(const char *type, ph_setting a, ph_setting b, const char *expected) {
  char got[PH_TRANSFORM_TEXT];
  ph_transform *transform = transform_of(type, a, b);
  if (!ok(strcmp(ph_transform_print(transform, got), expected) == 0, "prints: %s", expected))
    printf("# got %s\n", got);
  ph_transform_release(transform);
}

static void test_printing(void) {
  prints("jitter", number("distance", 8), none, "jitter(8)");
  prints("crop", number("size", 64), none, "crop(64, 64)");
  prints("pad", number("width", 12), number("value", 0), "pad(12, {value=0})");
  prints("random_scale", scales(3, 0.9, 0.02), none, "random_scale{0.9, 0.92, 0.94}");
  prints("random_rotate", degrees(1, 0), text("method", "bilinear"),
         "random_rotate{-1, 0, 1, method=\"bilinear\"}");
  prints("random_scale", scales(2, 0.9, 0.2), text("draw", "range"),
         "random_scale{0.9, 1.1, draw=\"range\"}");
  prints("random_resized_crop", number("size", 224), number("mean", 0.5),
         "random_resized_crop(224, 224, {mean=0.5})");
  prints("random_blur", number("deviation", 1), number("most", 1.1), "random_blur(1, {most=1.1})");
  prints("noise", number("amount", 0.04), text("distribution", "uniform"),
         "noise(0.04, {distribution=\"uniform\"})");
  prints("colour_jitter", number("brightness", 0), number("scale", 0.1), "colour_jitter(0, {scale=0.1})");
  prints("normalise_gradient", number("lengths", 2), none, "normalise_gradient{2}");
  prints("random_affine", degrees(1, 0), (ph_setting){"scale", 2, {0.9, 1.1}, NULL},
         "random_affine{-1, 0, 1, scale={0.9, 1.1}}");
  prints("random_affine", (ph_setting){"shift", 1, {0.5}, NULL}, text("edge", "wrap"),
         "random_affine{shift={0.5}, edge=\"wrap\"}");
  prints("resize", number("size", 224), none, "resize(224, 224)");
  prints("copies", number("count", 16), none, "copies(16)");
  int named = 0;
  bool distinct = true;
  for (; ph_transform_type_at(named) != NULL; named++)
    for (int i = 0; i < named; i++)
      distinct = distinct && strcmp(ph_transform_type_at(i)->name, ph_transform_type_at(named)->name) != 0;
  ok(named >= 15 && distinct, "every type is listed, under a name of its own");
}

int main(void) {
  test_windows();
  test_interpolation();
  test_affine();
  test_identities();
  test_misuse();
  test_printing();
  return tap_done();
}
