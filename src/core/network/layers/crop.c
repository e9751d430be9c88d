/* SPDX-License-Identifier: MIT */
/* crop: the part of the first input that is as large as the second, which is there for its shape alone, along
   the axes from one on: Caffe's, with which networks bring an enlarged image back to the picture's size. */
#include "axes.h"
#include "view.h"

typedef struct crop_config {
  int64_t axis;
  ph_list offsets;
} crop_config;

static const ph_field fields[] = {{"axis", PH_INTEGER, offsetof(crop_config, axis), 2, PH_LEAST_AXIS,
                                   PH_MOST_AXIS, NULL, "the first axis that is cut"},
                                  {"offsets", PH_INTEGERS, offsetof(crop_config, offsets), 0, 0,
                                   PH_MOST_LENGTH, NULL,
                                   "where the part begins along each, or along all of them; 0 by default"},
                                  {0}};

/* Where the part begins along an axis, the first of those that are cut being `first`. */
static int64_t offset_at(const crop_config *config, int axis, int first) {
  int count = config->offsets.count;
  if (axis < first || count == 0) return 0;
  return (int64_t)config->offsets.value[count == 1 ? 0 : axis - first];
}

static ph_status shape(const ph_layer *layer, const ph_shape *inputs, ph_shape *output, ph_error *e) {
  const crop_config *config = layer->config;
  char from[PH_SHAPE_TEXT], to[PH_SHAPE_TEXT];
  int first;
  ph_status status;
  PH_TRY(ph_layer_expect_rank(layer, inputs[1], inputs[0].rank, e));
  PH_TRY(ph_axis_find(layer, (double)config->axis, inputs[0].rank, &first, e));
  if (config->offsets.count > 1 && config->offsets.count != inputs[0].rank - first)
    return ph_layer_fail(layer, e, "%d offsets given for %d axes", config->offsets.count,
                         inputs[0].rank - first);
  *output = inputs[0];
  for (int a = first; a < output->rank; a++) {
    output->dim[a] = inputs[1].dim[a];
    if (offset_at(config, a, first) + output->dim[a] > inputs[0].dim[a])
      return ph_layer_fail(layer, e, "an input of %s has no part of %s there",
                           ph_shape_print(inputs[0], from), ph_shape_print(inputs[1], to));
  }
done:
  return status;
}

static ph_view view_of(const ph_layer *layer, ph_shape input, ph_shape output) {
  const crop_config *config = layer->config;
  ph_view view = ph_view_whole(input);
  int first = (int)(config->axis < 0 ? config->axis + view.rank : config->axis);
  for (int a = 0; a < view.rank; a++) {
    view.axis[a].start = offset_at(config, a, first);
    view.axis[a].length = output.dim[a];
  }
  return view;
}

static void needs(const ph_layer *layer, const ph_needs *n) {
  const ph_view view = view_of(layer, n->inputs[0], n->output);
  for (int a = 0; a < view.rank; a++)
    n->needed[0].axis[a] = ph_view_needs(&view.axis[a], n->wanted.axis[a], n->open);
  n->needed[1].axis[0] = (ph_range){0, 0}; /* of which the shape alone is read */
}

static void forward(const ph_layer *layer, const ph_pass *pass) {
  ph_view view = view_of(layer, pass->input[0].shape, pass->output.shape);
  ph_view_forward(&view, pass->input[0].data, pass->output.data, 0);
}

static void backward(const ph_layer *layer, const ph_pass *pass) {
  ph_view view = view_of(layer, pass->input[0].shape, pass->output.shape);
  if (pass->input_gradient[0] != NULL)
    ph_view_backward(&view, pass->output_gradient, pass->input_gradient[0]);
}

const ph_layer_type ph_layer_crop = {
    .name = "crop",
    .text = "The part of the first input that is as large as the second, which is there for its shape alone, "
            "along all axes from one on, as Caffe's `Crop`. The second gets no gradient.",
    .least_inputs = 2,
    .most_inputs = 2,
    .fields = fields,
    .config_size = sizeof(crop_config),
    .shape = shape,
    .needs = needs,
    .forward = forward,
    .backward = backward,
};
