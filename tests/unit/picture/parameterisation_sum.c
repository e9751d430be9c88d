/* SPDX-License-Identifier: MIT */
/* Parameterisations made of others: sums, grey, and pictures that a mask holds fixed. */
#include <string.h>

#include "base/memory.h"
#include "picture/parameterisation.h"
#include "gradcheck.h"
#include "tap.h"

enum { H = 8, W = 9, PLANE = H * W };

static ph_setting number(const char *key, double value) {
  return (ph_setting){.key = key, .count = 1, .value = {value}};
}

static ph_tensor *uniform(ph_shape shape, const char *stream) {
  ph_random random = ph_random_stream(2, stream);
  ph_tensor *tensor = NULL;
  ph_error e;
  if (ph_tensor_new(shape, &tensor, &e) == PH_OK) ph_random_fill_uniform(&random, tensor, 0.1, 0.9);
  return tensor;
}

static ph_status add_up(const ph_part *parts, int count, int batch, const ph_given *given,
                        ph_parameterisation **p, ph_error *e) {
  const ph_setting settings[] = {number("batch", batch), number("height", H), number("width", W)};
  return ph_parameterisation_sum(settings, 3, parts, count, given, p, e);
}

typedef struct functional {
  ph_parameterisation *p;
  ph_tensor *weights;
} functional;

static double functional_value(void *context) {
  const functional *f = context;
  return ph_tensor_dot(ph_parameterisation_forward(f->p), f->weights);
}

static void expect_derivative(ph_parameterisation *p, const char *name) {
  functional f = {p, uniform(ph_parameterisation_shape(p), "functional")};
  ph_tensor *values = ph_parameterisation_values(p);
  ph_error e;
  ph_parameterisation_forward(p);
  ok(ph_parameterisation_backward(p, f.weights, &e) == PH_OK, "%s: backward", name);
  double error = gradcheck(functional_value, &f, ph_tensor_data(values), ph_tensor_count(values),
                           ph_tensor_read(ph_parameterisation_gradient(p)), 1e-2);
  ok(error < 1e-3, "%s: backward is the derivative (off by %.2g)", name, error);
  ph_tensor_release(f.weights);
}

/* ---- contrast ---- */

/* From the smallest to the largest number of each image's colours; opacity has nothing to do with it. */
static void test_stretch(int channels, int grey) {
  /* Noise whose two smallest numbers are further apart than differences reach, and the two largest. */
  ph_random random = ph_random_stream(2, "init");
  const ph_setting settings[] = {number("batch", 2),    number("channels", channels), number("height", H),
                                 number("width", W),    number("stretch", 1),         number("grey", grey),
                                 number("deviation", 1)};
  ph_parameterisation *p = NULL;
  ph_error e;
  if (!ok(ph_parameterisation_new("pixels", settings, 7, &(ph_given){.random = &random}, &p, &e) == PH_OK,
          "stretched, %d channels", channels))
    return;
  for (int n = 0; n < 2; n++) {
    const float *image = ph_tensor_read(ph_parameterisation_forward(p)) + n * channels * PLANE;
    float least = 1, most = 0;
    int zeros = 0, ones = 0;
    for (int i = 0; i < 3 * PLANE; i++) {
      least = fminf(least, image[i]), most = fmaxf(most, image[i]);
      zeros += image[i] == 0, ones += image[i] == 1;
    }
    ok(least == 0 && fabsf(most - 1) < 1e-6F, "from 0 to 1");
    ok(zeros == (grey ? 3 : 1) && ones <= zeros, "one number is the smallest, one the largest");
    for (int i = 3 * PLANE; i < channels * PLANE; i++) zeros += image[i] == 0 || image[i] == 1;
    ok(zeros == (grey ? 3 : 1), "opacity keeps its own");
  }
  expect_derivative(p, "stretched");
  ph_parameterisation_release(p);
}

/* Equal numbers stay finite, and the mask comes after. */
static void test_stretched_flat(void) {
  const ph_setting settings[] = {number("stretch", 1)};
  ph_tensor *image = uniform(ph_shape4(1, 3, H, W), "image"), *mask = uniform(ph_shape4(1, 1, H, W), "mask");
  ph_parameterisation *p = NULL;
  ph_error e;
  ok(ph_parameterisation_new("pixels", settings, 1, &(ph_given){.image = image, .mask = mask}, &p, &e) ==
         PH_OK,
     "stretched and masked");
  expect_derivative(p, "stretched and masked");
  ph_tensor_fill(ph_parameterisation_values(p), 0);
  const float *flat = ph_tensor_read(ph_parameterisation_forward(p));
  const float opened = ph_tensor_read(mask)[5];
  near((double)flat[5], (double)((1 - opened) * ph_tensor_read(image)[5]), 1e-6,
       "a flat picture becomes black");
  ph_parameterisation_release(p);
  ph_tensor_release(image);
  ph_tensor_release(mask);
}

