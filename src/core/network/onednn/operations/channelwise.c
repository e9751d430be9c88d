/* SPDX-License-Identifier: MIT */
/* Layers that do the same to all numbers of a channel: batch normalisation, and sums or products with one
   number a channel, such as a squeeze-and-excitation block's gates. y = scale x + shift over blocked values,
   whose channels go through eight at a time; blocks are shared out among threads. */
#include <string.h>

#include "base/memory.h"
#include "base/vector.h"
#include "operations.h"
#include "signs.h"

/* Scales and shifts of all physical channels. */
typedef struct affine_state {
  float *scale, *shift;
} affine_state;

/* ---- the loops, of one block of channels ---- */

typedef struct block_of {
  int64_t plane, size; /* pixels; channels */
} block_of;

PHD_KERNEL void map_elements(block_of b, const float *scale, const float *shift, const void *restrict src,
                             void *restrict dst, bool add, element_type type) {
  for (int64_t c = 0; c < b.size; c += EIGHT) {
    const eight factor = phd_load_eight(scale, c, dnnl_f32), term = phd_load_eight(shift, c, dnnl_f32);
    for (int64_t i = c; i < b.plane * b.size; i += b.size) {
      eight y = phd_load_eight(src, i, type) * factor + term;
      if (add) y += phd_load_eight(dst, i, type);
      phd_store_eight(dst, i, y, type);
    }
  }
}

PH_VECTOR static void map_block(block_of b, const float *scale, const float *shift, const void *src,
                                void *dst, bool add, element_type type) {
  PHD_BY_TYPE(type, map_elements, b, scale, shift, src, dst, add);
}

/* sum[c] of g x, or of g where there is no x. Short sums are in single precision, the sum of them in double.
 */
enum { SHORT = 64 };
PHD_KERNEL void sum_elements(block_of b, const void *g, const void *x, double *sum, element_type type) {
  for (int64_t c = 0; c < b.size; c += EIGHT) {
    for (int64_t from = 0; from < b.plane; from += SHORT) {
      const int64_t end = from + SHORT < b.plane ? from + SHORT : b.plane;
      eight part = {0};
      for (int64_t i = from; i < end; i++) {
        eight own = phd_load_eight(g, i * b.size + c, type);
        if (x != NULL) own *= phd_load_eight(x, i * b.size + c, type);
        part += own;
      }
      for (int j = 0; j < EIGHT; j++) sum[c + j] += (double)part[j];
    }
  }
}

PH_VECTOR static void sum_block(block_of b, const void *g, const void *x, double *sum, element_type type) {
  PHD_BY_TYPE(type, sum_elements, b, g, x, sum);
}

enum { MOST_BLOCK = 16 };
static const float zeros[MOST_BLOCK] = {0},
                   ones[MOST_BLOCK] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};

static block_of block_size(const run *r, const operation *op) {
  return (block_of){ph_plane(r->plan->value[op->output].shape), r->plan->shared->block};
}

static int64_t blocks_of(const run *r, const operation *op) {
  return r->plan->value[op->output].channels / r->plan->shared->block;
}

/* Of `blocks` blocks as b is; small maps are not worth a thread. */
#define FOR_EACH_BLOCK                                                                                       \
  _Pragma("omp parallel for schedule(static) if (blocks * b.plane > 1024)") for (int64_t i = 0; i < blocks;  \
                                                                                 i++)

/* ---- which layers ---- */

static bool is_number_a_channel(const plan *p, int whole, int operand) {
  const value *x = &p->value[whole], *s = &p->value[operand];
  const int64_t channels = x->shape.dim[1], count = ph_shape_count(s->shape);
  if (s->fixed == NULL)
    return s->shape.rank == 4 && s->shape.dim[0] == 1 && s->shape.dim[1] == channels && count == channels &&
           x->segments == 1;
  return count == 1 ||
         (count == channels && s->shape.rank >= 3 && s->shape.dim[s->shape.rank - 3] == channels);
}

/* Whether one of the inputs is a map of the output's shape, and the other one has a number for each of its
   channels, which are known (`fixed`) or made of the picture. The map is put first. */
