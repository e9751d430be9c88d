/* A network around a layer case, so that a backend can be run on it. The case's layer is called "subject".
   One image input is the picture itself; otherwise each input comes from the picture through a layer of its
   own, "input0", "input1" …: a 1x1 convolution, a dense layer where a vector is wanted, or a dense layer and
   a reshape where it is another shape. */
#ifndef LAYER_NETWORK_H
#define LAYER_NETWORK_H

#include "../../src/core/network.h"
#include "layer_instance.h"

static inline bool is_picture(ph_shape shape) { return shape.rank == 4 && shape.dim[0] == 1; }
static inline bool is_vector(ph_shape shape) { return shape.rank == 2 && shape.dim[0] == 1; }

/* Whether the case's only input is the picture. */
static inline bool takes_picture(const layer_case *c) {
  return case_inputs(c) == 1 && is_picture(c->inputs[0]) && !case_is_positive(c);
}

/* The picture's shape for a case. */
static inline ph_shape case_picture(const layer_case *c) {
  for (int i = 0; i < case_inputs(c); i++)
    if (!is_picture(c->inputs[i])) return ph_shape4(1, 3, 3, 2);
  if (case_inputs(c) == 0) return ph_shape4(1, 3, 3, 2);
  ph_shape shape = c->inputs[0];
  if (case_inputs(c) > 1) shape.dim[1] = 3;
  return shape;
}

/* Adds the layer that gives a picture or a vector from the picture. */
static inline ph_status add_weighted(ph_network *network, ph_shape picture, ph_shape wanted, bool vector,
                                     const char *name, ph_random *random, ph_error *e) {
  ph_shape shape = vector ? ph_shape_of(2, (int64_t[]){ph_shape_count(wanted), ph_shape_count(picture)})
                          : ph_shape4(wanted.dim[1], picture.dim[1], 1, 1);
  ph_named_tensor weight = {.name = "weight"};
  ph_status status = random_parameter(random, "weight", shape, &weight.tensor, e);
  if (status == PH_OK)
    status = ph_network_add(network, vector ? "dense" : "convolution", name, &(const char *){"image"}, 1,
                            NULL, 0, &weight, 1, e);
  ph_tensor_release(weight.tensor);
  return status;
}

/* Adds the layers that turn the picture into input `index` of the case. */
static inline ph_status add_input(ph_network *network, const layer_case *c, int index, const char *name,
                                  ph_random *random, ph_error *e) {
  ph_shape picture = case_picture(c), wanted = c->inputs[index];
  char first[40], second[40];
  const char *last = first;
  ph_status status;
  snprintf(first, sizeof first, "%s, weighted", name);
  snprintf(second, sizeof second, "%s, positive", name);
  bool vector = !is_picture(wanted) || wanted.dim[2] != picture.dim[2] || wanted.dim[3] != picture.dim[3];
  PH_TRY(add_weighted(network, picture, wanted, vector, first, random, e));
  if (case_is_positive(c)) {
    ph_setting operation = {.key = "operation", .text = "exp"};
    PH_TRY(ph_network_add(network, "unary", second, &last, 1, &operation, 1, NULL, 0, e));
    last = second;
  }
  ph_setting shape = {.key = "shape", .count = wanted.rank};
  for (int a = 0; a < wanted.rank; a++) shape.value[a] = (double)wanted.dim[a];
  PH_TRY(ph_network_add(network, "reshape", name, &last, 1, &shape, 1, NULL, 0, e));
fail:
  return status;
}

static inline ph_status add_subject(ph_network *network, const layer_case *c, const char *const *inputs,
                                    ph_random *random, ph_error *e) {
  ph_named_tensor parameters[PH_MAX_PARAMETERS] = {{0}};
  ph_status status = PH_OK;
  int count = 0;
  for (; count < PH_MAX_PARAMETERS && c->parameters[count].rank > 0 && status == PH_OK; count++) {
    parameters[count].name = c->type->parameters[count];
    status =
        random_parameter(random, parameters[count].name, c->parameters[count], &parameters[count].tensor, e);
  }
  if (status == PH_OK)
    status = ph_network_add(network, c->type->name, "subject", inputs, case_inputs(c), c->settings,
                            case_settings(c), parameters, count, e);
  for (int i = 0; i < PH_MAX_PARAMETERS; i++) ph_tensor_release(parameters[i].tensor);
  return status;
}

/* Equal cases give equal networks, whatever the backend. */
static inline ph_status case_network(const layer_case *c, const ph_backend *backend, ph_network **network,
                                     ph_error *e) {
  static const char *const names[CASE_INPUTS] = {"input0", "input1", "input2"};
  const char *inputs[CASE_INPUTS] = {"image"};
  ph_random random = ph_random_stream(2, c->name);
  ph_network *made = NULL;
  ph_status status;
  PH_TRY(ph_network_new(backend, case_picture(c).dim[1], &made, e));
  if (!takes_picture(c)) {
    for (int i = 0; i < case_inputs(c); i++) {
      PH_TRY(add_input(made, c, i, names[i], &random, e));
      inputs[i] = names[i];
    }
  }
  PH_TRY(add_subject(made, c, inputs, &random, e));
  *network = made;
  return PH_OK;
fail:
  ph_network_release(made);
  return status;
}

#endif
