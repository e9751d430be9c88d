/* SPDX-License-Identifier: MIT */
/* The DeepDream objective (Mordvintsev et al., 2015): the squared activations of a whole layer. Their mean by
   default, so that its size does not depend on the layer's; their sum is the squared norm of the slides. With
   power 1 it is the mean activation, as in Captum's LayerActivation. */
#include <math.h>

#include "objective/head.h"
#include "sums.h"

typedef struct layer_config {
  ph_head_place place;
  int norm; /* index into norms */
  int64_t power;
} layer_config;

enum { MEAN, SUM };
static const char *const norms[] = {"mean", "sum", NULL};

static const ph_field fields[] = {
    PH_HEAD_PLACE,
    {"norm", PH_CHOICE, offsetof(layer_config, norm), MEAN, 0, 0, norms,
     "the mean of the powers, or their sum, which for squares is the squared norm"},
    {"power", PH_INTEGER, offsetof(layer_config, power), 2, 1, 16, NULL, "what activations are raised to"},
    {0}};

static int64_t count_of(const ph_tap *tap) { return tap->n * tap->c * tap->h * tap->w; }

static double weight_of(const ph_head *head, const ph_tap *tap) {
  return ((const layer_config *)head->config)->norm == MEAN ? 1 / (double)count_of(tap) : 1;
}

static int power_of(const ph_head *head) { return (int)((const layer_config *)head->config)->power; }

static double value(const ph_head *head, const ph_tap *tap) {
  int power = power_of(head);
  double sum = 0;
  if (power == 2) return weight_of(head, tap) * ph_dot(tap->activation, tap->activation, count_of(tap));
  for (int64_t i = 0; i < count_of(tap); i++) sum += pow((double)tap->activation[i], power);
  return weight_of(head, tap) * sum;
}

static void gradient(const ph_head *head, const ph_tap *tap, double coefficient) {
  int power = power_of(head);
  double factor = power * coefficient * weight_of(head, tap);
  if (power == 2) {
    ph_add_scaled(tap->gradient, factor, tap->activation, count_of(tap));
    return;
  }
  for (int64_t i = 0; i < count_of(tap); i++)
    tap->gradient[i] += (float)(factor * pow((double)tap->activation[i], power - 1));
}

static const ph_argument arguments[] = {PH_HEAD_LAYER, {0}};

const ph_head_type ph_head_layer = {
    .name = "layer",
    .text = "The squared activations of a whole layer: DeepDream (Mordvintsev et al., 2015). With `power = "
            "1`, its activations.",
    .arguments = arguments,
    .fields = fields,
    .config_size = sizeof(layer_config),
    .value = value,
    .gradient = gradient,
};
