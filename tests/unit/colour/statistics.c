/* SPDX-License-Identifier: MIT */
/* Statistics of photographs, on pictures whose numbers are known. */
#include "colour/statistics.h"

#include <string.h>

#include "base/memory.h"
#include "colour/colour.h"
#include "tensor/random.h"
#include "tap.h"

static const double identity[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};

static ph_photo_statistics *gather(int64_t h, int64_t w, const double *matrix) {
  ph_photo_statistics *s = NULL;
  ph_error e;
  if (ph_photo_statistics_new(h, w, matrix, &s, &e) != PH_OK) ok(0, "statistics: %s", e.message);
  return s;
}

static ph_tensor *blank(ph_shape shape) {
  ph_tensor *tensor = NULL;
  ph_error e;
  if (ph_tensor_new(shape, &tensor, &e) != PH_OK) ok(0, "a tensor: %s", e.message);
  return tensor;
}

/* Two pictures of 2 x 2: the sums are small enough for the head. */
static void test_colours(void) {
  static const float values[24] = {0, 1, 0, 1, 0, 0, 1, 1, .5f, .5f, .5f, .5f,
                                   1, 1, 0, 0, 1, 0, 1, 0, 0,   1,   .5f, .5f};
  ph_photo_statistics *s = gather(2, 2, NULL);
  ph_tensor *images = blank(ph_shape4(2, 3, 2, 2));
  double mean[3], covariance[9];
  ph_error e;
  memcpy(ph_tensor_data(images), values, sizeof values);
  ok(ph_photo_statistics_colours(s, mean, covariance, &e) == PH_MISUSE, "misuse: %s", e.message);
  ok(ph_photo_statistics_add(s, images, &e) == PH_OK && ph_photo_statistics_count(s) == 2, "two pictures");
  ok(ph_photo_statistics_colours(s, mean, covariance, &e) == PH_OK, "have colours");
  for (int k = 0; k < 3; k++) near(mean[k], 0.5, 1e-12, "their mean");
  int same = 1;
  for (int i = 0; i < 9; i++) {
    double sum = 0; /* over the eight pixels, of the products of what is off the mean */
    for (int p = 0; p < 8; p++)
      sum += (double)((values[12 * (p / 4) + 4 * (i / 3) + p % 4] - .5f) *
                      (values[12 * (p / 4) + 4 * (i % 3) + p % 4] - .5f));
    same = same && fabs(covariance[i] - sum / 8) < 1e-12;
  }
  ok(same, "and their covariance");
  ph_tensor_release(images);
  ph_photo_statistics_free(s);
}

/* A wave of amplitude a has |rfft2| = a h w / 2 at its frequency, and a flat colour c has c h w at 0. */
static void test_spectrum(void) {
  enum { H = 12, W = 10, COLUMNS = W / 2 + 1 };
  ph_photo_statistics *s = gather(H, W, identity);
  ph_tensor *images = blank(ph_shape4(1, 3, H, W)), *spectrum = NULL;
  float *data = ph_tensor_data(images);
  ph_error e;
  for (int turn = 0; turn < 2; turn++) { /* the mean magnitude knows no phase */
    for (int i = 0; i < H * W; i++) {
      const double angle = 2 * M_PI * (3.0 * (i / W) / H + 2.0 * (i % W) / W);
      data[i] = (float)(0.5 + (0.1 + 0.2 * turn) * cos(angle + turn));
      data[H * W + i] = 0.25f;
    }
    ok(ph_photo_statistics_add(s, images, &e) == PH_OK, "a wave");
  }
  ok(ph_photo_statistics_spectrum(s, &spectrum, &e) == PH_OK, "has a spectrum");
  const int64_t shape[] = {3, H, COLUMNS};
  ok(ph_shape_equal(ph_tensor_shape(spectrum), ph_shape_of(3, shape)), "of its size");
  const float *m = ph_tensor_read(spectrum);
  near((double)m[3 * COLUMNS + 2], 0.2 * H * W / 2, 1e-3, "the wave's frequency, averaged");
  near((double)m[9 * COLUMNS + 2], 0, 1e-3, "not its mirror image");
  near((double)m[0], 0.5 * H * W, 1e-3, "the mean colour");
  near((double)m[H * COLUMNS], 0.25 * H * W, 1e-3, "of each channel");
  ph_tensor_release(spectrum), ph_tensor_release(images);
  ph_photo_statistics_free(s);
}

