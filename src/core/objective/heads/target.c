/* SPDX-License-Identifier: MIT */
/* Targets. */
#include "target.h"

#include <string.h>

const ph_argument ph_target_arguments[] = {
    PH_TARGET_LAYERS,
    {"target",
     {"tensor", "to"},
     "a tensor has the activation's shape, for all images or one each, and is not copied; images count from "
     "0",
     true},
    {0},
};

static const ph_target *config_of(const ph_head *head) { return (const ph_target *)head->config; }

int64_t *ph_target_image(ph_head *head) {
  const ph_argument *target = ph_head_argument(head->type, 1);
  if (target == NULL || target->settings[1] == NULL || strcmp(target->settings[1], "to") != 0) return NULL;
  return &((ph_target *)head->config)->to;
}

static int64_t size_of(const ph_tap *tap) { return tap->c * tap->h * tap->w; }

ph_status ph_target_check(const ph_head *head, ph_error *e) {
  bool by_tensor = head->tensor != NULL, by_image = config_of(head)->to >= 0;
  if (head->config->layer[0] == '\0' && head->type->layer == NULL)
    return ph_fail(e, PH_MISUSE, "%s: no layer given", head->type->name);
  if (by_tensor != by_image) return PH_OK;
  return ph_fail(e, PH_MISUSE, "%s: a target is expected, a tensor or an image%s", head->type->name,
                 by_tensor ? ", not both" : "");
}

bool ph_target_compares(const ph_head *head, int64_t n) {
  int64_t only = head->config->batch;
  return only >= 0 ? n == only : n != config_of(head)->to;
}

int64_t ph_target_compared(const ph_head *head, const ph_tap *tap) {
  if (head->config->batch >= 0) return 1;
  return config_of(head)->to >= 0 ? tap->n - 1 : tap->n;
}

ph_status ph_target_fit_images(const ph_head *head, const ph_tap *tap, ph_error *e) {
  int64_t to = config_of(head)->to;
  if (to < 0) return PH_OK;
  ph_status status = ph_head_expect_index(tap, "image", to, tap->n, e);
  if (status != PH_OK) return status;
  if (head->config->batch != to && ph_target_compared(head, tap) > 0) return PH_OK;
  return ph_fail(e, PH_MISUSE, "layer '%s': %s compares image %lld with itself", tap->layer, head->type->name,
                 (long long)to);
}

ph_status ph_target_fit(const ph_head *head, const ph_tap *tap, ph_error *e) {
  char expected[PH_SHAPE_TEXT], got[PH_SHAPE_TEXT];
  if (head->tensor == NULL) return ph_target_fit_images(head, tap, e);
  ph_shape shape = ph_tensor_shape(head->tensor), image = ph_shape4(1, tap->c, tap->h, tap->w);
  int64_t count = ph_tensor_count(head->tensor);
  /* Leading dimensions of 1 may be there or not; units, which have no map, may come as (n, c). */
  int axis = 3, own = shape.rank - 1;
  if (tap->h == 1 && tap->w == 1 && shape.rank <= 2) axis = 1;
  while (axis >= 1 && own >= 0 && shape.dim[own] == image.dim[axis]) axis--, own--;
  bool fits = axis == 0 && own <= 0 && (count == size_of(tap) || count == tap->n * size_of(tap));
  if (fits) return PH_OK;
  return ph_fail(e, PH_MISUSE, "layer '%s': %s expected a tensor of shape %s, got %s", tap->layer,
                 head->type->name, ph_shape_print(image, expected), ph_shape_print(shape, got));
}

const float *ph_target_of(const ph_head *head, const ph_tap *tap, int64_t n) {
  int64_t size = size_of(tap);
  if (head->tensor == NULL) return tap->activation + config_of(head)->to * size;
  return ph_tensor_read(head->tensor) + (ph_tensor_count(head->tensor) > size ? n * size : 0);
}

float *ph_target_gradient(const ph_head *head, const ph_tap *tap) {
  return head->tensor == NULL ? tap->gradient + config_of(head)->to * size_of(tap) : NULL;
}
