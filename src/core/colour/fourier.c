/* SPDX-License-Identifier: MIT */
/* The Fourier basis: the weights of the frequencies for the transform of dft.h. */
#include "fourier.h"

#include <math.h>

#include "base/memory.h"
#include "dft.h"

struct ph_fourier {
  int64_t planes, h, w, columns;
  float *gain; /* (h, columns): scale / (4 w h) */
  float *back; /* (h, columns): the adjoint's factors */
  ph_dft *dft;
};

int64_t ph_fourier_columns(int64_t w) { return ph_dft_columns(w); }

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

/* A column stands for itself and its mirror, so its gradient counts twice, unless it is its own mirror. */
static void fill_back(ph_fourier *f) {
  for (int64_t y = 0; y < f->h; y++)
    for (int64_t x = 0; x < f->columns; x++)
      f->back[y * f->columns + x] = (x == 0 || 2 * x == f->w ? 1.0f : 2.0f) * f->gain[y * f->columns + x];
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
  f->back = ph_alloc_array((size_t)(h * f->columns), sizeof *f->back);
  PH_TRY(f->gain != NULL && f->back != NULL ? PH_OK : ph_no_memory(e));
  PH_TRY(ph_dft_new(planes, h, w, &f->dft, e));
  fill_gain(f, decay);
  fill_back(f);
  *fourier = f;
  return PH_OK;
done:
  ph_fourier_free(f);
  return status;
}

void ph_fourier_free(ph_fourier *f) {
  if (f == NULL) return;
  ph_dft_free(f->dft);
  ph_free(f->gain);
  ph_free(f->back);
  ph_free(f);
}

void ph_fourier_forward(ph_fourier *f, const float *spectrum, float *image) {
  ph_dft_to_planes(f->dft, f->gain, spectrum, image);
}

void ph_fourier_backward(ph_fourier *f, const float *image_gradient, float *spectrum_gradient) {
  ph_dft_to_spectra(f->dft, f->back, image_gradient, spectrum_gradient);
}

/* By the adjoint's factors first, as they are at hand; what they are too much is divided out. */
void ph_fourier_invert(ph_fourier *f, const float *image, float *spectrum) {
  const int64_t count = f->h * f->columns;
  const float area = (float)(f->h * f->w);
  ph_dft_to_spectra(f->dft, f->back, image, spectrum);
  for (int64_t p = 0; p < f->planes; p++) {
    float *plane = spectrum + 2 * p * count;
    for (int64_t i = 0; i < count; i++) {
      float factor = 1.0f / (f->back[i] * area) / f->gain[i];
      plane[2 * i] *= factor;
      plane[2 * i + 1] *= factor;
    }
  }
}
