/* SPDX-License-Identifier: MIT */
/* Reading safetensors: cJSON reads the header, whose contents are checked here against the file. */
#include "safetensors.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/numbers.h"
#include "base/utf8.h"
#include "mapped.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "the numbers of the file are used as they lie there");

/* The format's own limit on headers, and one on their JSON values, since each costs 64 bytes once parsed. */
enum { MOST_HEADER_BYTES = 100000000, MOST_VALUES = 1 << 20 };

typedef struct entry {
  const char *name; /* in the header */
  const char *type_name;
  int size;     /* bytes of a number */
  bool is_read; /* whether its type is one that is converted, and then which */
  ph_number_type type;
  ph_shape shape;
  int64_t begin, end; /* bytes of the data */
} entry;

struct ph_safetensors {
  ph_mapping *mapping;
  cJSON *header;
  ph_metadata *metadata;
  entry *entries;
  int count;
  size_t data_start, data_size;
};

/* ---- the header's JSON ---- */

/* Finds the header and parses it. */
static ph_status parse_header(ph_safetensors *file, const char *path, ph_error *e) {
  size_t size = ph_mapping_size(file->mapping);
  const unsigned char *data = ph_mapping_data(file->mapping);
  uint64_t length;
  if (size < sizeof length)
    return ph_fail(e, PH_FAILURE, "'%s': %zu bytes are too few for a safetensors file", path, size);
  memcpy(&length, data, sizeof length);
  if (length > size - sizeof length)
    return ph_fail(e, PH_FAILURE, "'%s': claims a header of %" PRIu64 " bytes in a file of %zu bytes", path,
                   length, size);
  if (length > MOST_HEADER_BYTES)
    return ph_fail(e, PH_FAILURE, "'%s': a header of %" PRIu64 " bytes is larger than the format allows",
                   path, length);
  file->data_start = sizeof length + length;
  file->data_size = size - file->data_start;

  /* A copy: cJSON looks a little beyond what it was given, so it gets a terminated string. */
  char *text = ph_alloc((size_t)length + 1);
  const char *stop = NULL;
  if (text == NULL) return ph_no_memory(e);
  memcpy(text, data + sizeof length, (size_t)length);
  int values = 0;
  for (size_t i = 0; i < length; i++) values += text[i] == ',' || text[i] == '[' || text[i] == '{';
  errno = 0;
  if (values <= MOST_VALUES) file->header = cJSON_ParseWithLengthOpts(text, (size_t)length, &stop, 0);
  const bool is_short_of_memory =
      file->header == NULL && errno == ENOMEM; /* cJSON does not tell this apart */
  size_t parsed = stop != NULL ? (size_t)(stop - text) : 0;
  size_t blank = parsed < length ? strspn(text + parsed, " \t\r\n") : 0;
  ph_free(text);
  if (values > MOST_VALUES)
    return ph_fail(e, PH_FAILURE, "'%s': the header has more than %d values", path, MOST_VALUES);
  if (is_short_of_memory) return ph_no_memory(e);
  if (file->header == NULL || parsed + blank != length)
    return ph_fail(e, PH_FAILURE, "'%s': the header is not JSON (at byte %zu)", path, parsed);
  if (!cJSON_IsObject(file->header))
    return ph_fail(e, PH_FAILURE, "'%s': the header is not a JSON object", path);
  return PH_OK;
}

/* A number that is whole, not negative and exact. */
static bool whole_number(const cJSON *item, int64_t *value) {
  if (!cJSON_IsNumber(item)) return false;
  double number = item->valuedouble;
  if (!(number >= 0 && number <= 0x1p53 && number == floor(number))) return false;
  *value = (int64_t)number;
  return true;
}

static ph_status read_metadata(ph_safetensors *file, const cJSON *item, const char *path, ph_error *e) {
  char name[PH_NAME_TEXT];
  ph_error inner;
  if (!cJSON_IsObject(item)) return ph_fail(e, PH_FAILURE, "'%s': __metadata__ is not an object", path);
  for (const cJSON *child = item->child; child != NULL; child = child->next) {
    if (!cJSON_IsString(child))
      return ph_fail(e, PH_FAILURE, "'%s': metadata '%s' is not a text", path,
                     ph_name_print(child->string, name));
    if (ph_metadata_get(file->metadata, child->string) != NULL)
      return ph_fail(e, PH_FAILURE, "'%s': metadata '%s' occurs twice", path,
                     ph_name_print(child->string, name));
    ph_status status = ph_metadata_set(file->metadata, child->string, child->valuestring, &inner);
    if (status == PH_NO_MEMORY) return ph_no_memory(e);
    if (status != PH_OK) return ph_fail(e, status, "'%s': %s", path, inner.message);
  }
  return PH_OK;
}

