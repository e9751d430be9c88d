/* SPDX-License-Identifier: MIT */
/* Home folders. */
#include "path.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *home(void) {
  const char *home = getenv("HOME");
  if (home != NULL && home[0] != '\0') return home;
  const struct passwd *user = getpwuid(getuid());
  return user != NULL ? user->pw_dir : NULL;
}

ph_status ph_path_expand(const char *path, char expanded[PH_PATH_SIZE], ph_error *e) {
  const char *start = "", *rest = path;
  if (path[0] == '~' && (path[1] == '\0' || path[1] == '/')) {
    start = home();
    rest = path + 1;
    if (start == NULL) return ph_fail(e, PH_FAILURE, "'%s': there is no home folder", path);
  }
  int length = snprintf(expanded, PH_PATH_SIZE, "%s%s", start, rest);
  return length < PH_PATH_SIZE ? PH_OK : ph_fail(e, PH_FAILURE, "'%.200s…': the path is too long", path);
}
