/* SPDX-License-Identifier: MIT */
/* Networks in Lua: building and inspecting; shapes.c has their shapes, and pass.c runs them. See
 * lua/phosphene/meta/network.lua. */
#include "network/network.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bind/bind.h"
#include "formulas.h"
#include "pass.h"

static void release(void *object) { ph_network_release(object); }

static ph_network *self(lua_State *L) { return phb_check(L, 1, &phb_network); }

/* core.network{ backend = "dnnl" | "reference", channels = 3 } */
static int network_new(lua_State *L) {
  static const char *const names[] = {"dnnl", "reference", NULL};
  static const ph_backend *const backends[] = {&ph_backend_dnnl, &ph_backend_reference};
  ph_error e;
  ph_network *network;
  phb_check_type(L, 1, LUA_TTABLE);
  phb_field_of(L, 1, "backend");
  const ph_backend *backend = backends[luaL_checkoption(L, -1, "dnnl", names)];
  phb_field_of(L, 1, "channels");
  lua_Integer channels = luaL_optinteger(L, -1, 3);
  void **box = phb_box(L, &phb_network);
  if (ph_network_new(backend, channels, &network, &e) != PH_OK) return phb_raise(L, &e);
  *box = network;
  return 1;
}

/* net:fingerprint() -> 16 hexadecimal digits */
static int network_fingerprint(lua_State *L) {
  char text[17];
  snprintf(text, sizeof text, "%016" PRIx64, ph_network_fingerprint(self(L)));
  lua_pushstring(L, text);
  return 1;
}

/* ---- building ---- */

/* `from`: one name or a list of names, at index i. The strings stay alive in their table. */
static int read_inputs(lua_State *L, int i, const char **inputs) {
  if (lua_type(L, i) == LUA_TSTRING) {
    inputs[0] = lua_tostring(L, i);
    return 1;
  }
  if (lua_isnil(L, i)) return 0;
  phb_check_type(L, i, LUA_TTABLE);
  int count = (int)lua_rawlen(L, i);
  if (count > PH_MAX_INPUTS) luaL_error(L, "from: at most %d inputs", PH_MAX_INPUTS);
  for (int j = 0; j < count; j++) {
    if (lua_rawgeti(L, i, j + 1) != LUA_TSTRING) luaL_error(L, "from: names of layers expected");
    inputs[j] = lua_tostring(L, -1);
    lua_pop(L, 1);
  }
  return count;
}

/* The description's tensors, and their keys as a skip list for the settings. Returns the count. */
static int read_parameters(lua_State *L, int i, ph_named_tensor *parameters, const char **skip, int skipped) {
  int count = 0;
  lua_pushnil(L);
  while (lua_next(L, i) != 0) {
    ph_tensor *tensor = phb_test(L, -1, &phb_tensor);
    if (tensor != NULL) {
      if (lua_type(L, -2) != LUA_TSTRING) phb_argument_error(L, i, "parameters must have names");
      if (count == PH_MAX_PARAMETERS) phb_argument_error(L, i, "too many parameters");
      parameters[count] = (ph_named_tensor){lua_tostring(L, -2), tensor};
      skip[skipped + count] = parameters[count].name;
      count++;
    }
    lua_pop(L, 1);
  }
  skip[skipped + count] = NULL;
  return count;
}

static const char *string_field(lua_State *L, int i, const char *key) {
  if (phb_field_of(L, i, key) != LUA_TSTRING) luaL_error(L, "a layer needs a %s", key);
  return lua_tostring(L, -1);
}

