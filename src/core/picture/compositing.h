/* SPDX-License-Identifier: MIT */
/* The last stage of a parameterisation: from the coloured picture to the image that is seen. Its contrast is
   stretched, where asked for; grey is repeated as red, green and blue; and where a mask says so the image is
   held to a fixed one. Knows images only. */
#ifndef PH_COMPOSITING_H
#define PH_COMPOSITING_H

#include "tensor/tensor.h"

typedef struct ph_compositing {
  bool grey;                     /* the picture has one channel where the image has three */
  bool stretch;                  /* each picture's least number becomes 0, its greatest 1, but for opacity */
  ph_shape shape;                /* of the image */
  const ph_tensor *mask, *fixed; /* NULL: nothing is fixed; (1 or n, 1, h, w) and (1 or n, c, h, w) */
} ph_compositing;

/* Channels of the picture that becomes an image of so many. */
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
