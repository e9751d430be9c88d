/* SPDX-License-Identifier: MIT */
/* A catalogue: which pictures there are in folders, archives and lists of files, in the bytewise order of
   their paths. It never changes: what happens to the files afterwards shows when they are read. */
#ifndef PH_CATALOGUE_H
#define PH_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

typedef struct ph_catalogue ph_catalogue;

typedef struct ph_item {
  const char *path; /* as it can be opened; of an archive's member, the archive's path and the member's */
  size_t within;    /* where in it the path within the folder or archive begins; 0 of a file that was given */
  int archive;      /* -1: a file of its own */
  uint64_t offset;  /* in the archive */
  uint64_t size;    /* bytes */
  int64_t modified; /* nanoseconds since 1970 */
} ph_item;

/* Everything that `count` paths stand for: folders, archives (by the ending .tar), and pictures whatever they
   are called. PH_FAILURE for one that is not there or cannot be read as what it is. What comes twice is there
   once; of members of one name, the archive's last. One reference, which is the caller's. */
ph_status ph_catalogue_new(const char *const *paths, int64_t count, ph_catalogue **catalogue, ph_error *e);
ph_catalogue *ph_catalogue_retain(ph_catalogue *catalogue); /* returns its argument */
void ph_catalogue_release(ph_catalogue *catalogue);         /* NULL is allowed */

int64_t ph_catalogue_count(const ph_catalogue *catalogue);
const ph_item *ph_catalogue_item(const ph_catalogue *catalogue, int64_t i);

/* What was left out, one line each; beyond the first twenty only how many there are in all. */
enum { PH_CATALOGUE_NOTES = 20 };
int64_t ph_catalogue_notes(const ph_catalogue *catalogue);
const char *ph_catalogue_note(const ph_catalogue *catalogue, int i);

/* The bytes of an item, in a block for ph_free; any thread may call it. PH_FAILURE, naming the path, for what
   cannot be read, is larger than pictures are, or lies in an archive that has changed since. */
ph_status ph_catalogue_read(const ph_catalogue *catalogue, int64_t i, unsigned char **bytes, size_t *size,
                            ph_error *e);

#endif
