/* SPDX-License-Identifier: MIT */
/* Walking through a tar archive: blocks of 512 bytes, a header before each member and its bytes, rounded up
   to blocks, behind it (POSIX.1-2017, pax; GNU tar's manual, "Basic Tar Format"). Names that do not fit into
   a header come before it, as a member of their own. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "walk.h"

enum { BLOCK = 512, MOST_EXTENSION = 1 << 20 };

/* A header's fields. */
typedef struct header {
  char name[100], mode[8], owner[8], group[8], size[12], modified[12], checksum[8], type, link[100], magic[6],
      version[2], owner_name[32], group_name[32], major[8], minor[8], prefix[155], rest[12];
} header;
_Static_assert(sizeof(header) == BLOCK, "a header is a block");

typedef struct tar {
  const char *path;
  int fd;
  uint64_t size, at; /* of the file; where in it we are */
  char *name;        /* of the next member, where that does not stand in its header; or NULL */
  int64_t pax_size;  /* as well; or -1 */
} tar;

static ph_status cannot_read(const tar *t, const char *reason, ph_error *e) {
  return ph_fail(e, PH_FAILURE, "cannot read '%s': %s", t->path, reason);
}

static ph_status damaged(const tar *t, ph_error *e) {
  return ph_fail(e, PH_FAILURE, "cannot read '%s': the archive is damaged (at byte %llu)", t->path,
                 (unsigned long long)t->at);
}

