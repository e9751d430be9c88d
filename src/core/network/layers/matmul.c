/* SPDX-License-Identifier: MIT */
/* matmul: products of matrices, the last two axes of both inputs; further axes are batches, broadcast as
   NumPy does. An input of one axis is a row on the left, a column on the right. */
#include <string.h>

#include "base/vector.h"
#include "network/layer.h"
#include "tensor/loops.h"

static const ph_field fields[] = {{"transpose_a", PH_FLAG, offsetof(ph_matmul_config, transpose_a), 0, 0, 1,
                                   NULL, "the first input's matrices are (k, m)"},
                                  {"transpose_b", PH_FLAG, offsetof(ph_matmul_config, transpose_b), 0, 0, 1,
                                   NULL, "the second input's matrices are (n, k)"},
                                  {0}};

/* The shape with at least two axes. */
static ph_shape as_matrices(ph_shape s, bool is_left) {
  if (s.rank == 1) return ph_shape_of(2, is_left ? (int64_t[]){1, s.dim[0]} : (int64_t[]){s.dim[0], 1});
  return s;
}

static ph_shape batch_of(ph_shape matrices) { return ph_shape_of(matrices.rank - 2, matrices.dim); }

/* For each array of the loops, how far its matrices are apart. */
static void add_matrices(ph_loops *loops, ph_shape batch, int64_t size) {
  ph_loops_broadcast(loops, batch);
  for (int d = 0; d < loops->rank; d++) loops->stride[loops->arrays - 1][d] *= size;
}

ph_status ph_matmul_products(const ph_layer *layer, const ph_shape *inputs, ph_products *p, ph_error *e) {
  const ph_matmul_config *config = layer->config;
  char first[PH_SHAPE_TEXT], second[PH_SHAPE_TEXT];
  if (inputs[0].rank < 1 || inputs[1].rank < 1) return ph_layer_fail(layer, e, "a number is not a matrix");
  const ph_shape a = as_matrices(inputs[0], true), b = as_matrices(inputs[1], false);
  const int64_t *last_a = &a.dim[a.rank - 2], *last_b = &b.dim[b.rank - 2];
  p->turned[0] = config->transpose_a && inputs[0].rank > 1;
  p->turned[1] = config->transpose_b && inputs[1].rank > 1;
  p->rows = last_a[p->turned[0]], p->inner = last_a[!p->turned[0]], p->columns = last_b[!p->turned[1]];
  if (last_b[p->turned[1]] != p->inner)
    return ph_layer_fail(layer, e, "matrices of %s and %s do not fit: %lld columns, %lld rows",
                         ph_shape_print(inputs[0], first), ph_shape_print(inputs[1], second),
                         (long long)p->inner, (long long)last_b[p->turned[1]]);
  if (!ph_shape_broadcast(batch_of(a), batch_of(b), &p->batch))
    return ph_layer_fail(layer, e, "inputs of %s and %s cannot be broadcast together",
                         ph_shape_print(inputs[0], first), ph_shape_print(inputs[1], second));
  p->loops = ph_loops_of(p->batch);
  add_matrices(&p->loops, p->batch, p->rows * p->columns);
  add_matrices(&p->loops, batch_of(a), p->rows * p->inner);
  add_matrices(&p->loops, batch_of(b), p->inner * p->columns);
  return PH_OK;
}

static ph_status shape(const ph_layer *layer, const ph_shape *inputs, ph_shape *output, ph_error *e) {
  ph_products p;
  ph_status status = ph_matmul_products(layer, inputs, &p, e);
  if (status != PH_OK) return status;
  *output = p.batch;
  if (inputs[0].rank > 1) output->dim[output->rank++] = p.rows;
  if (inputs[1].rank > 1) output->dim[output->rank++] = p.columns;
  if (output->rank == 0) *output = ph_shape_of(1, (int64_t[]){1}); /* a number is a list of one */
  return PH_OK;
}

