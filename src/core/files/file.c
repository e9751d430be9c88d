/* SPDX-License-Identifier: MIT */
/* Whole files. */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "path.h"

static ph_status cannot_read(const char *path, const char *reason, ph_error *e) {
  return ph_fail(e, PH_FAILURE, "cannot read '%s': %s", path, reason);
}

/* Opens a regular file and tells its size. Not blocking on the way keeps a named pipe from hanging us. */
static ph_status open_regular(const char *path, int *descriptor, size_t *size, ph_error *e) {
  struct stat about;
  char expanded[PH_PATH_SIZE];
  ph_status status = ph_path_expand(path, expanded, e);
  if (status != PH_OK) return status;
  int fd = open(expanded, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return cannot_read(path, strerror(errno), e);
  const char *problem = NULL;
  if (fstat(fd, &about) != 0)
    problem = strerror(errno);
  else if (S_ISDIR(about.st_mode))
    problem = "it is a folder";
  else if (!S_ISREG(about.st_mode))
    problem = "it is not a regular file";
  if (problem != NULL) {
    close(fd);
    return cannot_read(path, problem, e);
  }
  *descriptor = fd;
  *size = (size_t)about.st_size;
  return PH_OK;
}

enum { BECAME_SHORTER = 1 << 20 };

/* The bytes from `done` to `end` of the part that begins at `offset`; gives 0, the system's reason, or, where
 * the file has become shorter, a number beyond all reasons. */
static int read_piece(int fd, uint64_t offset, unsigned char *data, size_t done, size_t end) {
  while (done < end) {
    ssize_t got = pread(fd, data + done, end - done, (off_t)(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return got < 0 ? errno : BECAME_SHORTER;
    done += (size_t)got;
  }
  return 0;
}

/* In pieces, by all threads: what takes time is not the disk but the system, which has to find memory. */
static ph_status read_all(int fd, const char *path, uint64_t offset, unsigned char *data, size_t size,
                          ph_error *e) {
  static const size_t piece = (size_t)4 << 20;
  const int64_t pieces = (int64_t)((size + piece - 1) / piece);
  int problem = 0;
#pragma omp parallel for schedule(dynamic, 1) reduction(max : problem) if (pieces > 1)
  for (int64_t i = 0; i < pieces; i++) {
    size_t from = (size_t)i * piece;
    int own = read_piece(fd, offset, data, from, size - from < piece ? size : from + piece);
    if (own > problem) problem = own;
  }
  if (problem == 0) return PH_OK;
  return cannot_read(path, problem == BECAME_SHORTER ? "it became shorter meanwhile" : strerror(problem), e);
}

/* A block with a part of an open file, which is closed. */
static ph_status read_block(int fd, const char *path, uint64_t offset, size_t size, size_t most,
                            unsigned char **data, ph_error *e) {
  unsigned char *block = NULL;
  ph_status status = PH_OK;
  if (size > most)
    status = ph_fail(e, PH_FAILURE, "cannot read '%s': %zu bytes are more than the maximum of %zu", path,
                     size, most);
  if (status == PH_OK) block = ph_alloc(size);
  if (status == PH_OK && block == NULL) status = ph_no_memory(e);
  if (status == PH_OK) status = read_all(fd, path, offset, block, size, e);
  close(fd);
  if (status == PH_OK)
    *data = block;
  else
    ph_free(block);
  return status;
}

ph_status ph_file_read(const char *path, size_t most, unsigned char **data, size_t *size, ph_error *e) {
  int fd = -1;
  ph_status status = open_regular(path, &fd, size, e);
  return status == PH_OK ? read_block(fd, path, 0, *size, most, data, e) : status;
}

ph_status ph_file_read_part(const char *path, uint64_t offset, size_t size, size_t most, unsigned char **data,
                            ph_error *e) {
  int fd = -1;
  size_t whole;
  ph_status status = open_regular(path, &fd, &whole, e);
  return status == PH_OK ? read_block(fd, path, offset, size, most, data, e) : status;
}

struct ph_mapping {
  int references;
  unsigned char *data;
  size_t size;
};

static ph_status box(void *data, size_t size, ph_mapping **mapping, ph_error *e) {
  *mapping = ph_alloc(sizeof **mapping);
  if (*mapping == NULL) {
    if (data != NULL) munmap(data, size);
    return ph_no_memory(e);
  }
  **mapping = (ph_mapping){.references = 1, .data = data, .size = size};
  return PH_OK;
}

ph_status ph_mapping_open(const char *path, ph_mapping **mapping, ph_error *e) {
  int fd = -1;
  size_t size = 0;
  void *data = NULL;
  ph_status status = open_regular(path, &fd, &size, e);
  if (status != PH_OK) return status;
  if (size > 0) data = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, fd, 0);
  int reason = errno;
  close(fd); /* the mapping holds on to the file */
  if (data == MAP_FAILED) return cannot_read(path, strerror(reason), e);
  return box(data, size, mapping, e);
}

ph_status ph_mapping_read(const char *path, ph_mapping **mapping, ph_error *e) {
  int fd = -1;
  size_t size = 0;
  void *data = NULL;
  ph_status status = open_regular(path, &fd, &size, e);
  if (status != PH_OK) return status;
  if (size > 0) data = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (data == MAP_FAILED) {
    close(fd);
    return ph_no_memory(e);
  }
  /* A hint: far fewer pages have to be made. */
  if (data != NULL) madvise(data, size, MADV_HUGEPAGE);
  status = read_all(fd, path, 0, data, size, e);
  close(fd);
  if (status == PH_OK) return box(data, size, mapping, e);
  munmap(data, size);
  return status;
}

ph_mapping *ph_mapping_retain(ph_mapping *mapping) {
  mapping->references++;
  return mapping;
}

void ph_mapping_release(ph_mapping *mapping) {
  if (mapping == NULL || --mapping->references > 0) return;
  if (mapping->data != NULL) munmap(mapping->data, mapping->size);
  ph_free(mapping);
}

unsigned char *ph_mapping_data(ph_mapping *mapping) { return mapping->data; }
size_t ph_mapping_size(const ph_mapping *mapping) { return mapping->size; }

void ph_mapping_forget(ph_mapping *mapping) {
  if (mapping->data != NULL) madvise(mapping->data, mapping->size, MADV_DONTNEED);
}
