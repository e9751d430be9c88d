/* The register of layer types, and the checks that their shape functions share. What a type computes is its
   own file's business. */
#include "layer.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const ph_layer_type *const types[] = {
    &ph_layer_image,       &ph_layer_preprocess,
    &ph_layer_convolution, &ph_layer_dense,
    &ph_layer_max_pool,    &ph_layer_average_pool,
    &ph_layer_batch_norm,  &ph_layer_global_average_pool,
    &ph_layer_relu,        &ph_layer_local_response_norm,
    &ph_layer_softmax,     &ph_layer_concat,
    &ph_layer_sum,         &ph_layer_product,
    &ph_layer_dropout,
};
enum { TYPES = sizeof types / sizeof *types };

const ph_layer_type *ph_layer_type_at(int i) { return i >= 0 && i < TYPES ? types[i] : NULL; }

const ph_layer_type *ph_layer_type_find(const char *name) {
  for (int i = 0; i < TYPES; i++)
    if (strcmp(types[i]->name, name) == 0) return types[i];
  return NULL;
}

ph_status ph_layer_fail(const ph_layer *layer, ph_error *e, const char *format, ...) {
  char what[400];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(what, sizeof what, format, arguments);
  va_end(arguments);
  return ph_fail(e, PH_MISUSE, "%s '%s': %s", layer->type->name, layer->name, what);
}

ph_status ph_layer_expect_rank(const ph_layer *layer, ph_shape shape, int rank, ph_error *e) {
  char text[PH_SHAPE_TEXT];
  if (shape.rank == rank) return PH_OK;
  return ph_layer_fail(layer, e, "expected an input of %d dimensions, got %d (%s)", rank, shape.rank,
                       ph_shape_print(shape, text));
}

ph_status ph_layer_expect_channels(const ph_layer *layer, ph_shape shape, ph_error *e) {
  char text[PH_SHAPE_TEXT];
  if (shape.rank == 2 || shape.rank == 4) return PH_OK;
  return ph_layer_fail(layer, e, "expected an input of 2 or 4 dimensions, got %d (%s)", shape.rank,
                       ph_shape_print(shape, text));
}

ph_status ph_layer_expect_parameter(const ph_layer *layer, int index, ph_shape shape, ph_error *e) {
  char expected[PH_SHAPE_TEXT], got[PH_SHAPE_TEXT];
  const ph_tensor *parameter = layer->parameter[index];
  if (parameter == NULL || ph_shape_equal(ph_tensor_shape(parameter), shape)) return PH_OK;
  return ph_layer_fail(layer, e, "%s: expected shape %s, got %s", layer->type->parameters[index],
                       ph_shape_print(shape, expected), ph_shape_print(ph_tensor_shape(parameter), got));
}

ph_status ph_layer_same_shape(const ph_layer *layer, const ph_shape *inputs, ph_shape *output, ph_error *e) {
  char first[PH_SHAPE_TEXT], other[PH_SHAPE_TEXT];
  for (int i = 1; i < layer->inputs; i++)
    if (!ph_shape_equal(inputs[i], inputs[0]))
      return ph_layer_fail(layer, e, "inputs must have one shape; input 0 is %s, input %d is %s",
                           ph_shape_print(inputs[0], first), i, ph_shape_print(inputs[i], other));
  *output = inputs[0];
  return PH_OK;
}

int64_t ph_plane(ph_shape shape) { return shape.rank == 4 ? shape.dim[2] * shape.dim[3] : 1; }
