/* SPDX-License-Identifier: MIT */
/* What a network's backend would do, as tables. */
#include <string.h>

#include "bind/bind.h"
#include "pass.h"

static void set_integer(lua_State *L, const char *key, int64_t number) {
  lua_pushinteger(L, number);
  lua_setfield(L, -2, key);
}

static void set_text(lua_State *L, const char *key, const char *text) {
  lua_pushstring(L, text); /* nil where there is none */
  lua_setfield(L, -2, key);
}

/* Pushes a step, whose lists of layers are still empty. */
static void push_step(lua_State *L, const ph_plan_step *step) {
  lua_createtable(L, 0, 11);
  set_text(L, "kind", step->kind);
  set_text(L, "forward", step->forward);
  set_text(L, "backward", step->backward);
  set_text(L, "layout", step->blocked ? "blocked" : "plain");
  set_integer(L, "first", step->channels.first);
  set_integer(L, "last", step->channels.last);
  set_integer(L, "weights", step->weights);
  set_integer(L, "scratch", step->scratch);
  lua_createtable(L, step->shape.rank, 0);
  for (int d = 0; d < step->shape.rank; d++) {
    lua_pushinteger(L, step->shape.dim[d]);
    lua_rawseti(L, -2, d + 1);
  }
  lua_setfield(L, -2, "shape");
  lua_newtable(L);
  lua_setfield(L, -2, "layers");
  lua_newtable(L);
  lua_setfield(L, -2, "fused");
}

/* Appends a layer's name to the list `key` of the table at the top. */
static void list_layer(lua_State *L, const char *key, const ph_layer *layer) {
  lua_getfield(L, -1, key);
  lua_pushstring(L, layer->name);
  lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
  lua_pop(L, 1);
}

/* Tells the layer at the step that computes it, or in a list of the table at the top; its rows are below. */
static void push_fate(lua_State *L, const ph_plan_view *view, const ph_network *network, int layer,
                      const bool *needed) {
  int step = 0;
  const ph_layer *it = ph_network_layer(network, layer);
  const ph_fate fate = view->backend->fate(view->plan, layer, &step);
  if (fate == PH_COMPUTED || fate == PH_FUSED) {
    lua_rawgeti(L, -2, step + 1);
    list_layer(L, fate == PH_COMPUTED ? "layers" : "fused", it);
    lua_pop(L, 1);
  } else {
    const char *left_out = needed[layer] ? "unread" : "unneeded";
    list_layer(L, fate == PH_IN_PLACE ? "in_place" : fate == PH_KNOWN ? "known" : left_out, it);
  }
}

/* The channels of each tap that the table at index i has, by name, as {first, last}; all of the others. NULL
   where there is no table. */
static const ph_channels *read_reads(lua_State *L, int i, ph_network *network, const ph_pass_options *pass) {
  if (lua_isnoneornil(L, i)) return NULL;
  ph_channels *reads = lua_newuserdatauv(L, sizeof *reads * (size_t)(pass->taps + 1), 0);
  for (int t = 0; t < pass->taps; t++) {
    reads[t] = (ph_channels){0, INT64_MAX};
    if (phb_field_of(L, i, ph_network_layer(network, pass->tap[t])->name) == LUA_TTABLE) {
      lua_rawgeti(L, -1, 1);
      lua_rawgeti(L, -2, 2);
      reads[t] = (ph_channels){luaL_checkinteger(L, -2), luaL_checkinteger(L, -1)};
      lua_pop(L, 2);
    }
    lua_pop(L, 1);
  }
  return reads;
}

/* net:plan(height, width, taps, options, reads) -> table; lua/phosphene/network/plan_table.lua makes it what
   is documented. */
int phb_network_plan(lua_State *L) {
  static const char *const lists[] = {"in_place", "known", "unread", "unneeded"};
  ph_error e;
  ph_plan_view view;
  ph_plan_step step;
  ph_network *network = phb_check(L, 1, &phb_network);
  lua_settop(L, 6);
  ph_pass_options pass = phb_check_pass_options(L, 5);
  pass.tap = phb_check_taps(L, network, 4, &pass.taps);
  pass.reads = read_reads(L, 6, network, &pass);
  const size_t layers = (size_t)ph_network_count(network);
  bool *needed = memset(lua_newuserdatauv(L, layers, 0), 0, layers);
  needed[0] = true;
  for (int t = 0; t < pass.taps; t++) ph_network_ancestors(network, pass.tap[t], needed);
  if (ph_network_plan(network, phb_check_integer(L, 2, 1, 65536, "height"),
                      phb_check_integer(L, 3, 1, 65536, "width"), &pass, &view, &e) != PH_OK)
    return phb_raise(L, &e);
  lua_newtable(L);
  for (int i = 0; view.backend->step(view.plan, i, &step); i++) {
    push_step(L, &step);
    lua_rawseti(L, -2, i + 1);
  }
  lua_newtable(L);
  for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
    lua_newtable(L);
    lua_setfield(L, -2, lists[i]);
  }
  for (int i = 0; i < (int)layers; i++) push_fate(L, &view, network, i, needed);
  const ph_plan_memory memory = view.backend->memory(view.plan);
  set_integer(L, "kept", memory.kept);
  set_integer(L, "work", memory.work);
  set_integer(L, "together", memory.together);
  lua_pushvalue(L, -2);
  lua_setfield(L, -2, "rows");
  return 1;
}
