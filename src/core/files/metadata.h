/* SPDX-License-Identifier: MIT */
/* Metadata: a small dictionary of texts in pictures and weights files. It keeps its entries sorted by key, so
   that equal metadata gives equal files. Knows nothing of either format. */
#ifndef PH_METADATA_H
#define PH_METADATA_H

#include "base/error.h"

typedef struct ph_metadata ph_metadata;

ph_status ph_metadata_new(ph_metadata **metadata, ph_error *e);
void ph_metadata_free(ph_metadata *metadata); /* NULL is allowed */

/* Stores copies, in place of an earlier value of this key. Bytes that are not UTF-8 become U+FFFD: a picture
   should not be lost to a file name's odd bytes. PH_FAILURE when there are PH_METADATA_MOST entries already.
 */
enum { PH_METADATA_MOST = 4096 };
ph_status ph_metadata_set(ph_metadata *metadata, const char *key, const char *value, ph_error *e);

/* The value, or NULL. */
const char *ph_metadata_get(const ph_metadata *metadata, const char *key);

/* Entries in byte order of their keys. */
int ph_metadata_count(const ph_metadata *metadata);
const char *ph_metadata_key(const ph_metadata *metadata, int i);
const char *ph_metadata_value(const ph_metadata *metadata, int i);

#endif
