/* SPDX-License-Identifier: MIT */
/* The numbers of ONNX tensors: their type, where they are stored, and whether that agrees with the shape. The
   message TensorProto in onnx.proto says which list of the message holds which type. */
#include "onnx.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/numbers.h"
#include "base/utf8.h"
#include "file.h"

/* What is longer and whole is neither a shape nor an index of a network that we run. */
enum { MOST_INTEGERS = 1 << 16, MOST_DIMENSIONS = 64 };

typedef enum kind { OTHER, FLOATS, SIGNED, UNSIGNED } kind;

/* TensorProto.DataType, in its order. */
static const struct number_type {
  const char *name;
  kind kind;
  int size;
  ph_number_type float_type;
} types[] = {
    {"unknown", OTHER, 0, 0},
    {"float32", FLOATS, 4, PH_FLOAT32},
    {"uint8", UNSIGNED, 1, 0},
    {"int8", SIGNED, 1, 0},
    {"uint16", UNSIGNED, 2, 0},
    {"int16", SIGNED, 2, 0},
    {"int32", SIGNED, 4, 0},
    {"int64", SIGNED, 8, 0},
    {"string", OTHER, 0, 0},
    {"bool", UNSIGNED, 1, 0},
    {"float16", FLOATS, 2, PH_FLOAT16},
    {"float64", FLOATS, 8, PH_FLOAT64},
    {"uint32", UNSIGNED, 4, 0},
    {"uint64", UNSIGNED, 8, 0},
    {"complex64", OTHER, 0, 0},
    {"complex128", OTHER, 0, 0},
    {"bfloat16", FLOATS, 2, PH_BFLOAT16},
};

static const struct number_type *type_of(const Onnx__Tensor *message) {
  size_t i = message->has_data_type ? (size_t)message->data_type : 0;
  return i < sizeof types / sizeof *types ? &types[i] : &types[0];
}

/* ---- messages ---- */

enum { WHAT_TEXT = 300 };

/* "'model.onnx': tensor 'conv.weight'" */
static const char *what(ph_protobuf *file, const Onnx__Tensor *message, char text[WHAT_TEXT]) {
  char name[PH_NAME_TEXT];
  if (message->name == NULL || message->name[0] == '\0')
    snprintf(text, WHAT_TEXT, "'%.160s': a tensor", ph_protobuf_path(file));
  else
    snprintf(text, WHAT_TEXT, "'%.160s': tensor '%s'", ph_protobuf_path(file),
             ph_name_print(message->name, name));
  return text;
}

/* ---- shapes ---- */

/* The number of elements; ranks beyond ours and empty tensors are fine here. */
static ph_status count_elements(ph_protobuf *file, const Onnx__Tensor *message, int64_t *count, ph_error *e) {
  const int64_t most = INT64_C(1) << 44;
  char text[WHAT_TEXT];
  *count = 1;
  if (message->n_dims > MOST_DIMENSIONS)
    return ph_fail(e, PH_FAILURE, "%s has %zu dimensions", what(file, message, text), message->n_dims);
  for (size_t i = 0; i < message->n_dims; i++) {
    int64_t dim = message->dims[i];
    if (dim < 0)
      return ph_fail(e, PH_FAILURE, "%s has a dimension of %" PRId64, what(file, message, text), dim);
    if (*count > 0 && dim > most / *count)
      return ph_fail(e, PH_FAILURE, "%s: its shape is too large", what(file, message, text));
    *count *= dim;
  }
  return PH_OK;
}

/* ---- where numbers are ---- */

/* Numbers end to end, as raw_data has them, in memory or in a mapped file, which whoever reads them releases.
 */
typedef struct numbers {
  const unsigned char *data;
  ph_mapping *mapping; /* NULL: in the message */
} numbers;

/* Whether the path stays in the folder that it is relative to. */
static bool is_inside(const char *path) {
  if (path[0] == '\0' || path[0] == '/') return false;
  for (const char *part = path; part != NULL; part = strchr(part, '/')) {
    if (*part == '/') part++;
    size_t length = strcspn(part, "/");
    if (length == 2 && strncmp(part, "..", 2) == 0) return false;
  }
  return true;
}

/* Whether the file, by its real path, lies in a folder or below it, of which `length` characters are given.
 */
