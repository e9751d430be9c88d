/* What tensors are computed with in Lua, beside the elementary methods of tensor.c: each makes a new tensor.
   See lua/phosphene/meta/tensor.lua. */
#include "../core/gram.h"
#include "bind.h"

/* t:gram() -> tensor (c, c) */
static int tensor_gram(lua_State *L) {
  ph_error e;
  ph_tensor *activation = phb_check(L, 1, &phb_tensor), *gram;
  void **box = phb_box(L, &phb_tensor);
  if (ph_tensor_gram(activation, &gram, &e) != PH_OK) return phb_raise(L, &e);
  *box = gram;
  phb_pace(L);
  return 1;
}

static const luaL_Reg methods[] = {{"gram", tensor_gram}, {NULL, NULL}};

void phb_open_tensor_math(lua_State *L) {
  luaL_getmetatable(L, phb_tensor.name);
  lua_getfield(L, -1, "__index");
  luaL_setfuncs(L, methods, 0);
  lua_pop(L, 2);
}
