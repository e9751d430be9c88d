/* SPDX-License-Identifier: MIT */
/* The program: makes a Lua state that has the core built in and finds Phosphene's Lua files, and hands over
   to lua/phosphene/program/program.lua, which decides what is run. Here is only what needs C: the environment
   that libraries read before main, Ctrl-C, and the protected call around everything. Must not know what
   recipes are. */
#include <lauxlib.h>
#include <limits.h>
#include <lua.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bind/core.h"
#include "bind/interrupt.h"
#include "exhausted.h"
#include "line.h"

/* ---- the OpenMP runtime ---- */

/* Threads that wait for each other spin, by default for milliseconds. That is quick as long as each has a
   core to itself; as soon as another process takes one, all others spin away the time that the late one
   needs, and a step takes many times as long. A short spin loses next to nothing on an idle machine. libgomp
   reads its environment before main, and before anything that could change it (libc only takes the
   environment over in its own constructor), so the program starts itself again with the variable set. What
   the user chose stays: how to wait, and which cores to be bound to, of which the program started again would
   see this thread's alone. */
static void spin_briefly(char **argv) {
  static const char *const choices[] = {"GOMP_SPINCOUNT", "OMP_WAIT_POLICY", "OMP_PROC_BIND", "OMP_PLACES",
                                        "GOMP_CPU_AFFINITY"};
  for (size_t i = 0; i < sizeof choices / sizeof *choices; i++)
    if (getenv(choices[i]) != NULL) return;
  if (setenv("GOMP_SPINCOUNT", "1000", 1) == 0) execv("/proc/self/exe", argv);
  /* Where that fails it will be slower on a busy machine, and no less right. */
}

/* ---- Ctrl-C ---- */

/* interruptible(session, handler, f, …): xpcall, except that Ctrl-C and the like end f; see
   bind/interrupt.h. Gives true or false, the last such signal or 0, and f's results or the message as
   handled. */
static int interruptible(lua_State *L) {
  const bool session = lua_toboolean(L, 1);
  luaL_checktype(L, 2, LUA_TFUNCTION);
  luaL_checkany(L, 3);
  phb_interrupt_own(L, session);
  int status = lua_pcall(L, lua_gettop(L) - 3, LUA_MULTRET, 2);
  lua_pushinteger(L, phb_interrupt_release());
  lua_replace(L, 2);
  lua_pushboolean(L, status == LUA_OK);
  lua_replace(L, 1);
  return lua_gettop(L);
}

/* ---- finding Phosphene's Lua files ---- */

static const char first_file[] = "/phosphene/program/program.lua";

/* library() -> the folder that holds phosphene/program/program.lua. Its place is relative to the program's:
   among Lua's modules beside bin once installed, lua beside build in the source tree (a sanitized build lies
   one deeper). */
static int library(lua_State *L) {
  static const char *const places[] = {"../share/lua/5.4", "../lua", "../../lua"};
  char program[PATH_MAX], found[PATH_MAX];
  ssize_t length = readlink("/proc/self/exe", program, sizeof program);
  if (length <= 0 || length == sizeof program) return luaL_error(L, "cannot find the program's own path");
  while (length > 0 && program[length - 1] != '/') length--;
  lua_pushlstring(L, program, (size_t)length);
  const char *folder = lua_tostring(L, -1);
  for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
    if (realpath(lua_pushfstring(L, "%s%s%s", folder, places[i], first_file), found) != NULL) {
      lua_pushlstring(L, found, strlen(found) - strlen(first_file));
      return 1;
    }
  }
  return luaL_error(L, "its Lua files are neither in %s%s nor in %s%s", folder, places[0], folder, places[1]);
}

/* ---- handing over ---- */

static void preload(lua_State *L, const char *name, lua_CFunction open) {
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
  lua_pushcfunction(L, open);
  lua_setfield(L, -2, name);
  lua_pop(L, 1);
}

/* Pushes what program.lua gets: the arguments as given, Lua's own search path, the library's folder,
 * interruptible. */
static void push_host(lua_State *L, char **argv) {
  lua_newtable(L);
  lua_newtable(L);
  for (int i = 0; argv[i] != NULL; i++) {
    lua_pushstring(L, argv[i]);
    lua_rawseti(L, -2, i);
  }
  lua_setfield(L, -2, "arguments");
  lua_pushcfunction(L, interruptible);
  lua_setfield(L, -2, "interruptible");
  lua_pushcfunction(L, library);
  lua_call(L, 0, 1);
  lua_setfield(L, -2, "library");
}

/* All work is done in here, protected. Gives the exit status. */
static int run(lua_State *L) {
  char **argv = lua_touserdata(L, 1);
  luaL_checkversion(L);
  lua_pushboolean(L, 1);
  lua_setfield(L, LUA_REGISTRYINDEX, "LUA_NOENV"); /* program.lua reads the environment, unless told not to */
  luaL_openlibs(L);
  preload(L, "phosphene.core", luaopen_phosphene_core);
  preload(L, "phosphene.line", luaopen_phosphene_line);
  push_host(L, argv); /* stack: argv, host */

  lua_getglobal(L, LUA_LOADLIBNAME);
  lua_getfield(L, -1, "path");
  lua_setfield(L, 2, "default_path");
  lua_getfield(L, 2, "library");
  const char *folder = lua_tostring(L, -1);
  lua_pushfstring(L, "%s/?.lua;%s/?/init.lua", folder, folder);
  lua_setfield(L, 3, "path");
  lua_settop(L, 2);

  lua_gc(L, LUA_GCRESTART);
  lua_gc(L, LUA_GCINC, 0, 0, 0); /* generational collection has faults in Lua 5.4.4 */
  lua_getglobal(L, "require");
  lua_pushliteral(L, "phosphene.program.program");
  lua_call(L, 1, 1);
  lua_getfield(L, -1, "main");
  lua_pushvalue(L, 2);
  lua_call(L, 1, 1);
  return 1;
}

int main(int argc, char **argv) {
  (void)argc; /* which may be 0: argv ends in NULL in any case */
  spin_briefly(argv);
  exhausted_prepare();
  lua_State *L = luaL_newstate();
  if (L == NULL) {
    fputs("phosphene: not enough memory\n", stderr);
    return EXIT_FAILURE;
  }
  lua_gc(L, LUA_GCSTOP); /* while the state is being built */
  lua_pushcfunction(L, run);
  lua_pushlightuserdata(L, argv);
  int status = EXIT_FAILURE;
  if (lua_pcall(L, 1, 1, 0) == LUA_OK)
    status = (int)lua_tointeger(L, -1);
  else
    fprintf(stderr, "phosphene: %s\n",
            lua_tostring(L, -1) != NULL ? lua_tostring(L, -1) : "an error without message");
  lua_close(L);
  /* What was printed may not have arrived: a full disk, a pipe whose reader went away. */
  if ((fflush(stdout) != 0 || ferror(stdout)) && status == EXIT_SUCCESS) {
    fputs("phosphene: standard output cannot be written to\n", stderr);
    status = EXIT_FAILURE;
  }
  return status;
}
