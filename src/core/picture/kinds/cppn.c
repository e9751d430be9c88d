/* SPDX-License-Identifier: MIT */
/* Compositional pattern producing networks (Stanley, 2007): a small network that maps each pixel's position
   to its colour, and whose weights are the values. The picture is smooth, with a painterly look, and
   independent of size: the same weights give it at any size. Every image of the batch has its own network,
   (n, weights).

   Lucid's (optvis/param/cppn.py) has 8 layers of 24 outputs; with the composite activation, and 3 channels,
   8,451 values. Positions range from -sqrt 3 to sqrt 3 along the longer side, so that their standard
   deviation is 1. Weights start with variance 1 / inputs, truncated at two standard deviations, those of the
   last layer at 0; biases as normal noise. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "picture/parameterisation.h"
#include "cppn_block.h"

/* An image's blocks are dealt to this many tasks, each with memory of its own, whatever the threads. */
enum { TASKS = 8, BLOCK = PH_CPPN_BLOCK };

typedef struct cppn_config {
  ph_picture_settings picture;
  int64_t layers, hidden;
  int activation;
} cppn_config;

typedef struct cppn {
  ph_cppn net;
  int64_t batch, h, w, blocks;
  float *scratch[TASKS];
  float *gradient[TASKS]; /* of the weights, from a task's pixels */
} cppn;

static const char *const activations[] = {"composite", "unbiased", "relu", NULL};

static const ph_field fields[] = {
    PH_PICTURE_FIELDS(cppn_config, 0.1, 0),
    {"layers", PH_INTEGER, offsetof(cppn_config, layers), 8, 1, 64, NULL, "hidden layers"},
    {"hidden", PH_INTEGER, offsetof(cppn_config, hidden), 24, 1, 512, NULL, "outputs of each hidden layer"},
    {"activation", PH_CHOICE, offsetof(cppn_config, activation), PH_CPPN_COMPOSITE, 0, 0, activations,
     "composite, its unbiased variant, or relu"},
    {.key = NULL}};

static ph_cppn net_of(const cppn_config *c) {
  return (ph_cppn){.layers = c->layers,
                   .hidden = c->hidden,
                   .channels = c->picture.channels,
                   .activation = (ph_cppn_activation)c->activation};
}

static ph_shape shape(const void *config) {
  const cppn_config *c = config;
  ph_cppn net = net_of(c);
  return ph_shape_of(2, (const int64_t[]){c->picture.batch, ph_cppn_count(&net)});
}

static void close(void *state) {
  cppn *c = state;
  if (c == NULL) return;
  for (int t = 0; t < TASKS; t++) {
    ph_free(c->scratch[t]);
    ph_free(c->gradient[t]);
  }
  ph_free(c);
}

static ph_status open(const void *config, const ph_given *given, void **state, ph_error *e) {
  const cppn_config *settings = config;
  const ph_picture_settings *p = &settings->picture;
  (void)given;
  cppn *c = ph_alloc(sizeof *c);
  if (c == NULL) return ph_no_memory(e);
  c->net = net_of(settings);
  c->batch = p->batch, c->h = p->height, c->w = p->width;
  c->blocks = (p->height * p->width + BLOCK - 1) / BLOCK;
  for (int t = 0; t < TASKS; t++) {
    c->scratch[t] = ph_alloc_array((size_t)ph_cppn_scratch(&c->net), sizeof(float));
    c->gradient[t] = ph_alloc_array((size_t)ph_cppn_count(&c->net), sizeof(float));
    if (c->scratch[t] == NULL || c->gradient[t] == NULL) {
      close(c);
      return ph_no_memory(e);
    }
  }
  *state = c;
  return PH_OK;
}

/* ---- the start ---- */

/* A normal of mean 0, truncated at two standard deviations, and scaled so that the result has standard
   deviation 1: TensorFlow's variance_scaling initialiser. */
static double truncated_normal(ph_random *random) {
  const double left = 0.87962566103423978; /* the deviation of a standard normal cut at 2 */
  double x = ph_random_normal(random);
  while (fabs(x) > 2) x = ph_random_normal(random);
  return x / left;
}

static void start(const void *config, ph_random *random, float *values) {
  const cppn_config *c = config;
  const ph_cppn net = net_of(c);
  for (int64_t n = 0; n < c->picture.batch; n++, values += ph_cppn_count(&net)) {
    for (int64_t layer = 0; layer <= net.layers; layer++) {
      const ph_cppn_layer l = ph_cppn_layer_at(&net, layer);
      const double scale = layer < net.layers ? 1 / sqrt((double)l.inputs) : 0;
      for (int64_t i = 0; i < l.outputs * l.inputs; i++)
        values[l.weight + i] = layer < net.layers ? (float)(scale * truncated_normal(random)) : 0.0f;
      for (int64_t i = 0; i < l.outputs; i++)
        values[l.bias + i] = (float)(c->picture.deviation * ph_random_normal(random));
    }
  }
}

