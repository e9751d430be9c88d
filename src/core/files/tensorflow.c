/* SPDX-License-Identifier: MIT */
/* The numbers of TensorFlow's tensors: their type, where they are stored, and whether that agrees with the
   shape. The message TensorProto in tensor.proto says which list of the message holds which type. */
#include "tensorflow.h"

#include <inttypes.h>
#include <string.h>

#include "base/memory.h"
#include "base/numbers.h"

/* What is longer and whole is neither a shape nor an index of a network that we run. It may be weights of few
   bits, which float32 holds. */
enum { MOST_INTEGERS = 1 << 16, MOST_DIMENSIONS = 64 };

typedef enum kind { OTHER, FLOATS, SIGNED, UNSIGNED } kind;

/* DataType in types.proto, by its number. */
static const struct number_type {
  const char *name;
  kind kind;
  int size;
  ph_number_type float_type;
} types[] = {
    [1] = {"float32", FLOATS, 4, PH_FLOAT32},
    [2] = {"float64", FLOATS, 8, PH_FLOAT64},
    [3] = {"int32", SIGNED, 4, 0},
    [4] = {"uint8", UNSIGNED, 1, 0},
    [5] = {"int16", SIGNED, 2, 0},
    [6] = {"int8", SIGNED, 1, 0},
    [7] = {"string", OTHER, 0, 0},
    [9] = {"int64", SIGNED, 8, 0},
    [10] = {"bool", UNSIGNED, 1, 0},
    [11] = {"qint8", SIGNED, 1, 0},
    [12] = {"quint8", UNSIGNED, 1, 0},
    [13] = {"qint32", SIGNED, 4, 0},
    [14] = {"bfloat16", FLOATS, 2, PH_BFLOAT16},
    [17] = {"uint16", UNSIGNED, 2, 0},
    [19] = {"float16", FLOATS, 2, PH_FLOAT16},
};

static const struct number_type *type_of(const Tensorflow__Tensor *message) {
  static const struct number_type unknown = {"unknown", OTHER, 0, 0};
  size_t i = message->has_dtype ? (size_t)message->dtype : 0;
  return i < sizeof types / sizeof *types && types[i].name != NULL ? &types[i] : &unknown;
}

/* ---- where numbers are ---- */

/* The list of the message for a type, and how many numbers it has. */
static size_t listed(const Tensorflow__Tensor *message, const void **list) {
  const struct number_type *type = type_of(message);
  if (type->kind == FLOATS && type->size == 4) {
    *list = message->float_val;
    return message->n_float_val;
  }
  if (type->kind == FLOATS && type->size == 8) {
    *list = message->double_val;
    return message->n_double_val;
  }
  if (type->kind == FLOATS) {
    *list = message->half_val;
    return message->n_half_val;
  }
  if (type->size == 8) {
    *list = message->int64_val;
    return message->n_int64_val;
  }
  *list = message->dtype == 10 ? (const void *)message->bool_val : message->int_val;
  return message->dtype == 10 ? message->n_bool_val : message->n_int_val;
}

static float float_in_list(const struct number_type *type, const void *list, size_t i) {
  float value;
  if (type->size == 4) return ((const float *)list)[i];
  if (type->size == 8) return (float)((const double *)list)[i];
  uint16_t bits = (uint16_t)((const int32_t *)list)[i];
  ph_numbers_to_floats(&value, &bits, type->float_type, 1);
  return value;
}

static int64_t integer_in_list(const Tensorflow__Tensor *message, const void *list, size_t i) {
  if (message->dtype == 10) return ((const protobuf_c_boolean *)list)[i] != 0;
  return type_of(message)->size == 8 ? ((const int64_t *)list)[i] : ((const int32_t *)list)[i];
}

int64_t ph_tensorflow_integer(const Tensorflow__Tensor *message, int64_t i) {
  const struct number_type *type = type_of(message);
  const void *list;
  if (!message->has_tensor_content) {
    listed(message, &list);
    return integer_in_list(message, list, (size_t)i);
  }
  return ph_whole_number(message->tensor_content.data + i * type->size, type->size, type->kind == SIGNED);
}

static void drop_floats(ph_protobuf *file, Tensorflow__Tensor *message) {
  ph_protobuf_drop(file, message->tensor_content.data);
  ph_protobuf_drop(file, message->float_val);
  ph_protobuf_drop(file, message->double_val);
  message->tensor_content = (ProtobufCBinaryData){0};
  message->float_val = NULL;
  message->double_val = NULL;
  message->n_float_val = message->n_double_val = 0;
}

/* ---- shapes ---- */

