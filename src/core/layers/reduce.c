/* reduce: one number from all elements along some axes: their mean, sum, greatest, … Sums run in double
   precision. The axes stay, with length 1, unless `keep` is off. */
#include <math.h>

#include "axes.h"

typedef struct reduce_config {
  int operation;
  ph_list axes;
  bool keep;
} reduce_config;

enum { MEAN, SUM, MOST, LEAST, L1, L2, SUM_SQUARE, LOG_SUM_EXP };
static const char *const operations[] = {"mean", "sum",        "max",         "min", "l1",
                                         "l2",   "sum_square", "log_sum_exp", NULL};

static const ph_field fields[] = {
    {"operation", PH_CHOICE, offsetof(reduce_config, operation), MEAN, 0, 0, operations,
     "what is made of them"},
    {"axes", PH_LIST, offsetof(reduce_config, axes), 0, PH_LEAST_AXIS, PH_MOST_AXIS, NULL,
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

/* The elements that make one number, and the numbers: two walks over parts of the input's axes. */
typedef struct walk {
  int axes;
  int64_t length[PH_MAX_RANK], stride[PH_MAX_RANK], count;
} walk;

static void find_walks(const ph_layer *layer, ph_shape input, walk *numbers, walk *elements) {
  bool goes[PH_MAX_RANK];
  int64_t stride[PH_MAX_RANK];
  *numbers = *elements = (walk){.count = 1};
  if (find_reduced(layer, input.rank, goes, NULL) != PH_OK) return; /* `shape` refused it already */
  ph_axes_strides(input, stride);
  for (int a = 0; a < input.rank; a++) {
    walk *w = goes[a] ? elements : numbers;
    w->length[w->axes] = input.dim[a];
    w->stride[w->axes++] = stride[a];
    w->count *= input.dim[a];
  }
}

/* Where the walk's i-th place lies. */
static int64_t place(const walk *w, int64_t i) {
  int64_t offset = 0;
  for (int a = w->axes - 1; a >= 0; a--) {
    offset += i % w->length[a] * w->stride[a];
    i /= w->length[a];
  }
  return offset;
}

static double extreme(const walk *elements, const float *x, bool greatest) {
  double best = (double)x[0];
  for (int64_t i = 1; i < elements->count; i++) {
    double value = (double)x[place(elements, i)];
    if (greatest ? value > best : value < best) best = value;
  }
  return best;
}

static double reduced(int operation, const walk *elements, const float *x) {
  double sum = 0, most = operation == LOG_SUM_EXP ? extreme(elements, x, true) : 0;
  if (operation == MOST || operation == LEAST) return extreme(elements, x, operation == MOST);
  for (int64_t i = 0; i < elements->count; i++) {
    double value = (double)x[place(elements, i)];
    switch (operation) {
      case L1:
        sum += fabs(value);
        break;
      case L2:
      case SUM_SQUARE:
        sum += value * value;
        break;
      case LOG_SUM_EXP:
        sum += exp(value - most);
        break;
      default:
        sum += value;
    }
  }
  switch (operation) {
    case MEAN:
      return sum / (double)elements->count;
    case L2:
      return sqrt(sum);
    case LOG_SUM_EXP:
      return most + log(sum);
    default:
      return sum;
  }
}

static void forward(const ph_layer *layer, const ph_pass *pass) {
  walk numbers, elements;
  find_walks(layer, pass->input[0].shape, &numbers, &elements);
  for (int64_t i = 0; i < numbers.count; i++)
    pass->output.data[i] = (float)reduced(((const reduce_config *)layer->config)->operation, &elements,
                                          pass->input[0].data + place(&numbers, i));
}

/* The derivative of the number y by its element x. Of an extreme it is 1 for the first that is as great. */
static double slope(int operation, double x, double y, int64_t count) {
  switch (operation) {
    case MEAN:
      return 1 / (double)count;
    case L1:
      return x > 0 ? 1 : x < 0 ? -1 : 0;
    case L2:
      return y > 0 ? x / y : 0;
    case SUM_SQUARE:
      return 2 * x;
    case LOG_SUM_EXP:
      return exp(x - y);
    default:
      return 1;
  }
}

static void spread(int operation, const walk *elements, const float *x, float y, float g, float *dst) {
  bool is_extreme = operation == MOST || operation == LEAST;
  for (int64_t i = 0; i < elements->count; i++) {
    int64_t at = place(elements, i);
    if (is_extreme && x[at] != y) continue;
    dst[at] += g * (float)slope(operation, (double)x[at], (double)y, elements->count);
    if (is_extreme) return;
  }
}

static void backward(const ph_layer *layer, const ph_pass *pass) {
  walk numbers, elements;
  if (pass->input_gradient[0] == NULL) return;
  find_walks(layer, pass->input[0].shape, &numbers, &elements);
  for (int64_t i = 0; i < numbers.count; i++) {
    int64_t at = place(&numbers, i);
    spread(((const reduce_config *)layer->config)->operation, &elements, pass->input[0].data + at,
           pass->output.data[i], pass->output_gradient[i], pass->input_gradient[0] + at);
  }
}

const ph_layer_type ph_layer_reduce = {.name = "reduce",
                                       .summary = "one number from the elements along some axes",
                                       .least_inputs = 1,
                                       .most_inputs = 1,
                                       .fields = fields,
                                       .config_size = sizeof(reduce_config),
                                       .shape = shape,
                                       .forward = forward,
                                       .backward = backward};
