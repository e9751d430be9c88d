/* SPDX-License-Identifier: MIT */
/* The element types of values: float32, and bfloat16, which is float32's upper half. Arithmetic is in float32
   always; numbers are widened as they are read and rounded to nearest, ties to even, as they are written.

   Kernels are written once. They take the type as their last argument, are inlined, and are called through
   PHD_BY_TYPE, where the type is a constant, so that nothing of the choice is left in their loops. Must not
   know of plans. */
#ifndef PH_DNNL_ELEMENT_H
#define PH_DNNL_ELEMENT_H

#include <oneapi/dnnl/dnnl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

typedef dnnl_data_type_t element_type; /* dnnl_f32 or dnnl_bf16 */

#define PHD_KERNEL static inline __attribute__((always_inline))
#define PHD_BY_TYPE(type, kernel, ...)                                                                       \
  ((type) == dnnl_bf16 ? kernel(__VA_ARGS__, dnnl_bf16) : kernel(__VA_ARGS__, dnnl_f32))

static inline int64_t phd_size(element_type type) { return type == dnnl_bf16 ? 2 : 4; }

/* Element i of `data`. */
static inline void *phd_at(void *data, int64_t i, element_type type) {
  return (unsigned char *)data + i * phd_size(type);
}
static inline const void *phd_read_at(const void *data, int64_t i, element_type type) {
  return (const unsigned char *)data + i * phd_size(type);
}

/* ---- one at a time ---- */

PHD_KERNEL float phd_load(const void *data, int64_t i, element_type type) {
  if (type == dnnl_f32) return ((const float *)data)[i];
  uint32_t bits = (uint32_t)((const uint16_t *)data)[i] << 16;
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

PHD_KERNEL void phd_store(void *data, int64_t i, float value, element_type type) {
  if (type == dnnl_f32) {
    ((float *)data)[i] = value;
    return;
  }
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  uint32_t rounded = bits + 0x7FFFu + (bits >> 16 & 1u);
  rounded = (bits & 0x7FFFFFFFu) > 0x7F800000u ? bits | 0x400000u : rounded; /* a NaN stays one */
  ((uint16_t *)data)[i] = (uint16_t)(rounded >> 16);
}

/* Makes it zero unless `keep`. */
PHD_KERNEL void phd_keep_if(void *data, int64_t i, bool keep, element_type type) {
  if (type == dnnl_f32)
    ((float *)data)[i] = keep ? ((float *)data)[i] : 0;
  else
    ((uint16_t *)data)[i] = keep ? ((uint16_t *)data)[i] : 0;
}

/* ---- eight at a time: half a block of channels, or a whole one ---- */

/* They are inlined always: how vectors are passed to functions does not matter. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wpsabi"
#endif

enum { EIGHT = 8 };
typedef float eight __attribute__((vector_size(32), aligned(4), may_alias));
typedef int32_t eight_ints __attribute__((vector_size(32), aligned(4), may_alias));
typedef uint32_t eight_bits __attribute__((vector_size(32), aligned(4), may_alias));
typedef uint16_t eight_halves __attribute__((vector_size(16), aligned(2), may_alias));

/* Elements [i, i + 8). */
PHD_KERNEL eight phd_load_eight(const void *data, int64_t i, element_type type) {
  if (type == dnnl_f32) return *(const eight *)((const float *)data + i);
  /* Each below a zero, which is two instructions; converted and shifted they would be five. */
  const eight_halves halves = *(const eight_halves *)((const uint16_t *)data + i), none = {0};
  return (eight)__builtin_shufflevector(none, halves, 0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15);
}

PHD_KERNEL void phd_store_eight(void *data, int64_t i, eight value, element_type type) {
  if (type == dnnl_f32) {
    *(eight *)((float *)data + i) = value;
    return;
  }
  eight_bits bits = (eight_bits)value, nan = (eight_bits)((bits & 0x7FFFFFFFu) > 0x7F800000u);
  eight_bits rounded = bits + 0x7FFFu + (bits >> 16 & 1u);
  rounded = (rounded & ~nan) | ((bits | 0x400000u) & nan);
  *(eight_halves *)((uint16_t *)data + i) = __builtin_convertvector(rounded >> 16, eight_halves);
}

#endif
