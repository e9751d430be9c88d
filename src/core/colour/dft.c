/* SPDX-License-Identifier: MIT */
/* Transforms of planes: along the columns, then along the rows, or the other way round. Two real rows are
   transformed as one complex one, a + i b: the one comes back as the real part, the other as the imaginary
   part. `work` holds the values between the two. Every row and column has its own place in it and is computed
   in the same way, so that the result depends neither on threads nor on the number of planes.

   FFTW_ESTIMATE, because a measured plan may differ, and round differently, from run to run. */
#include "dft.h"

#include <fftw3.h>
#include <stdbool.h>
#include <string.h>

#include "base/memory.h"
#include "base/threads.h"
#include "base/vector.h"

/* Below this many numbers, waking other threads costs more than it saves. */
enum { PARALLEL_FROM = 1 << 15 };

/* Rows and columns of the scratch begin at multiples of this many complex numbers, a cache line. */
enum { LINE = 8 };

/* FFTW ends the process where it gets no memory. Its plans of a line of n numbers take less than this. */
static size_t plan_bytes(int64_t n) { return ((size_t)n + 64) << 10; }

struct ph_dft {
  int64_t planes, h, w, columns;
  int64_t pitch;       /* complex numbers from one row of `work` to the next */
  fftwf_complex *work; /* (planes, h, pitch) */
  int64_t length;      /* complex numbers of a scratch row */
  int lanes;
  fftwf_complex *scratch; /* (lanes, 2, length): what is transformed, and into what */
  fftwf_plan column_back, column_forth, row_back, row_forth;
};

int64_t ph_dft_columns(int64_t w) { return w / 2 + 1; }

/* ---- life ---- */

/* At least n, in whole lines; an odd number of them, so that a column is spread over the whole cache. */
static int64_t padded(int64_t n) { return ((n + LINE - 1) / LINE | 1) * LINE; }

static fftwf_plan plan_line(ph_dft *d, int64_t length, int sign) {
  return fftwf_plan_dft_1d((int)length, d->scratch, d->scratch + d->length, sign, FFTW_ESTIMATE);
}

ph_status ph_dft_new(int64_t planes, int64_t h, int64_t w, ph_dft **dft, ph_error *e) {
  ph_status status;
  ph_dft *d = ph_alloc(sizeof *d);
  if (d == NULL) return ph_no_memory(e);
  d->planes = planes, d->h = h, d->w = w, d->columns = ph_dft_columns(w);
  d->pitch = padded(d->columns);
  d->length = padded(h > w ? h : w);
  d->lanes = ph_team_size();
  d->work = ph_alloc_array((size_t)(planes * h * d->pitch), sizeof *d->work);
  d->scratch = ph_alloc_array((size_t)(d->lanes * 2 * d->length), sizeof *d->scratch);
  PH_TRY(d->work != NULL && d->scratch != NULL ? PH_OK : ph_no_memory(e));
  PH_TRY(ph_memory_has_room(plan_bytes(d->length)) ? PH_OK : ph_no_memory(e));
  d->column_back = plan_line(d, h, FFTW_BACKWARD);
  d->column_forth = plan_line(d, h, FFTW_FORWARD);
  d->row_back = plan_line(d, w, FFTW_BACKWARD);
  d->row_forth = plan_line(d, w, FFTW_FORWARD);
  bool planned =
      d->column_back != NULL && d->column_forth != NULL && d->row_back != NULL && d->row_forth != NULL;
  PH_TRY(planned ? PH_OK : ph_no_memory(e));
  *dft = d;
  return PH_OK;
done:
  ph_dft_free(d);
  return status;
}

void ph_dft_free(ph_dft *d) {
  if (d == NULL) return;
  fftwf_destroy_plan(d->column_back);
  fftwf_destroy_plan(d->column_forth);
  fftwf_destroy_plan(d->row_back);
  fftwf_destroy_plan(d->row_forth);
  ph_free(d->work);
  ph_free(d->scratch);
  ph_free(d);
}

