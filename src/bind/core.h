/* SPDX-License-Identifier: MIT */
/* The one exported symbol: the module's entry, which the program also preloads. */
#ifndef PH_BIND_CORE_H
#define PH_BIND_CORE_H

#include <lua.h>

#define PHB_EXPORT __attribute__((visibility("default")))
PHB_EXPORT int luaopen_phosphene_core(lua_State *L);

#endif
