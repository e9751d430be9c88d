/* SPDX-License-Identifier: MIT */
/* Long runs of numbers of either element type. Fixed pieces of them are shared out among threads: results do
   not depend on how many there are. Must not know of plans. */
#ifndef PH_DNNL_VECTORS_H
#define PH_DNNL_VECTORS_H

#include "element.h"

enum { PIECE = 4096 };
#define FOR_EACH_PIECE(count)                                                                                \
  _Pragma("omp parallel for schedule(static) if ((count) > 4 * PIECE)") for (int64_t from = 0;               \
                                                                             from < (count); from += PIECE)
static inline int64_t phd_piece(int64_t from, int64_t count) {
  return from + PIECE < count ? PIECE : count - from;
}

/* dst = src, in another type; dst += src. */
void phd_convert(void *dst, element_type to, const void *src, element_type from_type, int64_t count);
void phd_add_to(void *dst, const void *src, int64_t count, element_type type);

#endif
