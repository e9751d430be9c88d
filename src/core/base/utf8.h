/* SPDX-License-Identifier: MIT */
/* UTF-8, strictly: each byte of an invalid sequence (overlong, surrogate, beyond U+10FFFF, incomplete) reads
   as U+FFFD. Knows nothing of fonts or files. */
#ifndef PH_UTF8_H
#define PH_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The character at *text, which moves past it; 0 at the end, where *text stays. */
uint32_t ph_utf8_next(const char **text);

/* Writes a character's 1 to 4 bytes, without a terminator; returns how many. */
enum { PH_UTF8_MOST = 4 };
size_t ph_utf8_put(uint32_t code, char *out);

bool ph_utf8_valid(const char *text);

/* A copy (ph_free's) with U+FFFD in place of every broken byte, or NULL when memory is short. */
char *ph_utf8_copy_clean(const char *text);

/* A name from a file or a recipe as it may stand in a one-line message: control characters become '?', and
   what is longer than about 80 bytes is cut. Returns text. */
enum { PH_NAME_TEXT = 84 };
const char *ph_name_print(const char *name, char text[PH_NAME_TEXT]);

#endif
