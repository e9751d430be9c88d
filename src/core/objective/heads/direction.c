/* SPDX-License-Identifier: MIT */
/* Directions in activation space: the mean over positions of dot(x, v) * max(0.1, cosine(x, v))^power, where
   x is the activations of all channels at one position. With power 0 that is the plain dot product; greater
   powers ask for the direction rather than for strength (Carter et al., "Activation Atlas", 2019).

   One vector may serve all positions (direction), one position be read (direction_neuron), or every position
   of a centred rectangle have a vector of its own (tensor_direction). Where angle is "projection", dot(x, v)
   / |x| stands for the cosine, as in the notebooks of that article. channel_weights is a direction with power
   0, divided by the number of channels, and neuron_weights the same at one position. */
#include <math.h>
#include <string.h>

#include "objective/head.h"

typedef struct direction_config {
  ph_head_place place;
  double power;
  int angle; /* index into angles */
  int64_t x, y;
} direction_config;

enum { COSINE, PROJECTION };
static const char *const angles[] = {"cosine", "projection", NULL};

static const double epsilon = 1e-4, floor_cosine = 0.1; /* Lucid 0.3.10, objectives.py, _dot_cossim */

#define COSINE_POWER                                                                                         \
  {"cosine_power",                                                                                           \
   PH_REAL,                                                                                                  \
   offsetof(direction_config, power),                                                                        \
   0,                                                                                                        \
   0,                                                                                                        \
   100,                                                                                                      \
   NULL,                                                                                                     \
   "how much the angle counts; with 0 not at all"},                                                          \
  {                                                                                                          \
    "angle", PH_CHOICE, offsetof(direction_config, angle), COSINE, 0, 0, angles,                             \
        "what is raised to that power: the cosine, or x . v / |x|, in which v's length counts"               \
  }

static const ph_field direction_fields[] = {PH_HEAD_PLACE, COSINE_POWER, {0}};
static const ph_field weights_fields[] = {PH_HEAD_PLACE, {0}};

#define POSITION                                                                                             \
  {"x", PH_INTEGER, offsetof(direction_config, x), -1, 0, 1e9, NULL, "the column; by default the centre"}, { \
    "y", PH_INTEGER, offsetof(direction_config, y), -1, 0, 1e9, NULL, "the row; by default the centre"       \
  }

static const ph_field neuron_fields[] = {PH_HEAD_PLACE, COSINE_POWER, POSITION, {0}};
static const ph_field neuron_weights_fields[] = {PH_HEAD_PLACE, POSITION, {0}};

static const ph_argument vector_arguments[] = {
    PH_HEAD_LAYER, {"vector", {"tensor", NULL}, "one number a channel; a tensor is not copied", true}, {0}};
static const ph_argument tensor_arguments[] = {
    PH_HEAD_LAYER, {"tensor", {"tensor", NULL}, "(channels, height, width); not copied", false}, {0}};
static const ph_argument weights_arguments[] = {
    PH_HEAD_LAYER, {"weights", {"tensor", NULL}, "one number a channel; a tensor is not copied", true}, {0}};

static const direction_config *config_of(const ph_head *head) {
  return (const direction_config *)head->config;
}

/* ---- which positions are read ---- */

/* Positions of one map, as rows of consecutive elements. */
typedef struct window {
  int64_t rows, length; /* how many rows, and how long */
  int64_t start, pitch; /* where the first begins, and how far apart they are */
  bool own_vectors;     /* the tensor is (c, rows, length) rather than (c) */
} window;

static window window_of(const ph_head *head, const ph_tap *tap) {
  const direction_config *config = config_of(head);
  if (head->type == &ph_head_direction_neuron || head->type == &ph_head_neuron_weights) {
    int64_t x = config->x >= 0 ? config->x : tap->w / 2, y = config->y >= 0 ? config->y : tap->h / 2;
    return (window){1, 1, y * tap->w + x, 0, false};
  }
  if (head->type == &ph_head_tensor_direction) {
    ph_shape shape = ph_tensor_shape(head->tensor);
    int64_t rows = shape.dim[shape.rank - 2], length = shape.dim[shape.rank - 1];
    int64_t y = (tap->h - rows) / 2, x = (tap->w - length) / 2;
    return (window){rows, length, y * tap->w + x, tap->w, true};
  }
  return (window){1, tap->h * tap->w, 0, 0, false};
}

