/* SPDX-License-Identifier: MIT */
/* Colour: mixing and squashing. An image is processed in spans of pixels that stay in the first-level cache,
   so mixing and squashing are two plain loops but one pass over memory. The loops are written to be
   vectorised; every pixel is computed in the same way, so the result depends neither on spans nor on threads.
   */
#include "colour.h"

#include <math.h>
#include <string.h>

#include "base/vector.h"

enum { SPAN = 1024, PARALLEL_FROM = 1 << 15 };

const char *const ph_squash_names[] = {"sigmoid", "clip", "none", NULL};

/* [[.26, .09, .02], [.27, 0, -.05], [.27, -.09, .03]] / sqrt(.26^2 + .27^2 + .27^2) */
const double ph_colour_matrix[9] = {0.26 / 0.46195237849804394,
                                    0.09 / 0.46195237849804394,
                                    0.02 / 0.46195237849804394,
                                    0.27 / 0.46195237849804394,
                                    0.0,
                                    -0.05 / 0.46195237849804394,
                                    0.27 / 0.46195237849804394,
                                    -0.09 / 0.46195237849804394,
                                    0.03 / 0.46195237849804394};

ph_colour ph_colour_of(const double *matrix, ph_squash squash) {
  static const float imagenet_mean[3] = {0.48f, 0.46f, 0.41f};
  ph_colour colour = {.mixed = matrix != NULL, .squash = squash};
  if (matrix == NULL) return colour;
  for (int i = 0; i < 9; i++) colour.matrix[i / 3][i % 3] = (float)matrix[i];
  if (squash != PH_SQUASH_SIGMOID) memcpy(colour.mean, imagenet_mean, sizeof imagenet_mean);
  return colour;
}

static bool mixes(const ph_colour *c, ph_shape shape) {
  return c->mixed && (shape.dim[1] == 3 || shape.dim[1] == 4);
}

/* ---- spans ---- */

/* dst = matrix * src + mean on three channels, each `stride` floats after the one before. May be in place. */
PH_VECTOR static void mix(const float m[3][3], const float mean[3], const float *src, float *dst,
                          int64_t stride, int64_t count) {
  const float m00 = m[0][0], m01 = m[0][1], m02 = m[0][2], m10 = m[1][0], m11 = m[1][1], m12 = m[1][2],
              m20 = m[2][0], m21 = m[2][1], m22 = m[2][2], mean0 = mean[0], mean1 = mean[1], mean2 = mean[2];
#pragma omp simd
  for (int64_t i = 0; i < count; i++) {
    float a = src[i], b = src[i + stride], c = src[i + 2 * stride];
    dst[i] = m00 * a + m01 * b + m02 * c + mean0;
    dst[i + stride] = m10 * a + m11 * b + m12 * c + mean1;
    dst[i + 2 * stride] = m20 * a + m21 * b + m22 * c + mean2;
  }
}

static void mix_transposed(const float m[3][3], float *channels, int64_t stride, int64_t count) {
  const float zero[3] = {0};
  const float transposed[3][3] = {
      {m[0][0], m[1][0], m[2][0]}, {m[0][1], m[1][1], m[2][1]}, {m[0][2], m[1][2], m[2][2]}};
  mix(transposed, zero, channels, channels, stride, count);
}

/* exp(x) within 2 ulp for |x| <= 87, the argument being cut to that; NaN stays NaN. In plain arithmetic, so
   that loops around it vectorise and every machine rounds alike: x = n ln 2 + r, |r| <= ln 2 / 2, exp(r) by
   its Taylor polynomial of degree 7 (truncation below 1e-8), and 2^n made from n's bits. */
