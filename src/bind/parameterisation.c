/* SPDX-License-Identifier: MIT */
/* Parameterisations in Lua; see lua/phosphene/meta/parameterisation.lua. */
#include "picture/parameterisation.h"

#include <string.h>

#include "bind.h"

static void release(void *object) { ph_parameterisation_release(object); }

static ph_parameterisation *self(lua_State *L) { return phb_check(L, 1, &phb_parameterisation); }

/* The object of this type under `key` of the table at index i, or NULL where there is none. The table keeps
   it alive. */
static void *optional_object(lua_State *L, int i, const char *key, const phb_type *type) {
  if (!lua_istable(L, i)) return NULL;
  int found = phb_field_of(L, i, key);
  void **box = luaL_testudata(L, -1, type->name);
  if (found != LUA_TNIL && box == NULL)
    luaL_error(L, "setting '%s': %s expected, got %s", key, type->name, phb_kind(L, -1));
  if (box != NULL && *box == NULL) luaL_error(L, "setting '%s': this %s is closed", key, type->name);
  lua_pop(L, 1);
  return box != NULL ? *box : NULL;
}

/* Keys of settings that are objects or lists of tables, not numbers. */
static const char *const objects[] = {"random", "image", "mask", "fixed", "spectrum", "parts", NULL};

static ph_given check_given(lua_State *L, int i) {
  return (ph_given){.random = optional_object(L, i, "random", &phb_random),
                    .image = optional_object(L, i, "image", &phb_tensor),
                    .mask = optional_object(L, i, "mask", &phb_tensor),
                    .fixed = optional_object(L, i, "fixed", &phb_tensor),
                    .spectrum = optional_object(L, i, "spectrum", &phb_tensor)};
}

/* Settings are large; they live in a userdata left on the stack, which an error lets go. */
static ph_setting *new_settings(lua_State *L) {
  return lua_newuserdatauv(L, PHB_MAX_SETTINGS * sizeof(ph_setting), 0);
}

/* Reads the part { kind, settings… }, or the kind alone, on top of the stack, which stays there. */
static ph_part check_part(lua_State *L, int number) {
  static const char *const kind[] = {"kind", NULL};
  const int part = lua_gettop(L);
  if (lua_type(L, part) == LUA_TSTRING) return (ph_part){.kind = lua_tostring(L, part)};
  if (!lua_istable(L, part) || phb_field_of(L, part, "kind") != LUA_TSTRING)
    luaL_error(L, "part %d: a table with a kind expected", number);
  ph_part result = {.kind = lua_tostring(L, -1)};
  ph_setting *settings = new_settings(L);
  result.count = phb_check_settings(L, part, result.kind, kind, settings, PHB_MAX_SETTINGS);
  result.settings = settings;
  return result;
}

/* The list `parts` of the table at index 2, which only a sum has. What the parts point into stays on the
   stack. */
static int check_parts(lua_State *L, const char *kind, ph_part parts[PH_MOST_PARTS]) {
  const bool is_sum = strcmp(kind, "sum") == 0;
  const int type = lua_istable(L, 2) ? phb_field_of(L, 2, "parts") : LUA_TNIL;
  if (!is_sum && type != LUA_TNIL) luaL_error(L, "parameterisation '%s': has no parts; a 'sum' has", kind);
  if (!is_sum) return 0;
  if (type != LUA_TTABLE) luaL_error(L, "parameterisation 'sum': a list of parts expected");
  const int list = lua_gettop(L), count = (int)lua_rawlen(L, list);
  if (count > PH_MOST_PARTS) luaL_error(L, "parameterisation 'sum': at most %d parts", PH_MOST_PARTS);
  luaL_checkstack(L, 3 * count + 8, "parts");
  for (int i = 0; i < count; i++) {
    lua_rawgeti(L, list, i + 1);
    parts[i] = check_part(L, i + 1);
  }
  return count;
}

/* core.parameterisation(kind [, { settings…, random =, image =, mask =, fixed =, spectrum =, parts = }])
   -> the parameterisation, whether it shows the given image */
static int parameterisation_new(lua_State *L) {
  ph_error e;
  ph_part parts[PH_MOST_PARTS];
  const char *kind = phb_check_text(L, 1);
  const bool is_sum = strcmp(kind, "sum") == 0;
  lua_settop(L, 2);
  ph_setting *settings = new_settings(L);
  ph_given given = check_given(L, 2);
  int count = phb_check_settings(L, 2, kind, objects, settings, PHB_MAX_SETTINGS);
  int part_count = check_parts(L, kind, parts);
  void **box = phb_box(L, &phb_parameterisation);
  ph_parameterisation *p;
  ph_status status = is_sum ? ph_parameterisation_sum(settings, count, parts, part_count, &given, &p, &e)
                            : ph_parameterisation_new(kind, settings, count, &given, &p, &e);
  if (status != PH_OK) return phb_raise(L, &e);
  *box = p;
  phb_pace(L);
  lua_pushboolean(L, ph_parameterisation_is_given_image(p));
  return 2;
}

/* Boxes a tensor that the parameterisation owns and shares. */
static int push_shared(lua_State *L, ph_tensor *tensor) {
  void **box = phb_box(L, &phb_tensor);
  *box = ph_tensor_retain(tensor);
  return 1;
}

static int parameterisation_values(lua_State *L) {
  return push_shared(L, ph_parameterisation_values(self(L)));
}

static int parameterisation_gradient(lua_State *L) {
  return push_shared(L, ph_parameterisation_gradient(self(L)));
}

static int parameterisation_forward(lua_State *L) {
  return push_shared(L, ph_parameterisation_forward(self(L)));
}

/* p:backward(image_gradient) -> the values' gradient */
static int parameterisation_backward(lua_State *L) {
  ph_error e;
  ph_parameterisation *p = self(L);
  const ph_tensor *gradient = phb_check(L, 2, &phb_tensor);
  if (ph_parameterisation_backward(p, gradient, &e) != PH_OK) return phb_raise(L, &e);
  return push_shared(L, ph_parameterisation_gradient(p));
}

static int parameterisation_shape(lua_State *L) {
  ph_shape shape = ph_parameterisation_shape(self(L));
  lua_createtable(L, shape.rank, 0);
  for (int i = 0; i < shape.rank; i++) {
    lua_pushinteger(L, shape.dim[i]);
    lua_rawseti(L, -2, i + 1);
  }
  return 1;
}

static int parameterisation_tostring(lua_State *L) {
  void **box = phb_check_userdata(L, 1, phb_parameterisation.name);
  char text[PH_PARAMETERISATION_TEXT];
  lua_pushfstring(L, "parameterisation %s",
                  *box != NULL ? ph_parameterisation_describe(*box, text) : "(closed)");
  return 1;
}

static const phb_function methods[] = {
    {"values", parameterisation_values, 1},   {"gradient", parameterisation_gradient, 1},
    {"forward", parameterisation_forward, 1}, {"backward", parameterisation_backward, 2},
    {"shape", parameterisation_shape, 1},     {NULL, NULL, 0}};

static const phb_function metamethods[] = {{"__tostring", parameterisation_tostring, -1}, {NULL, NULL, 0}};

const phb_type phb_parameterisation = {"ph.parameterisation", release, methods, metamethods};

static const phb_function functions[] = {{"parameterisation", parameterisation_new, 2}, {NULL, NULL, 0}};

void phb_open_parameterisation(lua_State *L) {
  phb_register(L, &phb_parameterisation);
  phb_set_functions(L, functions);
  lua_pushinteger(L, PH_PICTURE_SIDE);
  lua_setfield(L, -2, "picture_side");
}
