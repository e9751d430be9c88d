/* SPDX-License-Identifier: MIT */
/* What the end of a name says. */
#include "walk.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

static bool ends_in(const char *name, const char *const *endings) {
  const char *dot = strrchr(name, '.');
  for (; dot != NULL && *endings != NULL; endings++)
    if (strcasecmp(dot, *endings) == 0) return true;
  return false;
}

/* Whether the name, or a folder on its way, begins with a dot. */
static bool is_hidden(const char *name) { return name[0] == '.' || strstr(name, "/.") != NULL; }

ph_status ph_visit(const ph_visitor *visitor, const ph_found *found, ph_error *e) {
  static const char *const pictures[] = {".png", ".jpg", ".jpeg", ".webp", NULL};
  static const char *const archives[] = {".tar", ".tgz", ".gz", ".xz", ".zip", ".zst", ".bz2", NULL};
  if (is_hidden(found->name)) return PH_OK;
  if (ends_in(found->name, pictures)) return visitor->find(visitor->context, found, e);
  if (ends_in(found->name, archives))
    return visitor->leave_out(visitor->context, found->name,
                              "an archive in a folder or in another archive is not opened", e);
  return PH_OK;
}
