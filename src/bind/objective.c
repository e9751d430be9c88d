/* SPDX-License-Identifier: MIT */
/* Objectives in Lua: making heads, operators, printing. Wherever an objective is meant, a number or a string
   "layer:unit" will do; see lua/phosphene/meta/objective.lua.

   Functions that recipes write as heads live with the boxes of the objectives that use them, in a table by
   their numbers, which is shared and never changes; evaluations get it from their objective. */
#include "objective/objective.h"

#include <string.h>

#include "bind.h"

static void release(void *object) { ph_objective_release(object); }

/* Raises at the nearest line of Lua: Lua's string library may stand between an operator and its recipe. */
static int raise(lua_State *L, const ph_error *e) {
  lua_Debug where;
  int level = 1;
  while (lua_getstack(L, level, &where) && lua_getinfo(L, "l", &where) && where.currentline <= 0) level++;
  luaL_where(L, level);
  lua_pushstring(L, e->message);
  lua_concat(L, 2);
  return lua_error(L);
}

/* The objective that argument i is or stands for. A new one is left in the argument's place. */
static ph_objective *coerce(lua_State *L, int i) {
  ph_error e;
  ph_objective *objective = phb_test(L, i, &phb_objective);
  if (objective != NULL) return objective;
  int type = lua_type(L, i);
  if (type != LUA_TNUMBER && type != LUA_TSTRING)
    luaL_error(L, "an objective is expected (ph.channel and the like, \"layer:unit\" or a number), got %s",
               phb_kind(L, i));
  void **box = phb_box(L, &phb_objective);
  ph_status status = type == LUA_TNUMBER ? ph_objective_number(lua_tonumber(L, i), &objective, &e)
                                         : ph_objective_parse(lua_tostring(L, i), &objective, &e);
  if (status != PH_OK) raise(L, &e);
  *box = objective;
  lua_replace(L, i);
  return objective;
}

/* Adds the entries of the table on top of the stack to the one at `to`, and pops it. */
static void add_entries(lua_State *L, int to) {
  int from = lua_gettop(L);
  for (lua_pushnil(L); lua_next(L, from) != 0;) {
    lua_pushvalue(L, -2);
    lua_insert(L, -2);
    lua_rawset(L, to);
  }
  lua_pop(L, 1);
}

/* Gives the box on top of the stack the functions of the objectives at `left` and `right` (0: none). */
static void keep_functions(lua_State *L, int left, int right) {
  int box = lua_gettop(L);
  lua_getiuservalue(L, left, 1);
  if (right == 0)
    lua_pushnil(L);
  else
    lua_getiuservalue(L, right, 1);
  /* stack: box, functions of left, functions of right */
  bool both = lua_istable(L, -2) && lua_istable(L, -1) && !lua_rawequal(L, -2, -1);
  if (both) {
    lua_newtable(L);
    lua_insert(L, box + 1);
    add_entries(L, box + 1);
    add_entries(L, box + 1);
  } else {
    if (lua_isnil(L, -2)) lua_replace(L, -2);
    lua_settop(L, box + 1);
  }
  lua_setiuservalue(L, box, 1);
}

/* core.objective(value): an objective from an objective, a number or a string */
static int objective_from(lua_State *L) {
  phb_check_any(L, 1);
  coerce(L, 1);
  lua_settop(L, 1);
  return 1;
}

/* core.head(type, { layer=, batch=, tensor=, <settings> } [, functions]): functions by their numbers */
static int objective_head(lua_State *L) {
  static const char *const skip[] = {"tensor", NULL};
  ph_error e;
  ph_objective *objective;
  ph_setting settings[PHB_MAX_SETTINGS];
  ph_tensor *tensor = NULL;
  const char *type = phb_check_text(L, 1);
  lua_settop(L, 3);
  int count = phb_check_settings(L, 2, type, skip, settings, PHB_MAX_SETTINGS);
  if (lua_istable(L, 2) && phb_field_of(L, 2, "tensor") != LUA_TNIL) {
    tensor = phb_test(L, 4, &phb_tensor);
    if (tensor == NULL) return luaL_error(L, "%s: a tensor is expected, got %s", type, phb_kind(L, 4));
  }
  void **box = phb_box(L, &phb_objective);
  if (ph_objective_head(type, settings, count, tensor, &objective, &e) != PH_OK) return phb_raise(L, &e);
  *box = objective;
  lua_pushvalue(L, 3);
  lua_setiuservalue(L, -2, 1);
  phb_pace(L);
  return 1;
}

