/* SPDX-License-Identifier: MIT */
/* Zip archives (PKWARE's APPNOTE.TXT), as far as programs write them around their models: entries that are
   stored or deflated, of less than 4 GiB, not encrypted, found by the directory at the archive's end. The
   file is untrusted: places and sizes are checked before they are believed, and memory is bounded by the
   file's size. Knows nothing of what is inside. */
#ifndef PH_ZIP_H
#define PH_ZIP_H

#include "bytes.h"

typedef struct ph_zip ph_zip;

/* Reads the directory. PH_FAILURE, in one line that names the file, for what is not such an archive. */
ph_status ph_zip_open(const char *path, ph_zip **zip, ph_error *e);
void ph_zip_free(ph_zip *zip); /* NULL is allowed; bytes that were read live on */

const char *ph_zip_path(const ph_zip *zip);

/* Entries in the directory's order. */
int ph_zip_count(const ph_zip *zip);
const char *ph_zip_name(const ph_zip *zip, int i);

/* An entry's bytes, the caller's to clear. Stored ones lie in the mapped archive, and are not checked against
   their checksum: that would read all of them before anybody needs them. */
ph_status ph_zip_read(ph_zip *zip, int i, ph_bytes *bytes, ph_error *e);

#endif
