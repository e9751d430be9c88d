/* SPDX-License-Identifier: MIT */
/* Pixels: the values are the raw picture itself, which optimisation fills with high frequencies. */
#include "picture/parameterisation.h"

typedef struct pixels_config {
  ph_picture_settings picture;
} pixels_config;

static const ph_field fields[] = {PH_PICTURE_FIELDS(pixels_config, 0.01, 1), {.key = NULL}};

static ph_shape shape(const void *config) {
  const ph_picture_settings *picture = &((const pixels_config *)config)->picture;
  return ph_shape4(picture->batch, picture->channels, picture->height, picture->width);
}

const ph_parameterisation_kind ph_parameterisation_pixels = {
    .name = "pixels",
    .summary = "one value for every channel of every pixel",
    .fields = fields,
    .linear = true,
    .config_size = sizeof(pixels_config),
    .shape = shape,
};