static ph_status fit_vector(const ph_head *head, const ph_tap *tap, ph_error *e) {
  int64_t count = ph_tensor_count(head->tensor);
  if (count == tap->c) return PH_OK;
  return ph_fail(e, PH_MISUSE, "layer '%s': %s expected a vector of %lld numbers, got %lld", tap->layer,
                 head->type->name, (long long)tap->c, (long long)count);
}

static ph_status fit_neuron(const ph_head *head, const ph_tap *tap, ph_error *e) {
  const direction_config *config = config_of(head);
  ph_status status = fit_vector(head, tap, e);
  if (status == PH_OK && config->x >= 0) status = ph_head_expect_index(tap, "x", config->x, tap->w, e);
  if (status == PH_OK && config->y >= 0) status = ph_head_expect_index(tap, "y", config->y, tap->h, e);
  return status;
}

static ph_status fit_tensor(const ph_head *head, const ph_tap *tap, ph_error *e) {
  char most[PH_SHAPE_TEXT], got[PH_SHAPE_TEXT];
  ph_shape shape = ph_tensor_shape(head->tensor);
  int rank = shape.rank;
  bool fits = (rank == 3 || (rank == 4 && shape.dim[0] == 1)) && shape.dim[rank - 3] == tap->c &&
              shape.dim[rank - 2] <= tap->h && shape.dim[rank - 1] <= tap->w;
  if (fits) return PH_OK;
  return ph_fail(e, PH_MISUSE, "layer '%s': tensor_direction expected a tensor of at most %s, got %s",
                 tap->layer, ph_shape_print(ph_shape_of(3, (int64_t[]){tap->c, tap->h, tap->w}), most),
                 ph_shape_print(shape, got));
}

/* ---- value and gradient ---- */

/* Scratch: for every position of every image two doubles, first the dot product and the squared length of x,
   then what x's gradient is made of (v and x, so many times each); for every position the squared length of
   v. */
static int64_t scratch(const ph_head *head, const ph_tap *tap) {
  window win = window_of(head, tap);
  return (2 * tap->n + 1) * win.rows * win.length;
}

/* Sums products and squares over the channels. */
static void accumulate(const ph_head *head, const ph_tap *tap, window win) {
  int64_t map = win.rows * win.length, area = tap->h * tap->w;
  double *dots = tap->scratch, *squares = dots + tap->n * map, *lengths = squares + tap->n * map;
  const float *vectors = ph_tensor_read(head->tensor);
  memset(dots, 0, (size_t)(2 * tap->n + 1) * (size_t)map * sizeof *dots);
  for (int64_t plane = 0; plane < tap->n * tap->c; plane++) {
    int64_t n = plane / tap->c, c = plane % tap->c;
    for (int64_t row = 0; row < win.rows; row++) {
      const float *x = tap->activation + plane * area + win.start + row * win.pitch;
      const float *v = win.own_vectors ? vectors + c * map + row * win.length : vectors + c;
      double *dot = dots + n * map + row * win.length, *square = squares + n * map + row * win.length;
      double *length = lengths + row * win.length;
      for (int64_t i = 0; i < win.length; i++) {
        double xi = (double)x[i], vi = (double)v[win.own_vectors ? i : 0];
        dot[i] += xi * vi;
        square[i] += xi * xi;
        if (n == 0) length[i] += vi * vi;
      }
    }
  }
}

/* One position's term, v's length being what its cosine is divided by. Replaces *dot and *square by the
   factors of v and of x in the term's gradient. */
static double term(double *dot, double *square, double vector_length, double power) {
  double d = *dot, x_length = sqrt(*square);
  *dot = 1;
  *square = 0;
  if (power == 0) return d;
  double cosine = d / ((epsilon + x_length) * vector_length);
  double weight = pow(cosine > floor_cosine ? cosine : floor_cosine, power);
  *dot = weight;
  if (cosine > floor_cosine) {
    *dot = weight * (1 + power);
    *square = -d * power * weight / ((epsilon + x_length) * x_length);
  }
  return d * weight;
}

