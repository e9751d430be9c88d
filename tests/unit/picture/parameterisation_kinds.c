/* SPDX-License-Identifier: MIT */
/* The kinds one by one, against numbers worked out by hand or from the formulas. What all kinds have in
   common is in parameterisation.c. */
#include <string.h>

#include "colour/fourier.h"
#include "picture/parameterisation.h"
#include "gradcheck.h"
#include "tap.h"

enum { MOST = 12 };

static ph_setting number(const char *key, double value) {
  return (ph_setting){.key = key, .count = 1, .value = {value}};
}
static ph_setting text(const char *key, const char *value) { return (ph_setting){.key = key, .text = value}; }

/* One of a kind whose image is its raw picture, from these settings and, of NULL, seeded noise. */
static ph_parameterisation *raw_of(const char *kind, const ph_setting *settings, int count,
                                   const ph_given *given) {
  ph_random random = ph_random_stream(1, "init");
  const ph_given noise = {.random = &random};
  ph_setting all[MOST];
  ph_parameterisation *p = NULL;
  ph_error e;
  for (int i = 0; i < count; i++) all[i] = settings[i];
  all[count++] = number("decorrelate", 0);
  all[count++] = text("squash", "none");
  if (ph_parameterisation_new(kind, all, count, given != NULL ? given : &noise, &p, &e) != PH_OK)
    ok(0, "%s: %s", kind, e.message);
  return p;
}

static float *values_of(ph_parameterisation *p) { return ph_tensor_data(ph_parameterisation_values(p)); }
static const float *image_of(ph_parameterisation *p) {
  return ph_tensor_read(ph_parameterisation_forward(p));
}
static int64_t values_count(ph_parameterisation *p) { return ph_tensor_count(ph_parameterisation_values(p)); }

/* The image's dot product with weights, as a function of the values. */
typedef struct functional {
  ph_parameterisation *p;
  ph_tensor *weights;
} functional;

static double functional_value(void *context) {
  const functional *f = context;
  return ph_tensor_dot(ph_parameterisation_forward(f->p), f->weights);
}

/* How far backward is from the derivative, every value moved by itself. */
static double derivative_error(ph_parameterisation *p, double step) {
  ph_random random = ph_random_stream(4, "functional");
  functional f = {.p = p};
  ph_error e;
  if (ph_tensor_new(ph_parameterisation_shape(p), &f.weights, &e) != PH_OK) return HUGE_VAL;
  ph_random_fill_normal(&random, f.weights, 0, 1);
  ph_parameterisation_forward(p);
  double error = HUGE_VAL;
  if (ph_parameterisation_backward(p, f.weights, &e) == PH_OK)
    error = gradcheck(functional_value, &f, values_of(p), values_count(p),
                      ph_tensor_read(ph_parameterisation_gradient(p)), step);
  ph_tensor_release(f.weights);
  return error;
}

/* ---- low resolution ---- */

/* TensorFlow 1's resize_bilinear: read at 0, .5, 1, 1.5, the last pixel repeating. */
static void test_interpolation(void) {
  const ph_setting settings[] = {number("channels", 1), number("height", 4), number("size", 2)};
  static const float expected[16] = {0, .5f, 1, 1, 1, 1.5f, 2, 2, 2, 2.5f, 3, 3, 2, 2.5f, 3, 3};
  ph_parameterisation *p = raw_of("low_resolution", settings, 3, NULL);
  for (int i = 0; i < 4; i++) values_of(p)[i] = (float)i;
  arrays_near(image_of(p), expected, 16, 1e-6, "low_resolution: 2x2 to 4x4");
  ph_parameterisation_release(p);
}

/* Two small pictures, 0 and 1, for four images. */
static void test_batch(const char *between, const float expected[4]) {
  const ph_setting settings[] = {number("channels", 1), number("height", 1), number("batch", 4),
                                 number("size", 1),     number("images", 2), text("between", between)};
  ph_parameterisation *p = raw_of("low_resolution", settings, 6, NULL);
  values_of(p)[0] = 0, values_of(p)[1] = 1;
  char name[64];
  snprintf(name, sizeof name, "low_resolution: a batch's %s", between);
  arrays_near(image_of(p), expected, 4, 1e-6, name);
  ph_parameterisation_release(p);
}

