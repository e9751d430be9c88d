/* SPDX-License-Identifier: MIT */
/* random_rotate: the image turned by an angle drawn from a list, black where it turned away. Method "lucid"
   repeats Lucid to the pixel: nearest neighbour, with pi taken as 3.14; its gradient, unlike Lucid's, is the
   exact adjoint. random_affine: the image turned, resized, slanted and moved, all at once, its size kept. */
#include <math.h>
#include <stddef.h>

#include "types.h"

typedef struct config {
  ph_list degrees;
  int method, edge, draw;
} config;

static const double pi = 3.14159265358979323846;

enum { LUCID, NEAREST, BILINEAR };
static const char *const methods[] = {"lucid", "nearest", "bilinear", NULL};

static const ph_field fields[] = {{"degrees", PH_LIST, offsetof(config, degrees), PH_REQUIRED, -3600, 3600,
                                   NULL, "counter-clockwise; one is drawn, all alike likely"},
                                  {"method", PH_CHOICE, offsetof(config, method), LUCID, 0, 0, methods,
                                   "nearest pixel with Lucid's pi of 3.14, nearest pixel, or bilinear"},
                                  PH_EDGE_FIELD(config),
                                  PH_DRAW_FIELD(config),
                                  {.key = NULL}};

static ph_status draw(const ph_transform *transform, ph_random *random, ph_drawn *drawn, ph_error *e) {
  const config *c = transform->config;
  ph_map *map = &drawn->map;
  double degrees = ph_draw_from(&c->degrees, c->draw, random);
  double radians = (c->method == LUCID ? 3.14 : pi) / 180 * degrees;
  return ph_map_affine(
      map, &(ph_affine){.yy = cos(radians), .yx = sin(radians), .xy = -sin(radians), .xx = cos(radians)},
      c->method == BILINEAR, (ph_edge)c->edge, e);
}

const ph_transform_type ph_transform_random_rotate = {
    .name = "random_rotate",
    .text =
        "Turns the picture about its centre; the size is kept. `random_rotate { -5, 0, 5 }`; one of the "
        "angles is drawn, all alike likely. \"lucid\" reads the nearest pixel and takes pi as 3.14, as Lucid "
        "does; \"nearest\" has the true pi; \"bilinear\" interpolates. Outside is black, or as of `pad`'s "
        "modes with `edge`. With `draw = \"range\"` it is any angle between the first and the last.",
    .fields = fields,
    .config_size = sizeof(config),
    .draw = draw,
};

/* ---- random_affine ---- */

typedef struct affine_config {
  ph_list degrees, scale, shear, shift;
  int method, edge, draw;
} affine_config;

static const char *const affine_methods[] = {"bilinear", "nearest", NULL};

static const ph_field affine_fields[] = {
    {"degrees", PH_LIST, offsetof(affine_config, degrees), 0, -3600, 3600, NULL, "counter-clockwise"},
    {"scale", PH_LIST, offsetof(affine_config, scale), 0, 0.01, 100, NULL,
     "factors (Captum's RandomScaleAffine takes one over them)"},
    {"shear", PH_LIST, offsetof(affine_config, shear), 0, -80, 80, NULL,
     "degrees by which upright lines lean to the right at the bottom"},
    {"shift", PH_LIST, offsetof(affine_config, shift), 0, -1, 1, NULL,
     "shares of the image's sides, down and to the right, each drawn for itself"},
    {"method", PH_CHOICE, offsetof(affine_config, method), 0, 0, 0, affine_methods,
     "bilinear, or the nearest pixel"},
    PH_EDGE_FIELD(affine_config),
    PH_DRAW_FIELD(affine_config),
    {.key = NULL}};

static double draw_or(const ph_list *list, double otherwise, int draw, ph_random *random) {
  return list->count == 0 ? otherwise : ph_draw_from(list, draw, random);
}

/* What an output pixel reads undoes, from last to first, what is done to the image: resized, slanted, turned,
   moved. y points down, so that turning back counter-clockwise turns the picture clockwise. */
static ph_status draw_affine(const ph_transform *transform, ph_random *random, ph_drawn *drawn, ph_error *e) {
  const affine_config *c = transform->config;
  const int64_t *size = drawn->map.input;
  double radians = pi / 180 * draw_or(&c->degrees, 0, c->draw, random);
  double scale = draw_or(&c->scale, 1, c->draw, random);
  double lean = tan(pi / 180 * draw_or(&c->shear, 0, c->draw, random));
  double down = draw_or(&c->shift, 0, c->draw, random) * (double)size[0];
  double right = draw_or(&c->shift, 0, c->draw, random) * (double)size[1];
  double cosine = cos(radians), sine = sin(radians);
  ph_affine by = {.yy = cosine / scale,
                  .yx = sine / scale,
                  .xy = (-sine - lean * cosine) / scale,
                  .xx = (cosine - lean * sine) / scale};
  by.y = -(by.yy * down + by.yx * right);
  by.x = -(by.xy * down + by.xx * right);
  return ph_map_affine(&drawn->map, &by, c->method == 0, (ph_edge)c->edge, e);
}

const ph_transform_type ph_transform_random_affine = {
    .name = "random_affine",
    .text =
        "Resizes, slants, turns and moves the picture, in this order, about its centre and all at once; the "
        "size is kept. `random_affine { -5, 5, scale = { 0.9, 1.1 }, shift = { -0.1, 0.1 }, draw = \"range\" "
        "}`: angles by place as of `random_rotate`, and what is not given is left as it is. Each is drawn "
        "for itself: one of its list, or with `draw = \"range\"` any number between the first and the last.",
    .fields = affine_fields,
    .config_size = sizeof(affine_config),
    .draw = draw_affine,
};
