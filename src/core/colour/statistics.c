/* SPDX-License-Identifier: MIT */
/* Sums over pictures, in double precision: of colours, of products of colours, of magnitudes. */
#include "statistics.h"

#include <math.h>

#include "base/memory.h"
#include "colour.h"
#include "fourier.h"

struct ph_photo_statistics {
  int64_t h, w, columns, count;
  ph_colour colour; /* its inverse decorrelates */
  ph_fourier *fourier;
  double sum[3], products[9];
  double *magnitude; /* (3, h, columns), summed */
  float *channels;   /* (3, h, w) */
  float *spectrum;   /* (3, h, columns, 2) */
};

void ph_photo_statistics_free(ph_photo_statistics *s) {
  if (s == NULL) return;
  ph_fourier_free(s->fourier);
  ph_free(s->magnitude);
  ph_free(s->channels);
  ph_free(s->spectrum);
  ph_free(s);
}

static int64_t plane_of(const ph_photo_statistics *s) { return s->h * s->w; }

ph_status ph_photo_statistics_new(int64_t h, int64_t w, const double *matrix,
                                  ph_photo_statistics **statistics, ph_error *e) {
  ph_status status;
  const float grey[3] = {0};
  float none[3];
  ph_photo_statistics *s = ph_alloc(sizeof *s);
  if (s == NULL) return ph_no_memory(e);
  s->h = h, s->w = w, s->columns = ph_fourier_columns(w);
  s->colour = ph_colour_of(matrix != NULL ? matrix : ph_colour_matrix, PH_SQUASH_NONE);
  for (int k = 0; k < 3; k++) s->colour.mean[k] = 0;
  PH_TRY(ph_colour_invert(&s->colour, ph_shape4(1, 3, 1, 1), grey, none, e)); /* is there an inverse? */
  PH_TRY(ph_fourier_new(3, h, w, 0, &s->fourier, e));
  s->magnitude = ph_alloc_array((size_t)(3 * h * s->columns), sizeof *s->magnitude);
  s->channels = ph_alloc_array((size_t)(3 * h * w), sizeof *s->channels);
  s->spectrum = ph_alloc_array((size_t)(6 * h * s->columns), sizeof *s->spectrum);
  if (s->magnitude == NULL || s->channels == NULL || s->spectrum == NULL) PH_TRY(ph_no_memory(e));
  *statistics = s;
  return PH_OK;
done:
  ph_photo_statistics_free(s);
  return status;
}

/* ---- taking in ---- */

static bool is_finite(const float *x, int64_t count) {
  for (int64_t i = 0; i < count; i++)
    if (!isfinite(x[i])) return false;
  return true;
}

static void add_colours(ph_photo_statistics *s, const float *image) {
  const int64_t plane = plane_of(s);
  for (int a = 0; a < 3; a++) {
    for (int64_t i = 0; i < plane; i++) s->sum[a] += (double)image[a * plane + i];
    for (int b = 0; b <= a; b++) {
      double sum = 0;
      for (int64_t i = 0; i < plane; i++) sum += (double)image[a * plane + i] * (double)image[b * plane + i];
      s->products[3 * a + b] += sum;
    }
  }
}

static ph_status add_spectrum(ph_photo_statistics *s, const float *image, ph_error *e) {
  const ph_shape shape = ph_shape4(1, 3, s->h, s->w);
  /* The Fourier basis without decay has every frequency divided by this. */
  const double unit = sqrt((double)plane_of(s)) / 4;
  ph_status status = ph_colour_invert(&s->colour, shape, image, s->channels, e);
  if (status != PH_OK) return status;
  ph_fourier_invert(s->fourier, s->channels, s->spectrum);
  for (int64_t i = 0; i < 3 * s->h * s->columns; i++)
    s->magnitude[i] += unit * hypot((double)s->spectrum[2 * i], (double)s->spectrum[2 * i + 1]);
  return PH_OK;
}

ph_status ph_photo_statistics_add(ph_photo_statistics *s, const ph_tensor *images, ph_error *e) {
  ph_shape wanted = ph_shape4(1, 3, s->h, s->w);
  if (ph_tensor_shape(images).rank == 4) wanted.dim[0] = ph_tensor_shape(images).dim[0];
  ph_status status = ph_tensor_expect(images, wanted, "statistics: pictures", e);
  for (int64_t n = 0; status == PH_OK && n < wanted.dim[0]; n++) {
    const float *image = ph_tensor_read(images) + n * 3 * plane_of(s);
    if (!is_finite(image, 3 * plane_of(s)))
      return ph_fail(e, PH_FAILURE, "statistics: picture %lld contains NaN or infinity", (long long)n);
    status = add_spectrum(s, image, e);
    if (status != PH_OK) return status;
    add_colours(s, image);
    s->count++;
  }
  return status;
}

/* ---- giving out ---- */

int64_t ph_photo_statistics_count(const ph_photo_statistics *s) { return s->count; }

static ph_status expect_some(const ph_photo_statistics *s, ph_error *e) {
  return s->count > 0 ? PH_OK : ph_fail(e, PH_MISUSE, "statistics: no pictures were added");
}

ph_status ph_photo_statistics_colours(const ph_photo_statistics *s, double mean[3], double covariance[9],
                                      ph_error *e) {
  ph_status status = expect_some(s, e);
  if (status != PH_OK) return status;
  const double pixels = (double)s->count * (double)plane_of(s);
  for (int a = 0; a < 3; a++) mean[a] = s->sum[a] / pixels;
  for (int a = 0; a < 3; a++)
    for (int b = 0; b <= a; b++)
      covariance[3 * a + b] = covariance[3 * b + a] = s->products[3 * a + b] / pixels - mean[a] * mean[b];
  return PH_OK;
}

ph_status ph_photo_statistics_spectrum(const ph_photo_statistics *s, ph_tensor **spectrum, ph_error *e) {
  ph_status status = expect_some(s, e);
  if (status != PH_OK) return status;
  const int64_t shape[] = {3, s->h, s->columns};
  status = ph_tensor_new(ph_shape_of(3, shape), spectrum, e);
  if (status != PH_OK) return status;
  for (int64_t i = 0; i < ph_tensor_count(*spectrum); i++)
    ph_tensor_data(*spectrum)[i] = (float)(s->magnitude[i] / (double)s->count);
  return PH_OK;
}

ph_status ph_colour_factor(const double covariance[9], double matrix[9], ph_error *e) {
  const double least = 1e-9 * (covariance[0] + covariance[4] + covariance[8]);
  double largest = 0;
  for (int a = 0; a < 3; a++) {
    for (int b = 0; b < 3; b++) {
      double rest = covariance[3 * a + b];
      for (int k = 0; k < a && k < b; k++) rest -= matrix[3 * a + k] * matrix[3 * b + k];
      if (a == b && !(rest > least))
        return ph_fail(e, PH_FAILURE,
                       "colours that vary in fewer than three directions have no colour matrix");
      matrix[3 * a + b] = b > a ? 0 : a == b ? sqrt(rest) : rest / matrix[3 * b + b];
    }
  }
  for (int b = 0; b < 3; b++)
    largest = fmax(
        largest, sqrt(matrix[b] * matrix[b] + matrix[3 + b] * matrix[3 + b] + matrix[6 + b] * matrix[6 + b]));
  for (int i = 0; i < 9; i++) matrix[i] /= largest;
  return PH_OK;
}
