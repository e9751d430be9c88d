/* SPDX-License-Identifier: MIT */
/* What shapes a network's layers have for a picture, and settings that follow from those of earlier layers:
   a crop to another layer's size, half of a length. A layer whose settings do is copied for each size, with
   its settings as they are there. */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "network_private.h"

/* ---- settings that follow ---- */

void ph_layer_free_sizing(ph_sizing *sizing) {
  if (sizing == NULL) return;
  for (int i = 0; i < sizing->count; i++) {
    ph_free((char *)(uintptr_t)sizing->setting[i].key);
    ph_free((char *)(uintptr_t)sizing->setting[i].formula);
  }
  ph_free(sizing->setting);
  ph_free(sizing->layer);
  ph_free(sizing);
}

static ph_status find_layers(const ph_network *net, ph_sizing *sizing, const char *const *names, int count,
                             ph_error *e) {
  sizing->layer = ph_alloc_array((size_t)count, sizeof *sizing->layer);
  if (sizing->layer == NULL) return ph_no_memory(e);
  for (; sizing->layers < count; sizing->layers++) {
    int index = ph_network_lookup(net, names[sizing->layers]);
    if (index < 0) return ph_network_missing(net, names[sizing->layers], e);
    if (index == net->count - 1) return ph_fail(e, PH_MISUSE, "a layer cannot follow from its own size");
    sizing->layer[sizing->layers] = index;
  }
  return PH_OK;
}

static ph_status copy_settings(ph_sizing *sizing, const ph_following *settings, int count, ph_error *e) {
  sizing->setting = ph_alloc_array((size_t)count, sizeof *sizing->setting);
  if (sizing->setting == NULL) return ph_no_memory(e);
  for (int i = 0; i < count; i++) {
    sizing->setting[i] = (ph_following){ph_copy_string(settings[i].key), settings[i].element,
                                        ph_copy_string(settings[i].formula)};
    sizing->count++;
    if (sizing->setting[i].key == NULL || sizing->setting[i].formula == NULL) return ph_no_memory(e);
  }
  return PH_OK;
}

/* Puts the settings as they are for these shapes, of the layers that they follow from, into *config. */
static ph_status set_by_size(const ph_layer *layer, const ph_shape *lengths, void *config, ph_error *e) {
  const ph_sizing *sizing = layer->sizing;
  char what[160];
  snprintf(what, sizeof what, "%s '%s'", layer->type->name, layer->name);
  for (int i = 0; i < sizing->count; i++) {
    const ph_following *setting = &sizing->setting[i];
    double value = 0;
    ph_status status = ph_formula_evaluate(setting->formula, lengths, sizing->layers, &value, e);
    if (status == PH_OK)
      status = ph_fields_set(layer->type->fields, config, setting->key, setting->element, value, what, e);
    if (status != PH_OK) return status;
  }
  return PH_OK;
}

/* Whether formulas are formulas, whatever the lengths. */
static ph_status check_formulas(const ph_layer *layer, ph_error *e) {
  static const ph_shape any = {.rank = PH_MAX_RANK, .dim = {1, 1, 1, 1, 1, 1}};
  const ph_sizing *sizing = layer->sizing;
  ph_shape lengths[PH_FORMULA_SHAPES];
  for (int i = 0; i < sizing->layers; i++) lengths[i] = any;
  for (int i = 0; i < sizing->count; i++) {
    double value = 0;
    ph_status status = ph_formula_evaluate(sizing->setting[i].formula, lengths, sizing->layers, &value, e);
    if (status != PH_OK) return status;
  }
  return PH_OK;
}

ph_status ph_network_follow(ph_network *network, const char *const *layers, int layer_count,
                            const ph_following *settings, int count, ph_error *e) {
  ph_layer *last = &network->layer[network->count - 1];
  ph_error why;
  ph_status status;
  ph_network_forget_plans(network);
  if (last->type->parameters != NULL) {
    status = ph_layer_fail(last, e, "a layer with parameters has the same settings at every size");
    goto done;
  }
  if (layer_count > PH_FORMULA_SHAPES) {
    status = ph_layer_fail(last, e, "its settings follow from more than %d layers", PH_FORMULA_SHAPES);
    goto done;
  }
  ph_layer_free_sizing(last->sizing);
  last->sizing = ph_alloc(sizeof *last->sizing);
  status = last->sizing == NULL ? ph_no_memory(&why) : PH_OK;
  if (status == PH_OK) status = find_layers(network, last->sizing, layers, layer_count, &why);
  if (status == PH_OK) status = copy_settings(last->sizing, settings, count, &why);
  if (status == PH_OK) status = check_formulas(last, &why);
  if (status != PH_OK) status = ph_fail(e, status, "%s '%s': %s", last->type->name, last->name, why.message);
done:
  if (status != PH_OK) ph_network_free_layer(&network->layer[--network->count]);
  return status;
}

/* ---- layers at a size ---- */

void ph_layer_drop_sized(const ph_layer *sized, const ph_layer *own) {
  if (sized == own || sized == NULL) return;
  ph_free(sized->config);
  ph_free((ph_layer *)(uintptr_t)sized);
}