/* ---- one tensor's entry ---- */

/* `what` is "'file': tensor 'name'" in each of these. */

/* The format's types whose numbers are not weights: counters, indices, masks. Their bytes are checked all the
   same. */
static const struct other_type {
  const char *name;
  int size;
} other_types[] = {{"I64", 8}, {"I32", 4}, {"I16", 2}, {"I8", 1},   {"U64", 8},
                   {"U32", 4}, {"U16", 2}, {"U8", 1},  {"BOOL", 1}, {NULL, 0}};

static ph_status read_type(const cJSON *item, entry *t, const char *what, ph_error *e) {
  char type[PH_NAME_TEXT];
  if (!cJSON_IsString(item)) return ph_fail(e, PH_FAILURE, "%s has no dtype", what);
  for (int i = 0; ph_number_type_names[i] != NULL; i++) {
    if (strcmp(ph_number_type_names[i], item->valuestring) != 0) continue;
    t->is_read = true;
    t->type = (ph_number_type)i;
    t->type_name = ph_number_type_names[i];
    t->size = ph_number_size(t->type);
    return PH_OK;
  }
  for (const struct other_type *other = other_types; other->name != NULL; other++) {
    if (strcmp(other->name, item->valuestring) != 0) continue;
    t->type_name = other->name;
    t->size = other->size;
    return PH_OK;
  }
  return ph_fail(e, PH_FAILURE, "%s has type %s; F64, F32, F16 and BF16 can be read", what,
                 ph_name_print(item->valuestring, type));
}

static ph_status read_shape(const cJSON *item, entry *t, const char *what, ph_error *e) {
  ph_error inner;
  if (!cJSON_IsArray(item)) return ph_fail(e, PH_FAILURE, "%s has no shape", what);
  int rank = cJSON_GetArraySize(item);
  if (rank > PH_MAX_RANK)
    return ph_fail(e, PH_FAILURE, "%s has %d dimensions; at most %d can be read", what, rank, PH_MAX_RANK);
  for (const cJSON *dim = item->child; dim != NULL; dim = dim->next)
    if (!whole_number(dim, &t->shape.dim[t->shape.rank++]))
      return ph_fail(e, PH_FAILURE, "%s: its shape is not a list of whole numbers", what);
  if (ph_shape_check(t->shape, what, &inner) != PH_OK) return ph_fail(e, PH_FAILURE, "%s", inner.message);
  return PH_OK;
}

static ph_status read_offsets(const cJSON *item, entry *t, size_t data_size, const char *what, ph_error *e) {
  char shape[PH_SHAPE_TEXT];
  if (!cJSON_IsArray(item) || cJSON_GetArraySize(item) != 2 || !whole_number(item->child, &t->begin) ||
      !whole_number(item->child->next, &t->end))
    return ph_fail(e, PH_FAILURE, "%s: its data_offsets are not two whole numbers", what);
  if (t->begin > t->end || t->end > (int64_t)data_size)
    return ph_fail(e, PH_FAILURE, "%s claims bytes %" PRId64 "..%" PRId64 " of %zu bytes of data", what,
                   t->begin, t->end, data_size);
  int64_t needed = ph_shape_count(t->shape) * t->size;
  if (t->end - t->begin != needed)
    return ph_fail(e, PH_FAILURE, "%s: %s %s takes %" PRId64 " bytes, not %" PRId64, what,
                   ph_shape_print(t->shape, shape), t->type_name, needed, t->end - t->begin);
  return PH_OK;
}

static ph_status read_entry(ph_safetensors *file, const cJSON *item, const char *path, ph_error *e) {
  char name[PH_NAME_TEXT], what[sizeof e->message / 2 + PH_NAME_TEXT];
  entry *t = &file->entries[file->count];
  ph_status status;
  *t = (entry){0};
  snprintf(what, sizeof what, "'%.200s': tensor '%s'", path, ph_name_print(item->string, name));
  const cJSON *type = cJSON_GetObjectItemCaseSensitive(item, "dtype");
  const cJSON *shape = cJSON_GetObjectItemCaseSensitive(item, "shape");
  const cJSON *offsets = cJSON_GetObjectItemCaseSensitive(item, "data_offsets");
  if (!cJSON_IsObject(item)) return ph_fail(e, PH_FAILURE, "%s is not described by an object", what);
  PH_TRY(read_type(type, t, what, e));
  PH_TRY(read_shape(shape, t, what, e));
  PH_TRY(read_offsets(offsets, t, file->data_size, what, e));
  if (cJSON_GetArraySize(item) != 3)
    return ph_fail(e, PH_FAILURE, "%s: only dtype, shape and data_offsets, once each, belong to it", what);
  t->name = item->string;
  file->count++;
done:
  return status;
}

