/* SPDX-License-Identifier: MIT */
/* Colour: Lucid's matrix, each way of squashing, adjoints and derivatives, and the way back. */
#include "base/memory.h"
#include "colour/colour.h"
#include "tensor/random.h"

#include <string.h>

#include "tap.h"

enum { PIXELS = 2 * 3 * 5 * 7 };

static ph_shape shape_of(int channels) { return ph_shape4(2, channels, 5, 7); }

static void fill(ph_random *random, float *x, int64_t count, double mean, double deviation) {
  for (int64_t i = 0; i < count; i++) x[i] = (float)(mean + deviation * ph_random_normal(random));
}

static double dot(const float *a, const float *b, int64_t count) {
  double sum = 0;
  for (int64_t i = 0; i < count; i++) sum += (double)a[i] * (double)b[i];
  return sum;
}

/* Lucid's numbers, to their printed digits. */
static void test_matrix(void) {
  static const double expected[9] = {.562829,  .194825, .043295,  .584476, 0,
                                     -.108236, .584476, -.194825, .064942};
  ph_colour c = ph_colour_of(ph_colour_matrix, PH_SQUASH_NONE);
  const ph_shape pixel = ph_shape4(1, 3, 1, 1);
  char name[64];
  for (int j = 0; j < 3; j++) {
    float raw[3] = {0}, image[3];
    raw[j] = 1;
    ph_colour_forward(&c, pixel, raw, image);
    for (int i = 0; i < 3; i++) {
      static const double mean[3] = {.48, .46, .41};
      snprintf(name, sizeof name, "matrix row %d, column %d", i, j);
      near((double)image[i] - mean[i], expected[3 * i + j], 1e-6, name);
    }
  }
  c = ph_colour_of(ph_colour_matrix, PH_SQUASH_SIGMOID);
  float raw[3] = {0}, image[3];
  ph_colour_forward(&c, pixel, raw, image);
  ok(image[0] == 0.5f && image[1] == 0.5f && image[2] == 0.5f, "through a sigmoid no mean is added");
  c = ph_colour_of(NULL, PH_SQUASH_NONE);
  ph_colour_forward(&c, pixel, (const float[]){.1f, .2f, .3f}, image);
  ok(image[0] == .1f && image[1] == .2f && image[2] == .3f, "nor without a matrix, which changes nothing");
}

static void test_sigmoid(void) {
  enum { COUNT = 40001 };
  float *x = ph_alloc_array(COUNT, sizeof *x), *y = ph_alloc_array(COUNT, sizeof *y);
  ph_colour c = ph_colour_of(NULL, PH_SQUASH_SIGMOID);
  double worst = 0;
  for (int i = 0; i < COUNT; i++) x[i] = (float)(i - COUNT / 2) * (86.0f / (COUNT / 2));
  ph_colour_forward(&c, ph_shape4(1, 1, 1, COUNT), x, y);
  for (int i = 0; i < COUNT; i++) {
    double expected = 1 / (1 + exp(-(double)x[i]));
    worst = fmax(worst, fabs((double)y[i] - expected) / expected);
  }
  ok(worst < 3e-7, "sigmoid is exact to %.2g from -86 to 86", worst);
  const float odd[5] = {INFINITY, -INFINITY, NAN, 1e30f, -1e30f};
  float got[5];
  ph_colour_forward(&c, ph_shape4(1, 1, 1, 5), odd, got);
  ok(got[0] == 1 && got[3] == 1, "far above, it is 1");
  ok(got[1] >= 0 && got[1] < 1e-30f && got[4] >= 0 && got[4] < 1e-30f, "far below, it is next to 0");
  ok(isnan(got[2]), "NaN stays NaN");
  ph_free(x), ph_free(y);
}

static void test_clip(void) {
  ph_colour c = ph_colour_of(NULL, PH_SQUASH_CLIP);
  const ph_shape shape = ph_shape4(1, 1, 1, 6);
  const float raw[6] = {-1, 0, .25f, 1, 1.5f, NAN}, ones[6] = {1, 1, 1, 1, 1, 1};
  float image[6], gradient[6];
  ph_colour_forward(&c, shape, raw, image);
  ok(image[0] == 0 && image[1] == 0 && image[2] == .25f && image[3] == 1 && image[4] == 1, "clip cuts");
  ph_colour_backward(&c, shape, raw, image, ones, gradient);
  ok(gradient[0] == 0 && gradient[4] == 0, "no gradient where it cut");
  ok(gradient[1] == 1 && gradient[2] == 1 && gradient[3] == 1, "all of it elsewhere, at the ends too");
}

