/* pad: a border around the image, so that what follows can move it without losing its edge. */
#include <stddef.h>

#include "types.h"

typedef struct config {
  int64_t width;
  int mode;
  double value;
} config;

enum { CONSTANT, REFLECT, RANDOM };
static const char *const modes[] = {"constant", "reflect", "random", NULL};

static const ph_field fields[] = {
    {"width", PH_INTEGER, offsetof(config, width), PH_REQUIRED, 0, PH_MOST_PIXELS, NULL,
     "pixels added on every side"},
    {"mode", PH_CHOICE, offsetof(config, mode), CONSTANT, 0, 0, modes,
     "what the border is: constant, the image reflected, or one random grey a step"},
    {"value", PH_REAL, offsetof(config, value), 0.5, -1e6, 1e6, NULL, "the border's colour where constant"},
    {.key = NULL}};

static ph_status draw(const ph_transform *transform, ph_random *random, ph_drawn *drawn, ph_error *e) {
  const config *c = transform->config;
  ph_map *map = &drawn->map;
  int64_t output[2], offset[2] = {-c->width, -c->width};
  for (int a = 0; a < 2; a++) output[a] = map->input[a] + 2 * c->width;
  if (c->mode == REFLECT && (c->width >= map->input[0] || c->width >= map->input[1]))
    return ph_transform_fail(transform, e, "an image of %lldx%lld is too small to be reflected that far",
                             (long long)map->input[0], (long long)map->input[1]);
  float fill = (float)(c->mode == RANDOM ? ph_random_uniform(random) : c->value);
  return ph_map_window(map, output, offset, c->mode == REFLECT ? PH_EDGE_MIRROR : PH_EDGE_FILL, fill, e);
}

const ph_transform_type ph_transform_pad = {"pad", "adds a border", fields, sizeof(config), draw};
