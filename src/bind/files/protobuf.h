/* SPDX-License-Identifier: MIT */
/* Protobuf messages as Lua tables: fields by their names in the schema, absent ones left out, lists as lists,
   numbers, texts and nested messages as such. The schema documents these tables. */
#ifndef PH_BIND_PROTOBUF_H
#define PH_BIND_PROTOBUF_H

#include <lua.h>

#include "files/protobuf.h"

/* Messages of one type (tensors, usually) that are not to become tables of their fields: `push` pushes
   exactly one value for such a message, or fails and pushes nothing. It may drop data of the message that it
   has used. */
typedef struct phb_special {
  const ProtobufCMessageDescriptor *type;
  ph_status (*push)(lua_State *L, ph_protobuf *file, ProtobufCMessage *message, ph_error *e);
} phb_special;

/* The body of a function core.load_x(path) -> table | nil, message. `type` and `what` are ph_protobuf_read's;
   `special` may be NULL. */
int phb_read_protobuf(lua_State *L, const ProtobufCMessageDescriptor *type, const char *what,
                      const phb_special *special);

#endif
