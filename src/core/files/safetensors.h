/* SPDX-License-Identifier: MIT */
/* Weights files in the safetensors format (huggingface.co/docs/safetensors): 8 bytes with the length of a
   JSON header, the header (name -> dtype, shape, data_offsets; and "__metadata__", texts), then the numbers,
   little-endian and end to end. Files are untrusted: every length in them is checked before it is used. Knows
   nothing of networks. */
#ifndef PH_SAFETENSORS_H
#define PH_SAFETENSORS_H

#include "base/numbers.h"
#include "tensor/tensor.h"
#include "metadata.h"

/* ---- reading ---- */

typedef struct ph_safetensors ph_safetensors;

/* Opens a file and checks its header. PH_FAILURE, in one line that names file, tensor and fault, for anything
   that the format does not allow. */
ph_status ph_safetensors_read(const char *path, ph_safetensors **file, ph_error *e);
void ph_safetensors_free(ph_safetensors *file); /* NULL is allowed; its tensors live on */

/* Tensors in byte order of their names. */
int ph_safetensors_count(const ph_safetensors *file);
const char *ph_safetensors_name(const ph_safetensors *file, int i);

/* Whether tensor i is of F64, F32, F16 or BF16. Whole numbers are not read: networks count with them how long
   they were trained. */
bool ph_safetensors_is_read(const ph_safetensors *file, int i);

/* Tensor i, which is one that is read, one reference of which becomes the caller's. F32 is the file itself,
   mapped: cheap however large, and writing to it changes only this process's copy. Other types are converted
   to float32. */
ph_status ph_safetensors_tensor(const ph_safetensors *file, int i, ph_tensor **tensor, ph_error *e);

/* Valid as long as the file is. */
const ph_metadata *ph_safetensors_metadata(const ph_safetensors *file);

/* ---- writing ---- */

/* Writes tensors, sorted by name, all as `type`, with metadata (NULL: none), atomically. Equal contents give
   equal bytes. PH_MISUSE for names that are equal or no UTF-8, and for numbers that the type cannot hold;
   PH_FAILURE when the file cannot be written. */
ph_status ph_safetensors_write(const char *path, const ph_named_tensor *tensors, int count,
                               const ph_metadata *metadata, ph_number_type type, ph_error *e);

#endif
