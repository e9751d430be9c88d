/* SPDX-License-Identifier: MIT */
/* Fuzzing what opens files, from Lua down: libFuzzer makes bytes, they are written to a file, and the Lua
   script of the format (tests/fuzz/NAME.lua, after this program's name) opens it. A script that raises has
   found something, as have the sanitizers. Knows no format. */
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bind/core.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* libFuzzer's interface has no place for these. On the state's stack: the function that tries a file. */
static lua_State *state;
static char path[200];

static void give_up(const char *what) {
  fprintf(stderr, "fuzz: %s\n", what);
  abort();
}

/* fuzz.prepare(name, the folder of seeds if there is one) -> the function to try a file with, the files'
 * suffix */
int LLVMFuzzerInitialize(int *argc, char ***argv) {
  const char *slash = strrchr((*argv)[0], '/'), *name = slash != NULL ? slash + 1 : (*argv)[0];
  const char *folder = *argc > 1 && (*argv)[*argc - 1][0] != '-' ? (*argv)[*argc - 1] : NULL;
  char place[] = "/tmp/phosphene-fuzz-XXXXXX";
  state = luaL_newstate();
  if (state == NULL) give_up("no memory");
  luaL_openlibs(state);
  luaL_requiref(state, "phosphene.core", luaopen_phosphene_core, 0);
  lua_settop(state, 0);
  if (luaL_dostring(state, "package.path = 'lua/?.lua;lua/?/init.lua;tests/?.lua'\n"
                           "return (require 'fuzz.prepare')") != LUA_OK)
    give_up(lua_tostring(state, -1));
  lua_pushstring(state, name);
  lua_pushstring(state, folder);
  if (lua_pcall(state, 2, 2, 0) != LUA_OK) give_up(lua_tostring(state, -1));
  if (mkdtemp(place) == NULL) give_up("no temporary folder");
  snprintf(path, sizeof path, "%s/file%s", place, lua_tostring(state, -1));
  lua_pop(state, 1);
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  FILE *file = fopen(path, "wb");
  if (file == NULL || fwrite(data, 1, size, file) != size || fclose(file) != 0)
    give_up("the file cannot be written");
  lua_pushvalue(state, 1);
  lua_pushstring(state, path);
  if (lua_pcall(state, 1, 0, 0) != LUA_OK) give_up(lua_tostring(state, -1));
  return 0;
}
