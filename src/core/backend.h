/* Backends: how a network is run. A backend turns (network, image size, taps) into a plan, once; a plan runs
   one image at a time, each in a slot of its own that holds the image's activations between forward and
   backward. All data that crosses this interface is plain row-major float32.

   `reference` walks the layers' own plain C. `dnnl` runs on oneDNN, and must agree with it. */
#ifndef PH_BACKEND_H
#define PH_BACKEND_H

#include "layer.h"

struct ph_network;

typedef struct ph_plan_request {
  const struct ph_network *network;
  int64_t height, width;
  int taps;
  const int *tap; /* ascending layer indices */
  bool backward;
  ph_relu_mode relu_mode;
  int threads;
} ph_plan_request;

typedef struct ph_backend {
  const char *name;

  /* What outlives plans: an engine, reordered weights. One per network; NULL is a valid result. */
  ph_status (*open)(void **shared, ph_error *e);
  void (*close)(void *shared);

  /* A plan, and later its end. The request's arrays need not outlive the call; the network does. */
  ph_status (*plan)(void *shared, const ph_plan_request *request, void **plan, ph_error *e);
  void (*drop)(void *plan);

  /* Slots: 0 … slots-1 become usable. Called before forward; keeps what is there. */
  ph_status (*reserve)(void *plan, int slots, ph_error *e);

  /* Runs one image (channels, h, w) forward; writes tap i's activation to outputs[i]. */
  ph_status (*forward)(void *plan, int slot, const float *image, float *const *outputs, ph_error *e);

  /* Takes gradients[i] of tap i (NULL: zero) back to the image's gradient, which is overwritten. Follows a
     forward of the same slot. */
  ph_status (*backward)(void *plan, int slot, const float *const *gradients, float *image_gradient,
                        ph_error *e);
} ph_backend;

extern const ph_backend ph_backend_reference;
extern const ph_backend ph_backend_dnnl;

#endif
