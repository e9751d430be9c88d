/* collapse: a picture with opacity seen before a random background, another one each step. What should be
   seen must be opaque, for the background would spoil it; where nothing is needed the picture may be clear.
   Lucid's collapse_alpha_random (optvis/transform.py) over its image_sample (optvis/param/random.py). */
#include "collapse.h"

#include <stddef.h>

#include "../colour.h"
#include "../fourier.h"
#include "../memory.h"
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
fail:
  ph_collapse_free(c);
  return status;
}

static bool fits(const ph_collapse *c, const ph_backdrop *b) {
  return c != NULL && c->of.images == b->images && c->of.h == b->h && c->of.w == b->w &&
         c->of.decay == b->decay;
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
  const ph_colour colour = ph_colour_of(ph_colour_matrix, PH_SQUASH_SIGMOID);
  const int64_t count = spectrum_count(backdrop);
  for (int64_t i = 0; i < count; i++)
    c->spectrum[i] = (float)(backdrop->deviation * ph_random_normal(random));
  ph_fourier_forward(c->fourier, c->spectrum, c->background);
  ph_colour_forward(&colour, ph_shape4(backdrop->images, 3, backdrop->h, backdrop->w), c->background,
                    c->background);
  return PH_OK;
}

/* ---- the map ---- */

void ph_collapse_forward(ph_collapse *c, const float *src, float *dst) {
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
} config;

static const ph_field fields[] = {
    {"deviation", PH_REAL, offsetof(config, deviation), 0.5, 0, 100, NULL,
     "of the background's spectrum, before its colours are squashed; 0 is grey"},
    {"decay", PH_REAL, offsetof(config, decay), 1, 0, 8, NULL,
     "the background's amplitudes fall as frequency to this power"},
    {.key = NULL}};

static ph_status draw(const ph_transform *transform, ph_random *random, ph_drawn *drawn, ph_error *e) {
  const config *c = transform->config;
  if (drawn->channels != 4)
    return ph_transform_fail(transform, e, "images of 4 channels, the last their opacity, expected, got %lld",
                             (long long)drawn->channels);
  ph_drawn_become(drawn, PH_DRAWN_COLLAPSE);
  const ph_backdrop backdrop = {.images = drawn->images,
                                .h = drawn->map.input[0],
                                .w = drawn->map.input[1],
                                .deviation = c->deviation,
                                .decay = c->decay};
  return ph_collapse_draw(&drawn->collapse, &backdrop, random, e);
}

const ph_transform_type ph_transform_collapse = {
    "collapse", "lays a picture with opacity over a random background", fields, sizeof(config), draw};
