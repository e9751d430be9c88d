/* Grey and masks. Every plane of the image is a plane of the picture, weighed. */
#include "finish.h"

#include <string.h>

/* The shares of red, green and blue in luminance (ITU-R BT.601). */
static const float luminance[3] = {0.299f, 0.587f, 0.114f};

int64_t ph_finish_channels(bool grey, int64_t channels) { return grey ? channels - 2 : channels; }

bool ph_finish_is_nothing(const ph_finish *f) { return !f->grey && f->mask == NULL; }

/* ---- sizes ---- */

static int64_t plane_of(const ph_finish *f) { return f->shape.dim[2] * f->shape.dim[3]; }

/* Where the picture has the plane that image n's channel k comes from. */
static int64_t source_of(const ph_finish *f, int64_t n, int64_t k) {
  int64_t channel = !f->grey ? k : k < 3 ? 0 : k - 2;
  return (n * ph_finish_channels(f->grey, f->shape.dim[1]) + channel) * plane_of(f);
}

/* Image n's own part of a tensor that has one for all images, or one for each. */
static const float *part_for(const ph_tensor *tensor, int64_t n) {
  ph_shape shape = ph_tensor_shape(tensor);
  return ph_tensor_read(tensor) + (shape.dim[0] == 1 ? 0 : n) * (ph_tensor_count(tensor) / shape.dim[0]);
}

/* ---- the maps ---- */

static void blend(const float *mask, const float *fixed, const float *src, float *dst, int64_t count) {
  for (int64_t i = 0; i < count; i++) dst[i] = mask[i] * src[i] + (1.0f - mask[i]) * fixed[i];
}

static void add_masked(const float *mask, const float *src, float *dst, int64_t count) {
  for (int64_t i = 0; i < count; i++) dst[i] += mask[i] * src[i];
}

static void add(const float *src, float *dst, int64_t count) {
  for (int64_t i = 0; i < count; i++) dst[i] += src[i];
}

void ph_finish_forward(const ph_finish *f, const float *picture, float *image) {
  const int64_t plane = plane_of(f), channels = f->shape.dim[1];
  for (int64_t n = 0; n < f->shape.dim[0]; n++) {
    for (int64_t k = 0; k < channels; k++) {
      const float *src = picture + source_of(f, n, k);
      float *dst = image + (n * channels + k) * plane;
      if (f->mask != NULL)
        blend(part_for(f->mask, n), part_for(f->fixed, n) + k * plane, src, dst, plane);
      else
        memcpy(dst, src, (size_t)plane * sizeof *dst);
    }
  }
}

void ph_finish_backward(const ph_finish *f, const float *image_gradient, float *picture_gradient) {
  const int64_t plane = plane_of(f), channels = f->shape.dim[1];
  const int64_t sources = ph_finish_channels(f->grey, channels);
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
  }
}

void ph_finish_invert(const ph_finish *f, const float *image, float *picture) {
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