/* ---- what the product means ---- */

static const ph_axis_meaning *last_axis(const ph_meaning *m, int from_last) {
  return &m->axis[m->shape.rank - 1 - from_last];
}

/* The columns of the product: those of the right matrix, or, where that is weights, what units became. */
static ph_axis_meaning mixed(const ph_axis_meaning *kept, const ph_axis_meaning *summed, int64_t length) {
  const ph_axis_meaning nothing = ph_axis_of(PH_OTHER, length);
  if (ph_axis_is(kept, PH_OTHER) && ph_axis_is(summed, PH_UNITS)) return ph_axis_of(PH_UNITS, length);
  return kept->count > 0 ? *kept : nothing;
}

static void meaning(const ph_layer *layer, const ph_meaning *inputs, ph_meaning *output) {
  const ph_matmul_config *config = layer->config;
  const ph_meaning *a = &inputs[0], *b = &inputs[1];
  const int rank = output->shape.rank;
  ph_meaning_kept(layer, inputs, output);
  if (a->shape.rank < 2 || b->shape.rank < 2) {
    ph_meaning_unknown(layer, inputs, output);
    return;
  }
  const ph_axis_meaning *rows = last_axis(a, !config->transpose_a),
                        *columns = last_axis(b, config->transpose_b);
  const ph_axis_meaning *summed_a = last_axis(a, config->transpose_a),
                        *summed_b = last_axis(b, !config->transpose_b);
  output->axis[rank - 2] = mixed(rows, summed_b, output->shape.dim[rank - 2]);
  output->axis[rank - 1] = mixed(columns, summed_a, output->shape.dim[rank - 1]);
}

/* Rows of the left matrix, columns of the right one, all of what is summed over. */
static void needs(const ph_layer *layer, const ph_needs *n) {
  const ph_matmul_config *config = layer->config;
  const int rank = n->output.rank, of_a = n->inputs[0].rank, of_b = n->inputs[1].rank;
  if (of_a < 2 || of_b < 2) return;
  ph_box whole[] = {n->needed[0], n->needed[1]};
  ph_needs_elements(layer, n); /* of the batch */
  for (int i = 0; i < 2; i++)
    for (int a = n->inputs[i].rank - 2; a < n->inputs[i].rank; a++) n->needed[i].axis[a] = whole[i].axis[a];
  n->needed[0].axis[of_a - 2 + config->transpose_a] = n->wanted.axis[rank - 2];
  n->needed[1].axis[of_b - 1 - config->transpose_b] = n->wanted.axis[rank - 1];
}

/* ---- one product ---- */

/* A matrix in memory: how far its rows, and its columns, are apart. */
typedef struct matrix {
  float *at;
  int64_t row, column;
} matrix;

static matrix turned(matrix m) { return (matrix){m.at, m.column, m.row}; }

PH_VECTOR static void add_row(float *restrict dst, float factor, const float *restrict src, int64_t count) {
  for (int64_t i = 0; i < count; i++) dst[i] += factor * src[i];
}

/* The sum runs in 16 parts, so that it is one of vectors, in an order that is always the same. */
PH_VECTOR static float dot(const float *restrict a, const float *restrict b, int64_t count) {
  float part[16] = {0}, sum = 0;
  int64_t i = 0;
  for (; i + 16 <= count; i += 16)
    for (int j = 0; j < 16; j++) part[j] += a[i + j] * b[i + j];
  for (int j = 0; j < 16; j++) sum += part[j];
  for (; i < count; i++) sum += a[i] * b[i];
  return sum;
}

