/* SPDX-License-Identifier: MIT */
/* The methods by which a network runs, for the table in network.c. */
#ifndef PH_BIND_PASS_H
#define PH_BIND_PASS_H

#include <lua.h>

#include "network/network.h"

/* Reads what of { relu=, pool=, precision=, backward= } at index i (none and nil: nothing) differs from the
 * defaults. */
void phb_read_pass_options(lua_State *L, int i, ph_pass_options *pass);

int phb_network_forward(lua_State *L);
int phb_network_activation(lua_State *L);
int phb_network_inject(lua_State *L);
int phb_network_backward(lua_State *L);
int phb_network_set_threads(lua_State *L);

#endif
