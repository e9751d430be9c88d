/* SPDX-License-Identifier: MIT */
/* What one weight of a kernel does: a convolution's step, and, walked the other way, its adjoint. For the
   files of layers/ only. */
#ifndef PH_LAYERS_KERNEL_H
#define PH_LAYERS_KERNEL_H

#include "window.h"

/* A plane that windows slide over, and the plane of windows. Exactly one of `gathered` and `spread` is the
   destination, and says which way the weight is applied. */
typedef struct ph_planes {
  const float *under; /* gathered += weight * under */
  float *gathered;
  const float *windows; /* spread += weight * windows */
  float *spread;
} ph_planes;

/* Applies the weight at row ky and column kx of a window to planes; `size` is (height, width) of the plane
   under the windows. */
void ph_kernel_apply(const ph_window *window, const int64_t size[2], int64_t ky, int64_t kx, float weight,
                     const ph_planes *planes);

#endif
