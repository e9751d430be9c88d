/* SPDX-License-Identifier: MIT */
/* What has to hold for every layer of the list of cases: gradients agree with central differences, affine
   layers have their adjoint as backward, backward adds and leaves alone what nobody asked for. */
#include "layer_instance.h"
#include "tap.h"

/* <output, output_gradient>, whose gradient is what backward computes. */
static double projected(void *context) {
  layer_instance *it = context;
  instance_forward(it);
  return ph_tensor_dot(it->output, it->output_gradient);
}

static void check_differences(layer_instance *it, const layer_case *c, const char *name) {
  double worst = 0;
  instance_forward(it);
  instance_backward(it, PH_RELU_PLAIN, ~0u);
  for (int i = 0; i < it->layer.inputs; i++) {
    int64_t count = ph_tensor_count(it->input[i]);
    double error = gradcheck(projected, it, ph_tensor_data(it->input[i]), count,
                             ph_tensor_read(it->input_gradient[i]), spread_step(count) * case_spread(c));
    worst = fmax(worst, error);
  }
  near(worst, 0, 2e-3, name);
}

static bool is_affine(const ph_layer_type *type) {
  return type == &ph_layer_convolution || type == &ph_layer_dense || type == &ph_layer_average_pool ||
         type == &ph_layer_global_average_pool || type == &ph_layer_batch_norm || type == &ph_layer_dropout ||
         type == &ph_layer_sum || type == &ph_layer_concat || type == &ph_layer_preprocess ||
         type == &ph_layer_transposed_convolution || type == &ph_layer_reshape ||
         type == &ph_layer_transpose || type == &ph_layer_slice || type == &ph_layer_crop ||
         type == &ph_layer_gather || type == &ph_layer_expand || type == &ph_layer_identity ||
         type == &ph_layer_flatten || type == &ph_layer_squeeze || type == &ph_layer_unsqueeze ||
         type == &ph_layer_pad || type == &ph_layer_resize || type == &ph_layer_depth_to_space ||
         type == &ph_layer_space_to_depth;
}

/* <A x, y> = <x, A' y>, where A x is what is left of the layer once its value at 0 is taken off. The layer's
   inputs are zeroed. Follows check_differences, which leaves A' y in the gradients. */
static void check_adjoint(layer_instance *it, const char *name) {
  double pulled = 0, pushed = projected(it), size = 1e-30;
  for (int i = 0; i < it->layer.inputs; i++) {
    pulled += ph_tensor_dot(it->input[i], it->input_gradient[i]);
    size += sqrt(ph_tensor_dot(it->input[i], it->input[i]) *
                 ph_tensor_dot(it->input_gradient[i], it->input_gradient[i]));
    ph_tensor_fill(it->input[i], 0);
  }
  pushed -= projected(it);
  /* A constant offset, as in preprocessing, may be far larger than what is compared: floats forget by it. */
  double offset = fabs(projected(it)) * 1e-6;
  near(pushed, pulled, 1e-5 * size + offset, name);
}

/* A second backward doubles the gradient; a gradient that nobody wants stays as it is. */
static void check_adding(layer_instance *it, const char *name) {
  for (int i = 0; i < it->layer.inputs; i++) {
    ph_error e;
    ph_tensor *once = NULL;
    double others = 0;
    if (ph_tensor_new(ph_tensor_shape(it->input[i]), &once, &e) != PH_OK) return;
    for (int j = 0; j < it->layer.inputs; j++) ph_tensor_fill(it->input_gradient[j], 0);
    instance_backward(it, PH_RELU_PLAIN, 1u << i);
    ph_tensor_copy(once, it->input_gradient[i]);
    instance_backward(it, PH_RELU_PLAIN, 1u << i);
    ph_tensor_scale(once, 2);
    arrays_near(ph_tensor_read(it->input_gradient[i]), ph_tensor_read(once), ph_tensor_count(once), 1e-5,
                name);
    for (int j = 0; j < it->layer.inputs; j++)
      if (j != i) others += ph_tensor_dot(it->input_gradient[j], it->input_gradient[j]);
    ok(others == 0, "  and only to the gradient that is wanted");
    ph_tensor_release(once);
  }
}

static void check_case(const layer_case *c) {
  ph_error e;
  layer_instance it;
  char name[200];
  if (!ok(instance_new(&it, c, &e) == PH_OK, "%s, %s", c->type->name, c->name)) {
    printf("# %s\n", e.message);
  } else {
    snprintf(name, sizeof name, "%s, %s: central differences", c->type->name, c->name);
    check_differences(&it, c, name);
    if (is_affine(c->type)) check_adjoint(&it, "  <A x, y> = <x, A' y>");
    check_adding(&it, "  backward adds");
  }
  instance_free(&it);
}

static void check_register(void) {
  for (int t = 0; ph_layer_type_at(t) != NULL; t++) {
    const ph_layer_type *type = ph_layer_type_at(t);
    int cases = 0, parameters = 0;
    ok(ph_layer_type_find(type->name) == type, "'%s' is found by its name", type->name);
    for (int i = 0; i < LAYER_CASES; i++) cases += layer_cases[i].type == type;
    ok(cases > 0 || type == &ph_layer_image, "  and has cases");
    while (type->parameters != NULL && type->parameters[parameters].name != NULL) parameters++;
    ok(parameters <= PH_MAX_PARAMETERS && type->required_parameters <= parameters &&
           type->least_inputs <= type->most_inputs && type->most_inputs <= PH_MAX_INPUTS,
       "  and keeps within bounds");
  }
  ok(ph_layer_type_find("convolutional") == NULL, "an unknown type is not found");
  ok(ph_layer_type_at(-1) == NULL, "nor is one before the first");
}

int main(void) {
  check_register();
  for (int i = 0; i < LAYER_CASES; i++) check_case(&layer_cases[i]);
  ok(ph_memory_blocks() == 0, "nothing is left allocated");
  return tap_done();
}
