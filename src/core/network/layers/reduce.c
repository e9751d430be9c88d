/* SPDX-License-Identifier: MIT */
/* reduce: one number from all elements along some axes: their mean, sum, largest, … Sums run in double
   precision. The axes stay, with length 1, unless `keep` is off. */
#include <math.h>

#include "tensor/loops.h"
#include "axes.h"

typedef struct reduce_config {
  int operation;
  ph_list axes;
  bool keep;
} reduce_config;

enum { MEAN, SUM, MOST, LEAST, L1, L2, SUM_SQUARE, LOG_SUM_EXP, PRODUCT };
static const char *const operations[] = {"mean", "sum",        "max",         "min",     "l1",
                                         "l2",   "sum_square", "log_sum_exp", "product", NULL};

static const ph_field fields[] = {
    {"operation", PH_CHOICE, offsetof(reduce_config, operation), MEAN, 0, 0, operations,
     "what is made of them"},
    {"axes", PH_INTEGERS, offsetof(reduce_config, axes), 0, PH_LEAST_AXIS, PH_MOST_AXIS, NULL,
     "along which axes; all of them by default"},
    {"keep", PH_FLAG, offsetof(reduce_config, keep), 1, 0, 1, NULL, "the axes stay, with length 1"},
    {0}};

/* Which axes go; all where none are named. */
static ph_status find_reduced(const ph_layer *layer, int rank, bool *goes, ph_error *e) {
  const reduce_config *config = layer->config;
  ph_status status = ph_axes(layer, &config->axes, rank, goes, e);
  for (int a = 0; a < rank && config->axes.count == 0; a++) goes[a] = true;
  return status;
}

static ph_status shape(const ph_layer *layer, const ph_shape *inputs, ph_shape *output, ph_error *e) {
  const reduce_config *config = layer->config;
  bool goes[PH_MAX_RANK];
  ph_status status = find_reduced(layer, inputs[0].rank, goes, e);
  if (status != PH_OK) return status;
  output->rank = 0;
  for (int a = 0; a < inputs[0].rank; a++)
    if (!goes[a] || config->keep) output->dim[output->rank++] = goes[a] ? 1 : inputs[0].dim[a];
  if (output->rank == 0) *output = ph_shape_of(1, (int64_t[]){1}); /* a number is a list of one */
  return PH_OK;
}

static void meaning(const ph_layer *layer, const ph_meaning *inputs, ph_meaning *output) {
  bool goes[PH_MAX_RANK];
  int at = 0;
  if (find_reduced(layer, inputs[0].shape.rank, goes, NULL) != PH_OK) return; /* `shape` refused it already */
  for (int a = 0; a < inputs[0].shape.rank; a++) {
    if (!goes[a])
      output->axis[at++] = inputs[0].axis[a];
    else if (((const reduce_config *)layer->config)->keep)
      output->axis[at++] = ph_axis_of(PH_OTHER, 1);
  }
}

static void needs(const ph_layer *layer, const ph_needs *n) {
  bool goes[PH_MAX_RANK];
  int at = 0;
  if (find_reduced(layer, n->inputs[0].rank, goes, NULL) != PH_OK) return; /* `shape` refused it already */
  for (int a = 0; a < n->inputs[0].rank; a++) {
    if (!goes[a]) n->needed[0].axis[a] = n->wanted.axis[at];
    at += !goes[a] || ((const reduce_config *)layer->config)->keep;
  }
}

/* The elements that make one number, and the numbers: two walks over parts of the input's axes. */
static void find_walks(const ph_layer *layer, ph_shape input, ph_loops *numbers, ph_loops *elements) {
  bool goes[PH_MAX_RANK];
  int64_t stride[PH_MAX_RANK];
  *numbers = *elements = (ph_loops){.arrays = 1};
  if (find_reduced(layer, input.rank, goes, NULL) != PH_OK) return; /* `shape` refused it already */
  ph_dense_strides(input, stride);
  for (int a = 0; a < input.rank; a++) {
    ph_loops *loops = goes[a] ? elements : numbers;
    loops->dim[loops->rank] = input.dim[a];
    loops->stride[0][loops->rank++] = stride[a];
  }
  ph_loops_join(numbers);
  ph_loops_join(elements);
}

static int64_t count_of(const ph_loops *loops) { return ph_loops_rows(loops) * ph_loops_length(loops); }

/* ---- forward ---- */

/* What is added up of one run, or, of an extreme, what the run makes of `so_far`. What is not a number stays,
   so that it is seen. */
static double take_run(int operation, double so_far, const float *x, int64_t step, int64_t count,
                       double most) {
  double s = so_far;
  switch (operation) {
    case MOST:
      for (int64_t i = 0; i < count; i++) s = (double)x[i * step] <= s || s != s ? s : (double)x[i * step];
      break;
    case LEAST:
      for (int64_t i = 0; i < count; i++) s = (double)x[i * step] >= s || s != s ? s : (double)x[i * step];
      break;
    case L1:
      for (int64_t i = 0; i < count; i++) s += fabs((double)x[i * step]);
      break;
    case L2:
    case SUM_SQUARE:
      for (int64_t i = 0; i < count; i++) s += (double)x[i * step] * (double)x[i * step];
      break;
    case LOG_SUM_EXP:
      for (int64_t i = 0; i < count; i++) s += exp((double)x[i * step] - most);
      break;
    case PRODUCT:
      for (int64_t i = 0; i < count; i++) s *= (double)x[i * step];
      break;
    default:
      for (int64_t i = 0; i < count; i++) s += (double)x[i * step];
  }
  return s;
}

