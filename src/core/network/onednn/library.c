/* SPDX-License-Identifier: MIT */
/* How oneDNN tells what went wrong. */
#include "library.h"

ph_status phd_check(dnnl_status_t status, const ph_layer *layer, ph_error *e) {
  if (status == dnnl_success) return PH_OK;
  if (status == dnnl_out_of_memory) return ph_no_memory(e);
  return ph_fail(e, PH_FAILURE, "%s '%s': oneDNN refuses it (status %d)",
                 layer == NULL ? "engine" : layer->type->name, layer == NULL ? "cpu" : layer->name,
                 (int)status);
}
