/* Broadcasting. */
#include "broadcast.h"

#include "axes.h"

ph_status ph_broadcast(const ph_layer *layer, ph_shape a, ph_shape b, ph_shape *output, ph_error *e) {
  char first[PH_SHAPE_TEXT], second[PH_SHAPE_TEXT];
  output->rank = a.rank > b.rank ? a.rank : b.rank;
  for (int i = 1; i <= output->rank; i++) {
    int64_t x = i <= a.rank ? a.dim[a.rank - i] : 1, y = i <= b.rank ? b.dim[b.rank - i] : 1;
    if (x != y && x != 1 && y != 1)
      return ph_layer_fail(layer, e, "inputs of %s and %s cannot be broadcast together",
                           ph_shape_print(a, first), ph_shape_print(b, second));
    output->dim[output->rank - i] = x == 1 ? y : x;
  }
  return PH_OK;
}

void ph_broadcast_strides(ph_shape operand, ph_shape output, int64_t stride[PH_MAX_RANK]) {
  int64_t own[PH_MAX_RANK];
  int lead = output.rank - operand.rank;
  ph_axes_strides(operand, own);
  for (int a = 0; a < output.rank; a++)
    stride[a] = a < lead || operand.dim[a - lead] == 1 ? 0 : own[a - lead];
}

void ph_places_next(ph_places *p) {
  for (int a = p->shape.rank - 1; a >= 0; a--) {
    for (int k = 0; k < 2; k++) p->offset[k] += p->stride[k][a];
    if (++p->at[a] < p->shape.dim[a]) return;
    p->at[a] = 0;
    for (int k = 0; k < 2; k++) p->offset[k] -= p->stride[k][a] * p->shape.dim[a];
  }
}
