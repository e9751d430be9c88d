/* SPDX-License-Identifier: MIT */
/* resize: images at another size, by ONNX's rules: where an output pixel's centre lies in the input
   (`coordinates`), and what is read there: the nearest pixel, a line between two, or a cubic through four
   (Keys, 1981, with a = -0.75). Each axis for itself: an output row or column is a weighted sum of at most
   four of the input's. */
#include <math.h>

#include "axes.h"

typedef struct resize_config {
  int mode, coordinates, rounding;
  ph_list scales, sizes;
} resize_config;

enum { NEAREST, LINEAR, CUBIC };
static const char *const modes[] = {"nearest", "linear", "cubic", NULL};
enum {
  HALF_PIXEL,
  ASYMMETRIC,
  ALIGN_CORNERS,
  PYTORCH_HALF_PIXEL,
  HALF_PIXEL_SYMMETRIC,
  TF_HALF_PIXEL_FOR_NN
};
static const char *const coordinates[] = {
    "half_pixel",           "asymmetric", "align_corners", "pytorch_half_pixel", "half_pixel_symmetric",
    "tf_half_pixel_for_nn", NULL};
enum { ROUND_PREFER_FLOOR, ROUND_PREFER_CEIL, FLOOR, CEIL };
static const char *const roundings[] = {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil", NULL};

static const ph_field fields[] = {
    {"mode", PH_CHOICE, offsetof(resize_config, mode), NEAREST, 0, 0, modes, "what is read between pixels"},
    {"scales", PH_LIST, offsetof(resize_config, scales), 0, 1e-4, 1e4, NULL,
     "the output's size over the input's, for every axis; 1 for images and channels"},
    {"sizes", PH_LIST, offsetof(resize_config, sizes), 0, 1, PH_MOST_LENGTH, NULL,
     "or the output's size, for every axis"},
    {"coordinates", PH_CHOICE, offsetof(resize_config, coordinates), HALF_PIXEL, 0, 0, coordinates,
     "where output pixels lie in the input"},
    {"rounding", PH_CHOICE, offsetof(resize_config, rounding), ROUND_PREFER_FLOOR, 0, 0, roundings,
     "nearest: to which pixel"},
    {0}};

static ph_status shape(const ph_layer *layer, const ph_shape *inputs, ph_shape *output, ph_error *e) {
  const resize_config *config = layer->config;
  const ph_list *given = config->sizes.count > 0 ? &config->sizes : &config->scales;
  ph_status status = ph_layer_expect_rank(layer, inputs[0], 4, e);
  if (status != PH_OK) return status;
  if ((config->sizes.count > 0) == (config->scales.count > 0))
    return ph_layer_fail(layer, e, "either scales or sizes expected");
  if (given->count != 4)
    return ph_layer_fail(layer, e, "a number for each of 4 dimensions expected, got %d", given->count);
  *output = inputs[0];
  /* Scales are float32 in files, and a size over another may be a little too small there: what the product is
     rounded to, in float32, is the size. */
  for (int a = 0; a < 4; a++)
    output->dim[a] =
        given == &config->sizes
            ? (int64_t)given->value[a]
            : (int64_t)floorf((float)((double)inputs[0].dim[a] * (double)(float)given->value[a]));
  if (output->dim[0] != inputs[0].dim[0] || output->dim[1] != inputs[0].dim[1])
    return ph_layer_fail(layer, e, "only height and width can be resized");
  return PH_OK;
}

/* How an axis is sampled. */
typedef struct axis {
  int64_t from, to; /* sizes */
  double scale;     /* as given: rounding the size may have made it another one */
  bool open;        /* what is read goes on beyond the image's borders */
} axis;

static axis axis_of(const ph_layer *layer, ph_shape input, ph_shape output, int a) {
  const resize_config *config = layer->config;
  int64_t from = input.dim[a], to = output.dim[a];
  double scale = config->scales.count > 0 ? config->scales.value[a] : (double)to / (double)from;
  return (axis){from, to, scale, false};
}

/* Where output pixel i lies, in input pixels. */
static double coordinate(int kind, const axis *a, int64_t i) {
  double at = (double)i, from = (double)a->from, to = (double)a->to, exact = a->scale * from;
  switch (kind) {
    case ASYMMETRIC:
      return at / a->scale;
    case ALIGN_CORNERS:
      return a->to == 1 ? 0 : at * (from - 1) / (to - 1);
    case PYTORCH_HALF_PIXEL:
      return a->to == 1 ? 0 : (at + 0.5) / a->scale - 0.5;
    case HALF_PIXEL_SYMMETRIC:
      return from / 2 * (1 - to / exact) + (at + 0.5) / a->scale - 0.5;
    case TF_HALF_PIXEL_FOR_NN:
      return (at + 0.5) / a->scale;
    default:
      return (at + 0.5) / a->scale - 0.5;
  }
}

/* Input pixels, cut to the image, and their weights. */
typedef struct taps {
  int count;
  int64_t at[4];
  double weight[4];
} taps;

static int64_t inside(double at, const axis *a) {
  if (a->open) return (int64_t)at;
  return at < 0 ? 0 : at > (double)(a->from - 1) ? a->from - 1 : (int64_t)at;
}

static double rounded(int rounding, double x) {
  switch (rounding) {
    case FLOOR:
      return floor(x);
    case CEIL:
      return ceil(x);
    case ROUND_PREFER_CEIL:
      return floor(x + 0.5);
    default:
      return ceil(x - 0.5);
  }
}

static double cubic(double distance) {
  const double a = -0.75, d = fabs(distance);
  if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
}

static taps taps_at(const ph_layer *layer, const axis *a, int64_t i) {
  const resize_config *config = layer->config;
  double x = coordinate(config->coordinates, a, i);
  if (a->from == a->to && a->scale == 1) return (taps){1, {i}, {1}};
  if (config->mode == NEAREST) return (taps){1, {inside(rounded(config->rounding, x), a)}, {1}};
  double low = floor(x);
  if (config->mode == LINEAR) return (taps){2, {inside(low, a), inside(low + 1, a)}, {low + 1 - x, x - low}};
  taps t = {.count = 4};
  for (int k = 0; k < 4; k++) {
    t.at[k] = inside(low - 1 + k, a);
    t.weight[k] = cubic(x - (low - 1 + k));
  }
  return t;
}

static void needs(const ph_layer *layer, const ph_needs *n) {
  ph_needs_planes(layer, n);
  for (int d = 2; d < 4; d++) {
    axis a = axis_of(layer, n->inputs[0], n->output, d);
    ph_range *needed = &n->needed[0].axis[d];
    a.open = n->open;
    *needed = (ph_range){0, 0};
    for (int64_t i = n->wanted.axis[d].first; i < n->wanted.axis[d].last; i++) {
      const taps t = taps_at(layer, &a, i);
      for (int k = 0; k < t.count; k++)
        if (t.weight[k] != 0) *needed = ph_range_join(*needed, (ph_range){t.at[k], t.at[k] + 1});
    }
  }
}

/* Every output pixel is a sum over the taps of its row and its column. Columns are worked on in strips, whose
   taps are found once for all planes and rows. */
enum { STRIP = 128 };

typedef struct strip {
  int64_t first, count;
  taps column[STRIP];
} strip;

static void find_strip(const ph_layer *layer, const axis *columns, int64_t first, strip *s) {
  s->first = first;
  s->count = columns->to - first < STRIP ? columns->to - first : STRIP;
  for (int64_t x = 0; x < s->count; x++) s->column[x] = taps_at(layer, columns, first + x);
}

/* One row of a strip: `src` is the input's plane, `width` wide. */
static void read_row(const strip *s, const taps *v, const float *src, int64_t width, float *dst) {
  for (int64_t x = 0; x < s->count; x++) {
    const taps *h = &s->column[x];
    double sum = 0;
    for (int i = 0; i < v->count; i++)
      for (int j = 0; j < h->count; j++)
        sum += v->weight[i] * h->weight[j] * (double)src[v->at[i] * width + h->at[j]];
    dst[x] = (float)sum;
  }
}

static void add_row(const strip *s, const taps *v, const float *gradient, int64_t width, float *dst) {
  for (int64_t x = 0; x < s->count; x++) {
    const taps *h = &s->column[x];
    for (int i = 0; i < v->count; i++)
      for (int j = 0; j < h->count; j++)
        dst[v->at[i] * width + h->at[j]] += gradient[x] * (float)(v->weight[i] * h->weight[j]);
  }
}

/* Reads the input into the output, or, back, adds the output's gradient to the input's. */
static void run(const ph_layer *layer, const ph_pass *pass, bool back) {
  const ph_shape input = pass->input[0].shape, output = pass->output.shape;
  axis rows = axis_of(layer, input, output, 2), columns = axis_of(layer, input, output, 3);
  int64_t planes = pass->output.shape.dim[0] * pass->output.shape.dim[1], from = rows.from * columns.from;
  strip s;
  for (int64_t first = 0; first < columns.to; first += STRIP) {
    find_strip(layer, &columns, first, &s);
    for (int64_t y = 0; y < rows.to; y++) {
      taps v = taps_at(layer, &rows, y);
      for (int64_t c = 0; c < planes; c++) {
        int64_t at = (c * rows.to + y) * columns.to + first;
        if (back)
          add_row(&s, &v, pass->output_gradient + at, columns.from, pass->input_gradient[0] + c * from);
        else
          read_row(&s, &v, pass->input[0].data + c * from, columns.from, pass->output.data + at);
      }
    }
  }
}

static void forward(const ph_layer *layer, const ph_pass *pass) { run(layer, pass, false); }
static void backward(const ph_layer *layer, const ph_pass *pass) {
  if (pass->input_gradient[0] != NULL) run(layer, pass, true);
}

const ph_layer_type ph_layer_resize = {
    .name = "resize",
    .text = "Images at another size, ONNX's `Resize` without smoothing: which place of the input an output "
            "pixel is (`coordinates`), and what is read there: the nearest pixel, between two, or a cubic "
            "through four (Keys, 1981, a = -0.75).",
    .least_inputs = 1,
    .most_inputs = 1,
    .fields = fields,
    .config_size = sizeof(resize_config),
    .shape = shape,
    .needs = needs,
    .forward = forward,
    .backward = backward,
};
