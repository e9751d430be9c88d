/* The DeepDream objective (Mordvintsev et al., 2015): the squared activations of a whole layer. Their mean by
   default, so that its size does not depend on the layer's; their sum is the squared norm of the slides. */
#include "../head.h"
#include "sums.h"

typedef struct layer_config {
  ph_head_place place;
  int norm; /* index into norms */
} layer_config;

enum { MEAN, SUM };
static const char *const norms[] = {"mean", "sum", NULL};

static const ph_field fields[] = {
    PH_HEAD_PLACE,
    {"norm", PH_CHOICE, offsetof(layer_config, norm), MEAN, 0, 0, norms, "how the squares are put together"},
    {0}};

static int64_t count_of(const ph_tap *tap) { return tap->n * tap->c * tap->h * tap->w; }

static double weight_of(const ph_head *head, const ph_tap *tap) {
  return ((const layer_config *)head->config)->norm == MEAN ? 1 / (double)count_of(tap) : 1;
}

static double value(const ph_head *head, const ph_tap *tap) {
  return weight_of(head, tap) * ph_dot(tap->activation, tap->activation, count_of(tap));
}

static void gradient(const ph_head *head, const ph_tap *tap, double coefficient) {
  ph_add_scaled(tap->gradient, 2 * coefficient * weight_of(head, tap), tap->activation, count_of(tap));
}

static const char *const positional[] = {"layer", NULL};

const ph_head_type ph_head_layer = {
    .name = "layer",
    .summary = "squared activations of a layer (DeepDream)",
    .positional = positional,
    .fields = fields,
    .config_size = sizeof(layer_config),
    .value = value,
    .gradient = gradient,
};
