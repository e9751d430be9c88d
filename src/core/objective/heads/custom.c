/* SPDX-License-Identifier: MIT */
/* Custom heads: their values come from outside the core, as those do that recipes write as functions. What a
   head has here is where it reads, a name to print, and numbers by which its maker knows it again: which
   function, and for one of several layers, which of them. */
#include "custom.h"

static const ph_argument arguments[] = {PH_HEAD_LAYER, {0}};

static const ph_field fields[] = {
    PH_HEAD_PLACE,
    {"name", PH_TEXT, offsetof(ph_custom_head, name), 0, 0, 0, NULL, "how it is called in reports"},
    {"part", PH_INTEGER, offsetof(ph_custom_head, part), 1, 1, 1e9, NULL,
     "which of the function's layers it reads"},
    {"function", PH_INTEGER, offsetof(ph_custom_head, function), 0, 0, 9e15, NULL, NULL},
    {0}};

const ph_head_type ph_head_custom = {
    .name = "head",
    .text = "What a function makes of an activation.",
    .arguments = arguments,
    .fields = fields,
    .config_size = sizeof(ph_custom_head),
};
