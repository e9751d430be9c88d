/* SPDX-License-Identifier: MIT */
/* What shapes a network's layers have for pictures of a size, in Lua. See lua/phosphene/meta/network.lua. */
#include "bind/bind.h"
#include "pass.h"

void phb_push_shape(lua_State *L, ph_shape shape, int from) {
  lua_createtable(L, shape.rank, 0);
  for (int d = from; d < shape.rank; d++) {
    lua_pushinteger(L, shape.dim[d]);
    lua_rawseti(L, -2, d - from + 1);
  }
}

/* The layers' shapes at the size of arguments 2 and 3, and, where that is not NULL, their meanings. They live
   in a userdata that is left on the stack. */
static const ph_shape *fitting_shapes(lua_State *L, const ph_network *network, ph_meaning *meanings) {
  ph_error e;
  lua_Integer height = phb_check_integer(L, 2, 1, 1 << 20, "height");
  lua_Integer width = phb_check_integer(L, 3, 1, 1 << 20, "width");
  ph_shape *shapes = lua_newuserdatauv(L, sizeof *shapes * (size_t)ph_network_count(network), 0);
  if (ph_network_fitting_shapes(network, height, width, shapes, meanings, &e) != PH_OK) phb_raise(L, &e);
  return shapes;
}

/* net:shapes(height, width) -> { [layer] = {c, h, w} }; layers that do not fit this size are left out */
int phb_network_shapes(lua_State *L) {
  ph_network *network = phb_check(L, 1, &phb_network);
  const int count = ph_network_count(network);
  const ph_shape *shapes = fitting_shapes(L, network, NULL);
  lua_createtable(L, 0, count);
  for (int i = 0; i < count; i++) {
    if (shapes[i].rank == 0) continue;
    phb_push_shape(L, shapes[i], 1);
    lua_setfield(L, -2, ph_network_layer(network, i)->name);
  }
  return 1;
}

static void set_integer(lua_State *L, const char *key, int64_t value) {
  lua_pushinteger(L, value);
  lua_setfield(L, -2, key);
}

/* net:maps(height, width) -> { [layer] = { units =, rows =, columns =, others = } }, as net:shapes */
int phb_network_maps(lua_State *L) {
  ph_error e;
  ph_network *network = phb_check(L, 1, &phb_network);
  const int count = ph_network_count(network);
  lua_settop(L, 3); /* so that the userdata takes no argument's place */
  ph_meaning *meanings = lua_newuserdatauv(L, sizeof *meanings * (size_t)count, 0);
  const ph_shape *shapes = fitting_shapes(L, network, meanings);
  lua_createtable(L, 0, count);
  for (int i = 0; i < count; i++) {
    const char *name = ph_network_layer(network, i)->name;
    ph_arrangement a;
    if (shapes[i].rank == 0) continue;
    if (ph_arrangement_of(&meanings[i], PH_TOKEN_PATCHES, name, &a, &e) != PH_OK) return phb_raise(L, &e);
    lua_createtable(L, 0, 4);
    set_integer(L, "units", a.units);
    set_integer(L, "rows", a.rows);
    set_integer(L, "columns", a.columns);
    set_integer(L, "others", a.others);
    lua_setfield(L, -2, name);
  }
  return 1;
}

/* Sets `key` of the table on top to { top, left, bottom, right }. */
static void set_box(lua_State *L, const char *key, const ph_range box[2]) {
  const int64_t sides[] = {box[0].first, box[1].first, box[0].last, box[1].last};
  lua_createtable(L, 4, 0);
  for (int i = 0; i < 4; i++) {
    lua_pushinteger(L, sides[i]);
    lua_rawseti(L, -2, i + 1);
  }
  lua_setfield(L, -2, key);
}

static void set_pair(lua_State *L, const char *key, double vertical, double horizontal) {
  lua_createtable(L, 2, 0);
  const double pair[] = {vertical, horizontal};
  for (int i = 0; i < 2; i++) {
    if (pair[i] == (double)(lua_Integer)pair[i])
      lua_pushinteger(L, (lua_Integer)pair[i]);
    else
      lua_pushnumber(L, pair[i]);
    lua_rawseti(L, -2, i + 1);
  }
  lua_setfield(L, -2, key);
}

/* net:receptive_field(layer, height, width [, y, x]) -> { box =, whole =, size =, stride =, offset = } | nil,
 * message */
int phb_network_receptive_field(lua_State *L) {
  ph_error e;
  int index;
  ph_receptive_field field;
  ph_network *network = phb_check(L, 1, &phb_network);
  if (ph_network_find(network, phb_check_text(L, 2), &index, &e) != PH_OK) return phb_raise(L, &e);
  const lua_Integer height = phb_check_integer(L, 3, 1, 1 << 20, "height");
  const lua_Integer width = phb_check_integer(L, 4, 1, 1 << 20, "width");
  const bool is_given = !lua_isnoneornil(L, 5) || !lua_isnoneornil(L, 6);
  int64_t place[2] = {0};
  for (int side = 0; is_given && side < 2; side++)
    place[side] = phb_check_integer(L, 5 + side, 0, 1 << 20, side == 0 ? "y" : "x");
  if (ph_network_receptive_field(network, index, height, width, is_given ? place : NULL, &field, &e) != PH_OK)
    return phb_fail(L, &e);
  lua_createtable(L, 0, 5);
  set_box(L, "box", field.inside);
  set_box(L, "whole", field.whole);
  set_pair(L, "size", (double)(field.whole[0].last - field.whole[0].first),
           (double)(field.whole[1].last - field.whole[1].first));
  set_pair(L, "stride", field.stride[0], field.stride[1]);
  set_pair(L, "offset", (double)field.offset[0], (double)field.offset[1]);
  return 1;
}

/* The shapes that a table has by name, of `count` layers; false where it lacks one. */
static bool read_shapes(lua_State *L, int i, const ph_network *network, const int *layers, int count,
                        ph_shape *shapes) {
  ph_error e;
  for (int j = 0; j < count; j++) {
    if (phb_field_of(L, i, ph_network_layer(network, layers[j])->name) == LUA_TNIL) return false;
    shapes[j] = phb_check_shape(L, lua_gettop(L));
    if (ph_shape_check(shapes[j], "infer", &e) != PH_OK) phb_raise(L, &e);
    lua_pop(L, 1);
  }
  return true;
}

/* net:infer(name, { [layer] = shape }) -> shape | nil where a shape that it follows from is not there */
int phb_network_infer(lua_State *L) {
  ph_error e;
  int index;
  ph_shape inputs[PH_MAX_INPUTS], lengths[PH_FORMULA_SHAPES], output;
  ph_network *network = phb_check(L, 1, &phb_network);
  if (ph_network_find(network, phb_check_text(L, 2), &index, &e) != PH_OK) return phb_raise(L, &e);
  const ph_layer *layer = ph_network_layer(network, index);
  phb_check_type(L, 3, LUA_TTABLE);
  if (layer->type->source) return luaL_error(L, "infer: '%s' has the shape of pictures", layer->name);
  if (!read_shapes(L, 3, network, layer->input, layer->inputs, inputs) ||
      (layer->sizing != NULL &&
       !read_shapes(L, 3, network, layer->sizing->layer, layer->sizing->layers, lengths))) {
    luaL_pushfail(L);
    return 1;
  }
  if (ph_network_infer(network, index, inputs, lengths, &output, &e) != PH_OK) return phb_raise(L, &e);
  phb_push_shape(L, output, 0);
  return 1;
}
