/* SPDX-License-Identifier: MIT */
/* Low resolution: a few small pictures, interpolated to the full size and spread over the batch. Images that
   share them have similar parts in the same places, which aligns the frames of an interpolation; a sum with a
   kind that has values for each image adds individual detail. It is Lucid's lowres_tensor
   (optvis/param/lowres.py), which interpolates along the batch as along rows and columns, all as TensorFlow 1
   does: output i is read at i * input / output. */
#include <string.h>

#include "base/memory.h"
#include "map/map.h"
#include "picture/parameterisation.h"

typedef struct low_resolution_config {
  ph_picture_settings picture;
  int64_t size[2]; /* rows, columns */
  int64_t images;
  int between;
  int64_t offset[2]; /* down, right */
} low_resolution_config;

typedef struct low_resolution {
  const low_resolution_config *config;
  ph_map up;
  float *whole; /* (images, c, h, w): the small pictures at full size, or the gradient there */
} low_resolution;

enum { BLEND, GROUPS };
static const char *const betweens[] = {"blend", "groups", NULL};

static const ph_field fields[] = {
    PH_PICTURE_FIELDS(low_resolution_config, 0.01, 1),
    {"size", PH_PAIR, offsetof(low_resolution_config, size), 0, 1, 16384, NULL,
     "rows and columns of a small picture, or one number for both"},
    {"images", PH_INTEGER, offsetof(low_resolution_config, images), 1, 1, 4096, NULL,
     "how many small pictures the batch has in all; 1: every image has the same"},
    {"between", PH_CHOICE, offsetof(low_resolution_config, between), BLEND, 0, 0, betweens,
     "images between two small pictures blend them, or the batch falls into groups of one each"},
    {"offset", PH_PAIR, offsetof(low_resolution_config, offset), 0, 0, 16384, NULL,
     "pixels that the full-size picture is moved down and right; it is mirrored at the edge"},
    {.key = NULL}};

static ph_status check(const void *config, const ph_given *given, ph_error *e) {
  static const char what[] = "parameterisation 'low_resolution'";
  const low_resolution_config *c = config;
  const int64_t sides[2] = {c->picture.height, c->picture.width};
  (void)given;
  if (c->size[0] == 0) return ph_fail(e, PH_MISUSE, "%s: size must be given (rows and columns)", what);
  if (c->images > c->picture.batch)
    return ph_fail(e, PH_MISUSE, "%s: %lld small pictures are more than the batch of %lld images", what,
                   (long long)c->images, (long long)c->picture.batch);
  for (int a = 0; a < 2; a++) {
    if (c->size[a] > sides[a])
      return ph_fail(e, PH_MISUSE, "%s: size %lldx%lld is more than the image's %lldx%lld", what,
                     (long long)c->size[0], (long long)c->size[1], (long long)sides[0], (long long)sides[1]);
    if (c->offset[a] > sides[a])
      return ph_fail(e, PH_MISUSE, "%s: an offset of %lld is more than the image's %lld pixels", what,
                     (long long)c->offset[a], (long long)sides[a]);
  }
  return PH_OK;
}

static ph_shape shape(const void *config) {
  const low_resolution_config *c = config;
  return ph_shape4(c->images, c->picture.channels, c->size[0], c->size[1]);
}

static void close(void *state) {
  low_resolution *l = state;
  if (l == NULL) return;
  ph_map_clear(&l->up);
  ph_free(l->whole);
  ph_free(l);
}

static ph_status open(const void *config, const ph_given *given, void **state, ph_error *e) {
  const low_resolution_config *c = config;
  const ph_picture_settings *p = &c->picture;
  ph_status status = PH_OK;
  (void)given;
  low_resolution *l = ph_alloc(sizeof *l);
  if (l == NULL) return ph_no_memory(e);
  l->config = c;
  l->whole = ph_alloc_array((size_t)(c->images * p->channels * p->height * p->width), sizeof(float));
  if (l->whole == NULL) PH_TRY(ph_no_memory(e));
  memcpy(l->up.input, c->size, sizeof l->up.input);
  PH_TRY(ph_map_resize(&l->up, (const int64_t[]){p->height, p->width}, PH_SAMPLE_LEGACY, 0, e));
  *state = l;
  return PH_OK;
done:
  close(l);
  return status;
}

