/* SPDX-License-Identifier: MIT */
/* flip: the image mirrored, now and then. */
#include <stddef.h>

#include "types.h"

typedef struct config {
  double probability;
  int axis;
} config;

static const char *const axes[] = {"horizontal", "vertical", NULL};

static const ph_field fields[] = {
    {"probability", PH_REAL, offsetof(config, probability), 0.5, 0, 1, NULL, "how often it happens"},
    {"axis", PH_CHOICE, offsetof(config, axis), 0, 0, 0, axes,
     "left and right change places, or top and bottom"},
    {.key = NULL}};

static ph_status draw(const ph_transform *transform, ph_random *random, ph_drawn *drawn, ph_error *e) {
  const config *c = transform->config;
  ph_map *map = &drawn->map;
  bool happens = ph_random_uniform(random) < c->probability;
  int flipped = c->axis == 0 ? 1 : 0;
  return ph_map_flip(map, happens ? flipped : -1, e);
}

const ph_transform_type ph_transform_flip = {
    .name = "flip",
    .text = "Mirrors the picture at random.",
    .fields = fields,
    .config_size = sizeof(config),
    .draw = draw,
};