/* c (m, n) += a (m, k) b (k, n). */
static void add_product(int64_t m, int64_t n, int64_t k, matrix c, matrix a, matrix b) {
  for (int64_t i = 0; i < m; i++) {
    const float *left = a.at + i * a.row;
    float *dst = c.at + i * c.row;
    if (b.column == 1 && c.column == 1) {
      for (int64_t l = 0; l < k; l++) add_row(dst, left[l * a.column], b.at + l * b.row, n);
    } else if (a.column == 1 && b.row == 1) {
      for (int64_t j = 0; j < n; j++) dst[j * c.column] += dot(left, b.at + j * b.column, k);
    } else {
      for (int64_t j = 0; j < n; j++)
        for (int64_t l = 0; l < k; l++)
          dst[j * c.column] += left[l * a.column] * b.at[l * b.row + j * b.column];
    }
  }
}

/* ---- all of them ---- */

/* Input i's matrix as it enters the product; `data` is that input, or its gradient. */
static matrix entering(const ph_products *p, int i, float *data) {
  int64_t rows = i == 0 ? p->rows : p->inner, columns = i == 0 ? p->inner : p->columns;
  return p->turned[i] ? (matrix){data, 1, rows} : (matrix){data, columns, 1};
}

/* Where a product's matrices begin, in the output and in both inputs. */
typedef void of_product(const ph_products *p, const ph_pass *pass, const int64_t at[PH_LOOPS_ARRAYS]);

static void product(const ph_products *p, const ph_pass *pass, const int64_t at[PH_LOOPS_ARRAYS]) {
  float *dst = pass->output.data + at[0];
  memset(dst, 0, (size_t)(p->rows * p->columns) * sizeof *dst);
  add_product(p->rows, p->columns, p->inner, (matrix){dst, p->columns, 1},
              entering(p, 0, pass->input[0].data + at[1]), entering(p, 1, pass->input[1].data + at[2]));
}

/* da = g b', db = a' g, where ' turns matrices round. */
static void product_back(const ph_products *p, const ph_pass *pass, const int64_t at[PH_LOOPS_ARRAYS]) {
  matrix g = {(float *)pass->output_gradient + at[0], p->columns, 1};
  if (pass->input_gradient[0] != NULL)
    add_product(p->rows, p->inner, p->columns, entering(p, 0, pass->input_gradient[0] + at[1]), g,
                turned(entering(p, 1, pass->input[1].data + at[2])));
  if (pass->input_gradient[1] != NULL)
    add_product(p->inner, p->columns, p->rows, entering(p, 1, pass->input_gradient[1] + at[2]),
                turned(entering(p, 0, pass->input[0].data + at[1])), g);
}

static void each_product(const ph_layer *layer, const ph_pass *pass, of_product *of) {
  ph_products p;
  const ph_shape inputs[2] = {pass->input[0].shape, pass->input[1].shape};
  if (ph_matmul_products(layer, inputs, &p, NULL) != PH_OK) return; /* `shape` refused it already */
  for (int64_t i = 0; i < ph_loops_rows(&p.loops); i++) {
    int64_t at[PH_LOOPS_ARRAYS];
    ph_loops_begin(&p.loops, i, at);
    for (int64_t j = 0; j < ph_loops_length(&p.loops); j++) {
      of(&p, pass, at);
      for (int a = 0; a < PH_LOOPS_ARRAYS; a++) at[a] += ph_loops_step(&p.loops, a);
    }
  }
}

static void forward(const ph_layer *layer, const ph_pass *pass) { each_product(layer, pass, product); }
static void backward(const ph_layer *layer, const ph_pass *pass) { each_product(layer, pass, product_back); }

const ph_layer_type ph_layer_matmul = {
    .name = "matmul",
    .text = "Products of matrices, (…, m, k) times (…, k, n), which the last two axes of both inputs are; "
            "axes before them are broadcast as NumPy does. An input of one axis is a row on the left, a "
            "column on the right, and loses that axis.",
    .least_inputs = 2,
    .most_inputs = 2,
    .fields = fields,
    .config_size = sizeof(ph_matmul_config),
    .shape = shape,
    .meaning = meaning,
    .needs = needs,
    .forward = forward,
    .backward = backward,
};
