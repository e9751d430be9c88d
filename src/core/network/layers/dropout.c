/* SPDX-License-Identifier: MIT */
/* dropout: nothing, for a trained network. The layer keeps its place and its name. Networks are trained so
   that nothing is to be rescaled here ("inverted" dropout). */
#include "network/layer.h"

#include <string.h>

typedef struct dropout_config {
  double rate;
} dropout_config;

static const ph_field fields[] = {{"rate", PH_REAL, offsetof(dropout_config, rate), 0.5, 0, 1, NULL,
                                   "as in training; changes nothing here"},
                                  {0}};

static void forward(const ph_layer *layer, const ph_pass *pass) {
  (void)layer;
  memcpy(pass->output.data, pass->input[0].data, (size_t)ph_shape_count(pass->output.shape) * sizeof(float));
}

static void backward(const ph_layer *layer, const ph_pass *pass) {
  (void)layer;
  int64_t count = ph_shape_count(pass->output.shape);
  float *dst = pass->input_gradient[0];
  for (int64_t i = 0; i < count && dst != NULL; i++) dst[i] += pass->output_gradient[i];
}

const ph_layer_type ph_layer_dropout = {
    .name = "dropout",
    .text = "Nothing, once training is over; the layer keeps its place and its name.",
    .least_inputs = 1,
    .most_inputs = 1,
    .reach = PH_REACH_ELEMENT,
    .identity = true,
    .fields = fields,
    .config_size = sizeof(dropout_config),
    .shape = ph_layer_same_shape,
    .forward = forward,
    .backward = backward,
};
