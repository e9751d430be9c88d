/* SPDX-License-Identifier: MIT */
/* random_resized_crop: a square part of the image, of random size and place, brought to a fixed size. MaCo
   (Fel et al., 2023) looks at an image of any size through many of these a step: after copies(32), boxes
   whose side is about a share of the image, at centres around the image's. A box that reaches past the image
   sees black there. */
#include <math.h>
#include <stddef.h>

#include "types.h"

typedef struct config {
  int64_t size[2];
  double least, most, mean, spread, centre;
} config;

/* The defaults of centre and spread are MaCo's (xplique/features_visualizations/maco.py). */
static const ph_field fields[] = {
    {"size", PH_PAIR, offsetof(config, size), PH_REQUIRED, 1, PH_MOST_PIXELS, NULL,
     "height and width of the result"},
    {"least", PH_REAL, offsetof(config, least), 0.05, 1e-3, 1, NULL,
     "the smallest box, as a share of the image's sides"},
    {"most", PH_REAL, offsetof(config, most), 1, 1e-3, 1, NULL, "the largest box"},
    {"mean", PH_REAL, offsetof(config, mean), 0, 0, 1, NULL,
     "boxes are normal about this share, cut at least and most; 0: uniform between these"},
    {"spread", PH_REAL, offsetof(config, spread), 0.05, 0, 1, NULL, "the deviation from the mean"},
    {"centre", PH_REAL, offsetof(config, centre), 0.15, 0, 1, NULL,
     "the deviation of the box's centre from the image's, as a share of its sides"},
    {.key = NULL}};

static double draw_share(const config *c, ph_random *random) {
  if (c->mean == 0) return ph_random_between(random, c->least, c->most);
  return fmin(fmax(c->mean + c->spread * ph_random_normal(random), c->least), c->most);
}

static ph_status draw(const ph_transform *transform, ph_random *random, ph_drawn *drawn, ph_error *e) {
  const config *c = transform->config;
  if (c->least > c->most)
    return ph_transform_fail(transform, e, "the least share, %g, is more than the most, %g", c->least,
                             c->most);
  double share = draw_share(c, random), first[2], last[2];
  for (int a = 0; a < 2; a++) {
    double centre = 0.5 + c->centre * ph_random_normal(random), end = (double)(drawn->map.input[a] - 1);
    first[a] = (centre - share / 2) * end;
    last[a] = (centre + share / 2) * end;
  }
  return ph_map_box(&drawn->map, c->size, first, last, e);
}

const ph_transform_type ph_transform_random_resized_crop = {
    .name = "random_resized_crop",
    .text = "A square part of random size and place, brought to a fixed size: bilinear, its corners becoming "
            "the result's corner pixels, as TensorFlow's crop_and_resize does it. The box's side is a share "
            "of each of the picture's sides: uniform between `least` and `most`, or, where `mean` is given, "
            "normal about it with deviation `spread`, cut at `least` and `most`. Its centre is normal about "
            "the picture's, with deviation `centre`. Past the picture's edge there is black.\n\nMaCo (Fel et "
            "al., 2023; Xplique's numbers) sees a picture through 32 of these a step, the mean falling from "
            "0.5 to 0.05, with noise:\n  copies(32), random_resized_crop(224, { mean = mean }), noise(0.08), "
            "noise(0.04, { distribution = \"uniform\" })\nHorama takes 6, with { least = 0.2, most = 0.25 } "
            "and noise of 0.05 and 0.025.",
    .fields = fields,
    .config_size = sizeof(config),
    .draw = draw,
};
