/* SPDX-License-Identifier: MIT */
/* The types of numbers that frameworks store, whole ones included, to float32. */
#ifndef PH_ELEMENTS_H
#define PH_ELEMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/numbers.h"

typedef enum ph_element_kind { PH_FLOATING, PH_SIGNED, PH_UNSIGNED } ph_element_kind;

typedef struct ph_element {
  ph_element_kind kind;
  int size;              /* bytes */
  ph_number_type number; /* of floating ones */
} ph_element;

/* The type of that kind and size; false where there is none. */
bool ph_element_of(ph_element_kind kind, uint64_t size, ph_element *element);

/* Converts `count` little-endian numbers at any address. */
void ph_elements_to_floats(float *dst, const unsigned char *src, ph_element element, int64_t count);

#endif