static void test_offset(void) {
  const ph_setting settings[] = {number("channels", 1), number("height", 2),
                                 number("width", 4),    {.key = "size", .count = 2, .value = {1, 4}},
                                 number("batch", 3),    {.key = "offset", .count = 2, .value = {0, 2}}};
  static const float expected[8] = {1, 0, 0, 1, 1, 0, 0, 1};
  ph_parameterisation *p = raw_of("low_resolution", settings, 6, NULL);
  for (int i = 0; i < 4; i++) values_of(p)[i] = (float)i;
  arrays_near(image_of(p), expected, 8, 1e-6, "low_resolution: moved by 2, mirrored");
  ok(derivative_error(p, 0.1) < 1e-5, "low_resolution: its adjoint");
  ph_parameterisation_release(p);
}

static void test_shared_gradient(void) {
  const ph_setting settings[] = {number("height", 7), number("width", 9),  number("batch", 5),
                                 number("size", 3),   number("images", 2), number("offset", 2)};
  ph_parameterisation *p = raw_of("low_resolution", settings, 6, NULL);
  ok(values_count(p) == 2 * 3 * 9, "low_resolution: few values for all images");
  double error = derivative_error(p, 0.1);
  ok(error < 1e-5, "low_resolution: backward is the derivative (off by %.2g)", error);
  ph_parameterisation_release(p);
}

/* ---- the Laplacian pyramid ---- */

static void test_laplacian(void) {
  const ph_setting settings[] = {number("height", 16), number("width", 24)};
  static const int64_t counts[4] = {3 * 16 * 24, 3 * 8 * 12, 3 * 4 * 6, 3 * 2 * 3};
  ph_parameterisation *p = raw_of("laplacian", settings, 2, NULL);
  float *values = values_of(p), expected[3 * 16 * 24];
  ok(values_count(p) == counts[0] + counts[1] + counts[2] + counts[3], "laplacian: four levels");
  for (int n = 0; n < 4; n++)
    for (int64_t i = 0; i < counts[n]; i++) *values++ = (float)(1 << n);
  for (int i = 0; i < 3 * 16 * 24; i++) expected[i] = 15;
  arrays_near(image_of(p), expected, counts[0], 1e-6, "laplacian: levels are added");
  ph_tensor_fill(ph_parameterisation_values(p), 0);
  values_of(p)[counts[0] + counts[1] + counts[2]] = 8; /* one pixel of the coarsest */
  const float *image = image_of(p);
  ok(image[0] == 8 && image[4] == 4 && image[8] == 0 && image[2 * 24] == 6 && image[2 * 24 + 4] == 3,
     "laplacian: a coarse pixel fades to its neighbours");
  ph_parameterisation_release(p);
}

/* From a photograph, each level takes what it can show. */
static void test_laplacian_levels(void) {
  ph_tensor *image;
  ph_error e;
  if (ph_tensor_new(ph_shape4(1, 3, 16, 16), &image, &e) != PH_OK) return;
  ph_tensor_fill(image, 0.75f);
  ph_parameterisation *p = raw_of("laplacian", NULL, 0, &(ph_given){.image = image});
  const float *values = values_of(p);
  near((double)values[3 * (256 + 64 + 16)], 0.75, 1e-6, "laplacian: the coarsest level takes the colour");
  near((double)values[0], 0, 1e-6, "laplacian: which leaves nothing for the finest");
  ph_parameterisation_release(p);
  ph_tensor_release(image);
}

/* ---- CPPN ---- */

static void test_cppn_start(void) {
  ph_parameterisation *p = raw_of("cppn", (const ph_setting[]){number("height", 12)}, 1, NULL);
  const float *values = values_of(p);
  const int64_t last = 8451 - 147;
  ok(values_count(p) == 8451, "cppn: Lucid's 8451 values");
  double most = 0, squares = 0, biases = 0;
  for (int64_t i = 72; i < 72 + 48 * 24; i++) {
    most = fmax(most, fabs((double)values[i]));
    squares += (double)values[i] * (double)values[i];
  }
  near(squares / (48 * 24), 1.0 / 48, 2e-3, "cppn: weights have the variance 1 / inputs");
  ok(most <= 2 / (0.8796 * sqrt(48)) && most > 1.8 / (0.8796 * sqrt(48)),
     "cppn: and are cut at two deviations");
  for (int layer = 1; layer < 8; layer++) /* a layer is 48 * 24 weights, 24 biases */
    for (int i = 0; i < 24; i++) biases += pow((double)values[72 + layer * 1176 - 24 + i], 2);
  near(sqrt(biases / (7 * 24)), 0.1, 0.02, "cppn: biases deviate by .1");
  int zeros = 0;
  for (int64_t i = 0; i < 144; i++) zeros += values[last + i] == 0;
  ok(zeros == 144, "cppn: the last layer's weights are 0");
  const float *image = image_of(p);
  ok(image[0] == image[143] && image[0] == values[8448] && image[144] == values[8449],
     "cppn: so that the picture starts as one colour, the last biases");
  ph_parameterisation_release(p);
}

