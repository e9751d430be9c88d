/* SPDX-License-Identifier: MIT */
/* Products of matrices by oneDNN, over plain values: c = a b, and back da = g b', db = a' g, where ' turns a
   matrix round. What is turned is told by strides; nothing is copied. Where one input is the same for all of
   a batch, the other's batch is one matrix with more rows. */
#include "base/memory.h"
#include "network/onednn/library.h"
#include "network/onednn/primitive.h"
#include "operations.h"

enum { MAX_AXES = PH_MAX_RANK };

/* One of a product's three arrays as oneDNN is to see it: batch axes, then rows and columns. */
typedef struct matrices {
  int rank;
  dnnl_dims_t dim, stride;
} matrices;

typedef struct product {
  primitive primitive;  /* source: the left one; target: the result */
  dnnl_memory_t *right; /* one a lane */
} product;

typedef struct matmul_state {
  product forward, by_a, by_b;
} matmul_state;

/* ---- shapes ---- */

/* The layer's arrays: 0 is the output, 1 and 2 are the inputs. */
static matrices array_of(const ph_products *p, int array) {
  const int64_t rows[] = {p->rows, p->rows, p->inner}, columns[] = {p->columns, p->inner, p->columns};
  const bool turned = array > 0 && p->turned[array - 1];
  matrices m = {.rank = p->loops.rank + 2};
  for (int d = 0; d < p->loops.rank; d++) {
    m.stride[d] = p->loops.stride[array][d];
    m.dim[d] = m.stride[d] == 0 ? 1 : p->loops.dim[d];
    if (m.stride[d] == 0) m.stride[d] = rows[array] * columns[array];
  }
  m.dim[m.rank - 2] = rows[array], m.dim[m.rank - 1] = columns[array];
  m.stride[m.rank - 2] = turned ? 1 : columns[array];
  m.stride[m.rank - 1] = turned ? rows[array] : 1;
  return m;
}

/* A batch of matrices whose rows all lie one after the other, as one matrix. */
static matrices joined(matrices m) {
  int64_t rows = 1;
  for (int d = 0; d < m.rank - 1; d++) rows *= m.dim[d];
  return (matrices){2, {rows, m.dim[m.rank - 1]}, {m.dim[m.rank - 1], 1}};
}

static matrices only_matrix(matrices m) {
  return (matrices){2, {m.dim[m.rank - 2], m.dim[m.rank - 1]}, {m.stride[m.rank - 2], m.stride[m.rank - 1]}};
}

static matrices turned(matrices m) {
  const int64_t dim = m.dim[m.rank - 1], stride = m.stride[m.rank - 1];
  m.dim[m.rank - 1] = m.dim[m.rank - 2], m.stride[m.rank - 1] = m.stride[m.rank - 2];
  m.dim[m.rank - 2] = dim, m.stride[m.rank - 2] = stride;
  return m;
}

static int64_t batch_of(const matrices *m) {
  int64_t count = 1;
  for (int d = 0; d < m->rank - 2; d++) count *= m->dim[d];
  return count;
}

/* Output and inputs of a layer's products. */
static ph_status shapes_of(const plan *p, const ph_layer *layer, const int *inputs, matrices m[3],
                           ph_error *e) {
  const ph_shape shapes[2] = {p->value[inputs[0]].shape, p->value[inputs[1]].shape};
  ph_products products;
  ph_status status = ph_matmul_products(layer, shapes, &products, e);
  if (status != PH_OK) return status;
  for (int i = 0; i < 3; i++) m[i] = array_of(&products, i);
  if (batch_of(&m[2]) == 1 && !products.turned[0] && batch_of(&m[1]) == batch_of(&m[0])) {
    m[0] = joined(m[0]);
    m[1] = joined(m[1]);
    m[2] = only_matrix(m[2]);
  }
  return PH_OK;
}

/* The gradient of an input that serves several matrices of a batch is a sum of products, for which oneDNN has
   nothing. */
static bool fits(const plan *p, const ph_layer *layer, ph_shape output, int *inputs) {
  (void)output;
  matrices m[3];
  if (shapes_of(p, layer, inputs, m, NULL) != PH_OK || m[0].rank > MAX_AXES) return false;
  for (int i = 0; i < 2; i++)
    if (p->value[inputs[i]].fixed == NULL && batch_of(&m[1 + i]) != batch_of(&m[0])) return false;
  return true;
}

/* ---- primitives ---- */

static dnnl_status_t make_layout(const matrices *m, memory_layout *made) {
  return phd_make_strided_layout(made, m->rank, m->dim, dnnl_f32, m->stride);
}

