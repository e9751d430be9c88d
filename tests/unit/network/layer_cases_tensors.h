/* SPDX-License-Identifier: MIT */
/* The part of the list in layer_cases.h, in the middle of which it is included, that is about tensors of any
   rank: functions of single numbers, broadcasting, products, reductions, moving about; and about layers for
   images that are given several at once. */

/* clang-format off */
    /* ---- transposed convolutions ---- */
    {&ph_layer_transposed_convolution, "2x2, stride 2", {SET("stride", 2)}, {SHAPE(1, 3, 4, 3)}, {SHAPE(3, 5, 2, 2), SHAPE(5)}},
    {&ph_layer_transposed_convolution, "4x4, stride 2, padding 1, many channels", {SET("stride", 2), SET("padding", 1)}, {SHAPE(1, 18, 4, 3)}, {SHAPE(18, 17, 4, 4), SHAPE(17)}},
    {&ph_layer_transposed_convolution, "3x3, everything", {SET("stride", 2, 3), SET("padding", 1, 0, 2, 1), SET("dilation", 2, 1), SET("output_padding", 1, 2), SET("groups", 2)}, {SHAPE(2, 4, 3, 4)}, {SHAPE(4, 3, 3, 3), SHAPE(6)}},
    {&ph_layer_transposed_convolution, "groups, without bias", {SET("stride", 2), SET("groups", 3)}, {SHAPE(1, 6, 3, 4)}, {SHAPE(6, 2, 3, 3)}},

    /* ---- normalisation ---- */
    {&ph_layer_instance_norm, "scaled", {{0}}, {SHAPE(2, 3, 4, 3)}, {SHAPE(3), SHAPE(3)}},
    {&ph_layer_instance_norm, "of an image", {{0}}, {SHAPE(1, 3, 4, 3)}, {SHAPE(3), SHAPE(3)}},
    {&ph_layer_instance_norm, "of rows, epsilon 0.1", {SET("epsilon", 0.1)}, {SHAPE(1, 3, 11)}, {SHAPE(3), SHAPE(3)}},
    {&ph_layer_group_norm, "two groups", {SET("groups", 2)}, {SHAPE(1, 4, 3, 3)}, {SHAPE(4), SHAPE(4)}},
    {&ph_layer_group_norm, "one group, without parameters", {{0}}, {SHAPE(2, 3, 2, 3)}, {{0}}},
    {&ph_layer_layer_norm, "of tokens", {{0}}, {SHAPE(1, 5, 19)}, {SHAPE(19), SHAPE(19)}},
    {&ph_layer_layer_norm, "of tokens, without bias", {{0}}, {SHAPE(1, 5, 8)}, {SHAPE(8)}},
    {&ph_layer_layer_norm, "of images, without scale", {SET("axis", 1), SET("epsilon", 0.01)}, {SHAPE(2, 2, 3, 4)}, {{0}}},

    /* ---- sizes ---- */
    {&ph_layer_resize, "nearest, larger", {SET("scales", 1, 1, 2, 1.5)}, {SHAPE(1, 2, 3, 4)}, {{0}}},
    {&ph_layer_resize, "linear, larger", {SET("scales", 1, 1, 1.7, 2), CHOOSE("mode", "linear")}, {SHAPE(1, 2, 3, 4)}, {{0}}},
    {&ph_layer_resize, "linear, smaller, corners aligned", {SET("sizes", 1, 2, 3, 2), CHOOSE("mode", "linear"), CHOOSE("coordinates", "align_corners")}, {SHAPE(1, 2, 5, 7)}, {{0}}},
    {&ph_layer_resize, "cubic, two images", {SET("sizes", 2, 2, 7, 5), CHOOSE("mode", "cubic")}, {SHAPE(2, 2, 4, 5)}, {{0}}},
    {&ph_layer_resize, "linear, wider than a strip", {SET("scales", 1, 1, 1, 66), CHOOSE("mode", "linear")}, {SHAPE(1, 2, 3, 2)}, {{0}}},

    /* ---- several images along axis 0 ---- */
    {&ph_layer_convolution, "two images", {SET("padding", 1), SET("groups", 2)}, {SHAPE(2, 4, 3, 5)}, {SHAPE(6, 2, 3, 3), SHAPE(6)}},
    {&ph_layer_dense, "two vectors", {{0}}, {SHAPE(2, 7)}, {SHAPE(5, 7), SHAPE(5)}},
    {&ph_layer_dense, "three images", {{0}}, {SHAPE(3, 2, 1, 3)}, {SHAPE(5, 6)}},
    {&ph_layer_max_pool, "two images", {SET("kernel", 2), SET("stride", 2, 1)}, {SHAPE(2, 3, 4, 5)}, {{0}}},
    {&ph_layer_average_pool, "two images", {SET("kernel", 2), SET("stride", 2, 1)}, {SHAPE(2, 3, 4, 5)}, {{0}}},
    {&ph_layer_global_average_pool, "two images", {{0}}, {SHAPE(2, 3, 4, 5)}, {{0}}},
    {&ph_layer_global_max_pool, "5x3", {{0}}, {SHAPE(1, 4, 5, 3)}, {{0}}},
    {&ph_layer_global_max_pool, "two images", {{0}}, {SHAPE(2, 3, 4, 5)}, {{0}}},
    {&ph_layer_local_response_norm, "two images", {SET("size", 3), SET("alpha", 2)}, {SHAPE(2, 5, 2, 3)}, {{0}}},
    {&ph_layer_batch_norm, "two images", {{0}}, {SHAPE(2, 3, 2, 3)}, {SHAPE(3), SHAPE(3), SHAPE(3), SHAPE(3)}},
    {&ph_layer_batch_norm, "of rows", {{0}}, {SHAPE(2, 3, 5)}, {SHAPE(3), SHAPE(3), SHAPE(3), SHAPE(3)}},
    {&ph_layer_softmax, "two images", {{0}}, {SHAPE(2, 5, 2, 3)}, {{0}}},
    {&ph_layer_relu, "of rank 3", {{0}}, {SHAPE(3, 1, 7)}, {{0}}},

    /* ---- pools with gaps ---- */
    {&ph_layer_max_pool, "dilation 2", {SET("kernel", 2), SET("dilation", 2)}, {SHAPE(1, 3, 5, 6)}, {{0}}},
    {&ph_layer_max_pool, "dilation (1, 3), padding, ceil", {SET("kernel", 3, 2), SET("dilation", 1, 3), SET("padding", 2, 1), SET("stride", 2), SET("ceil", 1)}, {SHAPE(1, 2, 6, 7)}, {{0}}},
    {&ph_layer_max_pool, "dilation 2, SAME", {SET("kernel", 3), SET("dilation", 2), CHOOSE("padding_mode", "same")}, {SHAPE(1, 2, 5, 6)}, {{0}}},
    {&ph_layer_average_pool, "dilation (2, 1), padding", {SET("kernel", 2, 3), SET("dilation", 2, 1), SET("padding", 1, 2)}, {SHAPE(1, 2, 5, 6)}, {{0}}},
    {&ph_layer_average_pool, "dilation 2, count_pad", {SET("kernel", 3), SET("dilation", 2), SET("padding", 2), SET("count_pad", 1)}, {SHAPE(1, 2, 5, 6)}, {{0}}},
    {&ph_layer_average_pool, "3x3, stride 2, padding, ceil, count_pad", {SET("kernel", 3), SET("stride", 2), SET("padding", 1), SET("ceil", 1), SET("count_pad", 1)}, {SHAPE(1, 3, 6, 8)}, {{0}}},

    /* ---- functions of single numbers ---- */
