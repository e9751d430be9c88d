/* SPDX-License-Identifier: MIT */
/* The way out: a layer for which nothing faster exists runs its own plain C over plain values. */
#include <string.h>

#include "operations.h"

static ph_pass pass_over(const run *r, const operation *op, ph_array inputs[PH_MAX_INPUTS]) {
  for (int i = 0; i < op->inputs; i++)
    inputs[i] = (ph_array){r->plan->value[op->input[i]].shape, phd_activation(r, op->input[i])};
  return (ph_pass){.input = inputs,
                   .output = {r->plan->value[op->output].shape, phd_activation(r, op->output)},
                   .relu_mode = op->mode,
                   .pool_mode = r->plan->pool_mode};
}

static void reference_forward(const run *r, const operation *op) {
  ph_array inputs[PH_MAX_INPUTS];
  ph_pass pass = pass_over(r, op, inputs);
  op->layer->type->forward(op->layer, &pass);
}

static void reference_backward(const run *r, const operation *op) {
  ph_array inputs[PH_MAX_INPUTS];
  float *gradients[PH_MAX_INPUTS];
  ph_pass pass = pass_over(r, op, inputs);
  for (int i = 0; i < op->inputs; i++) {
    gradients[i] = NULL;
    if (r->plan->value[op->input[i]].gradient < 0) continue;
    gradients[i] = phd_gradient(r, op->input[i]);
    /* An input that appears twice must not be cleared the second time; `accumulate` says so. */
    if (!op->accumulate[i])
      memset(gradients[i], 0, (size_t)phd_floats(r->plan, op->input[i]) * sizeof(float));
  }
  pass.output_gradient = phd_gradient(r, op->output);
  pass.input_gradient = gradients;
  op->layer->type->backward(op->layer, &pass);
}

static void explain(const plan *p, const operation *op, ph_plan_step *step) {
  (void)p;
  for (int i = 0; i < PH_MAX_PARAMETERS; i++)
    if (op->layer->parameter[i] != NULL)
      step->weights += ph_tensor_count(op->layer->parameter[i]) * (int64_t)sizeof(float);
}

const operation_type phd_reference = {.name = "reference",
                                      .takes = TAKES_PLAIN,
                                      .keeps_input = true,
                                      .keeps_output = true,
                                      .forward = reference_forward,
                                      .backward = reference_backward,
                                      .explain = explain};
