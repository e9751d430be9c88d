/* SPDX-License-Identifier: MIT */
/* Style (Gatys et al., "A Neural Algorithm of Artistic Style", 2015): how far the Gram matrix of an image's
   channels, divided by the number of positions, is from a given one, or from that of another image of the
   batch. The mean over the matrix of absolute differences, or of squares, and over the images that are
   compared; recipes subtract it. As in Lucid 0.3.10, optvis/style.py. */
#include <math.h>

#include "tensor/gram.h"
#include "target.h"

typedef struct style_config {
  ph_target target;
  int loss; /* index into losses */
} style_config;

enum { L1, L2 };
static const char *const losses[] = {"l1", "l2", NULL};

static const ph_field fields[] = {PH_TARGET_FIELDS,
                                  {"loss", PH_CHOICE, offsetof(style_config, loss), L1, 0, 0, losses,
                                   "the mean of absolute differences, or of their squares"},
                                  {0}};

static const ph_argument arguments[] = {
    PH_TARGET_LAYERS,
    {"target",
     {"tensor", "to"},
     "a network, for what it just computed at the layer; a Gram matrix (c, c); an image's activation (1, c, "
     "h, w) of any size; or an image of the batch, from 0",
     false},
    {0}};

static ph_status fit(const ph_head *head, const ph_tap *tap, ph_error *e) {
  char text[PH_SHAPE_TEXT];
  if (head->tensor == NULL) return ph_target_fit_images(head, tap, e);
  ph_shape shape = ph_tensor_shape(head->tensor);
  if (shape.rank == 2 && shape.dim[0] == tap->c && shape.dim[1] == tap->c) return PH_OK;
  return ph_fail(e, PH_MISUSE, "layer '%s': style expected a Gram matrix of %lldx%lld, got %s", tap->layer,
                 (long long)tap->c, (long long)tap->c, ph_shape_print(shape, text));
}

/* Scratch: the Gram matrices (c, c) of all images, and what a gradient is made of. */
static int64_t scratch(const ph_head *head, const ph_tap *tap) {
  (void)head;
  return (tap->n + 1) * tap->c * tap->c;
}

static double *gram_of(const ph_tap *tap, int64_t n) { return tap->scratch + n * tap->c * tap->c; }
static double *factor_of(const ph_tap *tap) { return gram_of(tap, tap->n); }

static int64_t image_of(const ph_tap *tap) { return tap->c * tap->h * tap->w; }

static void find_gram(const ph_tap *tap, int64_t n) {
  int64_t area = tap->h * tap->w;
  double *gram = gram_of(tap, n);
  ph_gram(tap->activation + n * image_of(tap), tap->c, area, gram);
  for (int64_t i = 0; i < tap->c * tap->c; i++) gram[i] /= (double)area;
}

static int64_t to_of(const ph_head *head) { return ((const ph_target *)head->config)->to; }

/* Element i of the Gram matrix less that of the target. */
static double difference_at(const ph_head *head, const ph_tap *tap, int64_t n, int64_t i) {
  double target =
      head->tensor == NULL ? gram_of(tap, to_of(head))[i] : (double)ph_tensor_read(head->tensor)[i];
  return gram_of(tap, n)[i] - target;
}

static bool is_l1(const ph_head *head) { return ((const style_config *)head->config)->loss == L1; }

static double value(const ph_head *head, const ph_tap *tap) {
  int64_t size = tap->c * tap->c;
  double sum = 0;
  if (head->tensor == NULL) find_gram(tap, to_of(head));
  for (int64_t n = 0; n < tap->n; n++) {
    if (!ph_target_compares(head, n)) continue;
    find_gram(tap, n);
    for (int64_t i = 0; i < size; i++) {
      double difference = difference_at(head, tap, n, i);
      sum += is_l1(head) ? fabs(difference) : difference * difference;
    }
  }
  return sum / (double)(ph_target_compared(head, tap) * size);
}

/* The derivative of the loss by element i of the Gram matrix. */
static double slope_at(const ph_head *head, const ph_tap *tap, int64_t n, int64_t i) {
  double difference = difference_at(head, tap, n, i);
  return is_l1(head) ? (difference > 0) - (difference < 0) : 2 * difference;
}

static void gradient(const ph_head *head, const ph_tap *tap, double coefficient) {
  int64_t c = tap->c, area = tap->h * tap->w;
  float *target_gradient = ph_target_gradient(head, tap);
  double *factor = factor_of(tap);
  double share = coefficient / (double)(ph_target_compared(head, tap) * c * c * area);
  for (int64_t n = 0; n < tap->n; n++) {
    if (!ph_target_compares(head, n)) continue;
    for (int64_t i = 0; i < c; i++)
      for (int64_t j = 0; j < c; j++)
        factor[i * c + j] = share * (slope_at(head, tap, n, i * c + j) + slope_at(head, tap, n, j * c + i));
    ph_gram_backward(tap->activation + n * image_of(tap), c, area, factor, tap->gradient + n * image_of(tap));
    if (target_gradient == NULL) continue;
    for (int64_t i = 0; i < c * c; i++) factor[i] = -factor[i];
    ph_gram_backward(ph_target_of(head, tap, n), c, area, factor, target_gradient);
  }
}

const ph_head_type ph_head_style = {
    .name = "style",
    .text = "How far the style of an image is from a target's: the mean over all pairs of channels of |G - "
            "G_t| or of its square, G being the Gram matrix of the channels divided by the number of "
            "positions. Subtract it. (Gatys et al., 2015.)",
    .arguments = arguments,
    .whole_batch = true,
    .fields = fields,
    .config_size = sizeof(style_config),
    .check = ph_target_check,
    .fit = fit,
    .scratch = scratch,
    .value = value,
    .gradient = gradient,
};
