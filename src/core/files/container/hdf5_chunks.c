/* SPDX-License-Identifier: MIT */
/* Data sets in chunks. A chunk is a box of fixed shape, even at the data set's edges, where it hangs over. */
#include "hdf5_private.h"

#include <string.h>

#include "base/memory.h"
#include "inflate.h"

typedef struct reading {
  const ph_hdf5_chunks *chunks;
  float *data;             /* the data set's */
  unsigned char *raw, *at; /* a chunk as stored, and before it was shuffled */
  float *floats;           /* a chunk's numbers */
  uint64_t left;           /* chunks that there may still be */
  size_t count, bytes;     /* a chunk's elements, and their size */
} reading;

/* The bytes of a chunk after the filters are undone, last first; NULL where that fails. `mask` has a bit for
   each filter that was left out. */
static const unsigned char *undo_filters(reading *r, const unsigned char *stored, size_t size,
                                         uint64_t mask) {
  const ph_hdf5_chunks *chunks = r->chunks;
  size_t width = (size_t)chunks->element.size;
  for (int i = chunks->filter_count - 1; i >= 0; i--) {
    unsigned char *to = stored == r->raw ? r->at : r->raw;
    if (mask >> i & 1) continue;
    if (chunks->filters[i] == PH_HDF5_DEFLATE) {
      if (!ph_inflate(stored, size, false, to, r->bytes)) return NULL;
      size = r->bytes;
    } else {
      if (size != r->bytes) return NULL;
      for (size_t n = 0; n < r->count; n++)
        for (size_t b = 0; b < width; b++) to[n * width + b] = stored[b * r->count + n];
    }
    stored = to;
  }
  return size == r->bytes ? stored : NULL;
}

/* Lays a chunk's numbers into the data set, row by row. `offset` is where its first element is. */
static void place_chunk(const reading *r, const int64_t *offset) {
  const ph_shape shape = r->chunks->shape, chunk = r->chunks->chunk;
  const int last = shape.rank - 1;
  const int64_t row = chunk.dim[last];
  const int64_t length = row < shape.dim[last] - offset[last] ? row : shape.dim[last] - offset[last];
  for (int64_t first = 0; first < (int64_t)r->count; first += row) {
    int64_t rest = first / row, place = 0, stride = 1;
    bool is_inside = true;
    for (int i = last; i >= 0; i--) {
      int64_t at = offset[i];
      if (i < last) {
        at += rest % chunk.dim[i];
        rest /= chunk.dim[i];
      }
      is_inside = is_inside && at < shape.dim[i];
      place += at * stride;
      stride *= shape.dim[i];
    }
    if (is_inside) memcpy(r->data + place, r->floats + first, (size_t)length * sizeof(float));
  }
}

/* One chunk: its key in the tree, and where it is. */
static ph_status read_chunk(ph_hdf5 *file, reading *r, ph_cursor *c, uint64_t node, ph_error *e) {
  int64_t offset[PH_MAX_RANK];
  const ph_shape shape = r->chunks->shape;
  uint64_t size = ph_cursor_number(c, 4), mask = ph_cursor_number(c, 4);
  for (int i = 0; i < shape.rank; i++) offset[i] = (int64_t)ph_cursor_number(c, 8);
  ph_cursor_take(c, 8); /* the element's */
  ph_cursor stored = ph_cursor_over(&file->bytes, ph_cursor_number(c, 8), size);
  if (c->broken || stored.broken || r->left-- == 0) return ph_hdf5_damaged(file, "chunks", node, e);
  for (int i = 0; i < shape.rank; i++)
    if (offset[i] < 0 || offset[i] >= shape.dim[i]) return ph_hdf5_damaged(file, "place of a chunk", node, e);
  const unsigned char *numbers = undo_filters(r, stored.at, stored.left, mask);
  if (numbers == NULL) return ph_hdf5_damaged(file, "numbers of a chunk", node, e);
  ph_elements_to_floats(r->floats, numbers, r->chunks->element, (int64_t)r->count);
  place_chunk(r, offset);
  return PH_OK;
}

/* A node of the tree at this level, or, for -1, its root. */
static ph_status read_node(ph_hdf5 *file, reading *r, uint64_t address, int level, ph_error *e) {
  ph_cursor c;
  uint64_t count;
  ph_status status =
      ph_hdf5_tree_node(file, &c, address, PH_HDF5_CHUNK_TREE, &level, &count, "tree of chunks", e);
  for (uint64_t i = 0; status == PH_OK && i < count; i++) {
    status = ph_hdf5_step(file, e);
    if (status != PH_OK) return status;
    if (level == 0) {
      status = read_chunk(file, r, &c, address, e);
    } else {
      ph_cursor_take(&c, 8 + 8 * (uint64_t)(r->chunks->shape.rank + 1)); /* the first chunk's key */
      uint64_t child = ph_cursor_number(&c, 8);
      if (c.broken) return ph_hdf5_damaged(file, "tree of chunks", address, e);
      status = read_node(file, r, child, level - 1, e);
    }
  }
  return status;
}

/* How many chunks there are when all are there; false where they would be far larger than the data set. */
static bool count_chunks(const ph_hdf5 *file, reading *r) {
  uint64_t elements;
  r->left = 1;
  for (int i = 0; i < r->chunks->shape.rank; i++) {
    int64_t side = r->chunks->chunk.dim[i];
    if (side < 1) return false;
    r->left *= (uint64_t)((r->chunks->shape.dim[i] - 1) / side + 1);
  }
  if (!ph_hdf5_elements(r->chunks->chunk, &elements)) return false;
  r->count = (size_t)elements;
  r->bytes = r->count * (size_t)r->chunks->element.size;
  return elements <= ph_bytes_limit(file->bytes.size) / 8 / r->left;
}

ph_status ph_hdf5_read_chunks(ph_hdf5 *file, const ph_hdf5_chunks *chunks, float *data, ph_error *e) {
  reading r = {.chunks = chunks, .data = data};
  ph_status status;
  if (chunks->tree == PH_HDF5_NOWHERE) return PH_OK;
  if (!count_chunks(file, &r)) return ph_hdf5_damaged(file, "shape of chunks", chunks->tree, e);
  r.raw = ph_alloc(r.bytes);
  r.at = ph_alloc(r.bytes);
  r.floats = ph_alloc_array(r.count, sizeof *r.floats);
  if (r.raw != NULL && r.at != NULL && r.floats != NULL)
    status = read_node(file, &r, chunks->tree, -1, e);
  else
    status = ph_no_memory(e);
  ph_free(r.raw);
  ph_free(r.at);
  ph_free(r.floats);
  return status;
}
