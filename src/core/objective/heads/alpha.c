/* SPDX-License-Identifier: MIT */
/* The mean opacity of a picture, before it is laid over a background. An objective that is multiplied by 1 -
   alpha makes clear what it does not need (Lucid 0.3.10, recipes/feature_visualization.py). */
#include "opacity.h"
#include "sums.h"

ph_status ph_opacity_fit(const ph_head *head, const ph_tap *tap, ph_error *e) {
  if (tap->c == PH_OPACITY_CHANNEL + 1) return PH_OK;
  return ph_fail(e, PH_MISUSE,
                 "layer '%s': %s reads a picture's opacity, its fourth channel; this one has %lld channels",
                 tap->layer, head->type->name, (long long)tap->c);
}

static const ph_field fields[] = {PH_PICTURE_PLACE, {0}};

static int64_t opacity_at(const ph_tap *tap, int64_t n) {
  return (n * tap->c + PH_OPACITY_CHANNEL) * tap->h * tap->w;
}

static double value(const ph_head *head, const ph_tap *tap) {
  int64_t area = tap->h * tap->w;
  double sum = 0;
  (void)head;
  for (int64_t n = 0; n < tap->n; n++) sum += ph_sum(tap->activation + opacity_at(tap, n), area);
  return sum / (double)(tap->n * area);
}

static void gradient(const ph_head *head, const ph_tap *tap, double coefficient) {
  int64_t area = tap->h * tap->w;
  float slope = (float)(coefficient / (double)(tap->n * area));
  (void)head;
  for (int64_t n = 0; n < tap->n; n++) {
    float *opacity = tap->gradient + opacity_at(tap, n);
    for (int64_t i = 0; i < area; i++) opacity[i] += slope;
  }
}

const ph_head_type ph_head_alpha = {
    .name = "alpha",
    .text = "The mean opacity of the picture before it is laid over a background, for parameterisations of 4 "
            "channels. Lucid asks for what matters alone, and clear elsewhere, with `objective * (1 - "
            "ph.alpha()) - 0.1 * ph.blur_alpha()`, under transforms that end with `ph.collapse()`.",
    .layer = ph_picture_name,
    .fields = fields,
    .config_size = sizeof(ph_head_place),
    .fit = ph_opacity_fit,
    .value = value,
    .gradient = gradient,
};
