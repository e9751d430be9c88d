/* SPDX-License-Identifier: MIT */
/* A layer on its own, without a network: made from a case, with random inputs and parameters, run through its
   type's plain C. */
#ifndef LAYER_INSTANCE_H
#define LAYER_INSTANCE_H

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "gradcheck.h"
#include "layer_cases.h"

typedef struct layer_instance {
  ph_layer layer;
  ph_tensor *input[CASE_INPUTS], *input_gradient[CASE_INPUTS];
  ph_tensor *output, *output_gradient;
} layer_instance;

static inline void instance_free(layer_instance *it) {
  for (int i = 0; i < CASE_INPUTS; i++) {
    ph_tensor_release(it->input[i]);
    ph_tensor_release(it->input_gradient[i]);
  }
  for (int i = 0; i < PH_MAX_PARAMETERS; i++) ph_tensor_release(it->layer.parameter[i]);
  ph_tensor_release(it->output);
  ph_tensor_release(it->output_gradient);
  ph_free(it->layer.config);
  memset(it, 0, sizeof *it);
}

/* A parameter of this shape: small weights, means around 0, variances and scales around 1, indices from -2
 * to 1. */
static inline ph_status random_parameter(ph_random *random, const char *name, ph_shape shape,
                                         ph_tensor **tensor, ph_error *e) {
  ph_status status = ph_tensor_new(shape, tensor, e);
  if (status != PH_OK) return status;
  if (strcmp(name, "variance") == 0)
    ph_random_fill_uniform(random, *tensor, 0.5, 1.5);
  else if (strcmp(name, "indices") == 0)
    for (int64_t i = 0; i < ph_shape_count(shape); i++)
      ph_tensor_data(*tensor)[i] = (float)(ph_random_below(random, 4) - 2);
  else
    ph_random_fill_normal(random, *tensor, 0, shape.rank > 1 ? 0.3 : 1);
  return PH_OK;
}

/* Half the width of the range that a case's inputs lie in. */
static inline double case_spread(const layer_case *c) {
  return c != NULL && c->most > c->least ? (c->most - c->least) / 2 : 1;
}

/* Spreads the values over the case's range. */
static inline void fill_case(const layer_case *c, ph_random *random, ph_tensor *tensor) {
  float *x = ph_tensor_data(tensor);
  int64_t count = ph_tensor_count(tensor);
  double middle = c == NULL ? 0 : (c->least + c->most) / 2;
  fill_spread(random, x, count);
  for (int64_t i = 0; i < count; i++) x[i] = (float)((double)x[i] * case_spread(c) + middle);
}

static inline ph_status make_output(layer_instance *it, ph_random *random, ph_error *e) {
  ph_shape inputs[PH_MAX_INPUTS] = {{0}}, output;
  ph_status status;
  for (int i = 0; i < it->layer.inputs; i++) inputs[i] = ph_tensor_shape(it->input[i]);
  PH_TRY(it->layer.type->shape(&it->layer, inputs, &output, e));
  PH_TRY(ph_tensor_new(output, &it->output, e));
  PH_TRY(ph_tensor_new(output, &it->output_gradient, e));
  ph_random_fill_normal(random, it->output_gradient, 0, 1);
done:
  return status;
}

/* Whatever came to be has to be freed, also after a failure. Messages call the layer 'it'. */
static inline ph_status instance_new(layer_instance *it, const layer_case *c, ph_error *e) {
  static char name[] = "it";
  char what[80];
  ph_random random = ph_random_stream(1, c->name);
  ph_status status;
  memset(it, 0, sizeof *it);
  it->layer = (ph_layer){.type = c->type, .name = name, .inputs = case_inputs(c)};
  it->layer.config = ph_alloc(c->type->config_size);
  snprintf(what, sizeof what, "%s '%s'", c->type->name, name);
  ph_fields_default(c->type->fields, it->layer.config);
  PH_TRY(ph_fields_apply(c->type->fields, it->layer.config, c->settings, case_settings(c), what, e));
  for (int i = 0; i < PH_MAX_PARAMETERS; i++)
    if (c->parameters[i].rank > 0)
      PH_TRY(random_parameter(&random, c->type->parameters[i].name, c->parameters[i], &it->layer.parameter[i],
                              e));
  for (int i = 0; i < it->layer.inputs; i++) {
    PH_TRY(ph_tensor_new(c->inputs[i], &it->input[i], e));
    PH_TRY(ph_tensor_new(c->inputs[i], &it->input_gradient[i], e));
    fill_case(c, &random, it->input[i]);
  }
  PH_TRY(make_output(it, &random, e));
done:
  return status;
}

static inline void instance_forward(layer_instance *it) {
  ph_array inputs[CASE_INPUTS];
  for (int i = 0; i < it->layer.inputs; i++) inputs[i] = ph_tensor_array(it->input[i]);
  it->layer.type->forward(&it->layer, &(ph_pass){.input = inputs, .output = ph_tensor_array(it->output)});
}

/* Adds to the input gradients whose bit is set in `wanted`. */
static inline void instance_backward_through(layer_instance *it, ph_relu_mode mode, ph_pool_mode pool,
                                             unsigned wanted) {
  ph_array inputs[CASE_INPUTS];
  float *gradients[CASE_INPUTS];
  for (int i = 0; i < it->layer.inputs; i++) {
    inputs[i] = ph_tensor_array(it->input[i]);
    gradients[i] = wanted >> i & 1 ? ph_tensor_data(it->input_gradient[i]) : NULL;
  }
  it->layer.type->backward(&it->layer, &(ph_pass){.input = inputs,
                                                  .output = ph_tensor_array(it->output),
                                                  .output_gradient = ph_tensor_read(it->output_gradient),
                                                  .input_gradient = gradients,
                                                  .relu_mode = mode,
                                                  .pool_mode = pool});
}

static inline void instance_backward(layer_instance *it, ph_relu_mode mode, unsigned wanted) {
  instance_backward_through(it, mode, PH_POOL_PLAIN, wanted);
}

#endif
