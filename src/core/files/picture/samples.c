/* SPDX-License-Identifier: MIT */
/* From samples to tensors and back. */
#include "samples.h"

#include <math.h>

#include "base/memory.h"
#include "files/image.h"

ph_status ph_samples_check_size(int64_t w, int64_t h, ph_error *e) {
  if (w <= PH_IMAGE_MOST_SIDE && h <= PH_IMAGE_MOST_SIDE && w * h <= PH_IMAGE_MOST_PIXELS) return PH_OK;
  return ph_fail(e, PH_FAILURE, "%lldx%lld pixels are too many", (long long)w, (long long)h);
}

ph_status ph_samples_new(int w, int h, int channels, ph_samples *samples, ph_error *e) {
  unsigned char *data = ph_alloc((size_t)w * (size_t)h * (size_t)channels);
  if (data == NULL) return ph_no_memory(e);
  *samples = (ph_samples){data, w, h, channels, .orientation = 1, .whole_w = w, .whole_h = h};
  return PH_OK;
}

void ph_samples_free(ph_samples *samples) {
  ph_free(samples->data);
  *samples = (ph_samples){0};
}

/* (1, 3, h, w), as the pixels lie. */
static void spread(const ph_samples *s, ph_tensor *image) {
  const int64_t plane = ph_tensor_count(image) / 3;
  const bool has_alpha = s->channels == 2 || s->channels == 4, is_grey = s->channels <= 2;
  const unsigned char *from = s->data;
  float *data = ph_tensor_data(image), share[256];
  for (int level = 0; level < 256; level++) share[level] = (float)level / 255.0f;
  for (int64_t i = 0; i < plane; i++, from += s->channels) {
    float alpha = has_alpha ? share[from[s->channels - 1]] : 1.0f;
    for (int c = 0; c < 3; c++) {
      float value = share[from[is_grey ? 0 : c]];
      data[c * plane + i] = has_alpha ? value * alpha + (1.0f - alpha) : value;
    }
  }
}

/* A picture (1, 3, h, w) as it was seen, from its pixels as they lie: orientations 5 to 8 exchange rows and
   columns; of 3, 4, 6 and 7 the rows run backwards, of 2, 3, 7 and 8 the columns. */
static ph_status turn(int orientation, ph_tensor **image, ph_error *e) {
  ph_shape from = ph_tensor_shape(*image), to = from;
  const bool is_turned = orientation >= 5;
  const bool from_right = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool from_below = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  ph_tensor *turned;
  if (orientation == 1) return PH_OK;
  if (is_turned) to = ph_shape4(1, 3, from.dim[3], from.dim[2]);
  ph_status status = ph_tensor_new(to, &turned, e);
  if (status != PH_OK) return status;
  const float *src = ph_tensor_read(*image);
  float *dst = ph_tensor_data(turned);
  const int64_t h = from.dim[2], w = from.dim[3];
  for (int64_t c = 0; c < 3; c++)
    for (int64_t y = 0; y < to.dim[2]; y++)
      for (int64_t x = 0; x < to.dim[3]; x++) {
        int64_t row = is_turned ? x : y, column = is_turned ? y : x;
        if (from_below) row = h - 1 - row;
        if (from_right) column = w - 1 - column;
        *dst++ = src[(c * h + row) * w + column];
      }
  ph_tensor_release(*image);
  *image = turned;
  return PH_OK;
}

ph_status ph_samples_tensor(const ph_samples *samples, ph_tensor **image, ph_error *e) {
  ph_tensor *result;
  ph_status status = ph_tensor_new(ph_shape4(1, 3, samples->h, samples->w), &result, e);
  if (status != PH_OK) return status;
  spread(samples, result);
  status = turn(samples->orientation, &result, e);
  if (status == PH_OK)
    *image = result;
  else
    ph_tensor_release(result);
  return status;
}

ph_status ph_samples_of(const ph_tensor *image, ph_samples *samples, ph_error *e) {
  const ph_shape shape = ph_tensor_shape(image);
  const int64_t channels = shape.dim[1], plane = shape.dim[2] * shape.dim[3];
  const float *data = ph_tensor_read(image);
  ph_status status = ph_samples_new((int)shape.dim[3], (int)shape.dim[2], (int)channels, samples, e);
  if (status != PH_OK) return status;
  unsigned char *to = samples->data;
  for (int64_t i = 0; i < plane; i++)
    for (int64_t c = 0; c < channels; c++) {
      float value = fminf(fmaxf(data[c * plane + i], 0.0f), 1.0f);
      *to++ = (unsigned char)(value * 255.0f + 0.5f);
    }
  return PH_OK;
}
