/* PNG's chunks (W3C's "PNG Specification", second edition): checking them, and texts in tEXt and iTXt. The
   pixels are image.h's. Knows no files: bytes come in and go out. */
#ifndef PH_PNG_H
#define PH_PNG_H

#include <stdbool.h>
#include <stddef.h>

#include "metadata.h"

/* Whether the bytes begin as a PNG does. */
bool ph_png_is(const unsigned char *png, size_t size);

/* PH_FAILURE, with a reason that names no file, unless every chunk up to the end is whole and carries the
   right checksum. */
ph_status ph_png_check(const unsigned char *png, size_t size, ph_error *e);

/* Adds the texts of a PNG to metadata; of several with one key the last counts. Compressed texts, which other
   programs may write, are left out. PH_FAILURE as from ph_png_check. */
ph_status ph_png_read_texts(const unsigned char *png, size_t size, ph_metadata *metadata, ph_error *e);

/* The chunks that hold these metadata, in a block for ph_free: tEXt where the value is plain ASCII, else
   iTXt. PH_MISUSE for a key that is not 1 to 79 printable ASCII characters, with single spaces only inside.
 */
ph_status ph_png_write_texts(const ph_metadata *metadata, unsigned char **chunks, size_t *size, ph_error *e);

/* Where such chunks belong: after the signature and the header chunk, before the pixels. */
enum { PH_PNG_HEADER_SIZE = 33 };

#endif
