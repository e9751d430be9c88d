/* SPDX-License-Identifier: MIT */
/* Writing files atomically: into a temporary file beside the target, which is renamed to the target once all
   is on the disk. On any failure an older file of that name is unchanged and the temporary one is removed;
   of a process that was killed, the next one that writes into the folder removes it. Missing folders are
   created. Knows no format. */
#ifndef PH_ATOMIC_H
#define PH_ATOMIC_H

#include <stddef.h>

#include "base/error.h"

typedef struct ph_atomic ph_atomic;

/* Begins the file that will be `path`; through a symbolic link, the file that it points to. PH_FAILURE,
   naming path and reason, when it could not be written. */
ph_status ph_atomic_begin(const char *path, ph_atomic **file, ph_error *e);

/* Appends. */
ph_status ph_atomic_write(ph_atomic *file, const void *data, size_t size, ph_error *e);

/* Puts the file in its place, or fails and abandons it; either way `file` is gone. */
ph_status ph_atomic_commit(ph_atomic *file, ph_error *e);

/* Gives up. NULL is allowed. */
void ph_atomic_abandon(ph_atomic *file);

#endif
