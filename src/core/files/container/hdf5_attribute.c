/* SPDX-License-Identifier: MIT */
/* Attributes that are texts: of fixed length, padded, or of any length, in which case the attribute has their
   places in collections elsewhere in the file. */
#include "hdf5_private.h"

#include <string.h>

#include "base/memory.h"

/* An attribute message, of which the last two point to its parts. */
typedef struct attribute {
  ph_cursor name, type, space, data;
} attribute;

/* In version 1 each part fills multiples of 8 bytes. */
static ph_cursor take_part(ph_cursor *body, uint64_t size, bool is_padded) {
  ph_cursor part = {.at = ph_cursor_take(body, size), .left = (size_t)size};
  part.broken = body->broken;
  if (is_padded && size % 8 != 0) ph_cursor_take(body, 8 - size % 8);
  return part;
}

static bool split_attribute(ph_cursor body, attribute *a) {
  uint64_t version = ph_cursor_number(&body, 1), flags = ph_cursor_number(&body, 1);
  uint64_t name = ph_cursor_number(&body, 2), type = ph_cursor_number(&body, 2),
           space = ph_cursor_number(&body, 2);
  if (version == 3) ph_cursor_take(&body, 1); /* ASCII or UTF-8 */
  if (version < 1 || version > 3 || (version > 1 && flags != 0)) return false;
  a->name = take_part(&body, name, version == 1);
  a->type = take_part(&body, type, version == 1);
  a->space = take_part(&body, space, version == 1);
  a->data = body;
  return !body.broken;
}

/* ---- texts of any length ---- */

/* The object of that number in a collection. */
static ph_status find_in_collection(ph_hdf5 *file, uint64_t address, uint64_t number, ph_cursor *found,
                                    ph_error *e) {
  ph_cursor c = ph_hdf5_at(file, address);
  ph_cursor_expect(&c, "GCOL");
  ph_cursor_take(&c, 4); /* version */
  uint64_t size = ph_cursor_number(&c, 8);
  if (!c.broken && size >= 16 && size - 16 < c.left) c.left = (size_t)size - 16;
  while (!c.broken) {
    uint64_t own = ph_cursor_number(&c, 2);
    ph_cursor_take(&c, 6); /* how many links to it */
    uint64_t length = ph_cursor_number(&c, 8);
    ph_cursor data = take_part(&c, length, true);
    ph_status status = ph_hdf5_step(file, e);
    if (status != PH_OK) return status;
    if (own == 0) break; /* what is free */
    if (own != number || data.broken) continue;
    *found = data;
    return PH_OK;
  }
  return ph_hdf5_damaged(file, "text of an attribute", address, e);
}

/* The text that the next 16 bytes stand for. */
static ph_status read_variable(ph_hdf5 *file, ph_cursor *data, struct ph_hdf5_text *text, ph_error *e) {
  ph_cursor found = {0};
  uint64_t length = ph_cursor_number(data, 4), address = ph_cursor_number(data, 8),
           number = ph_cursor_number(data, 4);
  if (data->broken) return ph_hdf5_damaged(file, "attribute", address, e);
  if (length == 0) return PH_OK;
  ph_status status = find_in_collection(file, address, number, &found, e);
  if (status != PH_OK) return status;
  *text = (struct ph_hdf5_text){(const char *)ph_cursor_take(&found, length), (size_t)length};
  return found.broken ? ph_hdf5_damaged(file, "text of an attribute", address, e) : PH_OK;
}

/* ---- the attribute that is asked for ---- */

/* Reads the texts, which all together may not be longer than the file. */
static ph_status read_texts(ph_hdf5 *file, attribute *a, ph_hdf5_datatype type, uint64_t count,
                            ph_hdf5_texts *texts, ph_error *e) {
  size_t whole = 0;
  texts->list = ph_alloc_array((size_t)count, sizeof *texts->list);
  if (texts->list == NULL) return ph_no_memory(e);
  for (; (uint64_t)texts->count < count; texts->count++) {
    struct ph_hdf5_text *text = &texts->list[texts->count];
    if (type.class == PH_HDF5_VARIABLE) {
      ph_status status = read_variable(file, &a->data, text, e);
      if (status != PH_OK) return status;
    } else {
      text->data = (const char *)ph_cursor_take(&a->data, type.size);
      text->size = text->data != NULL ? strnlen(text->data, (size_t)type.size) : 0;
    }
    whole += text->size;
    if (a->data.broken || whole > file->bytes.size)
      return ph_fail(e, PH_FAILURE, "'%.300s': damaged HDF5 file (texts of an attribute)", file->path);
  }
  texts->found = true;
  return PH_OK;
}

typedef struct search {
  const char *name;
  ph_hdf5_texts *texts;
  bool has_others; /* which are kept in a heap */
} search;

static ph_status visit_attribute(ph_hdf5 *file, ph_hdf5_type message, ph_cursor body, void *context,
                                 ph_error *e) {
  enum { TEXT_OF_ANY_LENGTH = 1 };
  search *s = context;
  attribute a;
  ph_shape shape;
  uint64_t count;
  if (message == PH_HDF5_ATTRIBUTE_INFO) {
    ph_cursor_take(&body, 1); /* version */
    if (ph_cursor_number(&body, 1) & 1) ph_cursor_take(&body, 2);
    s->has_others = ph_cursor_number(&body, 8) != PH_HDF5_NOWHERE && !body.broken;
  }
  if (message != PH_HDF5_ATTRIBUTE || s->texts->found || !split_attribute(body, &a)) return PH_OK;
  size_t length = strlen(s->name);
  if (a.name.left < length || strnlen((const char *)a.name.at, a.name.left) != length ||
      memcmp(a.name.at, s->name, length) != 0)
    return PH_OK;
  ph_hdf5_datatype type = ph_hdf5_read_datatype(&a.type);
  bool is_text = type.class == PH_HDF5_TEXT || (type.class == PH_HDF5_VARIABLE && type.size == 16 &&
                                                (type.flags & 15) == TEXT_OF_ANY_LENGTH);
  if (!ph_hdf5_read_dataspace(&a.space, &shape) || !ph_hdf5_elements(shape, &count)) return PH_OK;
  if (count > 0 && (!is_text || type.size == 0 || count > a.data.left / type.size)) return PH_OK;
  return read_texts(file, &a, type, count, s->texts, e);
}

ph_status ph_hdf5_attribute(ph_hdf5 *file, int i, const char *name, ph_hdf5_texts *texts, ph_error *e) {
  search s = {name, texts, false};
  *texts = (ph_hdf5_texts){0};
  ph_hdf5_begin(file);
  ph_status status = ph_hdf5_messages(file, file->objects[i].address, visit_attribute, &s, e);
  if (status == PH_OK && !texts->found && s.has_others)
    status = ph_hdf5_unread(file, "an HDF5 file with attributes in their latest form", e);
  if (status == PH_OK) return PH_OK;
  ph_free(texts->list);
  *texts = (ph_hdf5_texts){0};
  return status;
}
