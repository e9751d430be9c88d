/* SPDX-License-Identifier: MIT */
/* Layers that treat each row of plain values by itself, such as layer normalisation and softmax along the
   last axis: the layer's own plain C, with the rows shared out among threads. A row is all from some axis on.
 */
#include <string.h>

#include "network/onednn/vectors.h"
#include "operations.h"

typedef struct rows {
  int axis;
  int64_t count, length;
  ph_shape shape; /* of the input; axes before `axis` are to be those of a part */
} rows;

static rows rows_of(const run *r, const operation *op) {
  const ph_shape shape = r->plan->value[op->output].shape;
  rows all = {
      .axis = op->layer->type->row_axis(op->layer, shape.rank), .count = 1, .length = 1, .shape = shape};
  for (int a = 0; a < shape.rank; a++) *(a < all.axis ? &all.count : &all.length) *= shape.dim[a];
  for (int a = 0; a < all.axis; a++) all.shape.dim[a] = 1;
  return all;
}

/* So many rows go to a thread at once as make a piece, one at least. */
static int64_t rows_at_once(const rows *all) { return all->length < PIECE ? PIECE / all->length : 1; }

/* The pass over rows [from, from + count). */
static ph_pass part_of(const run *r, const operation *op, const rows *all, int64_t from, ph_array *input) {
  const int64_t most = rows_at_once(all), at = from * all->length;
  ph_shape shape = all->shape;
  shape.dim[all->axis - 1] = from + most < all->count ? most : all->count - from;
  *input = (ph_array){shape, (float *)phd_activation(r, op->input[0]) + at};
  return (ph_pass){
      .input = input, .output = {shape, (float *)phd_activation(r, op->output) + at}, .relu_mode = op->mode};
}

static void forward(const run *r, const operation *op) {
  const rows all = rows_of(r, op);
  const int64_t step = rows_at_once(&all);
#pragma omp parallel for schedule(static) if (all.count > step)
  for (int64_t from = 0; from < all.count; from += step) {
    ph_array input;
    ph_pass pass = part_of(r, op, &all, from, &input);
    op->layer->type->forward(op->layer, &pass);
  }
}

static void backward(const run *r, const operation *op) {
  const rows all = rows_of(r, op);
  const int64_t step = rows_at_once(&all);
#pragma omp parallel for schedule(static) if (all.count > step)
  for (int64_t from = 0; from < all.count; from += step) {
    ph_array input;
    ph_pass pass = part_of(r, op, &all, from, &input);
    float *gradient = (float *)phd_gradient(r, op->input[0]) + from * all.length;
    pass.output_gradient = (const float *)phd_gradient(r, op->output) + from * all.length;
    if (!op->accumulate[0]) memset(gradient, 0, (size_t)ph_shape_count(input.shape) * sizeof *gradient);
    pass.input_gradient = &gradient;
    op->layer->type->backward(op->layer, &pass);
  }
}

const operation_type phd_rows = {.name = "rows",
                                 .takes = TAKES_PLAIN,
                                 .keeps_input = true,
                                 .keeps_output = true,
                                 .forward = forward,
                                 .backward = backward};