/* The layer as it is for these shapes: all its own but the settings. */
static ph_status size_layer(const ph_layer *own, const ph_shape *lengths, const ph_layer **sized,
                            ph_error *e) {
  *sized = own;
  if (own->sizing == NULL) return PH_OK;
  ph_layer *copy = ph_alloc(sizeof *copy);
  void *config = ph_alloc(own->type->config_size);
  ph_status status = copy == NULL || config == NULL ? ph_no_memory(e) : PH_OK;
  if (status == PH_OK) {
    memcpy(config, own->config, own->type->config_size);
    status = set_by_size(own, lengths, config, e);
  }
  if (status != PH_OK) {
    ph_free(config);
    ph_free(copy);
    return status;
  }
  *copy = *own;
  copy->config = config;
  *sized = copy;
  return PH_OK;
}

/* Its shape, and, where that is wanted, the layer as it is. */
static ph_status shape_layer(const ph_layer *own, const ph_shape *inputs, const ph_shape *lengths,
                             ph_shape *output, const ph_layer **wanted, ph_error *e) {
  const ph_layer *layer = own;
  ph_status status = size_layer(own, lengths, &layer, e);
  if (status == PH_OK) status = layer->type->shape(layer, inputs, output, e);
  if (status == PH_OK) status = ph_shape_check(*output, layer->name, e);
  if (status == PH_OK && wanted != NULL)
    *wanted = layer;
  else
    ph_layer_drop_sized(layer, own);
  return status;
}

ph_status ph_network_infer(const ph_network *network, int index, const ph_shape *inputs,
                           const ph_shape *lengths, ph_shape *output, ph_error *e) {
  return shape_layer(&network->layer[index], inputs, lengths, output, NULL, e);
}

/* What layer `index`, as it is at its size, makes of what the layers before it mean. */
static void find_meaning(const ph_layer *layer, const ph_shape *shapes, ph_meaning *meanings, int index) {
  ph_meaning inputs[PH_MAX_INPUTS], *output = &meanings[index];
  for (int j = 0; j < layer->inputs; j++) inputs[j] = meanings[layer->input[j]];
  *output = (ph_meaning){.shape = shapes[index]};
  (layer->type->meaning == NULL ? ph_meaning_kept : layer->type->meaning)(layer, inputs, output);
}

/* What is needed, and what that follows from. */
static void mark_followed(const ph_network *net, const bool *needed, bool *marked) {
  for (int i = net->count - 1; i >= 0; i--) {
    const ph_sizing *sizing = net->layer[i].sizing;
    marked[i] = marked[i] || needed == NULL || needed[i];
    for (int j = 0; marked[i] && sizing != NULL && j < sizing->layers; j++)
      ph_network_ancestors(net, sizing->layer[j], marked);
  }
}

/* The shape of layer `index` for a picture of (height, width), from those of the layers that it follows from.
 */
static ph_status shape_at(const ph_network *net, int index, int64_t height, int64_t width, ph_shape *shapes,
                          const ph_layer **wanted, ph_error *e) {
  const ph_layer *layer = &net->layer[index];
  const ph_sizing *sizing = layer->sizing;
  ph_shape inputs[PH_MAX_INPUTS], lengths[PH_FORMULA_SHAPES];
  for (int j = 0; j < layer->inputs; j++) inputs[j] = shapes[layer->input[j]];
  for (int j = 0; sizing != NULL && j < sizing->layers; j++) lengths[j] = shapes[sizing->layer[j]];
  /* The source has no input to take its size from: it is given the picture's. */
  if (layer->type->source) inputs[0] = ph_shape4(1, 0, height, width);
  return shape_layer(layer, inputs, lengths, &shapes[index], wanted, e);
}

ph_status ph_network_size(const ph_network *network, int64_t height, int64_t width, const bool *needed,
                          ph_shape *shapes, const ph_layer **layers, ph_meaning *meanings, ph_error *e) {
  ph_status status = PH_OK;
  bool *marked = ph_alloc_array((size_t)network->count, sizeof *marked);
  if (marked == NULL) return ph_no_memory(e);
  mark_followed(network, needed, marked);
  for (int i = 0; i < network->count; i++) {
    if (!marked[i]) continue;
    PH_TRY(shape_at(network, i, height, width, shapes, layers == NULL ? NULL : &layers[i], e));
    if (meanings == NULL) continue;
    find_meaning(layers[i], shapes, meanings, i);
  }
done:
  ph_free(marked);
  return status;
}

ph_status ph_network_shapes(const ph_network *network, int64_t height, int64_t width, const bool *needed,
                            ph_shape *shapes, ph_error *e) {
  return ph_network_size(network, height, width, needed, shapes, NULL, NULL, e);
}

/* Whether all that this layer follows from has a shape. */
static bool has_shapes_before(const ph_layer *layer, const ph_shape *shapes) {
  const ph_sizing *sizing = layer->sizing;
  for (int j = 0; j < layer->inputs; j++)
    if (shapes[layer->input[j]].rank == 0) return false;
  for (int j = 0; sizing != NULL && j < sizing->layers; j++)
    if (shapes[sizing->layer[j]].rank == 0) return false;
  return true;
}

ph_status ph_network_fitting_shapes(const ph_network *network, int64_t height, int64_t width,
                                    ph_shape *shapes, ph_meaning *meanings, ph_error *e) {
  for (int i = 0; i < network->count; i++) {
    const ph_layer *layer = &network->layer[i];
    ph_status status = PH_MISUSE;
    if (has_shapes_before(layer, shapes)) status = shape_at(network, i, height, width, shapes, &layer, e);
    if (status == PH_NO_MEMORY) return status;
    if (status != PH_OK) shapes[i].rank = 0;
    if (status == PH_OK && meanings != NULL) find_meaning(layer, shapes, meanings, i);
    ph_layer_drop_sized(layer, &network->layer[i]);
  }
  return PH_OK;
}
