/* SPDX-License-Identifier: MIT */
/* range: numbers that are evenly spaced, as an input for other layers. Where they follow from the picture's
   size (network.h), they are positions along an axis, or a single number such as a length. */
#include "axes.h"

typedef struct range_config {
  double start, step;
  int64_t count;
} range_config;

#define GREATEST 3.4e38

static const ph_field fields[] = {
    {"start", PH_REAL, offsetof(range_config, start), 0, -GREATEST, GREATEST, NULL, "the first number"},
    {"step", PH_REAL, offsetof(range_config, step), 1, -GREATEST, GREATEST, NULL, "from number to number"},
    {"count", PH_INTEGER, offsetof(range_config, count), 1, 1, PH_MOST_LENGTH, NULL, "how many there are"},
    {0}};

static ph_status shape(const ph_layer *layer, const ph_shape *inputs, ph_shape *output, ph_error *e) {
  (void)inputs;
  (void)e;
  *output = ph_shape_of(1, &((const range_config *)layer->config)->count);
  return PH_OK;
}

static void forward(const ph_layer *layer, const ph_pass *pass) {
  const range_config *config = layer->config;
  for (int64_t i = 0; i < config->count; i++)
    pass->output.data[i] = (float)(config->start + (double)i * config->step);
}

/* Its numbers are not a picture's doing. */
static void backward(const ph_layer *layer, const ph_pass *pass) {
  (void)layer;
  (void)pass;
}

const ph_layer_type ph_layer_range = {
    .name = "range",
    .text = "Numbers that are evenly spaced, without inputs. They have no gradient.",
    .fields = fields,
    .config_size = sizeof(range_config),
    .shape = shape,
    .forward = forward,
    .backward = backward,
};