/* By default a channel is what ImageNet's matrix makes colours of. */
static void test_decorrelated(void) {
  ph_photo_statistics *s = gather(4, 4, NULL);
  ph_tensor *image = blank(ph_shape4(1, 3, 4, 4)), *spectrum = NULL;
  ph_error e;
  for (int i = 0; i < 48; i++) ph_tensor_data(image)[i] = (float)(0.3 * ph_colour_matrix[3 * (i / 16) + 1]);
  ok(ph_photo_statistics_add(s, image, &e) == PH_OK, "the colour of the second channel");
  ok(ph_photo_statistics_spectrum(s, &spectrum, &e) == PH_OK, "has a spectrum");
  const float *m = ph_tensor_read(spectrum);
  near((double)m[0], 0, 1e-4, "nothing in the first channel");
  near((double)m[12], 0.3 * 16, 1e-4, "all in the second");
  near((double)m[24], 0, 1e-4, "nothing in the third");
  ph_tensor_release(spectrum), ph_tensor_release(image);
  ph_photo_statistics_free(s);
}

static void test_factor(void) {
  static const double factor[9] = {2, 0, 0, 1, 3, 0, -1, 0.5, 1}, rank2[9] = {1, 1, 0, 1, 1, 0, 0, 0, 1};
  double covariance[9] = {0}, matrix[9], most = 0;
  ph_error e;
  for (int i = 0; i < 9; i++)
    for (int k = 0; k < 3; k++) covariance[i] += factor[3 * (i / 3) + k] * factor[3 * (i % 3) + k];
  ok(ph_colour_factor(covariance, matrix, &e) == PH_OK, "a covariance has a factor");
  const double norm = sqrt(3 * 3 + 0.5 * 0.5); /* of the second column, the largest */
  for (int i = 0; i < 9; i++) most = fmax(most, fabs(matrix[i] - factor[i] / norm));
  ok(most < 1e-12, "Cholesky's, its largest column being 1 long");
  ok(ph_colour_factor(rank2, matrix, &e) == PH_FAILURE, "failure: %s", e.message);
}

static void test_misuse(void) {
  static const double flat[9] = {1, 0, 0, 1, 0, 0, 1, 0, 0};
  ph_photo_statistics *s = NULL;
  ph_error e;
  ok(ph_photo_statistics_new(4, 4, flat, &s, &e) == PH_MISUSE, "misuse: %s", e.message);
  s = gather(4, 5, NULL);
  ph_tensor *image = blank(ph_shape4(1, 3, 4, 4)), *odd = blank(ph_shape4(2, 3, 4, 5));
  ok(ph_photo_statistics_add(s, image, &e) == PH_MISUSE, "misuse: %s", e.message);
  ph_tensor_data(odd)[100] = NAN;
  ok(ph_photo_statistics_add(s, odd, &e) == PH_FAILURE && ph_photo_statistics_count(s) == 1, "failure: %s",
     e.message);
  ph_tensor_release(image), ph_tensor_release(odd);
  ph_photo_statistics_free(s);
}

static void test_memory(void) {
  const size_t blocks = ph_memory_blocks();
  ph_photo_statistics *s = NULL;
  ph_status status = PH_NO_MEMORY;
  ph_error e;
  int failures = 0, clean = 1;
  for (long n = 1; status == PH_NO_MEMORY && n < 50; n++) {
    ph_memory_fail_after(n);
    status = ph_photo_statistics_new(8, 8, NULL, &s, &e);
    ph_memory_fail_after(0);
    if (status == PH_NO_MEMORY) failures++, clean = clean && ph_memory_blocks() == blocks;
  }
  ok(status == PH_OK && clean && failures >= 5, "each of %d allocations may fail without a leak", failures);
  ph_photo_statistics_free(s);
  ph_photo_statistics_free(NULL);
  ok(ph_memory_blocks() == blocks, "nothing is left");
}

int main(void) {
  test_colours();
  test_spectrum();
  test_decorrelated();
  test_factor();
  test_misuse();
  test_memory();
  return tap_done();
}
