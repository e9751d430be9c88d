/* SPDX-License-Identifier: MIT */
/* The methods by which a network runs (pass.c) and says its shapes (shapes.c), for the table in network.c. */
#ifndef PH_BIND_PASS_H
#define PH_BIND_PASS_H

#include <lua.h>

#include "network/network.h"

/* The options of a pass in the table at index i, which may be nil: ph_pass_fields has their names. */
ph_pass_options phb_check_pass_options(lua_State *L, int i);

/* Layer indices for argument i: nil is every layer, else a name or a list of names; ascending, without
   doubles. The list lives in a userdata that is left on the stack. */
const int *phb_check_taps(lua_State *L, ph_network *network, int i, int *count);

/* Pushes { relu = names, pool = names, precision = names }. */
void phb_push_pass_modes(lua_State *L);

/* Pushes the list of the shape's lengths from axis `from` on. */
void phb_push_shape(lua_State *L, ph_shape shape, int from);

int phb_network_shapes(lua_State *L);
int phb_network_maps(lua_State *L);
int phb_network_receptive_field(lua_State *L);
int phb_network_infer(lua_State *L);
int phb_network_forward(lua_State *L);
int phb_network_activation(lua_State *L);
int phb_network_value(lua_State *L);
int phb_network_inject(lua_State *L);
int phb_network_inject_value(lua_State *L);
int phb_network_backward(lua_State *L);
int phb_network_plan(lua_State *L);
int phb_network_set_threads(lua_State *L);

#endif
