/* SPDX-License-Identifier: MIT */
/* Walking through a folder. Each folder is opened from the one above it, so that paths may be of any length,
   and knows those it lies in: a link to one of them would lead in a circle. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "walk.h"

enum { MOST_DEPTH = 64, MOST_NAME = 1 << 15 };

typedef struct level {
  const struct level *above;
  dev_t device;
  ino_t number;
  int depth;
} level;

/* The path within the folder grows and shrinks with the walk. */
typedef struct walk {
  const ph_visitor *visitor;
  char name[MOST_NAME];
  size_t length;
} walk;

static ph_status leave_out(const walk *w, const char *reason, ph_error *e) {
  return w->visitor->leave_out(w->visitor->context, w->name, reason, e);
}

static bool is_above(const level *l, const struct stat *about) {
  for (; l != NULL; l = l->above)
    if (l->device == about->st_dev && l->number == about->st_ino) return true;
  return false;
}

static ph_status walk_folder(walk *w, int fd, const level *here, ph_error *e);

static ph_status enter(walk *w, int parent, const char *name, const struct stat *about, const level *here,
                       ph_error *e) {
  if (is_above(here, about)) return leave_out(w, "the link leads in a circle", e);
  if (here->depth == MOST_DEPTH) return leave_out(w, "folders in folders are too deep", e);
  int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return leave_out(w, strerror(errno), e);
  const level below = {here, about->st_dev, about->st_ino, here->depth + 1};
  w->name[w->length++] = '/';
  return walk_folder(w, fd, &below, e);
}

static ph_status take(walk *w, int parent, const char *name, const level *here, ph_error *e) {
  struct stat about;
  if (fstatat(parent, name, &about, 0) != 0) return leave_out(w, strerror(errno), e);
  if (S_ISDIR(about.st_mode)) return enter(w, parent, name, &about, here, e);
  if (!S_ISREG(about.st_mode)) return leave_out(w, "it is not a regular file", e);
  const ph_found found = {.name = w->name,
                          .size = (uint64_t)about.st_size,
                          .modified = about.st_mtim.tv_sec * INT64_C(1000000000) + about.st_mtim.tv_nsec};
  return ph_visit(w->visitor, &found, e);
}

/* Everything in the folder `fd`, which is closed. */
static ph_status walk_folder(walk *w, int fd, const level *here, ph_error *e) {
  const size_t length = w->length;
  ph_status status = PH_OK;
  DIR *folder = fdopendir(fd);
  if (folder == NULL) {
    close(fd);
    return ph_no_memory(e);
  }
  errno = 0;
  for (struct dirent *entry; status == PH_OK && (entry = readdir(folder)) != NULL; errno = 0) {
    const size_t size = strlen(entry->d_name);
    if (entry->d_name[0] == '.') continue;
    if (length + size + 2 > MOST_NAME) {
      status = leave_out(w, "names in it are too long", e);
      continue;
    }
    memcpy(w->name + length, entry->d_name, size + 1);
    w->length = length + size;
    status = take(w, fd, entry->d_name, here, e);
    w->length = length;
  }
  const int reason = errno;
  w->name[length] = '\0';
  if (status == PH_OK && reason != 0) status = leave_out(w, strerror(reason), e);
  closedir(folder);
  return status;
}

ph_status ph_folder_walk(const char *path, const ph_visitor *visitor, ph_error *e) {
  struct stat about;
  int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0 || fstat(fd, &about) != 0) {
    ph_status status = ph_fail(e, PH_FAILURE, "cannot list '%s': %s", path, strerror(errno));
    if (fd >= 0) close(fd);
    return status;
  }
  walk *w = ph_alloc(sizeof *w);
  if (w == NULL) {
    close(fd);
    return ph_no_memory(e);
  }
  w->visitor = visitor;
  const level top = {NULL, about.st_dev, about.st_ino, 0};
  ph_status status = walk_folder(w, fd, &top, e);
  ph_free(w);
  return status;
}
