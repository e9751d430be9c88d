/* softmax and log_softmax: exp(x) over its sum along one axis, or its logarithm. The greatest x is taken off
   first, so that nothing overflows. `coerced` is ONNX's older meaning: all axes from `axis` on are one. */
#include <math.h>

#include "axes.h"

typedef struct softmax_config {
  int64_t axis;
  bool coerced;
} softmax_config;

static const ph_field fields[] = {{"axis", PH_INTEGER, offsetof(softmax_config, axis), 1, PH_LEAST_AXIS,
                                   PH_MOST_AXIS, NULL, "along which the exponentials are summed: channels"},
                                  {"coerced", PH_FLAG, offsetof(softmax_config, coerced), 0, 0, 1, NULL,
                                   "along all axes from that one on, together"},
                                  {0}};

static ph_status shape(const ph_layer *layer, const ph_shape *inputs, ph_shape *output, ph_error *e) {
  int axis;
  *output = inputs[0];
  return ph_axis(layer, (double)((const softmax_config *)layer->config)->axis, inputs[0].rank, &axis, e);
}

/* Runs of `count` elements that lie `step` apart: `inner` of them side by side, `outer` times. */
typedef struct runs {
  int64_t outer, inner, count, step;
} runs;

static runs runs_of(const ph_layer *layer, ph_shape s) {
  const softmax_config *config = layer->config;
  int axis = (int)(config->axis < 0 ? config->axis + s.rank : config->axis);
  if (config->coerced) return (runs){ph_axes_count(s, 0, axis), 1, ph_axes_count(s, axis, s.rank), 1};
  int64_t inner = ph_axes_count(s, axis + 1, s.rank);
  return (runs){ph_axes_count(s, 0, axis), inner, s.dim[axis], inner};
}

static int64_t run_at(const runs *r, int64_t i) { return i / r->inner * r->count * r->inner + i % r->inner; }

static void forward(const ph_layer *layer, const ph_pass *pass) {
  const bool is_log = layer->type == &ph_layer_log_softmax;
  runs r = runs_of(layer, pass->output.shape);
  for (int64_t i = 0; i < r.outer * r.inner; i++) {
    const float *x = pass->input[0].data + run_at(&r, i);
    float *y = pass->output.data + run_at(&r, i);
    float most = x[0];
    double sum = 0;
    for (int64_t c = 1; c < r.count; c++) most = fmaxf(most, x[c * r.step]);
    for (int64_t c = 0; c < r.count; c++) sum += exp((double)x[c * r.step] - (double)most);
    for (int64_t c = 0; c < r.count; c++) {
      double above = (double)x[c * r.step] - (double)most;
      y[c * r.step] = (float)(is_log ? above - log(sum) : exp(above) / sum);
    }
  }
}

/* What all elements of a run have in common changes nothing. softmax: dx = y * (g - sum of g y); log_softmax:
   dx = g - e^y * sum of g. */
static void backward(const ph_layer *layer, const ph_pass *pass) {
  const bool is_log = layer->type == &ph_layer_log_softmax;
  runs r = runs_of(layer, pass->output.shape);
  if (pass->input_gradient[0] == NULL) return;
  for (int64_t i = 0; i < r.outer * r.inner; i++) {
    const float *y = pass->output.data + run_at(&r, i), *g = pass->output_gradient + run_at(&r, i);
    float *dst = pass->input_gradient[0] + run_at(&r, i);
    double common = 0;
    for (int64_t c = 0; c < r.count; c++)
      common += (double)g[c * r.step] * (is_log ? 1 : (double)y[c * r.step]);
    for (int64_t c = 0; c < r.count; c++) {
      double own = (double)g[c * r.step], value = (double)y[c * r.step];
      dst[c * r.step] += (float)(is_log ? own - exp(value) * common : value * (own - common));
    }
  }
}

const ph_layer_type ph_layer_softmax = {.name = "softmax",
                                        .summary = "probabilities across channels, or along another axis",
                                        .least_inputs = 1,
                                        .most_inputs = 1,
                                        .fields = fields,
                                        .config_size = sizeof(softmax_config),
                                        .shape = shape,
                                        .forward = forward,
                                        .backward = backward};

const ph_layer_type ph_layer_log_softmax = {.name = "log_softmax",
                                            .summary = "logarithms of softmax's probabilities",
                                            .least_inputs = 1,
                                            .most_inputs = 1,
                                            .fields = fields,
                                            .config_size = sizeof(softmax_config),
                                            .shape = shape,
                                            .forward = forward,
                                            .backward = backward};
