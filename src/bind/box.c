/* SPDX-License-Identifier: MIT */
/* How Lua calls bindings, and the boxes of objects. While a binding runs, so may Lua code, which closes what
   the binding holds: a finaliser, in a step of the collector. So no object is let go before all bindings that
   run have returned. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bind.h"

/* ---- the bindings that run ---- */

/* As deep as Lua lets C functions call each other, and more. */
enum { MOST_CALLS = 256 };

/* An object that was closed while a binding ran. */
typedef struct parked {
  void (*release)(void *object);
  void *object;
} parked;

/* Of one Lua state. An error ends a binding without its knowing; but the C stack grows down, also from one
   coroutine to the next, and so all whose frames lie below the one that now runs have ended. */
typedef struct calls {
  int running;
  uintptr_t frame[MOST_CALLS];
  int count, room;
  parked *parked;
} calls;

static void end_below(calls *c, uintptr_t frame) {
  while (c->running > 0 && c->frame[c->running - 1] <= frame) c->running--;
  if (c->running > 0) return;
  while (c->count > 0) {
    const parked p = c->parked[--c->count];
    p.release(p.object);
  }
}

/* The calling function's frame. Not the address of a variable, which sanitizers put elsewhere. */
#define FRAME ((uintptr_t)__builtin_frame_address(0))

/* Where there is no memory to remember the object by, it stays for ever. The list is none of the core's
   memory, which comes back to what it was. */
static void park(calls *c, parked object) {
  if (c->count == c->room) {
    const int room = c->room == 0 ? 16 : 2 * c->room;
    parked *larger = realloc(c->parked, (size_t)room * sizeof *larger);
    if (larger == NULL) return;
    c->parked = larger;
    c->room = room;
  }
  c->parked[c->count++] = object;
}

static int end_calls(lua_State *L) {
  calls *c = lua_touserdata(L, 1);
  end_below(c, UINTPTR_MAX);
  free(c->parked);
  c->parked = NULL;
  c->room = 0;
  return 0;
}

/* Pushes the state's calls. They were made first and are finalised last. */
static calls *push_calls(lua_State *L) {
  static const char key = 'c';
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &key) == LUA_TNIL) {
    calls *made = lua_newuserdatauv(L, sizeof *made, 0);
    memset(made, 0, sizeof *made);
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, end_calls);
    lua_setfield(L, -2, "__gc");
    lua_setmetatable(L, -2);
    lua_copy(L, -1, -2);
    lua_pop(L, 1);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &key);
  }
  return lua_touserdata(L, -1);
}

/* ---- functions ---- */

/* A function that was given too much would ignore it in silence. */
static int check_count(lua_State *L, const phb_function *f) {
  while (lua_gettop(L) > f->most && lua_isnil(L, -1)) lua_pop(L, 1);
  if (lua_gettop(L) > f->most) {
    const bool is_method = lua_type(L, 1) == LUA_TUSERDATA && f->most > 0;
    const int most = f->most - is_method, given = lua_gettop(L) - is_method;
    if (most == 0) return luaL_error(L, "%s: no arguments expected, got %d", f->name, given);
    return luaL_error(L, "%s: at most %d argument%s expected, got %d", f->name, most, most == 1 ? "" : "s",
                      given);
  }
  return 0;
}

static int call(lua_State *L) {
  const phb_function *f = lua_touserdata(L, lua_upvalueindex(1));
  calls *c = lua_touserdata(L, lua_upvalueindex(2));
  if (f->most >= 0) check_count(L, f);
  end_below(c, FRAME);
  if (c->running == MOST_CALLS) return luaL_error(L, "%s: too many calls within calls", f->name);
  c->frame[c->running++] = FRAME;
  int results = f->function(L);
  end_below(c, FRAME);
  return results;
}

void phb_set_functions(lua_State *L, const phb_function *functions) {
  for (const phb_function *f = functions; f->name != NULL; f++) {
    lua_pushlightuserdata(L, (void *)(uintptr_t)f);
    push_calls(L);
    lua_pushcclosure(L, call, 2);
    lua_setfield(L, -2, f->name);
  }
}

/* ---- boxes ---- */

const phb_type *phb_type_of(lua_State *L, int i) {
  const phb_type *type = NULL;
  if (lua_type(L, i) != LUA_TUSERDATA) return NULL;
  if (luaL_getmetafield(L, i, "__type") == LUA_TLIGHTUSERDATA) type = lua_touserdata(L, -1);
  if (type != NULL) lua_pop(L, 1);
  return type;
}

/* __gc, __close and :close(): let the object go, once. */
static int box_close(lua_State *L) {
  const phb_type *type = lua_touserdata(L, lua_upvalueindex(1));
  calls *c = lua_touserdata(L, lua_upvalueindex(2));
  void **box = luaL_checkudata(L, 1, type->name); /* its upvalue is another one than functions have */
  void *object = *box;
  *box = NULL;
  if (object == NULL) return 0;
  end_below(c, FRAME);
  if (c->running > 0)
    park(c, (parked){type->release, object});
  else
    type->release(object);
  return 0;
}

static void set_close(lua_State *L, const char *name, const phb_type *type) {
  lua_pushlightuserdata(L, (void *)(uintptr_t)type);
  push_calls(L);
  lua_pushcclosure(L, box_close, 2);
  lua_setfield(L, -2, name);
}

void phb_register(lua_State *L, const phb_type *type) {
  luaL_newmetatable(L, type->name);
  if (type->metamethods != NULL) phb_set_functions(L, type->metamethods);
  set_close(L, "__gc", type);
  set_close(L, "__close", type);
  lua_pushlightuserdata(L, (void *)(uintptr_t)type);
  lua_setfield(L, -2, "__type");
  lua_newtable(L);
  phb_set_functions(L, type->methods);
  set_close(L, "close", type);
  lua_setfield(L, -2, "__index");
  luaL_getsubtable(L, -2, "types"); /* stack: module, metatable, types */
  lua_insert(L, -2);
  lua_setfield(L, -2, type->name);
  lua_pop(L, 1);
}

void **phb_box(lua_State *L, const phb_type *type) {
  void **box = lua_newuserdatauv(L, sizeof *box, 1);
  *box = NULL;
  luaL_setmetatable(L, type->name);
  return box;
}

void *phb_check(lua_State *L, int i, const phb_type *type) {
  void **box = phb_check_userdata(L, i, type->name);
  if (*box == NULL) phb_argument_error(L, i, lua_pushfstring(L, "this %s is closed", type->name));
  return *box;
}

void *phb_test(lua_State *L, int i, const phb_type *type) {
  return phb_type_of(L, i) == type ? phb_check(L, i, type) : NULL;
}
