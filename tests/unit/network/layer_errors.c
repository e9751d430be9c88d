/* SPDX-License-Identifier: MIT */
/* Every way in which a layer can refuse its settings, parameters or inputs, with its message. */
#include "layer_instance.h"
#include "tap.h"

typedef struct refusal {
  layer_case c;
  const char *message;
} refusal;

/* clang-format off */
static const refusal refusals[] = {
    /* ---- settings ---- */
    {{&ph_layer_convolution, "", {SET("strides", 2)}, {SHAPE(1, 3, 5, 5)}, {SHAPE(4, 3, 3, 3)}},
     "convolution 'it': no setting 'strides'; did you mean 'stride'?"},
    {{&ph_layer_convolution, "", {SET("stride", 0)}, {SHAPE(1, 3, 5, 5)}, {SHAPE(4, 3, 3, 3)}},
     "convolution 'it': stride 0 out of range 1..65536"},
    {{&ph_layer_convolution, "", {CHOOSE("padding_mode", "sane")}, {SHAPE(1, 3, 5, 5)}, {SHAPE(4, 3, 3, 3)}},
     "convolution 'it': no padding_mode 'sane'; did you mean 'same'?"},
    {{&ph_layer_max_pool, "", {SET("kernel", 2), SET("count_pad", 1)}, {SHAPE(1, 3, 5, 5)}, {{0}}},
     "max_pool 'it': no setting 'count_pad'"},
    {{&ph_layer_dropout, "", {SET("rate", 2)}, {SHAPE(1, 3)}, {{0}}},
     "dropout 'it': rate 2 out of range 0..1"},
    {{&ph_layer_preprocess, "", {SET("deviation", 1, 0, 1)}, {SHAPE(1, 3, 2, 2)}, {{0}}},
     "preprocess 'it': deviation 0 out of range 1e-06..1e+06"},

    /* ---- convolution ---- */
    {{&ph_layer_convolution, "", {{0}}, {SHAPE(1, 512, 5, 5)}, {SHAPE(4, 508, 3, 3)}},
     "convolution 'it': weight expects 508 input channels, got 512"},
    {{&ph_layer_convolution, "", {SET("groups", 2)}, {SHAPE(1, 6, 5, 5)}, {SHAPE(4, 6, 3, 3)}},
     "convolution 'it': weight expects 12 input channels, got 6"},
    {{&ph_layer_convolution, "", {SET("groups", 2)}, {SHAPE(1, 7, 5, 5)}, {SHAPE(4, 3, 3, 3)}},
     "convolution 'it': weight expects 6 input channels, got 7"},
    {{&ph_layer_convolution, "", {SET("groups", 2)}, {SHAPE(1, 6, 5, 5)}, {SHAPE(5, 3, 3, 3)}},
     "convolution 'it': 5 output channels do not divide into 2 groups"},
    {{&ph_layer_convolution, "", {{0}}, {SHAPE(1, 3, 5, 5)}, {SHAPE(4, 27)}},
     "convolution 'it': weight must be (outputs, inputs, height, width), got 4x27"},
    {{&ph_layer_convolution, "", {{0}}, {SHAPE(1, 3, 5, 5)}, {SHAPE(4, 3, 3, 3), SHAPE(3)}},
     "convolution 'it': bias: expected shape 4, got 3"},
    {{&ph_layer_convolution, "", {{0}}, {SHAPE(1, 75)}, {SHAPE(4, 3, 3, 3)}},
     "convolution 'it': expected an input of 4 dimensions, got 2 (1x75)"},
    {{&ph_layer_convolution, "", {{0}}, {SHAPE(1, 3, 3, 3)}, {SHAPE(4, 3, 7, 7)}},
     "convolution 'it': a 7x7 window does not fit into 3x3"},
    {{&ph_layer_convolution, "", {SET("dilation", 3), SET("padding", 1, 0)}, {SHAPE(1, 3, 5, 6)}, {SHAPE(4, 3, 3, 3)}},
     "convolution 'it': a 7x7 window does not fit into 7x6"},
    {{&ph_layer_convolution, "", {SET("padding", 1), CHOOSE("padding_mode", "same")}, {SHAPE(1, 3, 5, 5)}, {SHAPE(4, 3, 3, 3)}},
     "convolution 'it': padding is given, but padding_mode 'same' computes it"},
    {{&ph_layer_convolution, "", {{0}}, {SHAPE(1, 1, 5, 5)}, {SHAPE(1, 1, 1, 65537)}},
     "convolution 'it': a kernel of 1x65537 is too large"},

    /* ---- dense ---- */
    {{&ph_layer_dense, "", {{0}}, {SHAPE(1, 3, 2, 2)}, {SHAPE(5, 13)}},
     "dense 'it': weight expects 13 inputs, got 12 (1x3x2x2)"},
    {{&ph_layer_dense, "", {{0}}, {SHAPE(12)}, {SHAPE(5, 12)}},
     "dense 'it': expected an input of 2 dimensions or more, got 1 (12)"},
    {{&ph_layer_dense, "", {{0}}, {SHAPE(1, 12)}, {SHAPE(5, 12, 1, 1)}},
     "dense 'it': weight must be (units, inputs), got 5x12x1x1"},
    {{&ph_layer_dense, "", {{0}}, {SHAPE(1, 12)}, {SHAPE(5, 12), SHAPE(12)}},
     "dense 'it': bias: expected shape 5, got 12"},

    /* ---- pools ---- */
    {{&ph_layer_max_pool, "", {SET("stride", 2)}, {SHAPE(1, 3, 5, 5)}, {{0}}},
     "max_pool 'it': kernel is missing"},
    {{&ph_layer_max_pool, "", {SET("kernel", 7)}, {SHAPE(1, 3, 3, 4)}, {{0}}},
     "max_pool 'it': a 7x7 window does not fit into 3x4"},
    {{&ph_layer_average_pool, "", {SET("kernel", 3, 2), SET("padding", 0, 2, 0, 0)}, {SHAPE(1, 3, 9, 9)}, {{0}}},
     "average_pool 'it': padding 2 must be smaller than the kernel, 2"},
    {{&ph_layer_average_pool, "", {SET("kernel", 3)}, {SHAPE(1, 3)}, {{0}}},
     "average_pool 'it': expected an input of 4 dimensions, got 2 (1x3)"},
    {{&ph_layer_average_pool, "", {SET("kernel", 3), SET("padding", 1), CHOOSE("padding_mode", "same")}, {SHAPE(1, 3, 9, 9)}, {{0}}},
     "average_pool 'it': padding is given, but padding_mode 'same' computes it"},
    {{&ph_layer_global_average_pool, "", {{0}}, {SHAPE(1, 3)}, {{0}}},
     "global_average_pool 'it': expected an input of 4 dimensions, got 2 (1x3)"},

    /* ---- normalisation ---- */
    {{&ph_layer_local_response_norm, "", {SET("size", 4)}, {SHAPE(1, 3, 2, 2)}, {{0}}},
     "local_response_norm 'it': size must be odd, so that the window has a centre; got 4"},
    {{&ph_layer_local_response_norm, "", {{0}}, {SHAPE(1, 3)}, {{0}}},
     "local_response_norm 'it': expected an input of 4 dimensions, got 2 (1x3)"},
    {{&ph_layer_batch_norm, "", {{0}}, {SHAPE(1, 3, 2, 2)}, {SHAPE(3), SHAPE(4)}},
     "batch_norm 'it': variance: expected shape 3, got 4"},
    {{&ph_layer_batch_norm, "", {{0}}, {SHAPE(1, 3, 2, 2)}, {SHAPE(3), SHAPE(3), SHAPE(3), SHAPE(1, 3)}},
     "batch_norm 'it': bias: expected shape 3, got 1x3"},
    {{&ph_layer_batch_norm, "", {{0}}, {SHAPE(3)}, {SHAPE(3), SHAPE(3)}},
     "batch_norm 'it': expected an input of 2 dimensions or more, got 1 (3)"},

    /* ---- several inputs ---- */
    {{&ph_layer_concat, "", {{0}}, {SHAPE(1, 64, 28, 28), SHAPE(1, 128, 27, 28)}, {{0}}},
     "concat 'it': inputs must differ along axis 1 only; input 0 is 1x64x28x28, input 1 is 1x128x27x28"},
    {{&ph_layer_concat, "", {{0}}, {SHAPE(1, 4, 1, 1), SHAPE(1, 4)}, {{0}}},
     "concat 'it': inputs must differ along axis 1 only; input 0 is 1x4x1x1, input 1 is 1x4"},
    {{&ph_layer_concat, "", {SET("axis", 3)}, {SHAPE(1, 4, 1)}, {{0}}},
     "concat 'it': axis 3 out of range -3..2"},
    {{&ph_layer_binary, "", {CHOOSE("operation", "add")}, {SHAPE(1, 3, 4), SHAPE(1, 3)}, {{0}}},
     "binary 'it': inputs of 1x3x4 and 1x3 cannot be broadcast together"},
    {{&ph_layer_matmul, "", {{0}}, {SHAPE(3, 4), SHAPE(3, 4)}, {{0}}},
     "matmul 'it': matrices of 3x4 and 3x4 do not fit: 4 columns, 3 rows"},
    {{&ph_layer_sum, "", {{0}}, {SHAPE(1, 2, 3, 3), SHAPE(1, 2, 3, 3), SHAPE(1, 2, 1, 1)}, {{0}}},
     "sum 'it': inputs must have one shape; input 0 is 1x2x3x3, input 2 is 1x2x1x1"},
    {{&ph_layer_product, "", {{0}}, {SHAPE(1, 2), SHAPE(1, 3)}, {{0}}},
     "product 'it': inputs must have one shape; input 0 is 1x2, input 1 is 1x3"},
    {{&ph_layer_softmax, "", {SET("axis", -4)}, {SHAPE(1, 2, 3)}, {{0}}},
     "softmax 'it': axis -4 out of range -3..2"},

    /* ---- the same elements elsewhere ---- */
    {{&ph_layer_reshape, "", {SET("shape", 1, -1, -1)}, {SHAPE(1, 6)}, {{0}}},
     "reshape 'it': only one length can be inferred"},
    {{&ph_layer_reshape, "", {SET("shape", 1, 6, 0)}, {SHAPE(1, 6)}, {{0}}},
     "reshape 'it': length 2 is the input's, which has 2 dimensions"},
    {{&ph_layer_pad, "", {SET("before", 0, -2), SET("after", 0, -1)}, {SHAPE(1, 3)}, {{0}}},
     "pad 'it': nothing is left along axis 1 of an input of 1x3"},
    {{&ph_layer_reshape, "", {SET("shape", 4, -1)}, {SHAPE(1, 6)}, {{0}}},
     "reshape 'it': an input of 1x6 cannot become 4x1"},
    {{&ph_layer_reshape, "", {SET("shape", 1 << 30, 1 << 30, 1 << 30, 16)}, {SHAPE(1, 6)}, {{0}}},
     "reshape 'it': an input of 1x6 cannot become 1073741824x1073741824x1073741824x16"},
    {{&ph_layer_transpose, "", {SET("axes", 0, 1, 1)}, {SHAPE(1, 2, 3)}, {{0}}},
     "transpose 'it': axis 1 is named twice"},
    {{&ph_layer_squeeze, "", {SET("axes", 1)}, {SHAPE(1, 2, 3)}, {{0}}},
     "squeeze 'it': axis 1 of an input of 1x2x3 is longer than 1"},
    {{&ph_layer_slice, "", {SET("starts", 5), SET("ends", 9), SET("axes", 1)}, {SHAPE(1, 3)}, {{0}}},
     "slice 'it': nothing is left along axis 1 of an input of 1x3"},
    {{&ph_layer_slice, "", {SET("starts", 0), SET("ends", 1), SET("steps", 0)}, {SHAPE(1, 3)}, {{0}}},
     "slice 'it': a step of 0 leads nowhere"},
    {{&ph_layer_crop, "", {SET("offsets", 2)}, {SHAPE(1, 3, 5, 4), SHAPE(1, 3, 4, 1)}, {{0}}},
     "crop 'it': an input of 1x3x5x4 has no part of 1x3x4x1 there"},
    {{&ph_layer_crop, "", {SET("offsets", 1, 1, 1)}, {SHAPE(1, 3, 5, 4), SHAPE(1, 3, 2, 1)}, {{0}}},
     "crop 'it': 3 offsets given for 2 axes"},
    {{&ph_layer_gather, "", {{0}}, {SHAPE(1, 3)}, {SHAPE(40)}},
     "gather 'it': index -2 is not a whole number in -1..0"},
    {{&ph_layer_expand, "", {SET("shape", 4)}, {SHAPE(1, 3)}, {{0}}},
     "expand 'it': an input of 1x3 cannot be broadcast to 4 elements along axis 1"},
    {{&ph_layer_pad, "", {SET("before", 1), SET("after", 1)}, {SHAPE(1, 3)}, {{0}}},
     "pad 'it': before and after take a number for each of 2 dimensions, got 1 and 1"},
    {{&ph_layer_depth_to_space, "", {SET("block", 2)}, {SHAPE(1, 6, 2, 2)}, {{0}}},
     "depth_to_space 'it': 6 channels do not make blocks of 2x2"},
    {{&ph_layer_space_to_depth, "", {SET("block", 2)}, {SHAPE(1, 6, 3, 2)}, {{0}}},
     "space_to_depth 'it': an image of 3x2 does not fall into blocks of 2x2"},
    {{&ph_layer_resize, "", {{0}}, {SHAPE(1, 6, 3, 2)}, {{0}}},
     "resize 'it': either scales or sizes expected"},
    {{&ph_layer_resize, "", {SET("scales", 1, 2, 1, 1)}, {SHAPE(1, 6, 3, 2)}, {{0}}},
     "resize 'it': only height and width can be resized"},
    {{&ph_layer_group_norm, "", {SET("groups", 4)}, {SHAPE(1, 6, 3, 2)}, {{0}}},
     "group_norm 'it': 6 channels do not make 4 groups"},
    {{&ph_layer_transposed_convolution,
      "",
      {SET("padding", 3)},
      {SHAPE(1, 2, 3, 3)},
      {SHAPE(2, 2, 3, 3)}},
     "transposed_convolution 'it': padding leaves nothing of the output"},
    {{&ph_layer_unary, "", {{0}}, {SHAPE(1, 2)}, {{0}}}, "unary 'it': operation is missing"},

    {{&ph_layer_binary, "", {{0}}, {SHAPE(1, 2), SHAPE(1, 2)}, {{0}}}, "binary 'it': operation is missing"},
    {{&ph_layer_max_pool, "", {SET("kernel", 2), SET("dilation", 3), SET("padding", 1)}, {SHAPE(1, 1, 2, 6)}, {{0}}},
     "max_pool 'it': a window with dilation 3 has no pixel inside 2x6"},
    {{&ph_layer_prelu, "", {{0}}, {SHAPE(1, 3, 2, 2)}, {SHAPE(3)}},
     "prelu 'it': slope of 3 cannot be broadcast to an input of 1x3x2x2"},
    {{&ph_layer_prelu, "", {{0}}, {SHAPE(1, 1, 2, 2)}, {SHAPE(3, 1, 1)}},
     "prelu 'it': slope of 3x1x1 cannot be broadcast to an input of 1x1x2x2"},
    {{&ph_layer_matmul, "", {{0}}, {SHAPE(2, 3, 4), SHAPE(3, 4, 5)}, {{0}}},
     "matmul 'it': inputs of 2x3x4 and 3x4x5 cannot be broadcast together"},
    {{&ph_layer_reduce, "", {SET("axes", 1, -1)}, {SHAPE(1, 2)}, {{0}}},
     "reduce 'it': axis 1 is named twice"},
    {{&ph_layer_reduce, "", {SET("axes", 1.5)}, {SHAPE(1, 2)}, {{0}}},
     "reduce 'it': axes must be a whole number, got 1.5"},
    {{&ph_layer_top_k, "", {SET("count", 3)}, {SHAPE(3, 2)}, {{0}}}, "top_k 'it': 3 of 2 elements"},
    {{&ph_layer_unsqueeze, "", {SET("axes", 0)}, {SHAPE(1, 2, 1, 2, 1, 2)}, {{0}}},
     "unsqueeze 'it': the result would have 7 dimensions; there may be 6"},
    {{&ph_layer_flatten, "", {SET("axis", 3)}, {SHAPE(1, 2)}, {{0}}},
     "flatten 'it': axis 3 out of range -2..2"},
    {{&ph_layer_layer_norm, "", {SET("axis", 1)}, {SHAPE(1, 2, 3)}, {SHAPE(3)}},
     "layer_norm 'it': scale: expected shape 2x3, got 3"},
    {{&ph_layer_instance_norm, "", {{0}}, {SHAPE(1, 2, 3)}, {SHAPE(2), SHAPE(3)}},
     "instance_norm 'it': bias: expected shape 2, got 3"},
    {{&ph_layer_transposed_convolution, "", {{0}}, {SHAPE(1, 3, 3, 3)}, {SHAPE(2, 2, 3, 3)}},
     "transposed_convolution 'it': weight expects 2 input channels in 1 groups, got 3"},

    /* ---- the way in ---- */
    {{&ph_layer_preprocess, "", {SET("range", 1, 2, 3)}, {SHAPE(1, 3, 2, 2)}, {{0}}},
     "preprocess 'it': range takes two numbers, got 3"},
    {{&ph_layer_preprocess, "", {SET("range", 0, 2), SET("scale", 2)}, {SHAPE(1, 3, 2, 2)}, {{0}}},
     "preprocess 'it': scale and range are two ways to say one thing"},
    {{&ph_layer_preprocess, "", {SET("mean", 1, 2)}, {SHAPE(1, 3, 2, 2)}, {{0}}},
     "preprocess 'it': mean has 2 numbers for 3 channels"},
    {{&ph_layer_preprocess, "", {SET("deviation", 1)}, {SHAPE(1, 3, 2, 2)}, {{0}}},
     "preprocess 'it': deviation has 1 numbers for 3 channels"},
    {{&ph_layer_preprocess, "", {CHOOSE("order", "bgr")}, {SHAPE(1, 4, 2, 2)}, {{0}}},
     "preprocess 'it': order bgr needs 3 channels, got 4"},
    {{&ph_layer_preprocess, "", {{0}}, {SHAPE(1, 4)}, {{0}}},
     "preprocess 'it': expected an input of 4 dimensions, got 2 (1x4)"},
};
/* clang-format on */