static bool lies_below(const char *real, const char *folder, size_t length) {
  return folder != NULL && strncmp(real, folder, length) == 0 && (real[length] == '/' || length == 1);
}

/* Whether links lead out of the model's folder. Where the model is a link itself, as in the caches of those
   who download it, its numbers may be beside either name. */
static bool is_linked_elsewhere(const char *path, const char *model, const char *folder) {
  char *real = realpath(path, NULL), *real_model = realpath(model, NULL),
       *real_folder = realpath(folder, NULL);
  const bool is_elsewhere =
      real != NULL && !lies_below(real, real_folder, real_folder != NULL ? strlen(real_folder) : 0) &&
      !lies_below(real, real_model, real_model != NULL ? (size_t)(strrchr(real_model, '/') - real_model) : 0);
  free(real);
  free(real_model);
  free(real_folder);
  return is_elsewhere;
}

static bool parse_number(const char *text, int64_t *number) {
  *number = 0;
  if (*text == '\0' || strlen(text) > 18) return false;
  for (; *text != '\0'; text++) {
    if (*text < '0' || *text > '9') return false;
    *number = *number * 10 + (*text - '0');
  }
  return true;
}

static const char *external_entry(const Onnx__Tensor *message, const char *key) {
  for (size_t i = 0; i < message->n_external_data; i++) {
    const Onnx__Entry *entry = message->external_data[i];
    if (entry->key != NULL && strcmp(entry->key, key) == 0) return entry->value;
  }
  return NULL;
}

/* Maps the file beside the model that a tensor's numbers are in. */
static ph_status open_external(ph_protobuf *file, const Onnx__Tensor *message, ph_mapping **mapping,
                               ph_error *e) {
  char text[WHAT_TEXT], name[PH_NAME_TEXT];
  ph_error why;
  const char *location = external_entry(message, "location"), *model = ph_protobuf_path(file);
  if (location == NULL || !is_inside(location))
    return ph_fail(e, PH_FAILURE, "%s is in '%s', which is not a file in the model's folder",
                   what(file, message, text), ph_name_print(location != NULL ? location : "", name));
  const char *slash = strrchr(model, '/');
  size_t folder = slash != NULL ? (size_t)(slash + 1 - model) : 0, length = strlen(location);
  char *path = ph_alloc(folder + length + 2); /* "." where there is no folder */
  if (path == NULL) return ph_no_memory(e);
  memcpy(path, model, folder);
  path[folder] = '.';
  path[folder + 1] = '\0';
  char *beside = ph_copy_string(path);
  memcpy(path + folder, location, length + 1);
  ph_status status = ph_no_memory(&why);
  if (beside != NULL && is_linked_elsewhere(path, model, beside))
    status =
        ph_fail(&why, PH_FAILURE, "'%s' is a link out of the model's folder", ph_name_print(location, name));
  else if (beside != NULL)
    status = ph_mapping_open(path, mapping, &why);
  ph_free(beside);
  ph_free(path);
  if (status == PH_NO_MEMORY) return ph_no_memory(e);
  if (status != PH_OK) return ph_fail(e, PH_FAILURE, "%s: %s", what(file, message, text), why.message);
  return PH_OK;
}

static ph_status find_external(ph_protobuf *file, const Onnx__Tensor *message, int64_t bytes, numbers *found,
                               ph_error *e) {
  char text[WHAT_TEXT];
  int64_t offset = 0, length = bytes;
  const char *offset_text = external_entry(message, "offset"),
             *length_text = external_entry(message, "length");
  if ((offset_text != NULL && !parse_number(offset_text, &offset)) ||
      (length_text != NULL && !parse_number(length_text, &length)))
    return ph_fail(e, PH_FAILURE, "%s: its place in another file is not given in whole numbers",
                   what(file, message, text));
  if (length != bytes)
    return ph_fail(e, PH_FAILURE, "%s takes %" PRId64 " bytes, not %" PRId64, what(file, message, text),
                   bytes, length);
  ph_status status = open_external(file, message, &found->mapping, e);
  if (status != PH_OK) return status;
  int64_t size = (int64_t)ph_mapping_size(found->mapping);
  if (offset > size || bytes > size - offset)
    return ph_fail(e, PH_FAILURE, "%s claims %" PRId64 " bytes from byte %" PRId64 " of a file of %" PRId64,
                   what(file, message, text), bytes, offset, size);
  found->data = ph_mapping_data(found->mapping) + offset;
  return PH_OK;
}