/* A thread's own two rows. */
typedef struct lane {
  fftwf_complex *in, *out;
} lane;

static lane own_lane(const ph_dft *d) {
  fftwf_complex *first = d->scratch + ph_team_member() * 2 * d->length;
  return (lane){first, first + d->length};
}

static int team(const ph_dft *d) {
  if (d->planes * d->h * d->w < PARALLEL_FROM) return 1;
  return ph_team_size() < d->lanes ? ph_team_size() : d->lanes;
}

/* ---- columns: a plane's neighbouring ones share cache lines, so one thread takes them in turn ---- */

/* The first column, and an even width's last, are their own mirror. */
static bool mirrors_itself(const ph_dft *d, int64_t x) { return x == 0 || 2 * x == d->w; }

static void make_hermitian(int64_t h, fftwf_complex *column) {
  for (int64_t y = 0; y <= h / 2; y++) {
    float *a = column[y], *b = column[(h - y) % h];
    float real = 0.5f * (a[0] + b[0]), imaginary = 0.5f * (a[1] - b[1]);
    b[0] = real, b[1] = -imaginary;
    a[0] = real, a[1] = imaginary;
  }
}

static void column_to_plane(const ph_dft *d, int64_t x, const float *factor, const float *spectrum,
                            fftwf_complex *work, lane l) {
  const int64_t h = d->h, columns = d->columns;
  for (int64_t y = 0; y < h; y++) {
    const float *number = spectrum + 2 * (y * columns + x);
    float f = factor[y * columns + x];
    l.in[y][0] = f * number[0];
    l.in[y][1] = f * number[1];
  }
  if (mirrors_itself(d, x)) make_hermitian(h, l.in);
  fftwf_execute_dft(d->column_back, l.in, l.out);
  for (int64_t y = 0; y < h; y++) memcpy(work[y * d->pitch + x], l.out[y], sizeof l.out[y]);
}

static void column_to_spectrum(const ph_dft *d, int64_t x, const float *factor, fftwf_complex *work,
                               float *spectrum, lane l) {
  const int64_t h = d->h, columns = d->columns;
  for (int64_t y = 0; y < h; y++) memcpy(l.in[y], work[y * d->pitch + x], sizeof l.in[y]);
  fftwf_execute_dft(d->column_forth, l.in, l.out);
  for (int64_t y = 0; y < h; y++) {
    float *number = spectrum + 2 * (y * columns + x), f = factor[y * columns + x];
    number[0] = f * l.out[y][0];
    number[1] = f * l.out[y][1];
  }
}

/* ---- rows, in pairs ---- */

/* sum = a + i b over all frequencies of w real numbers, from the half-spectra a and b. */
PH_VECTOR static void join_rows(int64_t w, const float *restrict a, const float *restrict b,
                                float *restrict sum) {
  float *restrict mirror = sum + 2 * w;
  sum[0] = a[0];
  sum[1] = b[0];
  for (int64_t k = 1; k < (w + 1) / 2; k++) {
    sum[2 * k] = a[2 * k] - b[2 * k + 1];
    sum[2 * k + 1] = a[2 * k + 1] + b[2 * k];
    mirror[-2 * k] = a[2 * k] + b[2 * k + 1];
    mirror[-2 * k + 1] = b[2 * k] - a[2 * k + 1];
  }
  if (w % 2 == 0) sum[w] = a[w], sum[w + 1] = b[w];
}

/* The inverse of join_rows. */
PH_VECTOR static void part_rows(int64_t w, const float *restrict sum, float *restrict a, float *restrict b) {
  const float *mirror = sum + 2 * w;
  a[0] = sum[0], a[1] = 0;
  b[0] = sum[1], b[1] = 0;
  for (int64_t k = 1; k < (w + 1) / 2; k++) {
    a[2 * k] = 0.5f * (sum[2 * k] + mirror[-2 * k]);
    a[2 * k + 1] = 0.5f * (sum[2 * k + 1] - mirror[-2 * k + 1]);
    b[2 * k] = 0.5f * (sum[2 * k + 1] + mirror[-2 * k + 1]);
    b[2 * k + 1] = 0.5f * (mirror[-2 * k] - sum[2 * k]);
  }
  if (w % 2 == 0) {
    a[w] = sum[w], a[w + 1] = 0;
    b[w] = sum[w + 1], b[w + 1] = 0;
  }
}

