/* Parameterisations in Lua; see lua/phosphene/meta/parameterisation.lua. */
#include "../core/parameterisation.h"

#include "bind.h"

static void release(void *object) { ph_parameterisation_release(object); }

static ph_parameterisation *self(lua_State *L) { return phb_check(L, 1, &phb_parameterisation); }

/* The object of this type under `key` of the table at index i, or NULL where there is none. The table keeps
   it alive. */
static void *optional_object(lua_State *L, int i, const char *key, const phb_type *type) {
  if (!lua_istable(L, i)) return NULL;
  int found = lua_getfield(L, i, key);
  void **box = luaL_testudata(L, -1, type->name);
  if (found != LUA_TNIL && box == NULL)
    luaL_error(L, "setting '%s': %s expected, got %s", key, type->name, luaL_typename(L, -1));
  if (box != NULL && *box == NULL) luaL_error(L, "setting '%s': this %s is closed", key, type->name);
  lua_pop(L, 1);
  return box != NULL ? *box : NULL;
}

/* core.parameterisation(kind [, { settings…, random =, image = }]) */
static int parameterisation_new(lua_State *L) {
  static const char *const objects[] = {"random", "image", NULL};
  ph_error e;
  ph_setting settings[PHB_MAX_SETTINGS];
  const char *kind = luaL_checkstring(L, 1);
  lua_settop(L, 2);
  int count = phb_check_settings(L, 2, objects, settings, PHB_MAX_SETTINGS);
  ph_random *random = optional_object(L, 2, "random", &phb_random);
  ph_tensor *image = optional_object(L, 2, "image", &phb_tensor);
  void **box = phb_box(L, &phb_parameterisation);
  ph_parameterisation *p;
  if (ph_parameterisation_new(kind, settings, count, random, image, &p, &e) != PH_OK) return phb_raise(L, &e);
  *box = p;
  phb_pace(L);
  return 1;
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
  void **box = luaL_checkudata(L, 1, phb_parameterisation.name);
  char text[PH_PARAMETERISATION_TEXT];
  lua_pushfstring(L, "parameterisation %s",
                  *box != NULL ? ph_parameterisation_describe(*box, text) : "(closed)");
  return 1;
}

static const luaL_Reg methods[] = {
    {"values", parameterisation_values},   {"gradient", parameterisation_gradient},
    {"forward", parameterisation_forward}, {"backward", parameterisation_backward},
    {"shape", parameterisation_shape},     {NULL, NULL}};

static const luaL_Reg metamethods[] = {{"__tostring", parameterisation_tostring}, {NULL, NULL}};

const phb_type phb_parameterisation = {"ph.parameterisation", release, methods, metamethods};

static const luaL_Reg functions[] = {{"parameterisation", parameterisation_new}, {NULL, NULL}};

void phb_open_parameterisation(lua_State *L) {
  phb_register(L, &phb_parameterisation);
  luaL_setfuncs(L, functions, 0);
}