static void check_message(ph_status status, const ph_error *e, const char *message) {
  if (!ok(status == PH_MISUSE && strcmp(e->message, message) == 0, "%s", message))
    printf("# status %d, got: %s\n", (int)status, status == PH_OK ? "nothing" : e->message);
}

static void check_refusal(const refusal *r) {
  ph_error e;
  layer_instance it;
  ph_status status = instance_new(&it, &r->c, &e);
  check_message(status, &e, r->message);
  instance_free(&it);
}

/* What a file may hold, and what no list of shapes can say. */
static void check_variance(void) {
  ph_error e;
  layer_instance it;
  layer_case c = {&ph_layer_batch_norm, "", {{0}}, {SHAPE(1, 2)}, {SHAPE(2), SHAPE(2)}};
  ph_shape input = c.inputs[0], output;
  if (ok(instance_new(&it, &c, &e) == PH_OK, "a batch_norm")) {
    ph_tensor_data(it.layer.parameter[1])[1] = -0.5f;
    check_message(c.type->shape(&it.layer, &input, &output, &e), &e,
                  "batch_norm 'it': variance of channel 1 is -0.5; with epsilon it must be positive");
  }
  instance_free(&it);
}

/* The shape of an image that nobody could hold comes out right, without overflow on the way. */
static void check_large(void) {
  ph_error e;
  layer_instance it;
  layer_case c = {&ph_layer_convolution, "", {{0}}, {SHAPE(1, 1, 2, 2)}, {SHAPE(1, 1, 2, 2)}};
  ph_shape output = {0}, input = ph_shape4(1, 1, INT64_C(1) << 43, 1);
  if (ok(instance_new(&it, &c, &e) == PH_OK, "a convolution")) {
    ph_convolution_config *config = it.layer.config;
    for (int i = 0; i < 2; i++) config->dilation[i] = 65536;
    for (int i = 0; i < 4; i++) config->padding[i] = 65536;
    ok(c.type->shape(&it.layer, &input, &output, &e) == PH_OK &&
           ph_shape_equal(output, ph_shape4(1, 1, (INT64_C(1) << 43) + 65536, 65537)),
       "  with the widest padding and dilation, on an image 2^43 pixels high");
  }
  instance_free(&it);
}

int main(void) {
  for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) check_refusal(&refusals[i]);
  check_variance();
  check_large();
  ok(ph_memory_blocks() == 0, "nothing is left allocated");
  return tap_done();
}
