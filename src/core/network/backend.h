/* SPDX-License-Identifier: MIT */
/* Backends: how a network is run. A backend turns (network, image size, taps) into a plan, once; a plan runs
   batches, each image by itself: no image's result depends on the others. All data that crosses this
   interface is plain row-major float32.

   `reference` runs the layers' own plain C. `dnnl` runs on oneDNN, and must agree with it. */
#ifndef PH_BACKEND_H
#define PH_BACKEND_H

#include "base/library.h"
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
  const ph_layer *const *layer; /* the network's layers as they are for this size; they outlive the plan */
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
  int threads;         /* for one image, at least 1 */
  int parallel_images; /* images of a batch that run at the same time, at least 1 */
} ph_plan_request;

/* ---- what a plan does, for people to read ---- */

/* One thing that a plan does on the way forward, and back again. */
typedef struct ph_plan_step {
  const char *kind;
  const char *forward, *backward; /* what another library calls its part in it; NULL: nothing is */
  ph_shape shape;                 /* of what is made of one image */
  ph_channels channels;           /* of that, what is computed */
  bool blocked;                   /* whether channels are kept in blocks */
  int64_t weights, scratch;       /* bytes: of numbers that are known, and of what is kept on the side */
} ph_plan_step;

/* What becomes of a layer: a step computes it; a step does that which has computed what is before it; others
   write straight into its output, or it is its input; it was computed when the plan was made; nothing asks
   for it. */
typedef enum ph_fate { PH_COMPUTED, PH_FUSED, PH_IN_PLACE, PH_KNOWN, PH_LEFT_OUT } ph_fate;

/* Bytes: of what is kept of an image for the way back, of what is not, and of both for an image alone, where
   one may use the other's. */
typedef struct ph_plan_memory {
  int64_t kept, work, together;
} ph_plan_memory;

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

  /* Step i in *step, or false past the last one; what becomes of a layer, and for those that are computed or
     fused the step in *step; and how much memory the plan needs. */
  bool (*step)(const void *plan, int i, ph_plan_step *step);
  ph_fate (*fate)(const void *plan, int layer, int *step);
  ph_plan_memory (*memory)(const void *plan);

  /* The library that it runs on, and by which of the processor's instructions that computes. NULL: none. */
  ph_library (*library)(void);
  const char *(*instructions)(void);
} ph_backend;

extern const ph_backend ph_backend_reference;
extern const ph_backend ph_backend_dnnl;

#endif
