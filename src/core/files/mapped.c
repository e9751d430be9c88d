/* SPDX-License-Identifier: MIT */
/* Tensors that are views of files. */
#include "mapped.h"

#include <stdint.h>

bool ph_mapped_fits(const void *data) { return (uintptr_t)data % _Alignof(float) == 0; }

static void release_mapping(void *mapping) { ph_mapping_release(mapping); }

ph_status ph_mapped_tensor(ph_mapping *mapping, unsigned char *data, ph_shape shape, ph_tensor **tensor,
                           ph_error *e) {
  return ph_tensor_borrow(shape, (float *)(void *)data, release_mapping, ph_mapping_retain(mapping), tensor,
                          e);
}
