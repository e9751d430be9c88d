/* SPDX-License-Identifier: MIT */
/* Activation functions with settings: leaky_relu, elu, selu, celu, hard_sigmoid, thresholded_relu, shrink.
   Definitions are ONNX's. */
#include "elementwise.h"

PH_ELEMENTWISE(leaky_relu, x < 0 ? a * x : x, x < 0 ? a : 1)
PH_ELEMENTWISE(elu, x < 0 ? a * expm1f(x) : x, x < 0 ? a * expf(x) : 1)
PH_ELEMENTWISE(selu, x <= 0 ? b * a * expm1f(x) : b * x, x <= 0 ? b * a * expf(x) : b)
PH_ELEMENTWISE(celu, x < 0 ? a * expm1f(x / a) : x, x < 0 ? ph_exp(x / a) : 1)
PH_ELEMENTWISE(hard_sigmoid, fminf(fmaxf(a *x + b, 0), 1), a *x + b > 0 && a * x + b < 1 ? a : 0)
PH_ELEMENTWISE(thresholded_relu, x > a ? x : 0, x > a ? 1 : 0)
PH_ELEMENTWISE(shrink, x<-a ? x + b : x> a ? x - b : 0, x<-a || x> a ? 1 : 0)

typedef struct settings {
  double a, b;
} settings;

#define SETTING(KEY, MEMBER, DEFAULT, LEAST, SUMMARY)                                                        \
  { KEY, PH_REAL, offsetof(settings, MEMBER), DEFAULT, LEAST, 1e6, NULL, SUMMARY }

static const ph_field leaky_relu_fields[] = {SETTING("slope", a, 0.01, -1e6, "below 0"), {0}};
static const ph_field elu_fields[] = {SETTING("alpha", a, 1, -1e6, "minus the value far below 0"), {0}};
static const ph_field celu_fields[] = {SETTING("alpha", a, 1, 1e-6, "minus the value far below 0"), {0}};
static const ph_field selu_fields[] = {
    /* Klambauer et al., 2017 */
    SETTING("alpha", a, 1.67326319217681884765625, -1e6, "as elu's"),
    SETTING("gamma", b, 1.05070102214813232421875, -1e6, "factor on all"),
    {0}};
static const ph_field hard_sigmoid_fields[] = {SETTING("alpha", a, 0.2, -1e6, "slope between 0 and 1"),
                                               SETTING("beta", b, 0.5, -1e6, "value at 0"),
                                               {0}};
static const ph_field thresholded_relu_fields[] = {
    SETTING("threshold", a, 1, -1e6, "what is not above becomes 0"), {0}};
static const ph_field shrink_fields[] = {
    SETTING("threshold", a, 0.5, 0, "what is not further from 0 becomes 0"),
    SETTING("bias", b, 0, -1e6, "how far the others move towards 0"),
    {0}};

#define ACTIVATION(NAME, TEXT)                                                                               \
  static void NAME##_forward(const ph_layer *layer, const ph_pass *pass) {                                   \
    const settings *s = layer->config;                                                                       \
    ph_rows_forward((ph_rows){NAME##_values, NAME##_slopes}, pass, s->a, s->b);                              \
  }                                                                                                          \
  static void NAME##_backward(const ph_layer *layer, const ph_pass *pass) {                                  \
    const settings *s = layer->config;                                                                       \
    ph_rows_backward((ph_rows){NAME##_values, NAME##_slopes}, pass, s->a, s->b);                             \
  }                                                                                                          \
  const ph_layer_type ph_layer_##NAME = {.name = #NAME,                                                      \
                                         .text = TEXT,                                                       \
                                         .least_inputs = 1,                                                  \
                                         .most_inputs = 1,                                                   \
                                         .reach = PH_REACH_ELEMENT,                                          \
                                         .fields = NAME##_fields,                                            \
                                         .config_size = sizeof(settings),                                    \
                                         .shape = ph_layer_same_shape,                                       \
                                         .forward = NAME##_forward,                                          \
                                         .backward = NAME##_backward};

ACTIVATION(leaky_relu, "x, or slope * x where that is negative.")
ACTIVATION(elu, "x, or alpha * (exp(x) - 1) where that is negative (Clevert et al., 2016).")
ACTIVATION(selu, "gamma times elu (Klambauer et al., 2017).")
ACTIVATION(celu, "x, or alpha * (exp(x / alpha) - 1) where that is negative (Barron, 2017).")
ACTIVATION(hard_sigmoid, "alpha * x + beta, held between 0 and 1.")
ACTIVATION(thresholded_relu, "x where it is above the threshold, else 0.")
ACTIVATION(shrink, "x + bias below -threshold, x - bias above threshold, 0 between.")
