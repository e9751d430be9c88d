/* SPDX-License-Identifier: MIT */
/* reshape, flatten, squeeze, unsqueeze, identity: the same elements in the same order under another shape. */
#include <string.h>

#include "axes.h"

static void forward(const ph_layer *layer, const ph_pass *pass) {
  (void)layer;
  memcpy(pass->output.data, pass->input[0].data,
         (size_t)ph_shape_count(pass->output.shape) * sizeof *pass->output.data);
}

static void backward(const ph_layer *layer, const ph_pass *pass) {
  (void)layer;
  int64_t count = ph_shape_count(pass->output.shape);
  float *dst = pass->input_gradient[0];
  for (int64_t i = 0; i < count && dst != NULL; i++) dst[i] += pass->output_gradient[i];
}

/* ---- reshape ---- */

/* Numbers that are not lengths: 0, the input's own at that place; -1, what is left. */
enum { OWN = 0, INFERRED = -1 };

typedef struct reshape_config {
  ph_list shape;
} reshape_config;

static const ph_field reshape_fields[] = {
    {"shape", PH_INTEGERS, offsetof(reshape_config, shape), PH_REQUIRED, INFERRED, PH_MOST_LENGTH, NULL,
     "the lengths; 0 takes the input's at that place, one -1 what is left"},
    {0}};

static ph_status shape_of_reshape(const ph_layer *layer, const ph_shape *inputs, ph_shape *output,
                                  ph_error *e) {
  const ph_list *wanted = &((const reshape_config *)layer->config)->shape;
  char text[PH_SHAPE_TEXT], result[PH_SHAPE_TEXT];
  int64_t known = 1, count = ph_shape_count(inputs[0]);
  int inferred = -1;
  if (wanted->count == 0 || wanted->count > PH_MAX_RANK)
    return ph_layer_fail(layer, e, "shape of 1 to %d numbers expected, got %d", PH_MAX_RANK, wanted->count);
  output->rank = wanted->count;
  for (int a = 0; a < wanted->count; a++) {
    int64_t length = (int64_t)wanted->value[a];
    if (length == OWN && a >= inputs[0].rank)
      return ph_layer_fail(layer, e, "length %d is the input's, which has %d dimensions", a, inputs[0].rank);
    if (length == OWN) length = inputs[0].dim[a];
    if (length == INFERRED && inferred >= 0)
      return ph_layer_fail(layer, e, "only one length can be inferred");
    if (length == INFERRED) inferred = a;
    output->dim[a] = length == INFERRED ? 1 : length;
    if (output->dim[a] > count / known + 1)
      known = count + 1; /* too many already; do not overflow */
    else
      known *= output->dim[a];
  }
  if (inferred >= 0 && known <= count && count % known == 0) {
    output->dim[inferred] = count / known;
    known = count;
  }
  if (known != count)
    return ph_layer_fail(layer, e, "an input of %s cannot become %s", ph_shape_print(inputs[0], text),
                         ph_shape_print(*output, result));
  return PH_OK;
}

/* ---- flatten ---- */

typedef struct axis_config {
  int64_t axis;
} axis_config;

static const ph_field flatten_fields[] = {{"axis", PH_INTEGER, offsetof(axis_config, axis), 1, -PH_MAX_RANK,
                                           PH_MAX_RANK, NULL, "the first axis of the second of two"},
                                          {0}};

static ph_status shape_of_flatten(const ph_layer *layer, const ph_shape *inputs, ph_shape *output,
                                  ph_error *e) {
  int64_t axis = ((const axis_config *)layer->config)->axis;
  int rank = inputs[0].rank;
  if (axis < -rank || axis > rank)
    return ph_layer_fail(layer, e, "axis %lld out of range %d..%d", (long long)axis, -rank, rank);
  int at = (int)(axis < 0 ? axis + rank : axis);
  *output = ph_shape_of(2, (int64_t[]){ph_axes_count(inputs[0], 0, at), ph_axes_count(inputs[0], at, rank)});
  return PH_OK;
}

/* ---- squeeze and unsqueeze ---- */

typedef struct axes_config {
  ph_list axes;
} axes_config;

