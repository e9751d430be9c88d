/* SPDX-License-Identifier: MIT */
/* Converting and adding up long runs of numbers. */
#include "vectors.h"

#include <string.h>

#include "base/vector.h"

PH_VECTOR static void widen(float *restrict dst, const void *restrict src, int64_t count) {
  for (int64_t i = 0; i < count; i++) dst[i] = phd_load(src, i, dnnl_bf16);
}

PH_VECTOR static void narrow(void *restrict dst, const float *restrict src, int64_t count) {
  for (int64_t i = 0; i < count; i++) phd_store(dst, i, src[i], dnnl_bf16);
}

void phd_convert(void *dst, element_type to, const void *src, element_type from_type, int64_t count) {
  FOR_EACH_PIECE(count) {
    int64_t size = phd_piece(from, count);
    const void *piece = phd_read_at(src, from, from_type);
    if (to == from_type)
      memcpy(phd_at(dst, from, to), piece, (size_t)(size * phd_size(to)));
    else if (to == dnnl_f32)
      widen(phd_at(dst, from, to), piece, size);
    else
      narrow(phd_at(dst, from, to), piece, size);
  }
}

PHD_KERNEL void add_elements(void *restrict dst, const void *restrict src, int64_t count, element_type type) {
  for (int64_t i = 0; i < count; i++)
    phd_store(dst, i, phd_load(dst, i, type) + phd_load(src, i, type), type);
}

PH_VECTOR static void add_piece(void *dst, const void *src, int64_t count, element_type type) {
  PHD_BY_TYPE(type, add_elements, dst, src, count);
}

void phd_add_to(void *dst, const void *src, int64_t count, element_type type) {
  FOR_EACH_PIECE(count)
  add_piece(phd_at(dst, from, type), phd_read_at(src, from, type), phd_piece(from, count), type);
}
