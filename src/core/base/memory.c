/* SPDX-License-Identifier: MIT */
/* The core's allocator. Before each block stands a 64-byte header with its size, so that freeing can subtract
   it from the counters, and the address that calloc gave. calloc, because large blocks are then the system's
   zero pages: pages that are never used take no memory. The largest blocks use large pages, which the system
   clears and maps many times faster than as many bytes of small ones. */
#include "memory.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

/* A large page is there as a whole as soon as one byte of it is used: smaller blocks, such as the arenas of
   plans for usual sizes, lose more memory by that than they save time. */
enum { ALIGNMENT = 64, LARGE_PAGE = 1 << 21, WORTH_LARGE_PAGES = 16 * LARGE_PAGE };

typedef struct header {
  size_t size;
  void *base;
} header;

static atomic_size_t live_bytes, live_blocks, refusals;
static atomic_uint_fast64_t all_bytes;
static atomic_long failure_countdown;

static bool should_fail(void) {
  long left = atomic_load(&failure_countdown);
  if (left == 0 || left == 1) return left == 1;
  atomic_store(&failure_countdown, left > 0 ? left - 1 : left + 1);
  return left == -1;
}

/* Only those that lie in the block as a whole. It is no more than a wish, which systems may not understand.
 */
static void ask_for_large_pages(unsigned char *block, size_t size) {
#ifdef MADV_HUGEPAGE
  unsigned char *first = block + (LARGE_PAGE - (uintptr_t)block % LARGE_PAGE) % LARGE_PAGE;
  size_t within = size - (size_t)(first - block);
  (void)madvise(first, within - within % LARGE_PAGE, MADV_HUGEPAGE);
#else
  (void)block, (void)size;
#endif
}

void *ph_alloc(size_t size) {
  /* Room to align in, and never only the header: a block of no bytes still has an address inside what was
     allocated. */
  const bool refused = should_fail() || size > SIZE_MAX - 3 * ALIGNMENT;
  unsigned char *base = refused ? NULL : calloc(1, size + 3 * ALIGNMENT);
  if (base == NULL) {
    atomic_fetch_add(&refusals, 1);
    return NULL;
  }
  unsigned char *block = base + 2 * ALIGNMENT - (uintptr_t)base % ALIGNMENT;
  if (size >= WORTH_LARGE_PAGES) ask_for_large_pages(block, size);
  ((header *)(void *)block)[-1] = (header){size, base};
  atomic_fetch_add(&live_bytes, size);
  atomic_fetch_add(&live_blocks, 1);
  atomic_fetch_add(&all_bytes, size);
  return block;
}

void *ph_alloc_array(size_t count, size_t size) {
  return ph_alloc(size != 0 && count > SIZE_MAX / size ? SIZE_MAX : count * size);
}

char *ph_copy_string(const char *text) {
  size_t size = strlen(text) + 1;
  char *copy = ph_alloc(size);
  if (copy != NULL) memcpy(copy, text, size);
  return copy;
}

void ph_free(void *block) {
  if (block == NULL) return;
  const header h = ((header *)block)[-1];
  atomic_fetch_sub(&live_bytes, h.size);
  atomic_fetch_sub(&live_blocks, 1);
  free(h.base);
}

/* By mapping them, not by malloc, which would keep what it got. */
bool ph_memory_has_room(size_t size) {
  void *room = should_fail() ? MAP_FAILED
                             : mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (room == MAP_FAILED) {
    atomic_fetch_add(&refusals, 1);
    return false;
  }
  munmap(room, size);
  return true;
}

void ph_memory_trim(void) {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

size_t ph_memory_refusals(void) { return atomic_load(&refusals); }
size_t ph_memory_bytes(void) { return atomic_load(&live_bytes); }
size_t ph_memory_blocks(void) { return atomic_load(&live_blocks); }
uint64_t ph_memory_allocated(void) { return atomic_load(&all_bytes); }
void ph_memory_fail_after(long n) { atomic_store(&failure_countdown, n); }
