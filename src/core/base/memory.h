/* SPDX-License-Identifier: MIT */
/* The core's allocator: 64-byte aligned blocks, counted, with a hook that makes a chosen allocation fail so
   that tests can walk every error path. The counters are the core's only mutable globals; they are atomic. */
#ifndef PH_MEMORY_H
#define PH_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A block of `size` zeroed bytes, aligned to 64, or NULL. A size of 0 gives a valid block. */
void *ph_alloc(size_t size);

/* `count * size` zeroed bytes, or NULL also when the product overflows. */
void *ph_alloc_array(size_t count, size_t size);

/* A copy of the string, or NULL. */
char *ph_copy_string(const char *text);

/* Frees a block of ph_alloc's; NULL is allowed. */
void ph_free(void *block);

/* Whether the system would now give `size` bytes, which are not kept: asked before a library is called that
   does not survive when it gets none. */
bool ph_memory_has_room(size_t size);

/* For tests: how many times there was no memory. */
size_t ph_memory_refusals(void);

/* Returns to the system, where possible, memory that was freed and that malloc still holds. After large
   temporaries of libraries. */
void ph_memory_trim(void);

/* Bytes and blocks now allocated through ph_alloc. */
size_t ph_memory_bytes(void);
size_t ph_memory_blocks(void);

/* Bytes ever allocated: the binding paces Lua's collector by its growth. */
uint64_t ph_memory_allocated(void);

/* For tests: the nth allocation from now (1 is the next) and all later ones fail, as if there were no room;
   of a negative n the -nth alone, as where only a large block is refused. 0 switches this off. */
void ph_memory_fail_after(long n);

#endif
