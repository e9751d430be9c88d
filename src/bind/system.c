/* What Lua needs to know of the process: version, memory, time, terminal, interruption. */
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "../core/memory.h"
#include "../core/version.h"
#include "bind.h"

/* core.memory() -> bytes, blocks: what the core now holds */
static int system_memory(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)ph_memory_bytes());
  lua_pushinteger(L, (lua_Integer)ph_memory_blocks());
  return 2;
}

/* core.fail_after(n): for tests, the nth allocation from now on fails; 0 ends it */
static int system_fail_after(lua_State *L) {
  ph_memory_fail_after((long)phb_check_integer(L, 1, 0, 1 << 30, "count"));
  return 0;
}

/* core.clock() -> seconds of a steady clock */
static int system_clock(lua_State *L) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  lua_pushnumber(L, (lua_Number)now.tv_sec + 1e-9 * (lua_Number)now.tv_nsec);
  return 1;
}

/* core.is_terminal(fd) */
static int system_is_terminal(lua_State *L) {
  lua_pushboolean(L, isatty((int)phb_check_integer(L, 1, 0, 2, "descriptor")));
  return 1;
}

/* ---- interruption: the first Ctrl-C is remembered, the second kills ---- */

static volatile sig_atomic_t interrupted; /* a signal handler can reach nothing but a global */

static void remember(int signal_number) {
  interrupted = 1;
  signal(signal_number, SIG_DFL);
}

/* core.watch_interrupt(on): while on, Ctrl-C only sets a flag */
static int system_watch_interrupt(lua_State *L) {
  luaL_checktype(L, 1, LUA_TBOOLEAN);
  interrupted = 0;
  signal(SIGINT, lua_toboolean(L, 1) ? remember : SIG_DFL);
  return 0;
}

/* core.interrupted() -> whether Ctrl-C was pressed since watching began */
static int system_interrupted(lua_State *L) {
  lua_pushboolean(L, interrupted);
  return 1;
}

static const luaL_Reg functions[] = {{"memory", system_memory},
                                     {"fail_after", system_fail_after},
                                     {"clock", system_clock},
                                     {"is_terminal", system_is_terminal},
                                     {"watch_interrupt", system_watch_interrupt},
                                     {"interrupted", system_interrupted},
                                     {NULL, NULL}};

void phb_open_system(lua_State *L) {
  luaL_setfuncs(L, functions, 0);
  lua_pushliteral(L, PH_VERSION);
  lua_setfield(L, -2, "version");
}
