/* SPDX-License-Identifier: MIT */
/* Layers that make each number from the numbers in the same place of their inputs: activations, products,
   sums and other functions of two values alike. The layout is all one to them, so they leave it as it is; the
   work is done by the layer's own plain C, piece by piece. */
#include <string.h>

#include "network/onednn/vectors.h"
#include "operations.h"

static bool fits(const plan *p, const ph_layer *layer, ph_shape output, int *inputs) {
  bool alike = true;
  for (int i = 0; i < layer->inputs; i++) alike = alike && ph_shape_equal(p->value[inputs[i]].shape, output);
  return alike;
}

/* The layer's plain C reads floats. */
static bool takes_plain(const plan *p, const ph_layer *layer, const int *inputs, int i) {
  (void)layer, (void)inputs, (void)i;
  return p->type != dnnl_f32;
}

void phd_clear_padding(const plan *p, int v, float *x) {
  const value *in = &p->value[v];
  const int64_t block = p->shared->block, plane = ph_plane(in->shape);
  int64_t end = 0; /* of the segment before */
  for (int s = 0; in->blocked && s <= in->segments; s++) {
    int64_t next = s < in->segments ? in->segment[s].physical : in->channels;
    for (int64_t c = end; c < next; c++) {
      float *channel = x + c / block * block * plane + c % block;
      for (int64_t i = 0; i < plane; i++) channel[i * block] = 0;
    }
    if (s < in->segments) end = next + in->segment[s].count;
  }
}

/* A piece of every input and of the output. */
static ph_pass pass_over(const run *r, const operation *op, int64_t from, int64_t size, ph_array *inputs) {
  ph_shape shape = ph_shape_of(1, &size);
  for (int i = 0; i < op->inputs; i++)
    inputs[i] = (ph_array){shape, (float *)phd_activation(r, op->input[i]) + from};
  return (ph_pass){.input = inputs,
                   .output = {shape, (float *)phd_activation(r, op->output) + from},
                   .relu_mode = op->mode};
}

static void forward(const run *r, const operation *op) {
  const int64_t count = phd_count(r->plan, op->output);
  FOR_EACH_PIECE(count) {
    ph_array inputs[PH_MAX_INPUTS];
    ph_pass pass = pass_over(r, op, from, phd_piece(from, count), inputs);
    op->layer->type->forward(op->layer, &pass);
  }
  phd_clear_padding(r->plan, op->output, phd_activation(r, op->output));
}

static void backward_piece(const run *r, const operation *op, int64_t from, int64_t size) {
  ph_array inputs[PH_MAX_INPUTS];
  float *gradients[PH_MAX_INPUTS];
  ph_pass pass = pass_over(r, op, from, size, inputs);
  for (int i = 0; i < op->inputs; i++) {
    gradients[i] = NULL;
    if (r->plan->value[op->input[i]].gradient < 0) continue;
    gradients[i] = (float *)phd_gradient(r, op->input[i]) + from;
    if (!op->accumulate[i]) memset(gradients[i], 0, (size_t)size * sizeof(float));
  }
  pass.output_gradient = (const float *)phd_gradient(r, op->output) + from;
  pass.input_gradient = gradients;
  op->layer->type->backward(op->layer, &pass);
}

/* A redirected ReLU6 looks at the whole image. Where the slope at the padding's 0 is infinite, its gradient,
   0, becomes none. */
static void backward(const run *r, const operation *op) {
  const int64_t count = phd_count(r->plan, op->output);
  if (op->mode == PH_RELU_REDIRECTED)
    backward_piece(r, op, 0, count);
  else
    FOR_EACH_PIECE(count) backward_piece(r, op, from, phd_piece(from, count));
  for (int i = 0; i < op->inputs; i++)
    if (r->plan->value[op->input[i]].gradient >= 0)
      phd_clear_padding(r->plan, op->input[i], phd_gradient(r, op->input[i]));
}

const operation_type phd_pointwise = {.name = "pointwise",
                                      .fits = fits,
                                      .takes = TAKES_EITHER,
                                      .takes_plain = takes_plain,
                                      .keeps_segments = true,
                                      .keeps_input = true,
                                      .keeps_output = true,
                                      .forward = forward,
                                      .backward = backward};
