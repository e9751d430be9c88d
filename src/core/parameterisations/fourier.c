/* The Fourier kind: the values are half-spectra, (n, c, h, w / 2 + 1, 2); fourier.h has the map. */
#include "../fourier.h"
#include "../parameterisation.h"

typedef struct fourier_config {
  ph_picture picture;
  double decay;
} fourier_config;

static const ph_field fields[] = {
    PH_PICTURE_FIELDS(fourier_config, 0.01, 1),
    {"decay", PH_REAL, offsetof(fourier_config, decay), 1, 0, 8, NULL,
     "amplitude falls as frequency to this power; 0 gives every frequency the same scale"},
    {.key = NULL}};

static ph_shape shape(const void *config) {
  const ph_picture *p = &((const fourier_config *)config)->picture;
  return ph_shape_of(5, (const int64_t[]){p->batch, p->channels, p->height, ph_fourier_columns(p->width), 2});
}

static ph_status open(const void *config, const ph_given *given, void **state, ph_error *e) {
  (void)given;
  const fourier_config *c = config;
  ph_fourier *fourier;
  ph_status status = ph_fourier_new(c->picture.batch * c->picture.channels, c->picture.height,
                                    c->picture.width, c->decay, &fourier, e);
  if (status == PH_OK) *state = fourier;
  return status;
}

static void close(void *state) { ph_fourier_free(state); }

static void forward(void *state, const float *values, float *raw) { ph_fourier_forward(state, values, raw); }

static void backward(void *state, const float *values, const float *raw_gradient, float *gradient) {
  (void)values;
  ph_fourier_backward(state, raw_gradient, gradient);
}

static void invert(void *state, const float *raw, float *values) { ph_fourier_invert(state, raw, values); }

const ph_parameterisation_kind ph_parameterisation_fourier = {
    .name = "fourier",
    .summary = "the image's spectrum, scaled so that all frequencies move alike",
    .fields = fields,
    .linear = true,
    .config_size = sizeof(fourier_config),
    .shape = shape,
    .open = open,
    .close = close,
    .forward = forward,
    .backward = backward,
    .invert = invert,
};