/* ---- pixels ---- */

static int64_t pixels_of_block(const cppn *c, int64_t block) {
  const int64_t left = c->h * c->w - block * BLOCK;
  return left < BLOCK ? left : BLOCK;
}

/* Positions of a block's pixels; those that a last block lacks are at the centre. */
static void fill_positions(const cppn *c, int64_t block, float *positions) {
  const int64_t longer = c->h > c->w ? c->h : c->w, count = pixels_of_block(c, block);
  const double step = longer > 1 ? 2 * sqrt(3) / (double)(longer - 1) : 0;
  memset(positions, 0, 2 * BLOCK * sizeof *positions);
  for (int64_t i = 0; i < count; i++) {
    const int64_t y = (block * BLOCK + i) / c->w, x = (block * BLOCK + i) % c->w;
    positions[i] = (float)(step * ((double)x - 0.5 * (double)(c->w - 1)));
    positions[BLOCK + i] = (float)(step * ((double)y - 0.5 * (double)(c->h - 1)));
  }
}

static float *run_block(const cppn *c, const float *values, int64_t block, float *scratch) {
  fill_positions(c, block, ph_cppn_positions(&c->net, scratch));
  return ph_cppn_forward(&c->net, values, scratch);
}

/* ---- the maps ---- */

static int64_t first_block(const cppn *c, int task) { return c->blocks * task / TASKS; }

static void forward_task(const cppn *c, int task, const float *values, float *image) {
  for (int64_t b = first_block(c, task); b < first_block(c, task + 1); b++) {
    const float *colours = run_block(c, values, b, c->scratch[task]);
    for (int64_t k = 0; k < c->net.channels; k++)
      memcpy(image + k * c->h * c->w + b * BLOCK, colours + k * BLOCK,
             (size_t)pixels_of_block(c, b) * sizeof *image);
  }
}

static void forward(void *state, const float *values, float *raw) {
  const cppn *c = state;
  const int64_t count = ph_cppn_count(&c->net), image = c->net.channels * c->h * c->w;
  for (int64_t n = 0; n < c->batch; n++) {
#pragma omp parallel for schedule(static) if (c->blocks >= TASKS)
    for (int task = 0; task < TASKS; task++) forward_task(c, task, values + n * count, raw + n * image);
  }
}

/* The forward is run again, block by block: keeping it for all pixels would take a hundred times the image.
 */
static void backward_task(const cppn *c, int task, const float *values, const float *image_gradient) {
  float *gradient = c->gradient[task], *scratch = c->scratch[task];
  memset(gradient, 0, (size_t)ph_cppn_count(&c->net) * sizeof *gradient);
  for (int64_t b = first_block(c, task); b < first_block(c, task + 1); b++) {
    float *colours = run_block(c, values, b, scratch); /* not needed again: their gradient takes the place */
    memset(colours, 0, (size_t)(c->net.channels * BLOCK) * sizeof *colours);
    for (int64_t k = 0; k < c->net.channels; k++)
      memcpy(colours + k * BLOCK, image_gradient + k * c->h * c->w + b * BLOCK,
             (size_t)pixels_of_block(c, b) * sizeof *colours);
    ph_cppn_backward(&c->net, values, colours, scratch, gradient);
  }
}

static void backward(void *state, const float *values, const float *raw_gradient, float *gradient) {
  const cppn *c = state;
  const int64_t count = ph_cppn_count(&c->net), image = c->net.channels * c->h * c->w;
  for (int64_t n = 0; n < c->batch; n++, gradient += count) {
#pragma omp parallel for schedule(static) if (c->blocks >= TASKS)
    for (int task = 0; task < TASKS; task++)
      backward_task(c, task, values + n * count, raw_gradient + n * image);
    memcpy(gradient, c->gradient[0], (size_t)count * sizeof *gradient);
    for (int task = 1; task < TASKS; task++)
      for (int64_t i = 0; i < count; i++) gradient[i] += c->gradient[task][i];
  }
}

/* A picture can be inverted to weights only by optimisation. */
const ph_parameterisation_kind ph_parameterisation_cppn = {
    .name = "cppn",
    .summary = "a small network from positions to colours; its weights",
    .fields = fields,
    .config_size = sizeof(cppn_config),
    .shape = shape,
    .open = open,
    .close = close,
    .start = start,
    .forward = forward,
    .backward = backward,
};
