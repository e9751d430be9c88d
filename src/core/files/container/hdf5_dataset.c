/* SPDX-License-Identifier: MIT */
/* Data sets: the messages that say which numbers they are, in which shape and where, and the numbers of those
   that lie in one piece. */
#include "hdf5_private.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "files/mapped.h"

enum { COMPACT = 0, CONTIGUOUS = 1, CHUNKED = 2, OLD_CHUNKS = 3 /* the version of their layout */ };

typedef struct dataset {
  const char *problem; /* the first thing that is not read */
  bool has_type, has_space, has_layout;
  ph_hdf5_datatype type;
  int layout;
  ph_cursor data; /* where it is one piece */
  ph_hdf5_chunks chunks;
} dataset;

/* ---- types and shapes ---- */

ph_hdf5_datatype ph_hdf5_read_datatype(ph_cursor *body) {
  int class = (int)ph_cursor_number(body, 1) & 15;
  unsigned flags = (unsigned)ph_cursor_number(body, 3);
  uint64_t size = ph_cursor_number(body, 4);
  if (body->broken) return (ph_hdf5_datatype){.class = -1};
  return (ph_hdf5_datatype){class, flags, size};
}

bool ph_hdf5_read_dataspace(ph_cursor *body, ph_shape *shape) {
  uint64_t version = ph_cursor_number(body, 1), rank = ph_cursor_number(body, 1);
  ph_cursor_take(body, version == 1 ? 6 : 2);
  *shape = (ph_shape){.rank = (int)rank};
  if (version < 1 || version > 2 || rank > PH_MAX_RANK) return false;
  for (int i = 0; i < shape->rank; i++) shape->dim[i] = (int64_t)ph_cursor_number(body, 8);
  return !body->broken;
}

bool ph_hdf5_elements(ph_shape shape, uint64_t *count) {
  const uint64_t most = UINT64_C(1) << 44;
  *count = 1;
  for (int i = 0; i < shape.rank; i++) {
    if (shape.dim[i] < 0 || (*count > 0 && (uint64_t)shape.dim[i] > most / *count)) return false;
    *count *= (uint64_t)shape.dim[i];
  }
  return true;
}

/* ---- messages ---- */

static const char *read_layout(const ph_hdf5 *file, ph_cursor body, dataset *d) {
  uint64_t version = ph_cursor_number(&body, 1), address, size;
  d->layout = (int)ph_cursor_number(&body, 1);
  d->has_layout = true;
  if (version != 3 && version != 4) return "its layout is of another version";
  if (d->layout == COMPACT) {
    size = ph_cursor_number(&body, 2);
    d->data = (ph_cursor){.at = ph_cursor_take(&body, size), .left = (size_t)size};
  } else if (d->layout == CONTIGUOUS) {
    address = ph_cursor_number(&body, 8);
    size = ph_cursor_number(&body, 8);
    d->data = ph_cursor_over(&file->bytes, address, size);
    if (address == PH_HDF5_NOWHERE) return "it has no numbers";
  } else if (d->layout == CHUNKED && version == OLD_CHUNKS) {
    d->chunks.chunk.rank = (int)ph_cursor_number(&body, 1) - 1; /* the last is an element's bytes */
    d->chunks.tree = ph_cursor_number(&body, 8);
    if (d->chunks.chunk.rank < 1 || d->chunks.chunk.rank > PH_MAX_RANK) return "its chunks have no shape";
    for (int i = 0; i < d->chunks.chunk.rank; i++)
      d->chunks.chunk.dim[i] = (int64_t)ph_cursor_number(&body, 4);
  } else {
    return "its numbers are stored in the latest form of HDF5";
  }
  return body.broken || d->data.broken ? "its numbers lie outside the file" : NULL;
}

/* Version 1 pads, and names every filter. */
static const char *read_filters(ph_cursor body, ph_hdf5_chunks *chunks) {
  uint64_t version = ph_cursor_number(&body, 1), count = ph_cursor_number(&body, 1);
  if (count > PH_HDF5_MOST_FILTERS || version < 1 || version > 2) return "it went through too many filters";
  if (version == 1) ph_cursor_take(&body, 6);
  for (uint64_t i = 0; i < count; i++) {
    uint64_t filter = ph_cursor_number(&body, 2);
    uint64_t name = version == 1 || filter >= 256 ? ph_cursor_number(&body, 2) : 0;
    ph_cursor_take(&body, 2); /* whether it may be left out: each chunk says if it was */
    uint64_t values = ph_cursor_number(&body, 2);
    ph_cursor_take(&body, version == 1 ? (name + 7) / 8 * 8 : name);
    ph_cursor_take(&body, 4 * (version == 1 ? (values + 1) / 2 * 2 : values));
    if (filter != PH_HDF5_DEFLATE && filter != PH_HDF5_SHUFFLE)
      return "it went through a filter that is not deflate or shuffle";
    chunks->filters[chunks->filter_count++] = (int)filter;
  }
  return body.broken ? "its filters are damaged" : NULL;
}

