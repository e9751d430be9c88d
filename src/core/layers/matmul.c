/* matmul: products of matrices, the last two axes of both inputs; further axes are batches, broadcast as
   NumPy does. An input of one axis is a row on the left, a column on the right. */
#include <string.h>

#include "broadcast.h"

typedef struct matmul_config {
  bool transpose_a, transpose_b;
} matmul_config;

static const ph_field fields[] = {{"transpose_a", PH_FLAG, offsetof(matmul_config, transpose_a), 0, 0, 1,
                                   NULL, "the first input's matrices are turned round"},
                                  {"transpose_b", PH_FLAG, offsetof(matmul_config, transpose_b), 0, 0, 1,
                                   NULL, "the second input's matrices are turned round"},
                                  {0}};

/* (rows, inner) times (inner, columns), `number` of them. Element (i, k) of the first matrix lies at
   i * row[0] + k * column[0]. */
typedef struct product {
  int64_t rows, inner, columns, row[2], column[2];
  int64_t number;
  ph_shape batch;
  ph_places places; /* of the matrices, in multiples of one */
  int64_t size[2];
} product;

/* The shape with at least two axes. */
static ph_shape as_matrices(ph_shape s, bool is_left) {
  if (s.rank == 1) return ph_shape_of(2, is_left ? (int64_t[]){1, s.dim[0]} : (int64_t[]){s.dim[0], 1});
  return s;
}

static ph_status find_product(const ph_layer *layer, const ph_shape *inputs, product *p, ph_error *e) {
  const matmul_config *config = layer->config;
  char first[PH_SHAPE_TEXT], second[PH_SHAPE_TEXT];
  if (inputs[0].rank < 1 || inputs[1].rank < 1) return ph_layer_fail(layer, e, "a number is no matrix");
  ph_shape a = as_matrices(inputs[0], true), b = as_matrices(inputs[1], false);
  const int64_t *last_a = &a.dim[a.rank - 2], *last_b = &b.dim[b.rank - 2];
  bool turned[2] = {config->transpose_a && inputs[0].rank > 1, config->transpose_b && inputs[1].rank > 1};
  p->rows = last_a[turned[0]], p->inner = last_a[!turned[0]], p->columns = last_b[!turned[1]];
  if (last_b[turned[1]] != p->inner)
    return ph_layer_fail(layer, e, "matrices of %s and %s do not fit: %lld columns, %lld rows",
                         ph_shape_print(inputs[0], first), ph_shape_print(inputs[1], second),
                         (long long)p->inner, (long long)last_b[turned[1]]);
  for (int k = 0; k < 2; k++) {
    const int64_t *last = k == 0 ? last_a : last_b;
    p->row[k] = turned[k] ? 1 : last[1];
    p->column[k] = turned[k] ? last[1] : 1;
    p->size[k] = last[0] * last[1];
  }
  ph_shape batch_a = ph_shape_of(a.rank - 2, a.dim), batch_b = ph_shape_of(b.rank - 2, b.dim);
  ph_status status = ph_broadcast(layer, batch_a, batch_b, &p->batch, e);
  if (status != PH_OK) return status;
  p->places = (ph_places){.shape = p->batch};
  ph_broadcast_strides(batch_a, p->batch, p->places.stride[0]);
  ph_broadcast_strides(batch_b, p->batch, p->places.stride[1]);
  p->number = ph_shape_count(p->batch);
  return PH_OK;
}

static ph_status shape(const ph_layer *layer, const ph_shape *inputs, ph_shape *output, ph_error *e) {
  product p;
  ph_status status = find_product(layer, inputs, &p, e);
  if (status != PH_OK) return status;
  *output = p.batch;
  if (output->rank + 2 > PH_MAX_RANK) return ph_layer_fail(layer, e, "too many dimensions");
  if (inputs[0].rank > 1) output->dim[output->rank++] = p.rows;
  if (inputs[1].rank > 1) output->dim[output->rank++] = p.columns;
  if (output->rank == 0) *output = ph_shape_of(1, (int64_t[]){1}); /* a number is a list of one */
  return PH_OK;
}

