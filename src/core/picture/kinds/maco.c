/* SPDX-License-Identifier: MIT */
/* MaCo, magnitude-constrained optimisation (Fel et al., 2023): only the phases of the picture's spectrum are
   optimised, so that all frequencies keep the energy that they have in photographs. The values are the
   phases, (n, c, h, w / 2 + 1). The picture of one image is
     standardise(irfft2(magnitude * exp(i * standardise(phase)))),  standardise(x) = (x - mean) / (deviation +
   epsilon) over all channels, as in Xplique (features_visualizations/preconditioning.py) and Horama. The
   magnitudes come from a measured spectrum, or fall with frequency. Without standardising, and with
   magnitudes taken from an image to start from, that image's content is rearranged. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "colour/fourier.h"
#include "picture/parameterisation.h"
#include "standardise.h"

/* Below this many phases waking the other threads costs more than it saves. */
enum { PARALLEL_FROM = 1 << 14 };

typedef struct maco_config {
  ph_picture_settings picture;
  double decay, epsilon;
  bool standardise;
} maco_config;

typedef struct maco {
  const maco_config *config;
  bool own_magnitudes; /* those of the image to start from */
  int64_t batch, channels, h, w, columns;
  ph_fourier *fourier;
  float *magnitude; /* (n, c, h, columns), in the units of fourier.h without decay */
  float *phase;     /* standardised, or as it is; like magnitude */
  float *spectrum;  /* (n, c, h, columns, 2), and its gradient */
  float *picture;   /* (n, c, h, w), as the last forward made it */
  float *picture_gradient;
  double *phases, *pictures; /* (n), deviations before standardising */
} maco;

static const ph_field fields[] = {PH_PICTURE_FIELDS(maco_config, 1, 1),
                                  {"decay", PH_REAL, offsetof(maco_config, decay), 1, 0, 8, NULL,
                                   "where no spectrum is given, magnitudes fall as frequency to this power"},
                                  {"standardise", PH_FLAG, offsetof(maco_config, standardise), 1, 0, 1, NULL,
                                   "bring phases, and the picture, to mean 0 and deviation 1"},
                                  {"epsilon", PH_REAL, offsetof(maco_config, epsilon), 1e-5, 1e-12, 1, NULL,
                                   "added to the deviations that these are divided by"},
                                  {.key = NULL}};

static ph_status check(const void *config, const ph_given *given, ph_error *e) {
  static const char what[] = "parameterisation 'maco'", what_spectrum[] = "parameterisation 'maco': spectrum";
  const maco_config *c = config;
  char text[PH_SHAPE_TEXT];
  if (given->image != NULL && c->standardise)
    return ph_fail(e, PH_MISUSE, "%s: starting from an image requires standardise = false", what);
  if (given->spectrum == NULL) return PH_OK;
  ph_shape s = ph_tensor_shape(given->spectrum);
  if (s.rank != 3 || (s.dim[0] != 1 && s.dim[0] != c->picture.channels))
    return ph_fail(e, PH_MISUSE, "%s: a spectrum (1 or %lld, h, w // 2 + 1) expected, got %s", what,
                   (long long)c->picture.channels, ph_shape_print(s, text));
  ph_status status = ph_picture_settings_expect_finite(given->spectrum, what_spectrum, e);
  if (status != PH_OK) return status;
  const ph_statistics numbers = ph_tensor_statistics(given->spectrum);
  if (numbers.least >= 0 && numbers.most > 0) return PH_OK;
  return ph_fail(e, PH_MISUSE, "%s: magnitudes from %g to %g; they must not be negative, nor all be 0",
                 what_spectrum, numbers.least, numbers.most);
}

static ph_shape shape(const void *config) {
  const ph_picture_settings *p = &((const maco_config *)config)->picture;
  return ph_shape4(p->batch, p->channels, p->height, ph_fourier_columns(p->width));
}

/* ---- magnitudes ---- */

/* A measured spectrum of h x w pixels, one channel of it. */
typedef struct measured {
  int64_t h, w, columns;
  const float *magnitude;
} measured;

/* The columns do not determine the width; if it can equal the height, it does. */
static measured measured_of(const ph_tensor *spectrum, int64_t channel) {
  ph_shape s = ph_tensor_shape(spectrum);
  measured m = {.h = s.dim[1], .columns = s.dim[2]};
  m.w = ph_fourier_columns(m.h) == m.columns ? m.h : m.columns > 1 ? 2 * (m.columns - 1) : 1;
  m.magnitude = ph_tensor_read(spectrum) + (s.dim[0] == 1 ? 0 : channel) * m.h * m.columns;
  return m;
}

