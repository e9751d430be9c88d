/* SPDX-License-Identifier: MIT */
/* The Laplacian pyramid: a sum of pictures of decreasing resolution, each interpolated to full size. Level n
   has sides h >> n and w >> n; the values are the levels, (n, c, h >> n, w >> n) each, end to end. Lucid's
   laplacian_pyramid_image (optvis/param/spatial.py), which has 4 levels and interpolates as TensorFlow 1
   does: output pixel i is read at i * (side of the level) / side. */
#include <string.h>

#include "base/memory.h"
#include "map/map.h"
#include "picture/parameterisation.h"

enum { MOST_LEVELS = 14 };

typedef struct laplacian_config {
  ph_picture_settings picture;
  int64_t levels;
} laplacian_config;

typedef struct laplacian {
  int64_t planes, h, w;
  int levels;
  ph_map up[MOST_LEVELS]; /* level 0 needs none */
  float *whole;           /* (n, c, h, w): one level at full size */
} laplacian;

static const ph_field fields[] = {PH_PICTURE_FIELDS(laplacian_config, 0.01, 1),
                                  {"levels", PH_INTEGER, offsetof(laplacian_config, levels), 4, 1,
                                   MOST_LEVELS, NULL, "how many resolutions, each half the one before"},
                                  {.key = NULL}};

static ph_status check(const void *config, const ph_given *given, ph_error *e) {
  const laplacian_config *c = config;
  const int64_t side = c->picture.height < c->picture.width ? c->picture.height : c->picture.width;
  (void)given;
  if (side >> (c->levels - 1) == 0)
    return ph_fail(e, PH_MISUSE, "parameterisation 'laplacian': %lldx%lld pixels cannot be halved %lld times",
                   (long long)c->picture.height, (long long)c->picture.width, (long long)(c->levels - 1));
  return PH_OK;
}

static int64_t level_count(int64_t planes, int64_t h, int64_t w, int level) {
  return planes * (h >> level) * (w >> level);
}

static ph_shape shape(const void *config) {
  const laplacian_config *c = config;
  const ph_picture_settings *p = &c->picture;
  int64_t total = 0;
  for (int n = 0; n < c->levels; n++) total += level_count(p->batch * p->channels, p->height, p->width, n);
  return ph_shape_of(1, &total);
}

static void close(void *state) {
  laplacian *l = state;
  if (l == NULL) return;
  for (int n = 0; n < MOST_LEVELS; n++) ph_map_clear(&l->up[n]);
  ph_free(l->whole);
  ph_free(l);
}

static ph_status open(const void *config, const ph_given *given, void **state, ph_error *e) {
  const laplacian_config *c = config;
  const ph_picture_settings *p = &c->picture;
  ph_status status = PH_OK;
  (void)given;
  laplacian *l = ph_alloc(sizeof *l);
  if (l == NULL) return ph_no_memory(e);
  l->planes = p->batch * p->channels, l->h = p->height, l->w = p->width;
  l->levels = (int)c->levels;
  l->whole = ph_alloc_array((size_t)level_count(l->planes, l->h, l->w, 0), sizeof(float));
  if (l->whole == NULL) PH_TRY(ph_no_memory(e));
  for (int n = 1; n < l->levels; n++) {
    l->up[n].input[0] = l->h >> n, l->up[n].input[1] = l->w >> n;
    PH_TRY(ph_map_resize(&l->up[n], (const int64_t[]){l->h, l->w}, PH_SAMPLE_LEGACY, 0, e));
  }
  *state = l;
  return PH_OK;
done:
  close(l);
  return status;
}

static void forward(void *state, const float *values, float *raw) {
  laplacian *l = state;
  const int64_t count = level_count(l->planes, l->h, l->w, 0);
  memcpy(raw, values, (size_t)count * sizeof *raw);
  for (int n = 1; n < l->levels; n++) {
    values += level_count(l->planes, l->h, l->w, n - 1);
    ph_map_forward(&l->up[n], l->planes, values, l->whole);
    for (int64_t i = 0; i < count; i++) raw[i] += l->whole[i];
  }
}

static void backward(void *state, const float *values, const float *raw_gradient, float *gradient) {
  laplacian *l = state;
  (void)values;
  memcpy(gradient, raw_gradient, (size_t)level_count(l->planes, l->h, l->w, 0) * sizeof *gradient);
  for (int n = 1; n < l->levels; n++) {
    gradient += level_count(l->planes, l->h, l->w, n - 1);
    ph_map_backward(&l->up[n], l->planes, raw_gradient, gradient);
  }
}

/* The mean of the block of pixels that a level's pixel stands for. */
static void shrink(const float *src, int64_t h, int64_t w, int level, float *dst) {
  const int64_t rows = h >> level, columns = w >> level, side = INT64_C(1) << level;
  for (int64_t y = 0; y < rows; y++) {
    for (int64_t x = 0; x < columns; x++) {
      double sum = 0;
      for (int64_t i = 0; i < side * side; i++)
        sum += (double)src[(y * side + i / side) * w + x * side + i % side];
      dst[y * columns + x] = (float)(sum / (double)(side * side));
    }
  }
}

/* From the coarsest level on, each takes what the ones before it left over, as far as it can show that; the
   finest takes the rest, so that the sum is the picture. */
static void invert(void *state, const float *raw, float *values) {
  laplacian *l = state;
  const int64_t count = level_count(l->planes, l->h, l->w, 0), plane = l->h * l->w;
  float *rest = values, *level = values;
  memcpy(rest, raw, (size_t)count * sizeof *rest);
  for (int n = 0; n < l->levels; n++) level += level_count(l->planes, l->h, l->w, n);
  for (int n = l->levels - 1; n >= 1; n--) {
    level -= level_count(l->planes, l->h, l->w, n);
    for (int64_t p = 0; p < l->planes; p++)
      shrink(rest + p * plane, l->h, l->w, n, level + p * (l->h >> n) * (l->w >> n));
    ph_map_forward(&l->up[n], l->planes, level, l->whole);
    for (int64_t i = 0; i < count; i++) rest[i] -= l->whole[i];
  }
}

const ph_parameterisation_kind ph_parameterisation_laplacian = {
    .name = "laplacian",
    .summary = "a sum of pictures of ever lower resolution",
    .fields = fields,
    .config_size = sizeof(laplacian_config),
    .linear = true,
    .check = check,
    .shape = shape,
    .open = open,
    .close = close,
    .forward = forward,
    .backward = backward,
    .invert = invert,
};
