/* SPDX-License-Identifier: MIT */
/* k-means: samples divided into clusters, each about its mean. */
#ifndef PH_KMEANS_H
#define PH_KMEANS_H

#include "tensor/random.h"

typedef struct ph_kmeans {
  ph_tensor *centres; /* (clusters, d) */
  int32_t *label;     /* of each sample, its cluster, from 0 */
  double inertia;     /* the sum of the samples' squared distances from their centres */
  int64_t iterations;
} ph_kmeans;

/* One run of Lloyd's algorithm, from centres by k-means++ (Arthur and Vassilvitskii, 2007). It ends when no
   sample changes its cluster, when the inertia falls by no more than `tolerance` of itself, or after
   `iterations`. A cluster that has lost all its samples takes the one that is farthest from its centre. The
   same random numbers give the same bits, on any number of threads. PH_MISUSE for more clusters than samples.
 */
ph_status ph_kmeans_run(const ph_tensor *x, int64_t clusters, int64_t iterations, double tolerance,
                        ph_random *random, ph_kmeans *result, ph_error *e);
void ph_kmeans_free(ph_kmeans *result);

/* The mean over all samples of (b - a) / max(a, b), where a is the mean distance to the others of the
   sample's cluster, and b the least mean distance to the samples of another one; 0 for a sample by itself
   (Rousseeuw, 1987). From -1 to 1; well divided data is near 1. PH_MISUSE unless `count` labels are from 0 to
   clusters - 1, and of at least two clusters. */
ph_status ph_silhouette(const ph_tensor *x, const int32_t *label, int64_t count, int64_t clusters,
                        double *silhouette, ph_error *e);

#endif