#define UNARY(NAME, LEAST, MOST) {&ph_layer_unary, NAME, {CHOOSE("operation", NAME)}, {SHAPE(1, 3, 5, 4)}, {{0}}, LEAST, MOST}
    UNARY("abs", -1, 1), UNARY("negate", -1, 1), UNARY("sign", -1, 1), UNARY("floor", -1.75, 2), UNARY("ceil", -1.75, 2),
    UNARY("round", -1.75, 2), UNARY("square", -2, 2), UNARY("sqrt", 0.3, 2), UNARY("reciprocal", 0.4, 2),
    UNARY("reciprocal_sqrt", 0.4, 2), UNARY("exp", -2, 2), UNARY("log", 0.3, 3), UNARY("erf", -2, 2), UNARY("sin", -3, 3),
    UNARY("cos", -3, 3), UNARY("tan", -1, 1), UNARY("asin", -0.9, 0.9), UNARY("acos", -0.9, 0.9), UNARY("atan", -2, 2),
    UNARY("sinh", -2, 2), UNARY("cosh", -2, 2), UNARY("tanh", -2, 2), UNARY("asinh", -2, 2), UNARY("acosh", 1.3, 4),
    UNARY("atanh", -0.8, 0.8), UNARY("sigmoid", -4, 4), UNARY("softplus", -4, 4), UNARY("softsign", -2, 2),
    UNARY("silu", -4, 4), UNARY("hard_swish", -4.4, 4), UNARY("mish", -4, 4), UNARY("gelu", -3, 3), UNARY("gelu_tanh", -3, 3),
    {&ph_layer_unary, "tanh of rank 6", {CHOOSE("operation", "tanh")}, {SHAPE(1, 2, 2, 3, 1, 2)}, {{0}}},
    {&ph_layer_unary, "softplus of 19 channels", {CHOOSE("operation", "softplus")}, {SHAPE(1, 19, 3, 2)}, {{0}}},

    {&ph_layer_leaky_relu, "slope 0.3", {SET("slope", 0.3)}, {SHAPE(1, 3, 5, 4)}, {{0}}},
    {&ph_layer_prelu, "a channel", {{0}}, {SHAPE(2, 3, 4, 2)}, {SHAPE(3, 1, 1)}},
    {&ph_layer_prelu, "a column, of a vector", {{0}}, {SHAPE(2, 5)}, {SHAPE(5)}},
    {&ph_layer_prelu, "one", {{0}}, {SHAPE(1, 3, 4, 2)}, {SHAPE(1)}},
    {&ph_layer_elu, "alpha 1.5", {SET("alpha", 1.5)}, {SHAPE(1, 3, 5, 4)}, {{0}}, -2, 2.1},
    {&ph_layer_selu, "as published", {{0}}, {SHAPE(1, 3, 5, 4)}, {{0}}, -2, 2.1},
    {&ph_layer_selu, "alpha 2, gamma 3", {SET("alpha", 2), SET("gamma", 3)}, {SHAPE(2, 7)}, {{0}}, -2, 2.1},
    {&ph_layer_celu, "alpha 2", {SET("alpha", 2)}, {SHAPE(1, 3, 5, 4)}, {{0}}, -2, 2.1},
    {&ph_layer_hard_sigmoid, "alpha 0.4, beta 0.6", {SET("alpha", 0.4), SET("beta", 0.6)}, {SHAPE(1, 17, 3, 2)}, {{0}}, -2.07, 2},
    {&ph_layer_thresholded_relu, "threshold 0.2", {SET("threshold", 0.2)}, {SHAPE(1, 3, 5, 4)}, {{0}}, -0.93, 1},
    {&ph_layer_shrink, "soft", {SET("threshold", 0.4), SET("bias", 0.3)}, {SHAPE(1, 3, 5, 4)}, {{0}}, -1, 1.0001},
    {&ph_layer_clip, "between -0.5 and 0.7", {SET("least", -0.5), SET("most", 0.7)}, {SHAPE(1, 3, 5, 4)}, {{0}}, -0.93, 1},
    {&ph_layer_clip, "ReLU6", {SET("least", 0), SET("most", 6)}, {SHAPE(1, 3, 5, 4)}, {{0}}, -8.17, 8.18},
    {&ph_layer_clip, "from below only", {SET("least", 0.25)}, {SHAPE(1, 18, 2, 3)}, {{0}}, -0.93, 1},

    /* ---- functions of two ---- */
    {&ph_layer_binary, "add, alike", {CHOOSE("operation", "add")}, {SHAPE(1, 3, 2, 4), SHAPE(1, 3, 2, 4)}, {{0}}},
    {&ph_layer_binary, "add, a vector to rows", {CHOOSE("operation", "add")}, {SHAPE(2, 3, 5), SHAPE(5)}, {{0}}},
    {&ph_layer_binary, "subtract, rows from a column", {CHOOSE("operation", "subtract")}, {SHAPE(3, 1), SHAPE(2, 1, 5)}, {{0}}},
    {&ph_layer_binary, "multiply, a number a channel", {CHOOSE("operation", "multiply")}, {SHAPE(1, 5, 3, 2), SHAPE(1, 5, 1, 1)}, {{0}}},
    {&ph_layer_binary, "multiply, a number a channel first", {CHOOSE("operation", "multiply")}, {SHAPE(1, 19, 1, 1), SHAPE(1, 19, 3, 2)}, {{0}}},
    {&ph_layer_binary, "multiply, a plane", {CHOOSE("operation", "multiply")}, {SHAPE(1, 3, 4, 2), SHAPE(1, 1, 4, 2)}, {{0}}},
    {&ph_layer_binary, "divide", {CHOOSE("operation", "divide")}, {SHAPE(8, 2), SHAPE(8, 1)}, {{0}}, 0.8, 2},
    {&ph_layer_binary, "power", {CHOOSE("operation", "power")}, {SHAPE(2, 1, 4), SHAPE(3, 1)}, {{0}}, 0.5, 2},
    {&ph_layer_binary, "maximum", {CHOOSE("operation", "maximum")}, {SHAPE(3, 4), SHAPE(2, 3, 1)}, {{0}}},
    {&ph_layer_binary, "minimum", {CHOOSE("operation", "minimum")}, {SHAPE(2, 1, 3), SHAPE(4, 3)}, {{0}}},

    /* ---- products of matrices ---- */
    {&ph_layer_matmul, "(3, 5) by (5, 4)", {{0}}, {SHAPE(3, 5), SHAPE(5, 4)}, {{0}}},
    {&ph_layer_matmul, "a transposed", {SET("transpose_a", 1)}, {SHAPE(5, 3), SHAPE(5, 4)}, {{0}}},
    {&ph_layer_matmul, "b transposed, long rows", {SET("transpose_b", 1)}, {SHAPE(2, 35), SHAPE(3, 35)}, {{0}}},
    {&ph_layer_matmul, "both transposed", {SET("transpose_a", 1), SET("transpose_b", 1)}, {SHAPE(2, 5, 3), SHAPE(2, 4, 5)}, {{0}}},
    {&ph_layer_matmul, "batches broadcast both ways", {{0}}, {SHAPE(1, 3, 2, 4), SHAPE(2, 1, 4, 3)}, {{0}}},
    {&ph_layer_matmul, "many by one", {{0}}, {SHAPE(2, 3, 2, 4), SHAPE(4, 3)}, {{0}}},

    {&ph_layer_matmul, "a vector by matrices", {{0}}, {SHAPE(5), SHAPE(2, 5, 3)}, {{0}}},
    {&ph_layer_matmul, "a matrix by a vector", {{0}}, {SHAPE(4, 5), SHAPE(5)}, {{0}}},
    {&ph_layer_matmul, "two vectors", {{0}}, {SHAPE(5), SHAPE(5)}, {{0}}},

    /* ---- reductions ---- */
