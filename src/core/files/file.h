/* SPDX-License-Identifier: MIT */
/* Whole files, read into memory or mapped. Only regular files are opened; every error message is one line
   that names the file and the system's reason. Knows no format. atomic.h writes files. */
#ifndef PH_FILE_H
#define PH_FILE_H

#include <stddef.h>

#include "base/error.h"

/* The file's bytes, in a block for ph_free. PH_FAILURE when it has more than `most`. */
ph_status ph_file_read(const char *path, size_t most, unsigned char **data, size_t *size, ph_error *e);

/* A file in memory without being read: pages come when they are touched. Writing to it changes this process's
   copy of a page, never the file. The file must not be cut short while it is mapped; replacing it by another
   is fine. Reference-counted, so that tensors can look into it for as long as they live. */
typedef struct ph_mapping ph_mapping;

ph_status ph_mapping_open(const char *path, ph_mapping **mapping, ph_error *e);
ph_mapping *ph_mapping_retain(ph_mapping *mapping); /* returns its argument */
void ph_mapping_release(ph_mapping *mapping);       /* NULL is allowed */

/* The data of an empty file is NULL. */
unsigned char *ph_mapping_data(ph_mapping *mapping);
size_t ph_mapping_size(const ph_mapping *mapping);

/* Lets go of the pages that were read; they come again when they are touched. Not for data that was written
 * to. */
void ph_mapping_forget(ph_mapping *mapping);

/* The same for a part of a mapping's data, as far as it covers whole pages. */
void ph_mapping_rest(const void *data, size_t size);

#endif
