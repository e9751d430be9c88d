/* concat: the inputs' channels, one input after the other. With n = 1 each input is one run of memory. */
#include "../layer.h"

#include <string.h>

static const ph_field fields[] = {{0}};

static ph_status shape(const ph_layer *layer, const ph_shape *inputs, ph_shape *output, ph_error *e) {
  char first[PH_SHAPE_TEXT], other[PH_SHAPE_TEXT];
  int64_t channels = 0;
  ph_status status;
  PH_TRY(ph_layer_expect_channels(layer, inputs[0], e));
  for (int i = 0; i < layer->inputs; i++) {
    ph_shape like = inputs[0];
    like.dim[1] = inputs[i].dim[1];
    if (!ph_shape_equal(inputs[i], like))
      return ph_layer_fail(layer, e, "inputs must differ in channels only; input 0 is %s, input %d is %s",
                           ph_shape_print(inputs[0], first), i, ph_shape_print(inputs[i], other));
    channels += inputs[i].dim[1];
  }
  *output = inputs[0];
  output->dim[1] = channels;
fail:
  return status;
}

static void forward(const ph_layer *layer, const ph_pass *pass) {
  float *dst = pass->output.data;
  for (int i = 0; i < layer->inputs; i++) {
    int64_t count = ph_shape_count(pass->input[i].shape);
    memcpy(dst, pass->input[i].data, (size_t)count * sizeof *dst);
    dst += count;
  }
}

static void backward(const ph_layer *layer, const ph_pass *pass) {
  const float *src = pass->output_gradient;
  for (int i = 0; i < layer->inputs; i++) {
    int64_t count = ph_shape_count(pass->input[i].shape);
    float *dst = pass->input_gradient[i];
    for (int64_t j = 0; j < count && dst != NULL; j++) dst[j] += src[j];
    src += count;
  }
}

const ph_layer_type ph_layer_concat = {.name = "concat",
                                       .summary = "the inputs' channels, one input after the other",
                                       .least_inputs = 1,
                                       .most_inputs = PH_MAX_INPUTS,
                                       .fields = fields,
                                       .shape = shape,
                                       .forward = forward,
                                       .backward = backward};
