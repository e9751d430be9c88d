/* SPDX-License-Identifier: MIT */
/* jitter and random_crop: the image seen through a window at a random place. jitter is what Lucid and Distill
   mean by it: a random crop that is smaller than the image by the jitter's distance. */
#include <stddef.h>

#include "types.h"

/* A window of this size at a uniformly drawn place within the image, all places included. */
static ph_status draw_crop(const ph_transform *transform, const int64_t output[2], ph_random *random,
                           ph_map *map, ph_error *e) {
  int64_t offset[2];
  ph_status status = ph_transform_expect_within(transform, map, output, e);
  if (status != PH_OK) return status;
  for (int a = 0; a < 2; a++) offset[a] = ph_random_below(random, map->input[a] - output[a] + 1);
  return ph_map_window(map, output, offset, PH_EDGE_FILL, 0, e);
}

/* ---- jitter ---- */

typedef struct jitter_config {
  int64_t distance;
  int mode;
} jitter_config;

enum { CROP, ROLL };
static const char *const modes[] = {"crop", "roll", NULL};

static const ph_field jitter_fields[] = {
    {"distance", PH_INTEGER, offsetof(jitter_config, distance), PH_REQUIRED, 0, PH_MOST_PIXELS, NULL,
     "crop: pixels by which the image shrinks; roll: the furthest that it moves"},
    {"mode", PH_CHOICE, offsetof(jitter_config, mode), CROP, 0, 0, modes,
     "crop at a random place, or move by -distance to distance, what leaves on one side entering on the "
     "other"},
    {.key = NULL}};

static ph_status draw_jitter(const ph_transform *transform, ph_random *random, ph_drawn *drawn, ph_error *e) {
  const jitter_config *c = transform->config;
  ph_map *map = &drawn->map;
  if (c->mode == ROLL) {
    int64_t offset[2];
    for (int a = 0; a < 2; a++) offset[a] = ph_random_below(random, 2 * c->distance + 1) - c->distance;
    return ph_map_window(map, map->input, offset, PH_EDGE_REPEAT, 0, e);
  }
  int64_t output[2] = {map->input[0] - c->distance, map->input[1] - c->distance};
  return draw_crop(transform, output, random, map, e);
}

const ph_transform_type ph_transform_jitter = {
    .name = "jitter",
    .text = "Moves the picture a little. \"crop\" cuts a part out at a random place, as Lucid's jitter does: "
            "the result is smaller by `distance`, offsets are 0 to `distance`. \"roll\" moves by -distance "
            "to distance, and what leaves on one side enters on the other, as in DeepDream. To keep the "
            "size, pad before: `pad(4, { mode = \"reflect\" }), jitter(8)` moves by up to 4 pixels.",
    .fields = jitter_fields,
    .config_size = sizeof(jitter_config),
    .draw = draw_jitter,
};

/* ---- random_crop ---- */

typedef struct crop_config {
  int64_t size[2];
} crop_config;

static const ph_field crop_fields[] = {{"size", PH_PAIR, offsetof(crop_config, size), PH_REQUIRED, 1,
                                        PH_MOST_PIXELS, NULL, "height and width of the result"},
                                       {.key = NULL}};

static ph_status draw_random_crop(const ph_transform *transform, ph_random *random, ph_drawn *drawn,
                                  ph_error *e) {
  const crop_config *c = transform->config;
  ph_map *map = &drawn->map;
  return draw_crop(transform, c->size, random, map, e);
}

const ph_transform_type ph_transform_random_crop = {
    .name = "random_crop",
    .text = "A part of this size, from a random place.",
    .fields = crop_fields,
    .config_size = sizeof(crop_config),
    .draw = draw_random_crop,
};