#define REDUCE(NAME, ...) {&ph_layer_reduce, NAME, {CHOOSE("operation", NAME), SET("axes", __VA_ARGS__)}, {SHAPE(2, 3, 4, 3)}, {{0}}}
    REDUCE("mean", 2, 3), REDUCE("mean", 1), REDUCE("sum", 0, 2), REDUCE("max", -1), REDUCE("max", 1), REDUCE("min", 1, 3),
    REDUCE("l1", 0, 1), REDUCE("l2", 2), REDUCE("sum_square", 3), REDUCE("log_sum_exp", 1, -1), REDUCE("log_sum_exp", 0),
    REDUCE("product", 1), REDUCE("product", 0, 3),
    {&ph_layer_reduce, "everything", {CHOOSE("operation", "mean")}, {SHAPE(2, 3, 5)}, {{0}}},
    {&ph_layer_reduce, "everything, to one number", {CHOOSE("operation", "sum"), SET("keep", 0)}, {SHAPE(2, 3, 5)}, {{0}}},
    {&ph_layer_reduce, "axes go", {CHOOSE("operation", "l2"), SET("axes", 1, 2), SET("keep", 0)}, {SHAPE(2, 3, 5, 2)}, {{0}}},

    /* ---- along an axis ---- */
    {&ph_layer_softmax, "along the last axis", {SET("axis", -1)}, {SHAPE(2, 3, 5)}, {{0}}},
    {&ph_layer_softmax, "along axis 0", {SET("axis", 0)}, {SHAPE(4, 3)}, {{0}}},
    {&ph_layer_softmax, "coerced", {SET("axis", 1), SET("coerced", 1)}, {SHAPE(2, 3, 4)}, {{0}}},
    {&ph_layer_log_softmax, "of a vector", {{0}}, {SHAPE(1, 11)}, {{0}}},
    {&ph_layer_log_softmax, "along axis 2", {SET("axis", 2)}, {SHAPE(2, 3, 5, 2)}, {{0}}},
    {&ph_layer_log_softmax, "coerced", {SET("axis", -2), SET("coerced", 1)}, {SHAPE(2, 3, 4)}, {{0}}},
    {&ph_layer_top_k, "the largest", {{0}}, {SHAPE(2, 3, 5)}, {{0}}},
    {&ph_layer_top_k, "three channels", {SET("count", 3), SET("axis", 1)}, {SHAPE(1, 5, 3, 2)}, {{0}}},
    {&ph_layer_top_k, "the smallest of rows", {SET("count", 2), SET("axis", -2), SET("smallest", 1)}, {SHAPE(2, 3, 4, 2)}, {{0}}},
    {&ph_layer_concat, "rows", {SET("axis", 2)}, {SHAPE(1, 3, 2, 4), SHAPE(1, 3, 5, 4), SHAPE(1, 3, 1, 4)}, {{0}}},
    {&ph_layer_concat, "along axis 0", {SET("axis", 0)}, {SHAPE(2, 3, 2), SHAPE(1, 3, 2)}, {{0}}},
    {&ph_layer_concat, "along the last axis", {SET("axis", -1)}, {SHAPE(2, 3), SHAPE(2, 1)}, {{0}}},

    /* ---- other shapes ---- */
    {&ph_layer_identity, "of rank 5", {{0}}, {SHAPE(2, 1, 3, 1, 2)}, {{0}}},
    {&ph_layer_identity, "of an image", {{0}}, {SHAPE(1, 3, 2, 5)}, {{0}}},
    {&ph_layer_reshape, "to (3, 2, 10)", {SET("shape", 3, -1, 10)}, {SHAPE(1, 5, 3, 4)}, {{0}}},
    {&ph_layer_reshape, "axes as they are", {SET("shape", 0, -1, 0)}, {SHAPE(2, 3, 5, 2)}, {{0}}},
    {&ph_layer_flatten, "from axis 2", {SET("axis", 2)}, {SHAPE(2, 3, 4, 2)}, {{0}}},
    {&ph_layer_flatten, "into one row", {SET("axis", 0)}, {SHAPE(1, 3, 4, 2)}, {{0}}},
    {&ph_layer_squeeze, "axes 0 and -1", {SET("axes", 0, -1)}, {SHAPE(1, 3, 1, 4, 1)}, {{0}}},
    {&ph_layer_squeeze, "all", {{0}}, {SHAPE(1, 3, 1, 4, 1)}, {{0}}},
    {&ph_layer_unsqueeze, "axes 0 and -1", {SET("axes", 0, -1)}, {SHAPE(3, 4)}, {{0}}},
    {&ph_layer_unsqueeze, "axis 2", {SET("axes", 2)}, {SHAPE(1, 3, 4)}, {{0}}},
    {&ph_layer_transpose, "reversed", {{0}}, {SHAPE(2, 3, 5)}, {{0}}},
    {&ph_layer_transpose, "channels last", {SET("axes", 0, 2, 3, 1)}, {SHAPE(1, 5, 3, 4)}, {{0}}},
    {&ph_layer_transpose, "tokens first", {SET("axes", 1, 0, -1)}, {SHAPE(1, 7, 4)}, {{0}}},
    {&ph_layer_transpose, "of rank 6", {SET("axes", 4, 0, 3, 1, 5, 2)}, {SHAPE(1, 2, 3, 2, 1, 2)}, {{0}}},
    {&ph_layer_expand, "axes 0 and 2", {SET("shape", 2, 3, 4)}, {SHAPE(1, 3, 1)}, {{0}}},
    {&ph_layer_expand, "to a higher rank", {SET("shape", 2, 1, 1, 5)}, {SHAPE(3, 1)}, {{0}}},
    {&ph_layer_slice, "the middle", {SET("axes", 2, 3), SET("starts", 1, 1), SET("ends", 4, 3)}, {SHAPE(1, 3, 5, 4)}, {{0}}},
    {&ph_layer_slice, "every second, from the end", {SET("axes", -1), SET("starts", -1), SET("ends", -100), SET("steps", -2)}, {SHAPE(2, 3, 5)}, {{0}}},
    {&ph_layer_slice, "every second, up to infinity", {SET("starts", 1, 0), SET("ends", 9e18, 2), SET("steps", 2, 1)}, {SHAPE(4, 3, 2)}, {{0}}},
    {&ph_layer_crop, "of height and width", {SET("offsets", 1, 0)}, {SHAPE(1, 3, 5, 4), SHAPE(1, 2, 3, 4)}, {{0}}},
    {&ph_layer_crop, "of channels too, two images", {SET("axis", -3), SET("offsets", 1)}, {SHAPE(2, 3, 5, 4), SHAPE(2, 2, 3, 2)}, {{0}}},
    {&ph_layer_depth_to_space, "DCR", {SET("block", 2)}, {SHAPE(1, 12, 2, 3)}, {{0}}},
    {&ph_layer_depth_to_space, "CRD, two images", {SET("block", 2), CHOOSE("order", "CRD")}, {SHAPE(2, 8, 3, 2)}, {{0}}},
    {&ph_layer_space_to_depth, "blocks of 2, two images", {SET("block", 2)}, {SHAPE(2, 3, 4, 6)}, {{0}}},
    {&ph_layer_space_to_depth, "blocks of 3", {SET("block", 3)}, {SHAPE(1, 5, 3, 6)}, {{0}}},
    {&ph_layer_space_to_depth, "CRD", {SET("block", 3), CHOOSE("order", "CRD")}, {SHAPE(1, 2, 3, 6)}, {{0}}},
    {&ph_layer_gather, "with repetitions", {SET("axis", 1)}, {SHAPE(1, 3, 2, 4)}, {SHAPE(5)}},
    {&ph_layer_gather, "by a matrix", {SET("axis", -1)}, {SHAPE(2, 3)}, {SHAPE(2, 2)}},
    {&ph_layer_pad, "with a number", {SET("before", 0, 1, 2, 0), SET("after", 0, 0, 1, 3), SET("value", 0.7)}, {SHAPE(1, 2, 3, 4)}, {{0}}},
    {&ph_layer_pad, "reflected", {SET("before", 0, 0, 2, 1), SET("after", 0, 0, 1, 3), CHOOSE("mode", "reflect")}, {SHAPE(1, 2, 3, 4)}, {{0}}},
    {&ph_layer_pad, "with the edge", {SET("before", 0, 1, 2, 0), SET("after", 0, 0, 1, 3), CHOOSE("mode", "edge")}, {SHAPE(1, 2, 3, 4)}, {{0}}},
    {&ph_layer_pad, "of rank 2", {SET("before", 1, 0), SET("after", 0, 2)}, {SHAPE(2, 3)}, {{0}}},
    {&ph_layer_pad, "cut off", {SET("before", 0, 0, -1, 2), SET("after", 0, 0, 1, -1)}, {SHAPE(1, 2, 3, 4)}, {{0}}},
    {&ph_layer_range, "of three", {SET("start", 2), SET("step", -0.5), SET("count", 3)}, {{0}}, {{0}}},
    {&ph_layer_constant, "of rank 3", {{0}}, {{0}}, {SHAPE(2, 3, 4)}},
    {&ph_layer_constant, "an image", {{0}}, {{0}}, {SHAPE(1, 3, 4, 2)}},
    /* clang-format on */
