/* SPDX-License-Identifier: MIT */
/* Numbers of many types to float32. */
#include "elements.h"

bool ph_element_of(ph_element_kind kind, uint64_t size, ph_element *element) {
  *element = (ph_element){.kind = kind, .size = (int)size, .number = PH_FLOAT32};
  if (size == 2) element->number = PH_FLOAT16;
  if (size == 8) element->number = PH_FLOAT64;
  return size == 2 || size == 4 || size == 8 || (size == 1 && kind != PH_FLOATING);
}

void ph_elements_to_floats(float *dst, const unsigned char *src, ph_element element, int64_t count) {
  if (element.kind == PH_FLOATING) {
    ph_numbers_to_floats(dst, src, element.number, count);
    return;
  }
  for (int64_t i = 0; i < count; i++) {
    const bool is_signed = element.kind == PH_SIGNED;
    const int64_t number = ph_whole_number(src + i * element.size, element.size, is_signed);
    dst[i] = is_signed ? (float)number : (float)(uint64_t)number;
  }
}
