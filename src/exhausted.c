/* SPDX-License-Identifier: MIT */
/* No memory, in libraries that cannot say so: C++'s `new` ends the process by an abort, since no exception
   passes through C; oneDNN's descriptions are written to NULL; FFTW aborts. The core asks for room before it
   calls them (ph_memory_has_room); here is what remains. They get a reserve, the core's next allocation fails
   then and is told as usual; where the reserve is used up, the program says it in one line and ends. Of the
   program only: a library has no say in what its host's allocator does. */
#include "exhausted.h"

#include <dlfcn.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* As much as a primitive of oneDNN takes. */
enum { RESERVE = 1 << 20 };

static _Atomic(void *) reserve;

static bool give_reserve(void) {
  void *given = atomic_exchange(&reserve, NULL);
  free(given);
  return given != NULL;
}

_Noreturn static void end(void) {
  fflush(stdout);
  fputs("phosphene: not enough memory for a library that cannot do without\n", stderr);
  _exit(EXIT_FAILURE);
}

/* ---- C++ ---- */

/* C++ tries again when this returns. */
static void new_failed(void) {
  if (!give_reserve()) end();
}

void exhausted_prepare(void) {
  typedef void (*handler)(void);
  typedef handler (*setter)(handler);
  /* std::set_new_handler, in whatever library of C++'s oneDNN brought along. */
  setter set_new_handler = (setter)(uintptr_t)dlsym(RTLD_DEFAULT, "_ZSt15set_new_handlerPFvvE");
  if (set_new_handler != NULL) set_new_handler(new_failed);
  atomic_store(&reserve, malloc(RESERVE));
}

/* ---- what oneDNN and FFTW call: a program's own functions go before libc's ---- */

#define FOR_LIBRARIES __attribute__((visibility("default")))

/* C wants a multiple of the alignment. */
FOR_LIBRARIES void *memalign(size_t alignment, size_t size) {
  if (size > SIZE_MAX - alignment) end();
  const size_t whole = (size + alignment - 1) / alignment * alignment;
  void *block = aligned_alloc(alignment, whole);
  if (block == NULL && give_reserve()) block = aligned_alloc(alignment, whole);
  if (block == NULL) end();
  return block;
}

FOR_LIBRARIES int posix_memalign(void **block, size_t alignment, size_t size) {
  *block = memalign(alignment, size);
  return 0;
}
