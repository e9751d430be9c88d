/* SPDX-License-Identifier: MIT */
/* Networks: graphs of named layers, and running them on batches of images.

   Layers are added in topological order; layer 0 is always the `image` source. A pass has taps (the layers
   that are read, and where gradients are injected); only the taps' ancestors are computed. Images may have
   any size: the backend makes a plan for each (size, taps, mode) once, and plans are cached. */
#ifndef PH_NETWORK_H
#define PH_NETWORK_H

#include "arrangement.h"
#include "backend.h"
#include "formula.h"
#include "layer.h"

typedef struct ph_network ph_network;

/* A new network with only its source layer "image" of `channels` channels (3 for RGB in [0, 1]). */
ph_status ph_network_new(const ph_backend *backend, int64_t channels, ph_network **network, ph_error *e);
ph_network *ph_network_retain(ph_network *network);
void ph_network_release(ph_network *network);

/* ---- building ---- */

/* Appends a layer. Inputs are full names of earlier layers; the network retains the parameter tensors. Fails
   on a duplicate name, an unknown type, input, setting or parameter (with suggestions), a parameter that
   holds NaN or infinity, or shapes that can never fit. */
ph_status ph_network_add(ph_network *network, const char *type, const char *name, const char *const *inputs,
                         int input_count, const ph_setting *settings, int setting_count,
                         const ph_named_tensor *parameters, int parameter_count, ph_error *e);

/* A setting that follows from the size of pictures: element `element`, counted from 1, of the setting `key`.
 */
typedef struct ph_following {
  const char *key;
  int element;
  const char *formula; /* over the output shapes of earlier layers (formula.h) */
} ph_following;

typedef struct ph_sizing {
  int layers, *layer; /* whose shapes the formulas take */
  int count;
  ph_following *setting;
} ph_sizing;

/* Lets settings of the layer that was added last follow from the shapes of these layers. Layers with
   parameters have the same settings at every size. On failure the layer is taken away. */
ph_status ph_network_follow(ph_network *network, const char *const *layers, int layer_count,
                            const ph_following *settings, int count, ph_error *e);

/* Folds every batch_norm whose input is a convolution that nothing else reads into that convolution, which
   takes over the batch_norm's name; what it gave before is still there under its own. */
ph_status ph_network_fold(ph_network *network, ph_error *e);

/* Gives a layer one more name. Fails when the name is taken by another layer. */
ph_status ph_network_alias(ph_network *network, const char *name, const char *layer, ph_error *e);

/* Which layers hold the class scores before and after softmax (either may be NULL), and the class names (may
   be empty). Names are copied. */
ph_status ph_network_set_classes(ph_network *network, const char *logits, const char *probabilities,
                                 const char *const *labels, int count, ph_error *e);

/* The size of pictures that the network is made for, where its file states one. PH_MISUSE unless both are
   positive. It is not enforced; it says what to do where a size does not fit. */
ph_status ph_network_set_input_size(ph_network *network, int64_t height, int64_t width, ph_error *e);

/* ---- looking ---- */

/* Channels of the images that the network takes. */
int64_t ph_network_channels(const ph_network *network);

/* (height, width) as it was stated; false where it was not. */
bool ph_network_input_size(const ph_network *network, int64_t size[2]);

int ph_network_count(const ph_network *network);
const ph_layer *ph_network_layer(const ph_network *network, int index);

/* The index of the layer with this very name or second name, or -1. */
int ph_network_lookup(const ph_network *network, const char *name);

/* The index of the layer with this name, or this second name, or, where only one layer has, with a name that
   ends so after '/', '.', ':' or '_'. Otherwise PH_MISUSE, "no layer 'mixed4z'; did you mean 'mixed4e'?" or
   the names of those that are meant by an ambiguous ending. */
ph_status ph_network_find(const ph_network *network, const char *name, int *index, ph_error *e);

/* Tells a network from others: by its layers' names, types and inputs, and by every number of its weights. */
uint64_t ph_network_fingerprint(const ph_network *network);

/* Second names, those of folded layers among them, and the layer that each stands for. */
int ph_network_alias_count(const ph_network *network);
const char *ph_network_alias_at(const ph_network *network, int i, int *layer);

/* Shapes for one image of (h, w), written to `shapes` (ph_network_count of them), of the layers marked in
   `needed` (NULL: all of them) and of those that their settings follow from; the others are left alone. A
   layer that the image is too small for is an error only when it is needed. */
ph_status ph_network_shapes(const ph_network *network, int64_t height, int64_t width, const bool *needed,
                            ph_shape *shapes, ph_error *e);

/* The shapes of all layers that such an image fits, and, where `meanings` is not NULL, what their axes mean;
   the others' are of rank 0. Fails for want of memory only. */
ph_status ph_network_fitting_shapes(const ph_network *network, int64_t height, int64_t width,
                                    ph_shape *shapes, ph_meaning *meanings, ph_error *e);