static ph_status visit_message(ph_hdf5 *file, ph_hdf5_type type, ph_cursor body, void *context, ph_error *e) {
  dataset *d = context;
  const char *problem = NULL;
  (void)e;
  if (type == PH_HDF5_DATATYPE && !d->has_type) {
    d->type = ph_hdf5_read_datatype(&body);
    d->has_type = true;
  } else if (type == PH_HDF5_DATASPACE && !d->has_space) {
    d->has_space = true;
    if (!ph_hdf5_read_dataspace(&body, &d->chunks.shape)) problem = "it has too many dimensions";
  } else if (type == PH_HDF5_LAYOUT && !d->has_layout) {
    problem = read_layout(file, body, d);
  } else if (type == PH_HDF5_FILTERS && d->chunks.filter_count == 0) {
    problem = read_filters(body, &d->chunks);
  }
  if (d->problem == NULL) d->problem = problem;
  return PH_OK;
}

/* ---- numbers ---- */

/* Python's two bytes that NumPy has no type for are bfloat16. */
static bool find_element(ph_hdf5_datatype type, ph_element *element) {
  enum { BIG_ENDIAN_BIT = 1, SIGNED_BIT = 8 };
  if (type.class == PH_HDF5_OPAQUE && type.size == 2) {
    *element = (ph_element){PH_FLOATING, 2, PH_BFLOAT16};
    return true;
  }
  if ((type.class != PH_HDF5_FIXED && type.class != PH_HDF5_FLOAT) ||
      (type.flags & BIG_ENDIAN_BIT && type.size > 1))
    return false;
  ph_element_kind kind = type.flags & SIGNED_BIT ? PH_SIGNED : PH_UNSIGNED;
  return ph_element_of(type.class == PH_HDF5_FLOAT ? PH_FLOATING : kind, type.size, element);
}

/* Why the data set cannot be had; NULL where it can. */
static const char *find_problem(dataset *d, uint64_t *count) {
  ph_error inner;
  if (d->problem != NULL) return d->problem;
  if (!d->has_type || !d->has_space || !d->has_layout) return "it is not a data set";
  if (!find_element(d->type, &d->chunks.element)) return "its elements are not little-endian numbers";
  if (!ph_hdf5_elements(d->chunks.shape, count) || *count == 0 ||
      ph_shape_check(d->chunks.shape, "", &inner) != PH_OK)
    return "it is empty, or too large";
  if (d->layout == CHUNKED) {
    if (d->chunks.chunk.rank != d->chunks.shape.rank) return "its chunks have other dimensions";
  } else if (*count * (uint64_t)d->chunks.element.size > d->data.left) {
    return "its numbers are fewer than its shape says";
  }
  return NULL;
}

static ph_status read_numbers(ph_hdf5 *file, const dataset *d, uint64_t count, ph_tensor **tensor,
                              ph_error *e) {
  unsigned char *data = d->data.at != NULL ? file->bytes.data + (d->data.at - file->bytes.data) : NULL;
  ph_element element = d->chunks.element;
  bool is_float32 = element.kind == PH_FLOATING && element.number == PH_FLOAT32;
  if (d->layout != CHUNKED && is_float32 && file->bytes.mapping != NULL && ph_mapped_fits(data))
    return ph_mapped_tensor(file->bytes.mapping, data, d->chunks.shape, tensor, e);
  if (count > file->spare / sizeof(float))
    return ph_fail(e, PH_FAILURE, "'%.300s': its tensors take too much memory for the size of the file",
                   file->path);
  file->spare -= (size_t)count * sizeof(float);
  ph_status status = ph_tensor_new(d->chunks.shape, tensor, e);
  if (status != PH_OK) return status;
  if (d->layout == CHUNKED) {
    status = ph_hdf5_read_chunks(file, &d->chunks, ph_tensor_data(*tensor), e);
    if (status != PH_OK) ph_tensor_release(*tensor);
    return status;
  }
  ph_elements_to_floats(ph_tensor_data(*tensor), data, element, (int64_t)count);
  return PH_OK;
}

ph_status ph_hdf5_tensor(ph_hdf5 *file, int i, ph_tensor **tensor, ph_error *e) {
  dataset d = {0};
  uint64_t count;
  char name[PH_NAME_TEXT];
  ph_hdf5_begin(file);
  ph_status status = ph_hdf5_messages(file, file->objects[i].address, visit_message, &d, e);
  if (status != PH_OK) return status;
  const char *problem = find_problem(&d, &count);
  if (problem != NULL)
    return ph_fail(e, PH_FAILURE, "'%.200s': '%s' cannot be read: %s", file->path,
                   ph_name_print(file->objects[i].name, name), problem);
  return read_numbers(file, &d, count, tensor, e);
}
