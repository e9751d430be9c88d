/* SPDX-License-Identifier: MIT */
/* The transform types. One line here, and what a file of this folder defines as ph_transform_NAME is declared
   and registered. The order is that of listings. */
#ifndef PH_TRANSFORM_LIST_H
#define PH_TRANSFORM_LIST_H

#define PH_TRANSFORM_TYPES(EACH)                                                                             \
  EACH(pad)                                                                                                  \
  EACH(jitter)                                                                                               \
  EACH(random_scale)                                                                                         \
  EACH(random_rotate)                                                                                        \
  EACH(random_affine)                                                                                        \
  EACH(resize)                                                                                               \
  EACH(flip)                                                                                                 \
  EACH(random_crop)                                                                                          \
  EACH(random_resized_crop)                                                                                  \
  EACH(crop)                                                                                                 \
  EACH(crop_border)                                                                                          \
  EACH(crop_or_pad)                                                                                          \
  EACH(random_blur)                                                                                          \
  EACH(noise)                                                                                                \
  EACH(colour_jitter)                                                                                        \
  EACH(normalise_gradient)                                                                                   \
  EACH(collapse)                                                                                             \
  EACH(copies)

#endif
