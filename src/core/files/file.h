/* SPDX-License-Identifier: MIT */
/* Whole files, read into memory or mapped. Only regular files are opened; every error message is one line
   that names the file and the system's reason. Knows no format. atomic.h writes files. */
#ifndef PH_FILE_H
#define PH_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* The file's bytes, in a block for ph_free. PH_FAILURE when it has more than `most`. */
ph_status ph_file_read(const char *path, size_t most, unsigned char **data, size_t *size, ph_error *e);

/* `size` bytes from `offset` on. PH_FAILURE when these are more than `most`, or when there are fewer. */
ph_status ph_file_read_part(const char *path, uint64_t offset, size_t size, size_t most, unsigned char **data,
                            ph_error *e);

/* A file in memory. Reference-counted, so that tensors can look into it for as long as they live; writing to
   it never changes the file. */
typedef struct ph_mapping ph_mapping;

/* Reads the whole file: what happens to it afterwards does not matter. */
ph_status ph_mapping_read(const char *path, ph_mapping **mapping, ph_error *e);

/* Without reading: pages come when they are touched. The file must not be cut short or written to while it is
   mapped, so this is for what is read through once and let go. */
ph_status ph_mapping_open(const char *path, ph_mapping **mapping, ph_error *e);
ph_mapping *ph_mapping_retain(ph_mapping *mapping); /* returns its argument */
void ph_mapping_release(ph_mapping *mapping);       /* NULL is allowed */

/* The data of an empty file is NULL. */
unsigned char *ph_mapping_data(ph_mapping *mapping);
size_t ph_mapping_size(const ph_mapping *mapping);

/* Lets go of the pages that were read, of a file that was opened without reading; they come again when they
   are touched. Not for data that was written to. */
void ph_mapping_forget(ph_mapping *mapping);

#endif
