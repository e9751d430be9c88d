/* SPDX-License-Identifier: MIT */
/* Metadata between Lua and the core: from a Lua table of texts to ph_metadata, and back. */
#ifndef PH_BIND_METADATA_H
#define PH_BIND_METADATA_H

#include "files/metadata.h"
#include "bind/bind.h"

/* Registers the box that metadata are held in while Lua is at work. */
void phb_register_metadata(lua_State *L);

/* The table at index i (nil and none: empty) as metadata that live as long as the box this pushes. Values are
   strings, or numbers as Lua prints them. */
const ph_metadata *phb_check_metadata(lua_State *L, int i);

/* Pushes an empty box for metadata that a core call will give. */
void **phb_metadata_box(lua_State *L);

/* Pushes a table with the same entries. */
void phb_push_metadata(lua_State *L, const ph_metadata *metadata);

#endif
