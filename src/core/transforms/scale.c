/* random_scale: the image at another size, drawn from a list of factors. Sizes are what Lucid computes: the
   product in float32, truncated. */
#include <stddef.h>

#include "types.h"

typedef struct config {
  ph_list factors;
  int method, draw;
} config;

enum { LEGACY, HALF_PIXEL };
static const char *const methods[] = {"legacy", "half_pixel", NULL};

static const ph_field fields[] = {
    {"factors", PH_LIST, offsetof(config, factors), PH_REQUIRED, 0.001, 1000, NULL,
     "one is drawn, all alike likely"},
    {"method", PH_CHOICE, offsetof(config, method), LEGACY, 0, 0, methods,
     "where bilinear samples lie: as TensorFlow 1 and Lucid have them, or with pixels as squares"},
    PH_DRAW_FIELD(config),
    {.key = NULL}};

static ph_status draw(const ph_transform *transform, ph_random *random, ph_drawn *drawn, ph_error *e) {
  const config *c = transform->config;
  ph_map *map = &drawn->map;
  float factor = (float)ph_draw_from(&c->factors, c->draw, random);
  int64_t output[2];
  for (int a = 0; a < 2; a++) output[a] = (int64_t)(factor * (float)map->input[a]);
  if (output[0] < 1 || output[1] < 1)
    return ph_transform_fail(transform, e, "factor %g leaves no pixels of an image of %lldx%lld",
                             (double)factor, (long long)map->input[0], (long long)map->input[1]);
  return ph_map_resize(map, output, c->method == HALF_PIXEL, e);
}

const ph_transform_type ph_transform_random_scale = {"random_scale", "changes the image's size", fields,
                                                     sizeof(config), draw};
