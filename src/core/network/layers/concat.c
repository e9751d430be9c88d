/* SPDX-License-Identifier: MIT */
/* concat: the inputs one after the other along one axis, most often their channels. */
#include <string.h>

#include "axes.h"

typedef struct concat_config {
  int64_t axis;
} concat_config;

static const ph_field fields[] = {{"axis", PH_INTEGER, offsetof(concat_config, axis), 1, PH_LEAST_AXIS,
                                   PH_MOST_AXIS, NULL, "along which they follow each other"},
                                  {0}};

int ph_concat_axis(const ph_layer *layer, int rank) {
  int64_t axis = ((const concat_config *)layer->config)->axis;
  return (int)(axis < 0 ? axis + rank : axis);
}

static ph_status shape(const ph_layer *layer, const ph_shape *inputs, ph_shape *output, ph_error *e) {
  char first[PH_SHAPE_TEXT], other[PH_SHAPE_TEXT];
  int axis;
  ph_status status;
  PH_TRY(ph_axis_find(layer, (double)((const concat_config *)layer->config)->axis, inputs[0].rank, &axis, e));
  *output = inputs[0];
  for (int i = 1; i < layer->inputs; i++) {
    ph_shape like = inputs[0];
    if (inputs[i].rank == like.rank) like.dim[axis] = inputs[i].dim[axis];
    if (!ph_shape_equal(inputs[i], like))
      return ph_layer_fail(layer, e, "inputs must differ along axis %d only; input 0 is %s, input %d is %s",
                           axis, ph_shape_print(inputs[0], first), i, ph_shape_print(inputs[i], other));
    output->dim[axis] += inputs[i].dim[axis];
  }
done:
  return status;
}

/* What follows each other: places, with other elements before or after them; more and more of one kind; or
   something unknown. */
static ph_axis_meaning joined(const ph_layer *layer, const ph_meaning *inputs, int axis, int64_t length) {
  ph_axis_meaning whole = {0};
  int with_places = 0, of_kind = 0;
  int64_t before = 0, after = 0;
  for (int i = 0; i < layer->inputs; i++) {
    const ph_axis_meaning *own = &inputs[i].axis[axis];
    const int64_t size = inputs[i].shape.dim[axis];
    of_kind += own->count == 1 && own->before + own->after == 0 &&
               own->factor[0].kind == inputs[0].axis[axis].factor[0].kind;
    if (ph_axis_has_places(own)) {
      whole = *own;
      with_places++;
    } else if (with_places == 0) {
      before += size;
    } else {
      after += size;
    }
  }
  if (of_kind == layer->inputs) return ph_axis_of(inputs[0].axis[axis].factor[0].kind, length);
  if (with_places != 1) return ph_axis_of(PH_OTHER, length);
  whole.before += before;
  whole.after += after;
  return whole.before > 0 && whole.after > 0 ? ph_axis_of(PH_OTHER, length) : whole;
}

static void meaning(const ph_layer *layer, const ph_meaning *inputs, ph_meaning *output) {
  const int axis = ph_concat_axis(layer, output->shape.rank);
  ph_meaning_kept(layer, inputs, output);
  output->axis[axis] = joined(layer, inputs, axis, output->shape.dim[axis]);
}

static void needs(const ph_layer *layer, const ph_needs *n) {
  const int axis = ph_concat_axis(layer, n->output.rank);
  int64_t before = 0;
  for (int i = 0; i < layer->inputs; i++) {
    const int64_t size = n->inputs[i].dim[axis];
    const ph_range joined = n->wanted.axis[axis];
    n->needed[i] = n->wanted;
    n->needed[i].axis[axis] = (ph_range){joined.first > before ? joined.first - before : 0,
                                         joined.last < before + size ? joined.last - before : size};
    before += size;
  }
}

/* With all axes before the joined one as one, each input is a run of memory in each of its rows. */
static void forward(const ph_layer *layer, const ph_pass *pass) {
  int rank = pass->output.shape.rank, axis = ph_concat_axis(layer, rank);
  int64_t rows = ph_axes_count(pass->output.shape, 0, axis);
  float *dst = pass->output.data;
  for (int64_t row = 0; row < rows; row++) {
    for (int i = 0; i < layer->inputs; i++) {
      int64_t count = ph_axes_count(pass->input[i].shape, axis, rank);
      memcpy(dst, pass->input[i].data + row * count, (size_t)count * sizeof *dst);
      dst += count;
    }
  }
}

static void backward(const ph_layer *layer, const ph_pass *pass) {
  int rank = pass->output.shape.rank, axis = ph_concat_axis(layer, rank);
  int64_t rows = ph_axes_count(pass->output.shape, 0, axis);
  const float *src = pass->output_gradient;
  for (int64_t row = 0; row < rows; row++) {
    for (int i = 0; i < layer->inputs; i++) {
      int64_t count = ph_axes_count(pass->input[i].shape, axis, rank);
      float *dst = pass->input_gradient[i];
      for (int64_t j = 0; j < count && dst != NULL; j++) dst[row * count + j] += src[j];
      src += count;
    }
  }
}

const ph_layer_type ph_layer_concat = {
    .name = "concat",
    .text = "Up to 64 inputs one after the other along an axis: their channels, where no other is named.",
    .joins = true,
    .least_inputs = 1,
    .most_inputs = PH_MAX_INPUTS,
    .fields = fields,
    .config_size = sizeof(concat_config),
    .shape = shape,
    .meaning = meaning,
    .needs = needs,
    .forward = forward,
    .backward = backward,
};
