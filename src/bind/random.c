/* The seeded generator in Lua; see lua/phosphene/meta/random.lua. */
#include "../core/random.h"

#include "../core/memory.h"
#include "bind.h"

static ph_random *self(lua_State *L) { return phb_check(L, 1, &phb_random); }

/* core.random(seed, stream) */
static int random_new(lua_State *L) {
  lua_Integer seed = luaL_checkinteger(L, 1);
  const char *stream = luaL_checkstring(L, 2);
  void **box = phb_box(L, &phb_random);
  ph_random *random = ph_alloc(sizeof *random);
  if (random == NULL) return luaL_error(L, "not enough memory");
  *random = ph_random_stream((uint64_t)seed, stream);
  *box = random;
  return 1;
}

static int random_uniform(lua_State *L) {
  lua_pushnumber(L, ph_random_uniform(self(L)));
  return 1;
}

static int random_normal(lua_State *L) {
  lua_pushnumber(L, ph_random_normal(self(L)));
  return 1;
}

/* r:below(limit) -> 0 … limit-1 */
static int random_below(lua_State *L) {
  ph_random *random = self(L);
  lua_pushinteger(L, ph_random_below(random, phb_check_integer(L, 2, 1, LUA_MAXINTEGER, "limit")));
  return 1;
}

/* r:fill_normal(tensor [, mean, deviation]) -> tensor */
static int random_fill_normal(lua_State *L) {
  ph_random *random = self(L);
  ph_tensor *tensor = phb_check(L, 2, &phb_tensor);
  double mean = lua_isnoneornil(L, 3) ? 0.0 : phb_check_number(L, 3);
  double deviation = lua_isnoneornil(L, 4) ? 1.0 : phb_check_number(L, 4);
  ph_random_fill_normal(random, tensor, mean, deviation);
  lua_settop(L, 2);
  return 1;
}

static const luaL_Reg methods[] = {{"uniform", random_uniform},
                                   {"normal", random_normal},
                                   {"below", random_below},
                                   {"fill_normal", random_fill_normal},
                                   {NULL, NULL}};

const phb_type phb_random = {"ph.random", ph_free, methods, NULL};

static const luaL_Reg functions[] = {{"random", random_new}, {NULL, NULL}};

void phb_open_random(lua_State *L) {
  phb_register(L, &phb_random);
  luaL_setfuncs(L, functions, 0);
}
