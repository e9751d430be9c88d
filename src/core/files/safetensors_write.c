/* SPDX-License-Identifier: MIT */
/* Writing safetensors. The header is laid out as the format's own library does for one type: metadata, then
   tensors by name, padded with spaces so that the numbers begin at a multiple of 8. */
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/utf8.h"
#include "atomic.h"
#include "safetensors.h"

/* ---- checking ---- */

static int by_name(const void *a, const void *b) {
  return strcmp(((const ph_named_tensor *)a)->name, ((const ph_named_tensor *)b)->name);
}

static ph_status check_names(const ph_named_tensor *sorted, int count, const char *path, ph_error *e) {
  for (int i = 0; i < count; i++) {
    const char *name = sorted[i].name;
    char text[PH_NAME_TEXT];
    if (strcmp(name, "__metadata__") == 0 || !ph_utf8_valid(name))
      return ph_fail(e, PH_MISUSE, "cannot write '%s': '%s' cannot be a tensor's name", path,
                     ph_name_print(name, text));
    if (i > 0 && strcmp(sorted[i - 1].name, name) == 0)
      return ph_fail(e, PH_MISUSE, "cannot write '%s': two tensors '%s'", path, ph_name_print(name, text));
  }
  return PH_OK;
}

/* ---- the header ---- */

static bool add_metadata(cJSON *header, const ph_metadata *metadata) {
  if (metadata == NULL || ph_metadata_count(metadata) == 0) return true;
  cJSON *object = cJSON_AddObjectToObject(header, "__metadata__");
  for (int i = 0; object != NULL && i < ph_metadata_count(metadata); i++)
    if (!cJSON_AddStringToObject(object, ph_metadata_key(metadata, i), ph_metadata_value(metadata, i)))
      return false;
  return object != NULL;
}

static bool add_number(cJSON *array, int64_t value) {
  cJSON *number = cJSON_CreateNumber((double)value);
  if (number != NULL && cJSON_AddItemToArray(array, number)) return true;
  cJSON_Delete(number);
  return false;
}

/* Adds a tensor whose bytes begin at *offset, and moves that past them. */
static bool add_tensor(cJSON *header, const ph_named_tensor *t, ph_number_type type, int64_t *offset) {
  ph_shape shape = ph_tensor_shape(t->tensor);
  cJSON *object = cJSON_AddObjectToObject(header, t->name);
  if (object == NULL || !cJSON_AddStringToObject(object, "dtype", ph_number_type_names[type])) return false;
  cJSON *dims = cJSON_AddArrayToObject(object, "shape");
  cJSON *offsets = cJSON_AddArrayToObject(object, "data_offsets");
  if (dims == NULL || offsets == NULL) return false;
  for (int i = 0; i < shape.rank; i++)
    if (!add_number(dims, shape.dim[i])) return false;
  if (!add_number(offsets, *offset)) return false;
  *offset += ph_shape_count(shape) * ph_number_size(type);
  return add_number(offsets, *offset);
}

/* The header's text, for cJSON_free, or NULL when memory is short. */
static char *make_header(const ph_named_tensor *sorted, int count, const ph_metadata *metadata,
                         ph_number_type type) {
  int64_t offset = 0;
  cJSON *header = cJSON_CreateObject();
  bool done = header != NULL && add_metadata(header, metadata);
  for (int i = 0; done && i < count; i++) done = add_tensor(header, &sorted[i], type, &offset);
  char *text = done ? cJSON_PrintUnformatted(header) : NULL;
  cJSON_Delete(header);
  return text;
}

static ph_status write_header(ph_atomic *file, const char *text, ph_error *e) {
  uint64_t length = strlen(text), padded = (length + 7) / 8 * 8;
  ph_status status;
  PH_TRY(ph_atomic_write(file, &padded, sizeof padded, e));
  PH_TRY(ph_atomic_write(file, text, (size_t)length, e));
  status = ph_atomic_write(file, "       ", (size_t)(padded - length), e);
done:
  return status;
}

/* ---- the numbers ---- */

static ph_status write_tensor(ph_atomic *file, const ph_named_tensor *t, ph_number_type type,
                              const char *path, ph_error *e) {
  enum { AT_ONCE = 4096 };
  double numbers[AT_ONCE]; /* room for the widest type */
  char text[PH_NAME_TEXT];
  const float *data = ph_tensor_read(t->tensor);
  int64_t count = ph_tensor_count(t->tensor);
  if (type == PH_FLOAT32) return ph_atomic_write(file, data, (size_t)count * sizeof *data, e);
  for (int64_t start = 0; start < count; start += AT_ONCE) {
    int64_t now = count - start < AT_ONCE ? count - start : AT_ONCE;
    int64_t too_large = ph_numbers_from_floats(numbers, data + start, type, now);
    if (too_large >= 0)
      return ph_fail(e, PH_MISUSE, "cannot write '%s': tensor '%s' has %g, which is too large for %s", path,
                     ph_name_print(t->name, text), (double)data[start + too_large],
                     ph_number_type_names[type]);
    ph_status status = ph_atomic_write(file, numbers, (size_t)(now * ph_number_size(type)), e);
    if (status != PH_OK) return status;
  }
  return PH_OK;
}

ph_status ph_safetensors_write(const char *path, const ph_named_tensor *tensors, int count,
                               const ph_metadata *metadata, ph_number_type type, ph_error *e) {
  ph_atomic *file = NULL;
  char *header = NULL;
  ph_status status;
  ph_named_tensor *sorted = ph_alloc_array((size_t)count, sizeof *sorted);
  if (sorted == NULL) return ph_no_memory(e);
  for (int i = 0; i < count; i++) sorted[i] = tensors[i];
  qsort(sorted, (size_t)count, sizeof *sorted, by_name);
  PH_TRY(check_names(sorted, count, path, e));
  header = make_header(sorted, count, metadata, type);
  if (header == NULL) {
    status = ph_no_memory(e);
    goto done;
  }
  PH_TRY(ph_atomic_begin(path, &file, e));
  PH_TRY(write_header(file, header, e));
  for (int i = 0; i < count; i++) PH_TRY(write_tensor(file, &sorted[i], type, path, e));
  status = ph_atomic_commit(file, e);
  file = NULL;
done:
  ph_atomic_abandon(file);
  cJSON_free(header);
  ph_free(sorted);
  return status;
}
