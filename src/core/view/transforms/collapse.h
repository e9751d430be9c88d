/* SPDX-License-Identifier: MIT */
/* Pictures with opacity, laid over backgrounds: (n, 4, h, w) -> (n, 3, h, w). The result is a product of what
   was given, so going back needs what passed: a collapse keeps it. Knows no transform. */
#ifndef PH_COLLAPSE_H
#define PH_COLLAPSE_H

#include "tensor/random.h"

typedef struct ph_collapse ph_collapse;

/* A background for each picture: noise of this deviation in the Fourier basis of fourier.h, with the colours
   of photographs; a number from 0 to 1 for each channel of each pixel; or one colour. Or none: opacity is not
   looked at. *collapse is made where it is NULL, or had another size or decay. */
typedef enum ph_backdrop_kind {
  PH_BACKDROP_PHOTOGRAPH,
  PH_BACKDROP_UNIFORM,
  PH_BACKDROP_NONE,
  PH_BACKDROP_COLOUR
} ph_backdrop_kind;

typedef struct ph_backdrop {
  int64_t images, h, w;
  double deviation, decay; /* of photographs */
  ph_backdrop_kind kind;
  float colour[3];
} ph_backdrop;
ph_status ph_collapse_draw(ph_collapse **collapse, const ph_backdrop *backdrop, ph_random *random,
                           ph_error *e);
void ph_collapse_free(ph_collapse *collapse); /* NULL is allowed */

/* opacity * colour + (1 - opacity) * background */
void ph_collapse_forward(ph_collapse *collapse, const float *src, float *dst);

/* The gradient of the last forward's pictures, overwritten. */
void ph_collapse_backward(const ph_collapse *collapse, const float *src, float *dst);

#endif