/* Without squashing the map is affine: its linear part's adjoint is the backward. */
static void test_adjoint(void) {
  ph_random random = ph_random_stream(1, "test");
  ph_colour c = ph_colour_of(ph_colour_matrix, PH_SQUASH_NONE);
  float raw[PIXELS], zero[PIXELS] = {0}, y[PIXELS], image[PIXELS], offset[PIXELS], back[PIXELS];
  fill(&random, raw, PIXELS, 0, 1);
  fill(&random, y, PIXELS, 0, 1);
  ph_colour_forward(&c, shape_of(3), raw, image);
  ph_colour_forward(&c, shape_of(3), zero, offset);
  ph_colour_backward(&c, shape_of(3), raw, image, y, back);
  near(dot(image, y, PIXELS) - dot(offset, y, PIXELS), dot(raw, back, PIXELS), 1e-5, "<M x, y> = <x, M' y>");
}

/* Whether a step at raw value i could take its pixel over an edge of clip, where there is no derivative;
   `unsquashed` holds the values before clipping. */
static int near_edge(ph_shape shape, const float *unsquashed, int64_t i) {
  const int64_t plane = shape.dim[2] * shape.dim[3], image = i / (shape.dim[1] * plane);
  const float *pixel = unsquashed + image * shape.dim[1] * plane + i % plane;
  for (int64_t k = 0; k < shape.dim[1]; k++) {
    double x = (double)pixel[k * plane];
    if (fabs(x) < 2e-3 || fabs(x - 1) < 2e-3) return 1;
  }
  return 0;
}

static void test_derivative(ph_squash squash, int channels) {
  enum { MOST = 2 * 4 * 5 * 7 };
  ph_random random = ph_random_stream(2, "test");
  ph_colour c = ph_colour_of(ph_colour_matrix, squash), bare = ph_colour_of(ph_colour_matrix, PH_SQUASH_NONE);
  const ph_shape shape = shape_of(channels);
  const int64_t count = ph_shape_count(shape);
  float raw[MOST], y[MOST], unsquashed[MOST], image[MOST], back[MOST], moved[MOST];
  const double step = 1e-3;
  double worst = 0;
  int64_t checked = 0;
  fill(&random, raw, count, .1, .4);
  fill(&random, y, count, 0, 1);
  ph_colour_forward(&bare, shape, raw, unsquashed);
  ph_colour_forward(&c, shape, raw, image);
  ph_colour_backward(&c, shape, raw, image, y, back);
  for (int64_t i = 0; i < count; i++) {
    if (squash == PH_SQUASH_CLIP && near_edge(shape, unsquashed, i)) continue;
    const float kept = raw[i];
    double difference = 0;
    for (int sign = -1; sign <= 1; sign += 2) {
      raw[i] = kept + (float)(sign * step);
      ph_colour_forward(&c, shape, raw, moved);
      difference += sign * dot(moved, y, count) / (2 * step);
    }
    raw[i] = kept;
    worst = fmax(worst, fabs(difference - (double)back[i]));
    checked++;
  }
  ok(worst < 1e-3 && checked > count * 9 / 10, "%s, %d channels: backward is the derivative (off by %.2g)",
     ph_squash_names[squash], channels, worst);
}

