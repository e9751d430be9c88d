/* SPDX-License-Identifier: MIT */
/* Sketches in Lua, where lua/phosphene/data uses them. */
#include "data/sketch.h"

#include "bind.h"

static void release(void *object) { ph_sketch_free(object); }

static const phb_type phb_sketch;

static ph_sketch *self(lua_State *L) { return phb_check(L, 1, &phb_sketch); }

static int64_t check_unit(lua_State *L, const ph_sketch *s) {
  return phb_check_integer(L, 2, 0, ph_sketch_units(s) - 1, "unit");
}

/* core.sketch(units) */
static int sketch_new(lua_State *L) {
  ph_error e;
  ph_sketch *s;
  const lua_Integer units = phb_check_integer(L, 1, 1, INT32_MAX, "units");
  void **box = phb_box(L, &phb_sketch);
  if (ph_sketch_new(units, &s, &e) != PH_OK) return phb_raise(L, &e);
  *box = s;
  phb_pace(L);
  return 1;
}

/* s:add(activations, count): of the first pictures of a batch -> s */
static int sketch_add(lua_State *L) {
  ph_error e;
  ph_sketch *s = self(L);
  const ph_tensor *activations = phb_check(L, 2, &phb_tensor);
  const lua_Integer count = phb_check_integer(L, 3, 0, INT32_MAX, "count");
  if (ph_sketch_add(s, activations, count, &e) != PH_OK) return phb_raise(L, &e);
  lua_settop(L, 1);
  return 1;
}

static int sketch_count(lua_State *L) {
  const ph_sketch *s = self(L);
  lua_pushinteger(L, ph_sketch_count(s, check_unit(L, s)));
  return 1;
}

/* s:quantile(unit, share) -> value; nil where there are no values */
static int sketch_quantile(lua_State *L) {
  const ph_sketch *s = self(L);
  const int64_t unit = check_unit(L, s);
  const double share = phb_check_number(L, 3);
  if (ph_sketch_count(s, unit) == 0)
    lua_pushnil(L);
  else
    lua_pushnumber(L, ph_sketch_quantile(s, unit, share));
  return 1;
}

/* s:below(unit, value) -> how many values are */
static int sketch_below(lua_State *L) {
  const ph_sketch *s = self(L);
  const int64_t unit = check_unit(L, s);
  lua_pushnumber(L, ph_sketch_below(s, unit, phb_check_number(L, 3)));
  return 1;
}

/* s:bytes(unit) -> a string */
static int sketch_bytes(lua_State *L) {
  const ph_sketch *s = self(L);
  const int64_t unit = check_unit(L, s);
  luaL_Buffer buffer;
  unsigned char *bytes = (unsigned char *)luaL_buffinitsize(L, &buffer, PH_SKETCH_MOST_BYTES);
  luaL_pushresultsize(&buffer, ph_sketch_write(s, unit, bytes));
  return 1;
}

/* s:take(unit, bytes) -> s | nil, message */
static int sketch_take(lua_State *L) {
  ph_error e;
  size_t size;
  ph_sketch *s = self(L);
  const int64_t unit = check_unit(L, s);
  const unsigned char *bytes = (const unsigned char *)phb_check_bytes(L, 3, &size);
  if (ph_sketch_take(s, unit, bytes, size, &e) != PH_OK) return phb_fail(L, &e);
  lua_settop(L, 1);
  return 1;
}

static const phb_function methods[] = {{"add", sketch_add, 3},
                                       {"count", sketch_count, 2},
                                       {"quantile", sketch_quantile, 3},
                                       {"below", sketch_below, 3},
                                       {"bytes", sketch_bytes, 2},
                                       {"take", sketch_take, 3},
                                       {NULL, NULL, 0}};

static const phb_type phb_sketch = {"ph.sketch", release, methods, NULL};

static const phb_function functions[] = {{"sketch", sketch_new, 1}, {NULL, NULL, 0}};

void phb_open_sketch(lua_State *L) {
  phb_register(L, &phb_sketch);
  phb_set_functions(L, functions);
}