/* ---- all of them together ---- */

static int by_begin(const void *a, const void *b) {
  const entry *x = a, *y = b;
  if (x->begin != y->begin) return x->begin < y->begin ? -1 : 1;
  return x->end < y->end ? -1 : x->end > y->end;
}

static int by_name(const void *a, const void *b) {
  return strcmp(((const entry *)a)->name, ((const entry *)b)->name);
}

/* Tensors must cover the data, one beginning where another ends, and have names of their own. */
static ph_status check_together(ph_safetensors *file, const char *path, ph_error *e) {
  char name[PH_NAME_TEXT];
  int64_t covered = 0;
  qsort(file->entries, (size_t)file->count, sizeof *file->entries, by_begin);
  for (int i = 0; i < file->count; i++) {
    const entry *t = &file->entries[i];
    if (t->begin != covered)
      return ph_fail(e, PH_FAILURE,
                     "'%s': tensor '%s' begins at byte %" PRId64 " of the data, %s byte %" PRId64, path,
                     ph_name_print(t->name, name), t->begin,
                     t->begin < covered ? "inside one that ends at" : "leaving a hole from", covered);
    covered = t->end;
  }
  if (covered != (int64_t)file->data_size)
    return ph_fail(e, PH_FAILURE, "'%s': %" PRId64 " bytes of data after the last tensor", path,
                   (int64_t)file->data_size - covered);
  qsort(file->entries, (size_t)file->count, sizeof *file->entries, by_name);
  for (int i = 1; i < file->count; i++)
    if (strcmp(file->entries[i - 1].name, file->entries[i].name) == 0)
      return ph_fail(e, PH_FAILURE, "'%s': tensor '%s' occurs twice", path,
                     ph_name_print(file->entries[i].name, name));
  return PH_OK;
}

ph_status ph_safetensors_read(const char *path, ph_safetensors **result, ph_error *e) {
  bool has_metadata = false;
  ph_status status;
  ph_safetensors *file = ph_alloc(sizeof *file);
  if (file == NULL) return ph_no_memory(e);
  PH_TRY(ph_mapping_read(path, &file->mapping, e));
  PH_TRY(ph_metadata_new(&file->metadata, e));
  PH_TRY(parse_header(file, path, e));
  file->entries = ph_alloc_array((size_t)cJSON_GetArraySize(file->header), sizeof *file->entries);
  if (file->entries == NULL) {
    status = ph_no_memory(e);
    goto done;
  }
  for (const cJSON *item = file->header->child; item != NULL; item = item->next) {
    if (strcmp(item->string, "__metadata__") != 0) {
      PH_TRY(read_entry(file, item, path, e));
    } else if (has_metadata) {
      status = ph_fail(e, PH_FAILURE, "'%s': __metadata__ occurs twice", path);
      goto done;
    } else {
      has_metadata = true;
      PH_TRY(read_metadata(file, item, path, e));
    }
  }
  PH_TRY(check_together(file, path, e));
  *result = file;
  return PH_OK;
done:
  ph_safetensors_free(file);
  return status;
}

void ph_safetensors_free(ph_safetensors *file) {
  if (file == NULL) return;
  cJSON_Delete(file->header);
  ph_metadata_free(file->metadata);
  ph_mapping_release(file->mapping);
  ph_free(file->entries);
  ph_free(file);
}

int ph_safetensors_count(const ph_safetensors *file) { return file->count; }
const char *ph_safetensors_name(const ph_safetensors *file, int i) { return file->entries[i].name; }
bool ph_safetensors_is_read(const ph_safetensors *file, int i) { return file->entries[i].is_read; }
const ph_metadata *ph_safetensors_metadata(const ph_safetensors *file) { return file->metadata; }

/* ---- the numbers ---- */

ph_status ph_safetensors_tensor(const ph_safetensors *file, int i, ph_tensor **tensor, ph_error *e) {
  const entry *t = &file->entries[i];
  unsigned char *data = ph_mapping_data(file->mapping) + file->data_start + t->begin;
  if (t->type == PH_FLOAT32 && ph_mapped_fits(data))
    return ph_mapped_tensor(file->mapping, data, t->shape, tensor, e);
  ph_status status = ph_tensor_new(t->shape, tensor, e);
  if (status != PH_OK) return status;
  ph_numbers_to_floats(ph_tensor_data(*tensor), data, t->type, ph_tensor_count(*tensor));
  return PH_OK;
}
