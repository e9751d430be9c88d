/* SPDX-License-Identifier: MIT */
/* Objectives on a class, named by number or label: its score before softmax (logit) and its probability
   after. They differ in the layer that they read. Over several images they are sums, as in Lucid. */
#include "objective/head.h"

typedef struct class_config {
  ph_head_place place;
  int64_t class;
  char label[PH_TEXT_SIZE]; /* empty once it is resolved, or where the class was given by number */
} class_config;

static const ph_argument arguments[] = {
    {"class",
     {"class", "label"},
     "its number, from 0, or its label; part of the label will do where it is unique",
     false},
    {0}};

static const ph_field fields[] = {
    PH_HEAD_PLACE_OF("the layer that holds the classes; by default the one that the network says"),
    {"class", PH_INTEGER, offsetof(class_config, class), -1, 0, 1e9, NULL, "the class, from 0"},
    {"label", PH_TEXT, offsetof(class_config, label), 0, 0, 0, NULL, "the class by name"},
    {0}};

static const class_config *config_of(const ph_head *head) { return (const class_config *)head->config; }

static ph_status check(const ph_head *head, ph_error *e) {
  bool by_number = config_of(head)->class >= 0, by_label = config_of(head)->label[0] != '\0';
  if (by_number != by_label) return PH_OK;
  return ph_fail(e, PH_MISUSE, "%s: a class is expected, by number or by label%s", head->type->name,
                 by_number ? ", not both" : "");
}

static ph_status resolve(ph_head *head, const ph_network *network, int *layer, ph_error *e) {
  class_config *config = (class_config *)head->config;
  if (config->label[0] != '\0') {
    int class;
    ph_status status = ph_network_find_label(network, config->label, &class, e);
    if (status != PH_OK) return status;
    config->class = class;
    config->label[0] = '\0';
  }
  if (config->place.layer[0] != '\0') return ph_network_find(network, config->place.layer, layer, e);
  bool is_logit = head->type == &ph_head_logit;
  *layer = is_logit ? ph_network_logits(network) : ph_network_probabilities(network);
  if (*layer >= 0) return PH_OK;
  return ph_fail(e, PH_MISUSE, "%s: this network does not say which layer holds its %s; pass layer = name",
                 head->type->name, is_logit ? "logits" : "probabilities");
}

static ph_channels channels(const ph_head *head) {
  return (ph_channels){config_of(head)->class, config_of(head)->class + 1};
}

static ph_status fit(const ph_head *head, const ph_tap *tap, ph_error *e) {
  char text[PH_SHAPE_TEXT];
  if (tap->h != 1 || tap->w != 1)
    return ph_fail(e, PH_MISUSE, "layer '%s': %s expects one number a class, got %s", tap->layer,
                   head->type->name, ph_shape_print(ph_shape4(tap->n, tap->c, tap->h, tap->w), text));
  return ph_head_expect_index(tap, "class", config_of(head)->class, tap->c, e);
}

static double value(const ph_head *head, const ph_tap *tap) {
  double sum = 0;
  for (int64_t n = 0; n < tap->n; n++) sum += (double)tap->activation[n * tap->c + config_of(head)->class];
  return sum;
}

static void gradient(const ph_head *head, const ph_tap *tap, double coefficient) {
  for (int64_t n = 0; n < tap->n; n++)
    tap->gradient[n * tap->c + config_of(head)->class] += (float)coefficient;
}

const ph_head_type ph_head_logit = {
    .name = "logit",
    .text = "The score of a class before the softmax, added up over the images. Usually clearer than the "
            "probability, which also grows by making other classes less likely.",
    .arguments = arguments,
    .fields = fields,
    .config_size = sizeof(class_config),
    .check = check,
    .resolve = resolve,
    .fit = fit,
    .channels = channels,
    .value = value,
    .gradient = gradient,
};

const ph_head_type ph_head_probability = {
    .name = "probability",
    .text = "The probability of a class, after the softmax, added up over the images.",
    .arguments = arguments,
    .fields = fields,
    .config_size = sizeof(class_config),
    .check = check,
    .resolve = resolve,
    .fit = fit,
    .channels = channels,
    .value = value,
    .gradient = gradient,
};
