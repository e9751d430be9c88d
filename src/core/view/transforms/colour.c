/* SPDX-License-Identifier: MIT */
/* colour_jitter: brightness, contrast, saturation and the channels' balance changed a little, one after the
   other, in the sense of torchvision's ColorJitter, except that contrast turns about middle grey and not
   about the image's mean, and that nothing is clipped: what is drawn is the same for every image, and affine.
 */
#include <stddef.h>

#include "types.h"

typedef struct config {
  double brightness, contrast, saturation, scale, shift;
} config;

#define AMOUNT(key, summary)                                                                                 \
  { #key, PH_REAL, offsetof(config, key), 0, 0, 1, NULL, summary }

static const ph_field fields[] = {
    AMOUNT(brightness, "everything is multiplied by 1 - brightness to 1 + brightness"),
    AMOUNT(contrast, "distances from 0.5 are multiplied by 1 - contrast to 1 + contrast"),
    AMOUNT(saturation, "distances from the pixel's grey are multiplied by 1 - saturation to 1 + saturation"),
    AMOUNT(scale, "each channel for itself is multiplied by 1 - scale to 1 + scale"),
    AMOUNT(shift, "to each channel for itself -shift to shift is added"),
    {.key = NULL}};

/* The shares of red, green and blue in grey (ITU-R BT.601). */
static const double grey[3] = {0.299, 0.587, 0.114};

static ph_status draw(const ph_transform *transform, ph_random *random, ph_drawn *drawn, ph_error *e) {
  const config *c = transform->config;
  if (drawn->channels != 3)
    return ph_transform_fail(transform, e, "images of 3 channels expected, got %lld",
                             (long long)drawn->channels);
  double brightness = ph_random_between(random, 1 - c->brightness, 1 + c->brightness);
  double contrast = ph_random_between(random, 1 - c->contrast, 1 + c->contrast);
  double saturation = ph_random_between(random, 1 - c->saturation, 1 + c->saturation);
  ph_drawn_become(drawn, PH_DRAWN_COLOUR);
  for (int to = 0; to < 3; to++) {
    double scale = ph_random_between(random, 1 - c->scale, 1 + c->scale);
    double shift = ph_random_between(random, -c->shift, c->shift);
    /* Grey stays grey when saturation changes, so the offset passes it untouched. */
    drawn->offset[to] = (float)(scale * 0.5 * (1 - contrast) + shift);
    for (int from = 0; from < 3; from++) {
      double saturated = (from == to ? saturation : 0) + (1 - saturation) * grey[from];
      drawn->matrix[to][from] = (float)(scale * saturated * contrast * brightness);
    }
  }
  return PH_OK;
}

const ph_transform_type ph_transform_colour_jitter = {
    .name = "colour_jitter",
    .text =
        "Changes colours a little, one after the other: everything times 1 - brightness to 1 + brightness; "
        "distances from middle grey times 1 - contrast to 1 + contrast; distances from each pixel's own grey "
        "(0.299, 0.587, 0.114) times 1 - saturation to 1 + saturation; then each channel for itself times 1 "
        "- scale to 1 + scale, plus -shift to shift. Nothing is clipped. For pictures of 3 channels.",
    .fields = fields,
    .config_size = sizeof(config),
    .draw = draw,
};