static ph_status expect_count(ph_protobuf *file, const Onnx__Tensor *message, int64_t expected, size_t count,
                              const char *unit, ph_error *e) {
  char text[WHAT_TEXT];
  if ((uint64_t)expected == count) return PH_OK;
  return ph_fail(e, PH_FAILURE, "%s takes %" PRId64 " %s, not %zu", what(file, message, text), expected, unit,
                 count);
}

/* Where the numbers are end to end; data stays NULL where they are in one of the message's lists instead. */
static ph_status find_numbers(ph_protobuf *file, const Onnx__Tensor *message, int64_t count, numbers *found,
                              ph_error *e) {
  int64_t bytes = count * type_of(message)->size;
  *found = (numbers){0};
  if (message->has_data_location && message->data_location == 1)
    return find_external(file, message, bytes, found, e);
  if (!message->has_raw_data) return PH_OK;
  found->data = message->raw_data.data;
  return expect_count(file, message, bytes, message->raw_data.len, "bytes", e);
}

/* ---- floats ---- */

static ph_status listed_floats(ph_protobuf *file, const Onnx__Tensor *message, ph_number_type type,
                               float *out, int64_t count, ph_error *e) {
  ph_status status;
  if (type == PH_FLOAT32) {
    status = expect_count(file, message, count, message->n_float_data, "numbers", e);
    if (status == PH_OK) ph_numbers_to_floats(out, message->float_data, type, count);
  } else if (type == PH_FLOAT64) {
    status = expect_count(file, message, count, message->n_double_data, "numbers", e);
    if (status == PH_OK) ph_numbers_to_floats(out, message->double_data, type, count);
  } else {
    status = expect_count(file, message, count, message->n_int32_data, "numbers", e);
    for (int64_t i = 0; status == PH_OK && i < count; i++) {
      uint16_t bits = (uint16_t)message->int32_data[i];
      ph_numbers_to_floats(&out[i], &bits, type, 1);
    }
  }
  return status;
}

/* float32 is used as it lies there: large ones in the message, and those in another file where the address
 * allows. */
static ph_status read_floats(ph_protobuf *file, Onnx__Tensor *message, ph_shape shape, numbers *from,
                             ph_tensor **tensor, ph_error *e) {
  ph_number_type type = type_of(message)->float_type;
  unsigned char *data = (unsigned char *)(uintptr_t)from->data;
  ph_tensor *made = NULL;
  if (from->mapping == NULL && data != NULL && type == PH_FLOAT32 && ph_protobuf_take(file, data)) {
    message->raw_data = (ProtobufCBinaryData){0};
    return ph_tensor_borrow(shape, (float *)(void *)data, ph_protobuf_give_back, data, tensor, e);
  }
  ph_status status = ph_tensor_new(shape, &made, e);
  if (status != PH_OK) return status;
  if (data != NULL)
    ph_numbers_to_floats(ph_tensor_data(made), data, type, ph_tensor_count(made));
  else
    status = listed_floats(file, message, type, ph_tensor_data(made), ph_tensor_count(made), e);
  if (status != PH_OK) {
    ph_tensor_release(made);
    return status;
  }
  *tensor = made;
  return PH_OK;
}

/* ---- whole numbers ---- */

static int64_t integer_at(const unsigned char *data, const struct number_type *type, int64_t i) {
  return ph_whole_number(data + i * type->size, type->size, type->kind == SIGNED);
}

static ph_status read_integers(ph_protobuf *file, const Onnx__Tensor *message, int64_t count,
                               const numbers *from, int64_t **integers, ph_error *e) {
  const struct number_type *type = type_of(message);
  ph_status status = PH_OK;
  int64_t *list = ph_alloc_array((size_t)count, sizeof *list);
  if (list == NULL) return ph_no_memory(e);
  if (from->data != NULL) {
    for (int64_t i = 0; i < count; i++) list[i] = integer_at(from->data, type, i);
  } else if (type->kind == SIGNED && type->size == 8) {
    PH_TRY(expect_count(file, message, count, message->n_int64_data, "numbers", e));
    memcpy(list, message->int64_data, (size_t)count * sizeof *list);
  } else if (type->kind == UNSIGNED && type->size >= 4) {
    PH_TRY(expect_count(file, message, count, message->n_uint64_data, "numbers", e));
    for (int64_t i = 0; i < count; i++) list[i] = (int64_t)message->uint64_data[i];
  } else {
    PH_TRY(expect_count(file, message, count, message->n_int32_data, "numbers", e));
    for (int64_t i = 0; i < count; i++) list[i] = message->int32_data[i];
  }
  *integers = list;
  return PH_OK;
done:
  ph_free(list);
  return status;
}

