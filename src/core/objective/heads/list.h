/* SPDX-License-Identifier: MIT */
/* The head types. One line here, and what a file of this folder defines as ph_head_NAME is declared and
   registered. The order is that of listings. */
#ifndef PH_HEAD_LIST_H
#define PH_HEAD_LIST_H

#define PH_HEAD_TYPES(EACH)                                                                                  \
  EACH(channel)                                                                                              \
  EACH(neuron)                                                                                               \
  EACH(layer)                                                                                                \
  EACH(direction)                                                                                            \
  EACH(direction_neuron)                                                                                     \
  EACH(tensor_direction)                                                                                     \
  EACH(channel_weights)                                                                                      \
  EACH(neuron_weights)                                                                                       \
  EACH(local_group)                                                                                          \
  EACH(activation_difference)                                                                                \
  EACH(caricature)                                                                                           \
  EACH(cosine)                                                                                               \
  EACH(style)                                                                                                \
  EACH(logit)                                                                                                \
  EACH(probability)                                                                                          \
  EACH(l1)                                                                                                   \
  EACH(l2)                                                                                                   \
  EACH(lp)                                                                                                   \
  EACH(l_infinity)                                                                                           \
  EACH(input_difference)                                                                                     \
  EACH(total_variation)                                                                                      \
  EACH(blur)                                                                                                 \
  EACH(alpha)                                                                                                \
  EACH(blur_alpha)                                                                                           \
  EACH(boundary_complexity)                                                                                  \
  EACH(alignment)                                                                                            \
  EACH(diversity)                                                                                            \
  EACH(custom)

#endif
