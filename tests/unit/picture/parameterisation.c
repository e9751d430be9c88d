/* SPDX-License-Identifier: MIT */
/* Parameterisations end to end: settings and sizes, noise, images there and back, derivatives, memory. */
#include "base/memory.h"
#include "picture/parameterisation.h"

#include <string.h>

#include "tap.h"

/* The kinds, with the setting that one of them cannot do without, and those that can start from an image. */
static const char *const kinds[] = {"pixels", "fourier", "laplacian", "low_resolution", "cppn", "maco"};
enum { KINDS = 6, FROM_IMAGE = 3, MOST = 24 };

static ph_setting number(const char *key, double value) {
  return (ph_setting){.key = key, .count = 1, .value = {value}};
}

static ph_setting text(const char *key, const char *value) { return (ph_setting){.key = key, .text = value}; }

/* These settings, and what the kind cannot do without. */
static ph_status make(const char *kind, const ph_setting *settings, int count, const ph_given *given,
                      ph_parameterisation **p, ph_error *e) {
  ph_setting all[MOST];
  for (int i = 0; i < count; i++) all[i] = settings[i];
  if (strcmp(kind, "low_resolution") == 0) all[count++] = number("size", 4);
  return ph_parameterisation_new(kind, all, count, given, p, e);
}

/* From noise, with these settings; NULL, with the reason printed, where it fails. */
static ph_parameterisation *from_noise(const char *kind, const ph_setting *settings, int count) {
  ph_random random = ph_random_stream(1, "init");
  ph_parameterisation *p = NULL;
  ph_error e;
  if (make(kind, settings, count, &(ph_given){.random = &random}, &p, &e) != PH_OK)
    ok(0, "%s from noise: %s", kind, e.message);
  return p;
}

static ph_tensor *normals(ph_shape shape, double mean, double deviation, const char *stream) {
  ph_random random = ph_random_stream(2, stream);
  ph_tensor *tensor = NULL;
  ph_error e;
  if (ph_tensor_new(shape, &tensor, &e) == PH_OK) ph_random_fill_normal(&random, tensor, mean, deviation);
  return tensor;
}

static void expect_shape(ph_shape got, ph_shape expected, const char *name) {
  char a[PH_SHAPE_TEXT], b[PH_SHAPE_TEXT];
  ok(ph_shape_equal(got, expected), "%s: %s, expected %s", name, ph_shape_print(got, a),
     ph_shape_print(expected, b));
}

static void test_shapes(void) {
  char words[PH_PARAMETERISATION_TEXT];
  ph_parameterisation *p = from_noise("fourier", NULL, 0);
  expect_shape(ph_parameterisation_shape(p), ph_shape4(1, 3, 128, 128), "by default");
  ok(strcmp(ph_parameterisation_describe(p, words), "fourier 1x3x128x128, decorrelated, sigmoid") == 0, "%s",
     words);
  ph_parameterisation_release(p);

  const ph_setting odd[] = {number("batch", 2), number("height", 6), number("width", 5)};
  p = from_noise("fourier", odd, 3);
  expect_shape(ph_tensor_shape(ph_parameterisation_values(p)),
               ph_shape_of(5, (const int64_t[]){2, 3, 6, 3, 2}), "a spectrum");
  expect_shape(ph_tensor_shape(ph_parameterisation_gradient(p)),
               ph_shape_of(5, (const int64_t[]){2, 3, 6, 3, 2}), "its gradient");
  expect_shape(ph_tensor_shape(ph_parameterisation_forward(p)), ph_shape4(2, 3, 6, 5), "its image");
  ph_parameterisation_release(p);

  const ph_setting grey[] = {number("channels", 1), number("width", 9), text("squash", "none")};
  p = from_noise("pixels", grey, 3);
  expect_shape(ph_tensor_shape(ph_parameterisation_values(p)), ph_shape4(1, 1, 9, 9), "as high as wide");
  ok(strcmp(ph_parameterisation_describe(p, words), "pixels 1x1x9x9, not squashed") == 0, "%s", words);
  ok(ph_parameterisation_forward(p) != ph_parameterisation_values(p), "the image is not the values");
  ok(memcmp(ph_tensor_read(ph_parameterisation_forward(p)), ph_tensor_read(ph_parameterisation_values(p)),
            81 * sizeof(float)) == 0,
     "but equals them where nothing is mixed or squashed");
  ph_parameterisation_release(p);
}

