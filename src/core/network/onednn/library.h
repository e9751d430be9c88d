/* SPDX-License-Identifier: MIT */
/* What differs among the versions of oneDNN, and how it tells what went wrong. */
#ifndef PH_DNNL_LIBRARY_H
#define PH_DNNL_LIBRARY_H

#include "network/layer.h"
#include "element.h"

ph_status phd_check(dnnl_status_t status, const ph_layer *layer, ph_error *e);

#endif
