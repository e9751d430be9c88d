/* The core's allocator. Each block carries a 64-byte header with its size, so that freeing can subtract it
   from the counters; the header's width keeps the block itself aligned for vector instructions. */
#include "memory.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGNMENT = 64 };

static atomic_size_t live_bytes, live_blocks;
static atomic_uint_fast64_t all_bytes;
static atomic_long failure_countdown;

static int should_fail(void) {
  long left = atomic_load(&failure_countdown);
  if (left == 0) return 0;
  if (left > 1) {
    atomic_store(&failure_countdown, left - 1);
    return 0;
  }
  return 1;
}

void *ph_alloc(size_t size) {
  if (should_fail() || size > SIZE_MAX - 2 * ALIGNMENT) return NULL;
  /* Never only the header: a block of no bytes still has an address inside what was allocated. */
  size_t whole = (size + 2 * ALIGNMENT) / ALIGNMENT * ALIGNMENT;
  unsigned char *base = aligned_alloc(ALIGNMENT, whole);
  if (base == NULL) return NULL;
  memset(base, 0, whole);
  memcpy(base, &size, sizeof size);
  atomic_fetch_add(&live_bytes, size);
  atomic_fetch_add(&live_blocks, 1);
  atomic_fetch_add(&all_bytes, size);
  return base + ALIGNMENT;
}

void *ph_alloc_array(size_t count, size_t size) {
  if (size != 0 && count > SIZE_MAX / size) return NULL;
  return ph_alloc(count * size);
}

char *ph_copy_string(const char *text) {
  size_t size = strlen(text) + 1;
  char *copy = ph_alloc(size);
  if (copy != NULL) memcpy(copy, text, size);
  return copy;
}

void ph_free(void *block) {
  if (block == NULL) return;
  unsigned char *base = (unsigned char *)block - ALIGNMENT;
  size_t size;
  memcpy(&size, base, sizeof size);
  atomic_fetch_sub(&live_bytes, size);
  atomic_fetch_sub(&live_blocks, 1);
  free(base);
}

size_t ph_memory_bytes(void) { return atomic_load(&live_bytes); }
size_t ph_memory_blocks(void) { return atomic_load(&live_blocks); }
uint64_t ph_memory_allocated(void) { return atomic_load(&all_bytes); }
void ph_memory_fail_after(long n) { atomic_store(&failure_countdown, n); }
