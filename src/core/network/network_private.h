/* SPDX-License-Identifier: MIT */
/* The inside of a network, for the files that implement network.h: building (network.c), names (names.c),
   shapes (shapes.c), receptive fields (receptive_field.c), folding (fold.c), classes (classes.c), running
   (pass.c). No other file includes this. */
#ifndef PH_NETWORK_PRIVATE_H
#define PH_NETWORK_PRIVATE_H

#include "network.h"

/* A second name for a layer: what a folded batch_norm leaves behind, or what was asked for. */
typedef struct ph_alias {
  char *name;
  int layer;
} ph_alias;

/* A plan and what it was made for. */
typedef struct ph_cached_plan {
  ph_plan_request request;
  int *tap;                /* request.tap points here */
  ph_channels *reads;      /* and request.reads here, or NULL */
  const ph_layer **layer;  /* and request.layer here */
  ph_meaning *tap_meaning; /* of one image */
  void *plan;
  uint64_t last_use;
} ph_cached_plan;

/* Random scaling draws 11 sizes, and redirected ReLU needs plans of its own: room for both, twice. */
enum { PH_PLAN_CACHE = 48 };

struct ph_network {
  int references;
  const ph_backend *backend;
  void *shared; /* the backend's */

  ph_layer *layer;
  int count, capacity;
  ph_alias *alias;
  int aliases;

  int64_t input_size[2]; /* (height, width) that is stated, or 0 */

  int logits, probabilities; /* layer indices, or -1 */
  char **label;
  int labels;

  /* running */
  ph_cached_plan cache[PH_PLAN_CACHE];
  int plans;
  uint64_t uses;
  uint64_t passes;         /* forward, ever */
  int threads;             /* 0 until the cores were counted */
  ph_cached_plan *current; /* of the last successful forward, or NULL */
  ph_shape images;         /* its shape */
  ph_tensor *seen;         /* its images, where it read its taps in part; else older ones, or NULL */
  ph_tensor *copy;         /* where they are kept if they do not stay as they are; or NULL */
  ph_tensor **activation, **gradient; /* one per tap of the widest run so far */
  float **outputs;                    /* scratch: one pointer per tap */
  int tap_room;
};

/* Drops all plans: the graph changed. */
void ph_network_forget_plans(ph_network *network);

/* How it is said that there is no such layer. */
ph_status ph_network_missing(const ph_network *network, const char *name, ph_error *e);

/* Adds a second name without asking whether it is taken. */
ph_status ph_network_append_alias(ph_network *network, const char *name, int layer, ph_error *e);

/* As ph_network_shapes; and, where these are not NULL, the layers as they are for this size, of which those
   whose settings follow from it are copies, for ph_layer_drop_sized, and what their axes mean. */
ph_status ph_network_size(const ph_network *network, int64_t height, int64_t width, const bool *needed,
                          ph_shape *shapes, const ph_layer **layers, ph_meaning *meanings, ph_error *e);

/* Lets go of a layer as it was for one size, unless it is the network's own. */
void ph_layer_drop_sized(const ph_layer *sized, const ph_layer *own);

void ph_layer_free_sizing(ph_sizing *sizing);

void ph_network_free_classes(ph_network *network);
void ph_network_free_layer(ph_layer *layer);

#endif
