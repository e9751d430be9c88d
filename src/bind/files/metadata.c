/* SPDX-License-Identifier: MIT */
/* Metadata between Lua and the core. */
#include "metadata.h"

#include <string.h>

static void release(void *object) { ph_metadata_free(object); }

static const phb_function no_methods[] = {{NULL, NULL, 0}};
static const phb_type metadata_type = {"ph.metadata", release, no_methods, NULL};

void phb_register_metadata(lua_State *L) { phb_register(L, &metadata_type); }

void **phb_metadata_box(lua_State *L) { return phb_box(L, &metadata_type); }

/* A text without embedded zeros at index i, which may be a number. */
static const char *check_text(lua_State *L, int i, const char *what) {
  size_t length;
  if (lua_type(L, i) != LUA_TSTRING && lua_type(L, i) != LUA_TNUMBER)
    luaL_error(L, "metadata: %s is %s, not a text", what, phb_kind(L, i));
  const char *text = lua_tolstring(L, i, &length);
  if (strlen(text) != length) luaL_error(L, "metadata: %s has a zero byte in it", what);
  return text;
}

const ph_metadata *phb_check_metadata(lua_State *L, int i) {
  ph_error e;
  ph_metadata *metadata;
  bool is_given = !lua_isnoneornil(L, i);
  if (is_given) phb_check_type(L, i, LUA_TTABLE);
  void **box = phb_metadata_box(L);
  if (ph_metadata_new(&metadata, &e) != PH_OK) phb_raise(L, &e);
  *box = metadata;
  if (!is_given) return metadata;
  lua_pushnil(L);
  while (lua_next(L, i) != 0) {
    if (lua_type(L, -2) != LUA_TSTRING) phb_argument_error(L, i, "metadata: keys must be texts");
    const char *key = check_text(L, -2, "a key");
    if (ph_metadata_set(metadata, key, check_text(L, -1, key), &e) != PH_OK) phb_raise(L, &e);
    lua_pop(L, 1);
  }
  return metadata;
}

void phb_push_metadata(lua_State *L, const ph_metadata *metadata) {
  int count = ph_metadata_count(metadata);
  lua_createtable(L, 0, count);
  for (int i = 0; i < count; i++) {
    lua_pushstring(L, ph_metadata_value(metadata, i));
    lua_setfield(L, -2, ph_metadata_key(metadata, i));
  }
}
