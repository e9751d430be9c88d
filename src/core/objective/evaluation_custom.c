/* SPDX-License-Identifier: MIT */
/* Custom heads, whose values are computed by the caller: gives out the activations that they read, and
   accepts a value and its gradient. Knows nothing of how these are computed. */
#include <stdint.h>
#include <stdio.h>

#include "evaluation_private.h"

static bool is_custom(const ph_reading *r) { return r->head->type->value == NULL; }

int ph_evaluation_custom_count(const ph_evaluation *evaluation) {
  int count = 0;
  for (int i = 0; i < evaluation->reading_count; i++) count += is_custom(&evaluation->readings[i]);
  return count;
}

static ph_reading *find(const ph_evaluation *evaluation, int index) {
  ph_reading *r = evaluation->readings;
  while (!is_custom(r) || index-- > 0) r++;
  return r;
}

const ph_head *ph_evaluation_custom_head(const ph_evaluation *evaluation, int index) {
  return find(evaluation, index)->head;
}

ph_status ph_evaluation_custom_activation(ph_evaluation *evaluation, int index, ph_array *activation,
                                          ph_error *e) {
  ph_reading *r = find(evaluation, index);
  ph_status status = ph_reading_point(evaluation, r, e);
  if (status != PH_OK) return status;
  *activation = (ph_array){.shape = r->tap.shape, .data = (float *)(uintptr_t)r->tap.activation};
  return PH_OK;
}

ph_status ph_evaluation_custom_give(ph_evaluation *evaluation, int index, double value, ph_tensor *gradient,
                                    ph_error *e) {
  char text[PH_HEAD_TEXT], what[PH_HEAD_TEXT + PH_TEXT_SIZE];
  ph_array activation;
  ph_reading *r = find(evaluation, index);
  ph_status status = ph_evaluation_custom_activation(evaluation, index, &activation, e);
  if (status == PH_OK && gradient != NULL) {
    snprintf(what, sizeof what, "layer '%s': the gradient of %.200s", r->tap.layer,
             ph_head_print(evaluation->steps[r->step].head, text));
    status = ph_tensor_expect(gradient, activation.shape, what, e);
  }
  if (status != PH_OK) return status;
  if (gradient != NULL) ph_tensor_retain(gradient);
  ph_tensor_release(r->given_gradient);
  r->given_gradient = gradient;
  r->given_value = value;
  r->is_given = true;
  return PH_OK;
}
