/* SPDX-License-Identifier: MIT */
/* Three products of small matrices with a block's rows, and the activations between them. The products keep a
   few rows of 16 pixels in registers; every pixel is computed in the same way, and sums over pixels have a
   fixed order, so the result depends neither on the vectors' width nor on threads. */
#include "cppn_block.h"

#include <string.h>

#include "base/vector.h"

/* Vectors wider than a register gcc keeps in memory, so a strip of 16 pixels is a pair of AVX2's. */
enum { BLOCK = PH_CPPN_BLOCK, LANES = 8, STRIP = 2 * LANES, TILE = 6 };
typedef float lanes __attribute__((vector_size(LANES * sizeof(float)), aligned(4), may_alias));

/* ---- the layout ---- */

static int64_t features(const ph_cppn *net) {
  return net->activation == PH_CPPN_RELU ? net->hidden : 2 * net->hidden;
}

ph_cppn_layer ph_cppn_layer_at(const ph_cppn *net, int64_t layer) {
  const int64_t first = net->hidden * (2 + 1), middle = net->hidden * (features(net) + 1);
  ph_cppn_layer l = {.inputs = layer == 0 ? 2 : features(net),
                     .outputs = layer == net->layers ? net->channels : net->hidden,
                     .weight = layer == 0 ? 0 : first + (layer - 1) * middle};
  l.bias = l.weight + l.outputs * l.inputs;
  return l;
}

int64_t ph_cppn_count(const ph_cppn *net) {
  ph_cppn_layer last = ph_cppn_layer_at(net, net->layers);
  return last.bias + last.outputs;
}

/* Scratch: positions; sums and features of every hidden layer; colours; the gradients of a layer's sums and
   of its features. */
static float *sums_of(const ph_cppn *net, float *scratch, int64_t layer) {
  return scratch + (2 + layer * (net->hidden + features(net))) * BLOCK;
}
static float *inputs_of(const ph_cppn *net, float *scratch, int64_t layer) {
  return layer == 0 ? scratch : sums_of(net, scratch, layer - 1) + net->hidden * BLOCK;
}
static float *sums_gradient_of(const ph_cppn *net, float *scratch) {
  return sums_of(net, scratch, net->layers) + net->channels * BLOCK;
}

int64_t ph_cppn_scratch(const ph_cppn *net) {
  const int64_t hidden = net->hidden + features(net);
  return (2 + net->layers * hidden + net->channels + hidden) * BLOCK;
}

float *ph_cppn_positions(const ph_cppn *net, float *scratch) { return inputs_of(net, scratch, 0); }

/* ---- products ---- */

/* dst[r] = bias[r] + sum over k of weight[r * row + k * column] * src[k], for `rows` rows: with the strides
   one way round a layer's sums, with the other the gradient of its inputs. */
static inline __attribute__((always_inline)) void tile(int rows, const float *weight, int64_t row,
                                                       int64_t column, const float *bias, int64_t count,
                                                       const float *src, float *dst) {
  for (int64_t p = 0; p < BLOCK; p += STRIP) {
    lanes sum[TILE][2];
    for (int r = 0; r < rows; r++) sum[r][0] = sum[r][1] = (lanes){0} + (bias != NULL ? bias[r] : 0.0f);
    for (int64_t k = 0; k < count; k++) {
      const lanes *x = (const lanes *)(src + k * BLOCK + p);
      for (int r = 0; r < rows; r++) {
        sum[r][0] += weight[r * row + k * column] * x[0];
        sum[r][1] += weight[r * row + k * column] * x[1];
      }
    }
    for (int r = 0; r < rows; r++) {
      lanes *to = (lanes *)(dst + r * BLOCK + p);
      to[0] = sum[r][0];
      to[1] = sum[r][1];
    }
  }
}

PH_VECTOR static void multiply(const float *weight, int64_t row, int64_t column, const float *bias,
                               int64_t rows, int64_t count, const float *src, float *dst) {
  int64_t r = 0;
  for (; r + TILE <= rows; r += TILE)
    tile(TILE, weight + r * row, row, column, bias != NULL ? bias + r : NULL, count, src, dst + r * BLOCK);
  for (; r < rows; r++)
    tile(1, weight + r * row, row, column, bias != NULL ? bias + r : NULL, count, src, dst + r * BLOCK);
}

static inline __attribute__((always_inline)) float sum_of(const lanes x[2]) {
  float sum = 0;
  for (int i = 0; i < STRIP; i++) sum += x[i / LANES][i % LANES];
  return sum;
}

/* gradient[r] += the dot product of `g` and src[r], for `rows` rows. */
static inline __attribute__((always_inline)) void dots(int rows, const float *g, const float *src,
                                                       float *gradient) {
  lanes sum[TILE][2] = {{{0}}};
  for (int64_t p = 0; p < BLOCK; p += STRIP) {
    const lanes *x = (const lanes *)(g + p);
    for (int r = 0; r < rows; r++) {
      const lanes *y = (const lanes *)(src + r * BLOCK + p);
      sum[r][0] += x[0] * y[0];
      sum[r][1] += x[1] * y[1];
    }
  }
  for (int r = 0; r < rows; r++) gradient[r] += sum_of(sum[r]);
}

/* Adds a layer's gradients of weights and biases, given that of its sums. */
PH_VECTOR static void add_gradients(const ph_cppn_layer *l, const float *sums_gradient, const float *inputs,
                                    float *gradient) {
  for (int64_t o = 0; o < l->outputs; o++) {
    const float *g = sums_gradient + o * BLOCK;
    float *row = gradient + l->weight + o * l->inputs;
    int64_t i = 0;
    for (; i + TILE <= l->inputs; i += TILE) dots(TILE, g, inputs + i * BLOCK, row + i);
    for (; i < l->inputs; i++) dots(1, g, inputs + i * BLOCK, row + i);
    lanes sum[2] = {{0}};
    for (int64_t p = 0; p < BLOCK; p += STRIP)
      for (int h = 0; h < 2; h++) sum[h] += *(const lanes *)(g + p + h * LANES);
    gradient[l->bias + o] += sum_of(sum);
  }
}

