/* SPDX-License-Identifier: MIT */
/* Weights files in Lua: tables of tensors; see lua/phosphene/meta/safetensors.lua. */
#include "files/safetensors.h"

#include <string.h>

#include "bind/bind.h"
#include "metadata.h"

static void release(void *object) { ph_safetensors_free(object); }

static const phb_function no_methods[] = {{NULL, NULL, 0}};
static const phb_type file_type = {"ph.safetensors", release, no_methods, NULL};

/* core.load_safetensors(path) -> { name = tensor }, metadata, names that were skipped | nil, message */
static int safetensors_load(lua_State *L) {
  ph_error e;
  ph_safetensors *file;
  ph_tensor *tensor;
  const char *path = phb_check_text(L, 1);
  void **file_box = phb_box(L, &file_type);
  if (ph_safetensors_read(path, &file, &e) != PH_OK) return phb_fail(L, &e);
  *file_box = file;
  int count = ph_safetensors_count(file);
  lua_createtable(L, 0, count);
  lua_newtable(L);
  for (int i = 0; i < count; i++) {
    if (!ph_safetensors_is_read(file, i)) {
      lua_pushstring(L, ph_safetensors_name(file, i));
      lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
      continue;
    }
    void **box = phb_box(L, &phb_tensor);
    if (ph_safetensors_tensor(file, i, &tensor, &e) != PH_OK) return phb_fail(L, &e);
    *box = tensor;
    lua_setfield(L, -3, ph_safetensors_name(file, i));
  }
  phb_push_metadata(L, ph_safetensors_metadata(file));
  lua_insert(L, -2);
  *file_box = NULL;
  ph_safetensors_free(file);
  phb_pace(L);
  return 3;
}

/* Collects the table's tensors at index i; names and tensors are kept alive by it. Pushes the array's memory.
 */
static ph_named_tensor *check_tensors(lua_State *L, int i, int *count) {
  phb_check_type(L, i, LUA_TTABLE);
  *count = 0;
  for (lua_pushnil(L); lua_next(L, i) != 0; lua_pop(L, 1)) ++*count;
  ph_named_tensor *tensors = lua_newuserdatauv(L, sizeof *tensors * (size_t)(*count + 1), 0);
  int at = 0;
  for (lua_pushnil(L); lua_next(L, i) != 0; lua_pop(L, 1)) {
    if (lua_type(L, -2) != LUA_TSTRING) phb_argument_error(L, i, "names of tensors must be texts");
    const char *name = lua_tostring(L, -2);
    if (strlen(name) != lua_rawlen(L, -2)) phb_argument_error(L, i, "a tensor's name has a zero byte in it");
    ph_tensor *tensor = phb_test(L, lua_gettop(L), &phb_tensor);
    if (tensor == NULL) luaL_error(L, "'%s' is %s, not a tensor", name, phb_kind(L, -1));
    tensors[at++] = (ph_named_tensor){name, tensor};
  }
  return tensors;
}

typedef struct options {
  int type;
} options;
static const ph_field option_fields[] = {{"type", PH_CHOICE, offsetof(options, type), PH_FLOAT32, 0, 0,
                                          ph_number_type_names, "how numbers are stored"},
                                         {0}};

/* core.save_safetensors(path, tensors [, metadata [, { type }]]) -> true | nil, message */
static int safetensors_save(lua_State *L) {
  ph_error e;
  options chosen;
  int count;
  ph_setting settings[PHB_MAX_SETTINGS];
  lua_settop(L, 4);
  const char *path = phb_check_text(L, 1);
  int given = phb_check_settings(L, 4, NULL, NULL, settings, PHB_MAX_SETTINGS);
  ph_fields_default(option_fields, &chosen);
  if (ph_fields_apply(option_fields, &chosen, settings, given, "save_safetensors", &e) != PH_OK)
    return phb_raise(L, &e);
  const ph_named_tensor *tensors = check_tensors(L, 2, &count);
  const ph_metadata *metadata = phb_check_metadata(L, 3);
  if (ph_safetensors_write(path, tensors, count, metadata, (ph_number_type)chosen.type, &e) != PH_OK)
    return phb_fail(L, &e);
  lua_pushboolean(L, 1);
  return 1;
}

static const phb_function functions[] = {
    {"load_safetensors", safetensors_load, 1}, {"save_safetensors", safetensors_save, 4}, {NULL, NULL, 0}};

void phb_open_safetensors(lua_State *L) {
  phb_register(L, &file_type);
  phb_set_functions(L, functions);
}
