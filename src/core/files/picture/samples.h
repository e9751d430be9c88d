/* SPDX-License-Identifier: MIT */
/* Samples: a picture as files hold it, 8-bit numbers, interleaved. Decoders make them, encoders take them;
   here they become tensors and come from them. Knows no format. */
#ifndef PH_SAMPLES_H
#define PH_SAMPLES_H

#include "tensor/tensor.h"

typedef struct ph_samples {
  unsigned char *data;  /* h rows of w pixels of `channels` numbers */
  int w, h;             /* pixels as they lie in the file */
  int channels;         /* 1 grey, 2 grey and opacity, 3 RGB, 4 RGB and opacity */
  int orientation;      /* how they lie in the picture as it was seen (exif.h) */
  int whole_w, whole_h; /* of the picture in the file, where it was decoded at a reduced scale */
} ph_samples;

/* PH_FAILURE for more pixels than pictures may have (image.h). */
ph_status ph_samples_check_size(int64_t w, int64_t h, ph_error *e);

/* Room for a picture of a size that was checked, all zeros, upright and whole. */
ph_status ph_samples_new(int w, int h, int channels, ph_samples *samples, ph_error *e);
void ph_samples_free(ph_samples *samples); /* of zeros is allowed, and what is left */

/* The picture as it was seen, (1, 3, h, w): grey is repeated, and opacity blended over white. */
ph_status ph_samples_tensor(const ph_samples *samples, ph_tensor **image, ph_error *e);

/* (1, c, h, w), of 1, 3 or 4 channels, clipped to [0, 1] and rounded. */
ph_status ph_samples_of(const ph_tensor *image, ph_samples *samples, ph_error *e);

#endif