/* c = a b, or c += a b */
static ph_status make_product(plan *p, const ph_layer *layer, matrices c, matrices a, matrices b, bool add,
                              product *made, ph_error *e) {
  dnnl_primitive_desc_t desc = NULL;
  memory_layout layout[3] = {0};
  const primitive_use use = {.adds = add, .source = dnnl_f32, .target = dnnl_f32};
  ph_status status;
  PH_TRY(phd_check(make_layout(&c, &layout[0]), layer, e));
  PH_TRY(phd_check(make_layout(&a, &layout[1]), layer, e));
  PH_TRY(phd_check(make_layout(&b, &layout[2]), layer, e));
  PH_TRY(phd_check(phd_describe_matmul(p->shared->engine, &layout[1], &layout[2], &layout[0], add, &desc),
                   layer, e));
  PH_TRY(phd_make_primitive(p, desc, use, layer, &made->primitive, e));
  PH_TRY(phd_make_lanes(p, desc, dnnl_query_weights_md, layer, &made->right, e));
done:
  for (int i = 0; i < 3; i++) phd_drop_layout(&layout[i]);
  dnnl_primitive_desc_destroy(desc);
  return status;
}

static void run_product(const run *r, const product *made, float *c, const float *a, const float *b) {
  dnnl_memory_t right = made->right[r->lane];
  dnnl_memory_set_data_handle(right, (void *)(uintptr_t)b);
  phd_execute(r, &made->primitive, a, c, right, NULL);
}

static void drop_product(product *made) {
  phd_drop_lanes(made->right, made->primitive.lanes);
  phd_drop_primitive(&made->primitive);
}

/* ---- the operation ---- */

static bool has_gradient(const plan *p, const operation *op, int i) {
  return p->value[op->input[i]].gradient >= 0;
}

static ph_status prepare(plan *p, operation *op, ph_error *e) {
  matrices m[3];
  matmul_state *s = ph_alloc(sizeof *s);
  if (s == NULL) return ph_no_memory(e);
  op->state = s;
  ph_status status;
  PH_TRY(shapes_of(p, op->layer, op->input, m, e));
  PH_TRY(make_product(p, op->layer, m[0], m[1], m[2], false, &s->forward, e));
  if (has_gradient(p, op, 0))
    PH_TRY(make_product(p, op->layer, m[1], m[0], turned(m[2]), op->accumulate[0], &s->by_a, e));
  if (has_gradient(p, op, 1))
    PH_TRY(make_product(p, op->layer, m[2], turned(m[1]), m[0], op->accumulate[1], &s->by_b, e));
done:
  return status;
}

static void drop(operation *op) {
  matmul_state *s = op->state;
  if (s == NULL) return;
  drop_product(&s->forward);
  drop_product(&s->by_a);
  drop_product(&s->by_b);
  ph_free(s);
  op->state = NULL;
}

static void forward(const run *r, const operation *op) {
  const matmul_state *s = op->state;
  run_product(r, &s->forward, phd_activation(r, op->output), phd_activation(r, op->input[0]),
              phd_activation(r, op->input[1]));
}

static void backward(const run *r, const operation *op) {
  const matmul_state *s = op->state;
  const float *g = phd_gradient(r, op->output);
  if (has_gradient(r->plan, op, 0))
    run_product(r, &s->by_a, phd_gradient(r, op->input[0]), g, phd_activation(r, op->input[1]));
  if (has_gradient(r->plan, op, 1))
    run_product(r, &s->by_b, phd_gradient(r, op->input[1]), phd_activation(r, op->input[0]), g);
}

static void explain(const plan *p, const operation *op, ph_plan_step *step) {
  const matmul_state *s = op->state;
  const product *products[] = {&s->forward, &s->by_a, &s->by_b};
  (void)p;
  for (int i = 0; i < 3; i++) step->scratch += phd_primitive_scratch(&products[i]->primitive);
  step->forward = phd_primitive_name(&s->forward.primitive);
  step->backward = phd_primitive_name(&s->by_a.primitive);
  if (step->backward == NULL) step->backward = phd_primitive_name(&s->by_b.primitive);
}

const operation_type phd_matmul = {.name = "matmul",
                                   .fits = fits,
                                   .takes = TAKES_PLAIN,
                                   .keeps_input = true,
                                   .prepare = prepare,
                                   .forward = forward,
                                   .backward = backward,
                                   .drop = drop,
                                   .explain = explain};
