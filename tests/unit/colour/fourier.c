/* SPDX-License-Identifier: MIT */
/* The Fourier basis against a direct sum over every frequency, its adjoint, and its inverse. */
#include "base/memory.h"
#include "base/threads.h"
#include "colour/fourier.h"
#include "tensor/random.h"

#include <string.h>

#include "tap.h"

static const double PI = 3.14159265358979323846;
static const int sizes[][2] = {{1, 1}, {1, 2}, {2, 1}, {2, 2}, {3, 3},  {4, 4},   {5, 4},   {4, 5},
                               {7, 5}, {6, 9}, {8, 3}, {1, 7}, {9, 16}, {13, 11}, {12, 10}, {17, 32}};
enum { SIZES = sizeof sizes / sizeof *sizes };

static float *random_numbers(ph_random *random, int64_t count) {
  float *x = ph_alloc_array((size_t)count, sizeof *x);
  for (int64_t i = 0; i < count; i++) x[i] = (float)ph_random_normal(random);
  return x;
}

static double dot(const float *a, const float *b, int64_t count) {
  double sum = 0;
  for (int64_t i = 0; i < count; i++) sum += (double)a[i] * (double)b[i];
  return sum;
}

/* Lucid's scale: 1 / max(f, 1 / max(w, h))^decay * sqrt(w h), f from numpy's fftfreq. */
static double scale_at(int y, int x, int h, int w, double decay) {
  double fy = (double)(y < (h + 1) / 2 ? y : y - h) / h, fx = (double)(x < (w + 1) / 2 ? x : x - w) / w;
  return sqrt((double)w * h) / pow(fmax(sqrt(fy * fy + fx * fx), 1.0 / (w > h ? w : h)), decay);
}

/* The whole spectrum's sum, straight from the definition: frequencies beyond the half-spectrum are the
   conjugates of their mirrors, and of the sum the real part is taken. */
static void direct(const float *spectrum, float *image, int h, int w, double decay) {
  const int columns = w / 2 + 1;
  for (int j = 0; j < h; j++) {
    for (int i = 0; i < w; i++) {
      double sum = 0;
      for (int y = 0; y < h; y++) {
        for (int x = 0; x < w; x++) {
          int mirrored = x >= columns;
          int row = mirrored ? (h - y) % h : y, column = mirrored ? w - x : x;
          const float *number = spectrum + 2 * (row * columns + column);
          double angle = 2 * PI * ((double)y * j / h + (double)x * i / w);
          double imaginary = mirrored ? -(double)number[1] : (double)number[1];
          sum += scale_at(y, x, h, w, decay) * ((double)number[0] * cos(angle) - imaginary * sin(angle));
        }
      }
      image[j * w + i] = (float)(sum / ((double)w * h) / 4);
    }
  }
}

static void test_size(int h, int w, double decay) {
  enum { PLANES = 3 };
  ph_random random = ph_random_stream((uint64_t)(h * 100 + w), "test");
  ph_error e;
  ph_fourier *f = NULL;
  char name[96];
  const int64_t numbers = 2 * h * ph_fourier_columns(w), pixels = (int64_t)h * w;
  if (!ok(ph_fourier_new(PLANES, h, w, decay, &f, &e) == PH_OK, "%dx%d is planned", h, w)) return;
  float *s = random_numbers(&random, PLANES * numbers), *kept = ph_alloc_array(PLANES * (size_t)numbers, 4);
  float *y = random_numbers(&random, PLANES * pixels), *image = ph_alloc_array(PLANES * (size_t)pixels, 4);
  float *expected = ph_alloc_array((size_t)pixels, 4), *back = ph_alloc_array(PLANES * (size_t)numbers, 4);
  memcpy(kept, s, (size_t)(PLANES * numbers) * sizeof *s);

  ph_fourier_forward(f, s, image);
  direct(s + numbers, expected, h, w, decay);
  snprintf(name, sizeof name, "%dx%d, decay %g: the second plane equals the direct sum", h, w, decay);
  arrays_near(image + pixels, expected, pixels, 3e-6, name);
  ok(memcmp(kept, s, (size_t)(PLANES * numbers) * sizeof *s) == 0, "%dx%d: the spectrum is left alone", h, w);

  ph_fourier_backward(f, y, back);
  double left = dot(image, y, PLANES * pixels), right = dot(s, back, PLANES * numbers);
  double size = sqrt(dot(image, image, PLANES * pixels) * dot(y, y, PLANES * pixels));
  snprintf(name, sizeof name, "%dx%d, decay %g: <A s, y> = <s, A' y>", h, w, decay);
  near(left, right, 2e-6 * size, name);

  ph_fourier_invert(f, y, back);
  ph_fourier_forward(f, back, image);
  snprintf(name, sizeof name, "%dx%d, decay %g: an image survives its spectrum", h, w, decay);
  arrays_near(image, y, PLANES * pixels, 3e-6, name);

  ph_free(s), ph_free(kept), ph_free(y), ph_free(image), ph_free(expected), ph_free(back);
  ph_fourier_free(f);
}

