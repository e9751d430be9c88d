/* SPDX-License-Identifier: MIT */
/* Caffe's weights in Lua: the message as a table, with its blobs as tensors; see
 * lua/phosphene/meta/caffe.lua.
 */
#include "files/caffe.h"

#include "bind/bind.h"
#include "protobuf.h"

/* Pushes a blob as a tensor. The box is made first, so that the tensor always has an owner. */
static ph_status push_blob(lua_State *L, ph_protobuf *file, ProtobufCMessage *message, ph_error *e) {
  ph_tensor *tensor;
  luaL_checkstack(L, 2, "blobs");
  void **box = phb_box(L, &phb_tensor);
  ph_status status = ph_caffe_blob_read(file, (Caffe__Blob *)message, &tensor, e);
  if (status != PH_OK) {
    lua_pop(L, 1);
    return status;
  }
  *box = tensor;
  phb_pace(L);
  return PH_OK;
}

static const phb_special blobs = {&caffe__blob__descriptor, push_blob};

/* core.load_caffe(path) -> document | nil, message */
static int caffe_load(lua_State *L) {
  return phb_read_protobuf(L, &caffe__net__descriptor, "a Caffe model", &blobs);
}

static const phb_function functions[] = {{"load_caffe", caffe_load, 1}, {NULL, NULL, 0}};

void phb_open_caffe(lua_State *L) { phb_set_functions(L, functions); }