/* net:add{ type=, name=, from=, <parameters>, <settings>, formulas=, sized_by= } -> net */
static int network_add(lua_State *L) {
  ph_error e;
  ph_network *network = self(L);
  const char *inputs[PH_MAX_INPUTS],
      *skip[PH_MAX_PARAMETERS + 6] = {"type", "name", "from", "formulas", "sized_by"};
  ph_named_tensor parameters[PH_MAX_PARAMETERS];
  ph_setting settings[PHB_MAX_SETTINGS];
  phb_check_type(L, 2, LUA_TTABLE);
  const char *type = string_field(L, 2, "type"), *name = string_field(L, 2, "name");
  phb_field_of(L, 2, "from");
  int input_count = read_inputs(L, lua_gettop(L), inputs);
  int parameter_count = read_parameters(L, 2, parameters, skip, 5);
  int setting_count = phb_check_settings(L, 2, type, skip, settings, PHB_MAX_SETTINGS);
  if (ph_network_add(network, type, name, inputs, input_count, settings, setting_count, parameters,
                     parameter_count, &e) != PH_OK)
    return phb_fail(L, &e);
  if (phb_follow(L, 2, network, &e) != PH_OK) return phb_fail(L, &e);
  lua_settop(L, 1);
  return 1;
}

static int network_fold(lua_State *L) {
  ph_error e;
  if (ph_network_fold(self(L), &e) != PH_OK) return phb_raise(L, &e);
  lua_settop(L, 1);
  return 1;
}

/* net:alias(name, layer) -> net */
static int network_alias(lua_State *L) {
  ph_error e;
  if (ph_network_alias(self(L), phb_check_text(L, 2), phb_check_text(L, 3), &e) != PH_OK)
    return phb_raise(L, &e);
  lua_settop(L, 1);
  return 1;
}

/* net:set_classes{ logits=, probabilities=, labels={…} } -> net */
static int network_set_classes(lua_State *L) {
  ph_error e;
  ph_network *network = self(L);
  phb_check_type(L, 2, LUA_TTABLE);
  phb_field_of(L, 2, "logits");
  phb_field_of(L, 2, "probabilities");
  phb_field_of(L, 2, "labels");
  int count = lua_isnil(L, 5) ? 0 : (phb_check_type(L, 5, LUA_TTABLE), (int)lua_rawlen(L, 5));
  /* Userdata as scratch: an error while reading the list must not leak. */
  const char **labels = lua_newuserdatauv(L, sizeof *labels * (size_t)(count + 1), 0);
  for (int i = 0; i < count; i++) {
    if (lua_rawgeti(L, 5, i + 1) != LUA_TSTRING) luaL_error(L, "labels: strings expected");
    labels[i] = lua_tostring(L, -1);
    lua_pop(L, 1);
  }
  if (ph_network_set_classes(network, luaL_optstring(L, 3, NULL), luaL_optstring(L, 4, NULL), labels, count,
                             &e) != PH_OK)
    return phb_raise(L, &e);
  lua_settop(L, 1);
  return 1;
}

/* net:set_input_size(height, width) -> net */
static int network_set_input_size(lua_State *L) {
  ph_error e;
  ph_network *network = self(L);
  lua_Integer height = phb_check_integer(L, 2, LUA_MININTEGER, LUA_MAXINTEGER, "height");
  lua_Integer width = phb_check_integer(L, 3, LUA_MININTEGER, LUA_MAXINTEGER, "width");
  if (ph_network_set_input_size(network, height, width, &e) != PH_OK) return phb_raise(L, &e);
  lua_settop(L, 1);
  return 1;
}

/* ---- looking ---- */

/* net:channels() -> channels of the pictures that the network takes */
static int network_channels(lua_State *L) {
  lua_pushinteger(L, ph_network_channels(self(L)));
  return 1;
}

/* net:input_size() -> height, width | nil */
static int network_input_size(lua_State *L) {
  int64_t size[2];
  if (!ph_network_input_size(self(L), size)) {
    luaL_pushfail(L);
    return 1;
  }
  lua_pushinteger(L, size[0]);
  lua_pushinteger(L, size[1]);
  return 2;
}

