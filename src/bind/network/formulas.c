/* SPDX-License-Identifier: MIT */
/* Lua's side of settings that follow from the picture's size: formulas go into a layer and come out again as
   the tables that net:add takes. */
#include "formulas.h"

#include "bind/bind.h"
#include "network/formula.h"
#include "network/layer.h"

static const char *string_element(lua_State *L, int i, int element, const char *what) {
  if (lua_rawgeti(L, i, element) != LUA_TSTRING) luaL_error(L, "formulas: %s expected", what);
  const char *text = lua_tostring(L, -1);
  lua_pop(L, 1); /* it stays alive in its table */
  return text;
}

ph_status phb_follow(lua_State *L, int i, ph_network *network, ph_error *e) {
  const char *layers[PH_FORMULA_SHAPES];
  if (phb_field_of(L, i, "formulas") == LUA_TNIL) return PH_OK;
  int formulas = lua_gettop(L), count = (int)lua_rawlen(L, formulas), layer_count = 0;
  /* Userdata as scratch: an error while reading must not leak. */
  ph_following *settings = lua_newuserdatauv(L, sizeof *settings * (size_t)(count + 1), 0);
  for (int j = 0; j < count; j++) {
    if (lua_rawgeti(L, formulas, j + 1) != LUA_TTABLE) luaL_error(L, "formulas: lists expected");
    const int entry = lua_gettop(L);
    settings[j].key = string_element(L, entry, 1, "a setting's name");
    settings[j].formula = string_element(L, entry, 3, "a text");
    lua_rawgeti(L, entry, 2);
    settings[j].element = (int)phb_check_integer(L, lua_gettop(L), 1, PH_SETTING_VALUES, "element");
    lua_settop(L, entry - 1);
  }
  if (phb_field_of(L, i, "sized_by") == LUA_TTABLE) {
    layer_count = (int)lua_rawlen(L, -1);
    if (layer_count > PH_FORMULA_SHAPES) luaL_error(L, "sized_by: at most %d layers", PH_FORMULA_SHAPES);
    for (int j = 0; j < layer_count; j++)
      layers[j] = string_element(L, lua_gettop(L), j + 1, "names of layers");
  }
  return ph_network_follow(network, layers, layer_count, settings, count, e);
}

void phb_push_sizing(lua_State *L, const ph_network *network, const ph_sizing *sizing) {
  lua_createtable(L, sizing->count, 0);
  for (int i = 0; i < sizing->count; i++) {
    const ph_following *setting = &sizing->setting[i];
    lua_createtable(L, 3, 0);
    lua_pushstring(L, setting->key);
    lua_rawseti(L, -2, 1);
    lua_pushinteger(L, setting->element);
    lua_rawseti(L, -2, 2);
    lua_pushstring(L, setting->formula);
    lua_rawseti(L, -2, 3);
    lua_rawseti(L, -2, i + 1);
  }
  lua_setfield(L, -2, "formulas");
  lua_createtable(L, sizing->layers, 0);
  for (int i = 0; i < sizing->layers; i++) {
    lua_pushstring(L, ph_network_layer(network, sizing->layer[i])->name);
    lua_rawseti(L, -2, i + 1);
  }
  lua_setfield(L, -2, "sized_by");
}

int phb_calculate(lua_State *L) {
  double operands[PH_MOST_OPERANDS];
  const ph_formula_operation *operation = ph_formula_find(phb_check_text(L, 1));
  luaL_argcheck(L, operation != NULL, 1, "no such operation");
  for (int i = 0; i < operation->operands; i++) operands[i] = luaL_checknumber(L, i + 2);
  lua_pushnumber(L, operation->compute(operands));
  return 1;
}
