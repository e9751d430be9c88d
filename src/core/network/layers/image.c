/* SPDX-License-Identifier: MIT */
/* image: the source of every network, the picture as the transforms left it. It computes nothing: whoever
   runs the network puts the picture where this layer's output is, and takes the gradient from there. */
#include "network/layer.h"

typedef struct image_config {
  int64_t channels;
} image_config;

static const ph_field fields[] = {{"channels", PH_INTEGER, offsetof(image_config, channels), 3, 1, 65536,
                                   NULL, "colour channels of the picture"},
                                  {0}};

static ph_status shape(const ph_layer *layer, const ph_shape *inputs, ph_shape *output, ph_error *e) {
  const image_config *config = layer->config;
  ph_status status = ph_layer_expect_rank(layer, inputs[0], 4, e);
  if (status == PH_OK) *output = ph_shape4(1, config->channels, inputs[0].dim[2], inputs[0].dim[3]);
  return status;
}

static void nothing(const ph_layer *layer, const ph_pass *pass) {
  (void)layer;
  (void)pass;
}

const ph_layer_type ph_layer_image = {
    .name = "image",
    .text = "The picture itself.",
    .source = true,
    .fields = fields,
    .config_size = sizeof(image_config),
    .shape = shape,
    .meaning = ph_meaning_map,
    .forward = nothing,
    .backward = nothing,
};
