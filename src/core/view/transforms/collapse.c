/* SPDX-License-Identifier: MIT */
/* collapse: a picture with opacity seen before a random background, another one each step. What should be
   seen must be opaque, for the background would spoil it; where nothing is needed the picture may be clear.
   Lucid's collapse_alpha_random (optvis/transform.py) over its image_sample (optvis/param/random.py);
   Captum's BlendAlpha, whose background is uniform noise, and IgnoreAlpha. */
#include "collapse.h"

#include <stddef.h>
#include <string.h>

#include "base/memory.h"
#include "colour/colour.h"
#include "colour/fourier.h"
#include "types.h"

struct ph_collapse {
  ph_backdrop of;
  ph_fourier *fourier;
  float *spectrum;
  float *background; /* (n, 3, h, w) */
  float *difference; /* (n, 3, h, w): colour - background, of the last forward */
  float *opacity;    /* (n, 1, h, w) */
};

/* ---- drawing ---- */

void ph_collapse_free(ph_collapse *c) {
  if (c == NULL) return;
  ph_fourier_free(c->fourier);
  ph_free(c->spectrum);
  ph_free(c->background);
  ph_free(c->difference);
  ph_free(c->opacity);
  ph_free(c);
}

static int64_t spectrum_count(const ph_backdrop *b) {
  return 3 * b->images * b->h * ph_fourier_columns(b->w) * 2;
}

static ph_status make(const ph_backdrop *backdrop, ph_collapse **collapse, ph_error *e) {
  ph_status status;
  const size_t pixels = (size_t)(backdrop->images * backdrop->h * backdrop->w);
  ph_collapse *c = ph_alloc(sizeof *c);
  if (c == NULL) return ph_no_memory(e);
  c->of = *backdrop;
  PH_TRY(ph_fourier_new(3 * backdrop->images, backdrop->h, backdrop->w, backdrop->decay, &c->fourier, e));
  c->spectrum = ph_alloc_array((size_t)spectrum_count(backdrop), sizeof(float));
  c->background = ph_alloc_array(3 * pixels, sizeof(float));
  c->difference = ph_alloc_array(3 * pixels, sizeof(float));
  c->opacity = ph_alloc_array(pixels, sizeof(float));
  if (c->spectrum == NULL || c->background == NULL || c->difference == NULL || c->opacity == NULL)
    PH_TRY(ph_no_memory(e));
  *collapse = c;
  return PH_OK;
done:
  ph_collapse_free(c);
  return status;
}

static bool fits(const ph_collapse *c, const ph_backdrop *b) {
  return c != NULL && c->of.images == b->images && c->of.h == b->h && c->of.w == b->w &&
         c->of.decay == b->decay;
}

/* As ph_fourier's noise looks, squashed into [0, 1]. */
static void paint_photograph(ph_collapse *c, ph_random *random) {
  const ph_colour colour = ph_colour_of(ph_colour_matrix, PH_SQUASH_SIGMOID);
  const int64_t count = spectrum_count(&c->of);
  for (int64_t i = 0; i < count; i++) c->spectrum[i] = (float)(c->of.deviation * ph_random_normal(random));
  ph_fourier_forward(c->fourier, c->spectrum, c->background);
  ph_colour_forward(&colour, ph_shape4(c->of.images, 3, c->of.h, c->of.w), c->background, c->background);
}

static void paint(ph_collapse *c, ph_random *random) {
  const int64_t plane = c->of.h * c->of.w, count = 3 * c->of.images * plane;
  if (c->of.kind == PH_BACKDROP_PHOTOGRAPH) paint_photograph(c, random);
  for (int64_t i = 0; i < count && c->of.kind == PH_BACKDROP_UNIFORM; i++)
    c->background[i] = (float)ph_random_uniform(random);
  for (int64_t i = 0; i < count && c->of.kind == PH_BACKDROP_COLOUR; i++)
    c->background[i] = c->of.colour[i / plane % 3];
}

ph_status ph_collapse_draw(ph_collapse **collapse, const ph_backdrop *backdrop, ph_random *random,
                           ph_error *e) {
  if (!fits(*collapse, backdrop)) {
    ph_collapse_free(*collapse);
    *collapse = NULL;
    ph_status status = make(backdrop, collapse, e);
    if (status != PH_OK) return status;
  }
  ph_collapse *c = *collapse;
  c->of = *backdrop;
  paint(c, random);
  return PH_OK;
}

/* ---- the map ---- */

/* Without a background the picture is opaque throughout, and its fourth channel is not used. */
static void forget_opacity(ph_collapse *c) {
  const int64_t plane = c->of.h * c->of.w;
  for (int64_t i = 0; i < c->of.images * plane; i++) c->opacity[i] = 1;
  for (int64_t i = 0; i < 3 * c->of.images * plane; i++) c->difference[i] = 0;
}

