/* SPDX-License-Identifier: MIT */
/* ONNX models in Lua: the message as a table, with the numbers of its tensors; see
 * lua/phosphene/meta/onnx.lua. */
#include "files/onnx.h"

#include "base/memory.h"
#include "bind/bind.h"
#include "protobuf.h"

static const phb_function no_methods[] = {{NULL, NULL, 0}};
static const phb_type block_type = {"ph.block", ph_free, no_methods, NULL};

static void push_integers(lua_State *L, const int64_t *list, int64_t count) {
  lua_createtable(L, (int)count, 0);
  for (int64_t i = 0; i < count; i++) {
    lua_pushinteger(L, list[i]);
    lua_rawseti(L, -2, i + 1);
  }
}

/* Pushes { name=, type=, dims={…}, tensor= | integers={…} | problem= }. The boxes come first, so that what is
   read always has an owner. */
static ph_status push_tensor(lua_State *L, ph_protobuf *file, ProtobufCMessage *base, ph_error *e) {
  Onnx__Tensor *message = (Onnx__Tensor *)base;
  ph_onnx_tensor tensor;
  luaL_checkstack(L, 6, "tensors");
  lua_createtable(L, 0, 4);
  void **floats = phb_box(L, &phb_tensor), **integers = phb_box(L, &block_type);
  ph_status status = ph_onnx_tensor_read(file, message, &tensor, e);
  if (status != PH_OK) {
    lua_pop(L, 3);
    return status;
  }
  *floats = tensor.floats;
  *integers = tensor.integers;
  if (tensor.floats != NULL) {
    lua_pushvalue(L, -2);
    lua_setfield(L, -4, "tensor");
  } else if (tensor.problem != NULL) {
    lua_pushstring(L, tensor.problem);
    lua_setfield(L, -4, "problem");
  } else {
    push_integers(L, tensor.integers, tensor.integers != NULL ? tensor.count : 0);
    lua_setfield(L, -4, tensor.is_float ? "numbers" : "integers");
  }
  ph_free(tensor.integers);
  *integers = NULL;
  lua_pop(L, 2);
  lua_pushstring(L, message->name != NULL ? message->name : "");
  lua_setfield(L, -2, "name");
  lua_pushstring(L, tensor.type);
  lua_setfield(L, -2, "type");
  push_integers(L, message->dims, (int64_t)message->n_dims);
  lua_setfield(L, -2, "dims");
  phb_pace(L);
  return PH_OK;
}

static const phb_special tensors = {&onnx__tensor__descriptor, push_tensor};

/* core.load_onnx(path) -> document | nil, message */
static int onnx_load(lua_State *L) {
  return phb_read_protobuf(L, &onnx__model__descriptor, "an ONNX model", &tensors);
}

/* core.load_onnx_tensor(path) -> tensor | nil, message: a file of one tensor, as ONNX's test data has them */
static int onnx_load_tensor(lua_State *L) {
  return phb_read_protobuf(L, &onnx__tensor__descriptor, "an ONNX tensor", &tensors);
}

static const phb_function functions[] = {
    {"load_onnx", onnx_load, 1}, {"load_onnx_tensor", onnx_load_tensor, 1}, {NULL, NULL, 0}};

void phb_open_onnx(lua_State *L) {
  phb_register(L, &block_type);
  phb_set_functions(L, functions);
}
