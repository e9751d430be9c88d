/* SPDX-License-Identifier: MIT */
/* The last stage of a parameterisation: from the coloured picture to the final image. Optionally its contrast
   is stretched, grey is repeated as red, green and blue, and parts of the image are fixed by a mask. Knows
   images only. */
#ifndef PH_COMPOSITING_H
#define PH_COMPOSITING_H

#include "tensor/tensor.h"

typedef struct ph_compositing {
  bool grey;                     /* the picture has one channel where the image has three */
  bool stretch;                  /* scales each picture's minimum to 0 and maximum to 1, except for opacity */
  ph_shape shape;                /* of the image */
  const ph_tensor *mask, *fixed; /* NULL: nothing is fixed; (1 or n, 1, h, w) and (1 or n, c, h, w) */
} ph_compositing;

/* The number of channels of the picture for an image with this many. */
int64_t ph_compositing_channels(bool grey, int64_t channels);

/* Whether the picture is the image. */
bool ph_compositing_is_nothing(const ph_compositing *compositing);

/* image = mask * stretched picture + (1 - mask) * fixed. */
void ph_compositing_forward(const ph_compositing *compositing, const float *picture, float *image);

/* The gradient by the picture of that forward, overwriting. */
void ph_compositing_backward(const ph_compositing *compositing, const float *picture,
                             const float *image_gradient, float *picture_gradient);

/* One image (1, c, h, w) -> its picture. Colours become grey by their luminance; neither
   stretching nor the mask is any matter. */
void ph_compositing_invert(const ph_compositing *compositing, const float *image, float *picture);

#endif
