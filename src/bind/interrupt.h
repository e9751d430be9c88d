/* SPDX-License-Identifier: MIT */
/* Signals that ask the program to end: Ctrl-C, what `timeout` and job schedulers send, a terminal that is
   closed. The first one ends the run that is under way, which keeps its picture, and lets no other begin;
   where there is no run, and at the second signal, Lua raises "interrupted". Signals that are ignored when
   watching begins stay ignored. */
#ifndef PH_BIND_INTERRUPT_H
#define PH_BIND_INTERRUPT_H

#include <lua.h>
#include <stdbool.h>

/* From now on signals are the program's, until phb_interrupt_release: they raise in L, the main thread's
   state. A signal that finds the last one unanswered, since some function does not return to Lua, kills, as
   signals do; but not Ctrl-C in a `session`, which would be lost with it. */
void phb_interrupt_own(lua_State *L, bool session);

/* Ends that; gives the last signal that came, or 0. */
int phb_interrupt_release(void);

/* Adds watch_interrupt, interrupted and refuse_interrupted to the table on top; see interrupt.c. */
void phb_open_interrupt(lua_State *L);

#endif