/* More of them than a shape has, which are quantised weights: as float32, which holds all of one or two bytes
   as they are. */
static ph_status read_wide(ph_protobuf *file, const Onnx__Tensor *message, ph_shape shape,
                           const numbers *from, ph_tensor **tensor, ph_error *e) {
  const struct number_type *type = type_of(message);
  const int64_t count = ph_shape_count(shape);
  ph_status status = ph_tensor_new(shape, tensor, e);
  if (status != PH_OK) return status;
  if (from->data == NULL) status = expect_count(file, message, count, message->n_int32_data, "numbers", e);
  for (int64_t i = 0; i < count && status == PH_OK; i++)
    ph_tensor_data(*tensor)[i] =
        (float)(from->data != NULL ? integer_at(from->data, type, i) : message->int32_data[i]);
  if (status != PH_OK) {
    ph_tensor_release(*tensor);
    *tensor = NULL;
  }
  return status;
}

/* ---- tensors ---- */

static void drop_numbers(ph_protobuf *file, Onnx__Tensor *message) {
  void *const lists[] = {message->raw_data.data, message->float_data, message->double_data,
                         message->int32_data,    message->int64_data, message->uint64_data};
  for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) ph_protobuf_drop(file, lists[i]);
  message->raw_data = (ProtobufCBinaryData){0};
  message->float_data = NULL;
  message->double_data = NULL;
  message->int32_data = NULL;
  message->int64_data = NULL;
  message->uint64_data = NULL;
  message->n_float_data = message->n_double_data = message->n_int32_data = 0;
  message->n_int64_data = message->n_uint64_data = 0;
}

/* Whether so many numbers of a type become float32. */
static bool is_tensor(const struct number_type *type, int64_t count) {
  return type->kind == FLOATS || (count > MOST_INTEGERS && type->size <= 2);
}

/* Why a tensor's numbers are not read, or NULL. */
static const char *problem_of(const Onnx__Tensor *message, int64_t count) {
  const struct number_type *type = type_of(message);
  if (type->kind == OTHER) return "its type cannot be read";
  if (is_tensor(type, count) && message->n_dims > PH_MAX_RANK)
    return "it has more dimensions than a layer may have";
  if (!is_tensor(type, count) && count > MOST_INTEGERS)
    return "it holds more whole numbers than a shape or index has";
  return NULL;
}

ph_status ph_onnx_tensor_read(ph_protobuf *file, Onnx__Tensor *message, ph_onnx_tensor *tensor, ph_error *e) {
  const struct number_type *type = type_of(message);
  numbers from = {0};
  int64_t count;
  ph_status status = count_elements(file, message, &count, e);
  *tensor = (ph_onnx_tensor){.type = type->name, .is_float = type->kind == FLOATS};
  if (status != PH_OK) return status;
  tensor->count = count;
  tensor->problem = problem_of(message, count);
  if (tensor->problem != NULL) {
    drop_numbers(file, message);
    return PH_OK;
  }
  PH_TRY(find_numbers(file, message, count, &from, e));
  if (count == 0) {
    ;
  } else if (is_tensor(type, count)) {
    ph_shape shape = ph_shape_of((int)message->n_dims, message->dims);
    PH_TRY(type->kind == FLOATS ? read_floats(file, message, shape, &from, &tensor->floats, e)
                                : read_wide(file, message, shape, &from, &tensor->floats, e));
  } else {
    PH_TRY(read_integers(file, message, count, &from, &tensor->integers, e));
  }
  drop_numbers(file, message);
done:
  ph_mapping_release(from.mapping);
  return status;
}

void ph_onnx_tensor_clear(ph_onnx_tensor *tensor) {
  ph_tensor_release(tensor->floats);
  ph_free(tensor->integers);
  *tensor = (ph_onnx_tensor){0};
}