static inline float exponential(float x) {
  const float rounder = 0x1.8p23f; /* adding it leaves the nearest integer in the low bits */
  x = x < -87.0f ? -87.0f : x;
  x = x > 87.0f ? 87.0f : x;
  float shifted = x * 0x1.715476p0f + rounder;
  float n = shifted - rounder;
  float r =
      x - n * 0x1.62e4p-1f; /* ln 2 in two parts; the first has trailing zeros, so n times it is exact */
  r = r - n * 0x1.7f7d1cp-20f;
  float p = 1.0f / 5040.0f;
  p = p * r + 1.0f / 720.0f;
  p = p * r + 1.0f / 120.0f;
  p = p * r + 1.0f / 24.0f;
  p = p * r + 1.0f / 6.0f;
  p = p * r + 0.5f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  uint32_t bits;
  memcpy(&bits, &shifted, sizeof bits);
  bits = (bits << 23) + (UINT32_C(127) << 23);
  float power;
  memcpy(&power, &bits, sizeof power);
  return p * power;
}

static inline float clip(float x) {
  x = x < 0.0f ? 0.0f : x;
  return x > 1.0f ? 1.0f : x;
}

PH_VECTOR static void squash(ph_squash kind, float *x, int64_t count) {
  if (kind == PH_SQUASH_SIGMOID)
    for (int64_t i = 0; i < count; i++) x[i] = 1.0f / (1.0f + exponential(-x[i]));
  else if (kind == PH_SQUASH_CLIP)
    for (int64_t i = 0; i < count; i++) x[i] = clip(x[i]);
}

/* dst = gradient * squash's derivative. For a sigmoid that is known from the image; for a cut, from what was
   cut, which the caller left in dst. */
PH_VECTOR static void squash_backward(ph_squash kind, const float *image, const float *gradient, float *dst,
                                      int64_t count) {
  if (kind == PH_SQUASH_SIGMOID) {
#pragma omp simd
    for (int64_t i = 0; i < count; i++) dst[i] = gradient[i] * (image[i] * (1.0f - image[i]));
  } else if (kind == PH_SQUASH_CLIP) {
#pragma omp simd
    for (int64_t i = 0; i < count; i++) dst[i] = dst[i] >= 0.0f && dst[i] <= 1.0f ? gradient[i] : 0.0f;
  } else {
    memcpy(dst, gradient, (size_t)count * sizeof *dst);
  }
}

/* Channels `from` … c-1 of a span, unmixed. */
static void copy_channels(const float *src, float *dst, int64_t stride, int64_t from, int64_t channels,
                          int64_t count) {
  if (src == dst) return;
  for (int64_t k = from; k < channels; k++)
    memcpy(dst + k * stride, src + k * stride, (size_t)count * sizeof *dst);
}

/* ---- images ---- */

/* The spans of a shape: span i lies at `offset` within the array, in its image's first channel. */
typedef struct span {
  int64_t offset, count;
} span;

static int64_t spans_of_image(ph_shape shape) { return (shape.dim[2] * shape.dim[3] + SPAN - 1) / SPAN; }

static span span_at(ph_shape shape, int64_t i) {
  int64_t pixels = shape.dim[2] * shape.dim[3], spans = spans_of_image(shape), first = i % spans * SPAN;
  return (span){i / spans * shape.dim[1] * pixels + first, pixels - first < SPAN ? pixels - first : SPAN};
}

static void before_squash(const ph_colour *c, ph_shape shape, const float *raw, float *dst, int64_t count) {
  int64_t stride = shape.dim[2] * shape.dim[3], mixed = mixes(c, shape) ? 3 : 0;
  if (mixed > 0) mix(c->matrix, c->mean, raw, dst, stride, count);
  copy_channels(raw, dst, stride, mixed, shape.dim[1], count);
}

void ph_colour_forward(const ph_colour *c, ph_shape shape, const float *raw, float *image) {
  const int64_t channels = shape.dim[1], stride = shape.dim[2] * shape.dim[3];
  const int64_t spans = shape.dim[0] * spans_of_image(shape);
#pragma omp parallel for schedule(static) if (ph_shape_count(shape) >= PARALLEL_FROM)
  for (int64_t i = 0; i < spans; i++) {
    span s = span_at(shape, i);
    before_squash(c, shape, raw + s.offset, image + s.offset, s.count);
    for (int64_t k = 0; k < channels; k++) squash(c->squash, image + s.offset + k * stride, s.count);
  }
}

