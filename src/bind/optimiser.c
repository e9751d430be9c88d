/* SPDX-License-Identifier: MIT */
/* Optimisers in Lua; see lua/phosphene/meta/optimiser.lua. */
#include "optimiser/optimiser.h"

#include "bind.h"

static void release(void *object) { ph_optimiser_release(object); }

static ph_optimiser *self(lua_State *L) { return phb_check(L, 1, &phb_optimiser); }

/* core.optimiser(kind [, settings]) */
static int optimiser_new(lua_State *L) {
  ph_error e;
  ph_optimiser *o;
  ph_setting settings[PHB_MAX_SETTINGS];
  const char *kind = phb_check_text(L, 1);
  int count = phb_check_settings(L, 2, kind, NULL, settings, PHB_MAX_SETTINGS);
  void **box = phb_box(L, &phb_optimiser);
  if (ph_optimiser_new(kind, settings, count, &o, &e) != PH_OK) return phb_raise(L, &e);
  *box = o;
  return 1;
}

/* o:step(values, gradient) -> true | nil, message */
static int optimiser_step(lua_State *L) {
  ph_error e;
  ph_optimiser *o = self(L);
  ph_tensor *values = phb_check(L, 2, &phb_tensor), *gradient = phb_check(L, 3, &phb_tensor);
  if (ph_optimiser_step(o, values, gradient, &e) != PH_OK) return phb_fail(L, &e);
  lua_pushboolean(L, 1);
  return 1;
}

/* o:rate([rate]) -> the rate of the next step */
static int optimiser_rate(lua_State *L) {
  ph_error e;
  ph_optimiser *o = self(L);
  if (!lua_isnoneornil(L, 2) && ph_optimiser_set_rate(o, phb_check_number(L, 2), &e) != PH_OK)
    return phb_raise(L, &e);
  lua_pushnumber(L, ph_optimiser_rate(o));
  return 1;
}

static int optimiser_kind(lua_State *L) {
  lua_pushstring(L, ph_optimiser_kind_name(self(L)));
  return 1;
}

static int optimiser_steps(lua_State *L) {
  lua_pushinteger(L, ph_optimiser_steps(self(L)));
  return 1;
}

/* o:state() -> a list of the live tensors */
static int optimiser_state(lua_State *L) {
  ph_optimiser *o = self(L);
  int count = ph_optimiser_state_count(o);
  lua_createtable(L, count, 0);
  for (int i = 0; i < count; i++) {
    void **box = phb_box(L, &phb_tensor);
    *box = ph_tensor_retain(ph_optimiser_state(o, i));
    lua_rawseti(L, -2, i + 1);
  }
  return 1;
}

/* o:restore(state, steps) -> o */
static int optimiser_restore(lua_State *L) {
  ph_error e;
  const ph_tensor *state[PH_OPTIMISER_STATES];
  ph_optimiser *o = self(L);
  phb_check_type(L, 2, LUA_TTABLE);
  lua_Integer steps = phb_check_integer(L, 3, 0, LUA_MAXINTEGER, "steps");
  lua_Unsigned count = lua_rawlen(L, 2);
  if (count > PH_OPTIMISER_STATES) phb_argument_error(L, 2, "too many tensors");
  lua_settop(L, 3);
  luaL_checkstack(L, PH_OPTIMISER_STATES, "state");
  for (lua_Unsigned i = 0; i < count; i++) { /* the tensors stay on the stack, so that they live */
    lua_rawgeti(L, 2, (lua_Integer)i + 1);
    state[i] = phb_check(L, 4 + (int)i, &phb_tensor);
  }
  if (ph_optimiser_restore(o, state, (int)count, steps, &e) != PH_OK) return phb_raise(L, &e);
  phb_pace(L);
  lua_settop(L, 1);
  return 1;
}

static int optimiser_tostring(lua_State *L) {
  void **box = phb_check_userdata(L, 1, phb_optimiser.name);
  char text[PH_OPTIMISER_TEXT];
  lua_pushfstring(L, "optimiser %s", *box != NULL ? ph_optimiser_describe(*box, text) : "(closed)");
  return 1;
}

static const phb_function methods[] = {{"step", optimiser_step, 3},
                                       {"rate", optimiser_rate, 2},
                                       {"kind", optimiser_kind, 1},
                                       {"steps", optimiser_steps, 1},
                                       {"state", optimiser_state, 1},
                                       {"restore", optimiser_restore, 3},
                                       {NULL, NULL, 0}};

static const phb_function metamethods[] = {{"__tostring", optimiser_tostring, -1}, {NULL, NULL, 0}};

const phb_type phb_optimiser = {"ph.optimiser", release, methods, metamethods};

static const phb_function functions[] = {{"optimiser", optimiser_new, 2}, {NULL, NULL, 0}};

void phb_open_optimiser(lua_State *L) {
  phb_register(L, &phb_optimiser);
  phb_set_functions(L, functions);
}