static const ph_field squeeze_fields[] = {{"axes", PH_INTEGERS, offsetof(axes_config, axes), 0, PH_LEAST_AXIS,
                                           PH_MOST_AXIS, NULL,
                                           "which axes, of length 1, go; all of them by default"},
                                          {0}};

static const ph_field unsqueeze_fields[] = {{"axes", PH_INTEGERS, offsetof(axes_config, axes), PH_REQUIRED,
                                             PH_LEAST_AXIS, PH_MOST_AXIS, NULL,
                                             "which axes of the output are new, of length 1"},
                                            {0}};

static ph_status shape_of_squeeze(const ph_layer *layer, const ph_shape *inputs, ph_shape *output,
                                  ph_error *e) {
  const ph_list *axes = &((const axes_config *)layer->config)->axes;
  bool goes[PH_MAX_RANK];
  char text[PH_SHAPE_TEXT];
  ph_status status;
  PH_TRY(ph_axes(layer, axes, inputs[0].rank, goes, e));
  output->rank = 0;
  for (int a = 0; a < inputs[0].rank; a++) {
    if (goes[a] && inputs[0].dim[a] != 1)
      return ph_layer_fail(layer, e, "axis %d of an input of %s is longer than 1", a,
                           ph_shape_print(inputs[0], text));
    if (axes->count == 0) goes[a] = inputs[0].dim[a] == 1;
    if (!goes[a]) output->dim[output->rank++] = inputs[0].dim[a];
  }
  if (output->rank == 0) *output = ph_shape_of(1, (int64_t[]){1}); /* a number is a list of one */
done:
  return status;
}

static ph_status shape_of_unsqueeze(const ph_layer *layer, const ph_shape *inputs, ph_shape *output,
                                    ph_error *e) {
  const ph_list *axes = &((const axes_config *)layer->config)->axes;
  bool is_new[PH_MAX_RANK];
  int at = 0;
  ph_status status;
  if (axes->count == 0) return ph_layer_fail(layer, e, "axes are missing");
  output->rank = inputs[0].rank + axes->count;
  if (output->rank > PH_MAX_RANK)
    return ph_layer_fail(layer, e, "the result would have %d dimensions; there may be %d", output->rank,
                         PH_MAX_RANK);
  PH_TRY(ph_axes(layer, axes, output->rank, is_new, e));
  for (int a = 0; a < output->rank; a++) output->dim[a] = is_new[a] ? 1 : inputs[0].dim[at++];
done:
  return status;
}

/* ---- the types ---- */

static const ph_field no_fields[] = {{0}};

#define SAME_ELEMENTS(type, its_text, its_fields, size, its_shape)                                           \
  const ph_layer_type ph_layer_##type = {.name = #type,                                                      \
                                         .text = its_text,                                                   \
                                         .least_inputs = 1,                                                  \
                                         .most_inputs = 1,                                                   \
                                         .fields = its_fields,                                               \
                                         .config_size = size,                                                \
                                         .shape = its_shape,                                                 \
                                         .meaning = ph_meaning_regrouped,                                    \
                                         .needs = ph_needs_regrouped,                                        \
                                         .forward = forward,                                                 \
                                         .backward = backward}

SAME_ELEMENTS(reshape, "The same elements in the same order under another shape.", reshape_fields,
              sizeof(reshape_config), shape_of_reshape);
SAME_ELEMENTS(flatten, "Two axes: all those before `axis`, and the rest.", flatten_fields,
              sizeof(axis_config), shape_of_flatten);
SAME_ELEMENTS(squeeze, "Without axes of length 1.", squeeze_fields, sizeof(axes_config), shape_of_squeeze);
SAME_ELEMENTS(unsqueeze, "With further axes of length 1.", unsqueeze_fields, sizeof(axes_config),
              shape_of_unsqueeze);
const ph_layer_type ph_layer_identity = {
    .name = "identity",
    .text = "Nothing; a further name.",
    .least_inputs = 1,
    .most_inputs = 1,
    .reach = PH_REACH_ELEMENT,
    .identity = true,
    .fields = no_fields,
    .shape = ph_layer_same_shape,
    .forward = forward,
    .backward = backward,
};