/* ---- activations ---- */

/* atan(x) within about 2 ulp: |x| is brought below tan(pi / 8) by atan(t) = pi / 4 + atan((t - 1) / (t + 1))
   and atan(t) = pi / 2 + atan(-1 / t); there the Taylor series to the 15th power is off by less than 5e-8 of
   the value. */
static inline float arc_tangent(float x) {
  const float tangent_1 = 0.41421356f, tangent_3 = 2.41421356f; /* of pi / 8 and 3 pi / 8 */
  const float quarter = 0.785398163f, half = 1.57079633f;
  float t = x < 0.0f ? -x : x;
  float above = t > tangent_3 ? -1.0f : t > tangent_1 ? t - 1.0f : t;
  float below = t > tangent_3 ? t : t > tangent_1 ? t + 1.0f : 1.0f;
  float base = t > tangent_3 ? half : t > tangent_1 ? quarter : 0.0f;
  float r = above / below, square = r * r;
  float p = -1.0f / 15.0f;
  p = p * square + 1.0f / 13.0f;
  p = p * square - 1.0f / 11.0f;
  p = p * square + 1.0f / 9.0f;
  p = p * square - 1.0f / 7.0f;
  p = p * square + 1.0f / 5.0f;
  p = p * square - 1.0f / 3.0f;
  float y = base + (r + r * (p * square));
  return x < 0.0f ? -y : y;
}

static const float tangent_scale = 1.0f / 0.67f;
static float square_scale(const ph_cppn *net) {
  return net->activation == PH_CPPN_COMPOSITE ? 1.0f / 0.6f : 1.0f / 0.396f;
}
static float square_mean(const ph_cppn *net) { return net->activation == PH_CPPN_COMPOSITE ? 0.0f : 0.45f; }

PH_VECTOR static void activate_composite(float mean, float scale, int64_t count, const float *restrict sums,
                                         float *restrict first, float *restrict second) {
  for (int64_t i = 0; i < count; i++) {
    float a = arc_tangent(sums[i]);
    first[i] = a * tangent_scale;
    second[i] = (a * a - mean) * scale;
  }
}

/* d atan(x) = dx / (1 + x^2); atan(x) itself is known from the first feature. */
PH_VECTOR static void composite_back(float scale, int64_t count, const float *restrict sums,
                                     const float *restrict first, const float *restrict first_gradient,
                                     const float *restrict second_gradient, float *restrict gradient) {
  for (int64_t i = 0; i < count; i++) {
    float a = first[i] * 0.67f;
    float g = first_gradient[i] * tangent_scale + second_gradient[i] * (2.0f * a * scale);
    gradient[i] = g / (1.0f + sums[i] * sums[i]);
  }
}

static const float relu_mean = 0.40f, relu_scale = 1.0f / 0.58f;

static void activate(const ph_cppn *net, const float *sums, float *out) {
  const int64_t count = net->hidden * BLOCK;
  if (net->activation != PH_CPPN_RELU)
    activate_composite(square_mean(net), square_scale(net), count, sums, out, out + count);
  else
    for (int64_t i = 0; i < count; i++) out[i] = ((sums[i] > 0.0f ? sums[i] : 0.0f) - relu_mean) * relu_scale;
}

static void activate_back(const ph_cppn *net, const float *sums, const float *out, const float *out_gradient,
                          float *gradient) {
  const int64_t count = net->hidden * BLOCK;
  if (net->activation != PH_CPPN_RELU)
    composite_back(square_scale(net), count, sums, out, out_gradient, out_gradient + count, gradient);
  else
    for (int64_t i = 0; i < count; i++) gradient[i] = sums[i] > 0.0f ? out_gradient[i] * relu_scale : 0.0f;
}

/* ---- the network ---- */

float *ph_cppn_forward(const ph_cppn *net, const float *values, float *scratch) {
  for (int64_t layer = 0; layer <= net->layers; layer++) {
    const ph_cppn_layer l = ph_cppn_layer_at(net, layer);
    float *sums = sums_of(net, scratch, layer);
    multiply(values + l.weight, l.inputs, 1, values + l.bias, l.outputs, l.inputs,
             inputs_of(net, scratch, layer), sums);
    if (layer < net->layers) activate(net, sums, inputs_of(net, scratch, layer + 1));
  }
  return sums_of(net, scratch, net->layers);
}

void ph_cppn_backward(const ph_cppn *net, const float *values, float *colour_gradient, float *scratch,
                      float *gradient) {
  float *sums_gradient = colour_gradient;
  float *inputs_gradient = sums_gradient_of(net, scratch) + net->hidden * BLOCK;
  for (int64_t layer = net->layers; layer >= 0; layer--) {
    const ph_cppn_layer l = ph_cppn_layer_at(net, layer);
    const float *inputs = inputs_of(net, scratch, layer);
    add_gradients(&l, sums_gradient, inputs, gradient);
    if (layer == 0) break;
    multiply(values + l.weight, 1, l.inputs, NULL, l.inputs, l.outputs, sums_gradient, inputs_gradient);
    sums_gradient = sums_gradient_of(net, scratch);
    activate_back(net, sums_of(net, scratch, layer - 1), inputs, inputs_gradient, sums_gradient);
  }
}
