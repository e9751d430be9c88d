/* SPDX-License-Identifier: MIT */
/* Settings that follow from the picture's size, as net:add takes them and net:layer gives them. */
#ifndef PH_BIND_FORMULAS_H
#define PH_BIND_FORMULAS_H

#include <lua.h>

#include "network/network.h"

/* Reads `formulas = { { setting, element, formula }, … }` over the sizes of layers, `sized_by = { name, … }`,
   of the table at index i into the layer that was added last. */
ph_status phb_follow(lua_State *L, int i, ph_network *network, ph_error *e);

/* Sets both in the table on top. */
void phb_push_sizing(lua_State *L, const ph_network *network, const ph_sizing *sizing);

/* core.calculate(operation, …) -> number: what formulas compute with */
int phb_calculate(lua_State *L);

#endif