static ph_status read_at(const tar *t, void *data, size_t size, uint64_t from, ph_error *e) {
  for (size_t done = 0; done < size;) {
    ssize_t got = pread(t->fd, (char *)data + done, size - done, (off_t)(from + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return cannot_read(t, strerror(errno), e);
    if (got == 0) return cannot_read(t, "the archive is cut off", e);
    done += (size_t)got;
  }
  return PH_OK;
}

/* Octal digits between blanks or, marked by the highest bit, a number of base 256; -1 for anything else. */
static int64_t number(const char *field, size_t size) {
  const unsigned char *at = (const unsigned char *)field, *end = at + size;
  int64_t value = 0;
  if (*at == 0x80) {
    for (at++; at < end; at++) {
      if (value >> 47 != 0) return -1;
      value = value << 8 | *at;
    }
    return value;
  }
  while (at < end && *at == ' ') at++;
  for (; at < end && *at >= '0' && *at <= '7'; at++) value = value << 3 | (*at - '0');
  return at == end || *at == ' ' || *at == '\0' ? value : -1;
}

/* The sum of a header's bytes, those of the checksum taken for blanks. */
static bool has_right_checksum(const header *h) {
  const unsigned char *bytes = (const unsigned char *)h;
  int64_t sum = 8 * ' ';
  for (size_t i = 0; i < BLOCK; i++)
    if (i < offsetof(header, checksum) || i >= offsetof(header, type)) sum += bytes[i];
  return number(h->checksum, sizeof h->checksum) == sum;
}

static bool is_empty(const header *h) {
  static const header empty;
  return memcmp(h, &empty, sizeof empty) == 0;
}

/* The name in a header: a prefix, which GNU's own format does not have, and the rest. */
static void copy_name(const header *h, char name[sizeof h->prefix + sizeof h->name + 2]) {
  size_t length = 0;
  if (memcmp(h->magic, "ustar", 6) == 0 && h->prefix[0] != '\0') {
    length = strnlen(h->prefix, sizeof h->prefix);
    memcpy(name, h->prefix, length);
    name[length++] = '/';
  }
  const size_t rest = strnlen(h->name, sizeof h->name);
  memcpy(name + length, h->name, rest);
  name[length + rest] = '\0';
}

/* Keeps a name for the next member. */
static ph_status keep_name(tar *t, const char *name, size_t size, ph_error *e) {
  char *copy = ph_alloc(size + 1);
  if (copy == NULL) return ph_no_memory(e);
  memcpy(copy, name, size);
  ph_free(t->name);
  t->name = copy;
  return PH_OK;
}

/* Records "LENGTH KEY=VALUE\n", of which the length counts all of it. */
static ph_status read_pax(tar *t, const char *at, size_t size, ph_error *e) {
  const char *end = at + size;
  while (at < end) {
    char *key;
    const long length = strtol(at, &key, 10); /* a zero ends the text */
    if (length < 5 || length > end - at || key - at > length - 3 || *key != ' ' || at[length - 1] != '\n')
      return damaged(t, e);
    key++;
    const char *value = memchr(key, '=', (size_t)(at + length - key));
    if (value == NULL) return damaged(t, e);
    const size_t key_size = (size_t)(value++ - key), value_size = (size_t)(at + length - 1 - value);
    if (key_size == 4 && memcmp(key, "path", 4) == 0) {
      ph_status status = keep_name(t, value, value_size, e);
      if (status != PH_OK) return status;
    }
    if (key_size == 4 && memcmp(key, "size", 4) == 0) {
      t->pax_size = strtoll(value, NULL, 10);
      if (t->pax_size < 0) return damaged(t, e);
    }
    at += length;
  }
  return PH_OK;
}

/* What stands before a member and says more of it. */
static ph_status read_extension(tar *t, char type, uint64_t size, ph_error *e) {
  if (size > MOST_EXTENSION) return damaged(t, e);
  char *text = ph_alloc((size_t)size + 1);
  if (text == NULL) return ph_no_memory(e);
  ph_status status = read_at(t, text, (size_t)size, t->at, e);
  if (status == PH_OK && type == 'L') status = keep_name(t, text, strlen(text), e);
  if (status == PH_OK && type == 'x') status = read_pax(t, text, (size_t)size, e);
  ph_free(text);
  return status;
}

static ph_status visit_member(tar *t, const header *h, uint64_t size, const ph_visitor *visitor,
                              ph_error *e) {
  char own[sizeof h->prefix + sizeof h->name + 2];
  const int64_t seconds = number(h->modified, sizeof h->modified);
  copy_name(h, own);
  const char *name = t->name != NULL ? t->name : own;
  while (strncmp(name, "./", 2) == 0) name += 2;
  const ph_found found = {name, t->at, size,
                          (seconds > 0 && seconds < INT32_MAX * 4LL ? seconds : 0) * 1000000000};
  return ph_visit(visitor, &found, e);
}

/* The member whose header was read, past which it moves. */
static ph_status take(tar *t, const header *h, const ph_visitor *visitor, ph_error *e) {
  const bool is_extension = strchr("LKxg", h->type) != NULL && h->type != '\0';
  int64_t size = number(h->size, sizeof h->size);
  ph_status status = PH_OK;
  if (!has_right_checksum(h) && t->at == 0) return cannot_read(t, "it is no tar archive", e);
  if (!has_right_checksum(h) || size < 0) return damaged(t, e);
  if (h->type == 'S') return cannot_read(t, "sparse files in archives are not read", e);
  if (!is_extension && t->pax_size >= 0) size = t->pax_size;
  t->at += BLOCK;
  if ((uint64_t)size > t->size - t->at) return cannot_read(t, "the archive is cut off", e);
  if (is_extension)
    status = read_extension(t, h->type, (uint64_t)size, e);
  else if (h->type == '0' || h->type == '\0' || h->type == '7')
    status = visit_member(t, h, (uint64_t)size, visitor, e);
  if (!is_extension) {
    ph_free(t->name);
    t->name = NULL;
    t->pax_size = -1;
  }
  t->at += ((uint64_t)size + BLOCK - 1) / BLOCK * BLOCK;
  return status;
}

static ph_status walk(tar *t, const ph_visitor *visitor, ph_error *e) {
  header h;
  struct stat about;
  if (fstat(t->fd, &about) != 0) return cannot_read(t, strerror(errno), e);
  t->size = (uint64_t)about.st_size;
  if (t->size == 0) return cannot_read(t, "the file is empty", e);
  while (t->at < t->size) {
    ph_status status = read_at(t, &h, BLOCK, t->at, e);
    if (status == PH_OK && is_empty(&h)) return PH_OK;
    if (status == PH_OK && t->at == 0 && memcmp(h.name, "\x1F\x8B", 2) == 0)
      return cannot_read(t, "the archive is compressed; gunzip it first", e);
    if (status == PH_OK) status = take(t, &h, visitor, e);
    if (status != PH_OK) return status;
  }
  return cannot_read(t, "the archive is cut off", e);
}

ph_status ph_tar_walk(const char *path, const ph_visitor *visitor, ph_error *e) {
  tar t = {.path = path, .fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), .pax_size = -1};
  if (t.fd < 0) return cannot_read(&t, strerror(errno), e);
  ph_status status = walk(&t, visitor, e);
  close(t.fd);
  ph_free(t.name);
  return status;
}
