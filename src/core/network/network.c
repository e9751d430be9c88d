/* SPDX-License-Identifier: MIT */
/* Networks: building and inspecting the graph. shapes.c computes shapes, pass.c runs it. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "network_private.h"

/* ---- life ---- */

ph_status ph_network_new(const ph_backend *backend, int64_t channels, ph_network **network, ph_error *e) {
  ph_setting setting = {.key = "channels", .count = 1, .value = {(double)channels}};
  ph_network *net = ph_alloc(sizeof *net);
  if (net == NULL) return ph_no_memory(e);
  *net = (ph_network){.references = 1, .backend = backend, .logits = -1, .probabilities = -1};
  ph_status status;
  PH_TRY(backend->open(&net->shared, e));
  PH_TRY(ph_network_add(net, "image", "image", NULL, 0, &setting, 1, NULL, 0, e));
  *network = net;
  return PH_OK;
done:
  ph_network_release(net);
  return status;
}

ph_network *ph_network_retain(ph_network *network) {
  network->references++;
  return network;
}

void ph_network_free_layer(ph_layer *layer) {
  for (int i = 0; i < PH_MAX_PARAMETERS; i++) ph_tensor_release(layer->parameter[i]);
  ph_free(layer->name);
  ph_free(layer->input);
  ph_free(layer->config);
  ph_layer_free_sizing(layer->sizing);
  *layer = (ph_layer){0};
}

void ph_network_release(ph_network *network) {
  if (network == NULL || --network->references > 0) return;
  ph_network_forget_plans(network);
  for (int i = 0; i < network->tap_room; i++) {
    ph_tensor_release(network->activation[i]);
    ph_tensor_release(network->gradient[i]);
  }
  ph_free(network->activation);
  ph_free(network->gradient);
  ph_free(network->outputs);
  ph_tensor_release(network->seen);
  ph_tensor_release(network->copy);
  for (int i = 0; i < network->count; i++) ph_network_free_layer(&network->layer[i]);
  ph_free(network->layer);
  for (int i = 0; i < network->aliases; i++) ph_free(network->alias[i].name);
  ph_free(network->alias);
  ph_network_free_classes(network);
  network->backend->close(network->shared);
  ph_free(network);
}

/* ---- building ---- */

static ph_status find_type(const char *type, const char *name, const ph_layer_type **found, ph_error *e) {
  const char *names[64];
  int count = 0;
  *found = ph_layer_type_find(type);
  if (*found != NULL) return PH_OK;
  for (; count < 64 && ph_layer_type_at(count) != NULL; count++) names[count] = ph_layer_type_at(count)->name;
  const char *near = ph_nearest(type, names, count);
  return ph_fail(e, PH_MISUSE,
                 near ? "layer '%s': no layer type '%s'; did you mean '%s'?"
                      : "layer '%s': no layer type '%s'",
                 name, type, near);
}

static ph_status set_inputs(ph_network *net, ph_layer *layer, const char *const *inputs, int count,
                            ph_error *e) {
  const ph_layer_type *type = layer->type;
  if (count < type->least_inputs || count > type->most_inputs)
    return ph_fail(e, PH_MISUSE, "%s '%s': takes %d to %d inputs, got %d", type->name, layer->name,
                   type->least_inputs, type->most_inputs, count);
  layer->input = ph_alloc_array((size_t)count, sizeof *layer->input);
  if (layer->input == NULL) return ph_no_memory(e);
  layer->inputs = count;
  for (int i = 0; i < count; i++) {
    ph_error why;
    layer->input[i] = ph_network_lookup(net, inputs[i]);
    if (layer->input[i] >= 0) continue;
    ph_status status = ph_network_missing(net, inputs[i], &why);
    return ph_fail(e, status, "%s '%s': %s", type->name, layer->name, why.message);
  }
  return PH_OK;
}

static ph_status check_finite(const ph_layer *layer, const char *name, const ph_tensor *tensor, ph_error *e) {
  const float *data = ph_tensor_read(tensor);
  int64_t count = ph_tensor_count(tensor), bad = 0;
  for (int64_t i = 0; i < count; i++) bad += !isfinite(data[i]);
  if (bad == 0) return PH_OK;
  return ph_fail(e, PH_FAILURE, "%s '%s': %s has %lld values that are NaN or infinite", layer->type->name,
                 layer->name, name, (long long)bad);
}

