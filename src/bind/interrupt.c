/* SPDX-License-Identifier: MIT */
/* Signals that ask for an end; see interrupt.h. As a module in another program, nothing is watched but runs,
   and what a signal did before is put back after each. */
#include "interrupt.h"

#include <errno.h>
#include <lauxlib.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>

#include "bind.h"

/* GNU timeout sends a signal to the process and another to its group. */
static const double seconds_of_one = 0.3;

/* A handler can reach nothing but globals. */
static struct {
  pthread_t thread;               /* whose Lua it is */
  lua_State *owner;               /* the program's, or NULL in another program */
  bool session;                   /* there is a prompt to come back to */
  volatile sig_atomic_t runs;     /* how many are under way, one in another */
  volatile sig_atomic_t pending;  /* the last signal, 0 where there was none */
  volatile sig_atomic_t unheeded; /* Lua was asked to raise and has not done so */
  struct timespec last;
} state;

static const int watched[] = {SIGINT, SIGTERM, SIGHUP};
enum { WATCHED = sizeof watched / sizeof *watched };
static struct sigaction before[WATCHED]; /* what they did */

static void stop(lua_State *L, lua_Debug *where) {
  (void)where;
  lua_sethook(L, NULL, 0, 0);
  state.unheeded = 0;
  luaL_where(L, 0); /* a hook has no level of its own */
  lua_pushliteral(L, "interrupted");
  lua_concat(L, 2);
  lua_error(L);
}

static double seconds_between(struct timespec a, struct timespec b) {
  return (double)(b.tv_sec - a.tv_sec) + 1e-9 * (double)(b.tv_nsec - a.tv_nsec);
}

/* Inside a handler only a hook may be set: it stops Lua before the next instruction. */
static void on_signal(int number) {
  const int saved = errno;
  struct timespec now;
  if (!pthread_equal(pthread_self(), state.thread)) {
    pthread_kill(state.thread, number);
    return;
  }
  clock_gettime(CLOCK_MONOTONIC, &now);
  const bool is_first = state.pending == 0;
  if (is_first || seconds_between(state.last, now) >= seconds_of_one) {
    state.last = now;
    state.pending = number;
    if (is_first && state.runs > 0) {
      /* The run sees it. */
    } else if (state.owner == NULL || (state.unheeded && !(state.session && number == SIGINT))) {
      signal(number, SIG_DFL);
      raise(number);
    } else {
      state.unheeded = 1;
      lua_sethook(state.owner, stop, LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE | LUA_MASKCOUNT, 1);
    }
  }
  errno = saved;
}

static void watch(void) {
  struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
  sigemptyset(&action.sa_mask);
  for (int i = 0; i < WATCHED; i++) sigaddset(&action.sa_mask, watched[i]);
  state.thread = pthread_self();
  for (int i = 0; i < WATCHED; i++) {
    sigaction(watched[i], NULL, &before[i]);
    if (before[i].sa_handler != SIG_IGN) sigaction(watched[i], &action, NULL);
  }
}

static void unwatch(void) {
  for (int i = 0; i < WATCHED; i++) sigaction(watched[i], &before[i], NULL);
}

void phb_interrupt_own(lua_State *L, bool session) {
  state.owner = L;
  state.session = session;
  state.pending = state.unheeded = 0;
  state.runs = 0;
  watch();
}

int phb_interrupt_release(void) {
  unwatch();
  lua_sethook(state.owner, NULL, 0, 0); /* one that was set too late */
  state.owner = NULL;
  const int number = state.pending;
  state.pending = state.unheeded = 0;
  return number;
}

/* core.watch_interrupt(on): between true and false, which may be nested, the first signal is remembered and
   ends nothing by itself */
static int watch_interrupt(lua_State *L) {
  phb_check_type(L, 1, LUA_TBOOLEAN);
  const bool on = lua_toboolean(L, 1);
  if (on && state.runs == 0 && state.owner == NULL) {
    state.pending = 0;
    watch();
  }
  state.runs += on ? 1 : -1;
  if (!on && state.runs == 0 && state.owner == NULL) unwatch();
  return 0;
}

/* core.interrupted() -> whether a signal has asked for an end */
static int interrupted(lua_State *L) {
  lua_pushboolean(L, state.pending != 0);
  return 1;
}

/* core.refuse_interrupted(): raises "interrupted" where one has. In the program that holds until all has
   ended; another program is told once. */
static int refuse_interrupted(lua_State *L) {
  if (state.pending == 0) return 0;
  if (state.owner == NULL && state.runs == 0) state.pending = 0;
  return luaL_error(L, "interrupted");
}

/* core.interrupt(): for a program of ours that Ctrl-C ended, and which alone got the signal */
static int interrupt(lua_State *L) {
  (void)L;
  raise(SIGINT);
  return 0;
}

static const phb_function functions[] = {{"watch_interrupt", watch_interrupt, 1},
                                         {"interrupted", interrupted, 0},
                                         {"interrupt", interrupt, 0},
                                         {"refuse_interrupted", refuse_interrupted, 0},
                                         {NULL, NULL, 0}};

void phb_open_interrupt(lua_State *L) { phb_set_functions(L, functions); }