/* One over how many terms the mean is taken of. */
static double share_of(const ph_head *head, const ph_tap *tap, window win) {
  int64_t terms = tap->n * win.rows * win.length;
  bool of_weights = head->type == &ph_head_channel_weights || head->type == &ph_head_neuron_weights;
  return 1 / (double)(of_weights ? terms * tap->c : terms);
}

static double value(const ph_head *head, const ph_tap *tap) {
  window win = window_of(head, tap);
  int64_t map = win.rows * win.length;
  double *dots = tap->scratch, *squares = dots + tap->n * map, *lengths = squares + tap->n * map;
  double sum = 0;
  bool projects = config_of(head)->angle == PROJECTION;
  accumulate(head, tap, win);
  for (int64_t i = 0; i < tap->n * map; i++)
    sum +=
        term(&dots[i], &squares[i], projects ? 1 : epsilon + sqrt(lengths[i % map]), config_of(head)->power);
  return share_of(head, tap, win) * sum;
}

static void gradient(const ph_head *head, const ph_tap *tap, double coefficient) {
  window win = window_of(head, tap);
  int64_t map = win.rows * win.length, area = tap->h * tap->w;
  const double *of_v = tap->scratch, *of_x = of_v + tap->n * map;
  const float *vectors = ph_tensor_read(head->tensor);
  double share = coefficient * share_of(head, tap, win);
  for (int64_t plane = 0; plane < tap->n * tap->c; plane++) {
    int64_t n = plane / tap->c, c = plane % tap->c;
    for (int64_t row = 0; row < win.rows; row++) {
      int64_t at = plane * area + win.start + row * win.pitch, position = n * map + row * win.length;
      const float *v = win.own_vectors ? vectors + c * map + row * win.length : vectors + c;
      for (int64_t i = 0; i < win.length; i++)
        tap->gradient[at + i] += (float)(share * (of_v[position + i] * (double)v[win.own_vectors ? i : 0] +
                                                  of_x[position + i] * (double)tap->activation[at + i]));
    }
  }
}

const ph_head_type ph_head_direction = {
    .name = "direction",
    .text =
        "Activation along a direction v: the mean over positions and images of (x . v) max(0.1, cos(x, "
        "v))^cosine_power, x being all channels at one position. (Lucid's direction and direction_cossim.)",
    .arguments = vector_arguments,
    .fields = direction_fields,
    .config_size = sizeof(direction_config),
    .fit = fit_vector,
    .scratch = scratch,
    .value = value,
    .gradient = gradient,
};

const ph_head_type ph_head_direction_neuron = {
    .name = "direction_neuron",
    .text = "The same at one position. The activation atlas' notebooks and Captum's AngledNeuronDirection "
            "have, of a row v, `ph.direction_neuron(layer, v:matmul(whitening) / channels, { angle = "
            "\"projection\", cosine_power = 4 })`.",
    .arguments = vector_arguments,
    .fields = neuron_fields,
    .config_size = sizeof(direction_config),
    .fit = fit_neuron,
    .scratch = scratch,
    .value = value,
    .gradient = gradient,
};

const ph_head_type ph_head_tensor_direction = {
    .name = "tensor_direction",
    .text = "The same with a vector for every position: activations, cropped around their centre to the "
            "tensor's size, along the tensor.",
    .arguments = tensor_arguments,
    .fields = direction_fields,
    .config_size = sizeof(direction_config),
    .fit = fit_tensor,
    .scratch = scratch,
    .value = value,
    .gradient = gradient,
};

const ph_head_type ph_head_channel_weights = {
    .name = "channel_weights",
    .text = "The mean over channels, positions and images of activation times the channel's weight: L = 1/(w "
            "h C) sum z d.",
    .arguments = weights_arguments,
    .fields = weights_fields,
    .config_size = sizeof(direction_config),
    .fit = fit_vector,
    .scratch = scratch,
    .value = value,
    .gradient = gradient,
};

const ph_head_type ph_head_neuron_weights = {
    .name = "neuron_weights",
    .text = "The same at one position: the mean over the channels of activation times weight. (lucent's "
            "neuron_weight.)",
    .arguments = weights_arguments,
    .fields = neuron_weights_fields,
    .config_size = sizeof(direction_config),
    .fit = fit_neuron,
    .scratch = scratch,
    .value = value,
    .gradient = gradient,
};
