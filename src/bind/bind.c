/* SPDX-License-Identifier: MIT */
/* What the bindings share: errors, arguments. box.c has the boxes, and how bindings are called. */
#include "bind.h"

#include <string.h>

#include "base/memory.h"

/* ---- errors ---- */

int phb_raise(lua_State *L, const ph_error *e) { return luaL_error(L, "%s", e->message); }

int phb_fail(lua_State *L, const ph_error *e) {
  if (e->status == PH_MISUSE) return phb_raise(L, e);
  luaL_pushfail(L);
  lua_pushstring(L, e->message);
  return 2;
}

const char *phb_kind(lua_State *L, int i) {
  if (lua_isnoneornil(L, i)) return lua_pushliteral(L, "nil");
  const phb_type *type = phb_type_of(L, i);
  const char *name = type != NULL ? strchr(type->name, '.') + 1 : luaL_typename(L, i);
  return lua_pushfstring(L, "%s %s", strchr("aeiou", name[0]) != NULL ? "an" : "a", name);
}

void phb_pace(lua_State *L) {
  /* The mark lives in the registry: a module may be opened in several states. */
  static const char key = 'p';
  const uint64_t step = UINT64_C(1) << 20;
  uint64_t now = ph_memory_allocated(), before;
  lua_rawgetp(L, LUA_REGISTRYINDEX, &key);
  before = (uint64_t)lua_tointeger(L, -1);
  lua_pop(L, 1);
  if (now - before < step) return;
  lua_pushinteger(L, (lua_Integer)now);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &key);
  uint64_t kilobytes = (now - before) / 1024;
  lua_gc(L, LUA_GCSTEP, kilobytes < 1 << 20 ? (int)kilobytes : 1 << 20);
}

/* ---- arguments ---- */

/* Of the function that runs: as it was registered, since Lua knows no name where it was called by pcall, or
   as the last thing that another does. */
static const char *function_name(lua_State *L, lua_Debug *where) {
  const phb_function *f = lua_touserdata(L, lua_upvalueindex(1));
  const bool is_known = lua_getstack(L, 0, where) && lua_getinfo(L, "n", where) && where->name != NULL;
  if (!is_known) where->name = where->namewhat = "";
  return f != NULL && lua_islightuserdata(L, lua_upvalueindex(1)) ? f->name : where->name;
}

int phb_argument_error(lua_State *L, int i, const char *message) {
  lua_Debug where = {0};
  const char *name = function_name(L, &where);
  const bool is_method = strcmp(where.namewhat, "method") == 0;
  if (is_method && i == 1) return luaL_error(L, "%s: %s", name, message);
  return luaL_error(L, "%s: argument %d: %s", name, i - is_method, message);
}

static int type_error(lua_State *L, int i, const char *expected) {
  const char *got = luaL_typename(L, i);
  if (luaL_getmetafield(L, i, "__name") == LUA_TSTRING) got = lua_tostring(L, -1);
  return phb_argument_error(L, i, lua_pushfstring(L, "%s expected, got %s", expected, got));
}

void phb_check_type(lua_State *L, int i, int type) {
  if (lua_type(L, i) != type) type_error(L, i, lua_typename(L, type));
}

void phb_check_any(lua_State *L, int i) {
  if (lua_type(L, i) == LUA_TNONE) phb_argument_error(L, i, "value expected");
}

const char *phb_check_bytes(lua_State *L, int i, size_t *size) {
  const char *text = lua_tolstring(L, i, size);
  if (text == NULL) type_error(L, i, lua_typename(L, LUA_TSTRING));
  return text;
}

const char *phb_check_text(lua_State *L, int i) { return phb_check_bytes(L, i, NULL); }

void *phb_check_userdata(lua_State *L, int i, const char *type) {
  void *box = luaL_testudata(L, i, type);
  if (box == NULL) type_error(L, i, type);
  return box;
}

int phb_field_of(lua_State *L, int i, const char *key) {
  i = lua_absindex(L, i);
  if (!lua_istable(L, i)) return luaL_error(L, "a table with '%s' expected, got %s", key, phb_kind(L, i));
  lua_pushstring(L, key);
  return lua_rawget(L, i);
}

double phb_check_number(lua_State *L, int i) {
  phb_check_type(L, i, LUA_TNUMBER);
  return lua_tonumber(L, i);
}

int phb_check_choice(lua_State *L, int i, const char *const *choices, const char *what) {
  const char *given = phb_check_text(L, i);
  int count = 0;
  for (; choices[count] != NULL; count++) {
    if (strcmp(given, choices[count]) == 0) return count;
  }
  const char *near = ph_nearest(given, choices, count);
  if (near != NULL) return luaL_error(L, "%s: no '%s'; did you mean '%s'?", what, given, near);
  lua_pushliteral(L, "");
  for (int n = 0; n < count; n++)
    lua_pushfstring(L, "%s%s%s", lua_tostring(L, -1), n == 0 ? "" : ", ", choices[n]);
  return luaL_error(L, "%s: no '%s'; there are %s", what, given, lua_tostring(L, -1));
}