/* Opacity, a fourth channel, is squashed and not mixed; other counts are not mixed at all. */
static void test_channels(void) {
  ph_random random = ph_random_stream(4, "test");
  ph_colour c = ph_colour_of(ph_colour_matrix, PH_SQUASH_SIGMOID),
            plain = ph_colour_of(NULL, PH_SQUASH_SIGMOID);
  float four[4 * 6], three[3 * 6], a[4 * 6], b[3 * 6], d[4 * 6];
  fill(&random, four, 4 * 6, 0, 1);
  memcpy(three, four, sizeof three);
  ph_colour_forward(&c, ph_shape4(1, 4, 2, 3), four, a);
  ph_colour_forward(&c, ph_shape4(1, 3, 2, 3), three, b);
  ph_colour_forward(&plain, ph_shape4(1, 4, 2, 3), four, d);
  ok(memcmp(a, b, sizeof b) == 0, "of four channels the first three are mixed");
  ok(memcmp(a + 18, d + 18, 6 * sizeof *a) == 0, "and the fourth is not");
  ph_colour_forward(&c, ph_shape4(2, 2, 2, 3), four, a);
  ok(memcmp(a, d, sizeof a) == 0, "two channels are not mixed");
}

/* Spans and threads leave no trace: a large image equals its pixels taken one by one. */
static void test_spans(void) {
  enum { SIDE = 211, COUNT = 2 * 3 * SIDE * SIDE };
  ph_random random = ph_random_stream(5, "test");
  ph_colour c = ph_colour_of(ph_colour_matrix, PH_SQUASH_SIGMOID);
  float *raw = ph_alloc_array(COUNT, 4), *image = ph_alloc_array(COUNT, 4);
  int64_t differing = 0;
  fill(&random, raw, COUNT, 0, 1);
  ph_colour_forward(&c, ph_shape4(2, 3, SIDE, SIDE), raw, image);
  for (int64_t n = 0; n < 2; n++) {
    for (int64_t i = 0; i < SIDE * SIDE; i++) {
      float pixel[3], got[3];
      for (int k = 0; k < 3; k++) pixel[k] = raw[(n * 3 + k) * SIDE * SIDE + i];
      ph_colour_forward(&c, ph_shape4(1, 3, 1, 1), pixel, got);
      for (int k = 0; k < 3; k++) differing += got[k] != image[(n * 3 + k) * SIDE * SIDE + i];
    }
  }
  ok(differing == 0, "a large image equals its single pixels, bit by bit (%lld differ)",
     (long long)differing);
  ph_free(raw), ph_free(image);
}

static void test_inverse(void) {
  ph_random random = ph_random_stream(6, "test");
  float image[PIXELS], raw[PIXELS], again[PIXELS];
  ph_error e;
  for (int i = 0; i < PIXELS; i++) image[i] = (float)(.01 + .98 * ph_random_uniform(&random));
  for (int squash = 0; squash < 3; squash++) {
    for (int mixed = 0; mixed < 2; mixed++) {
      ph_colour c = ph_colour_of(mixed ? ph_colour_matrix : NULL, (ph_squash)squash);
      char name[96];
      ok(ph_colour_invert(&c, shape_of(3), image, raw, &e) == PH_OK, "%s is undone", ph_squash_names[squash]);
      ph_colour_forward(&c, shape_of(3), raw, again);
      snprintf(name, sizeof name, "an image survives %s, %s", ph_squash_names[squash],
               mixed ? "mixed" : "plain");
      arrays_near(again, image, PIXELS, 2e-6, name);
    }
  }
  ph_colour c = ph_colour_of(NULL, PH_SQUASH_SIGMOID);
  const float ends[2] = {0, 1};
  ok(ph_colour_invert(&c, ph_shape4(1, 1, 1, 2), ends, raw, &e) == PH_OK, "black and white are undone");
  near((double)raw[0], log(.001 / .999), 1e-5, "black as .001");
  near((double)raw[1], log(.999 / .001), 1e-5, "white as .999");
  static const double grey[9] = {1, 0, 0, 1, 0, 0, 1, 0, 0};
  c = ph_colour_of(grey, PH_SQUASH_SIGMOID);
  ok(ph_colour_invert(&c, shape_of(3), image, raw, &e) == PH_MISUSE, "a matrix of rank 1 cannot be: %s",
     e.message);
}

int main(void) {
  test_matrix();
  test_sigmoid();
  test_clip();
  test_adjoint();
  for (int squash = 0; squash < 3; squash++) {
    test_derivative((ph_squash)squash, 3);
    test_derivative((ph_squash)squash, 4);
  }
  test_channels();
  test_spans();
  test_inverse();
  return tap_done();
}
