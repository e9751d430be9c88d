/* SPDX-License-Identifier: MIT */
/* Tensors that are views of mapped files: values are not copied, and are read when they are needed. */
#ifndef PH_MAPPED_H
#define PH_MAPPED_H

#include "tensor/tensor.h"
#include "file.h"

/* Whether the address can hold float32. */
bool ph_mapped_fits(const void *data);

/* A tensor over float32 numbers at `data`, which lies in the mapping. It holds on to the mapping, and can
 * rest. */
ph_status ph_mapped_tensor(ph_mapping *mapping, unsigned char *data, ph_shape shape, ph_tensor **tensor,
                           ph_error *e);

#endif
