/* SPDX-License-Identifier: MIT */
/* normalise_gradient: lets images pass, and gives each image's gradient, on its way back, a length of its own
   choice. Lucid's normalize_gradient (lucid/optvis/transform.py), whose grad_scales are the lengths. */
#include <stddef.h>

#include "types.h"

typedef struct config {
  ph_list lengths;
} config;

static const ph_field fields[] = {{"lengths", PH_LIST, offsetof(config, lengths), 0, 0, 1e9, NULL,
                                   "L2 norms for the images of the batch, or one for all; 1 where not given"},
                                  {.key = NULL}};

static ph_status draw(const ph_transform *transform, ph_random *random, ph_drawn *drawn, ph_error *e) {
  const config *c = transform->config;
  (void)random;
  if (c->lengths.count > 1 && c->lengths.count != drawn->images)
    return ph_transform_fail(transform, e, "%d lengths do not fit a batch of %lld images", c->lengths.count,
                             (long long)drawn->images);
  ph_drawn_become(drawn, PH_DRAWN_GRADIENT);
  drawn->lengths = &c->lengths;
  return PH_OK;
}

const ph_transform_type ph_transform_normalise_gradient = {
    .name = "normalise_gradient",
    .text = "Lets pictures pass, and gives the gradient of each, on its way back, this L2 norm (Lucid's "
            "normalize_gradient and its grad_scales). A gradient of zeros stays zero. `normalise_gradient "
            "{}` gives all 1.",
    .fields = fields,
    .config_size = sizeof(config),
    .draw = draw,
};
