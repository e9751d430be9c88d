/* SPDX-License-Identifier: MIT */
/* A local group: the mean activation of a window of a layer, of all its channels, of one of them, or of all
   weighted. Over several images, the mean. (After lucent's localgroup objectives.) */
#include "objective/head.h"
#include "sums.h"

typedef struct group_config {
  ph_head_place place;
  int64_t unit, x, y, width, height;
} group_config;

#define FIELD(name, least, fallback, summary)                                                                \
  { #name, PH_INTEGER, offsetof(group_config, name), fallback, least, 1e9, NULL, summary }

static const ph_field fields[] = {PH_HEAD_PLACE,
                                  FIELD(unit, 0, -1, "the one channel that is read; by default all of them"),
                                  FIELD(x, 0, -1, "the first column; by default the window is centred"),
                                  FIELD(y, 0, -1, "the first row; by default the window is centred"),
                                  FIELD(width, 1, 1, "how many columns"),
                                  FIELD(height, 1, 1, "how many rows"),
                                  {0}};

static const ph_argument arguments[] = {PH_HEAD_LAYER, {0}};

static const group_config *config_of(const ph_head *head) { return (const group_config *)head->config; }

static int64_t left_of(const ph_head *head, const ph_tap *tap) {
  const group_config *config = config_of(head);
  return config->x >= 0 ? config->x : tap->w / 2 - config->width / 2;
}

static int64_t top_of(const ph_head *head, const ph_tap *tap) {
  const group_config *config = config_of(head);
  return config->y >= 0 ? config->y : tap->h / 2 - config->height / 2;
}

static ph_status fit_window(const ph_tap *tap, const char *what, int64_t first, int64_t count, int64_t length,
                            ph_error *e) {
  if (first >= 0 && first + count <= length) return PH_OK;
  return ph_fail(e, PH_MISUSE, "layer '%s': local_group reads %s %lld..%lld, out of range 0..%lld",
                 tap->layer, what, (long long)first, (long long)(first + count - 1), (long long)(length - 1));
}

static ph_status fit(const ph_head *head, const ph_tap *tap, ph_error *e) {
  const group_config *config = config_of(head);
  ph_status status = fit_window(tap, "columns", left_of(head, tap), config->width, tap->w, e);
  if (status == PH_OK) status = fit_window(tap, "rows", top_of(head, tap), config->height, tap->h, e);
  if (status == PH_OK && config->unit >= 0)
    status = ph_head_expect_index(tap, "unit", config->unit, tap->c, e);
  if (status != PH_OK || head->tensor == NULL) return status;
  int64_t count = ph_tensor_count(head->tensor);
  if (count == tap->c) return PH_OK;
  return ph_fail(e, PH_MISUSE, "layer '%s': local_group expected %lld weights, got %lld", tap->layer,
                 (long long)tap->c, (long long)count);
}

/* The channels that are read. */
static int64_t first_of(const ph_head *head) {
  return config_of(head)->unit >= 0 ? config_of(head)->unit : 0;
}
static int64_t end_of(const ph_head *head, const ph_tap *tap) {
  return config_of(head)->unit >= 0 ? config_of(head)->unit + 1 : tap->c;
}

static double weight_of(const ph_head *head, int64_t channel) {
  return head->tensor == NULL ? 1 : (double)ph_tensor_read(head->tensor)[channel];
}

/* Where row `y` of the window begins, in the map of a channel. */
static int64_t row_at(const ph_head *head, const ph_tap *tap, int64_t n, int64_t channel, int64_t y) {
  return ((n * tap->c + channel) * tap->h + top_of(head, tap) + y) * tap->w + left_of(head, tap);
}

static double share_of(const ph_head *head, const ph_tap *tap) {
  const group_config *config = config_of(head);
  int64_t channels = end_of(head, tap) - first_of(head);
  return 1 / (double)(tap->n * channels * config->width * config->height);
}

static double value(const ph_head *head, const ph_tap *tap) {
  const group_config *config = config_of(head);
  double sum = 0;
  for (int64_t n = 0; n < tap->n; n++)
    for (int64_t c = first_of(head); c < end_of(head, tap); c++)
      for (int64_t y = 0; y < config->height; y++)
        sum += weight_of(head, c) * ph_sum(tap->activation + row_at(head, tap, n, c, y), config->width);
  return share_of(head, tap) * sum;
}

static void gradient(const ph_head *head, const ph_tap *tap, double coefficient) {
  const group_config *config = config_of(head);
  double share = coefficient * share_of(head, tap);
  for (int64_t n = 0; n < tap->n; n++)
    for (int64_t c = first_of(head); c < end_of(head, tap); c++)
      for (int64_t y = 0; y < config->height; y++) {
        float *row = tap->gradient + row_at(head, tap, n, c, y), slope = (float)(share * weight_of(head, c));
        for (int64_t x = 0; x < config->width; x++) row[x] += slope;
      }
}

/* Only the layer must be there. */
static ph_status check(const ph_head *head, ph_error *e) {
  if (head->config->layer[0] == '\0') return ph_fail(e, PH_MISUSE, "local_group: no layer given");
  if (head->tensor == NULL || config_of(head)->unit < 0) return PH_OK;
  return ph_fail(e, PH_MISUSE, "local_group: a unit or weights, not both");
}

const ph_head_type ph_head_local_group = {
    .name = "local_group",
    .text = "The mean activation of a window of a layer: of all its channels, of one, or of all weighted. "
            "(lucent's localgroup.)",
    .arguments = arguments,
    .tensor_option = {"weights",
                      {"tensor", NULL},
                      "one a channel, in the place of `unit`; a tensor is not copied",
                      true},
    .fields = fields,
    .config_size = sizeof(group_config),
    .check = check,
    .fit = fit,
    .value = value,
    .gradient = gradient,
};