static void test_noise(void) {
  for (int k = 0; k < FROM_IMAGE; k++) {
    const ph_setting wide[] = {number("deviation", 0.5)};
    ph_parameterisation *a = from_noise(kinds[k], NULL, 0), *b = from_noise(kinds[k], NULL, 0),
                        *c = from_noise(kinds[k], wide, 1);
    ph_statistics s = ph_tensor_statistics(ph_parameterisation_values(a));
    near(s.mean, 0, 5e-4, "noise has mean 0");
    near(s.deviation, 0.01, 5e-4, "and Lucid's deviation, .01");
    near(ph_tensor_statistics(ph_parameterisation_values(c)).deviation, 0.5, 0.02, "or the given one");
    ok(memcmp(ph_tensor_read(ph_parameterisation_forward(a)), ph_tensor_read(ph_parameterisation_forward(b)),
              128 * 128 * 3 * sizeof(float)) == 0,
       "%s: the same seed gives the same bits", kinds[k]);
    s = ph_tensor_statistics(ph_parameterisation_forward(a));
    ok(s.least > 0.3 && s.most < 0.7 && s.deviation > 1e-3, "%s: an image starts near grey: %.3f to %.3f",
       kinds[k], s.least, s.most);
    ph_parameterisation_release(a), ph_parameterisation_release(b), ph_parameterisation_release(c);
  }
}

/* Lucid's image of a spectrum that is zero but for one number: by hand, through matrix and sigmoid. */
static void test_by_hand(void) {
  const ph_setting small[] = {number("height", 4), number("width", 4), number("deviation", 0)};
  ph_parameterisation *p = from_noise("fourier", small, 3);
  ph_tensor_data(ph_parameterisation_values(p))[0] = 2; /* channel 0, frequency 0: raw 2 / 4 everywhere */
  const float *image = ph_tensor_read(ph_parameterisation_forward(p));
  const double column[3] = {.562829, .584476, .584476};
  for (int k = 0; k < 3; k++)
    near((double)image[16 * k + 5], 1 / (1 + exp(-0.5 * column[k])), 1e-6, "one frequency's colour");
  ph_parameterisation_release(p);
}

/* Moves along random directions: the change of a random linear functional of the image against the gradient
   that backward gives for it. */
static void test_derivative(const char *kind, const char *squash, int height, int width) {
  const ph_setting settings[] = {number("batch", 2), number("height", height), number("width", width),
                                 text("squash", squash), number("deviation", 0.3)};
  ph_parameterisation *p = from_noise(kind, settings, 5);
  ph_tensor *values = ph_parameterisation_values(p), *more = normals(ph_tensor_shape(values), 0, 0.1, "more");
  ph_tensor_add_scaled(values, 1, more); /* some start with zeros among them, which have no gradient */
  ph_tensor_release(more);
  ph_tensor *y = normals(ph_parameterisation_shape(p), 0, 1, "functional");
  ph_error e;
  char name[96];
  double worst = 0;
  ph_parameterisation_forward(p);
  ok(ph_parameterisation_backward(p, y, &e) == PH_OK, "%s, %s: backward", kind, squash);
  ph_tensor *gradient = ph_parameterisation_gradient(p);
  for (int trial = 0; trial < 4; trial++) {
    snprintf(name, sizeof name, "direction %d", trial);
    ph_tensor *direction = normals(ph_tensor_shape(values), 0, 1, name);
    const float step = strcmp(kind, "cppn") == 0 ? 5e-4f : 2e-3f; /* which is far from linear */
    ph_tensor_add_scaled(values, step, direction);
    double difference = ph_tensor_dot(ph_parameterisation_forward(p), y);
    ph_tensor_add_scaled(values, -2 * step, direction);
    difference -= ph_tensor_dot(ph_parameterisation_forward(p), y);
    ph_tensor_add_scaled(values, step, direction);
    double size = sqrt(ph_tensor_dot(gradient, gradient) * ph_tensor_dot(direction, direction));
    worst = fmax(worst, fabs(difference / (2 * (double)step) - ph_tensor_dot(gradient, direction)) / size);
    ph_tensor_release(direction);
  }
  /* Clip has no derivative where a step crosses its edge. */
  ok(worst < (strcmp(squash, "clip") == 0 ? 5e-3 : 1e-4),
     "%s %dx%d, %s: backward is the derivative (off by %.2g)", kind, height, width, squash, worst);
  ph_tensor_release(y);
  ph_parameterisation_release(p);
}

