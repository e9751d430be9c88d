/* SPDX-License-Identifier: MIT */
/* The list of layer cases that every backend has to get right: a type, its settings, and the shapes of inputs
   and parameters. Sizes are odd and uneven on purpose, and small, for each is differentiated numerically. */
#ifndef LAYER_CASES_H
#define LAYER_CASES_H

#include "network/layer.h"

enum { CASE_SETTINGS = 6, CASE_INPUTS = 3 };

/* Most cases leave out the last fields. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

typedef struct layer_case {
  const ph_layer_type *type;
  const char *name;
  ph_setting settings[CASE_SETTINGS];     /* up to the first without a key */
  ph_shape inputs[CASE_INPUTS];           /* up to the first of rank 0 */
  ph_shape parameters[PH_MAX_PARAMETERS]; /* rank 0: absent */
  double least, most;                     /* of the inputs; -1 to 1 where both are 0 */
} layer_case;

#define SET(name, ...)                                                                                       \
  {                                                                                                          \
    .key = name, .count = sizeof((double[]){__VA_ARGS__}) / sizeof(double), .value = { __VA_ARGS__ }         \
  }
#define CHOOSE(name, choice)                                                                                 \
  { .key = name, .text = choice }
#define SHAPE(...)                                                                                           \
  {                                                                                                          \
    .rank = sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t), .dim = { __VA_ARGS__ }                       \
  }

static inline int case_settings(const layer_case *c) {
  int count = 0;
  while (count < CASE_SETTINGS && c->settings[count].key != NULL) count++;
  return count;
}

static inline int case_inputs(const layer_case *c) {
  int count = 0;
  while (count < CASE_INPUTS && c->inputs[count].rank > 0) count++;
  return count;
}

