/* SPDX-License-Identifier: MIT */
/* The Fourier kind: the values are half-spectra, (n, c, h, w / 2 + 1, 2); fourier.h has the map. Optionally,
   each image's spectrum is standardised (mean 0, standard deviation 1) before the map, and its picture after
   it, as in Horama (fourier_fv.py): then the optimiser changes the picture's content, not its contrast. */
#include <string.h>

#include "base/memory.h"
#include "colour/fourier.h"
#include "picture/parameterisation.h"
#include "standardise.h"

typedef struct fourier_config {
  ph_picture_settings picture;
  double decay, epsilon;
  bool standardise;
} fourier_config;

typedef struct fourier {
  const fourier_config *config;
  ph_fourier *map;
  /* NULL where nothing is standardised: */
  float *spectrum, *picture; /* as the last forward standardised them */
  float *picture_gradient;
  double *spectra, *pictures; /* (n), deviations before standardising */
} fourier;

static const ph_field fields[] = {
    PH_PICTURE_FIELDS(fourier_config, 0.01, 1),
    {"decay", PH_REAL, offsetof(fourier_config, decay), 1, 0, 8, NULL,
     "amplitude falls as frequency to this power; 0 gives every frequency the same scale"},
    {"standardise", PH_FLAG, offsetof(fourier_config, standardise), 0, 0, 1, NULL,
     "bring spectra, and pictures, to mean 0 and deviation 1"},
    {"epsilon", PH_REAL, offsetof(fourier_config, epsilon), 1e-5, 1e-12, 1, NULL,
     "added to the deviations that these are divided by"},
    {.key = NULL}};

static ph_status check(const void *config, const ph_given *given, ph_error *e) {
  if (given->image == NULL || !((const fourier_config *)config)->standardise) return PH_OK;
  return ph_fail(e, PH_MISUSE,
                 "parameterisation 'fourier': starting from an image requires standardise = false");
}

static ph_shape shape(const void *config) {
  const ph_picture_settings *p = &((const fourier_config *)config)->picture;
  return ph_shape_of(5, (const int64_t[]){p->batch, p->channels, p->height, ph_fourier_columns(p->width), 2});
}

/* ---- life ---- */

static void close(void *state) {
  fourier *f = state;
  if (f == NULL) return;
  ph_fourier_free(f->map);
  void *const blocks[] = {f->spectrum, f->picture, f->picture_gradient, f->spectra, f->pictures, f};
  for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) ph_free(blocks[i]);
}

/* Numbers of one image's spectrum, and of its picture. */
static int64_t spectrum_size(const fourier *f) {
  return ph_shape_count(shape(f->config)) / f->config->picture.batch;
}
static int64_t picture_size(const fourier *f) {
  const ph_picture_settings *p = &f->config->picture;
  return p->channels * p->height * p->width;
}

static ph_status allocate(fourier *f, ph_error *e) {
  const size_t batch = (size_t)f->config->picture.batch, pixels = batch * (size_t)picture_size(f);
  f->spectrum = ph_alloc_array(batch * (size_t)spectrum_size(f), sizeof *f->spectrum);
  f->picture = ph_alloc_array(pixels, sizeof *f->picture);
  f->picture_gradient = ph_alloc_array(pixels, sizeof *f->picture_gradient);
  f->spectra = ph_alloc_array(batch, sizeof *f->spectra);
  f->pictures = ph_alloc_array(batch, sizeof *f->pictures);
  bool complete = f->spectrum != NULL && f->picture != NULL && f->picture_gradient != NULL &&
                  f->spectra != NULL && f->pictures != NULL;
  return complete ? PH_OK : ph_no_memory(e);
}

static ph_status open(const void *config, const ph_given *given, void **state, ph_error *e) {
  (void)given;
  const ph_picture_settings *p = config;
  ph_status status;
  fourier *f = ph_alloc(sizeof *f);
  if (f == NULL) return ph_no_memory(e);
  f->config = config;
  PH_TRY(ph_fourier_new(p->batch * p->channels, p->height, p->width, f->config->decay, &f->map, e));
  if (f->config->standardise) PH_TRY(allocate(f, e));
  *state = f;
  return PH_OK;
done:
  close(f);
  return status;
}

/* ---- the maps ---- */

static void forward(void *state, const float *values, float *raw) {
  fourier *f = state;
  const int64_t batch = f->config->picture.batch, numbers = spectrum_size(f), pixels = picture_size(f);
  const double epsilon = f->config->epsilon;
  if (!f->config->standardise) {
    ph_fourier_forward(f->map, values, raw);
    return;
  }
  for (int64_t n = 0; n < batch; n++)
    f->spectra[n] =
        ph_standardise(values + n * numbers, numbers, PH_PARTS_COMPLEX, epsilon, f->spectrum + n * numbers);
  ph_fourier_forward(f->map, f->spectrum, f->picture);
  for (int64_t n = 0; n < batch; n++)
    f->pictures[n] =
        ph_standardise(f->picture + n * pixels, pixels, PH_PARTS_REAL, epsilon, f->picture + n * pixels);
  memcpy(raw, f->picture, (size_t)(batch * pixels) * sizeof *raw);
}

static void backward(void *state, const float *values, const float *raw_gradient, float *gradient) {
  fourier *f = state;
  const int64_t batch = f->config->picture.batch, numbers = spectrum_size(f), pixels = picture_size(f);
  const double epsilon = f->config->epsilon;
  (void)values;
  if (!f->config->standardise) {
    ph_fourier_backward(f->map, raw_gradient, gradient);
    return;
  }
  memcpy(f->picture_gradient, raw_gradient, (size_t)(batch * pixels) * sizeof *raw_gradient);
  for (int64_t n = 0; n < batch; n++)
    ph_standardise_back(f->pictures[n], f->picture + n * pixels, pixels, PH_PARTS_REAL, epsilon,
                        f->picture_gradient + n * pixels);
  ph_fourier_backward(f->map, f->picture_gradient, gradient);
  for (int64_t n = 0; n < batch; n++)
    ph_standardise_back(f->spectra[n], f->spectrum + n * numbers, numbers, PH_PARTS_COMPLEX, epsilon,
                        gradient + n * numbers);
}

static void invert(void *state, const float *raw, float *values) {
  ph_fourier_invert(((fourier *)state)->map, raw, values);
}

const ph_parameterisation_kind ph_parameterisation_fourier = {
    .name = "fourier",
    .summary = "the image's spectrum, scaled so that all frequencies move alike",
    .fields = fields,
    .linear = true,
    .config_size = sizeof(fourier_config),
    .check = check,
    .shape = shape,
    .open = open,
    .close = close,
    .forward = forward,
    .backward = backward,
    .invert = invert,
};