/* The number of elements; a tensor without any is fine here. */
static ph_status count_elements(ph_protobuf *file, const Tensorflow__Shape *shape, int64_t *count,
                                ph_error *e) {
  const int64_t most = INT64_C(1) << 44;
  size_t rank = shape != NULL ? shape->n_dim : 0;
  *count = 1;
  if (rank > MOST_DIMENSIONS)
    return ph_fail(e, PH_FAILURE, "'%s': a tensor has %zu dimensions", ph_protobuf_path(file), rank);
  for (size_t i = 0; i < rank; i++) {
    int64_t dim = shape->dim[i]->has_size ? shape->dim[i]->size : 0;
    if (dim < 0)
      return ph_fail(e, PH_FAILURE, "'%s': a tensor has a dimension of %" PRId64, ph_protobuf_path(file),
                     dim);
    if (*count > 0 && dim > most / *count)
      return ph_fail(e, PH_FAILURE, "'%s': the shape of a tensor is too large", ph_protobuf_path(file));
    *count *= dim;
  }
  return PH_OK;
}

static ph_shape shape_of(const Tensorflow__Shape *message) {
  ph_shape shape = {0};
  for (size_t i = 0; message != NULL && i < message->n_dim; i++)
    shape.dim[shape.rank++] = message->dim[i]->size;
  return shape;
}

/* ---- tensors ---- */

/* Whether numbers are read as float32: those that are, and long lists of whole ones that it can hold. */
static bool as_floats(const struct number_type *type, int64_t count) {
  return type->kind == FLOATS || (count > MOST_INTEGERS && type->size <= 2);
}

/* Why a tensor's numbers are not read, or NULL. */
static const char *problem_of(const Tensorflow__Tensor *message, int64_t count, size_t given) {
  const struct number_type *type = type_of(message);
  if (type->kind == OTHER) return "its type cannot be read";
  if (count == 0) return "it is empty";
  if (message->tensor_shape != NULL && message->tensor_shape->n_dim > PH_MAX_RANK)
    return "it has more dimensions than a layer may have";
  if (!as_floats(type, count) && count > MOST_INTEGERS)
    return "it holds more whole numbers than a shape or index has";
  if (!message->has_tensor_content && given > 1 && (uint64_t)given < (uint64_t)count)
    return "the last of its numbers stands for several elements";
  return NULL;
}

static ph_status expect_size(ph_protobuf *file, const Tensorflow__Tensor *message, int64_t count,
                             size_t given, ph_error *e) {
  int64_t bytes = count * type_of(message)->size;
  if (message->has_tensor_content && message->tensor_content.len != (uint64_t)bytes)
    return ph_fail(e, PH_FAILURE, "'%s': a tensor takes %" PRId64 " bytes, not %zu", ph_protobuf_path(file),
                   bytes, message->tensor_content.len);
  if (!message->has_tensor_content && given > (uint64_t)count)
    return ph_fail(e, PH_FAILURE, "'%s': a tensor of %" PRId64 " elements has %zu numbers",
                   ph_protobuf_path(file), count, given);
  return PH_OK;
}

static ph_status read_floats(const Tensorflow__Tensor *message, ph_tensor **tensor, ph_error *e) {
  const struct number_type *type = type_of(message);
  const void *list;
  ph_status status = ph_tensor_new(shape_of(message->tensor_shape), tensor, e);
  if (status != PH_OK) return status;
  float *out = ph_tensor_data(*tensor);
  int64_t count = ph_tensor_count(*tensor);
  if (type->kind != FLOATS) {
    for (int64_t i = 0; i < count; i++) out[i] = (float)ph_tensorflow_integer(message, i);
    return PH_OK;
  }
  if (message->has_tensor_content) {
    ph_numbers_to_floats(out, message->tensor_content.data, type->float_type, count);
    return PH_OK;
  }
  listed(message, &list);
  for (int64_t i = 0; i < count; i++) out[i] = float_in_list(type, list, (size_t)i);
  return PH_OK;
}

ph_status ph_tensorflow_tensor_read(ph_protobuf *file, Tensorflow__Tensor *message,
                                    ph_tensorflow_tensor *tensor, ph_error *e) {
  const struct number_type *type = type_of(message);
  const void *list;
  size_t given = listed(message, &list);
  int64_t count;
  ph_status status = count_elements(file, message->tensor_shape, &count, e);
  *tensor = (ph_tensorflow_tensor){.type = type->name, .kind = PH_TENSORFLOW_PROBLEM};
  if (status != PH_OK) return status;
  tensor->count = count;
  tensor->problem = problem_of(message, count, given);
  if (tensor->problem != NULL) return PH_OK;
  PH_TRY(expect_size(file, message, count, given, e));
  if (!message->has_tensor_content && given <= 1 && (count > 1 || given == 0)) {
    tensor->kind = PH_TENSORFLOW_FILL;
    if (given == 1)
      tensor->fill = type->kind == FLOATS ? (double)float_in_list(type, list, 0)
                                          : (double)integer_in_list(message, list, 0);
  } else if (as_floats(type, count)) {
    tensor->kind = PH_TENSORFLOW_FLOATS;
    PH_TRY(read_floats(message, &tensor->floats, e));
    drop_floats(file, message);
  } else {
    tensor->kind = PH_TENSORFLOW_INTEGERS;
  }
done:
  return status;
}