static void lay(ph_collapse *c, const float *src, float *dst) {
  const int64_t plane = c->of.h * c->of.w;
  for (int64_t n = 0; n < c->of.images; n++, src += 4 * plane) {
    float *opacity = c->opacity + n * plane;
    for (int64_t i = 0; i < plane; i++) opacity[i] = src[3 * plane + i];
    for (int64_t k = 0; k < 3; k++, dst += plane) {
      const float *background = c->background + (3 * n + k) * plane, *colour = src + k * plane;
      float *difference = c->difference + (3 * n + k) * plane;
      for (int64_t i = 0; i < plane; i++) {
        difference[i] = colour[i] - background[i];
        dst[i] = background[i] + opacity[i] * difference[i];
      }
    }
  }
}

void ph_collapse_forward(ph_collapse *c, const float *src, float *dst) {
  const int64_t plane = c->of.h * c->of.w;
  if (c->of.kind != PH_BACKDROP_NONE) {
    lay(c, src, dst);
    return;
  }
  forget_opacity(c);
  for (int64_t n = 0; n < c->of.images; n++)
    memcpy(dst + 3 * n * plane, src + 4 * n * plane, (size_t)(3 * plane) * sizeof *dst);
}

void ph_collapse_backward(const ph_collapse *c, const float *src, float *dst) {
  const int64_t plane = c->of.h * c->of.w;
  for (int64_t n = 0; n < c->of.images; n++, dst += 4 * plane) {
    const float *opacity = c->opacity + n * plane;
    float *opacity_gradient = dst + 3 * plane;
    for (int64_t i = 0; i < plane; i++) opacity_gradient[i] = 0;
    for (int64_t k = 0; k < 3; k++, src += plane) {
      const float *difference = c->difference + (3 * n + k) * plane;
      float *colour_gradient = dst + k * plane;
      for (int64_t i = 0; i < plane; i++) {
        colour_gradient[i] = opacity[i] * src[i];
        opacity_gradient[i] += difference[i] * src[i];
      }
    }
  }
}

/* ---- the transform ---- */

typedef struct config {
  double deviation, decay;
  int background;
  ph_list colour;
} config;

/* In the order of ph_backdrop_kind. */
static const char *const backgrounds[] = {"photograph", "uniform", "none", NULL};

static const ph_field fields[] = {
    {"deviation", PH_REAL, offsetof(config, deviation), 0.5, 0, 100, NULL,
     "of the background's spectrum, before its colours are squashed; 0 is grey"},
    {"decay", PH_REAL, offsetof(config, decay), 1, 0, 8, NULL,
     "the background's amplitudes fall as frequency to this power"},
    {"background", PH_CHOICE, offsetof(config, background), PH_BACKDROP_PHOTOGRAPH, 0, 0, backgrounds,
     "noise like photographs, a number of its own for every channel of every pixel (Captum's BlendAlpha), or "
     "none: colours pass whatever their opacity (its IgnoreAlpha)"},
    {"colour", PH_LIST, offsetof(config, colour), 0, 0, 1, NULL,
     "the red, green and blue of a background of one colour"},
    {.key = NULL}};

static ph_status draw(const ph_transform *transform, ph_random *random, ph_drawn *drawn, ph_error *e) {
  const config *c = transform->config;
  if (drawn->channels != 4)
    return ph_transform_fail(transform, e, "images of 4 channels, the last their opacity, expected, got %lld",
                             (long long)drawn->channels);
  if (c->colour.count != 0 && c->colour.count != 3)
    return ph_transform_fail(transform, e, "a colour of 3 numbers expected, got %d", c->colour.count);
  ph_drawn_become(drawn, PH_DRAWN_COLLAPSE);
  ph_backdrop backdrop = {.images = drawn->images,
                          .h = drawn->map.input[0],
                          .w = drawn->map.input[1],
                          .deviation = c->deviation,
                          .decay = c->decay,
                          .kind = (ph_backdrop_kind)c->background};
  if (c->colour.count > 0) backdrop.kind = PH_BACKDROP_COLOUR;
  for (int i = 0; i < c->colour.count; i++) backdrop.colour[i] = (float)c->colour.value[i];
  return ph_collapse_draw(&drawn->collapse, &backdrop, random, e);
}

const ph_transform_type ph_transform_collapse = {
    .name = "collapse",
    .text =
        "Lays pictures with opacity, (n, 4, h, w), over random backgrounds, new ones each step: opacity * "
        "colour + (1 - opacity) * background. What matters to the objective has to become opaque, the rest "
        "may stay clear. The background is noise with the spectrum and the colours of photographs (Lucid's "
        "collapse_alpha_random). As what comes after sees 3 channels, it is most often first: `transforms = "
        "{ ph.collapse(), ph.pad(12), … }`, with `parameterisation = { \"fourier\", channels = 4 }`.",
    .fields = fields,
    .config_size = sizeof(config),
    .draw = draw,
};
