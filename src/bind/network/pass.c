/* SPDX-License-Identifier: MIT */
/* Running networks from Lua: the lowest public level. See lua/phosphene/meta/network.lua. */
#include "pass.h"

#include <stdlib.h>

#include "bind/bind.h"

static ph_network *self(lua_State *L) { return phb_check(L, 1, &phb_network); }

static int compare_integers(const void *a, const void *b) {
  return *(const int *)a < *(const int *)b ? -1 : *(const int *)a > *(const int *)b;
}

static int find_layer(lua_State *L, ph_network *network, int i) {
  ph_error e;
  int index;
  if (ph_network_find(network, phb_check_text(L, i), &index, &e) != PH_OK) phb_raise(L, &e);
  return index;
}

const int *phb_check_taps(lua_State *L, ph_network *network, int i, int *count) {
  int layers = ph_network_count(network);
  int wanted = lua_istable(L, i) ? (int)lua_rawlen(L, i) : 1;
  int *taps = lua_newuserdatauv(L, sizeof *taps * (size_t)(layers + wanted), 0);
  if (lua_isnoneornil(L, i)) {
    for (*count = 0; *count < layers; (*count)++) taps[*count] = *count;
    return taps;
  }
  if (!lua_istable(L, i)) {
    taps[0] = find_layer(L, network, i);
    *count = 1;
    return taps;
  }
  for (int j = 0; j < wanted; j++) {
    lua_rawgeti(L, i, j + 1);
    taps[j] = find_layer(L, network, lua_gettop(L));
    lua_pop(L, 1);
  }
  qsort(taps, (size_t)wanted, sizeof *taps, compare_integers);
  *count = 0;
  for (int j = 0; j < wanted; j++)
    if (j == 0 || taps[j] != taps[j - 1]) taps[(*count)++] = taps[j];
  return taps;
}

ph_pass_options phb_check_pass_options(lua_State *L, int i) {
  ph_error e;
  ph_pass_options pass = {0};
  ph_setting settings[PHB_MAX_SETTINGS];
  int count = phb_check_settings(L, i, NULL, NULL, settings, PHB_MAX_SETTINGS);
  ph_fields_default(ph_pass_fields, &pass);
  if (ph_fields_apply(ph_pass_fields, &pass, settings, count, "forward", &e) != PH_OK) phb_raise(L, &e);
  return pass;
}

void phb_push_pass_modes(lua_State *L) {
  lua_newtable(L);
  for (const ph_field *field = ph_pass_fields; field->key != NULL; field++) {
    if (field->kind != PH_CHOICE) continue;
    lua_newtable(L);
    for (int i = 0; field->choices[i] != NULL; i++) {
      lua_pushstring(L, field->choices[i]);
      lua_rawseti(L, -2, i + 1);
    }
    lua_setfield(L, -2, field->key);
  }
}

/* net:forward(images [, taps [, options]]) -> net */
int phb_network_forward(lua_State *L) {
  ph_error e;
  ph_network *network = self(L);
  ph_tensor *images = phb_check(L, 2, &phb_tensor);
  lua_settop(L, 4);
  ph_pass_options pass = phb_check_pass_options(L, 4);
  pass.tap = phb_check_taps(L, network, 3, &pass.taps);
  if (ph_network_forward(network, images, &pass, &e) != PH_OK) return phb_raise(L, &e);
  phb_pace(L);
  lua_settop(L, 1);
  return 1;
}

static const ph_field token_fields[] = {
    {"token", PH_CHOICE, 0, PH_TOKEN_PATCHES, 0, 0, ph_token_names, "which tokens of a list"}, {0}};

/* How a layer's value is arranged, with the options at index i, which may be nil. */
static ph_arrangement check_arrangement(lua_State *L, const ph_network *network, int layer, int i) {
  ph_error e;
  ph_arrangement arranged;
  ph_setting settings[PHB_MAX_SETTINGS];
  int token, count = phb_check_settings(L, i, NULL, NULL, settings, PHB_MAX_SETTINGS);
  ph_fields_default(token_fields, &token);
  if (ph_fields_apply(token_fields, &token, settings, count, "activation", &e) != PH_OK) phb_raise(L, &e);
  if (ph_network_arrangement(network, layer, (ph_token)token, &arranged, &e) != PH_OK) phb_raise(L, &e);
  return arranged;
}

/* A tap's own tensor, by ph_network_activation or ph_network_gradient, of all channels. */
static ph_tensor *find_tap(lua_State *L, ph_network *network, int layer,
                           ph_status (*find)(ph_network *network, int layer, ph_tensor **tensor,
                                             ph_error *e)) {
  ph_error e;
  ph_tensor *tensor;
  if (ph_network_complete(network, &e) != PH_OK) phb_raise(L, &e);
  if (find(network, layer, &tensor, &e) != PH_OK) phb_raise(L, &e);
  return tensor;
}

