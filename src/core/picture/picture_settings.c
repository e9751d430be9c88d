/* SPDX-License-Identifier: MIT */
/* Settling a picture's sizes, and its colours. */
#include "picture_settings.h"

#include <stdio.h>

ph_shape ph_picture_settings_shape(const ph_picture_settings *p) {
  return ph_shape4(p->batch, p->channels, p->height, p->width);
}

static int64_t first_given(int64_t a, int64_t b, int64_t c) { return a != 0 ? a : b != 0 ? b : c; }

static bool mixable(const ph_picture_settings *p) {
  return !p->grey && (p->channels == 3 || p->channels == 4);
}

static ph_status check_colours(const ph_picture_settings *p, const char *what, ph_error *e) {
  if (p->grey && p->channels != 3 && p->channels != 4)
    return ph_fail(e, PH_MISUSE, "%s: grey pictures have 3 channels, or 4 with opacity, not %lld", what,
                   (long long)p->channels);
  if (p->matrix.count != 0 && p->matrix.count != 9)
    return ph_fail(e, PH_MISUSE, "%s: matrix takes 9 numbers, row by row, got %d", what, p->matrix.count);
  if (p->mean.count != 0 && p->mean.count != 3)
    return ph_fail(e, PH_MISUSE, "%s: mean takes 3 numbers, got %d", what, p->mean.count);
  if (p->matrix.count != 0 && !(p->decorrelate && mixable(p)))
    return ph_fail(e, PH_MISUSE, "%s: a colour matrix needs decorrelate and 3 or 4 channels of colour", what);
  if (p->mean.count != 0 && (!(p->decorrelate && mixable(p)) || p->squash == PH_SQUASH_SIGMOID))
    return ph_fail(e, PH_MISUSE, "%s: a mean colour needs decorrelate, and squash clip or none", what);
  return PH_OK;
}

ph_status ph_picture_settings_expect(const ph_tensor *tensor, ph_shape shape, const char *what, ph_error *e) {
  ph_shape got = ph_tensor_shape(tensor);
  if (got.rank == 4 && got.dim[0] == 1) shape.dim[0] = 1; /* one serves every image of the batch */
  ph_status status = ph_tensor_expect(tensor, shape, what, e);
  return status == PH_OK ? ph_picture_settings_expect_finite(tensor, what, e) : status;
}

ph_status ph_picture_settings_expect_finite(const ph_tensor *tensor, const char *what, ph_error *e) {
  int64_t strange = ph_tensor_statistics(tensor).not_finite;
  if (strange == 0) return PH_OK;
  return ph_fail(e, PH_MISUSE, "%s: %lld of %lld numbers are NaN or infinite", what, (long long)strange,
                 (long long)ph_tensor_count(tensor));
}

ph_status ph_picture_settings_settle(ph_picture_settings *p, const ph_tensor *image, const char *what,
                                     ph_error *e) {
  ph_shape start = {.rank = 4};
  char text[PH_SHAPE_TEXT];
  if (image != NULL) {
    start = ph_tensor_shape(image);
    if (start.rank != 4)
      return ph_fail(e, PH_MISUSE, "%s: the image must be (n, c, h, w), got %s", what,
                     ph_shape_print(start, text));
    p->height = first_given(p->height, start.dim[2], 0);
    p->width = first_given(p->width, start.dim[3], 0);
  }
  p->batch = first_given(p->batch, start.dim[0], 1);
  p->channels = first_given(p->channels, start.dim[1], 3);
  p->height = first_given(p->height, p->width, PH_PICTURE_SIDE);
  p->width = first_given(p->width, p->height, PH_PICTURE_SIDE);
  ph_status status = check_colours(p, what, e);
  if (status != PH_OK || image == NULL) return status;
  char image_of[100];
  snprintf(image_of, sizeof image_of, "%s: image", what);
  return ph_picture_settings_expect(image, ph_picture_settings_shape(p), image_of, e);
}

ph_colour ph_picture_settings_colour(const ph_picture_settings *p) {
  const double *matrix = p->matrix.count == 9 ? p->matrix.value : ph_colour_matrix;
  ph_colour colour = ph_colour_of(p->decorrelate && mixable(p) ? matrix : NULL, (ph_squash)p->squash);
  for (int i = 0; i < p->mean.count; i++) colour.mean[i] = (float)p->mean.value[i];
  return colour;
}