static ph_status set_parameters(ph_layer *layer, const ph_named_tensor *parameters, int count, ph_error *e) {
  const ph_layer_type *type = layer->type;
  int known = 0;
  while (type->parameters != NULL && type->parameters[known].name != NULL) known++;
  for (int i = 0; i < count; i++) {
    int p = 0;
    while (p < known && strcmp(type->parameters[p].name, parameters[i].name) != 0) p++;
    if (p == known)
      return ph_fail(e, PH_MISUSE, "%s '%s': has no parameter '%s'", type->name, layer->name,
                     parameters[i].name);
    ph_status status = check_finite(layer, parameters[i].name, parameters[i].tensor, e);
    if (status != PH_OK) return status;
    if (layer->parameter[p] == NULL) layer->parameter[p] = ph_tensor_retain(parameters[i].tensor);
  }
  for (int p = 0; p < type->required_parameters; p++)
    if (layer->parameter[p] == NULL)
      return ph_fail(e, PH_MISUSE, "%s '%s': parameter '%s' is missing", type->name, layer->name,
                     type->parameters[p].name);
  return PH_OK;
}

static ph_status set_config(ph_layer *layer, const ph_setting *settings, int count, ph_error *e) {
  char what[160];
  snprintf(what, sizeof what, "%s '%s'", layer->type->name, layer->name);
  layer->config = ph_alloc(layer->type->config_size);
  if (layer->config == NULL) return ph_no_memory(e);
  ph_fields_default(layer->type->fields, layer->config);
  return ph_fields_apply(layer->type->fields, layer->config, settings, count, what, e);
}

static ph_status make_room(ph_network *net, ph_error *e) {
  if (net->count < net->capacity) return PH_OK;
  int capacity = net->capacity == 0 ? 64 : net->capacity * 2;
  ph_layer *layer = ph_alloc_array((size_t)capacity, sizeof *layer);
  if (layer == NULL) return ph_no_memory(e);
  if (net->count > 0) memcpy(layer, net->layer, (size_t)net->count * sizeof *layer);
  ph_free(net->layer);
  net->layer = layer;
  net->capacity = capacity;
  return PH_OK;
}

ph_status ph_network_add(ph_network *network, const char *type, const char *name, const char *const *inputs,
                         int input_count, const ph_setting *settings, int setting_count,
                         const ph_named_tensor *parameters, int parameter_count, ph_error *e) {
  ph_layer layer = {0};
  ph_status status;
  if (name[0] == '\0') return ph_fail(e, PH_MISUSE, "a %s layer has an empty name", type);
  if (ph_network_lookup(network, name) >= 0) return ph_fail(e, PH_MISUSE, "layer '%s' exists already", name);
  PH_TRY(find_type(type, name, &layer.type, e));
  if (layer.type->source && network->count > 0)
    return ph_fail(e, PH_MISUSE, "layer '%s': a network has one image layer from the start", name);
  ph_network_forget_plans(network); /* they point to the layers, which may move */
  PH_TRY(make_room(network, e));
  layer.name = ph_copy_string(name);
  if (layer.name == NULL) {
    status = ph_no_memory(e);
    goto done;
  }
  PH_TRY(set_inputs(network, &layer, inputs, input_count, e));
  PH_TRY(set_config(&layer, settings, setting_count, e));
  PH_TRY(set_parameters(&layer, parameters, parameter_count, e));
  network->layer[network->count++] = layer;
  return PH_OK;
done:
  ph_network_free_layer(&layer);
  return status;
}

/* ---- looking ---- */

int ph_network_count(const ph_network *network) { return network->count; }
const ph_layer *ph_network_layer(const ph_network *network, int index) { return &network->layer[index]; }

ph_status ph_network_set_input_size(ph_network *network, int64_t height, int64_t width, ph_error *e) {
  if (height < 1 || width < 1)
    return ph_fail(e, PH_MISUSE, "input size: positive numbers expected, got %lld and %lld",
                   (long long)height, (long long)width);
  network->input_size[0] = height;
  network->input_size[1] = width;
  return PH_OK;
}

int64_t ph_network_channels(const ph_network *network) {
  const ph_layer *image = &network->layer[0];
  ph_shape shape = ph_shape4(1, 0, 1, 1);
  ph_error e;
  if (image->type->shape(image, &shape, &shape, &e) != PH_OK) return 0; /* it takes any */
  return shape.dim[1];
}

bool ph_network_input_size(const ph_network *network, int64_t size[2]) {
  size[0] = network->input_size[0];
  size[1] = network->input_size[1];
  return size[0] > 0;
}

void ph_network_ancestors(const ph_network *network, int index, bool *needed) {
  needed[index] = true;
  for (int i = index; i >= 0; i--) {
    if (!needed[i]) continue;
    for (int j = 0; j < network->layer[i].inputs; j++) needed[network->layer[i].input[j]] = true;
  }
}
