/* softmax: exp(x) over its sum across channels, at every pixel. The greatest x is taken off first, so that
   nothing overflows. */
#include "../layer.h"

#include <math.h>

static const ph_field fields[] = {{0}};

static ph_status shape(const ph_layer *layer, const ph_shape *inputs, ph_shape *output, ph_error *e) {
  ph_status status = ph_layer_expect_channels(layer, inputs[0], e);
  if (status == PH_OK) *output = inputs[0];
  return status;
}

static void forward(const ph_layer *layer, const ph_pass *pass) {
  (void)layer;
  int64_t channels = pass->output.shape.dim[1], plane = ph_plane(pass->output.shape);
  for (int64_t i = 0; i < plane; i++) {
    const float *x = pass->input[0].data + i;
    float *y = pass->output.data + i;
    float most = x[0];
    double sum = 0;
    for (int64_t c = 1; c < channels; c++) most = fmaxf(most, x[c * plane]);
    for (int64_t c = 0; c < channels; c++) sum += exp((double)x[c * plane] - (double)most);
    for (int64_t c = 0; c < channels; c++)
      y[c * plane] = (float)(exp((double)x[c * plane] - (double)most) / sum);
  }
}

/* dx = y * (g - sum of g y): what every channel has in common changes nothing. */
static void backward(const ph_layer *layer, const ph_pass *pass) {
  (void)layer;
  int64_t channels = pass->output.shape.dim[1], plane = ph_plane(pass->output.shape);
  if (pass->input_gradient[0] == NULL) return;
  for (int64_t i = 0; i < plane; i++) {
    const float *y = pass->output.data + i, *g = pass->output_gradient + i;
    float *dst = pass->input_gradient[0] + i;
    double common = 0;
    for (int64_t c = 0; c < channels; c++) common += (double)g[c * plane] * (double)y[c * plane];
    for (int64_t c = 0; c < channels; c++)
      dst[c * plane] += (float)((double)y[c * plane] * ((double)g[c * plane] - common));
  }
}

const ph_layer_type ph_layer_softmax = {.name = "softmax",
                                        .summary = "probabilities across channels",
                                        .least_inputs = 1,
                                        .most_inputs = 1,
                                        .fields = fields,
                                        .shape = shape,
                                        .forward = forward,
                                        .backward = backward};
