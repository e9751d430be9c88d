/* SPDX-License-Identifier: MIT */
/* The line editor of the prompt, as the private Lua module phosphene.line. */
#ifndef PH_LINE_H
#define PH_LINE_H

#include <lua.h>

int luaopen_phosphene_line(lua_State *L);

#endif
