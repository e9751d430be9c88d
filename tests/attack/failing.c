/* SPDX-License-Identifier: MIT */
/* Loaded before a program, it makes one allocation of the whole process fail, in whatever library that is
   made: FAILING_AT counts those of at least FAILING_LEAST bytes from 1, and FAILING_LATER=1 makes all after
   that one fail, too. Where FAILING_COUNT names a file, the number of all that were made is written to it at
   the end. Only addresses inside glibc are called, so that it needs no memory to start. */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static atomic_long made;
static long at, least;
static bool later;

static long number_in(const char *variable) {
  const char *text = getenv(variable);
  return text == NULL ? 0 : atol(text);
}

__attribute__((constructor)) static void begin(void) {
  at = number_in("FAILING_AT");
  least = number_in("FAILING_LEAST");
  later = number_in("FAILING_LATER") != 0;
  atomic_store(&made, 0);
}

__attribute__((destructor)) static void end(void) {
  const char *path = getenv("FAILING_COUNT");
  char text[32];
  if (path == NULL) return;
  int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  int length = snprintf(text, sizeof text, "%ld\n", atomic_load(&made));
  if (file < 0 || write(file, text, (size_t)length) != length) _exit(EXIT_FAILURE);
  close(file);
}

static bool fails(size_t size) {
  if ((long)size < least) return false;
  long number = atomic_fetch_add(&made, 1) + 1;
  if (at == 0 || number < at || (number > at && !later)) return false;
  errno = ENOMEM;
  return true;
}

void *malloc(size_t size) { return fails(size) ? NULL : __libc_malloc(size); }

void *calloc(size_t count, size_t size) { return fails(count * size) ? NULL : __libc_calloc(count, size); }

void *realloc(void *block, size_t size) { return fails(size) ? NULL : __libc_realloc(block, size); }

void *memalign(size_t alignment, size_t size) {
  return fails(size) ? NULL : __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  return fails(size) ? NULL : __libc_memalign(alignment, size);
}

int posix_memalign(void **block, size_t alignment, size_t size) {
  *block = memalign(alignment, size);
  return *block == NULL ? ENOMEM : 0;
}
