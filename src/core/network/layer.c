/* SPDX-License-Identifier: MIT */
/* The table of layer types, and the checks that their shape functions share. Each type's own file defines
   what it computes. */
#include "layer.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *const ph_relu_mode_names[] = {[PH_RELU_PLAIN] = "plain",
                                          [PH_RELU_REDIRECTED] = "redirected",
                                          [PH_RELU_GUIDED] = "guided",
                                          [PH_RELU_DECONVNET] = "deconvnet",
                                          [PH_RELU_OPEN] = "open",
                                          [PH_RELU_LEAKY] = "leaky",
                                          NULL};

const char *const ph_pool_mode_names[] = {
    [PH_POOL_PLAIN] = "plain", [PH_POOL_SMOOTH] = "smooth", [PH_POOL_SMOOTH_L2] = "smooth_l2", NULL};

#define ROW(name) &ph_layer_##name,
static const ph_layer_type *const types[] = {PH_LAYER_TYPES(ROW)};
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
  if (shape.rank >= 2) return PH_OK;
  return ph_layer_fail(layer, e, "expected an input of 2 dimensions or more, got %d (%s)", shape.rank,
                       ph_shape_print(shape, text));
}

ph_status ph_layer_expect_parameter(const ph_layer *layer, int index, ph_shape shape, ph_error *e) {
  char expected[PH_SHAPE_TEXT], got[PH_SHAPE_TEXT];
  const ph_tensor *parameter = layer->parameter[index];
  if (parameter == NULL || ph_shape_equal(ph_tensor_shape(parameter), shape)) return PH_OK;
  return ph_layer_fail(layer, e, "%s: expected shape %s, got %s", layer->type->parameters[index].name,
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

int64_t ph_plane(ph_shape shape) {
  int64_t count = 1;
  for (int d = 2; d < shape.rank; d++) count *= shape.dim[d];
  return count;
}

void ph_pass_images(const ph_layer *layer, const ph_pass *pass,
                    void (*run)(const ph_layer *layer, const ph_pass *image)) {
  ph_array input = pass->input[0];
  int64_t images = input.shape.dim[0];
  if (images == 1) {
    run(layer, pass);
    return;
  }
  ph_pass image = *pass;
  int64_t apart = ph_shape_count(input.shape) / images, out = ph_shape_count(pass->output.shape) / images;
  input.shape.dim[0] = image.output.shape.dim[0] = 1;
  image.input = &input;
  float *gradient = pass->input_gradient == NULL ? NULL : pass->input_gradient[0];
  image.input_gradient = &gradient;
  for (int64_t n = 0; n < images; n++) {
    run(layer, &image);
    input.data += apart;
    image.output.data += out;
    if (image.output_gradient != NULL) image.output_gradient += out;
    if (gradient != NULL) gradient += apart;
  }
}
