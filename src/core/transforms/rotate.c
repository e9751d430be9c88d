/* random_rotate: the image turned by an angle drawn from a list, black where it turned away. Method "lucid"
   repeats Lucid to the pixel: nearest neighbour, with pi taken as 3.14; its gradient, unlike Lucid's, is the
   exact adjoint. */
#include <stddef.h>

#include "types.h"

typedef struct config {
  ph_list degrees;
  int method, draw;
} config;

enum { LUCID, NEAREST, BILINEAR };
static const char *const methods[] = {"lucid", "nearest", "bilinear", NULL};

static const ph_field fields[] = {{"degrees", PH_LIST, offsetof(config, degrees), PH_REQUIRED, -3600, 3600,
                                   NULL, "counter-clockwise; one is drawn, all alike likely"},
                                  {"method", PH_CHOICE, offsetof(config, method), LUCID, 0, 0, methods,
                                   "nearest pixel with Lucid's pi of 3.14, nearest pixel, or bilinear"},
                                  PH_DRAW_FIELD(config),
                                  {.key = NULL}};

static ph_status draw(const ph_transform *transform, ph_random *random, ph_drawn *drawn, ph_error *e) {
  const config *c = transform->config;
  ph_map *map = &drawn->map;
  double degrees = ph_draw_from(&c->degrees, c->draw, random);
  double pi = c->method == LUCID ? 3.14 : 3.14159265358979323846;
  return ph_map_rotate(map, pi / 180 * degrees, c->method == BILINEAR, e);
}

const ph_transform_type ph_transform_random_rotate = {"random_rotate", "turns the image", fields,
                                                      sizeof(config), draw};
