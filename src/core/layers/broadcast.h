/* Broadcasting, by NumPy's rule: shapes are aligned at their last axes; where one has 1 or nothing, its
   elements count for all. For the files of layers/ only. */
#ifndef PH_LAYERS_BROADCAST_H
#define PH_LAYERS_BROADCAST_H

#include "../layer.h"

/* The shape of both together; PH_MISUSE where they do not fit. */
ph_status ph_broadcast(const ph_layer *layer, ph_shape a, ph_shape b, ph_shape *output, ph_error *e);

/* For each axis of `output`, how far apart neighbours lie in an operand of this shape: 0 where it repeats. */
void ph_broadcast_strides(ph_shape operand, ph_shape output, int64_t stride[PH_MAX_RANK]);

/* Where a place is: axis by axis, and in two operands. */
typedef struct ph_places {
  ph_shape shape; /* walked over, last axis fastest */
  int64_t stride[2][PH_MAX_RANK];
  int64_t at[PH_MAX_RANK];
  int64_t offset[2];
} ph_places;

/* To the next place. */
void ph_places_next(ph_places *places);

#endif