/* Single numbers whose image is known: a constant, and a wave along each axis. */
static void test_waves(void) {
  ph_error e;
  ph_fourier *f = NULL;
  float spectrum[8 * 5 * 2] = {0}, image[8 * 8];
  ok(ph_fourier_new(1, 8, 8, 1, &f, &e) == PH_OK, "8x8 is planned");
  spectrum[0] = 1; /* frequency 0 counts as 1/8: scale 8 * 8, over 64 and 4 */
  ph_fourier_forward(f, spectrum, image);
  near((double)image[0], 0.25, 1e-7, "frequency 0 gives its number over 4 at decay 1");
  near((double)image[63], 0.25, 1e-7, "and the same everywhere");
  spectrum[0] = 0;
  spectrum[2 * 2] = 1; /* fx = 2/8: scale 4 * 8, twice for its mirror */
  ph_fourier_forward(f, spectrum, image);
  near((double)image[0], 0.25, 1e-7, "a wave along x has its amplitude");
  near((double)image[1], 0, 1e-7, "and its zero");
  near((double)image[2], -0.25, 1e-7, "and its trough");
  near((double)image[8], 0.25, 1e-7, "and does not change along y");
  spectrum[2 * 2] = 0;
  spectrum[2 * (5 * 6)] = 1; /* fy = -2/8, in a column that is its own mirror: its real part, once */
  ph_fourier_forward(f, spectrum, image);
  near((double)image[0], 0.125, 1e-7, "a wave along y has half of that amplitude");
  near((double)image[8 * 2], -0.125, 1e-7, "and its trough");
  ph_fourier_free(f);
}

/* No number depends on the planes beside it, nor on whether threads shared the work. */
static void test_planes(void) {
  enum { H = 96, W = 90, MANY = 16 };
  ph_random random = ph_random_stream(3, "test");
  ph_error e;
  ph_fourier *one = NULL, *many = NULL;
  const int64_t numbers = 2 * H * ph_fourier_columns(W);
  float *s = random_numbers(&random, MANY * numbers);
  float *a = ph_alloc_array(H * W, 4), *b = ph_alloc_array(MANY * H * W, 4);
  ok(ph_fourier_new(1, H, W, 1, &one, &e) == PH_OK && ph_fourier_new(MANY, H, W, 1, &many, &e) == PH_OK,
     "one plane and many are planned");
  ph_fourier_forward(many, s, b);
  int same = 1;
  for (int64_t p = 0; p < MANY; p++) {
    ph_fourier_forward(one, s + p * numbers, a);
    same = same && memcmp(a, b + p * H * W, H * W * sizeof *a) == 0;
  }
  ok(same, "a plane alone has the same bits as among others");
  ph_fourier_free(one), ph_fourier_free(many);
  ph_free(s), ph_free(a), ph_free(b);
}

/* There and back, by some threads and by one. */
static void test_threads(void) {
  enum { H = 131, W = 92, PLANES = 3 };
  ph_random random = ph_random_stream(4, "test");
  ph_error e;
  ph_fourier *f = NULL;
  const int64_t numbers = PLANES * 2 * H * ph_fourier_columns(W), pixels = PLANES * H * W;
  float *s = random_numbers(&random, numbers), *back[2], *image[2];
  ok(ph_fourier_new(PLANES, H, W, 1, &f, &e) == PH_OK, "planes are planned for several threads");
  for (int i = 0; i < 2; i++) {
    image[i] = ph_alloc_array((size_t)pixels, sizeof(float));
    back[i] = ph_alloc_array((size_t)numbers, sizeof(float));
    ph_set_team_size(i == 0 ? 1 : 5);
    ph_fourier_forward(f, s, image[i]);
    ph_fourier_backward(f, image[i], back[i]);
  }
  ok(memcmp(image[0], image[1], (size_t)pixels * sizeof(float)) == 0, "threads do not show in the image");
  ok(memcmp(back[0], back[1], (size_t)numbers * sizeof(float)) == 0, "nor in the gradient");
  for (int i = 0; i < 2; i++) ph_free(image[i]), ph_free(back[i]);
  ph_free(s);
  ph_fourier_free(f);
}

static void test_errors(void) {
  ph_error e;
  ph_fourier *f = NULL;
  const size_t blocks = ph_memory_blocks();
  ok(ph_fourier_new(1, 0, 4, 1, &f, &e) == PH_MISUSE, "a height of 0 is misuse");
  ok(ph_fourier_new(1, 4, PH_FOURIER_MOST_SIDE + 1, 1, &f, &e) == PH_MISUSE,
     "so is a width beyond the limit");
  ok(strstr(e.message, "4x16385") != NULL, "which the message names: %s", e.message);
  ph_status status = PH_NO_MEMORY;
  int failures = 0;
  for (long n = 1; status != PH_OK && n < 100; n++) {
    ph_memory_fail_after(n);
    status = ph_fourier_new(2, 6, 5, 1, &f, &e);
    ph_memory_fail_after(0);
    if (status == PH_NO_MEMORY && ph_memory_blocks() == blocks) failures++;
  }
  /* Six of ours, and the room that FFTW's plans are asked for. */
  ok(status == PH_OK && failures == 7, "each of %d allocations may fail without a leak", failures);
  ph_fourier_free(f);
  ph_fourier_free(NULL);
  ok(ph_memory_blocks() == blocks, "everything is freed");
}

int main(void) {
  for (int i = 0; i < SIZES; i++) test_size(sizes[i][0], sizes[i][1], 1.0);
  test_size(6, 8, 0.0);
  test_size(7, 5, 1.5);
  test_waves();
  test_planes();
  test_threads();
  test_errors();
  return tap_done();
}