static void test_from_image(const char *kind, const char *squash) {
  const ph_setting settings[] = {text("squash", squash), number("batch", 3)};
  ph_random random = ph_random_stream(9, "image");
  ph_tensor *image = normals(ph_shape4(1, 3, 9, 14), 0, 1, "image"), *three;
  ph_parameterisation *p = NULL;
  ph_error e;
  char name[96];
  ph_random_fill_uniform(&random, image, 0.01, 0.99);
  ok(make(kind, settings, 1, &(ph_given){.image = image}, &p, &e) == PH_OK, "%s from an image", kind);
  expect_shape(ph_parameterisation_shape(p), ph_shape4(1, 3, 9, 14), "it has the image's size");
  snprintf(name, sizeof name, "%s, %s: the image comes back", kind, squash);
  arrays_near(ph_tensor_read(ph_parameterisation_forward(p)), ph_tensor_read(image), 3 * 9 * 14, 3e-6, name);
  ph_parameterisation_release(p);

  ok(make(kind, settings, 2, &(ph_given){.image = image}, &p, &e) == PH_OK, "one image for a batch of 3");
  three = ph_parameterisation_forward(p);
  int same = 1;
  for (int n = 0; n < 3; n++)
    same = same && relative_difference(ph_tensor_read(three) + n * 3 * 9 * 14, ph_tensor_read(image),
                                       3 * 9 * 14) < 3e-6;
  ok(same, "comes back three times");
  ph_parameterisation_release(p);
  ph_tensor_release(image);
}

/* Every image of a batch starts from its own. */
static void test_from_images(const char *kind) {
  ph_tensor *images = normals(ph_shape4(3, 3, 8, 9), 0.5, 0.1, "image");
  ph_parameterisation *p = NULL;
  ph_error e;
  ok(make(kind, NULL, 0, &(ph_given){.image = images}, &p, &e) == PH_OK, "%s from three images", kind);
  expect_shape(ph_parameterisation_shape(p), ph_shape4(3, 3, 8, 9), "it has their size");
  arrays_near(ph_tensor_read(ph_parameterisation_forward(p)), ph_tensor_read(images), 3 * 3 * 8 * 9, 3e-6,
              "each comes back in its place");
  ph_parameterisation_release(p);
  ph_tensor_release(images);
}

static void expect_misuse(const char *kind, const ph_setting *settings, int count, const ph_tensor *image,
                          const char *part) {
  ph_random random = ph_random_stream(1, "init");
  ph_parameterisation *p = NULL;
  ph_error e = {PH_OK, ""};
  ph_status status =
      ph_parameterisation_new(kind, settings, count, &(ph_given){.random = &random, .image = image}, &p, &e);
  if (!ok(status == PH_MISUSE && strstr(e.message, part) != NULL, "misuse: %s", e.message))
    printf("# expected a message with: %s\n", part);
}

