/* SPDX-License-Identifier: MIT */
/* The module phosphene.core: every binding's functions in one table. */
#include "bind.h"

#include "core.h"
#include "interrupt.h"

PHB_EXPORT int luaopen_phosphene_core(lua_State *L) {
  static void (*const open[])(lua_State *) = {
      phb_open_tensor,     phb_open_random,
      phb_open_image,      phb_open_safetensors,
      phb_open_protobuf,   phb_open_onnx,
      phb_open_tensorflow, phb_open_caffe,
      phb_open_container,  phb_open_network,
      phb_open_objective,  phb_open_evaluation,
      phb_open_transform,  phb_open_parameterisation,
      phb_open_optimiser,  phb_open_statistics,
      phb_open_system,     phb_open_interrupt,
      phb_open_ranking,    phb_open_sketch,
      phb_open_database,   phb_open_dataset,
      phb_open_types,      phb_open_analysis,
  };
  luaL_checkversion(L);
  lua_newtable(L);
  for (size_t i = 0; i < sizeof open / sizeof *open; i++) open[i](L);
  return 1;
}
