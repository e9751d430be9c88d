/* SPDX-License-Identifier: MIT */
/* Paths as users write them: "~" and "~/…" are the home folder, where a shell has not said so already. Every
   function of the core that opens a path sees to that itself. */
#ifndef PH_PATH_H
#define PH_PATH_H

#include <limits.h>

#include "base/error.h"

enum { PH_PATH_SIZE = PATH_MAX };

/* The path as the system takes it. The home folder is what HOME says, or else the system's list of users.
   PH_FAILURE where neither knows one, or where the path becomes too long. */
ph_status ph_path_expand(const char *path, char expanded[PH_PATH_SIZE], ph_error *e);

#endif
