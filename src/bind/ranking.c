/* SPDX-License-Identifier: MIT */
/* Rankings in Lua, where lua/phosphene/data uses them. Pictures' numbers are Lua's integers of 64 bits. */
#include "data/ranking.h"

#include "base/memory.h"
#include "bind.h"

static void release(void *object) { ph_ranking_free(object); }

static const phb_type phb_ranking;

static ph_ranking *self(lua_State *L) { return phb_check(L, 1, &phb_ranking); }

static int64_t check_unit(lua_State *L, const ph_ranking *r) {
  return phb_check_integer(L, 2, 0, ph_ranking_units(r) - 1, "unit");
}

/* core.ranking(units, top, bottom, any): how many examples the lists may hold */
static int ranking_new(lua_State *L) {
  ph_error e;
  ph_ranking *r;
  int64_t room[PH_RANKING_LISTS];
  const lua_Integer units = phb_check_integer(L, 1, 1, INT32_MAX, "units");
  for (int list = 0; list < PH_RANKING_LISTS; list++)
    room[list] = phb_check_integer(L, 2 + list, 0, PH_RANKING_MOST, ph_ranking_names[list]);
  void **box = phb_box(L, &phb_ranking);
  if (ph_ranking_new(units, room, &r, &e) != PH_OK) return phb_raise(L, &e);
  *box = r;
  phb_pace(L);
  return 1;
}

/* The list of pictures' numbers at i. */
static const uint64_t *check_pictures(lua_State *L, int i, int64_t *count) {
  return (const uint64_t *)phb_check_integers(L, i, LUA_MININTEGER, LUA_MAXINTEGER, "picture", count);
}

/* r:add(activations, pictures) -> r | nil, message, which picture of the list from 1 */
static int ranking_add(lua_State *L) {
  ph_error e;
  int64_t count, failed = -1;
  const uint64_t *pictures = check_pictures(L, 3, &count);
  ph_ranking *r = self(L);
  const ph_tensor *activations = phb_check(L, 2, &phb_tensor);
  if (ph_ranking_add(r, activations, pictures, count, &failed, &e) == PH_OK) {
    lua_settop(L, 1);
    return 1;
  }
  if (failed < 0) return phb_raise(L, &e);
  lua_pushnil(L);
  lua_pushstring(L, e.message);
  lua_pushinteger(L, failed + 1);
  return 3;
}

/* r:forget(pictures), in rising order of their numbers without a sign -> r */
static int ranking_forget(lua_State *L) {
  int64_t count;
  const uint64_t *pictures = check_pictures(L, 2, &count);
  for (int64_t k = 1; k < count; k++)
    if (pictures[k - 1] >= pictures[k]) phb_argument_error(L, 2, "not in rising order");
  ph_ranking_forget(self(L), pictures, count);
  lua_settop(L, 1);
  return 1;
}

/* r:list(unit, name) -> a list of { picture, value, y, x } */
static int ranking_list(lua_State *L) {
  const ph_ranking *r = self(L);
  const int64_t unit = check_unit(L, r);
  const int list = phb_check_choice(L, 3, ph_ranking_names, "list");
  int64_t count;
  const ph_example *example = ph_ranking_list_of(r, unit, (ph_ranking_list)list, &count);
  lua_createtable(L, (int)count, 0);
  for (int64_t i = 0; i < count; i++, example++) {
    lua_createtable(L, 0, 4);
    lua_pushinteger(L, (lua_Integer)example->picture);
    lua_setfield(L, -2, "picture");
    lua_pushnumber(L, (lua_Number)example->value);
    lua_setfield(L, -2, "value");
    lua_pushinteger(L, example->y);
    lua_setfield(L, -2, "y");
    lua_pushinteger(L, example->x);
    lua_setfield(L, -2, "x");
    lua_rawseti(L, -2, i + 1);
  }
  return 1;
}

/* r:bytes(unit) -> a string */
static int ranking_bytes(lua_State *L) {
  const ph_ranking *r = self(L);
  const int64_t unit = check_unit(L, r);
  const size_t size = ph_ranking_size(r, unit);
  luaL_Buffer buffer;
  ph_ranking_write(r, unit, (unsigned char *)luaL_buffinitsize(L, &buffer, size));
  luaL_pushresultsize(&buffer, size);
  return 1;
}

/* r:take(unit, bytes) -> r | nil, message */
static int ranking_take(lua_State *L) {
  ph_error e;
  size_t size;
  const unsigned char *bytes = (const unsigned char *)phb_check_bytes(L, 3, &size);
  ph_ranking *r = self(L);
  if (ph_ranking_take(r, check_unit(L, r), bytes, size, &e) != PH_OK) return phb_fail(L, &e);
  lua_settop(L, 1);
  return 1;
}

static const phb_function methods[] = {{"add", ranking_add, 3},   {"forget", ranking_forget, 2},
                                       {"list", ranking_list, 3}, {"bytes", ranking_bytes, 2},
                                       {"take", ranking_take, 3}, {NULL, NULL, 0}};

static const phb_type phb_ranking = {"ph.ranking", release, methods, NULL};

static const phb_function functions[] = {{"ranking", ranking_new, 4}, {NULL, NULL, 0}};

void phb_open_ranking(lua_State *L) {
  phb_register(L, &phb_ranking);
  phb_set_functions(L, functions);
}