/* ---- sums ---- */

static const ph_setting small[] = {{.key = "size", .count = 1, .value = {4}},
                                   {.key = "images", .count = 1, .value = {2}},
                                   {.key = "deviation", .count = 1, .value = {2}}};
static const ph_part three[] = {{"fourier", NULL, 0}, {"low_resolution", small, 3}, {"pixels", NULL, 0}};

static void test_sum(void) {
  ph_random random = ph_random_stream(1, "init");
  const ph_given given = {.random = &random};
  ph_parameterisation *p = NULL;
  ph_error e;
  char words[PH_PARAMETERISATION_TEXT];
  const int64_t spectra = 2 * 3 * H * (W / 2 + 1) * 2, shared = 2 * 3 * 16, pixels = 2 * 3 * PLANE;
  ok(add_up(three, 3, 2, &given, &p, &e) == PH_OK, "a sum of three");
  ok(strcmp(
         ph_parameterisation_describe(p, words),
         "fourier + low_resolution{deviation=2, size=4, images=2} + pixels 2x3x8x9, decorrelated, sigmoid") ==
         0,
     "%s", words);
  ph_tensor *values = ph_parameterisation_values(p);
  ok(ph_tensor_count(values) == spectra + shared + pixels, "its values are those of all parts");
  double squares = 0;
  for (int64_t i = 0; i < shared; i++) squares += pow((double)ph_tensor_read(values)[spectra + i], 2);
  near(sqrt(squares / (double)shared), 2, 0.4, "a part's noise deviates by the part's own setting");

  /* The values of one part, the others 0, give that part's picture; here through the sigmoid. */
  ph_tensor_fill(values, 0);
  for (int64_t i = 0; i < shared; i++) ph_tensor_data(values)[spectra + i] = 1;
  for (int64_t i = 0; i < pixels; i++) ph_tensor_data(values)[spectra + shared + i] = 0.5f;
  const float *image = ph_tensor_read(ph_parameterisation_forward(p));
  const double row = (.26 + .09 + .02) / 0.46195237849804394; /* of the colour matrix, summed */
  near((double)image[PLANE - 1], 1 / (1 + exp(-1.5 * row)), 1e-5, "raw pictures are added before colour");

  ph_random_fill_normal(&random, values, 0, 0.3);
  expect_derivative(p, "sum");
  ph_parameterisation_release(p);
}

static void test_sum_from_image(void) {
  ph_tensor *image = uniform(ph_shape4(1, 3, H, W), "image");
  const ph_part parts[] = {three[1], three[2], three[0]};
  const ph_part painted[] = {three[0], {"cppn", NULL, 0}};
  ph_parameterisation *p = NULL;
  ph_error e;
  ok(add_up(parts, 3, 2, &(ph_given){.image = image}, &p, &e) == PH_OK, "a sum from an image");
  arrays_near(ph_tensor_read(ph_parameterisation_forward(p)) + 3 * PLANE, ph_tensor_read(image), 3 * PLANE,
              3e-6, "it comes back");
  int64_t used = 0;
  for (int64_t i = 0; i < ph_tensor_count(ph_parameterisation_values(p)); i++)
    used += ph_tensor_read(ph_parameterisation_values(p))[i] != 0;
  ok(used > 0 && used <= 2 * 3 * PLANE, "from one part alone, the first that can");
  ph_parameterisation_release(p);

  ph_random random = ph_random_stream(1, "init");
  ok(add_up(painted, 2, 1, &(ph_given){.image = image, .random = &random}, &p, &e) == PH_OK,
     "a sum with a part that always shows something");
  ok(ph_parameterisation_is_given_image(p), "it says that it shows the image");
  arrays_near(ph_tensor_read(ph_parameterisation_forward(p)), ph_tensor_read(image), 3 * PLANE, 3e-6,
              "it does: another part takes what is left");
  ph_parameterisation_release(p);
  ok(add_up(painted, 2, 1, &(ph_given){.image = image}, &p, &e) == PH_MISUSE &&
         strstr(e.message, "'cppn': starts from noise, even towards an image") != NULL,
     "misuse: %s", e.message);
  const ph_part smooth[] = {three[1], painted[1]};
  ok(add_up(smooth, 2, 2, &(ph_given){.image = image, .random = &random}, &p, &e) == PH_OK &&
         !ph_parameterisation_is_given_image(p),
     "a sum that cannot show the image says so");
  ph_parameterisation_release(p);
  ph_tensor_release(image);
}

