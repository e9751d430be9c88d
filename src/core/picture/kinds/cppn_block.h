/* SPDX-License-Identifier: MIT */
/* The network of a compositional pattern producing network, on a block of pixels: from each pixel's position
   to its colour, and the gradient back to the weights. Knows neither images nor threads.

   Arrays of a block are (channels, PH_CPPN_BLOCK): one row of pixels per channel. The values of a network
   are, layer by layer, weights (outputs, inputs) and biases (outputs). */
#ifndef PH_CPPN_BLOCK_H
#define PH_CPPN_BLOCK_H

#include <stdint.h>

enum { PH_CPPN_BLOCK = 128 };

/* With a = atan(x): composite: a / .67 and a^2 / .6, both; unbiased: a / .67 and (a^2 - .45) / .396, both;
   relu: (max(x, 0) - .40) / .58. Lucid's (optvis/param/cppn.py), which took the constants from normal x. */
typedef enum ph_cppn_activation { PH_CPPN_COMPOSITE, PH_CPPN_UNBIASED, PH_CPPN_RELU } ph_cppn_activation;

typedef struct ph_cppn {
  int64_t layers, hidden, channels; /* hidden layers, their outputs, the last layer's outputs */
  ph_cppn_activation activation;
} ph_cppn;

/* One layer's place in the network; layer `layers` is the last, which has no activation. */
typedef struct ph_cppn_layer {
  int64_t inputs, outputs;
  int64_t weight, bias; /* where they begin in the values */
} ph_cppn_layer;
ph_cppn_layer ph_cppn_layer_at(const ph_cppn *net, int64_t layer);

int64_t ph_cppn_count(const ph_cppn *net);   /* of the values */
int64_t ph_cppn_scratch(const ph_cppn *net); /* floats that a block needs, on a 64-byte boundary */

/* Where in the scratch the positions go, (2, block): horizontal, then vertical. */
float *ph_cppn_positions(const ph_cppn *net, float *scratch);

/* Positions -> (channels, block), which lies in the scratch, and which the caller may overwrite. */
float *ph_cppn_forward(const ph_cppn *net, const float *values, float *scratch);

/* After a forward with the same scratch: adds to the values' gradient, given that of the colours, which is
   overwritten. */
void ph_cppn_backward(const ph_cppn *net, const float *values, float *colour_gradient, float *scratch,
                      float *gradient);

#endif