/* The gradient that is given for a layer, at index 3, which must have this shape. */
static const ph_tensor *check_given(lua_State *L, const ph_network *network, int layer, ph_shape shape) {
  ph_error e;
  const ph_tensor *given = phb_check(L, 3, &phb_tensor);
  if (ph_tensor_expect(given, shape, ph_network_layer(network, layer)->name, &e) != PH_OK) phb_raise(L, &e);
  return given;
}

/* net:activation(name [, { token = "patches" }]) -> tensor (n, units, rows, columns) or (n, units), a copy */
int phb_network_activation(lua_State *L) {
  ph_error e;
  ph_tensor *copy;
  ph_network *network = self(L);
  int layer = find_layer(L, network, 2);
  lua_settop(L, 3);
  void **box = phb_box(L, &phb_tensor);
  const ph_tensor *activation = find_tap(L, network, layer, ph_network_activation);
  const ph_arrangement arranged = check_arrangement(L, network, layer, 3);
  const int64_t images = ph_tensor_shape(activation).dim[0];
  if (ph_tensor_new(ph_arrangement_shape(&arranged, images), &copy, &e) != PH_OK) return phb_raise(L, &e);
  ph_arrangement_read(&arranged, images, ph_tensor_read(activation), ph_tensor_data(copy));
  *box = copy;
  phb_pace(L);
  return 1;
}

/* net:value(name) -> tensor as the layer has it, (n, …), a copy */
int phb_network_value(lua_State *L) {
  ph_error e;
  ph_tensor *copy;
  ph_network *network = self(L);
  int layer = find_layer(L, network, 2);
  void **box = phb_box(L, &phb_tensor);
  const ph_tensor *activation = find_tap(L, network, layer, ph_network_activation);
  if (ph_tensor_new(ph_tensor_shape(activation), &copy, &e) != PH_OK) return phb_raise(L, &e);
  ph_tensor_copy(copy, activation);
  *box = copy;
  phb_pace(L);
  return 1;
}

/* net:inject(name, gradient [, { token = "patches" }]) -> net: adds to the gradient that backward starts from
 */
int phb_network_inject(lua_State *L) {
  ph_network *network = self(L);
  int layer = find_layer(L, network, 2);
  phb_check(L, 3, &phb_tensor);
  lua_settop(L, 4);
  ph_tensor *gradient = find_tap(L, network, layer, ph_network_gradient);
  const ph_arrangement arranged = check_arrangement(L, network, layer, 4);
  const int64_t images = ph_tensor_shape(gradient).dim[0];
  const ph_tensor *given = check_given(L, network, layer, ph_arrangement_shape(&arranged, images));
  ph_arrangement_add(&arranged, images, ph_tensor_read(given), ph_tensor_data(gradient));
  lua_settop(L, 1);
  return 1;
}

/* net:inject_value(name, gradient) -> net: the same, shaped as the layer's value */
int phb_network_inject_value(lua_State *L) {
  ph_network *network = self(L);
  int layer = find_layer(L, network, 2);
  phb_check(L, 3, &phb_tensor);
  ph_tensor *gradient = find_tap(L, network, layer, ph_network_gradient);
  ph_tensor_add_scaled(gradient, 1, check_given(L, network, layer, ph_tensor_shape(gradient)));
  lua_settop(L, 1);
  return 1;
}

/* net:backward([gradient]) -> gradient of the images, in the given tensor (which is resized) or a new one */
int phb_network_backward(lua_State *L) {
  ph_error e;
  ph_network *network = self(L);
  ph_tensor *gradient = lua_isnoneornil(L, 2) ? NULL : phb_check(L, 2, &phb_tensor);
  lua_settop(L, 2);
  if (gradient == NULL) {
    void **box = phb_box(L, &phb_tensor);
    if (ph_tensor_new(ph_shape4(1, 1, 1, 1), &gradient, &e) != PH_OK) return phb_raise(L, &e);
    *box = gradient;
  }
  if (ph_network_backward(network, gradient, &e) != PH_OK) return phb_raise(L, &e);
  phb_pace(L);
  return 1;
}

/* net:set_threads(n) -> net; 0: one a core */
int phb_network_set_threads(lua_State *L) {
  ph_error e;
  ph_network *network = self(L);
  if (ph_network_set_threads(network, (int)phb_check_integer(L, 2, 0, 1024, "threads"), &e) != PH_OK)
    return phb_raise(L, &e);
  lua_settop(L, 1);
  return 1;
}