static void backward_span(const ph_colour *c, ph_shape shape, const float *raw, const float *image,
                          const float *gradient, float *dst, int64_t count) {
  const int64_t stride = shape.dim[2] * shape.dim[3];
  if (c->squash == PH_SQUASH_CLIP) before_squash(c, shape, raw, dst, count);
  for (int64_t k = 0; k < shape.dim[1]; k++)
    squash_backward(c->squash, image + k * stride, gradient + k * stride, dst + k * stride, count);
  if (mixes(c, shape)) mix_transposed(c->matrix, dst, stride, count);
}

void ph_colour_backward(const ph_colour *c, ph_shape shape, const float *raw, const float *image,
                        const float *gradient, float *raw_gradient) {
  const int64_t spans = shape.dim[0] * spans_of_image(shape);
#pragma omp parallel for schedule(static) if (ph_shape_count(shape) >= PARALLEL_FROM)
  for (int64_t i = 0; i < spans; i++) {
    span s = span_at(shape, i);
    backward_span(c, shape, raw + s.offset, image + s.offset, gradient + s.offset, raw_gradient + s.offset,
                  s.count);
  }
}

/* ---- backward ---- */

/* The inverse by cofactors, or false. */
static bool invert_matrix(const float m[3][3], double inverse[3][3]) {
  double scale = 0, determinant = 0;
  for (int i = 0; i < 3; i++) {
    for (int j = 0; j < 3; j++) {
      int a = (j + 1) % 3, b = (j + 2) % 3, p = (i + 1) % 3, q = (i + 2) % 3;
      inverse[i][j] = (double)m[a][p] * (double)m[b][q] - (double)m[a][q] * (double)m[b][p];
      scale = fmax(scale, fabs((double)m[i][j]));
    }
  }
  for (int j = 0; j < 3; j++) determinant += (double)m[0][j] * inverse[j][0];
  if (!(fabs(determinant) > 1e-6 * scale * scale * scale)) return false;
  for (int i = 0; i < 9; i++) inverse[i / 3][i % 3] /= determinant;
  return true;
}

static double unsquash(ph_squash kind, float x) {
  if (kind != PH_SQUASH_SIGMOID) return (double)x;
  double y = (double)x;
  y = y < 0.001 ? 0.001 : y > 0.999 ? 0.999 : y;
  return log(y / (1.0 - y));
}

ph_status ph_colour_invert(const ph_colour *c, ph_shape shape, const float *image, float *raw, ph_error *e) {
  const int64_t stride = shape.dim[2] * shape.dim[3], channels = shape.dim[1];
  const int mixed = mixes(c, shape) ? 3 : 0;
  double inverse[3][3];
  if (mixed > 0 && !invert_matrix(c->matrix, inverse))
    return ph_fail(e, PH_MISUSE,
                   "the colour matrix has no inverse, so an image cannot be taken back through it");
  for (int64_t n = 0; n < shape.dim[0]; n++) {
    const float *src = image + n * channels * stride;
    float *dst = raw + n * channels * stride;
    for (int64_t k = mixed; k < channels; k++)
      for (int64_t i = 0; i < stride; i++)
        dst[k * stride + i] = (float)unsquash(c->squash, src[k * stride + i]);
    for (int64_t i = 0; mixed > 0 && i < stride; i++) {
      double x[3];
      for (int k = 0; k < 3; k++) x[k] = unsquash(c->squash, src[k * stride + i]) - (double)c->mean[k];
      for (int k = 0; k < 3; k++)
        dst[k * stride + i] = (float)(inverse[k][0] * x[0] + inverse[k][1] * x[1] + inverse[k][2] * x[2]);
    }
  }
  return PH_OK;
}

void ph_luminance(ph_shape shape, const float *image, float *grey) {
  const int64_t plane = shape.dim[2] * shape.dim[3];
  for (int64_t n = 0; n < shape.dim[0]; n++, image += 3 * plane, grey += plane)
    for (int64_t i = 0; i < plane; i++)
      grey[i] = (float)((double)(0.299f * image[i]) + (double)(0.587f * image[plane + i]) +
                        (double)(0.114f * image[2 * plane + i]));
}