static void test_sum_misuse(void) {
  ph_random random = ph_random_stream(1, "init");
  const ph_given given = {.random = &random};
  const ph_setting height = number("height", 4), typo = number("dekay", 4);
  const ph_part sized = {"fourier", &height, 1}, wrong = {"fourier", &typo, 1}, unknown = {"foo", NULL, 0};
  static const struct {
    const char *message;
    int count;
  } expected[] = {{"part 1, 'fourier': 'height' is set for the whole sum", 1},
                  {"part 1, 'fourier': no setting 'dekay'; did you mean 'decay'?", 1},
                  {"no kind 'foo'", 1},
                  {"1 to 16 parts expected, got 0", 0}};
  const ph_part *parts[] = {&sized, &wrong, &unknown, &sized};
  const size_t blocks = ph_memory_blocks();
  for (int i = 0; i < 4; i++) {
    ph_parameterisation *p = NULL;
    ph_error e = {PH_OK, ""};
    ph_status status = add_up(parts[i], expected[i].count, 1, &given, &p, &e);
    ok(status == PH_MISUSE && strstr(e.message, expected[i].message) != NULL, "misuse: %s", e.message);
  }
  ok(ph_memory_blocks() == blocks, "which leaves nothing behind");
}

static void test_sum_memory(void) {
  ph_random random = ph_random_stream(1, "init");
  const ph_given given = {.random = &random};
  const size_t blocks = ph_memory_blocks();
  ph_parameterisation *p = NULL;
  ph_status status = PH_NO_MEMORY;
  ph_error e;
  int failures = 0, clean = 1;
  for (long n = 1; status == PH_NO_MEMORY && n < 100; n++) {
    ph_memory_fail_after(n);
    status = add_up(three, 3, 2, &given, &p, &e);
    ph_memory_fail_after(0);
    if (status == PH_NO_MEMORY) failures++, clean = clean && ph_memory_blocks() == blocks;
  }
  ok(status == PH_OK && clean && failures > 12, "each of %d allocations may fail without a leak", failures);
  ph_parameterisation_release(p);
  ok(ph_memory_blocks() == blocks, "the last release frees everything");
}

/* ---- grey ---- */

static void test_grey(int channels) {
  const ph_setting settings[] = {number("grey", 1), number("height", H), number("width", W),
                                 number("channels", channels), number("batch", 2)};
  ph_random random = ph_random_stream(1, "init");
  ph_parameterisation *p = NULL;
  ph_error e;
  ok(ph_parameterisation_new("pixels", settings, 5, &(ph_given){.random = &random}, &p, &e) == PH_OK,
     "grey, %d channels", channels);
  ok(ph_tensor_count(ph_parameterisation_values(p)) == 2 * (channels - 2) * PLANE,
     "one value stands for three colours");
  const float *image = ph_tensor_read(ph_parameterisation_forward(p)) + channels * PLANE;
  ok(memcmp(image, image + PLANE, PLANE * 4) == 0 && memcmp(image, image + 2 * PLANE, PLANE * 4) == 0,
     "which are alike");
  ok(channels == 3 || memcmp(image, image + 3 * PLANE, PLANE * 4) != 0, "opacity is its own");
  expect_derivative(p, "grey");
  ph_parameterisation_release(p);
}

static void test_grey_from_image(void) {
  ph_tensor *image = uniform(ph_shape4(1, 3, H, W), "image");
  const ph_setting grey = number("grey", 1);
  ph_parameterisation *p = NULL;
  ph_error e;
  ok(ph_parameterisation_new("fourier", &grey, 1, &(ph_given){.image = image}, &p, &e) == PH_OK,
     "grey from colours");
  const float *x = ph_tensor_read(image);
  const double luminance =
      .299 * (double)x[5] + .587 * (double)x[PLANE + 5] + .114 * (double)x[2 * PLANE + 5];
  near((double)ph_tensor_read(ph_parameterisation_forward(p))[5], luminance, 1e-5, "takes their luminance");
  ph_parameterisation_release(p);
  const ph_setting five[] = {grey, number("channels", 5)};
  ok(ph_parameterisation_new("fourier", five, 2, &(ph_given){.image = image}, &p, &e) == PH_MISUSE,
     "misuse: %s", e.message);
  ph_tensor_release(image);
}

