/* SPDX-License-Identifier: MIT */
/* Objectives on one unit: a channel (the mean of its map) and a neuron (one place of it). Over several images
   both are means. */
#include "objective/head.h"
#include "sums.h"

static const ph_argument arguments[] = {PH_HEAD_LAYER, {"unit", {"unit", NULL}, NULL, false}, {0}};

/* ---- channel ---- */

typedef struct channel_config {
  ph_head_place place;
  int64_t unit;
} channel_config;

static const ph_field channel_fields[] = {
    PH_HEAD_PLACE,
    {"unit", PH_INTEGER, offsetof(channel_config, unit), -1, 0, 1e9, NULL, "the channel or feature"},
    {0}};

static int64_t channel_of(const ph_head *head) { return ((const channel_config *)head->config)->unit; }

static ph_channels channel_channels(const ph_head *head) {
  return (ph_channels){channel_of(head), channel_of(head) + 1};
}

static ph_status channel_fit(const ph_head *head, const ph_tap *tap, ph_error *e) {
  return ph_head_expect_index(tap, "unit", channel_of(head), tap->c, e);
}

static double channel_value(const ph_head *head, const ph_tap *tap) {
  int64_t area = tap->h * tap->w;
  double sum = 0;
  for (int64_t n = 0; n < tap->n; n++)
    sum += ph_sum(tap->activation + (n * tap->c + channel_of(head)) * area, area);
  return sum / (double)(tap->n * area);
}

static void channel_gradient(const ph_head *head, const ph_tap *tap, double coefficient) {
  int64_t area = tap->h * tap->w;
  float slope = (float)(coefficient / (double)(tap->n * area));
  for (int64_t n = 0; n < tap->n; n++) {
    float *map = tap->gradient + (n * tap->c + channel_of(head)) * area;
    for (int64_t i = 0; i < area; i++) map[i] += slope;
  }
}

const ph_head_type ph_head_channel = {
    .name = "channel",
    .text =
        "The mean activation of a channel, over its map and, without `batch`, over the images: L = 1/(w h) "
        "sum z(x, y). A layer is \"mixed4a\", say, or \"mixed4a_pre_relu\" where the gradient must pass a "
        "ReLU whose output is zero. Repetitive patterns appear. (Olah et al., \"Feature Visualization\", "
        "Distill 2017.)",
    .arguments = arguments,
    .fields = channel_fields,
    .config_size = sizeof(channel_config),
    .fit = channel_fit,
    .channels = channel_channels,
    .value = channel_value,
    .gradient = channel_gradient,
};

/* ---- neuron ---- */

typedef struct neuron_config {
  ph_head_place place;
  int64_t unit, x, y;
} neuron_config;

static const ph_field neuron_fields[] = {
    PH_HEAD_PLACE,
    {"unit", PH_INTEGER, offsetof(neuron_config, unit), -1, 0, 1e9, NULL, "the channel or feature"},
    {"x", PH_INTEGER, offsetof(neuron_config, x), -1, 0, 1e9, NULL,
     "the column, of a transformer's patches; by default the centre, width // 2"},
    {"y", PH_INTEGER, offsetof(neuron_config, y), -1, 0, 1e9, NULL,
     "the row; by default the centre, height // 2"},
    {0}};

static ph_channels neuron_channels(const ph_head *head) {
  int64_t unit = ((const neuron_config *)head->config)->unit;
  return (ph_channels){unit, unit + 1};
}

static ph_status neuron_fit(const ph_head *head, const ph_tap *tap, ph_error *e) {
  const neuron_config *config = (const neuron_config *)head->config;
  ph_status status = ph_head_expect_index(tap, "unit", config->unit, tap->c, e);
  if (status == PH_OK && config->x >= 0) status = ph_head_expect_index(tap, "x", config->x, tap->w, e);
  if (status == PH_OK && config->y >= 0) status = ph_head_expect_index(tap, "y", config->y, tap->h, e);
  return status;
}

/* Where the neuron of image n lies in the activation. */
static int64_t neuron_at(const ph_head *head, const ph_tap *tap, int64_t n) {
  const neuron_config *config = (const neuron_config *)head->config;
  int64_t x = config->x >= 0 ? config->x : tap->w / 2;
  int64_t y = config->y >= 0 ? config->y : tap->h / 2;
  return ((n * tap->c + config->unit) * tap->h + y) * tap->w + x;
}

static double neuron_value(const ph_head *head, const ph_tap *tap) {
  double sum = 0;
  for (int64_t n = 0; n < tap->n; n++) sum += (double)tap->activation[neuron_at(head, tap, n)];
  return sum / (double)tap->n;
}

static void neuron_gradient(const ph_head *head, const ph_tap *tap, double coefficient) {
  float slope = (float)(coefficient / (double)tap->n);
  for (int64_t n = 0; n < tap->n; n++) tap->gradient[neuron_at(head, tap, n)] += slope;
}

const ph_head_type ph_head_neuron = {
    .name = "neuron",
    .text = "The activation of one neuron: a channel at one place. Over several images, the mean.",
    .arguments = arguments,
    .fields = neuron_fields,
    .config_size = sizeof(neuron_config),
    .fit = neuron_fit,
    .channels = neuron_channels,
    .value = neuron_value,
    .gradient = neuron_gradient,
};
