/* SPDX-License-Identifier: MIT */
/* Deflate's compression undone, by zlib, where the size of the result is known beforehand. */
#ifndef PH_INFLATE_H
#define PH_INFLATE_H

#include <stdbool.h>
#include <stddef.h>

/* Fills `size` bytes from the compressed ones, bare as in zip files or in zlib's wrapping. False where these
   are damaged or are not of exactly so many. */
bool ph_inflate(const unsigned char *compressed, size_t compressed_size, bool is_bare, unsigned char *data,
                size_t size);

#endif