static const layer_case layer_cases[] = {
    /* ---- convolution ---- */
    {&ph_layer_convolution, "1x1", {{0}}, {SHAPE(1, 5, 4, 3)}, {SHAPE(7, 5, 1, 1), SHAPE(7)}},
    {&ph_layer_convolution, "3x3 without bias", {{0}}, {SHAPE(1, 3, 5, 7)}, {SHAPE(4, 3, 3, 3)}},
    {&ph_layer_convolution,
     "3x3, padding 1",
     {SET("padding", 1)},
     {SHAPE(1, 3, 5, 7)},
     {SHAPE(4, 3, 3, 3), SHAPE(4)}},
    {&ph_layer_convolution,
     "5x5, padding 2, many channels",
     {SET("padding", 2)},
     {SHAPE(1, 18, 4, 5)},
     {SHAPE(33, 18, 5, 5), SHAPE(33)}},
    {&ph_layer_convolution,
     "7x7, stride 2, padding 3, 3 channels",
     {SET("stride", 2), SET("padding", 3)},
     {SHAPE(1, 3, 11, 10)},
     {SHAPE(8, 3, 7, 7), SHAPE(8)}},
    {&ph_layer_convolution,
     "7x7, stride 2, SAME, even",
     {SET("stride", 2), CHOOSE("padding_mode", "same")},
     {SHAPE(1, 3, 10, 8)},
     {SHAPE(8, 3, 7, 7), SHAPE(8)}},
    {&ph_layer_convolution,
     "7x7, stride 2, SAME, odd",
     {SET("stride", 2), CHOOSE("padding_mode", "same")},
     {SHAPE(1, 3, 9, 11)},
     {SHAPE(8, 3, 7, 7), SHAPE(8)}},
    {&ph_layer_convolution,
     "3x2, stride (2, 3)",
     {SET("stride", 2, 3)},
     {SHAPE(1, 2, 8, 9)},
     {SHAPE(3, 2, 3, 2), SHAPE(3)}},
    {&ph_layer_convolution,
     "1x1, stride 2",
     {SET("stride", 2)},
     {SHAPE(1, 6, 5, 6)},
     {SHAPE(9, 6, 1, 1), SHAPE(9)}},
    {&ph_layer_convolution,
     "asymmetric padding",
     {SET("padding", 0, 2, 1, 1)},
     {SHAPE(1, 2, 4, 5)},
     {SHAPE(3, 2, 3, 3), SHAPE(3)}},
    {&ph_layer_convolution,
     "dilation (2, 3), padding (2, 3)",
     {SET("dilation", 2, 3), SET("padding", 2, 3)},
     {SHAPE(1, 2, 6, 8)},
     {SHAPE(3, 2, 3, 3), SHAPE(3)}},
    {&ph_layer_convolution,
     "dilation 2, SAME",
     {SET("dilation", 2), CHOOSE("padding_mode", "same")},
     {SHAPE(1, 2, 6, 7)},
     {SHAPE(3, 2, 3, 3), SHAPE(3)}},
    {&ph_layer_convolution,
     "2 groups",
     {SET("groups", 2), SET("padding", 1)},
     {SHAPE(1, 6, 4, 5)},
     {SHAPE(8, 3, 3, 3), SHAPE(8)}},
    {&ph_layer_convolution,
     "depthwise, stride 2",
     {SET("groups", 6), SET("stride", 2), SET("padding", 1)},
     {SHAPE(1, 6, 5, 6)},
     {SHAPE(6, 1, 3, 3), SHAPE(6)}},
    {&ph_layer_convolution,
     "padding wider than the kernel",
     {SET("padding", 3)},
     {SHAPE(1, 2, 2, 3)},
     {SHAPE(2, 2, 2, 2), SHAPE(2)}},
    {&ph_layer_convolution,
     "kernel as large as the image",
     {{0}},
     {SHAPE(1, 3, 4, 3)},
     {SHAPE(5, 3, 4, 3), SHAPE(5)}},

    /* ---- dense ---- */
    {&ph_layer_dense, "of a vector", {{0}}, {SHAPE(1, 13)}, {SHAPE(7, 13), SHAPE(7)}},
    {&ph_layer_dense, "of an image", {{0}}, {SHAPE(1, 5, 2, 3)}, {SHAPE(9, 30), SHAPE(9)}},
    {&ph_layer_dense, "without bias", {{0}}, {SHAPE(1, 20, 1, 1)}, {SHAPE(18, 20)}},

    /* ---- pools ---- */
    {&ph_layer_max_pool, "2x2", {SET("kernel", 2), SET("stride", 2)}, {SHAPE(1, 3, 6, 7)}, {{0}}},
    {&ph_layer_max_pool,
     "3x3, stride 2, ceil",
     {SET("kernel", 3), SET("stride", 2), SET("ceil", 1)},
     {SHAPE(1, 3, 6, 8)},
     {{0}}},
    {&ph_layer_max_pool,
     "3x3, stride 2, SAME",
     {SET("kernel", 3), SET("stride", 2), CHOOSE("padding_mode", "same")},
     {SHAPE(1, 3, 6, 7)},
     {{0}}},
    {&ph_layer_max_pool,
     "3x3, stride 1, padding 1",
     {SET("kernel", 3), SET("padding", 1)},
     {SHAPE(1, 19, 5, 4)},
     {{0}}},
    {&ph_layer_max_pool,
     "ceil drops a window",
     {SET("kernel", 2), SET("stride", 2), SET("padding", 1), SET("ceil", 1)},
     {SHAPE(1, 2, 3, 5)},
     {{0}}},
    {&ph_layer_max_pool,
     "3x2, stride (3, 1), asymmetric padding",
     {SET("kernel", 3, 2), SET("stride", 3, 1), SET("padding", 1, 0, 2, 1)},
     {SHAPE(1, 2, 7, 5)},
     {{0}}},
    {&ph_layer_max_pool,
     "stride beyond the kernel",
     {SET("kernel", 2), SET("stride", 3), SET("ceil", 1)},
     {SHAPE(1, 2, 7, 6)},
     {{0}}},
    {&ph_layer_average_pool, "7x7 over everything", {SET("kernel", 7)}, {SHAPE(1, 4, 7, 7)}, {{0}}},
    {&ph_layer_average_pool,
     "2x2, stride 2",
     {SET("kernel", 2), SET("stride", 2)},
     {SHAPE(1, 3, 6, 7)},
     {{0}}},
    {&ph_layer_average_pool,
     "3x3, padding 1",
     {SET("kernel", 3), SET("padding", 1)},
     {SHAPE(1, 3, 5, 4)},
     {{0}}},
    {&ph_layer_average_pool,
     "3x3, padding 1, count_pad",
     {SET("kernel", 3), SET("padding", 1), SET("count_pad", 1)},
     {SHAPE(1, 3, 5, 4)},
     {{0}}},
    {&ph_layer_average_pool,
     "3x3, stride 2, SAME",
     {SET("kernel", 3), SET("stride", 2), CHOOSE("padding_mode", "same")},
     {SHAPE(1, 3, 6, 7)},
     {{0}}},
    {&ph_layer_average_pool,
     "3x3, stride 2, ceil",
     {SET("kernel", 3), SET("stride", 2), SET("ceil", 1)},
     {SHAPE(1, 3, 6, 8)},
     {{0}}},
    {&ph_layer_average_pool,
     "3x3, stride 2, ceil, count_pad",
     {SET("kernel", 3), SET("stride", 2), SET("ceil", 1), SET("count_pad", 1)},
     {SHAPE(1, 3, 6, 8)},
     {{0}}},
    {&ph_layer_average_pool,
     "asymmetric padding",
     {SET("kernel", 3, 2), SET("stride", 2, 1), SET("padding", 2, 0, 1, 1)},
     {SHAPE(1, 2, 5, 4)},
     {{0}}},
    {&ph_layer_global_average_pool, "5x3", {{0}}, {SHAPE(1, 4, 5, 3)}, {{0}}},

    /* ---- normalisation ---- */
    {&ph_layer_local_response_norm,
     "5, strong",
     {SET("size", 5), SET("alpha", 3), SET("beta", 0.75), SET("k", 1)},
     {SHAPE(1, 9, 3, 4)},
     {{0}}},
    {&ph_layer_local_response_norm,
     "11 of inception5h",
     {SET("size", 11), SET("alpha", 0.0011), SET("beta", 0.5), SET("k", 2)},
     {SHAPE(1, 17, 2, 3)},
     {{0}}},
    {&ph_layer_local_response_norm,
     "wider than the channels",
     {SET("size", 9), SET("alpha", 2), SET("beta", 1), SET("k", 0.5)},
     {SHAPE(1, 3, 3, 2)},
     {{0}}},
    {&ph_layer_local_response_norm, "1", {SET("size", 1), SET("alpha", 1)}, {SHAPE(1, 4, 2, 2)}, {{0}}},
    {&ph_layer_batch_norm, "mean and variance", {{0}}, {SHAPE(1, 5, 3, 4)}, {SHAPE(5), SHAPE(5)}},
    {&ph_layer_batch_norm,
     "all four, epsilon 0.001",
     {SET("epsilon", 0.001)},
     {SHAPE(1, 5, 3, 4)},
     {SHAPE(5), SHAPE(5), SHAPE(5), SHAPE(5)}},
    {&ph_layer_batch_norm, "of a vector", {{0}}, {SHAPE(1, 6)}, {SHAPE(6), SHAPE(6), SHAPE(6), SHAPE(6)}},

    /* ---- element by element ---- */
    {&ph_layer_relu, "of an image", {{0}}, {SHAPE(1, 5, 3, 4)}, {{0}}},
    {&ph_layer_relu, "of a vector", {{0}}, {SHAPE(1, 21)}, {{0}}},
    {&ph_layer_dropout, "rate 0.4", {SET("rate", 0.4)}, {SHAPE(1, 3, 2, 5)}, {{0}}},
    {&ph_layer_sum, "of two", {{0}}, {SHAPE(1, 3, 4, 5), SHAPE(1, 3, 4, 5)}, {{0}}},
    {&ph_layer_sum, "of three vectors", {{0}}, {SHAPE(1, 7), SHAPE(1, 7), SHAPE(1, 7)}, {{0}}},
    {&ph_layer_product, "of two", {{0}}, {SHAPE(1, 3, 4, 5), SHAPE(1, 3, 4, 5)}, {{0}}},
    {&ph_layer_product, "of three", {{0}}, {SHAPE(1, 2, 3, 3), SHAPE(1, 2, 3, 3), SHAPE(1, 2, 3, 3)}, {{0}}},

    /* ---- across channels ---- */
    {&ph_layer_concat, "of one", {{0}}, {SHAPE(1, 5, 3, 2)}, {{0}}},
    {&ph_layer_concat, "of three", {{0}}, {SHAPE(1, 5, 3, 2), SHAPE(1, 1, 3, 2), SHAPE(1, 16, 3, 2)}, {{0}}},
    {&ph_layer_concat, "of two vectors", {{0}}, {SHAPE(1, 5), SHAPE(1, 3)}, {{0}}},
    {&ph_layer_softmax, "of a vector", {{0}}, {SHAPE(1, 11)}, {{0}}},
    {&ph_layer_softmax, "at every pixel", {{0}}, {SHAPE(1, 5, 2, 3)}, {{0}}},

    /* ---- the way in ---- */
    {&ph_layer_preprocess, "scale only", {SET("scale", 255)}, {SHAPE(1, 3, 4, 3)}, {{0}}},
    {&ph_layer_preprocess,
     "Caffe's",
     {SET("scale", 255), SET("mean", 104, 117, 123), CHOOSE("order", "bgr")},
     {SHAPE(1, 3, 4, 3)},
     {{0}}},
    {&ph_layer_preprocess,
     "mean and deviation",
     {SET("mean", 0.485, 0.456, 0.406), SET("deviation", 0.229, 0.224, 0.225)},
     {SHAPE(1, 3, 3, 5)},
     {{0}}},
    {&ph_layer_preprocess, "one channel", {SET("scale", 2), SET("mean", 1)}, {SHAPE(1, 1, 3, 5)}, {{0}}},
    {&ph_layer_preprocess,
     "a range, and a batch",
     {SET("range", -2, 3), SET("mean", 1, 2), SET("deviation", 2, 4)},
     {SHAPE(2, 2, 3, 5)},
     {{0}}},

#include "layer_cases_tensors.h"
};
enum { LAYER_CASES = sizeof layer_cases / sizeof *layer_cases };

#endif
