/* SPDX-License-Identifier: MIT */
/* copies: several views of each image in one step. The pipeline makes them, and draws what comes after it for
   each copy by itself. */
#include <stddef.h>

#include "types.h"

typedef struct config {
  int64_t count;
} config;

static const ph_field fields[] = {{"count", PH_INTEGER, offsetof(config, count), PH_REQUIRED, 1, 1024, NULL,
                                   "how many copies of each image"},
                                  {.key = NULL}};

int64_t ph_transform_copies_count(const ph_transform *transform) {
  return ((const config *)transform->config)->count;
}

const ph_transform_type ph_transform_copies = {"copies", "views each image several times", fields,
                                               sizeof(config), NULL};