/* Row y counts from -h / 2. The mean colour, at frequency 0, is no measure for the frequencies beside it. */
static double read_measured(const measured *m, int64_t y, int64_t x) {
  const int64_t row = (y % m->h + m->h) % m->h, column = x < m->columns ? x : m->columns - 1;
  if (row == 0 && column == 0 && m->columns > 1) return (double)m->magnitude[1];
  return (double)m->magnitude[row * m->columns + column];
}

/* At a frequency in cycles a pixel, bilinear. */
static double interpolate(const measured *m, double fy, double fx) {
  const double y = fy * (double)m->h, x = fx * (double)m->w;
  const int64_t top = (int64_t)floor(y), left = (int64_t)floor(x);
  const double down = y - (double)top, right = x - (double)left;
  const double above = (1 - right) * read_measured(m, top, left) + right * read_measured(m, top, left + 1);
  const double below =
      (1 - right) * read_measured(m, top + 1, left) + right * read_measured(m, top + 1, left + 1);
  return (1 - down) * above + down * below;
}

/* One channel's magnitudes from a spectrum, |rfft2|, of any size: what a frequency contributes to the
   variance of a pixel stays the same. */
static void fill_from_spectrum(const maco *m, const measured *source, float *magnitude) {
  const double unit = 4 / sqrt((double)(source->h * source->w));
  for (int64_t y = 0; y < m->h; y++) {
    const double fy = (double)(y <= m->h / 2 ? y : y - m->h) / (double)m->h;
    for (int64_t x = 0; x < m->columns; x++)
      magnitude[y * m->columns + x] = (float)(unit * interpolate(source, fy, (double)x / (double)m->w));
  }
  magnitude[0] = (float)(unit * (double)source->magnitude[0]);
}

/* As fourier.h scales frequencies. */
static void fill_from_decay(const maco *m, float *magnitude) {
  const double h = (double)m->h, w = (double)m->w, least = 1 / fmax(h, w);
  for (int64_t y = 0; y < m->h; y++) {
    const double fy = (double)(y <= m->h / 2 ? y : m->h - y) / h;
    for (int64_t x = 0; x < m->columns; x++)
      magnitude[y * m->columns + x] =
          (float)(1 / pow(fmax(hypot(fy, (double)x / w), least), m->config->decay));
  }
}

static void fill_magnitudes(maco *m, const ph_tensor *spectrum) {
  const int64_t plane = m->h * m->columns;
  for (int64_t p = 0; p < m->batch * m->channels; p++) {
    if (spectrum != NULL) {
      const measured source = measured_of(spectrum, p % m->channels);
      fill_from_spectrum(m, &source, m->magnitude + p * plane);
    } else {
      fill_from_decay(m, m->magnitude + p * plane);
    }
  }
}

/* ---- life ---- */

static void close(void *state) {
  maco *m = state;
  if (m == NULL) return;
  ph_fourier_free(m->fourier);
  void *const blocks[] = {m->magnitude,        m->phase,  m->spectrum, m->picture,
                          m->picture_gradient, m->phases, m->pictures, m};
  for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) ph_free(blocks[i]);
}

static ph_status open(const void *config, const ph_given *given, void **state, ph_error *e) {
  const maco_config *c = config;
  const ph_picture_settings *p = &c->picture;
  ph_status status;
  maco *m = ph_alloc(sizeof *m);
  if (m == NULL) return ph_no_memory(e);
  m->config = c;
  m->own_magnitudes = given->image != NULL && given->spectrum == NULL;
  m->batch = p->batch, m->channels = p->channels, m->h = p->height, m->w = p->width;
  m->columns = ph_fourier_columns(m->w);
  PH_TRY(ph_fourier_new(m->batch * m->channels, m->h, m->w, 0, &m->fourier, e));
  const size_t count = (size_t)(m->batch * m->channels * m->h * m->columns), batch = (size_t)m->batch;
  const size_t pixels = (size_t)(m->batch * m->channels * m->h * m->w);
  m->magnitude = ph_alloc_array(count, sizeof(float));
  m->phase = ph_alloc_array(count, sizeof(float));
  m->spectrum = ph_alloc_array(2 * count, sizeof(float));
  m->picture = ph_alloc_array(pixels, sizeof(float));
  m->picture_gradient = ph_alloc_array(pixels, sizeof(float));
  m->phases = ph_alloc_array(batch, sizeof *m->phases);
  m->pictures = ph_alloc_array(batch, sizeof *m->pictures);
  if (m->magnitude == NULL || m->phase == NULL || m->spectrum == NULL || m->picture == NULL ||
      m->picture_gradient == NULL || m->phases == NULL || m->pictures == NULL)
    PH_TRY(ph_no_memory(e));
  fill_magnitudes(m, given->spectrum);
  *state = m;
  return PH_OK;
done:
  close(m);
  return status;
}

