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

const ph_transform_type ph_transform_copies = {
    .name = "copies",
    .text = "Several views of each picture in one step: a batch of n becomes one of count * n, first every "
            "picture's first copy, then every second one. Transforms that come after it are drawn again for "
            "each copy, and must bring all copies to one size; what comes before is drawn once. On the way "
            "back the gradients of a picture's copies are summed: an objective that is a mean over the "
            "batch, as channels and neurons are, so has the mean of its copies' gradients. In runs, what "
            "names a picture of the batch (`on`, `ph.each`, a picture to compare with) reads it in each of "
            "its copies, and the objective is the mean over these. What compares all pictures of a batch "
            "(`diversity`, `alignment`) sees each copy as a picture: picture i's copy k is number k * n + i.",
    .fields = fields,
    .config_size = sizeof(config),
};