enum { UNLIMITED = 1000000000 }; /* a maximum from here on is none, as far as users are concerned */

lua_Integer phb_check_integer(lua_State *L, int i, lua_Integer least, lua_Integer most, const char *what) {
  phb_check_type(L, i, LUA_TNUMBER);
  int is_whole;
  lua_Integer value = lua_tointegerx(L, i, &is_whole);
  if (!is_whole)
    phb_argument_error(
        L, i, lua_pushfstring(L, "%s: a whole number expected, got %s", what, luaL_tolstring(L, i, NULL)));
  if (value < least && most >= UNLIMITED)
    phb_argument_error(
        L, i,
        lua_pushfstring(L, "%s must be at least %I, got %I", what, (LUAI_UACINT)least, (LUAI_UACINT)value));
  if (value < least || value > most)
    phb_argument_error(L, i,
                       lua_pushfstring(L, "%s %I out of range %I..%I", what, (LUAI_UACINT)value,
                                       (LUAI_UACINT)least, (LUAI_UACINT)most));
  return value;
}

int64_t *phb_check_integers(lua_State *L, int i, lua_Integer least, lua_Integer most, const char *what,
                            int64_t *count) {
  phb_check_type(L, i, LUA_TTABLE);
  *count = (int64_t)lua_rawlen(L, i);
  int64_t *integers = lua_newuserdatauv(L, (size_t)*count * sizeof *integers, 0);
  for (int64_t k = 0; k < *count; k++) {
    lua_rawgeti(L, i, k + 1);
    integers[k] = phb_check_integer(L, lua_gettop(L), least, most, what);
    lua_pop(L, 1);
  }
  return integers;
}

static int is_skipped(const char *key, const char *const *skip) {
  for (; skip != NULL && *skip != NULL; skip++)
    if (strcmp(key, *skip) == 0) return 1;
  return 0;
}

static void read_list(lua_State *L, int i, const char *what, ph_setting *setting) {
  lua_Unsigned length = lua_rawlen(L, i);
  if (length < 1 || length > PH_SETTING_VALUES)
    luaL_error(L, "%s: setting '%s': a list of 1 to %d numbers expected, got %d values", what, setting->key,
               PH_SETTING_VALUES, (int)length);
  for (lua_Unsigned j = 1; j <= length; j++) {
    if (lua_rawgeti(L, i, (lua_Integer)j) != LUA_TNUMBER)
      luaL_error(L, "%s: setting '%s': element %d is not a number", what, setting->key, (int)j);
    setting->value[j - 1] = lua_tonumber(L, -1);
    lua_pop(L, 1);
  }
  setting->count = (int)length;
}

int phb_check_settings(lua_State *L, int i, const char *what, const char *const *skip, ph_setting *settings,
                       int most) {
  int count = 0;
  lua_Debug where;
  if (lua_isnoneornil(L, i)) return 0;
  if (what == NULL) what = function_name(L, &where);
  phb_check_type(L, i, LUA_TTABLE);
  lua_pushnil(L);
  while (lua_next(L, i) != 0) {
    int value = lua_gettop(L);
    if (lua_type(L, -2) != LUA_TSTRING) phb_argument_error(L, i, "settings must have names");
    const char *key = lua_tostring(L, -2);
    if (!is_skipped(key, skip)) {
      if (count == most) phb_argument_error(L, i, "too many settings");
      ph_setting *setting = &settings[count++];
      *setting = (ph_setting){.key = key, .count = 1};
      switch (lua_type(L, value)) {
        case LUA_TNUMBER:
          setting->value[0] = lua_tonumber(L, value);
          break;
        case LUA_TBOOLEAN:
          setting->value[0] = lua_toboolean(L, value);
          break;
        case LUA_TTABLE:
          read_list(L, value, what, setting);
          break;
        case LUA_TSTRING:
          setting->count = 0;
          setting->text = lua_tostring(L, value);
          break;
        default:
          luaL_error(L, "%s: setting '%s': %s is not a setting", what, key, phb_kind(L, value));
      }
    }
    lua_pop(L, 1);
  }
  return count;
}

ph_shape phb_check_shape(lua_State *L, int i) {
  ph_shape shape = {0};
  phb_check_type(L, i, LUA_TTABLE);
  lua_Unsigned rank = lua_rawlen(L, i);
  if (rank > PH_MAX_RANK) phb_argument_error(L, i, "too many dimensions");
  for (lua_Unsigned d = 0; d < rank; d++) {
    lua_rawgeti(L, i, (lua_Integer)d + 1);
    int is_whole = 0; /* 64 / 2 is 32.0 */
    if (lua_type(L, -1) == LUA_TNUMBER) shape.dim[d] = lua_tointegerx(L, -1, &is_whole);
    if (!is_whole)
      phb_argument_error(L, i,
                         lua_pushfstring(L, "dimension %d: a whole number expected, got %s", (int)d + 1,
                                         lua_isnumber(L, -1) ? lua_tostring(L, -1) : phb_kind(L, -1)));
    lua_pop(L, 1);
  }
  shape.rank = (int)rank;
  return shape;
}
