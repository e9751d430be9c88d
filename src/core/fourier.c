/* The Fourier basis on FFTW. One plan serves every plane, so an image of a batch has the same bits whatever
   the batch's size and the number of threads. FFTW_ESTIMATE, because a plan that was chosen by measuring
   may differ, and round differently, from one run to the next. */
#include "fourier.h"

#include <fftw3.h>
#include <math.h>
#include <string.h>

#include "memory.h"

/* Below this many image elements, waking other threads costs more than it saves. */
enum { PARALLEL_FROM = 1 << 17 };

struct ph_fourier {
  int64_t planes, h, w, columns;
  float *gain;         /* (h, columns): scale / (4 w h) */
  fftwf_complex *work; /* (planes, h, columns): the scaled spectrum, which FFTW's c2r overwrites */
  fftwf_plan to_image, to_spectrum;
};

int64_t ph_fourier_columns(int64_t w) { return w / 2 + 1; }

static int64_t elements(const ph_fourier *f) { return f->planes * f->h * f->w; }

static void fill_gain(ph_fourier *f, double decay) {
  double h = (double)f->h, w = (double)f->w;
  double least = 1.0 / fmax(w, h), energy = sqrt(w * h) / (4.0 * w * h);
  for (int64_t y = 0; y < f->h; y++) {
    double fy = (double)(y <= f->h / 2 ? y : f->h - y) / h;
    for (int64_t x = 0; x < f->columns; x++) {
      double frequency = hypot(fy, (double)x / w);
      f->gain[y * f->columns + x] = (float)(energy / pow(fmax(frequency, least), decay));
    }
  }
}

/* Arrays come from callers, at any address a float may have: hence FFTW_UNALIGNED. The planner only looks at
   the arrays it is given here, so `image` is scratch. */
static ph_status make_plans(ph_fourier *f, ph_error *e) {
  const unsigned flags = FFTW_ESTIMATE | FFTW_UNALIGNED;
  float *image = ph_alloc_array((size_t)(f->h * f->w), sizeof(float));
  if (image == NULL) return ph_no_memory(e);
  f->to_image = fftwf_plan_dft_c2r_2d((int)f->h, (int)f->w, f->work, image, flags);
  f->to_spectrum = fftwf_plan_dft_r2c_2d((int)f->h, (int)f->w, image, f->work, flags | FFTW_PRESERVE_INPUT);
  ph_free(image);
  return f->to_image != NULL && f->to_spectrum != NULL ? PH_OK : ph_no_memory(e);
}

ph_status ph_fourier_new(int64_t planes, int64_t h, int64_t w, double decay, ph_fourier **fourier,
                         ph_error *e) {
  ph_status status;
  ph_fourier *f = NULL;
  if (planes < 1 || h < 1 || w < 1 || h > PH_FOURIER_MOST_SIDE || w > PH_FOURIER_MOST_SIDE)
    return ph_fail(e, PH_MISUSE, "Fourier basis: %lld planes of %lldx%lld; sides may be 1..%d",
                   (long long)planes, (long long)h, (long long)w, PH_FOURIER_MOST_SIDE);
  PH_TRY(ph_shape_check(ph_shape4(planes, h, ph_fourier_columns(w), 2), "Fourier basis", e));
  f = ph_alloc(sizeof *f);
  if (f == NULL) return ph_no_memory(e);
  f->planes = planes, f->h = h, f->w = w, f->columns = ph_fourier_columns(w);
  f->gain = ph_alloc_array((size_t)(h * f->columns), sizeof *f->gain);
  f->work = ph_alloc_array((size_t)(planes * h * f->columns), sizeof *f->work);
  PH_TRY(f->gain != NULL && f->work != NULL ? PH_OK : ph_no_memory(e));
  PH_TRY(make_plans(f, e));
  fill_gain(f, decay);
  *fourier = f;
  return PH_OK;
fail:
  ph_fourier_free(f);
  return status;
}

