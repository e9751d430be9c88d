/* SPDX-License-Identifier: MIT */
/* Finding the pictures of a folder or an archive by the ends of their names: .png, .jpg, .jpeg or .webp, in
   capitals, too. What begins with a dot is hidden, and left out. Opens no picture. */
#ifndef PH_WALK_H
#define PH_WALK_H

#include <stdint.h>

#include "base/error.h"

typedef struct ph_found {
  const char *name; /* its path within the folder or archive */
  uint64_t offset;  /* where its bytes begin in the archive */
  uint64_t size;    /* bytes */
  int64_t modified; /* nanoseconds since 1970 */
} ph_found;

/* Who is told. What is given is only valid during the call; a failure ends the walk. */
typedef struct ph_visitor {
  void *context;
  ph_status (*find)(void *context, const ph_found *found, ph_error *e);
  ph_status (*leave_out)(void *context, const char *name, const char *reason, ph_error *e);
} ph_visitor;

/* Folders in folders, to a depth of 64, and through links; what lies in a circle, what cannot be read, and
   archives are left out aloud. PH_FAILURE when the folder itself cannot be read. */
ph_status ph_folder_walk(const char *path, const ph_visitor *visitor, ph_error *e);

/* A tar archive (POSIX's ustar and pax, GNU's long names), uncompressed. Only its headers are read. Archives
   in it are left out aloud; links are no pictures. PH_FAILURE when it cannot be read, is damaged or cut off.
 */
ph_status ph_tar_walk(const char *path, const ph_visitor *visitor, ph_error *e);

/* Tells the visitor of a name, as what its end says it is. For the walks. */
ph_status ph_visit(const ph_visitor *visitor, const ph_found *found, ph_error *e);

#endif
