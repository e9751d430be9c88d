/* SPDX-License-Identifier: MIT */
/* Object headers, in both forms: an object of an HDF5 file is described by messages, in a first block and in
   others that it continues in. */
#include "hdf5_private.h"

enum { MOST_BLOCKS = 256, SHARED = 2 };

typedef struct block {
  uint64_t address, size;
} block;

typedef struct header {
  bool is_new;      /* version 2 */
  bool keeps_order; /* its messages have a number each */
  int count;        /* of blocks */
  block blocks[MOST_BLOCKS];
} header;

/* Version 1 begins with its version, 2 with "OHDR"; both say how long the first block of messages is. */
static bool read_prefix(ph_hdf5 *file, uint64_t address, header *h) {
  ph_cursor c = ph_hdf5_at(file, address), first = c;
  uint64_t size;
  h->is_new = ph_cursor_expect(&c, "OHDR");
  if (h->is_new) {
    uint64_t version = ph_cursor_number(&c, 1), flags = ph_cursor_number(&c, 1);
    if (version != 2) return false;
    if (flags & 0x20) ph_cursor_take(&c, 16); /* times */
    if (flags & 0x10) ph_cursor_take(&c, 4);  /* when attributes are stored otherwise */
    h->keeps_order = flags & 4;
    size = ph_cursor_number(&c, 1 << (flags & 3));
  } else {
    c = first;
    if (ph_cursor_number(&c, 2) != 1) return false;
    ph_cursor_take(&c, 6); /* how many messages, how many links to it */
    size = ph_cursor_number(&c, 4);
    ph_cursor_take(&c, 4); /* alignment */
  }
  h->blocks[h->count++] = (block){(uint64_t)(c.at - file->bytes.data), size};
  return !c.broken;
}

/* Notes where the messages go on. In the newer form that block has a mark before it and a checksum after it.
 */
static bool note_continuation(const header *h, ph_cursor body, block *next) {
  next->address = ph_cursor_number(&body, 8);
  next->size = ph_cursor_number(&body, 8);
  if (!h->is_new) return !body.broken;
  if (next->size < 8) return false;
  next->address += 4;
  next->size -= 8;
  return !body.broken;
}

/* The messages of one block. */
static ph_status read_block(ph_hdf5 *file, header *h, block place, ph_hdf5_message *visit, void *context,
                            ph_error *e) {
  ph_cursor c = ph_cursor_over(&file->bytes, place.address, place.size);
  const size_t least = h->is_new ? (h->keeps_order ? 6 : 4) : 8;
  if (c.broken) return ph_hdf5_damaged(file, "object header", place.address, e);
  while (c.left >= least) {
    uint64_t type = ph_cursor_number(&c, h->is_new ? 1 : 2), size = ph_cursor_number(&c, 2);
    uint64_t flags = ph_cursor_number(&c, 1);
    ph_cursor_take(&c, least - (h->is_new ? 4 : 5));
    ph_cursor body = {.at = ph_cursor_take(&c, size), .left = (size_t)size};
    if (c.broken) return ph_hdf5_damaged(file, "message of an object", place.address, e);
    ph_status status = ph_hdf5_step(file, e);
    if (status != PH_OK) return status;
    if (type == PH_HDF5_CONTINUATION) {
      if (h->count == MOST_BLOCKS || !note_continuation(h, body, &h->blocks[h->count++]))
        return ph_hdf5_damaged(file, "continued object header", place.address, e);
    } else if (!(flags & SHARED)) {
      status = visit(file, (ph_hdf5_type)type, body, context, e);
      if (status != PH_OK) return status;
    }
  }
  return PH_OK;
}

ph_status ph_hdf5_messages(ph_hdf5 *file, uint64_t address, ph_hdf5_message *visit, void *context,
                           ph_error *e) {
  header h = {0};
  if (!read_prefix(file, address, &h)) return ph_hdf5_damaged(file, "object header", address, e);
  ph_status status = PH_OK;
  for (int i = 0; i < h.count && status == PH_OK; i++)
    status = read_block(file, &h, h.blocks[i], visit, context, e);
  return status;
}