/* The shape that one layer gives for inputs of these shapes, whatever the layers before it would give;
   `lengths` are those of the layers that its settings follow from. */
ph_status ph_network_infer(const ph_network *network, int index, const ph_shape *inputs,
                           const ph_shape *lengths, ph_shape *output, ph_error *e);

/* Which pixels of pictures (height, width) a place of a layer depends on, through all ways that lead there.
   Sides are vertical, horizontal. Fields of places are alike where nothing is cut off: that of place (y, x)
   begins at offset + (y, x) * stride, the stride of an average where maps were enlarged, and 0 along a side
   of one place, or where all places have one field. */
typedef struct ph_receptive_field {
  ph_range inside[2]; /* the part that is inside the picture, and is read, rather than padding */
  ph_range whole[2];  /* as if all maps went on beyond their borders */
  double stride[2];
  int64_t offset[2];
} ph_receptive_field;

/* `place` is (y, x) as the layer is arranged, NULL the middle. PH_MISUSE where there is no such place, or
   such pictures do not fit; PH_FAILURE where it does not depend on the picture. */
ph_status ph_network_receptive_field(const ph_network *network, int layer, int64_t height, int64_t width,
                                     const int64_t *place, ph_receptive_field *field, ph_error *e);

/* The layers that an index depends on, itself included, marked true in `needed` (ph_network_count of them,
   which the caller zeroed). */
void ph_network_ancestors(const ph_network *network, int index, bool *needed);

/* Index of the logits layer or the probabilities layer, or -1. */
int ph_network_logits(const ph_network *network);
int ph_network_probabilities(const ph_network *network);
int ph_network_class_count(const ph_network *network); /* labels; 0 where none are known */
const char *ph_network_label(const ph_network *network, int index);

/* The class whose label is `text`, or has it among its comma-separated synonyms, or contains it as a whole
   word, ignoring case; in that order of preference. None or several equally good ones are PH_MISUSE, naming
   the first few candidates. */
ph_status ph_network_find_label(const ph_network *network, const char *text, int *index, ph_error *e);

/* ---- running ---- */

typedef struct ph_pass_options {
  int taps;
  const int *tap;           /* layer indices, ascending, no doubles */
  const ph_channels *reads; /* units that are read of each tap, with all places; NULL: all of them */
  bool backward;            /* whether ph_network_backward will follow */
  bool images_stay;         /* the images stay as they are until the next pass: they need not be copied for
                               ph_network_complete */
  ph_relu_mode relu_mode;
  ph_pool_mode pool_mode;
  ph_number_type precision; /* PH_FLOAT32 or PH_BFLOAT16 */
} ph_pass_options;

/* What of these has a name: backward (true by default), images_stay, relu, pool, precision. */
extern const ph_field ph_pass_fields[];

/* Runs images (n, channels, h, w) forward to the taps. Clears all injected gradients. */
ph_status ph_network_forward(ph_network *network, ph_tensor *images, const ph_pass_options *pass,
                             ph_error *e);

/* How many passes forward were asked of the network so far: whoever reads the last one can tell whether it is
   still its own. */
uint64_t ph_network_passes(const ph_network *network);

/* Makes up for what the last forward pass left out where it read its taps in part: runs the same images
   again, whole. Injected gradients stay. */
ph_status ph_network_complete(ph_network *network, ph_error *e);

/* The activations (n, c, h, w) of a tap of the last pass; (n, …) in general, where an image's own axis 0 is
   left out if it is 1. Borrowed; valid until the next forward. PH_MISUSE if the layer was not a tap. */
ph_status ph_network_activation(ph_network *network, int layer, ph_tensor **activation, ph_error *e);

/* How a tap's activation is arranged as units of a map (arrangement.h). */
ph_status ph_network_arrangement(const ph_network *network, int layer, ph_token token,
                                 ph_arrangement *arrangement, ph_error *e);

/* The gradient tensor of a tap, of the activation's shape, zero after forward: objectives add into it.
 * Borrowed. */
ph_status ph_network_gradient(ph_network *network, int layer, ph_tensor **gradient, ph_error *e);

/* Takes the taps' gradients back to the images; `images_gradient` is resized to the images' shape and
 * overwritten. */
ph_status ph_network_backward(ph_network *network, ph_tensor *images_gradient, ph_error *e);

/* The plan for one image (h, w), to look into; valid until the network is run or changed. */
typedef struct ph_plan_view {
  const ph_backend *backend;
  const void *plan;
} ph_plan_view;
ph_status ph_network_plan(ph_network *network, int64_t height, int64_t width, const ph_pass_options *pass,
                          ph_plan_view *view, ph_error *e);

/* Threads that runs use: 0 asks for as many as the process has cores. */
ph_status ph_network_set_threads(ph_network *network, int threads, ph_error *e);

#endif
