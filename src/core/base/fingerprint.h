/* SPDX-License-Identifier: MIT */
/* A number of 64 bits that tells bytes from other bytes: of weights, of pictures. Not against those who want
   two files to look alike, for which it is too simple. */
#ifndef PH_FINGERPRINT_H
#define PH_FINGERPRINT_H

#include <stddef.h>
#include <stdint.h>

/* Takes in further bytes; begin with 0. The order and the portions matter. */
uint64_t ph_fingerprint(uint64_t before, const void *data, size_t size);

#endif
