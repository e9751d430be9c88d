/* instance_norm, group_norm, layer_norm: runs of elements, each brought to mean 0 and variance 1 by its own
   mean and variance, then scaled and shifted: y = scale * (x - mean) / sqrt(variance + epsilon) + bias. A run
   is a channel's plane (Ulyanov et al., 2016), a group of channels (Wu and He, 2018), or all axes from one on
   (Ba et al., 2016). Runs lie in one piece; they differ in which element has which scale. */
#include <math.h>

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

static const char *const parameters[] = {"scale", "bias", NULL};
enum { SCALE, BIAS };

/* Element i of run r has scale number (r * length + i) / plane % scales. */
typedef struct runs {
  int64_t number, length, plane, scales;
} runs;

static int first_axis(const ph_layer *layer, int rank) {
  int64_t axis = ((const norm_config *)layer->config)->axis;
  return (int)(axis < 0 ? axis + rank : axis);
}

static runs runs_of(const ph_layer *layer, ph_shape s) {
  int64_t count = ph_shape_count(s);
  runs r = {.plane = 1};
  if (layer->type == &ph_layer_layer_norm) {
    r.scales = r.length = ph_axes_count(s, first_axis(layer, s.rank), s.rank);
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
fail:
  return status;
}

/* Parameters have the shape of the axes that are normalised over. */
static ph_status shape_by_axes(const ph_layer *layer, const ph_shape *inputs, ph_shape *output, ph_error *e) {
  int axis;
  ph_status status;
  PH_TRY(ph_axis(layer, (double)((const norm_config *)layer->config)->axis, inputs[0].rank, &axis, e));
  for (int i = SCALE; i <= BIAS; i++)
    PH_TRY(ph_layer_expect_parameter(layer, i, ph_shape_of(inputs[0].rank - axis, &inputs[0].dim[axis]), e));
  *output = inputs[0];
fail:
  return status;
}

typedef struct moments {
  double mean, inverse; /* of the deviation */
} moments;

static moments moments_of(const ph_layer *layer, const float *x, int64_t count) {
  double sum = 0, squares = 0;
  for (int64_t i = 0; i < count; i++) sum += (double)x[i];
  double mean = sum / (double)count;
  for (int64_t i = 0; i < count; i++) squares += ((double)x[i] - mean) * ((double)x[i] - mean);
  double epsilon = ((const norm_config *)layer->config)->epsilon;
  return (moments){mean, 1 / sqrt(squares / (double)count + epsilon)};
}

static double parameter_at(const ph_layer *layer, int index, const runs *r, int64_t element,
                           double fallback) {
  if (layer->parameter[index] == NULL) return fallback;
  return (double)ph_tensor_read(layer->parameter[index])[element / r->plane % r->scales];
}

static void forward(const ph_layer *layer, const ph_pass *pass) {
  runs r = runs_of(layer, pass->output.shape);
  for (int64_t run = 0; run < r.number; run++) {
    const float *x = pass->input[0].data + run * r.length;
    moments m = moments_of(layer, x, r.length);
    for (int64_t i = 0; i < r.length; i++) {
      int64_t element = run * r.length + i;
      double scale = parameter_at(layer, SCALE, &r, element, 1);
      pass->output.data[element] =
          (float)(scale * ((double)x[i] - m.mean) * m.inverse + parameter_at(layer, BIAS, &r, element, 0));
    }
  }
}

/* With z the normalised elements and h = g * scale: dx = (h - mean of h - z * mean of h z) / deviation. */
static void backward(const ph_layer *layer, const ph_pass *pass) {
  runs r = runs_of(layer, pass->output.shape);
  if (pass->input_gradient[0] == NULL) return;
  for (int64_t run = 0; run < r.number; run++) {
    const float *x = pass->input[0].data + run * r.length, *g = pass->output_gradient + run * r.length;
    float *dst = pass->input_gradient[0] + run * r.length;
    moments m = moments_of(layer, x, r.length);
    double sum = 0, along = 0;
    for (int64_t i = 0; i < r.length; i++) {
      double h = (double)g[i] * parameter_at(layer, SCALE, &r, run * r.length + i, 1);
      sum += h;
      along += h * ((double)x[i] - m.mean) * m.inverse;
    }
    for (int64_t i = 0; i < r.length; i++) {
      double h = (double)g[i] * parameter_at(layer, SCALE, &r, run * r.length + i, 1);
      double z = ((double)x[i] - m.mean) * m.inverse;
      dst[i] += (float)((h - (sum + z * along) / (double)r.length) * m.inverse);
    }
  }
}

#define NORM(type, text, its_fields, its_shape)                                                              \
  const ph_layer_type ph_layer_##type = {.name = #type,                                                      \
                                         .summary = text,                                                    \
                                         .least_inputs = 1,                                                  \
                                         .most_inputs = 1,                                                   \
                                         .parameters = parameters,                                           \
                                         .required_parameters = 0,                                           \
                                         .fields = its_fields,                                               \
                                         .config_size = sizeof(norm_config),                                 \
                                         .shape = its_shape,                                                 \
                                         .forward = forward,                                                 \
                                         .backward = backward}

NORM(instance_norm, "each channel normalised by itself", instance_fields, shape_by_channels);
NORM(group_norm, "groups of channels normalised together", group_fields, shape_by_channels);
NORM(layer_norm, "all axes from one on normalised together", layer_fields, shape_by_axes);
