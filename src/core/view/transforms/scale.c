/* SPDX-License-Identifier: MIT */
/* random_scale: the image at another size, drawn from a list of factors. Sizes are what Lucid computes: the
   product in float32, truncated. resize: the image at a size that is given. */
#include <math.h>
#include <stddef.h>

#include "types.h"

typedef struct config {
  ph_list factors;
  int method, rounding, draw;
} config;

/* The first are those of ph_sampling. */
enum { PYTORCH = PH_SAMPLE_CORNERS + 1 };
static const char *const methods[] = {"legacy", "half_pixel", "corners", "pytorch", NULL};

enum { DOWN, UP };
static const char *const roundings[] = {"down", "up", NULL};

static const ph_field fields[] = {
    {"factors", PH_LIST, offsetof(config, factors), PH_REQUIRED, 0.001, 1000, NULL,
     "one is drawn, all alike likely"},
    {"method", PH_CHOICE, offsetof(config, method), PH_SAMPLE_LEGACY, 0, 0, methods,
     "where bilinear samples lie: as TensorFlow 1 and Lucid have them, with pixels as squares, from corner "
     "to corner, or as squares that are one over the factor apart, whatever the size was rounded to"},
    {"rounding", PH_CHOICE, offsetof(config, rounding), DOWN, 0, 0, roundings, "of sizes"},
    PH_DRAW_FIELD(config),
    {.key = NULL}};

static ph_status draw(const ph_transform *transform, ph_random *random, ph_drawn *drawn, ph_error *e) {
  const config *c = transform->config;
  ph_map *map = &drawn->map;
  float factor = (float)ph_draw_from(&c->factors, c->draw, random);
  int64_t output[2];
  for (int a = 0; a < 2; a++) {
    float size = factor * (float)map->input[a];
    output[a] = (int64_t)(c->rounding == UP ? ceilf(size) : size);
  }
  if (output[0] < 1 || output[1] < 1)
    return ph_transform_fail(transform, e, "factor %g leaves no pixels of an image of %lldx%lld",
                             (double)factor, (long long)map->input[0], (long long)map->input[1]);
  if (c->method == PYTORCH) return ph_map_resize(map, output, PH_SAMPLE_HALF_PIXEL, 1 / factor, e);
  return ph_map_resize(map, output, (ph_sampling)c->method, 0, e);
}

const ph_transform_type ph_transform_random_scale = {
    .name = "random_scale",
    .text =
        "Another size: factor * size, rounded down. `random_scale { 0.9, 1, 1.1 }`; one of the factors, up "
        "to 128, is drawn, all alike likely. Bilinear, without smoothing. Output pixel i is read at i * "
        "input / output (\"legacy\", TensorFlow 1's resize_bilinear, which Lucid uses), or with pixels as "
        "squares, at (i + 0.5) * input / output - 0.5 (\"half_pixel\"), at i * (input - 1) / (output - 1) "
        "(\"corners\", PyTorch's align_corners, which lucent uses), or at (i + 0.5) / factor - 0.5 "
        "(\"pytorch\", whose interpolate does so when it is given a factor; Captum). With `draw = \"range\"` "
        "it is any factor between the first and the last: `random_scale { 0.92, 0.96, draw = \"range\" }`.",
    .fields = fields,
    .config_size = sizeof(config),
    .draw = draw,
};

/* ---- resize ---- */

typedef struct resize_config {
  int64_t size[2];
  int method;
} resize_config;

static const char *const resize_methods[] = {"legacy", "half_pixel", "corners", NULL};

static const ph_field resize_fields[] = {{"size", PH_PAIR, offsetof(resize_config, size), PH_REQUIRED, 1,
                                          PH_MOST_PIXELS, NULL, "height and width of the result"},
                                         {"method", PH_CHOICE, offsetof(resize_config, method),
                                          PH_SAMPLE_HALF_PIXEL, 0, 0, resize_methods,
                                          "where bilinear samples lie, as of random_scale"},
                                         {.key = NULL}};

static ph_status draw_resize(const ph_transform *transform, ph_random *random, ph_drawn *drawn, ph_error *e) {
  const resize_config *c = transform->config;
  (void)random;
  return ph_map_resize(&drawn->map, c->size, (ph_sampling)c->method, 0, e);
}

const ph_transform_type ph_transform_resize = {
    .name = "resize",
    .text = "Brings the picture to a size, whatever it had: what ends other systems' pipelines, which know "
            "one input size only. Bilinear, without smoothing.",
    .fields = resize_fields,
    .config_size = sizeof(resize_config),
    .draw = draw_resize,
};
