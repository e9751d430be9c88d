/* SPDX-License-Identifier: MIT */
/* instance_norm, group_norm, layer_norm: runs of elements, each brought to mean 0 and variance 1 by its own
   mean and variance, then scaled and shifted: y = scale * (x - mean) / sqrt(variance + epsilon) + bias. A run
   is a channel's plane (Ulyanov et al., 2016), a group of channels (Wu and He, 2018), or all axes from one on
   (Ba et al., 2016). Runs lie in one piece; they differ in which element has which scale. */
#include <math.h>

#include "base/vector.h"
#include "axes.h"

typedef struct norm_config {
  double epsilon;
  int64_t groups; /* group_norm only */
  int64_t axis;   /* layer_norm only */
} norm_config;

#define EPSILON                                                                                              \
  { "epsilon", PH_REAL, offsetof(norm_config, epsilon), 1e-5, 0, 1, NULL, "added to the variance" }

static const ph_field instance_fields[] = {EPSILON, {0}};
static const ph_field group_fields[] = {
    EPSILON,
    {"groups", PH_INTEGER, offsetof(norm_config, groups), 1, 1, 65536, NULL, "of channels, alike in size"},
    {0}};
static const ph_field layer_fields[] = {EPSILON,
                                        {"axis", PH_INTEGER, offsetof(norm_config, axis), -1, PH_LEAST_AXIS,
                                         PH_MOST_AXIS, NULL,
                                         "the first of the axes that are normalised over"},
                                        {0}};

static const ph_parameter by_channels[] = {
    {"scale", "(channels); 1 by default"}, {"bias", "(channels); 0 by default"}, {0}};
static const ph_parameter by_axes[] = {
    {"scale", "of the shape of those axes; 1 by default"}, {"bias", "likewise; 0 by default"}, {0}};
enum { SCALE, BIAS };

/* Element i of run r has scale number (r * length + i) / plane % scales. */
typedef struct runs {
  int64_t number, length, plane, scales;
} runs;

static int row_axis(const ph_layer *layer, int rank) {
  int64_t axis = ((const norm_config *)layer->config)->axis;
  return (int)(axis < 0 ? axis + rank : axis);
}

static runs runs_of(const ph_layer *layer, ph_shape s) {
  int64_t count = ph_shape_count(s);
  runs r = {.plane = 1};
  if (layer->type == &ph_layer_layer_norm) {
    r.scales = r.length = ph_axes_count(s, row_axis(layer, s.rank), s.rank);
  } else {
    int64_t groups = ((const norm_config *)layer->config)->groups;
    r.plane = ph_axes_count(s, 2, s.rank);
    r.scales = s.dim[1];
    r.length = layer->type == &ph_layer_instance_norm ? r.plane : r.plane * s.dim[1] / groups;
  }
  r.number = count / r.length;
  return r;
}

static ph_status shape_by_channels(const ph_layer *layer, const ph_shape *inputs, ph_shape *output,
                                   ph_error *e) {
  const norm_config *config = layer->config;
  char text[PH_SHAPE_TEXT];
  ph_status status;
  if (inputs[0].rank < 2)
    return ph_layer_fail(layer, e, "expected an input with channels, got %s",
                         ph_shape_print(inputs[0], text));
  int64_t channels = inputs[0].dim[1];
  if (layer->type == &ph_layer_group_norm && channels % config->groups != 0)
    return ph_layer_fail(layer, e, "%lld channels do not make %lld groups", (long long)channels,
                         (long long)config->groups);
  for (int i = SCALE; i <= BIAS; i++)
    PH_TRY(ph_layer_expect_parameter(layer, i, ph_shape_of(1, &channels), e));
  *output = inputs[0];
done:
  return status;
}

/* Parameters have the shape of the axes that are normalised over. */
static ph_status shape_by_axes(const ph_layer *layer, const ph_shape *inputs, ph_shape *output, ph_error *e) {
  int axis;
  ph_status status;
  PH_TRY(ph_axis_find(layer, (double)((const norm_config *)layer->config)->axis, inputs[0].rank, &axis, e));
  for (int i = SCALE; i <= BIAS; i++)
    PH_TRY(ph_layer_expect_parameter(layer, i, ph_shape_of(inputs[0].rank - axis, &inputs[0].dim[axis]), e));
  *output = inputs[0];
done:
  return status;
}