PH_VECTOR static void interleave(int64_t count, const float *restrict a, const float *restrict b,
                                 float *restrict sum) {
  for (int64_t i = 0; i < count; i++) {
    sum[2 * i] = a[i];
    sum[2 * i + 1] = b[i];
  }
}

PH_VECTOR static void deinterleave(int64_t count, const float *restrict sum, float *restrict a,
                                   float *restrict b) {
  for (int64_t i = 0; i < count; i++) {
    a[i] = sum[2 * i];
    b[i] = sum[2 * i + 1];
  }
}

/* Rows y and y + 1; an odd height's last row is its own partner. */
static int64_t partner(const ph_dft *d, int64_t y) { return y + 1 < d->h ? y + 1 : y; }

static void rows_to_plane(const ph_dft *d, int64_t y, fftwf_complex *work, float *plane, lane l) {
  int64_t next = partner(d, y);
  join_rows(d->w, work[y * d->pitch], work[next * d->pitch], l.in[0]);
  fftwf_execute_dft(d->row_back, l.in, l.out);
  deinterleave(d->w, l.out[0], plane + y * d->w, next > y ? plane + next * d->w : l.in[0]);
}

static void rows_to_spectrum(const ph_dft *d, int64_t y, const float *plane, fftwf_complex *work, lane l) {
  int64_t next = partner(d, y);
  interleave(d->w, plane + y * d->w, plane + next * d->w, l.in[0]);
  fftwf_execute_dft(d->row_forth, l.in, l.out);
  part_rows(d->w, l.out[0], work[y * d->pitch], next > y ? work[next * d->pitch] : l.in[0]);
}

/* ---- planes ---- */

void ph_dft_to_planes(ph_dft *d, const float *factor, const float *spectra, float *planes) {
  const int64_t pairs = (d->h + 1) / 2, in = 2 * d->h * d->columns, out = d->h * d->w,
                between = d->h * d->pitch;
#pragma omp parallel num_threads(team(d))
  {
    const lane l = own_lane(d);
#pragma omp for schedule(static)
    for (int64_t i = 0; i < d->planes * d->columns; i++) {
      int64_t p = i / d->columns;
      column_to_plane(d, i % d->columns, factor, spectra + p * in, d->work + p * between, l);
    }
#pragma omp for schedule(static)
    for (int64_t i = 0; i < d->planes * pairs; i++) {
      int64_t p = i / pairs;
      rows_to_plane(d, i % pairs * 2, d->work + p * between, planes + p * out, l);
    }
  }
}

void ph_dft_to_spectra(ph_dft *d, const float *factor, const float *planes, float *spectra) {
  const int64_t pairs = (d->h + 1) / 2, in = d->h * d->w, out = 2 * d->h * d->columns,
                between = d->h * d->pitch;
#pragma omp parallel num_threads(team(d))
  {
    const lane l = own_lane(d);
#pragma omp for schedule(static)
    for (int64_t i = 0; i < d->planes * pairs; i++) {
      int64_t p = i / pairs;
      rows_to_spectrum(d, i % pairs * 2, planes + p * in, d->work + p * between, l);
    }
#pragma omp for schedule(static)
    for (int64_t i = 0; i < d->planes * d->columns; i++) {
      int64_t p = i / d->columns;
      column_to_spectrum(d, i % d->columns, factor, d->work + p * between, spectra + p * out, l);
    }
  }
}

ph_library ph_dft_library(void) { /* "fftw-3.3.10-sse2-avx" */
  const char *dash = strchr(fftwf_version, '-');
  return ph_library_of("FFTW", NULL, dash != NULL ? dash + 1 : fftwf_version);
}