/* ---- the maps ---- */

static void forward(void *state, const float *values, float *raw) {
  maco *m = state;
  const int64_t phases = m->channels * m->h * m->columns, pixels = m->channels * m->h * m->w;
  memcpy(m->phase, values, (size_t)(m->batch * phases) * sizeof *m->phase);
  for (int64_t n = 0; n < m->batch && m->config->standardise; n++)
    m->phases[n] =
        ph_standardise(values + n * phases, phases, PH_PARTS_REAL, m->config->epsilon, m->phase + n * phases);
#pragma omp parallel for schedule(static) if (m->batch * phases >= PARALLEL_FROM)
  for (int64_t i = 0; i < m->batch * phases; i++) {
    m->spectrum[2 * i] = m->magnitude[i] * cosf(m->phase[i]);
    m->spectrum[2 * i + 1] = m->magnitude[i] * sinf(m->phase[i]);
  }
  ph_fourier_forward(m->fourier, m->spectrum, m->picture);
  for (int64_t n = 0; n < m->batch && m->config->standardise; n++)
    m->pictures[n] = ph_standardise(m->picture + n * pixels, pixels, PH_PARTS_REAL, m->config->epsilon,
                                    m->picture + n * pixels);
  memcpy(raw, m->picture, (size_t)(m->batch * pixels) * sizeof *raw);
}

static void backward(void *state, const float *values, const float *raw_gradient, float *gradient) {
  maco *m = state;
  const int64_t phases = m->channels * m->h * m->columns, pixels = m->channels * m->h * m->w;
  (void)values;
  memcpy(m->picture_gradient, raw_gradient, (size_t)(m->batch * pixels) * sizeof *raw_gradient);
  for (int64_t n = 0; n < m->batch && m->config->standardise; n++)
    ph_standardise_back(m->pictures[n], m->picture + n * pixels, pixels, PH_PARTS_REAL, m->config->epsilon,
                        m->picture_gradient + n * pixels);
  ph_fourier_backward(m->fourier, m->picture_gradient, m->spectrum);
#pragma omp parallel for schedule(static) if (m->batch * phases >= PARALLEL_FROM)
  for (int64_t i = 0; i < m->batch * phases; i++)
    gradient[i] = m->magnitude[i] *
                  (cosf(m->phase[i]) * m->spectrum[2 * i + 1] - sinf(m->phase[i]) * m->spectrum[2 * i]);
  for (int64_t n = 0; n < m->batch && m->config->standardise; n++)
    ph_standardise_back(m->phases[n], m->phase + n * phases, phases, PH_PARTS_REAL, m->config->epsilon,
                        gradient + n * phases);
}

/* Where the magnitudes are the image's own it comes back; with others it keeps its outlines only. */
static void invert(void *state, const float *raw, float *values) {
  maco *m = state;
  const int64_t count = m->batch * m->channels * m->h * m->columns;
  ph_fourier_invert(m->fourier, raw, m->spectrum);
  for (int64_t i = 0; i < count; i++) {
    const float real = m->spectrum[2 * i], imaginary = m->spectrum[2 * i + 1];
    if (m->own_magnitudes) m->magnitude[i] = hypotf(real, imaginary);
    values[i] = atan2f(imaginary, real);
  }
}

const ph_parameterisation_kind ph_parameterisation_maco = {
    .name = "maco",
    .summary = "the phases of a spectrum whose magnitudes are fixed",
    .fields = fields,
    .config_size = sizeof(maco_config),
    .takes_spectrum = true,
    .check = check,
    .shape = shape,
    .open = open,
    .close = close,
    .forward = forward,
    .backward = backward,
    .invert = invert,
};