/* ---- sums ---- */

/* Sums run in 8 parts, so that they are sums of vectors, in an order that is always the same. */
enum { PARTS = 8 };

static double total(const double part[PARTS]) {
  double sum = 0;
  for (int j = 0; j < PARTS; j++) sum += part[j];
  return sum;
}

PH_VECTOR static double sum_of(const float *x, int64_t count) {
  double part[PARTS] = {0};
  int64_t i = 0;
  for (; i + PARTS <= count; i += PARTS)
    for (int j = 0; j < PARTS; j++) part[j] += (double)x[i + j];
  for (; i < count; i++) part[0] += (double)x[i];
  return total(part);
}

/* Of (x - mean)^2. */
PH_VECTOR static double squares_of(const float *x, double mean, int64_t count) {
  double part[PARTS] = {0};
  int64_t i = 0;
  for (; i + PARTS <= count; i += PARTS)
    for (int j = 0; j < PARTS; j++) part[j] += ((double)x[i + j] - mean) * ((double)x[i + j] - mean);
  for (; i < count; i++) part[0] += ((double)x[i] - mean) * ((double)x[i] - mean);
  return total(part);
}

typedef struct moments {
  double mean, inverse; /* of the deviation */
} moments;

static moments moments_of(const ph_layer *layer, const float *x, int64_t count) {
  double mean = sum_of(x, count) / (double)count, epsilon = ((const norm_config *)layer->config)->epsilon;
  return (moments){mean, 1 / sqrt(squares_of(x, mean, count) / (double)count + epsilon)};
}

/* ---- spans: parts of a run, along each of which a parameter is one number, or has one for each element ----
 */

typedef struct span {
  const float *scale, *bias;
  bool has_scales, has_biases; /* one for each element */
  int64_t count;
} span;

static const float one = 1, zero = 0;

/* The span that begins with this element: a plane, or, of layer_norm, the whole run. */
static span span_at(const ph_layer *layer, const runs *r, int64_t element) {
  const ph_tensor *scale = layer->parameter[SCALE], *bias = layer->parameter[BIAS];
  const bool whole = layer->type == &ph_layer_layer_norm;
  int64_t at = whole ? 0 : element / r->plane % r->scales;
  return (span){.scale = scale == NULL ? &one : ph_tensor_read(scale) + at,
                .bias = bias == NULL ? &zero : ph_tensor_read(bias) + at,
                .has_scales = whole && scale != NULL,
                .has_biases = whole && bias != NULL,
                .count = whole ? r->length : r->plane};
}

PH_VECTOR static void normalise(span s, moments m, const float *restrict x, float *restrict y) {
  const float mean = (float)m.mean, inverse = (float)m.inverse, scale = *s.scale, bias = *s.bias;
  for (int64_t i = 0; i < s.count; i++) y[i] = (x[i] - mean) * inverse;
  if (s.has_scales)
    for (int64_t i = 0; i < s.count; i++) y[i] *= s.scale[i];
  else
    for (int64_t i = 0; i < s.count; i++) y[i] *= scale;
  if (s.has_biases)
    for (int64_t i = 0; i < s.count; i++) y[i] += s.bias[i];
  else
    for (int64_t i = 0; i < s.count; i++) y[i] += bias;
}

/* h = g * scale, of 8 elements */
static inline void scaled(const span *s, const float *g, int64_t i, int count, double h[PARTS]) {
  for (int j = 0; j < count; j++) h[j] = (double)g[i + j] * (double)s->scale[s->has_scales ? i + j : 0];
}

/* Adds up h, and h z, of a span. */
PH_VECTOR static void add_sums(span s, moments m, const float *restrict x, const float *restrict g,
                               double *sum, double *along) {
  double h[PARTS], all[PARTS] = {0}, products[PARTS] = {0};
  for (int64_t i = 0; i < s.count; i += PARTS) {
    const int count = s.count - i < PARTS ? (int)(s.count - i) : PARTS;
    scaled(&s, g, i, count, h);
    for (int j = 0; j < count; j++) {
      all[j] += h[j];
      products[j] += h[j] * ((double)x[i + j] - m.mean) * m.inverse;
    }
  }
  *sum += total(all);
  *along += total(products);
}

