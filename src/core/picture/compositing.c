/* SPDX-License-Identifier: MIT */
/* Contrast, grey and masks. Every plane of the image is a weighted plane of the picture. */
#include "compositing.h"

#include <string.h>

/* The shares of red, green and blue in luminance (ITU-R BT.601). */
static const float luminance[3] = {0.299f, 0.587f, 0.114f};

int64_t ph_compositing_channels(bool grey, int64_t channels) { return grey ? channels - 2 : channels; }

bool ph_compositing_is_nothing(const ph_compositing *f) { return !f->grey && !f->stretch && f->mask == NULL; }

/* ---- sizes ---- */

static int64_t plane_of(const ph_compositing *f) { return f->shape.dim[2] * f->shape.dim[3]; }

/* Where the picture has the plane that image n's channel k comes from. */
static int64_t source_of(const ph_compositing *f, int64_t n, int64_t k) {
  int64_t channel = !f->grey ? k : k < 3 ? 0 : k - 2;
  return (n * ph_compositing_channels(f->grey, f->shape.dim[1]) + channel) * plane_of(f);
}

/* Image n's own part of a tensor that has one for all images, or one for each. */
static const float *part_for(const ph_tensor *tensor, int64_t n) {
  ph_shape shape = ph_tensor_shape(tensor);
  return ph_tensor_read(tensor) + (shape.dim[0] == 1 ? 0 : n) * (ph_tensor_count(tensor) / shape.dim[0]);
}

/* ---- contrast ---- */

/* The range of an image's colours, as the map x -> (x - least) * factor. */
typedef struct range {
  int64_t count; /* numbers of its colours */
  float least, most, factor;
} range;

static const range as_it_is = {0, 0, 0, 1};

static range range_of(const ph_compositing *f, const float *picture, int64_t n) {
  const int64_t channels = ph_compositing_channels(f->grey, f->shape.dim[1]), plane = plane_of(f);
  const float *x = picture + n * channels * plane;
  if (!f->stretch) return as_it_is;
  /* Opacity, the last of four, or of two where the rest is grey, keeps its own. */
  range r = {(channels == 4 || (f->grey && channels == 2) ? channels - 1 : channels) * plane, x[0], x[0], 1};
  for (int64_t i = 1; i < r.count; i++) {
    if (x[i] < r.least) r.least = x[i];
    if (x[i] > r.most) r.most = x[i];
  }
  if (r.most > r.least) r.factor = 1 / (r.most - r.least);
  return r;
}

/* From the gradient of the stretched picture to that of the picture, in place. The minimum and the maximum
   affect all others: with y = (x - least) k, k = 1 / (most - least), the slopes are k sum(g (y - 1)) and -k
   sum(g y), shared out among equals. */
static void range_back(range r, const float *x, float *gradient) {
  double sum = 0, along = 0;
  int64_t lowest = 0, highest = 0;
  for (int64_t i = 0; i < r.count; i++) {
    sum += (double)gradient[i];
    along += (double)gradient[i] * (double)((x[i] - r.least) * r.factor);
    lowest += x[i] == r.least;
    highest += x[i] == r.most;
  }
  const float at_least = (float)((double)r.factor * (along - sum) / (double)lowest);
  const float at_most = (float)(-(double)r.factor * along / (double)highest);
  for (int64_t i = 0; i < r.count; i++) {
    gradient[i] *= r.factor;
    if (x[i] == r.least) gradient[i] += at_least;
    if (x[i] == r.most) gradient[i] += at_most;
  }
}

/* ---- the maps ---- */

static void blend(const float *mask, const float *fixed, float *dst, int64_t count) {
  for (int64_t i = 0; i < count; i++) dst[i] = mask[i] * dst[i] + (1.0f - mask[i]) * fixed[i];
}

static void add_masked(const float *mask, const float *src, float *dst, int64_t count) {
  for (int64_t i = 0; i < count; i++) dst[i] += mask[i] * src[i];
}

static void add(const float *src, float *dst, int64_t count) {
  for (int64_t i = 0; i < count; i++) dst[i] += src[i];
}

/* A plane of colour or, unstretched, of opacity. */
static void stretch_plane(range r, bool is_colour, const float *src, float *dst, int64_t count) {
  const range own = is_colour ? r : as_it_is;
  for (int64_t i = 0; i < count; i++) dst[i] = (src[i] - own.least) * own.factor;
}

void ph_compositing_forward(const ph_compositing *f, const float *picture, float *image) {
  const int64_t plane = plane_of(f), channels = f->shape.dim[1];
  const int64_t sources = ph_compositing_channels(f->grey, channels);
  for (int64_t n = 0; n < f->shape.dim[0]; n++) {
    const range r = range_of(f, picture, n);
    for (int64_t k = 0; k < channels; k++) {
      const int64_t source = source_of(f, n, k), inside = source - n * sources * plane;
      float *dst = image + (n * channels + k) * plane;
      stretch_plane(r, inside < r.count, picture + source, dst, plane);
      if (f->mask != NULL) blend(part_for(f->mask, n), part_for(f->fixed, n) + k * plane, dst, plane);
    }
  }
}

void ph_compositing_backward(const ph_compositing *f, const float *picture, const float *image_gradient,
                             float *picture_gradient) {
  const int64_t plane = plane_of(f), channels = f->shape.dim[1];
  const int64_t sources = ph_compositing_channels(f->grey, channels);
  memset(picture_gradient, 0, (size_t)(f->shape.dim[0] * sources * plane) * sizeof *picture_gradient);
  for (int64_t n = 0; n < f->shape.dim[0]; n++) {
    for (int64_t k = 0; k < channels; k++) {
      const float *src = image_gradient + (n * channels + k) * plane;
      float *dst = picture_gradient + source_of(f, n, k);
      if (f->mask != NULL)
        add_masked(part_for(f->mask, n), src, dst, plane);
      else
        add(src, dst, plane);
    }
    if (f->stretch)
      range_back(range_of(f, picture, n), picture + n * sources * plane,
                 picture_gradient + n * sources * plane);
  }
}

void ph_compositing_invert(const ph_compositing *f, const float *image, float *picture) {
  const int64_t plane = plane_of(f), channels = f->shape.dim[1];
  if (!f->grey) {
    memcpy(picture, image, (size_t)(channels * plane) * sizeof *picture);
    return;
  }
  for (int64_t i = 0; i < plane; i++) {
    picture[i] = 0;
    for (int64_t k = 0; k < 3; k++) picture[i] += luminance[k] * image[k * plane + i];
  }
  memcpy(picture + plane, image + 3 * plane, (size_t)((channels - 3) * plane) * sizeof *picture);
}
