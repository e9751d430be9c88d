/* SPDX-License-Identifier: MIT */
/* Files of one protobuf message. The many small pieces of a message are allocated in chunks that are freed
   together; large pieces (the values of tensors) have their own blocks, so that each can be freed as soon as
   it was used. */
#include "protobuf.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/memory.h"
#include "file.h"

enum { ALIGNMENT = 16, LARGE = 4096, CHUNK = 1 << 16, FORGET = 1 << 20 };
static const size_t LEAST_LIMIT = (size_t)64 << 20, FILE_TIMES = 4;

/* Chunks and large blocks, one list: each knows its neighbours. Its bytes follow, aligned. */
typedef struct block {
  struct block *previous, *next;
  size_t size;  /* of what follows */
  size_t piece; /* large: the size of its only piece, which stands directly before it, as for small ones */
} block;

struct ph_protobuf {
  ph_mapping *mapping;
  char *path;
  ProtobufCMessage *message;
  block *blocks, *chunk; /* all of them; the one that small pieces now come from */
  size_t used;           /* bytes of that chunk */
  size_t held, limit;    /* bytes in all blocks */
  bool over, refused;    /* whether the limit was what failed, or there was no memory */
};

/* ---- memory ---- */

static block *new_block(ph_protobuf *file, size_t size) {
  if (size > file->limit - file->held) {
    file->over = true;
    return NULL;
  }
  block *b = ph_alloc(sizeof *b + size);
  if (b == NULL) {
    file->refused = true;
    return NULL;
  }
  *b = (block){.next = file->blocks, .size = size};
  if (b->next != NULL) b->next->previous = b;
  file->blocks = b;
  file->held += size;
  return b;
}

static void take_out(ph_protobuf *file, block *b) {
  *(b->previous != NULL ? &b->previous->next : &file->blocks) = b->next;
  if (b->next != NULL) b->next->previous = b->previous;
  file->held -= b->size;
}

static void free_block(ph_protobuf *file, block *b) {
  take_out(file, b);
  ph_free(b);
}

static unsigned char *bytes_of(block *b) { return (unsigned char *)(b + 1); }

/* Each small piece is preceded by its size, as a large one is by its block's last member. */
static void *allocate(void *data, size_t size) {
  ph_protobuf *file = data;
  if (size > file->limit) {
    file->over = true;
    return NULL;
  }
  if (size >= LARGE) {
    /* What was read until here has been copied: its pages need not stay while the copies grow. */
    if (size >= FORGET) ph_mapping_forget(file->mapping);
    block *large = new_block(file, size);
    if (large == NULL) return NULL;
    large->piece = size;
    return bytes_of(large);
  }
  size_t whole = ALIGNMENT + (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  if (file->chunk == NULL || whole > file->chunk->size - file->used) {
    block *chunk = new_block(file, CHUNK);
    if (chunk == NULL) return NULL;
    file->chunk = chunk;
    file->used = 0;
  }
  unsigned char *piece = bytes_of(file->chunk) + file->used + ALIGNMENT;
  memcpy(piece - sizeof size, &size, sizeof size);
  file->used += whole;
  return piece;
}

/* The block of a large piece; NULL for a small one. */
static block *block_of(void *piece) {
  size_t size;
  memcpy(&size, (unsigned char *)piece - sizeof size, sizeof size);
  return size >= LARGE ? (block *)piece - 1 : NULL;
}

static void give_back(void *data, void *piece) {
  block *large = piece != NULL ? block_of(piece) : NULL;
  if (large != NULL) free_block(data, large);
}

/* ---- files ---- */

ph_status ph_protobuf_read(const char *path, const ProtobufCMessageDescriptor *type, const char *what,
                           ph_protobuf **result, ph_error *e) {
  _Static_assert(sizeof(block) % ALIGNMENT == 0 && offsetof(block, piece) + sizeof(size_t) == sizeof(block),
                 "a piece's size stands directly before it");
  ph_status status;
  ph_protobuf *file = ph_alloc(sizeof *file);
  if (file == NULL) return ph_no_memory(e);
  file->path = ph_copy_string(path);
  if (file->path == NULL) {
    status = ph_no_memory(e);
    goto done;
  }
  PH_TRY(ph_mapping_open(path, &file->mapping, e));
  size_t size = ph_mapping_size(file->mapping);
  file->limit = size < (SIZE_MAX - LEAST_LIMIT) / FILE_TIMES ? FILE_TIMES * size + LEAST_LIMIT : SIZE_MAX;
  ProtobufCAllocator allocator = {allocate, give_back, file};
  static const uint8_t nothing;
  file->message =
      protobuf_c_message_unpack(type, &allocator, size, size > 0 ? ph_mapping_data(file->mapping) : &nothing);
  ph_mapping_release(file->mapping);
  file->mapping = NULL;
  if (file->message == NULL && file->over) {
    status = ph_fail(e, PH_FAILURE, "'%s': reading it takes more than %zu MiB, too much for its %zu bytes",
                     path, file->limit >> 20, size);
    goto done;
  }
  if (file->message == NULL && file->refused) {
    status = ph_no_memory(e);
    goto done;
  }
  if (file->message == NULL) {
    status = ph_fail(e, PH_FAILURE, "'%s' is not %s, or is damaged", path, what);
    goto done;
  }
  *result = file;
  return PH_OK;
done:
  ph_protobuf_free(file);
  return status;
}

void ph_protobuf_free(ph_protobuf *file) {
  if (file == NULL) return;
  while (file->blocks != NULL) free_block(file, file->blocks);
  ph_mapping_release(file->mapping);
  ph_free(file->path);
  ph_free(file);
}

ProtobufCMessage *ph_protobuf_message(ph_protobuf *file) { return file->message; }
const char *ph_protobuf_path(const ph_protobuf *file) { return file->path; }
void ph_protobuf_drop(ph_protobuf *file, void *data) { give_back(file, data); }

bool ph_protobuf_take(ph_protobuf *file, void *data) {
  block *large = block_of(data);
  if (large != NULL) take_out(file, large);
  return large != NULL;
}

void ph_protobuf_give_back(void *data) { ph_free(block_of(data)); }
