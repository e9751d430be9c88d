/* SPDX-License-Identifier: MIT */
/* depth_to_space and space_to_depth: squares of block x block pixels from channels, and channels from such
   squares. Of the block² times c channels the block's position is the slower part in order "DCR" (depth,
   column, row), the faster one in "CRD". Both are views of the same six axes. */
#include "axes.h"
#include "view.h"

typedef struct blocks_config {
  int64_t block;
  int order;
} blocks_config;

enum { DCR, CRD };
static const char *const orders[] = {"DCR", "CRD", NULL};

/* The block's default, 0, is out of its range: it has to be given. */
static const ph_field fields[] = {
    {"block", PH_INTEGER, offsetof(blocks_config, block), 0, 1, 1024, NULL, "side of the squares, pixels"},
    {"order", PH_CHOICE, offsetof(blocks_config, order), DCR, 0, 0, orders,
     "whether the place in the block (DCR) or the channel (CRD) is slowest among the channels of depth"},
    {0}};

static int64_t divide_down(int64_t a, int64_t b) { return a < 0 ? -((b - 1 - a) / b) : a / b; }

static ph_status check(const ph_layer *layer, ph_shape input, ph_error *e) {
  const blocks_config *config = layer->config;
  if (config->block == 0) return ph_layer_fail(layer, e, "block is missing");
  return ph_layer_expect_rank(layer, input, 4, e);
}

static ph_status shape_of_space(const ph_layer *layer, const ph_shape *inputs, ph_shape *output,
                                ph_error *e) {
  int64_t block = ((const blocks_config *)layer->config)->block;
  const int64_t *dim = inputs[0].dim;
  ph_status status = check(layer, inputs[0], e);
  if (status != PH_OK) return status;
  if (dim[1] % (block * block) != 0)
    return ph_layer_fail(layer, e, "%lld channels do not make blocks of %lldx%lld", (long long)dim[1],
                         (long long)block, (long long)block);
  *output = ph_shape4(dim[0], dim[1] / (block * block), dim[2] * block, dim[3] * block);
  return PH_OK;
}

static ph_status shape_of_depth(const ph_layer *layer, const ph_shape *inputs, ph_shape *output,
                                ph_error *e) {
  int64_t block = ((const blocks_config *)layer->config)->block;
  const int64_t *dim = inputs[0].dim;
  ph_status status = check(layer, inputs[0], e);
  if (status != PH_OK) return status;
  if (dim[2] % block != 0 || dim[3] % block != 0)
    return ph_layer_fail(layer, e, "an image of %lldx%lld does not fall into blocks of %lldx%lld",
                         (long long)dim[2], (long long)dim[3], (long long)block, (long long)block);
  *output = ph_shape4(dim[0], dim[1] * block * block, dim[2] / block, dim[3] / block);
  return PH_OK;
}

/* All channels, and of places the square, or that of which they are part. */
static void needs(const ph_layer *layer, const ph_needs *n) {
  const int64_t block = ((const blocks_config *)layer->config)->block;
  ph_needs_images(layer, n);
  for (int a = 2; a < 4; a++) {
    const ph_range wanted = n->wanted.axis[a];
    n->needed[0].axis[a] =
        layer->type == &ph_layer_space_to_depth
            ? (ph_range){wanted.first * block, wanted.last * block}
            : (ph_range){divide_down(wanted.first, block), divide_down(wanted.last - 1, block) + 1};
  }
}

/* `split` seen with its axes in the order given. */
static ph_view in_order(ph_shape split, const int order[PH_MAX_RANK]) {
  ph_view whole = ph_view_whole(split), view = {.rank = PH_MAX_RANK};
  for (int a = 0; a < PH_MAX_RANK; a++) view.axis[a] = whole.axis[order[a]];
  return view;
}

/* The input's channels are (row, column, c) or (c, row, column); the output is (n, c, y, row, x, column). */
static ph_view view_of_space(const ph_layer *layer, ph_shape input, ph_shape output) {
  const blocks_config *config = layer->config;
  int64_t b = config->block, c = output.dim[1];
  if (config->order == DCR)
    return in_order(ph_shape_of(6, (int64_t[]){input.dim[0], b, b, c, input.dim[2], input.dim[3]}),
                    (int[]){0, 3, 4, 1, 5, 2});
  return in_order(ph_shape_of(6, (int64_t[]){input.dim[0], c, b, b, input.dim[2], input.dim[3]}),
                  (int[]){0, 1, 4, 2, 5, 3});
}

/* The input is (n, c, y, row, x, column); the output's channels are (row, column, c) or (c, row, column). */
static ph_view view_of_depth(const ph_layer *layer, ph_shape input, ph_shape output) {
  const blocks_config *config = layer->config;
  int64_t b = config->block;
  ph_shape split =
      ph_shape_of(6, (int64_t[]){input.dim[0], input.dim[1], output.dim[2], b, output.dim[3], b});
  return config->order == DCR ? in_order(split, (int[]){0, 3, 5, 1, 2, 4})
                              : in_order(split, (int[]){0, 1, 3, 5, 2, 4});
}

static ph_view view_of(const ph_layer *layer, const ph_pass *pass) {
  bool to_space = layer->type == &ph_layer_depth_to_space;
  return (to_space ? view_of_space : view_of_depth)(layer, pass->input[0].shape, pass->output.shape);
}

static void forward(const ph_layer *layer, const ph_pass *pass) {
  ph_view view = view_of(layer, pass);
  ph_view_forward(&view, pass->input[0].data, pass->output.data, 0);
}

static void backward(const ph_layer *layer, const ph_pass *pass) {
  ph_view view = view_of(layer, pass);
  if (pass->input_gradient[0] != NULL)
    ph_view_backward(&view, pass->output_gradient, pass->input_gradient[0]);
}

const ph_layer_type ph_layer_depth_to_space = {
    .name = "depth_to_space",
    .text = "Channels laid out as blocks of pixels: (n, c * block^2, h, w) to (n, c, h * block, w * block).",
    .least_inputs = 1,
    .most_inputs = 1,
    .fields = fields,
    .config_size = sizeof(blocks_config),
    .shape = shape_of_space,
    .meaning = ph_meaning_map,
    .needs = needs,
    .forward = forward,
    .backward = backward,
};

const ph_layer_type ph_layer_space_to_depth = {
    .name = "space_to_depth",
    .text = "Blocks of pixels laid out as channels, the other way round.",
    .least_inputs = 1,
    .most_inputs = 1,
    .fields = fields,
    .config_size = sizeof(blocks_config),
    .shape = shape_of_depth,
    .meaning = ph_meaning_map,
    .needs = needs,
    .forward = forward,
    .backward = backward,
};
