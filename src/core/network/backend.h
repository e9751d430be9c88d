/* SPDX-License-Identifier: MIT */
/* Backends: how a network is run. A backend turns (network, image size, taps) into a plan, once; a plan runs
   batches, each image by itself: no image's result depends on the others. All data that crosses this
   interface is plain row-major float32.

   `reference` runs the layers' own plain C. `dnnl` runs on oneDNN, and must agree with it. */
#ifndef PH_BACKEND_H
#define PH_BACKEND_H

#include "base/numbers.h"
#include "layer.h"

struct ph_network;

/* Channels [first, last) of an activation (n, c, …). `last` may lie beyond the end. */
typedef struct ph_channels {
  int64_t first, last;
} ph_channels;

typedef struct ph_plan_request {
  const struct ph_network *network;
  int64_t height, width;
  int taps;
  const int *tap; /* ascending layer indices */
  /* The part of each tap that is read and where gradients are injected; NULL: all of it. The rest of its
     activations and gradients need not be computed, and is undefined: a backend may do less where it can. */
  const ph_channels *reads;
  bool backward;
  ph_relu_mode relu_mode;
  ph_pool_mode pool_mode;
  /* What activations, gradients and weights are kept as: PH_FLOAT32 or PH_BFLOAT16. Sums are float32 always,
     and so is what crosses the interface. bfloat16 needs a processor that computes with it, and is PH_MISUSE
     elsewhere. */
  ph_number_type precision;
  int threads;    /* for one image, at least 1 */
  int companions; /* images of a batch that run at the same time, at least 1 */
} ph_plan_request;

typedef struct ph_backend {
  const char *name;

  /* What outlives plans: an engine, reordered weights. One per network; NULL is a valid result. */
  ph_status (*open)(void **shared, ph_error *e);
  void (*close)(void *shared);

  /* A plan, and later its end. The request's arrays need not outlive the call; the network does. */
  ph_status (*plan)(void *shared, const ph_plan_request *request, void **plan, ph_error *e);
  void (*drop)(void *plan);

  /* Makes room for batches of this many images. Called before forward; keeps what is there. */
  ph_status (*reserve)(void *plan, int images, ph_error *e);

  /* Runs images (n, channels, h, w) forward; writes tap i's activations (n, …) to outputs[i]. */
  ph_status (*forward)(void *plan, int n, const float *images, float *const *outputs, ph_error *e);

  /* Takes gradients[i] (n, …) of tap i back to the images' gradient, which is overwritten. Follows a forward
     of the same batch. */
  ph_status (*backward)(void *plan, int n, const float *const *gradients, float *images_gradient,
                        ph_error *e);
} ph_backend;

extern const ph_backend ph_backend_reference;
extern const ph_backend ph_backend_dnnl;

#endif
