/* SPDX-License-Identifier: MIT */
/* The layer types. One line here, and what a file of this folder defines as ph_layer_NAME is declared and
   registered. The order is that of listings. */
#ifndef PH_LAYER_LIST_H
#define PH_LAYER_LIST_H

#define PH_LAYER_TYPES(EACH)                                                                                 \
  EACH(image)                                                                                                \
  EACH(preprocess)                                                                                           \
  EACH(convolution)                                                                                          \
  EACH(dense)                                                                                                \
  EACH(max_pool)                                                                                             \
  EACH(average_pool)                                                                                         \
  EACH(batch_norm)                                                                                           \
  EACH(global_average_pool)                                                                                  \
  EACH(relu)                                                                                                 \
  EACH(local_response_norm)                                                                                  \
  EACH(softmax)                                                                                              \
  EACH(concat)                                                                                               \
  EACH(sum)                                                                                                  \
  EACH(product)                                                                                              \
  EACH(dropout)                                                                                              \
  EACH(constant)                                                                                             \
  EACH(range)                                                                                                \
  EACH(unary)                                                                                                \
  EACH(leaky_relu)                                                                                           \
  EACH(prelu)                                                                                                \
  EACH(elu)                                                                                                  \
  EACH(celu)                                                                                                 \
  EACH(selu)                                                                                                 \
  EACH(hard_sigmoid)                                                                                         \
  EACH(thresholded_relu)                                                                                     \
  EACH(shrink)                                                                                               \
  EACH(clip)                                                                                                 \
  EACH(binary)                                                                                               \
  EACH(matmul)                                                                                               \
  EACH(reduce)                                                                                               \
  EACH(log_softmax)                                                                                          \
  EACH(global_max_pool)                                                                                      \
  EACH(transposed_convolution)                                                                               \
  EACH(instance_norm)                                                                                        \
  EACH(group_norm)                                                                                           \
  EACH(layer_norm)                                                                                           \
  EACH(reshape)                                                                                              \
  EACH(flatten)                                                                                              \
  EACH(squeeze)                                                                                              \
  EACH(unsqueeze)                                                                                            \
  EACH(identity)                                                                                             \
  EACH(transpose)                                                                                            \
  EACH(slice)                                                                                                \
  EACH(crop)                                                                                                 \
  EACH(gather)                                                                                               \
  EACH(top_k)                                                                                                \
  EACH(expand)                                                                                               \
  EACH(pad)                                                                                                  \
  EACH(resize)                                                                                               \
  EACH(depth_to_space)                                                                                       \
  EACH(space_to_depth)

#endif
