/* SPDX-License-Identifier: MIT */
/* TensorFlow graphs in Lua: the message as a table, with the numbers of its tensors; see
   lua/phosphene/meta/tensorflow.lua. */
#include "files/tensorflow.h"

#include "bind/bind.h"
#include "protobuf.h"

static void push_dims(lua_State *L, const Tensorflow__Shape *shape) {
  lua_newtable(L);
  for (size_t i = 0; shape != NULL && i < shape->n_dim; i++) {
    lua_pushinteger(L, shape->dim[i]->size);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
}

/* Sets a field of the table below the top to the tensor's numbers; `box` waits on top for floats. */
static void set_numbers(lua_State *L, const Tensorflow__Tensor *message, const ph_tensorflow_tensor *tensor) {
  switch (tensor->kind) {
    case PH_TENSORFLOW_FLOATS:
      lua_setfield(L, -2, "tensor");
      return;
    case PH_TENSORFLOW_INTEGERS:
      lua_createtable(L, (int)tensor->count, 0);
      for (int64_t i = 0; i < tensor->count; i++) {
        lua_pushinteger(L, ph_tensorflow_integer(message, i));
        lua_rawseti(L, -2, i + 1);
      }
      lua_setfield(L, -3, "integers");
      break;
    case PH_TENSORFLOW_FILL:
      lua_pushnumber(L, tensor->fill);
      lua_setfield(L, -3, "fill");
      break;
    case PH_TENSORFLOW_PROBLEM:
      lua_pushstring(L, tensor->problem);
      lua_setfield(L, -3, "problem");
      break;
  }
  lua_pop(L, 1);
}

/* Pushes { type=, dims={…}, tensor= | integers={…} | fill= | problem= }. The box comes first, so that what is
   read always has an owner. */
static ph_status push_tensor(lua_State *L, ph_protobuf *file, ProtobufCMessage *base, ph_error *e) {
  Tensorflow__Tensor *message = (Tensorflow__Tensor *)base;
  ph_tensorflow_tensor tensor;
  luaL_checkstack(L, 6, "tensors");
  lua_createtable(L, 0, 3);
  void **box = phb_box(L, &phb_tensor);
  ph_status status = ph_tensorflow_tensor_read(file, message, &tensor, e);
  *box = tensor.floats;
  if (status != PH_OK) {
    lua_pop(L, 2);
    return status;
  }
  set_numbers(L, message, &tensor);
  lua_pushstring(L, tensor.type);
  lua_setfield(L, -2, "type");
  push_dims(L, message->tensor_shape);
  lua_setfield(L, -2, "dims");
  phb_pace(L);
  return PH_OK;
}

static const phb_special tensors = {&tensorflow__tensor__descriptor, push_tensor};

/* core.load_tensorflow(path) -> document | nil, message */
static int tensorflow_load(lua_State *L) {
  return phb_read_protobuf(L, &tensorflow__graph__descriptor, "a TensorFlow graph", &tensors);
}

static const phb_function functions[] = {{"load_tensorflow", tensorflow_load, 1}, {NULL, NULL, 0}};

void phb_open_tensorflow(lua_State *L) { phb_set_functions(L, functions); }
