/* SPDX-License-Identifier: MIT */
/* pad: a border around the image, so that what follows can move it without losing its edge. */
#include <stddef.h>

#include "types.h"

typedef struct config {
  int64_t width;
  int mode;
  double value;
} config;

/* The first are those of ph_edge. */
enum { RANDOM = PH_EDGE_REPEAT + 1 };
static const char *const modes[] = {"constant", "reflect", "symmetric", "edge", "wrap", "random", NULL};

static const ph_field fields[] = {
    {"width", PH_INTEGER, offsetof(config, width), PH_REQUIRED, 0, PH_MOST_PIXELS, NULL,
     "pixels added on every side"},
    {"mode", PH_CHOICE, offsetof(config, mode), PH_EDGE_FILL, 0, 0, modes,
     "what the border is: constant, the image mirrored at its outermost pixels or at its outline (as "
     "numpy.pad names these), its outermost pixels, the image again, or one random grey in [0, 1) a step"},
    {"value", PH_REAL, offsetof(config, value), 0.5, -1e6, 1e6, NULL, "the border's colour where constant"},
    {.key = NULL}};

static ph_status draw(const ph_transform *transform, ph_random *random, ph_drawn *drawn, ph_error *e) {
  const config *c = transform->config;
  ph_map *map = &drawn->map;
  int64_t output[2], offset[2] = {-c->width, -c->width};
  for (int a = 0; a < 2; a++) output[a] = map->input[a] + 2 * c->width;
  if (c->mode == RANDOM)
    return ph_map_window(map, output, offset, PH_EDGE_FILL, (float)ph_random_uniform(random), e);
  return ph_map_window(map, output, offset, (ph_edge)c->mode, (float)c->value, e);
}

const ph_transform_type ph_transform_pad = {
    .name = "pad",
    .text = "A border on every side, so that what follows can move the picture without losing its edges.",
    .fields = fields,
    .config_size = sizeof(config),
    .draw = draw,
};
