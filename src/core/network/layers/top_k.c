/* SPDX-License-Identifier: MIT */
/* top_k: the largest elements along an axis, or the smallest, in order; of equal ones the first comes first.
   Each is searched for among those that come after the one before it: few are asked for, and nothing is
   allocated. */
#include "axes.h"

typedef struct top_k_config {
  int64_t axis, count;
  bool smallest;
} top_k_config;

static const ph_field fields[] = {
    {"count", PH_INTEGER, offsetof(top_k_config, count), 1, 1, PH_MOST_LENGTH, NULL, "how many"},
    {"axis", PH_INTEGER, offsetof(top_k_config, axis), -1, PH_LEAST_AXIS, PH_MOST_AXIS, NULL,
     "along which they are chosen"},
    {"smallest", PH_FLAG, offsetof(top_k_config, smallest), 0, 0, 1, NULL, "the smallest, not the largest"},
    {0}};

static ph_status shape(const ph_layer *layer, const ph_shape *inputs, ph_shape *output, ph_error *e) {
  const top_k_config *config = layer->config;
  int axis = 0;
  ph_status status = ph_axis_find(layer, (double)config->axis, inputs[0].rank, &axis, e);
  if (status != PH_OK) return status;
  if (config->count > inputs[0].dim[axis])
    return ph_layer_fail(layer, e, "%lld of %lld elements", (long long)config->count,
                         (long long)inputs[0].dim[axis]);
  *output = inputs[0];
  output->dim[axis] = config->count;
  return PH_OK;
}

/* All along the axis. */
static void needs(const ph_layer *layer, const ph_needs *n) {
  const int64_t axis = ((const top_k_config *)layer->config)->axis;
  const ph_box whole = n->needed[0];
  const int64_t own = axis < 0 ? axis + whole.rank : axis;
  n->needed[0] = n->wanted;
  n->needed[0].axis[own] = whole.axis[own];
}

/* One line of elements: where it begins, how many there are, and how far they are apart. */
typedef struct line {
  const float *x;
  int64_t length, step;
  bool smallest;
} line;

/* Whether element i comes before j. */
static bool is_before(const line *l, int64_t i, int64_t j) {
  float a = l->x[i * l->step], b = l->x[j * l->step];
  if (a == b) return i < j;
  return l->smallest ? a < b : a > b;
}

/* The element that follows `last`, or, of -1, the first. */
static int64_t next_of(const line *l, int64_t last) {
  int64_t best = -1;
  for (int64_t i = 0; i < l->length; i++)
    if ((last < 0 || is_before(l, last, i)) && (best < 0 || is_before(l, i, best))) best = i;
  return best < 0 ? l->length - 1 : best; /* what is not a number has no place */
}

/* `of` sees each chosen element: where it lies in the output, and in the input. */
typedef void of_chosen(const ph_pass *pass, int64_t to, int64_t from);

static void each_chosen(const ph_layer *layer, const ph_pass *pass, of_chosen *of) {
  const top_k_config *config = layer->config;
  const ph_shape input = pass->input[0].shape;
  const int axis = (int)(config->axis < 0 ? config->axis + input.rank : config->axis);
  const int64_t before = ph_axes_count(input, 0, axis), after = ph_axes_count(input, axis + 1, input.rank);
  const int64_t length = input.dim[axis];
  for (int64_t i = 0; i < before; i++)
    for (int64_t j = 0; j < after; j++) {
      const int64_t start = i * length * after + j;
      const line l = {pass->input[0].data + start, length, after, config->smallest};
      for (int64_t k = 0, at = -1; k < config->count; k++) {
        at = next_of(&l, at);
        of(pass, (i * config->count + k) * after + j, start + at * after);
      }
    }
}

static void read_chosen(const ph_pass *pass, int64_t to, int64_t from) {
  pass->output.data[to] = pass->input[0].data[from];
}

static void add_chosen(const ph_pass *pass, int64_t to, int64_t from) {
  pass->input_gradient[0][from] += pass->output_gradient[to];
}

static void forward(const ph_layer *layer, const ph_pass *pass) { each_chosen(layer, pass, read_chosen); }

static void backward(const ph_layer *layer, const ph_pass *pass) {
  if (pass->input_gradient[0] != NULL) each_chosen(layer, pass, add_chosen);
}

const ph_layer_type ph_layer_top_k = {
    .name = "top_k",
    .text =
        "The largest elements along an axis, or the smallest, in order. Of equal ones the first comes first. "
        "Raises where there are fewer.",
    .least_inputs = 1,
    .most_inputs = 1,
    .fields = fields,
    .config_size = sizeof(top_k_config),
    .shape = shape,
    .needs = needs,
    .forward = forward,
    .backward = backward,
};
