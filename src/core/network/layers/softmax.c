/* SPDX-License-Identifier: MIT */
/* softmax: exp(x) over its sum along an axis, the channels where no other is named; log_softmax: its
   logarithm. The largest x is taken off first, so that nothing overflows. Coerced, all axes from the named
   one on are taken as one (ONNX before version 13). */
#include <math.h>

#include "axes.h"

typedef struct softmax_config {
  int64_t axis;
  bool coerced;
} softmax_config;

static const ph_field fields[] = {{"axis", PH_INTEGER, offsetof(softmax_config, axis), 1, PH_LEAST_AXIS,
                                   PH_MOST_AXIS, NULL, "along which the probabilities sum to 1"},
                                  {"coerced", PH_FLAG, offsetof(softmax_config, coerced), 0, 0, 1, NULL,
                                   "along all axes from `axis` on, as ONNX before version 13"},
                                  {0}};

/* The input as (before, length, after), with probabilities along `length`. */
typedef struct along {
  int64_t before, length, after;
} along;

static ph_status along_of(const ph_layer *layer, ph_shape input, along *a, ph_error *e) {
  const softmax_config *config = layer->config;
  int axis = 0;
  ph_status status = ph_axis_find(layer, (double)config->axis, input.rank, &axis, e);
  if (status != PH_OK) return status;
  int last = config->coerced ? input.rank : axis + 1;
  *a = (along){ph_axes_count(input, 0, axis), ph_axes_count(input, axis, last),
               ph_axes_count(input, last, input.rank)};
  return PH_OK;
}

static ph_status shape(const ph_layer *layer, const ph_shape *inputs, ph_shape *output, ph_error *e) {
  along a;
  *output = inputs[0];
  return along_of(layer, inputs[0], &a, e);
}

static int row_axis(const ph_layer *layer, int rank) {
  const softmax_config *config = layer->config;
  const int axis = (int)(config->axis < 0 ? config->axis + rank : config->axis);
  return config->coerced || axis == rank - 1 ? axis : 0;
}

/* All along the axis. */
static void needs(const ph_layer *layer, const ph_needs *n) {
  const softmax_config *config = layer->config;
  const ph_box whole = n->needed[0];
  const int first = (int)(config->axis < 0 ? config->axis + whole.rank : config->axis);
  n->needed[0] = n->wanted;
  for (int a = first; a < (config->coerced ? whole.rank : first + 1); a++)
    n->needed[0].axis[a] = whole.axis[a];
}

/* `of` sees each row that sums to 1: where it begins, and how far its elements are apart. */
typedef void of_row(const ph_pass *pass, int64_t at, int64_t count, int64_t step);

static void each_row(const ph_layer *layer, const ph_pass *pass, of_row *of) {
  along a;
  if (along_of(layer, pass->output.shape, &a, NULL) != PH_OK) return; /* `shape` refused it already */
  for (int64_t i = 0; i < a.before; i++)
    for (int64_t j = 0; j < a.after; j++) of(pass, i * a.length * a.after + j, a.length, a.after);
}

static float largest(const float *x, int64_t count, int64_t step) {
  float most = x[0];
  for (int64_t i = 1; i < count; i++) most = x[i * step] > most ? x[i * step] : most;
  return most;
}

static void softmax_row(const ph_pass *pass, int64_t at, int64_t count, int64_t step) {
  const float *x = pass->input[0].data + at;
  float *y = pass->output.data + at, most = largest(x, count, step);
  double sum = 0;
  for (int64_t i = 0; i < count; i++) sum += (double)(y[i * step] = expf(x[i * step] - most));
  float share = (float)(1 / sum);
  for (int64_t i = 0; i < count; i++) y[i * step] *= share;
}

/* dx = y * (g - sum of g y): what all have in common changes nothing. */
static void softmax_row_back(const ph_pass *pass, int64_t at, int64_t count, int64_t step) {
  const float *y = pass->output.data + at, *g = pass->output_gradient + at;
  float *dst = pass->input_gradient[0] + at;
  double common = 0;
  for (int64_t i = 0; i < count; i++) common += (double)g[i * step] * (double)y[i * step];
  for (int64_t i = 0; i < count; i++) dst[i * step] += y[i * step] * (g[i * step] - (float)common);
}

static void log_softmax_row(const ph_pass *pass, int64_t at, int64_t count, int64_t step) {
  const float *x = pass->input[0].data + at;
  float *y = pass->output.data + at, most = largest(x, count, step);
  double sum = 0;
  for (int64_t i = 0; i < count; i++) sum += (double)expf(x[i * step] - most);
  double offset = (double)most + log(sum);
  for (int64_t i = 0; i < count; i++) y[i * step] = (float)((double)x[i * step] - offset);
}

/* dx = g - exp(y) * sum of g. */
static void log_softmax_row_back(const ph_pass *pass, int64_t at, int64_t count, int64_t step) {
  const float *y = pass->output.data + at, *g = pass->output_gradient + at;
  float *dst = pass->input_gradient[0] + at;
  double sum = 0;
  for (int64_t i = 0; i < count; i++) sum += (double)g[i * step];
  for (int64_t i = 0; i < count; i++) dst[i * step] += g[i * step] - expf(y[i * step]) * (float)sum;
}

#define SOFTMAX(NAME, TEXT)                                                                                  \
  static void NAME##_forward(const ph_layer *layer, const ph_pass *pass) {                                   \
    each_row(layer, pass, NAME##_row);                                                                       \
  }                                                                                                          \
  static void NAME##_backward(const ph_layer *layer, const ph_pass *pass) {                                  \
    if (pass->input_gradient[0] != NULL) each_row(layer, pass, NAME##_row_back);                             \
  }                                                                                                          \
  const ph_layer_type ph_layer_##NAME = {.name = #NAME,                                                      \
                                         .text = TEXT,                                                       \
                                         .least_inputs = 1,                                                  \
                                         .most_inputs = 1,                                                   \
                                         .row_axis = row_axis,                                               \
                                         .needs = needs,                                                     \
                                         .fields = fields,                                                   \
                                         .config_size = sizeof(softmax_config),                              \
                                         .shape = shape,                                                     \
                                         .forward = NAME##_forward,                                          \
                                         .backward = NAME##_backward};

SOFTMAX(softmax, "Probabilities across channels, or along another axis: exp(x) over its sum.")
SOFTMAX(log_softmax, "The logarithm of softmax.")
