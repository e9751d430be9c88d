/* SPDX-License-Identifier: MIT */
/* t-SNE (van der Maaten and Hinton, 2008): samples laid out in few dimensions, so that those that are near
   each other stay so. Exact: all pairs, time and memory by the square of the number of samples. */
#ifndef PH_TSNE_H
#define PH_TSNE_H

#include "tensor/tensor.h"

/* How near samples (n, d) are: a new tensor (n, n), symmetric, 0 along its diagonal, of sum 1. Each sample
   sees the others by a normal distribution with as many neighbours as the perplexity says. PH_MISUSE unless
   the perplexity is at least 1 and less than n - 1 others. */
ph_status ph_tsne_affinities(const ph_tensor *x, double perplexity, ph_tensor **affinities, ph_error *e);

/* How the layout moves. */
typedef struct ph_tsne_motion {
  double exaggeration; /* the affinities are multiplied by it */
  double momentum, learning_rate;
} ph_tsne_motion;

/* Moves the layout y (n, dimensions) so many times down the gradient of the Kullback-Leibler divergence
   between the affinities and those of the layout, by a t-distribution of one degree of freedom. `velocity`
   and `gains` are of y's shape, 0 and 1 at first. The divergence before the last move, without exaggeration.
   The same bits on any number of threads. PH_MISUSE for shapes that do not fit. */
ph_status ph_tsne_move(const ph_tensor *affinities, ph_tensor *y, ph_tensor *velocity, ph_tensor *gains,
                       const ph_tsne_motion *motion, int64_t times, double *divergence, ph_error *e);

#endif