/* dst += (h - mean of h - z * mean of h z) / deviation */
PH_VECTOR static void add_gradient(span s, moments m, const float *restrict x, const float *restrict g,
                                   float mean_h, float mean_hz, float *restrict dst) {
  const float mean = (float)m.mean, inverse = (float)m.inverse, scale = *s.scale;
  if (s.has_scales)
    for (int64_t i = 0; i < s.count; i++) dst[i] += inverse * s.scale[i] * g[i];
  else
    for (int64_t i = 0; i < s.count; i++) dst[i] += inverse * scale * g[i];
  for (int64_t i = 0; i < s.count; i++) dst[i] -= inverse * (mean_h + (x[i] - mean) * inverse * mean_hz);
}

static void forward(const ph_layer *layer, const ph_pass *pass) {
  runs r = runs_of(layer, pass->output.shape);
  for (int64_t run = 0; run < r.number; run++) {
    int64_t first = run * r.length;
    moments m = moments_of(layer, pass->input[0].data + first, r.length);
    span s;
    for (int64_t at = first; at < first + r.length; at += s.count) {
      s = span_at(layer, &r, at);
      normalise(s, m, pass->input[0].data + at, pass->output.data + at);
    }
  }
}

static void backward(const ph_layer *layer, const ph_pass *pass) {
  runs r = runs_of(layer, pass->output.shape);
  const float *x = pass->input[0].data, *g = pass->output_gradient;
  float *dst = pass->input_gradient[0];
  if (dst == NULL) return;
  for (int64_t run = 0; run < r.number; run++) {
    int64_t first = run * r.length;
    moments m = moments_of(layer, x + first, r.length);
    double sum = 0, along = 0, count = (double)r.length;
    span s;
    for (int64_t at = first; at < first + r.length; at += s.count) {
      s = span_at(layer, &r, at);
      add_sums(s, m, x + at, g + at, &sum, &along);
    }
    for (int64_t at = first; at < first + r.length; at += s.count) {
      s = span_at(layer, &r, at);
      add_gradient(s, m, x + at, g + at, (float)(sum / count), (float)(along / count), dst + at);
    }
  }
}

/* layer_norm: of each row everything. */
static void needs_rows(const ph_layer *layer, const ph_needs *n) {
  for (int a = 0; a < row_axis(layer, n->output.rank); a++) n->needed[0].axis[a] = n->wanted.axis[a];
}

#define NORM(type, its_text, its_parameters, its_fields, its_shape, its_reach, its_rows, its_needs)          \
  const ph_layer_type ph_layer_##type = {.name = #type,                                                      \
                                         .text = its_text,                                                   \
                                         .least_inputs = 1,                                                  \
                                         .most_inputs = 1,                                                   \
                                         .reach = its_reach,                                                 \
                                         .row_axis = its_rows,                                               \
                                         .needs = its_needs,                                                 \
                                         .parameters = its_parameters,                                       \
                                         .required_parameters = 0,                                           \
                                         .fields = its_fields,                                               \
                                         .config_size = sizeof(norm_config),                                 \
                                         .shape = its_shape,                                                 \
                                         .forward = forward,                                                 \
                                         .backward = backward}

NORM(instance_norm,
     "Each channel of each image brought to mean 0 and variance 1 over its pixels: scale * (x - mean) / "
     "sqrt(variance + epsilon) + bias (Ulyanov et al., 2016).",
     by_channels, instance_fields, shape_by_channels, PH_REACH_CHANNEL, NULL, NULL);
NORM(group_norm,
     "As instance_norm, with mean and variance of groups of neighbouring channels (Wu and He, 2018).",
     by_channels, group_fields, shape_by_channels, PH_REACH_ANYTHING, NULL, ph_needs_images);
NORM(layer_norm,
     "As instance_norm, with mean and variance over all axes from `axis` on, and a scale and a bias for each "
     "element of them (Ba et al., 2016).",
     by_axes, layer_fields, shape_by_axes, PH_REACH_ANYTHING, row_axis, needs_rows);