/* ---- masks ---- */

static void test_mask(int masks, int fixed_images) {
  const ph_setting settings[] = {number("batch", 2), number("height", H), number("width", W)};
  ph_random random = ph_random_stream(1, "init");
  ph_tensor *mask = uniform(ph_shape4(masks, 1, H, W), "mask"),
            *fixed = uniform(ph_shape4(fixed_images, 3, H, W), "fixed");
  ph_parameterisation *p = NULL, *bare = NULL;
  ph_error e;
  ph_tensor_data(mask)[0] = 0, ph_tensor_data(mask)[1] = 1;
  ok(ph_parameterisation_new("pixels", settings, 3, &(ph_given){.random = &random}, &bare, &e) == PH_OK,
     "without a mask");
  random = ph_random_stream(1, "init");
  const ph_given given = {.random = &random, .mask = mask, .fixed = fixed};
  ok(ph_parameterisation_new("pixels", settings, 3, &given, &p, &e) == PH_OK, "with %d masks, %d images",
     masks, fixed_images);
  const float *image = ph_tensor_read(ph_parameterisation_forward(p));
  const float *free_image = ph_tensor_read(ph_parameterisation_forward(bare));
  float expected[2 * 3 * PLANE];
  for (int i = 0; i < 2 * 3 * PLANE; i++) {
    const int n = i / (3 * PLANE), k = i / PLANE % 3, at = i % PLANE;
    const float m = ph_tensor_read(mask)[n % masks * PLANE + at];
    expected[i] =
        m * free_image[i] + (1 - m) * ph_tensor_read(fixed)[(n % fixed_images * 3 + k) * PLANE + at];
  }
  arrays_near(image, expected, 2 * 3 * PLANE, 1e-6, "free and fixed are blended");
  ok(image[0] == ph_tensor_read(fixed)[0] && image[1] == free_image[1], "exactly, where the mask is 0 or 1");
  expect_derivative(p, "masked");
  ok(ph_tensor_read(ph_parameterisation_gradient(p))[0] == 0, "what is fixed has no gradient");
  ph_tensor_fill(fixed, 0), ph_tensor_fill(mask, 0);
  ok(ph_tensor_read(ph_parameterisation_forward(p))[1] == free_image[1], "the mask given was copied");
  ph_parameterisation_release(p), ph_parameterisation_release(bare);
  ph_tensor_release(mask), ph_tensor_release(fixed);
}

static void test_mask_misuse(void) {
  ph_tensor *image = uniform(ph_shape4(1, 3, H, W), "image"), *mask = uniform(ph_shape4(1, 1, H, W), "mask"),
            *large = uniform(ph_shape4(1, 1, H, H), "mask");
  ph_random random = ph_random_stream(1, "init");
  const ph_given given[] = {{.random = &random, .mask = mask},
                            {.image = image, .fixed = image},
                            {.image = image, .mask = large},
                            {.image = image, .mask = mask, .fixed = mask}};
  static const char *const messages[] = {"a mask needs a fixed image", "a fixed image needs a mask",
                                         "mask: expected a tensor of shape 1x1x8x9, got 1x1x8x8",
                                         "fixed image: expected a tensor of shape 1x3x8x9, got 1x1x8x9"};
  ph_parameterisation *p = NULL;
  ph_error e;
  for (int i = 0; i < 4; i++) {
    ph_status status = ph_parameterisation_new("pixels", NULL, 0, &given[i], &p, &e);
    ok(status == PH_MISUSE && strstr(e.message, messages[i]) != NULL, "misuse: %s", e.message);
  }
  ok(ph_parameterisation_new("pixels", NULL, 0, &(ph_given){.image = image, .mask = mask}, &p, &e) == PH_OK,
     "the image that is started from may be the fixed one");
  arrays_near(ph_tensor_read(ph_parameterisation_forward(p)), ph_tensor_read(image), 3 * PLANE, 1e-5,
              "and comes back whole");
  ph_parameterisation_release(p);
  ph_tensor_release(image), ph_tensor_release(mask), ph_tensor_release(large);
}

int main(void) {
  test_stretch(3, 0);
  test_stretch(4, 0);
  test_stretch(3, 1);
  test_stretch(4, 1);
  test_stretched_flat();
  test_sum();
  test_sum_from_image();
  test_sum_misuse();
  test_sum_memory();
  test_grey(3);
  test_grey(4);
  test_grey_from_image();
  test_mask(1, 1);
  test_mask(2, 1);
  test_mask(1, 2);
  test_mask_misuse();
  return tap_done();
}
