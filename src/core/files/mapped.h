/* SPDX-License-Identifier: MIT */
/* Tensors that are views of files in memory: values are not copied. */
#ifndef PH_MAPPED_H
#define PH_MAPPED_H

#include "tensor/tensor.h"
#include "file.h"

/* Whether the address can hold float32. */
bool ph_mapped_fits(const void *data);

/* A tensor over float32 numbers at `data`, which lies in the mapping. It holds on to the mapping. */
ph_status ph_mapped_tensor(ph_mapping *mapping, unsigned char *data, ph_shape shape, ph_tensor **tensor,
                           ph_error *e);

#endif