static bool has_operand(const plan *p, const ph_layer *layer, ph_shape output, int *inputs, bool fixed) {
  if (!ph_binary_is(layer, "add") && !ph_binary_is(layer, "multiply")) return false;
  for (int i = 0; i < 2; i++) {
    const int map = inputs[i], operand = inputs[1 - i];
    const value *x = &p->value[map];
    if (!x->blocked || !ph_shape_equal(x->shape, output) || x->fixed != NULL) continue;
    if ((p->value[operand].fixed != NULL) != fixed || !is_number_a_channel(p, map, operand)) continue;
    inputs[0] = map;
    inputs[1] = operand;
    return true;
  }
  return false;
}

static bool affine_fits(const plan *p, const ph_layer *layer, ph_shape output, int *inputs) {
  return layer->inputs == 1 ? p->value[inputs[0]].blocked : has_operand(p, layer, output, inputs, true);
}

static bool gated_fits(const plan *p, const ph_layer *layer, ph_shape output, int *inputs) {
  return has_operand(p, layer, output, inputs, false);
}

/* The numbers are read once, as they are. */
static bool affine_takes_plain(const plan *p, const ph_layer *layer, const int *inputs, int i) {
  (void)layer;
  return i == 1 && !p->value[inputs[i]].blocked;
}

/* ---- numbers that are known: batch_norm, constants ---- */

static ph_status make_affine(const plan *p, const operation *op, affine_state *s, ph_error *e) {
  const value *in = &p->value[op->input[0]];
  s->scale = ph_alloc_array((size_t)in->channels, sizeof *s->scale);
  s->shift = ph_alloc_array((size_t)in->channels, sizeof *s->shift);
  return s->scale == NULL || s->shift == NULL ? ph_no_memory(e) : PH_OK;
}

/* Scale and shift of each of the layer's channels. */
static ph_status find_affine(const plan *p, const operation *op, int64_t channels, float *scale, float *shift,
                             ph_error *e) {
  if (op->inputs == 1) /* batch_norm */
    return ph_batch_norm_affine(op->layer, channels, scale, shift, e);
  const value *operand = &p->value[op->input[1]];
  const bool multiplies = ph_binary_is(op->layer, "multiply"), single = ph_shape_count(operand->shape) == 1;
  for (int64_t c = 0; c < channels; c++) {
    const float number = operand->fixed[single ? 0 : c];
    scale[c] = multiplies ? number : 1;
    shift[c] = multiplies ? 0 : number;
  }
  return PH_OK;
}

/* Scale and shift are asked for by the layer's channels and kept by where those lie; the padding's are zeros.
 */
static ph_status prepare_affine(plan *p, operation *op, ph_error *e) {
  const value *in = &p->value[op->input[0]];
  const int64_t channels = in->shape.dim[1];
  float *numbers = ph_alloc_array((size_t)(2 * channels), sizeof *numbers);
  affine_state *s = op->state = ph_alloc(sizeof *s);
  ph_status status = numbers == NULL || s == NULL ? ph_no_memory(e) : PH_OK;
  if (status == PH_OK) status = make_affine(p, op, s, e);
  if (status == PH_OK) status = find_affine(p, op, channels, numbers, numbers + channels, e);
  for (int i = 0; i < in->segments && status == PH_OK; i++) {
    const segment part = in->segment[i];
    const size_t bytes = (size_t)part.count * sizeof *numbers;
    memcpy(s->scale + part.physical, numbers + part.logical, bytes);
    memcpy(s->shift + part.physical, numbers + channels + part.logical, bytes);
  }
  ph_free(numbers);
  return status;
}

static ph_status reserve_affine(plan *p, operation *op, ph_error *e) {
  return op->relu ? phd_reserve_signs(p, op, e) : PH_OK;
}

static void drop_affine(operation *op) {
  affine_state *s = op->state;
  if (s == NULL) return;
  ph_free(s->scale);
  ph_free(s->shift);
  ph_free(s);
  op->state = NULL;
}

static void affine_forward(const run *r, const operation *op) {
  const affine_state *s = op->state;
  const block_of b = block_size(r, op);
  const element_type type = r->plan->value[op->output].type;
  const int64_t blocks = blocks_of(r, op);
  const void *src = phd_activation(r, op->input[0]);
  void *dst = phd_activation(r, op->output);
  FOR_EACH_BLOCK {
    const int64_t at = i * b.plane * b.size;
    map_block(b, s->scale + i * b.size, s->shift + i * b.size, phd_read_at(src, at, type),
              phd_at(dst, at, type), false, type);
  }
  if (op->relu) phd_rectify(r, op, dst);
}

