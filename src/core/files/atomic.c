/* SPDX-License-Identifier: MIT */
/* Writing files atomically: POSIX's rename replaces a name in one go. */
#include "atomic.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "path.h"

struct ph_atomic {
  int descriptor;  /* of the temporary file; -1 before it exists */
  char *path;      /* as the caller wrote it, for messages */
  char *target;    /* with symbolic links resolved */
  char *temporary; /* in the target's folder, as a rename cannot cross file systems */
};

static ph_status cannot_write(const char *path, const char *reason, ph_error *e) {
  return ph_fail(e, PH_FAILURE, "cannot write '%s': %s", path, reason);
}

/* Makes the folders of `path`. */
static ph_status make_folders(ph_atomic *file, ph_error *e) {
  for (char *slash = strchr(file->target + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
    *slash = '\0';
    int failed = mkdir(file->target, 0777) != 0 && errno != EEXIST, reason = errno;
    struct stat about; /* an existing folder may report another error, such as a read-only disk */
    if (failed && stat(file->target, &about) != 0) {
      ph_fail(e, PH_FAILURE, "cannot write '%s': cannot make the folder '%s': %s", file->path, file->target,
              strerror(reason));
      *slash = '/';
      return PH_FAILURE;
    }
    *slash = '/';
  }
  return PH_OK;
}

/* What stands in the way of replacing the target, or NULL. Renaming alone would also replace a file that was
   made read-only, and a device. */
static const char *obstacle(const char *target, mode_t *mode) {
  struct stat about;
  if (stat(target, &about) != 0) return NULL;
  if (S_ISDIR(about.st_mode)) return "it is a folder";
  if (!S_ISREG(about.st_mode)) return "it is not a regular file";
  if (access(target, W_OK) != 0) return strerror(errno);
  *mode = about.st_mode & 07777;
  return NULL;
}

static const char mark[] = ".phosphene-";

/* Whether a file of this name, and this lock, is of a process that is no more: neither is one of the number
   here, nor does one elsewhere, with the same folder, hold the lock. */
static bool is_left_behind(int folder, const char *name) {
  char *end = NULL;
  if (strncmp(name, mark, sizeof mark - 1) != 0) return false;
  const long owner = strtol(name + sizeof mark - 1, &end, 10);
  if (*end != '-' || owner <= 0 || kill((pid_t)owner, 0) == 0 || errno != ESRCH) return false;
  int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  const bool left = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0;
  if (fd >= 0) close(fd);
  return left;
}

/* Removes what processes that were killed left in the folder. Of large folders only a part is looked at, so
   that saving many files takes no longer for that. */
static void clean(const char *folder) {
  enum { MOST_NAMES = 4096 };
  const struct dirent *entry;
  DIR *names = opendir(folder);
  if (names == NULL) return;
  for (int i = 0; i < MOST_NAMES && (entry = readdir(names)) != NULL; i++)
    if (is_left_behind(dirfd(names), entry->d_name)) unlinkat(dirfd(names), entry->d_name, 0);
  closedir(names);
}

/* Creates the temporary file. Its name does not grow with the target's, which may be as long as allowed. */
static ph_status create_temporary(ph_atomic *file, ph_error *e) {
  const char *slash = strrchr(file->target, '/');
  int folder = slash != NULL ? (int)(slash - file->target) + 1 : 0;
  size_t size = (size_t)folder + 64;
  file->temporary = ph_alloc(size);
  if (file->temporary == NULL) return ph_no_memory(e);
  snprintf(file->temporary, size, "%.*s.", folder, file->target);
  clean(file->temporary);
  for (int attempt = 0; attempt < 1000; attempt++) {
    snprintf(file->temporary, size, "%.*s%s%ld-%d", folder, file->target, mark, (long)getpid(), attempt);
    file->descriptor = open(file->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file->descriptor >= 0) {
      (void)flock(file->descriptor, LOCK_EX | LOCK_NB); /* for as long as it is open */
      return PH_OK;
    }
    if (errno != EEXIST) break;
  }
  return cannot_write(file->path, strerror(errno), e);
}

ph_status ph_atomic_begin(const char *path, ph_atomic **result, ph_error *e) {
  char resolved[PATH_MAX], expanded[PH_PATH_SIZE];
  mode_t mode = 0;
  const char *problem;
  if (path[0] == '\0' || path[strlen(path) - 1] == '/') return cannot_write(path, "it names no file", e);
  ph_status status = ph_path_expand(path, expanded, e);
  if (status != PH_OK) return status;
  ph_atomic *file = ph_alloc(sizeof *file);
  if (file == NULL) return ph_no_memory(e);
  file->descriptor = -1;
  file->path = ph_copy_string(path);
  file->target = ph_copy_string(realpath(expanded, resolved) != NULL ? resolved : expanded);
  if (file->path == NULL || file->target == NULL) {
    status = ph_no_memory(e);
    goto done;
  }
  problem = obstacle(file->target, &mode);
  if (problem != NULL) {
    status = cannot_write(path, problem, e);
    goto done;
  }
  PH_TRY(make_folders(file, e));
  PH_TRY(create_temporary(file, e));
  if (mode != 0) (void)fchmod(file->descriptor, mode); /* a courtesy: some file systems know no modes */
  *result = file;
  return PH_OK;
done:
  ph_atomic_abandon(file);
  return status;
}

ph_status ph_atomic_write(ph_atomic *file, const void *data, size_t size, ph_error *e) {
  for (const char *at = data; size > 0;) {
    ssize_t written = write(file->descriptor, at, size);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return cannot_write(file->path, strerror(errno), e);
    at += written;
    size -= (size_t)written;
  }
  return PH_OK;
}

static void forget(ph_atomic *file) {
  ph_free(file->path);
  ph_free(file->target);
  ph_free(file->temporary);
  ph_free(file);
}

ph_status ph_atomic_commit(ph_atomic *file, ph_error *e) {
  int synced = fsync(file->descriptor) == 0 || errno == EINVAL; /* EINVAL: a file system that cannot */
  int reason = errno;
  int closed = close(file->descriptor) == 0;
  if (synced && !closed) reason = errno;
  file->descriptor = -1;
  if (synced && closed) {
    if (rename(file->temporary, file->target) == 0) {
      forget(file);
      return PH_OK;
    }
    reason = errno;
  }
  cannot_write(file->path, strerror(reason), e);
  unlink(file->temporary);
  forget(file);
  return PH_FAILURE;
}

void ph_atomic_abandon(ph_atomic *file) {
  if (file == NULL) return;
  if (file->descriptor >= 0) {
    close(file->descriptor);
    unlink(file->temporary);
  }
  forget(file);
}