static void test_errors(void) {
  ph_error e;
  ph_parameterisation *p = NULL;
  const size_t blocks = ph_memory_blocks();
  ph_tensor *image = normals(ph_shape4(2, 3, 8, 8), 0.5, 0.1, "image"),
            *flat = normals(ph_shape_of(2, (const int64_t[]){8, 8}), 0, 1, "image");
  expect_misuse("fourrier", NULL, 0, NULL, "did you mean 'fourier'?");
  expect_misuse("wavelets", NULL, 0, NULL, "one of fourier, pixels, laplacian");
  const ph_setting decay = number("decay", 1), depth = number("deviatoin", 1), none = number("height", 0);
  expect_misuse("pixels", &decay, 1, NULL, "no setting 'decay'");
  expect_misuse("pixels", &depth, 1, NULL, "did you mean 'deviation'?");
  expect_misuse("pixels", &none, 1, NULL, "height 0 out of range");
  const ph_setting six = {.key = "matrix", .count = 6}, batch = number("batch", 3);
  expect_misuse("fourier", &six, 1, NULL, "matrix takes 9 numbers");
  const ph_setting grey[] = {{.key = "matrix", .count = 9, .value = {1}}, number("channels", 1)};
  expect_misuse("fourier", grey, 2, NULL, "needs decorrelate and 3 or 4 channels");
  expect_misuse("fourier", grey, 1, image, "no inverse");
  expect_misuse("fourier", &batch, 1, image, "expected a tensor of shape 3x3x8x8, got 2x3x8x8");
  expect_misuse("fourier", NULL, 0, flat, "must be (n, c, h, w), got 8x8");
  ok(make("pixels", NULL, 0, &(ph_given){0}, &p, &e) == PH_MISUSE, "misuse: %s", e.message);

  ok(make("pixels", NULL, 0, &(ph_given){.image = image}, &p, &e) == PH_OK, "one start for each image");
  ok(ph_parameterisation_backward(p, flat, &e) == PH_MISUSE, "misuse: %s", e.message);
  ok(ph_parameterisation_backward(p, ph_parameterisation_gradient(p), &e) == PH_MISUSE, "misuse: %s",
     e.message);
  ph_parameterisation_release(p);
  ph_tensor_release(image), ph_tensor_release(flat);
  ok(ph_memory_blocks() == blocks, "errors leave nothing behind");
}

static void test_memory(const char *kind, int from_image) {
  const ph_setting size = number("height", 12);
  ph_random random = ph_random_stream(1, "init");
  ph_tensor *image = normals(ph_shape4(1, 3, 12, 12), 0.5, 0.1, "image"),
            *mask = normals(ph_shape4(1, 1, 12, 12), 0, 1, "mask");
  const ph_given given = {
      .random = &random, .image = from_image ? image : NULL, .mask = mask, .fixed = image};
  const size_t blocks = ph_memory_blocks();
  ph_parameterisation *p = NULL;
  ph_status status = PH_NO_MEMORY;
  ph_error e;
  int failures = 0, clean = 1;
  for (long n = 1; status == PH_NO_MEMORY && n < 100; n++) {
    ph_memory_fail_after(n);
    status = make(kind, &size, 1, &given, &p, &e);
    ph_memory_fail_after(0);
    if (status == PH_NO_MEMORY) failures++, clean = clean && ph_memory_blocks() == blocks;
  }
  ok(status == PH_OK && clean && failures >= 8, "%s: each of %d allocations may fail without a leak", kind,
     failures);
  ph_memory_fail_after(1);
  ph_parameterisation_forward(p);
  status = ph_parameterisation_backward(p, image, &e);
  ph_memory_fail_after(0);
  ok(status == PH_OK, "%s: forward and backward allocate nothing", kind);
  ph_parameterisation_retain(p);
  ph_parameterisation_release(p);
  ok(ph_memory_blocks() > blocks, "%s: a retained one stays", kind);
  ph_parameterisation_release(p);
  ph_parameterisation_release(NULL);
  ok(ph_memory_blocks() == blocks, "%s: the last release frees everything", kind);
  ph_tensor_release(image), ph_tensor_release(mask);
}

int main(void) {
  test_shapes();
  test_noise();
  test_by_hand();
  for (int k = 0; k < KINDS; k++) {
    for (int squash = 0; squash < 3; squash++) {
      test_derivative(kinds[k], ph_squash_names[squash], 12, 10);
      if (k < FROM_IMAGE) test_from_image(kinds[k], ph_squash_names[squash]);
    }
    test_derivative(kinds[k], "sigmoid", 8, 9);
    if (k < FROM_IMAGE) test_from_images(kinds[k]);
    test_memory(kinds[k], k < FROM_IMAGE);
  }
  test_errors();
  return tap_done();
}