static int network_layers(lua_State *L) {
  ph_network *network = self(L);
  int count = ph_network_count(network);
  lua_createtable(L, count, 0);
  for (int i = 0; i < count; i++) {
    lua_pushstring(L, ph_network_layer(network, i)->name);
    lua_rawseti(L, -2, i + 1);
  }
  return 1;
}

/* net:aliases() -> { [second name] = layer } */
static int network_aliases(lua_State *L) {
  ph_network *network = self(L);
  int count = ph_network_alias_count(network), layer = 0;
  lua_createtable(L, 0, count);
  for (int i = 0; i < count; i++) {
    const char *name = ph_network_alias_at(network, i, &layer);
    lua_pushstring(L, ph_network_layer(network, layer)->name);
    lua_setfield(L, -2, name);
  }
  return 1;
}

/* Pushes one setting of a layer: a number, boolean, string or list. */
static void push_setting(lua_State *L, const ph_field *field, const void *config) {
  const void *at = (const char *)config + field->offset;
  int numbers = field->kind == PH_PAIR ? 2 : field->kind == PH_SIDES ? 4 : 0;
  switch (field->kind) {
    case PH_INTEGER:
      lua_pushinteger(L, *(const int64_t *)at);
      break;
    case PH_REAL:
      lua_pushnumber(L, *(const double *)at);
      break;
    case PH_FLAG:
      lua_pushboolean(L, *(const bool *)at);
      break;
    case PH_CHOICE:
      lua_pushstring(L, field->choices[*(const int *)at]);
      break;
    case PH_TEXT:
      lua_pushstring(L, at);
      break;
    case PH_PAIR:
    case PH_SIDES:
      lua_createtable(L, numbers, 0);
      for (int i = 0; i < numbers; i++) {
        lua_pushinteger(L, ((const int64_t *)at)[i]);
        lua_rawseti(L, -2, i + 1);
      }
      break;
    case PH_LIST:
    case PH_INTEGERS:
      lua_createtable(L, ((const ph_list *)at)->count, 0);
      for (int i = 0; i < ((const ph_list *)at)->count; i++) {
        lua_Number number = ((const ph_list *)at)->value[i];
        if (field->kind == PH_INTEGERS)
          lua_pushinteger(L, (lua_Integer)number);
        else
          lua_pushnumber(L, number);
        lua_rawseti(L, -2, i + 1);
      }
      break;
  }
}

/* net:layer(name) -> { name=, type=, from={…}, parameters={ name={shape} }, settings={…}, and, where settings
   follow from the picture's size, formulas=, sized_by= } */
static int network_layer(lua_State *L) {
  ph_error e;
  int index;
  ph_network *network = self(L);
  if (ph_network_find(network, phb_check_text(L, 2), &index, &e) != PH_OK) return phb_raise(L, &e);
  const ph_layer *layer = ph_network_layer(network, index);
  lua_createtable(L, 0, 5);
  lua_pushstring(L, layer->name);
  lua_setfield(L, -2, "name");
  lua_pushstring(L, layer->type->name);
  lua_setfield(L, -2, "type");
  lua_createtable(L, layer->inputs, 0);
  for (int i = 0; i < layer->inputs; i++) {
    lua_pushstring(L, ph_network_layer(network, layer->input[i])->name);
    lua_rawseti(L, -2, i + 1);
  }
  lua_setfield(L, -2, "from");
  lua_newtable(L);
  for (int i = 0; i < PH_MAX_PARAMETERS; i++) {
    if (layer->parameter[i] == NULL) continue;
    phb_push_shape(L, ph_tensor_shape(layer->parameter[i]), 0);
    lua_setfield(L, -2, layer->type->parameters[i].name);
  }
  lua_setfield(L, -2, "parameters");
  lua_newtable(L);
  for (const ph_field *field = layer->type->fields; field->key != NULL; field++) {
    push_setting(L, field, layer->config);
    lua_setfield(L, -2, field->key);
  }
  lua_setfield(L, -2, "settings");
  if (layer->sizing != NULL) phb_push_sizing(L, network, layer->sizing);
  return 1;
}