/* One hidden output, at positions -sqrt 3, 0 and sqrt 3. */
static void test_cppn_by_hand(const char *activation) {
  const ph_setting settings[] = {number("channels", 1), number("height", 3), number("width", 3),
                                 number("layers", 1),   number("hidden", 1), text("activation", activation)};
  ph_parameterisation *p = raw_of("cppn", settings, 6, NULL);
  const int is_relu = strcmp(activation, "relu") == 0, is_composite = strcmp(activation, "composite") == 0;
  static const float two[6] = {.5f, -2, .25f, 3, .5f, -1}, one[5] = {.5f, -2, .25f, 3, -1};
  memcpy(values_of(p), is_relu ? one : two, is_relu ? sizeof one : sizeof two);
  float expected[9];
  for (int i = 0; i < 9; i++) {
    const double x = sqrt(3) * (i % 3 - 1), y = sqrt(3) * (i / 3 - 1), sum = .5 * x - 2 * y + .25;
    const double a = atan(sum), second = is_composite ? a * a / .6 : (a * a - .45) / .396;
    expected[i] =
        (float)(is_relu ? 3 * ((sum > 0 ? sum : 0) - .40) / .58 - 1 : 3 * a / .67 + .5 * second - 1);
  }
  char name[64];
  snprintf(name, sizeof name, "cppn: %s, by hand", activation);
  arrays_near(image_of(p), expected, 9, 1e-6, name);
  ph_parameterisation_release(p);
}

/* Every value, for images that are no whole number of blocks, and batches. */
static void test_cppn_derivative(const char *activation) {
  const ph_setting settings[] = {number("batch", 2),  number("height", 11), number("width", 13),
                                 number("layers", 2), number("hidden", 7),  text("activation", activation)};
  ph_parameterisation *p = raw_of("cppn", settings, 6, NULL);
  ph_random random = ph_random_stream(6, "values");
  ph_random_fill_normal(&random, ph_parameterisation_values(p), 0, 0.3);
  /* Where relu has its corner a step may cross it, the less often the smaller it is. */
  double error = derivative_error(p, strcmp(activation, "relu") == 0 ? 1e-4 : 2e-3);
  ok(error < 3e-3, "cppn, %s: backward is the derivative (off by %.2g)", activation, error);
  ph_parameterisation_release(p);
}

/* The same weights at another size, and of another batch, make the same picture. */
static void test_cppn_size(void) {
  const ph_setting small[] = {number("height", 17), number("width", 17)},
                   large[] = {number("height", 33), number("width", 33), number("batch", 2)};
  ph_parameterisation *a = raw_of("cppn", small, 2, NULL), *b = raw_of("cppn", large, 3, NULL);
  ph_random random = ph_random_stream(6, "values");
  ph_random_fill_normal(&random, ph_parameterisation_values(a), 0, 0.2);
  memcpy(values_of(b) + 8451, values_of(a), 8451 * sizeof(float));
  const float *x = image_of(a), *y = image_of(b) + 3 * 33 * 33;
  double worst = 0;
  for (int i = 0; i < 17 * 17; i++)
    worst = fmax(worst, fabs((double)(x[i] - y[2 * (i / 17) * 33 + 2 * (i % 17)])));
  ok(worst < 1e-5, "cppn: every other pixel of a picture twice as large (off by %.2g)", worst);
  ph_parameterisation_release(a), ph_parameterisation_release(b);
}

/* ---- MaCo ---- */

/* |spectrum| of the image, as fourier.h has it without decay, at row y, column x of channel 0. */
static double magnitude_of(const float *image, int64_t h, int64_t w, int64_t y, int64_t x) {
  ph_fourier *fourier;
  ph_error e;
  static float spectrum[2 * 64 * 64];
  if (ph_fourier_new(1, h, w, 0, &fourier, &e) != PH_OK) return (double)NAN;
  ph_fourier_invert(fourier, image, spectrum);
  ph_fourier_free(fourier);
  const float *at = spectrum + 2 * (y * ph_fourier_columns(w) + x);
  return hypot((double)at[0], (double)at[1]);
}

