/* SPDX-License-Identifier: MIT */
/* What a library that the core is linked with says of itself. Each is asked by the file that alone knows it.
 */
#ifndef PH_LIBRARY_H
#define PH_LIBRARY_H

#include <stdio.h>

/* Versions as the library writes them: of the headers that the core was compiled with, empty where these do
   not say, and of what was loaded. */
typedef struct ph_library {
  const char *name;
  char built[32], loaded[32];
} ph_library;

/* One whose versions are texts; NULL: not known. */
static inline ph_library ph_library_of(const char *name, const char *built, const char *loaded) {
  ph_library library = {.name = name};
  snprintf(library.built, sizeof library.built, "%s", built != NULL ? built : "");
  snprintf(library.loaded, sizeof library.loaded, "%s", loaded != NULL ? loaded : "");
  return library;
}

#endif
