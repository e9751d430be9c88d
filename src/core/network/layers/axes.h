/* SPDX-License-Identifier: MIT */
/* Axes of a layer's input, as settings name them: counted from 0, or from the end where negative. For the
   files of layers/ only. */
#ifndef PH_LAYERS_AXES_H
#define PH_LAYERS_AXES_H

#include "network/layer.h"

/* The axis of a tensor of this rank that `given` names; PH_MISUSE where there is none. */
ph_status ph_axis_find(const ph_layer *layer, double given, int rank, int *axis, ph_error *e);

/* Marks the axes of a list in `marked` (rank of them, cleared first); PH_MISUSE where one is named twice. */
ph_status ph_axes(const ph_layer *layer, const ph_list *given, int rank, bool *marked, ph_error *e);

/* Elements of the axes from … to-1: the product of their lengths. */
int64_t ph_axes_count(ph_shape shape, int from, int to);

/* The range that every axis setting has, and the one that lengths and positions along an axis have. */
enum { PH_LEAST_AXIS = -PH_MAX_RANK, PH_MOST_AXIS = PH_MAX_RANK - 1, PH_MOST_LENGTH = 1 << 30 };

#endif
