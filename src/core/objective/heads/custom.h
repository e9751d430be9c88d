/* SPDX-License-Identifier: MIT */
/* The configuration of Custom heads, whose values come from outside, for who computes them. */
#ifndef PH_CUSTOM_HEAD_H
#define PH_CUSTOM_HEAD_H

#include "objective/head.h"

typedef struct ph_custom_head {
  ph_head_place place;
  char name[PH_TEXT_SIZE];
  int64_t part;     /* of the layers that the function reads, from 1 */
  int64_t function; /* the maker's number for it */
} ph_custom_head;

#endif