/* dst += a b, where a is (rows, inner), b (inner, columns) and dst is dense; strides as in `product`. */
static void multiply(const float *a, const int64_t step_a[2], const float *b, const int64_t step_b[2],
                     int64_t rows, int64_t inner, int64_t columns, float *dst) {
  for (int64_t i = 0; i < rows; i++) {
    for (int64_t k = 0; k < inner; k++) {
      const float factor = a[i * step_a[0] + k * step_a[1]];
      const float *from = b + k * step_b[0];
      float *to = dst + i * columns;
      if (step_b[1] == 1)
        for (int64_t j = 0; j < columns; j++) to[j] += factor * from[j];
      else
        for (int64_t j = 0; j < columns; j++) to[j] += factor * from[j * step_b[1]];
    }
  }
}

/* As `multiply`, but dst has strides too. */
static void multiply_into(const float *a, const int64_t step_a[2], const float *b, const int64_t step_b[2],
                          int64_t rows, int64_t inner, int64_t columns, float *dst,
                          const int64_t step_dst[2]) {
  for (int64_t i = 0; i < rows; i++) {
    for (int64_t j = 0; j < columns; j++) {
      float sum = 0;
      for (int64_t k = 0; k < inner; k++)
        sum += a[i * step_a[0] + k * step_a[1]] * b[k * step_b[0] + j * step_b[1]];
      dst[i * step_dst[0] + j * step_dst[1]] += sum;
    }
  }
}

static void forward(const ph_layer *layer, const ph_pass *pass) {
  product p;
  const ph_shape inputs[2] = {pass->input[0].shape, pass->input[1].shape};
  if (find_product(layer, inputs, &p, NULL) != PH_OK) return; /* `shape` refused it already */
  const int64_t step_a[2] = {p.row[0], p.column[0]}, step_b[2] = {p.row[1], p.column[1]};
  memset(pass->output.data, 0, (size_t)ph_shape_count(pass->output.shape) * sizeof(float));
  for (int64_t m = 0; m < p.number; m++, ph_places_next(&p.places))
    multiply(pass->input[0].data + p.places.offset[0] * p.size[0], step_a,
             pass->input[1].data + p.places.offset[1] * p.size[1], step_b, p.rows, p.inner, p.columns,
             pass->output.data + m * p.rows * p.columns);
}

/* da = g b', db = a' g, where ' turns matrices round: their strides change places. */
static void backward(const ph_layer *layer, const ph_pass *pass) {
  product p;
  const ph_shape inputs[2] = {pass->input[0].shape, pass->input[1].shape};
  if (find_product(layer, inputs, &p, NULL) != PH_OK) return;
  const int64_t step_g[2] = {p.columns, 1}, step_a[2] = {p.row[0], p.column[0]},
                step_b[2] = {p.row[1], p.column[1]}, turned_a[2] = {p.column[0], p.row[0]},
                turned_b[2] = {p.column[1], p.row[1]};
  for (int64_t m = 0; m < p.number; m++, ph_places_next(&p.places)) {
    const float *g = pass->output_gradient + m * p.rows * p.columns;
    int64_t at_a = p.places.offset[0] * p.size[0], at_b = p.places.offset[1] * p.size[1];
    if (pass->input_gradient[0] != NULL)
      multiply_into(g, step_g, pass->input[1].data + at_b, turned_b, p.rows, p.columns, p.inner,
                    pass->input_gradient[0] + at_a, step_a);
    if (pass->input_gradient[1] != NULL)
      multiply_into(pass->input[0].data + at_a, turned_a, g, step_g, p.inner, p.rows, p.columns,
                    pass->input_gradient[1] + at_b, step_b);
  }
}

const ph_layer_type ph_layer_matmul = {.name = "matmul",
                                       .summary = "products of matrices",
                                       .least_inputs = 2,
                                       .most_inputs = 2,
                                       .fields = fields,
                                       .config_size = sizeof(matmul_config),
                                       .shape = shape,
                                       .forward = forward,
                                       .backward = backward};
