/* SPDX-License-Identifier: MIT */
/* What max_pool and average_pool share: settings, geometry, shape. For the files of layers/ only. */
#ifndef PH_LAYERS_POOL_H
#define PH_LAYERS_POOL_H

#include "window.h"

/* The settings of average_pool; those of max_pool begin after the first, which it has no use for. */
extern const ph_field ph_pool_fields[];

ph_needs_rule ph_pool_needs;
ph_status ph_pool_shape(const ph_layer *layer, const ph_shape *inputs, ph_shape *output, ph_error *e);

#endif