static void affine_backward(const run *r, const operation *op) {
  const affine_state *s = op->state;
  const block_of b = block_size(r, op);
  const element_type type = r->plan->value[op->output].type;
  const int64_t blocks = blocks_of(r, op);
  void *g = phd_gradient(r, op->output), *dst = phd_gradient(r, op->input[0]);
  if (op->relu) phd_mask(r, op, g);
  FOR_EACH_BLOCK {
    const int64_t at = i * b.plane * b.size;
    map_block(b, s->scale + i * b.size, zeros, phd_read_at(g, at, type), phd_at(dst, at, type),
              op->accumulate[0], type);
  }
}

/* Scales and shifts. */
static void explain_affine(const plan *p, const operation *op, ph_plan_step *step) {
  step->weights = 2 * p->value[op->input[0]].channels * (int64_t)sizeof(float);
}

const operation_type phd_affine = {.name = "affine",
                                   .fits = affine_fits,
                                   .takes_plain = affine_takes_plain,
                                   .keeps_segments = true,
                                   .fuses_relu = true,
                                   .reserve = reserve_affine,
                                   .prepare = prepare_affine,
                                   .forward = affine_forward,
                                   .backward = affine_backward,
                                   .drop = drop_affine,
                                   .explain = explain_affine};

/* ---- numbers that the picture makes: input 1 has one for each channel ---- */

/* One block's numbers, as floats. */
static void load_block(const run *r, const operation *op, int64_t block, float numbers[MOST_BLOCK]) {
  const int64_t size = r->plan->shared->block;
  const void *operand = phd_activation(r, op->input[1]);
  for (int64_t c = 0; c < size; c++)
    numbers[c] = phd_load(operand, block * size + c, r->plan->value[op->input[1]].type);
}

static void gated_forward(const run *r, const operation *op) {
  const bool multiplies = ph_binary_is(op->layer, "multiply");
  const block_of b = block_size(r, op);
  const element_type type = r->plan->value[op->output].type;
  const int64_t blocks = blocks_of(r, op);
  const void *src = phd_activation(r, op->input[0]);
  void *dst = phd_activation(r, op->output);
  FOR_EACH_BLOCK {
    const int64_t at = i * b.plane * b.size;
    float numbers[MOST_BLOCK];
    load_block(r, op, i, numbers);
    map_block(b, multiplies ? numbers : ones, multiplies ? zeros : numbers, phd_read_at(src, at, type),
              phd_at(dst, at, type), false, type);
  }
}

/* Adds up what one block's numbers are answerable for. */
static void gather_gradient(const run *r, const operation *op, int64_t block, const void *g, const void *x,
                            bool multiplies) {
  const block_of b = block_size(r, op);
  const element_type type = r->plan->value[op->input[1]].type;
  void *dst = phd_gradient(r, op->input[1]);
  double sum[MOST_BLOCK] = {0};
  sum_block(b, g, multiplies ? x : NULL, sum, r->plan->value[op->output].type);
  for (int64_t c = 0; c < b.size; c++) {
    const int64_t at = block * b.size + c;
    phd_store(dst, at, (float)sum[c] + (op->accumulate[1] ? phd_load(dst, at, type) : 0), type);
  }
}

static void gated_backward(const run *r, const operation *op) {
  const bool multiplies = ph_binary_is(op->layer, "multiply");
  const block_of b = block_size(r, op);
  const element_type type = r->plan->value[op->output].type;
  const int64_t blocks = blocks_of(r, op);
  const void *g = phd_gradient(r, op->output), *x = phd_activation(r, op->input[0]);
  void *dst = phd_gradient(r, op->input[0]);
  const bool back = r->plan->value[op->input[0]].gradient >= 0;
  FOR_EACH_BLOCK {
    const int64_t at = i * b.plane * b.size;
    float numbers[MOST_BLOCK];
    load_block(r, op, i, numbers);
    gather_gradient(r, op, i, phd_read_at(g, at, type), phd_read_at(x, at, type), multiplies);
    if (back)
      map_block(b, multiplies ? numbers : ones, zeros, phd_read_at(g, at, type), phd_at(dst, at, type),
                op->accumulate[0], type);
  }
}

const operation_type phd_gated = {.name = "gated",
                                  .fits = gated_fits,
                                  .keeps_segments = true,
                                  .keeps_input = true,
                                  .forward = gated_forward,
                                  .backward = gated_backward};