/* ---- the batch ---- */

/* What image n is made of: small picture `low`, and a share of the one after it. */
typedef struct mixture {
  int64_t low, high;
  float share; /* of `high` */
} mixture;

static mixture mixture_of(const low_resolution_config *c, int64_t n) {
  mixture m = {.low = n * c->images / c->picture.batch};
  m.high = m.low + 1 < c->images ? m.low + 1 : m.low;
  if (c->between == BLEND) m.share = (float)(n * c->images % c->picture.batch) / (float)c->picture.batch;
  return m;
}

/* ---- the offset ---- */

/* Where row or column i of the image was before it was moved; the edge is doubled by the mirror. */
static int64_t before_offset(int64_t i, int64_t offset) { return i >= offset ? i - offset : offset - 1 - i; }

static void add_moved(const low_resolution_config *c, float share, const float *whole, float *image) {
  const int64_t w = c->picture.width;
  for (int64_t y = 0; y < c->picture.height; y++) {
    const float *src = whole + before_offset(y, c->offset[0]) * w;
    float *dst = image + y * w;
    for (int64_t x = 0; x < c->offset[1]; x++) dst[x] += share * src[before_offset(x, c->offset[1])];
    for (int64_t x = c->offset[1]; x < w; x++) dst[x] += share * src[x - c->offset[1]];
  }
}

static void add_moved_back(const low_resolution_config *c, float share, const float *image, float *whole) {
  const int64_t w = c->picture.width;
  for (int64_t y = 0; y < c->picture.height; y++) {
    const float *src = image + y * w;
    float *dst = whole + before_offset(y, c->offset[0]) * w;
    for (int64_t x = 0; x < c->offset[1]; x++) dst[before_offset(x, c->offset[1])] += share * src[x];
    for (int64_t x = c->offset[1]; x < w; x++) dst[x - c->offset[1]] += share * src[x];
  }
}

/* ---- the maps ---- */

static void forward(void *state, const float *values, float *raw) {
  low_resolution *l = state;
  const low_resolution_config *c = l->config;
  const int64_t channels = c->picture.channels, plane = c->picture.height * c->picture.width;
  ph_map_forward(&l->up, c->images * channels, values, l->whole);
  memset(raw, 0, (size_t)(c->picture.batch * channels * plane) * sizeof *raw);
  for (int64_t n = 0; n < c->picture.batch; n++) {
    const mixture m = mixture_of(c, n);
    for (int64_t k = 0; k < channels; k++) {
      float *image = raw + (n * channels + k) * plane;
      add_moved(c, 1 - m.share, l->whole + (m.low * channels + k) * plane, image);
      if (m.share > 0) add_moved(c, m.share, l->whole + (m.high * channels + k) * plane, image);
    }
  }
}

static void backward(void *state, const float *values, const float *raw_gradient, float *gradient) {
  low_resolution *l = state;
  const low_resolution_config *c = l->config;
  const int64_t channels = c->picture.channels, plane = c->picture.height * c->picture.width;
  (void)values;
  memset(l->whole, 0, (size_t)(c->images * channels * plane) * sizeof *l->whole);
  for (int64_t n = 0; n < c->picture.batch; n++) {
    const mixture m = mixture_of(c, n);
    for (int64_t k = 0; k < channels; k++) {
      const float *image = raw_gradient + (n * channels + k) * plane;
      add_moved_back(c, 1 - m.share, image, l->whole + (m.low * channels + k) * plane);
      if (m.share > 0) add_moved_back(c, m.share, image, l->whole + (m.high * channels + k) * plane);
    }
  }
  ph_map_backward(&l->up, c->images * channels, l->whole, gradient);
}

/* Most pictures are not of low resolution, so a picture can be inverted only by optimisation. */
const ph_parameterisation_kind ph_parameterisation_low_resolution = {
    .name = "low_resolution",
    .summary = "small pictures that the images of a batch share",
    .fields = fields,
    .config_size = sizeof(low_resolution_config),
    .linear = true,
    .check = check,
    .shape = shape,
    .open = open,
    .close = close,
    .forward = forward,
    .backward = backward,
};