void ph_fourier_free(ph_fourier *f) {
  if (f == NULL) return;
  fftwf_destroy_plan(f->to_image);
  fftwf_destroy_plan(f->to_spectrum);
  ph_free(f->gain);
  ph_free(f->work);
  ph_free(f);
}

/* The first column, and an even width's last, are their own mirror. What FFTW does with a half-spectrum that
   no real image has is undocumented, so these columns are given their Hermitian part, which is what the real
   part of the sum sees of them. */
static void make_hermitian(const ph_fourier *f, fftwf_complex *plane, int64_t column) {
  for (int64_t y = 0; y <= f->h / 2; y++) {
    float *a = plane[y * f->columns + column], *b = plane[(f->h - y) % f->h * f->columns + column];
    float real = 0.5f * (a[0] + b[0]), imaginary = 0.5f * (a[1] - b[1]);
    b[0] = real, b[1] = -imaginary;
    a[0] = real, a[1] = imaginary;
  }
}

static void forward_plane(const ph_fourier *f, const float *spectrum, fftwf_complex *work, float *image) {
  const int64_t count = f->h * f->columns;
  for (int64_t i = 0; i < count; i++) {
    work[i][0] = f->gain[i] * spectrum[2 * i];
    work[i][1] = f->gain[i] * spectrum[2 * i + 1];
  }
  make_hermitian(f, work, 0);
  if (f->w % 2 == 0) make_hermitian(f, work, f->w / 2);
  fftwf_execute_dft_c2r(f->to_image, work, image);
}

void ph_fourier_forward(ph_fourier *f, const float *spectrum, float *image) {
  const int64_t count = f->h * f->columns;
#pragma omp parallel for schedule(static) if (elements(f) >= PARALLEL_FROM)
  for (int64_t p = 0; p < f->planes; p++)
    forward_plane(f, spectrum + 2 * p * count, f->work + p * count, image + p * f->h * f->w);
}

/* FFTW's interface has no const; FFTW_PRESERVE_INPUT keeps the promise. */
static void transform_plane(const ph_fourier *f, const float *image, float *spectrum) {
  fftwf_execute_dft_r2c(f->to_spectrum, (float *)(uintptr_t)image, (fftwf_complex *)spectrum);
}

static void halve_column(const ph_fourier *f, float *spectrum, int64_t column) {
  for (int64_t y = 0; y < f->h; y++) {
    float *number = spectrum + 2 * (y * f->columns + column);
    number[0] *= 0.5f;
    number[1] *= 0.5f;
  }
}

/* A column stands for itself and its mirror, so its gradient counts twice, unless it is its own mirror. */
static void backward_plane(const ph_fourier *f, const float *image, float *spectrum) {
  const int64_t count = f->h * f->columns;
  transform_plane(f, image, spectrum);
  for (int64_t i = 0; i < count; i++) {
    spectrum[2 * i] *= 2.0f * f->gain[i];
    spectrum[2 * i + 1] *= 2.0f * f->gain[i];
  }
  halve_column(f, spectrum, 0);
  if (f->w % 2 == 0) halve_column(f, spectrum, f->w / 2);
}

void ph_fourier_backward(ph_fourier *f, const float *image_gradient, float *spectrum_gradient) {
  const int64_t count = 2 * f->h * f->columns;
#pragma omp parallel for schedule(static) if (elements(f) >= PARALLEL_FROM)
  for (int64_t p = 0; p < f->planes; p++)
    backward_plane(f, image_gradient + p * f->h * f->w, spectrum_gradient + p * count);
}

void ph_fourier_invert(ph_fourier *f, const float *image, float *spectrum) {
  const int64_t count = f->h * f->columns;
  const float area = (float)(f->h * f->w);
  for (int64_t p = 0; p < f->planes; p++) {
    float *plane = spectrum + 2 * p * count;
    transform_plane(f, image + p * f->h * f->w, plane);
    for (int64_t i = 0; i < count; i++) {
      float factor = 1.0f / (f->gain[i] * area);
      plane[2 * i] *= factor;
      plane[2 * i + 1] *= factor;
    }
  }
}
