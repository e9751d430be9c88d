/* SPDX-License-Identifier: MIT */
/* constant: a tensor that belongs to the network, as an input for other layers. */
#include "network/layer.h"

#include <string.h>

static const ph_field fields[] = {{0}};
static const ph_parameter parameters[] = {{"value", "of any shape"}, {0}};

/* A number is a list of one. */
static ph_status shape(const ph_layer *layer, const ph_shape *inputs, ph_shape *output, ph_error *e) {
  (void)inputs;
  (void)e;
  *output = ph_tensor_shape(layer->parameter[0]);
  if (output->rank == 0) *output = ph_shape_of(1, (int64_t[]){1});
  return PH_OK;
}

static void forward(const ph_layer *layer, const ph_pass *pass) {
  memcpy(pass->output.data, ph_tensor_read(layer->parameter[0]),
         (size_t)ph_shape_count(pass->output.shape) * sizeof *pass->output.data);
}

/* Its value is not a picture's doing. */
static void backward(const ph_layer *layer, const ph_pass *pass) {
  (void)layer;
  (void)pass;
}

const ph_layer_type ph_layer_constant = {
    .name = "constant",
    .text = "A tensor of the network's own, without inputs. It has no gradient.",
    .constant = true,
    .parameters = parameters,
    .required_parameters = 1,
    .fields = fields,
    .shape = shape,
    .forward = forward,
    .backward = backward,
};
