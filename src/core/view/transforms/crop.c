/* SPDX-License-Identifier: MIT */
/* crop, crop_border and crop_or_pad: a window at the image's centre. Nothing is random here. */
#include <stddef.h>

#include "types.h"

typedef struct size_config {
  int64_t size[2];
} size_config;

static const ph_field size_fields[] = {{"size", PH_PAIR, offsetof(size_config, size), PH_REQUIRED, 1,
                                        PH_MOST_PIXELS, NULL, "height and width of the result"},
                                       {.key = NULL}};

/* Of an odd number of pixels to take away the larger half goes at the bottom and right; so does that of an
   odd number to add, as TensorFlow's resize_image_with_crop_or_pad has it. */
static ph_status centre(ph_map *map, const int64_t output[2], ph_error *e) {
  int64_t offset[2];
  for (int a = 0; a < 2; a++) offset[a] = (map->input[a] - output[a]) / 2;
  return ph_map_window(map, output, offset, PH_EDGE_FILL, 0, e);
}

static ph_status draw_crop(const ph_transform *transform, ph_random *random, ph_drawn *drawn, ph_error *e) {
  const size_config *c = transform->config;
  ph_map *map = &drawn->map;
  (void)random;
  ph_status status = ph_transform_expect_within(transform, map, c->size, e);
  return status == PH_OK ? centre(map, c->size, e) : status;
}

const ph_transform_type ph_transform_crop = {
    .name = "crop",
    .text = "The middle of the picture.",
    .fields = size_fields,
    .config_size = sizeof(size_config),
    .draw = draw_crop,
};

static ph_status draw_crop_or_pad(const ph_transform *transform, ph_random *random, ph_drawn *drawn,
                                  ph_error *e) {
  const size_config *c = transform->config;
  ph_map *map = &drawn->map;
  (void)random;
  return centre(map, c->size, e);
}

const ph_transform_type ph_transform_crop_or_pad = {
    .name = "crop_or_pad",
    .text = "The middle of the picture; where the picture is smaller, black surrounds it.",
    .fields = size_fields,
    .config_size = sizeof(size_config),
    .draw = draw_crop_or_pad,
};

/* ---- crop_border ---- */

typedef struct border_config {
  int64_t width;
} border_config;

static const ph_field border_fields[] = {{"width", PH_INTEGER, offsetof(border_config, width), PH_REQUIRED, 0,
                                          PH_MOST_PIXELS, NULL, "pixels taken off every side"},
                                         {.key = NULL}};

static ph_status draw_crop_border(const ph_transform *transform, ph_random *random, ph_drawn *drawn,
                                  ph_error *e) {
  const border_config *c = transform->config;
  ph_map *map = &drawn->map;
  (void)random;
  int64_t output[2] = {map->input[0] - 2 * c->width, map->input[1] - 2 * c->width};
  ph_status status = ph_transform_expect_within(transform, map, output, e);
  return status == PH_OK ? centre(map, output, e) : status;
}

const ph_transform_type ph_transform_crop_border = {
    .name = "crop_border",
    .text = "The picture without a border of this width: the opposite of `pad`.",
    .fields = border_fields,
    .config_size = sizeof(border_config),
    .draw = draw_crop_border,
};