static void test_maco_magnitudes(void) {
  const ph_setting settings[] = {number("height", 16), number("width", 20), number("standardise", 0),
                                 number("decay", 1.5), number("deviation", 2)};
  ph_parameterisation *p = raw_of("maco", settings, 5, NULL);
  const float *image = image_of(p);
  near(magnitude_of(image, 16, 20, 3, 4), pow(hypot(3 / 16.0, 4 / 20.0), -1.5), 1e-4,
       "maco: without a spectrum magnitudes fall as frequency to the decay");
  near(magnitude_of(image, 16, 20, 13, 4), pow(hypot(3 / 16.0, 4 / 20.0), -1.5), 1e-4,
       "maco: above the horizontal axis as below");
  values_of(p)[3 * 11 + 4] += 1;
  near(magnitude_of(image_of(p), 16, 20, 3, 4), pow(hypot(3 / 16.0, 4 / 20.0), -1.5), 1e-4,
       "maco: whatever the phase");
  ph_parameterisation_release(p);
}

static void test_maco_spectrum(void) {
  const ph_setting settings[] = {number("height", 16), number("standardise", 0), number("deviation", 2)};
  ph_random random = ph_random_stream(1, "init");
  ph_tensor *spectrum;
  ph_error e;
  /* 8 x 8 pixels: |rfft2| is 1 + column, and 1 more where the row's frequency is positive; 100 at 0. */
  if (ph_tensor_new(ph_shape_of(3, (const int64_t[]){1, 8, 5}), &spectrum, &e) != PH_OK) return;
  for (int y = 0; y < 8; y++)
    for (int x = 0; x < 5; x++)
      ph_tensor_data(spectrum)[5 * y + x] = (float)(1 + x + (y >= 1 && y <= 4 ? 1 : 0));
  ph_tensor_data(spectrum)[0] = 100;
  ph_parameterisation *p = raw_of("maco", settings, 3, &(ph_given){.random = &random, .spectrum = spectrum});
  const float *image = image_of(p);
  const double unit = 4 / 8.0; /* |rfft2| to fourier.h's numbers: 4 / sqrt(pixels) */
  near(magnitude_of(image, 16, 16, 4, 4), unit * 4, 1e-4, "maco: a frequency that the spectrum has");
  near(magnitude_of(image, 16, 16, 12, 4), unit * 3, 1e-4, "maco: on the other side");
  near(magnitude_of(image, 16, 16, 4, 5), unit * 4.5, 1e-4, "maco: one between two columns");
  near(magnitude_of(image, 16, 16, 15, 4), unit * 3, 1e-4, "maco: one between two rows");
  near(magnitude_of(image, 16, 16, 0, 1), unit * 2, 1e-4, "maco: beside 0, which is left out");
  ph_parameterisation_release(p);
  ph_tensor_release(spectrum);
}

/* Horama's: neither the spectrum's strength nor its mean is any matter. */
static void test_fourier_standardised(void) {
  const ph_setting settings[] = {number("batch", 2),       number("height", 12), number("width", 9),
                                 number("standardise", 1), number("decay", 1.5), number("deviation", 1)};
  ph_parameterisation *p = raw_of("fourier", settings, 6, NULL);
  const float *image = image_of(p);
  for (int n = 0; n < 2; n++) {
    double sum = 0, squares = 0;
    for (int i = 0; i < 3 * 108; i++) {
      sum += (double)image[n * 3 * 108 + i];
      squares += pow((double)image[n * 3 * 108 + i], 2);
    }
    near(sum, 0, 1e-3, "fourier, standardised: each picture's mean is 0");
    near(sqrt(squares / (3 * 108)), 1, 1e-3, "fourier, standardised: its deviation 1");
  }
  float kept[3 * 108];
  memcpy(kept, image, sizeof kept);
  for (int64_t i = 0; i < values_count(p) / 2; i++)
    values_of(p)[i] = 3 * values_of(p)[i] + (i % 2 == 0 ? 1.0f : -2.0f);
  arrays_near(image_of(p), kept, 3 * 108, 1e-3,
              "fourier, standardised: in the complex plane, with two means");
  double error = derivative_error(p, 1e-2);
  ok(error < 1e-3, "fourier, standardised: backward is the derivative (off by %.2g)", error);
  ph_parameterisation_release(p);
}