/* net:parameter(layer, name) -> tensor, the network's own | nil */
static int network_parameter(lua_State *L) {
  ph_error e;
  int index;
  ph_network *network = self(L);
  const char *name = phb_check_text(L, 3);
  if (ph_network_find(network, phb_check_text(L, 2), &index, &e) != PH_OK) return phb_raise(L, &e);
  const ph_layer *layer = ph_network_layer(network, index);
  const ph_parameter *parameters = layer->type->parameters;
  void **box = phb_box(L, &phb_tensor);
  for (int i = 0; parameters != NULL && parameters[i].name != NULL; i++) {
    if (strcmp(parameters[i].name, name) != 0 || layer->parameter[i] == NULL) continue;
    *box = ph_tensor_retain(layer->parameter[i]);
    return 1;
  }
  luaL_pushfail(L);
  return 1;
}

static int network_labels(lua_State *L) {
  ph_network *network = self(L);
  int count = ph_network_class_count(network);
  lua_createtable(L, count, 0);
  for (int i = 0; i < count; i++) {
    lua_pushstring(L, ph_network_label(network, i));
    lua_rawseti(L, -2, i + 1);
  }
  return 1;
}

/* net:find_label(text) -> index, from 0 */
static int network_find_label(lua_State *L) {
  ph_error e;
  int index = 0;
  if (ph_network_find_label(self(L), phb_check_text(L, 2), &index, &e) != PH_OK) return phb_raise(L, &e);
  lua_pushinteger(L, index);
  return 1;
}

/* net:classes() -> name of the logits layer, name of the probabilities layer; nil where there is none */
static int network_classes(lua_State *L) {
  ph_network *network = self(L);
  const int index[] = {ph_network_logits(network), ph_network_probabilities(network)};
  for (int i = 0; i < 2; i++)
    lua_pushstring(L, index[i] < 0 ? NULL : ph_network_layer(network, index[i])->name);
  return 2;
}

static const phb_function methods[] = {{"add", network_add, 2},
                                       {"fold", network_fold, 1},
                                       {"fingerprint", network_fingerprint, 1},
                                       {"alias", network_alias, 3},
                                       {"infer", phb_network_infer, 3},
                                       {"set_classes", network_set_classes, 2},
                                       {"set_input_size", network_set_input_size, 3},
                                       {"input_size", network_input_size, 1},
                                       {"channels", network_channels, 1},
                                       {"layers", network_layers, 1},
                                       {"layer", network_layer, 2},
                                       {"parameter", network_parameter, 3},
                                       {"aliases", network_aliases, 1},
                                       {"shapes", phb_network_shapes, 3},
                                       {"maps", phb_network_maps, 3},
                                       {"receptive_field", phb_network_receptive_field, 6},
                                       {"labels", network_labels, 1},
                                       {"find_label", network_find_label, 2},
                                       {"classes", network_classes, 1},
                                       {"forward", phb_network_forward, 4},
                                       {"activation", phb_network_activation, 3},
                                       {"value", phb_network_value, 2},
                                       {"inject", phb_network_inject, 4},
                                       {"inject_value", phb_network_inject_value, 3},
                                       {"backward", phb_network_backward, 2},
                                       {"plan", phb_network_plan, 6},
                                       {"set_threads", phb_network_set_threads, 2},
                                       {NULL, NULL, 0}};

const phb_type phb_network = {"ph.network", release, methods, NULL};

static const phb_function functions[] = {
    {"network", network_new, 1}, {"calculate", phb_calculate, -1}, {NULL, NULL, 0}};

void phb_open_network(lua_State *L) {
  phb_register(L, &phb_network);
  phb_set_functions(L, functions);
  phb_push_pass_modes(L);
  lua_setfield(L, -2, "modes");
}
