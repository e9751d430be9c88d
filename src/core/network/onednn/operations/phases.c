/* SPDX-License-Identifier: MIT */
/* The picture's gradient by phases. A strided convolution reads pixel p = y * stride + k - padding with
   kernel element k. Seen from the pixel: write p + padding = q * stride + r; then k = r + stride * t meets y
   = q - t. So all pixels of one phase r are a stride-1 convolution of the output's gradient with every
   stride-th kernel element, and all phases and colours together are the output channels of a single one. */
#include "convolution.h"

static int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

phase_geometry phd_phase_geometry(const convolution_shape *c, int64_t block) {
  phase_geometry g = {.block = block};
  for (int axis = 0; axis < 2; axis++) {
    g.stride[axis] = c->stride[axis];
    g.padding[axis] = c->padding[axis];
    g.kernel[axis] = divide_up(c->form.kernel[axis], c->stride[axis]);
    g.size[axis] = (c->input[axis] - 1 + c->padding[axis]) / c->stride[axis] + 1;
  }
  g.channels = divide_up(g.stride[0] * g.stride[1] * c->form.inputs, block) * block;
  return g;
}

convolution_shape phd_phase_shape(const convolution_shape *c, const phase_geometry *g) {
  convolution_shape shape = {.form = {.groups = 1,
                                      .outputs = g->channels,
                                      .inputs = c->form.outputs,
                                      .first = c->form.first,
                                      .kernel = {g->kernel[0], g->kernel[1]}},
                             .source = c->target,
                             .weights = c->weights,
                             .target = dnnl_f32,
                             .stride = {1, 1},
                             .dilation = {1, 1}};
  for (int axis = 0; axis < 2; axis++) {
    shape.input[axis] = c->output[axis];
    shape.output[axis] = g->size[axis];
    shape.padding[axis] = g->kernel[axis] - 1;
    shape.padding[2 + axis] = g->size[axis] - c->output[axis];
  }
  return shape;
}

/* plain[(r * stride + s) * colours + colour][o][u][v] = weight[o][colour][r + stride * t][...], t = kernel -
 * 1 - u. */
void phd_fill_phases(ph_shape weight, const float *data, const int64_t stride[2], const weights_form *form,
                     float *plain) {
  int64_t colours = weight.dim[1], height = weight.dim[2], width = weight.dim[3];
  for (int64_t o = 0; o < weight.dim[0]; o++) {
    for (int64_t colour = 0; colour < colours; colour++) {
      for (int64_t i = 0; i < height; i++) {
        for (int64_t j = 0; j < width; j++) {
          int64_t channel = (i % stride[0] * stride[1] + j % stride[1]) * colours + colour;
          int64_t u = form->kernel[0] - 1 - i / stride[0], v = form->kernel[1] - 1 - j / stride[1];
          plain[((channel * form->inputs + o) * form->kernel[0] + u) * form->kernel[1] + v] =
              data[((o * colours + colour) * height + i) * width + j];
        }
      }
    }
  }
}

void phd_join_phases(const phase_geometry *g, ph_shape picture, const float *phases, float *dst, bool add) {
  int64_t colours = picture.dim[1], height = picture.dim[2], width = picture.dim[3];
  int64_t plane = g->size[0] * g->size[1];
#pragma omp parallel for schedule(static)
  for (int64_t line = 0; line < colours * height; line++) {
    int64_t colour = line / height, y = line % height + g->padding[0];
    float *row = dst + line * width;
    for (int64_t phase = 0; phase < g->stride[1]; phase++) {
      const int64_t channel = (y % g->stride[0] * g->stride[1] + phase) * colours + colour;
      const float *of_channel = phases + channel / g->block * plane * g->block + channel % g->block +
                                y / g->stride[0] * g->size[1] * g->block;
      /* The first pixel of this phase. */
      const int64_t first = (phase + g->stride[1] - g->padding[1] % g->stride[1]) % g->stride[1];
      const float *from = of_channel + (first + g->padding[1]) / g->stride[1] * g->block;
      for (int64_t x = first; x < width; x += g->stride[1], from += g->block)
        row[x] = add ? row[x] + *from : *from;
    }
  }
}