static void test_maco_standardised(void) {
  const ph_setting settings[] = {number("batch", 2), number("height", 12), number("width", 9)};
  ph_parameterisation *p = raw_of("maco", settings, 3, NULL);
  const float *image = image_of(p);
  for (int n = 0; n < 2; n++) {
    double sum = 0, squares = 0;
    for (int i = 0; i < 3 * 108; i++) {
      sum += (double)image[n * 3 * 108 + i];
      squares += pow((double)image[n * 3 * 108 + i], 2);
    }
    near(sum, 0, 1e-3, "maco: each picture's mean is 0");
    near(sqrt(squares / (3 * 108)), 1, 1e-3, "maco: its deviation 1");
  }
  float kept[3 * 108];
  memcpy(kept, image, sizeof kept);
  for (int64_t i = 0; i < values_count(p) / 2; i++) values_of(p)[i] = 3 * values_of(p)[i] + 1;
  arrays_near(image_of(p), kept, 3 * 108, 1e-3, "maco: phases are standardised, so their scale is no matter");
  double error = derivative_error(p, 1e-2);
  ok(error < 1e-3, "maco: backward is the derivative (off by %.2g)", error);
  ph_parameterisation_release(p);
}

static void test_maco_from_image(void) {
  ph_random random = ph_random_stream(3, "image");
  ph_tensor *image;
  ph_parameterisation *p = NULL;
  ph_error e;
  if (ph_tensor_new(ph_shape4(1, 3, 10, 13), &image, &e) != PH_OK) return;
  ph_random_fill_uniform(&random, image, 0.1, 0.9);
  const ph_setting free_scale = number("standardise", 0);
  ok(ph_parameterisation_new("maco", &free_scale, 1, &(ph_given){.image = image}, &p, &e) == PH_OK,
     "maco from an image");
  arrays_near(ph_tensor_read(ph_parameterisation_forward(p)), ph_tensor_read(image), 390, 1e-5,
              "maco: with the image's own magnitudes it comes back");
  ph_parameterisation_release(p);
  ok(ph_parameterisation_new("maco", NULL, 0, &(ph_given){.image = image}, &p, &e) == PH_MISUSE, "misuse: %s",
     e.message);
  ph_tensor_release(image);
}

/* ---- what is refused ---- */

static void refused(const char *kind, const ph_setting *settings, int count, const ph_given *given,
                    const char *part) {
  ph_random random = ph_random_stream(1, "init");
  ph_given all = *given;
  ph_parameterisation *p = NULL;
  ph_error e = {PH_OK, ""};
  if (all.image == NULL) all.random = &random;
  ph_status status = ph_parameterisation_new(kind, settings, count, &all, &p, &e);
  if (!ok(status == PH_MISUSE && strstr(e.message, part) != NULL, "misuse: %s", e.message))
    printf("# expected a message with: %s\n", part);
}

static void test_refusals(void) {
  const ph_given none = {0};
  ph_tensor *image;
  ph_error e;
  if (ph_tensor_new(ph_shape4(1, 3, 8, 8), &image, &e) != PH_OK) return;
  const ph_setting tiny = number("height", 7), size = number("size", 4);
  const ph_setting large = number("size", 200), crowd[] = {size, number("images", 2)},
                   far[] = {size, number("height", 8), number("offset", 9)};
  refused("laplacian", &tiny, 1, &none, "7x7 pixels cannot be halved 3 times");
  refused("low_resolution", NULL, 0, &none, "size must be given");
  refused("low_resolution", &large, 1, &none, "size 200x200 is more than the image's 128x128");
  refused("low_resolution", crowd, 2, &none, "2 small pictures are more than the batch of 1 images");
  refused("low_resolution", far, 3, &none, "an offset of 9 is more than the image's 8 pixels");
  refused("low_resolution", &size, 1, &(ph_given){.image = image},
          "'low_resolution': starts from noise, even towards an image; give random too");
  refused("cppn", NULL, 0, &(ph_given){.image = image}, "'cppn': starts from noise, even towards an image");
  refused("fourier", NULL, 0, &(ph_given){.spectrum = image}, "'fourier': takes no spectrum");
  refused("maco", NULL, 0, &(ph_given){.spectrum = image}, "a spectrum (1 or 3, h, w // 2 + 1) expected");
  ph_tensor_release(image);
}

int main(void) {
  test_interpolation();
  test_batch("blend", (const float[4]){0, .5f, 1, 1});
  test_batch("groups", (const float[4]){0, 0, 1, 1});
  test_offset();
  test_shared_gradient();
  test_laplacian();
  test_laplacian_levels();
  test_cppn_start();
  static const char *const activations[] = {"composite", "unbiased", "relu"};
  for (int i = 0; i < 3; i++) {
    test_cppn_by_hand(activations[i]);
    test_cppn_derivative(activations[i]);
  }
  test_cppn_size();
  test_maco_magnitudes();
  test_maco_spectrum();
  test_maco_standardised();
  test_fourier_standardised();
  test_maco_from_image();
  test_refusals();
  return tap_done();
}