/* objective:on(image) */
static int objective_on(lua_State *L) {
  ph_error e;
  ph_objective *result, *objective = phb_check(L, 1, &phb_objective);
  lua_Integer image = phb_check_integer(L, 2, 0, 1000000000, "image");
  void **box = phb_box(L, &phb_objective);
  if (ph_objective_on(objective, image, &result, &e) != PH_OK) return phb_raise(L, &e);
  *box = result;
  keep_functions(L, 1, 0);
  phb_pace(L);
  return 1;
}

/* objective:names_images() -> whether a head names an image of the batch */
static int objective_names_images(lua_State *L) {
  ph_error e;
  bool names;
  if (ph_objective_names_images(phb_check(L, 1, &phb_objective), &names, &e) != PH_OK)
    return phb_raise(L, &e);
  lua_pushboolean(L, names);
  return 1;
}

/* objective:in_copies(pictures, copies) -> objective */
static int objective_in_copies(lua_State *L) {
  ph_error e;
  ph_objective *result, *objective = phb_check(L, 1, &phb_objective);
  lua_Integer pictures = phb_check_integer(L, 2, 1, 1000000000, "pictures");
  lua_Integer copies = phb_check_integer(L, 3, 1, 1000000000, "copies");
  void **box = phb_box(L, &phb_objective);
  if (ph_objective_in_copies(objective, pictures, copies, &result, &e) != PH_OK) return phb_raise(L, &e);
  *box = result;
  keep_functions(L, 1, 0);
  phb_pace(L);
  return 1;
}

static int objective_tostring(lua_State *L) {
  ph_error e;
  luaL_Buffer buffer;
  void **box = phb_check_userdata(L, 1, phb_objective.name);
  if (*box == NULL) {
    lua_pushliteral(L, "objective (closed)");
    return 1;
  }
  char *text = luaL_buffinitsize(L, &buffer, PH_OBJECTIVE_TEXT);
  if (ph_objective_print(*box, text, PH_OBJECTIVE_TEXT, &e) != PH_OK) return phb_raise(L, &e);
  luaL_pushresultsize(&buffer, strlen(text));
  return 1;
}

/* ---- operators ---- */

static int combine(lua_State *L, ph_operation operation) {
  ph_error e;
  ph_objective *result, *left = coerce(L, 1);
  ph_objective *right = operation == PH_NEGATE ? NULL : coerce(L, 2);
  void **box = phb_box(L, &phb_objective);
  if (ph_objective_combine(operation, left, right, &result, &e) != PH_OK) return raise(L, &e);
  *box = result;
  keep_functions(L, 1, operation == PH_NEGATE ? 0 : 2);
  phb_pace(L);
  return 1;
}

static int add(lua_State *L) { return combine(L, PH_ADD); }
static int subtract(lua_State *L) { return combine(L, PH_SUBTRACT); }
static int multiply(lua_State *L) { return combine(L, PH_MULTIPLY); }
static int divide(lua_State *L) { return combine(L, PH_DIVIDE); }
static int power(lua_State *L) { return combine(L, PH_POWER); }
static int negate(lua_State *L) { return combine(L, PH_NEGATE); }

static const phb_function methods[] = {{"on", objective_on, 2},
                                       {"names_images", objective_names_images, 1},
                                       {"in_copies", objective_in_copies, 3},
                                       {NULL, NULL, 0}};

static const phb_function metamethods[] = {{"__add", add, -1},
                                           {"__sub", subtract, -1},
                                           {"__mul", multiply, -1},
                                           {"__div", divide, -1},
                                           {"__pow", power, -1},
                                           {"__unm", negate, -1},
                                           {"__tostring", objective_tostring, -1},
                                           {NULL, NULL, 0}};

const phb_type phb_objective = {"ph.objective", release, methods, metamethods};

static const phb_function functions[] = {
    {"objective", objective_from, 1}, {"head", objective_head, 3}, {NULL, NULL, 0}};

void phb_open_objective(lua_State *L) {
  phb_register(L, &phb_objective);
  phb_set_functions(L, functions);
}