static double take(int operation, const ph_loops *elements, const float *x, double start, double most) {
  for (int64_t i = 0; i < ph_loops_rows(elements); i++) {
    int64_t at[PH_LOOPS_ARRAYS];
    ph_loops_begin(elements, i, at);
    start =
        take_run(operation, start, x + at[0], ph_loops_step(elements, 0), ph_loops_length(elements), most);
  }
  return start;
}

static double reduced(int operation, const ph_loops *elements, const float *x) {
  double most = operation == LOG_SUM_EXP ? take(MOST, elements, x, (double)x[0], 0) : 0;
  double start = operation == MOST || operation == LEAST ? (double)x[0] : operation == PRODUCT;
  double sum = take(operation, elements, x, start, most);
  switch (operation) {
    case MEAN:
      return sum / (double)count_of(elements);
    case L2:
      return sqrt(sum);
    case LOG_SUM_EXP:
      return most + log(sum);
    default:
      return sum;
  }
}

/* Where number i's first element lies. */
static int64_t place(const ph_loops *numbers, int64_t i) {
  int64_t at[PH_LOOPS_ARRAYS], length = ph_loops_length(numbers);
  ph_loops_begin(numbers, i / length, at);
  return at[0] + i % length * ph_loops_step(numbers, 0);
}

static void forward(const ph_layer *layer, const ph_pass *pass) {
  const int operation = ((const reduce_config *)layer->config)->operation;
  ph_loops numbers, elements;
  find_walks(layer, pass->input[0].shape, &numbers, &elements);
  for (int64_t i = 0; i < count_of(&numbers); i++)
    pass->output.data[i] = (float)reduced(operation, &elements, pass->input[0].data + place(&numbers, i));
}

/* ---- backward ---- */

/* Adds the derivative of the number y by each x of a run, times g. The first x that is as great as an extreme
   takes all of it: then true, and there is no more to do. */
static bool spread_run(int operation, const float *x, float y, float g, float *dst, int64_t step,
                       int64_t count) {
  switch (operation) {
    case MOST:
    case LEAST:
      for (int64_t i = 0; i < count; i++) {
        if (x[i * step] != y) continue;
        dst[i * step] += g;
        return true;
      }
      break;
    case L1:
      for (int64_t i = 0; i < count; i++) dst[i * step] += g * (float)((x[i * step] > 0) - (x[i * step] < 0));
      break;
    case L2:
      for (int64_t i = 0; i < count && y > 0; i++) dst[i * step] += g * x[i * step] / y;
      break;
    case SUM_SQUARE:
      for (int64_t i = 0; i < count; i++) dst[i * step] += g * 2 * x[i * step];
      break;
    case LOG_SUM_EXP:
      for (int64_t i = 0; i < count; i++) dst[i * step] += g * expf(x[i * step] - y);
      break;
    default:
      for (int64_t i = 0; i < count; i++) dst[i * step] += g;
  }
  return false;
}

/* Each element's share is the product of the others. */
static void spread_product(const ph_loops *elements, const float *x, float g, float *dst) {
  int64_t at[PH_LOOPS_ARRAYS], zeros = 0, step = ph_loops_step(elements, 0),
                               length = ph_loops_length(elements);
  double rest = g; /* times all that are not zero */
  for (int64_t i = 0; i < ph_loops_rows(elements); i++) {
    ph_loops_begin(elements, i, at);
    for (int64_t j = 0; j < length; j++) {
      const double factor = (double)x[at[0] + j * step];
      zeros += factor == 0;
      rest *= factor == 0 ? 1 : factor;
    }
  }
  for (int64_t i = 0; i < ph_loops_rows(elements) && zeros < 2; i++) {
    ph_loops_begin(elements, i, at);
    for (int64_t j = 0; j < length; j++) {
      const int64_t k = at[0] + j * step;
      if (zeros == 0) dst[k] += (float)(rest / (double)x[k]);
      if (zeros == 1 && x[k] == 0) dst[k] += (float)rest;
    }
  }
}

static void spread(int operation, const ph_loops *elements, const float *x, float y, float g, float *dst) {
  bool done = false;
  if (operation == PRODUCT) {
    spread_product(elements, x, g, dst);
    return;
  }
  if (operation == MEAN) g /= (float)count_of(elements);
  for (int64_t i = 0; i < ph_loops_rows(elements) && !done; i++) {
    int64_t at[PH_LOOPS_ARRAYS];
    ph_loops_begin(elements, i, at);
    done = spread_run(operation, x + at[0], y, g, dst + at[0], ph_loops_step(elements, 0),
                      ph_loops_length(elements));
  }
}

static void backward(const ph_layer *layer, const ph_pass *pass) {
  const int operation = ((const reduce_config *)layer->config)->operation;
  ph_loops numbers, elements;
  if (pass->input_gradient[0] == NULL) return;
  find_walks(layer, pass->input[0].shape, &numbers, &elements);
  for (int64_t i = 0; i < count_of(&numbers); i++) {
    int64_t at = place(&numbers, i);
    spread(operation, &elements, pass->input[0].data + at, pass->output.data[i], pass->output_gradient[i],
           pass->input_gradient[0] + at);
  }
}

const ph_layer_type ph_layer_reduce = {
    .name = "reduce",
    .text =
        "One number from all elements along some axes. \"l1\" is the sum of absolute values, \"l2\" the "
        "square root of \"sum_square\", the sum of squares, \"log_sum_exp\" log(sum of exp(x)), "
        "\"product\" all of them multiplied. Of equal largest or smallest elements the first receives the "
        "gradient.",
    .least_inputs = 1,
    .most_inputs = 1,
    .fields = fields,
    .config_size = sizeof(reduce_config),
    .shape = shape,
    .meaning = meaning,
    .needs = needs,
    .forward = forward,
    .backward = backward,
};
