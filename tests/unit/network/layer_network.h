/* SPDX-License-Identifier: MIT */
/* A network around a layer case, so that a backend can be run on it. The case's layer is called "subject".
   One image input is the picture itself; otherwise each input comes from the picture through layers of its
   own, of which the last is "input0", "input1" …: a 1x1 convolution, or a dense layer and a reshape; and what
   keeps it positive where the case wants that. */
#ifndef LAYER_NETWORK_H
#define LAYER_NETWORK_H

#include "network/network.h"
#include "layer_instance.h"

/* Whether the case's one input is the picture itself. */
static inline bool case_is_picture(const layer_case *c) {
  return case_inputs(c) == 1 && c->inputs[0].rank == 4 && c->inputs[0].dim[0] == 1;
}

/* The picture's shape for a case. */
static inline ph_shape case_picture(const layer_case *c) {
  ph_shape shape = c->inputs[0];
  if (case_inputs(c) == 0 || shape.rank != 4 || shape.dim[0] != 1) return ph_shape4(1, 3, 3, 2);
  if (case_inputs(c) > 1) shape.dim[1] = 3;
  return shape;
}

static inline ph_status add_plain(ph_network *network, const char *type, const char *name, const char *from,
                                  ph_setting setting, ph_error *e) {
  return ph_network_add(network, type, name, &from, 1, &setting, 1, NULL, 0, e);
}

/* A 1x1 convolution of the picture, or a dense layer of all of it. */
static inline ph_status add_weighted(ph_network *network, const char *name, bool dense, ph_shape shape,
                                     ph_random *random, ph_error *e) {
  ph_named_tensor weight = {.name = "weight"};
  ph_status status = random_parameter(random, "weight", shape, &weight.tensor, e);
  if (status == PH_OK)
    status = ph_network_add(network, dense ? "dense" : "convolution", name, &(const char *){"image"}, 1, NULL,
                            0, &weight, 1, e);
  ph_tensor_release(weight.tensor);
  return status;
}

/* Adds the layers that turn the picture into input `index` of the case; the last of them has this name. */
static inline ph_status add_input(ph_network *network, const layer_case *c, int index, const char *name,
                                  ph_random *random, ph_error *e) {
  ph_shape picture = case_picture(c), wanted = c->inputs[index], like = wanted;
  ph_setting shape = {.key = "shape", .count = wanted.rank};
  ph_setting positive = {.key = "operation", .text = "softplus"};
  char first[40], second[40];
  ph_status status;
  like.dim[1] = picture.dim[1];
  snprintf(first, sizeof first, c->least > 0 ? "%s_any" : "%s", name);
  if (ph_shape_equal(like, picture)) {
    PH_TRY(add_weighted(network, first, false, ph_shape4(wanted.dim[1], picture.dim[1], 1, 1), random, e));
  } else {
    bool vector = wanted.rank == 2 && wanted.dim[0] == 1;
    snprintf(second, sizeof second, vector ? "%s" : "%s_flat", first);
    ph_shape weight = ph_shape_of(2, (int64_t[]){ph_shape_count(wanted), ph_shape_count(picture)});
    PH_TRY(add_weighted(network, second, true, weight, random, e));
    for (int d = 0; d < wanted.rank; d++) shape.value[d] = (double)wanted.dim[d];
    if (!vector) PH_TRY(add_plain(network, "reshape", first, second, shape, e));
  }
  if (c->least > 0) PH_TRY(add_plain(network, "unary", name, first, positive, e));
done:
  return status;
}

static inline ph_status add_subject(ph_network *network, const layer_case *c, const char *const *inputs,
                                    ph_random *random, ph_error *e) {
  ph_named_tensor parameters[PH_MAX_PARAMETERS] = {{0}};
  ph_status status = PH_OK;
  int count = 0;
  for (; count < PH_MAX_PARAMETERS && c->parameters[count].rank > 0 && status == PH_OK; count++) {
    parameters[count].name = c->type->parameters[count].name;
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
  if (!case_is_picture(c)) {
    for (int i = 0; i < case_inputs(c); i++) {
      PH_TRY(add_input(made, c, i, names[i], &random, e));
      inputs[i] = names[i];
    }
  }
  PH_TRY(add_subject(made, c, inputs, &random, e));
  *network = made;
  return PH_OK;
done:
  ph_network_release(made);
  return status;
}

/* The case's layer on top of a 1x1 convolution, so that its input is blocked. */
static inline ph_status deep_network(const layer_case *c, const ph_backend *backend, ph_network **network,
                                     ph_error *e) {
  ph_random random = ph_random_stream(2, c->name);
  ph_status status;
  PH_TRY(ph_network_new(backend, 3, network, e));
  ph_shape weight_shape = ph_shape4(c->inputs[0].dim[1], 3, 1, 1);
  ph_named_tensor weight = {.name = "weight"};
  PH_TRY(random_parameter(&random, "weight", weight_shape, &weight.tensor, e));
  status =
      ph_network_add(*network, "convolution", "below", (const char *[]){"image"}, 1, NULL, 0, &weight, 1, e);
  ph_tensor_release(weight.tensor);
  if (status == PH_OK && c->least > 0)
    status = add_plain(*network, "unary", "positive", "below",
                       (ph_setting){.key = "operation", .text = "softplus"}, e);
  if (status == PH_OK)
    status = add_subject(*network, c, (const char *[]){c->least > 0 ? "positive" : "below"}, &random, e);
done:
  return status;
}

#endif
