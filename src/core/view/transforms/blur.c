/* SPDX-License-Identifier: MIT */
/* random_blur: a Gaussian whose deviation is drawn, as Xplique's random_blur has it: `size` samples of the
   Gaussian, centred, divided by their sum; what lies outside the image counts as 0. */
#include <math.h>
#include <stddef.h>

#include "types.h"

typedef struct config {
  double deviation, most;
  int64_t size;
} config;

enum { MOST_DEVIATION = 20 };

static const ph_field fields[] = {
    {"deviation", PH_REAL, offsetof(config, deviation), PH_REQUIRED, 0.1, MOST_DEVIATION, NULL,
     "of the Gaussian, in pixels; the least where `most` is given"},
    {"most", PH_REAL, offsetof(config, most), 0, 0, MOST_DEVIATION, NULL,
     "the deviation is drawn uniformly up to here; 0: it is always the same"},
    {"size", PH_INTEGER, offsetof(config, size), 0, 0, PH_MAP_MOST_TAPS, NULL,
     "samples of the Gaussian in each direction; 0: three deviations to both sides"},
    {.key = NULL}};

static ph_status draw(const ph_transform *transform, ph_random *random, ph_drawn *drawn, ph_error *e) {
  const config *c = transform->config;
  if (c->most > 0 && c->most < c->deviation)
    return ph_transform_fail(transform, e, "the most, %g, is less than the deviation, %g", c->most,
                             c->deviation);
  double deviation = c->most > 0 ? ph_random_between(random, c->deviation, c->most) : c->deviation;
  int taps = c->size > 0 ? (int)c->size : 2 * (int)ceil(3 * deviation) + 1;
  double weight[PH_MAP_MOST_TAPS], sum = 0;
  for (int k = 0; k < taps; k++) {
    double x = (k - (taps - 1) / 2.0) / deviation;
    weight[k] = exp(-0.5 * x * x);
    sum += weight[k];
  }
  for (int k = 0; k < taps; k++) drawn->map.kernel[k] = (float)(weight[k] / sum);
  return ph_map_filter(&drawn->map, taps, e);
}

const ph_transform_type ph_transform_random_blur = {
    .name = "random_blur",
    .text = "Smooths the picture with a Gaussian: `size` samples of it, centred, divided by their sum; "
            "outside counts as black. Where `most` is given the deviation is drawn uniformly between the "
            "two. `random_blur(1, { most = 1.1, size = 10 })` is what Xplique's random_blur does. An even "
            "size moves the picture up and left by half a pixel, as TensorFlow's SAME padding does. To keep "
            "edges bright: pad(w, { mode = \"reflect\" }), random_blur, crop_border(w).",
    .fields = fields,
    .config_size = sizeof(config),
    .draw = draw,
};
