/* SPDX-License-Identifier: MIT */
/* From decorrelated channels to RGB: a 3x3 matrix on each pixel's channels, then a function that keeps values
   in [0, 1]. The matrix gives colours the correlation that they have in natural images, so that the channels
   being optimised are independent and of similar scale. Knows images only: (n, c, h, w) in, the same out.

   Where c is 3, or 4 with opacity last, the first three channels are mixed; other counts never are. */
#ifndef PH_COLOUR_H
#define PH_COLOUR_H

#include "base/error.h"
#include "base/shape.h"

typedef enum ph_squash {
  PH_SQUASH_SIGMOID, /* 1 / (1 + exp(-x)) */
  PH_SQUASH_CLIP,    /* cut to [0, 1]; the gradient passes where nothing was cut, both ends included */
  PH_SQUASH_NONE
} ph_squash;

extern const char *const ph_squash_names[]; /* NULL-terminated, in the enumeration's order */

typedef struct ph_colour {
  bool mixed;
  float matrix[3][3]; /* rgb = matrix * channels + mean */
  float mean[3];
  ph_squash squash;
} ph_colour;

/* ImageNet's colour correlation, row by row, as Lucid has it (optvis/param/color.py): the square root of the
   covariance's SVD, divided by its largest column norm. */
extern const double ph_colour_matrix[9];

/* No mixing if `matrix` (9 numbers) is NULL. ImageNet's mean colour (.48, .46, .41) is added where there is
   mixing and no sigmoid, whose own middle is .5. */
ph_colour ph_colour_of(const double *matrix, ph_squash squash);

/* raw -> image, both of this shape. They may be one array. */
void ph_colour_forward(const ph_colour *colour, ph_shape shape, const float *raw, float *image);

/* The gradient with respect to raw, overwritten, given a forward's raw and image. raw_gradient is an array of
   its own. */
void ph_colour_backward(const ph_colour *colour, ph_shape shape, const float *raw, const float *image,
                        const float *gradient, float *raw_gradient);

/* The raw values that give this image. Through a sigmoid the image is first cut to [.001, .999], which keeps
   them within about 7 of 0 before unmixing. PH_MISUSE if the matrix has no inverse. */
ph_status ph_colour_invert(const ph_colour *colour, ph_shape shape, const float *image, float *raw,
                           ph_error *e);

/* (n, 3, h, w) -> (n, 1, h, w): .299 red + .587 green + .114 blue (ITU-R BT.601). */
void ph_luminance(ph_shape shape, const float *image, float *grey);

#endif
