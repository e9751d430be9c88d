/* SPDX-License-Identifier: MIT */
/* What head.c and head_print.c share: whether a setting was given, and by which argument. */
#ifndef PH_HEAD_PRIVATE_H
#define PH_HEAD_PRIVATE_H

#include "head.h"

/* Whether the setting `key` (one of the type's fields, or "tensor") differs from its default. */
bool ph_head_is_set(const ph_head *head, const char *key);
bool ph_head_at_default(const ph_head *head, const ph_field *field);

/* The argument of the constructor that gives the setting `key`; NULL where none does. */
const ph_argument *ph_head_argument_for(const ph_head_type *type, const char *key);

#endif
