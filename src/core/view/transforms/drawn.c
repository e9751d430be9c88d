/* SPDX-License-Identifier: MIT */
/* Running what was drawn, forward and backward. */
#include "drawn.h"

#include <math.h>
#include <string.h>

#include "tensor/random.h"

void ph_drawn_clear(ph_drawn *drawn) {
  ph_map_clear(&drawn->map);
  ph_collapse_free(drawn->collapse);
  *drawn = (ph_drawn){0};
}

int64_t ph_drawn_channels(const ph_drawn *drawn) {
  return drawn->kind == PH_DRAWN_COLLAPSE ? 3 : drawn->channels;
}

void ph_drawn_become(ph_drawn *drawn, ph_drawn_kind kind) {
  drawn->kind = kind;
  for (int a = 0; a < 2; a++) drawn->map.output[a] = drawn->map.input[a];
}

static int64_t plane_of(const ph_drawn *drawn) { return drawn->map.input[0] * drawn->map.input[1]; }
static int64_t image_of(const ph_drawn *drawn) { return drawn->channels * plane_of(drawn); }

/* ---- colour ---- */

static void mix(const float matrix[3][3], const float offset[3], int64_t plane, const float *src,
                float *restrict dst) {
  for (int to = 0; to < 3; to++) {
    const float *m = matrix[to], *a = src, *b = src + plane, *c = src + 2 * plane;
    for (int64_t i = 0; i < plane; i++)
      dst[to * plane + i] = m[0] * a[i] + m[1] * b[i] + m[2] * c[i] + offset[to];
  }
}

static void colour_forward(const ph_drawn *drawn, const float *src, float *dst) {
  for (int64_t n = 0; n < drawn->images; n++)
    mix(drawn->matrix, drawn->offset, plane_of(drawn), src + n * image_of(drawn), dst + n * image_of(drawn));
}

static void colour_backward(const ph_drawn *drawn, const float *src, float *dst) {
  float transposed[3][3];
  const float nothing[3] = {0};
  for (int i = 0; i < 9; i++) transposed[i / 3][i % 3] = drawn->matrix[i % 3][i / 3];
  for (int64_t n = 0; n < drawn->images; n++)
    mix(transposed, nothing, plane_of(drawn), src + n * image_of(drawn), dst + n * image_of(drawn));
}

/* ---- noise: a stream of its own for every plane, so that planes may go to any thread ---- */

static void noise_plane(const ph_drawn *drawn, int64_t p, const float *src, float *dst) {
  int64_t plane = plane_of(drawn);
  ph_random random = ph_random_stream(drawn->seed + (uint64_t)p, "noise");
  for (int64_t i = 0; i < plane; i++) {
    double x = drawn->uniform ? 2 * ph_random_uniform(&random) - 1 : ph_random_normal(&random);
    dst[i] = src[i] + (float)(drawn->amount * x);
  }
}

static void noise_forward(const ph_drawn *drawn, const float *src, float *dst) {
  int64_t plane = plane_of(drawn), planes = drawn->images * drawn->channels;
#pragma omp parallel for schedule(static) if (planes * plane >= 1 << 14)
  for (int64_t p = 0; p < planes; p++) noise_plane(drawn, p, src + p * plane, dst + p * plane);
}

/* ---- gradient ---- */

/* An image without a gradient gets none: it has no direction that could be scaled. */
static void gradient_backward(const ph_drawn *drawn, const float *src, float *dst) {
  const ph_list *lengths = drawn->lengths;
  int64_t image = image_of(drawn);
  for (int64_t n = 0; n < drawn->images; n++, src += image, dst += image) {
    double sum = 0, length = lengths->count == 0 ? 1 : lengths->value[lengths->count == 1 ? 0 : n];
    for (int64_t i = 0; i < image; i++) sum += (double)src[i] * (double)src[i];
    double norm = sqrt(sum), factor = norm > 1e-29 ? length / norm : 0;
    for (int64_t i = 0; i < image; i++) dst[i] = (float)(factor * (double)src[i]);
  }
}

/* ---- all kinds ---- */

static void pass(const ph_drawn *drawn, const float *src, float *dst) {
  memcpy(dst, src, (size_t)(drawn->images * image_of(drawn)) * sizeof *dst);
}

void ph_drawn_forward(const ph_drawn *drawn, const float *src, float *dst) {
  switch (drawn->kind) {
    case PH_DRAWN_MAP:
      ph_map_forward(&drawn->map, drawn->images * drawn->channels, src, dst);
      break;
    case PH_DRAWN_COLOUR:
      colour_forward(drawn, src, dst);
      break;
    case PH_DRAWN_NOISE:
      noise_forward(drawn, src, dst);
      break;
    case PH_DRAWN_GRADIENT:
      pass(drawn, src, dst);
      break;
    case PH_DRAWN_COLLAPSE:
      ph_collapse_forward(drawn->collapse, src, dst);
      break;
  }
}

void ph_drawn_backward(const ph_drawn *drawn, const float *src, float *dst) {
  switch (drawn->kind) {
    case PH_DRAWN_MAP:
      ph_map_backward(&drawn->map, drawn->images * drawn->channels, src, dst);
      break;
    case PH_DRAWN_COLOUR:
      colour_backward(drawn, src, dst);
      break;
    case PH_DRAWN_NOISE:
      pass(drawn, src, dst);
      break;
    case PH_DRAWN_GRADIENT:
      gradient_backward(drawn, src, dst);
      break;
    case PH_DRAWN_COLLAPSE:
      ph_collapse_backward(drawn->collapse, src, dst);
      break;
  }
}
