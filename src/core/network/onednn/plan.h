/* SPDX-License-Identifier: MIT */
/* The inside of the oneDNN backend.

   A plan is a list of operations over values. A value is one layer's output for one image; rank-4 values are
   kept `blocked`: channels in blocks of 16 (8 without AVX-512), each block an (h, w) plane of small vectors,
   as oneDNN's convolutions want it. A blocked value's channels are dense in blocks, so that a concatenation's
   inputs can be computed straight into their slice of it; where a slice ends in the middle of a block, the
   rest of the block stays zero, and `segments` says where the channels went. Channels that nobody reads may
   be in no segment: they are not computed.

   Storage comes in two arenas: `kept` holds what is read after forward (one an image), `work` the other
   activations, the gradients and scratch (one a lane). Both are laid out by lifetime when the plan is made;
   running allocates nothing. What is kept is a stack that grows from the arena's end: what comes late on the
   way forward goes early on the way back. The two arenas of a lone image overlap: there the scratch of the
   first convolutions, which is the largest, takes the place of what later layers keep.

   A lane is one image on its way. With one lane, all threads work on it together; with several, each thread
   drives its own, and operations run serially within it.

   compile.c turns layers into operations; storage.c lays out memory; one file per family of operations does
   the work; backend.c is what the core sees. */
#ifndef PH_DNNL_PLAN_H
#define PH_DNNL_PLAN_H

#include "network/backend.h"
#include "network/network.h"
#include "element.h"

/* Channels [logical, logical + count) of a value lie at [physical, physical + count). */
typedef struct segment {
  int64_t logical, count, physical;
} segment;

/* Memory of one or several values. A buffer inside another one moves with it. */
typedef struct buffer {
  int parent;     /* index, or -1 */
  int64_t offset; /* floats, within the parent; for roots, within the arena */
  int64_t size;   /* floats */
  bool kept;      /* which arena */
  bool clear;     /* zeroed before backward begins */
  int birth, death;
} buffer;

typedef struct value {
  ph_shape shape; /* of one image, n = 1 */
  bool blocked;
  element_type type; /* plain values are float32 always */
  int64_t channels;  /* physical, for blocked values a multiple of the block */
  int segments;
  segment *segment;
  const float *fixed;       /* of a value that no picture changes: where it lies; see constants.c */
  float *own;               /* the same, where it is the plan's */
  int activation, gradient; /* buffers; -1 where there is none */
} value;

typedef struct operation operation;
typedef struct plan plan;

/* One image's run: where its data lies. */
typedef struct run {
  const plan *plan;
  int lane;
  float *kept, *work;
} run;

typedef struct operation_type {
  const char *name;
  bool keeps_input, keeps_output;                            /* whether backward reads the activations */
  ph_status (*reserve)(plan *p, operation *op, ph_error *e); /* adds workspace and scratch; may be NULL */
  ph_status (*prepare)(plan *p, operation *op, ph_error *e); /* once `accumulate` is known; may be NULL */
  void (*forward)(const run *r, const operation *op);
  /* Adds to (or, where `accumulate` is false, overwrites) each input's gradient; may destroy the output's. */
  void (*backward)(const run *r, const operation *op);
  void (*drop)(operation *op); /* frees `state`; may be NULL */
} operation_type;

enum { PHD_MOST_JOINED = 8 };

struct operation {
  const operation_type *type;
  const ph_layer *layer; /* the first of them; NULL for conversions */
  int layers;            /* more than one for convolutions that run as one: see merged_convolutions.c */
  const ph_layer *joined[PHD_MOST_JOINED]; /* in the order of the output's channels */
  int inputs;
  int input[PH_MAX_INPUTS]; /* values */
  bool accumulate[PH_MAX_INPUTS];
  int output;
  bool relu;        /* fused: the output is what comes after it */
  ph_channels part; /* of a dense layer: the outputs that are read, and computed */
  int workspace;    /* kept buffer, or -1 */
  int scratch;      /* work buffer for backward, or -1 */
  ph_relu_mode mode;
  void *state;
};

/* Memory that grows to what the largest plan needs. */
typedef struct arenas {
  int count;
  float **memory;
  int64_t *size;
} arenas;

/* What outlives plans. */
typedef struct weights_entry weights_entry;
typedef struct shared {
  dnnl_engine_t engine;
  dnnl_stream_t stream;
  int64_t block;
  weights_entry *weights; /* reordered weights, a list */
  arenas kept, work;      /* by image, by lane */
} shared;

struct plan {
  shared *shared;
  const ph_network *network;
  int threads, lanes;
  element_type type; /* of blocked values */
  bool backward;
  ph_relu_mode mode;
  ph_pool_mode pool_mode;
  value *value;
  int values, value_room;
  operation *operation;
  int operations, operation_room;
  buffer *buffer;
  int buffers, buffer_room;
  int *value_of; /* layer to value, -1 where not needed */
  int taps;
  int *tap;                                /* values */
  bool *tap_adds;                          /* whether its gradient is added to another tap's */
  int64_t kept_size, work_size, lone_size; /* floats; `lone` for both arenas of a lone image */
  /* Of the operation that is being prepared: where in the work arena its primitives may have scratchpads, and
     how high the stack of what is kept is meanwhile. */
  int64_t pad_offset, kept_height;
};

/* ---- live_channels.c ---- */

/* Which channels of each layer's output are read, by taps or by other layers; `needed` is cleared where none
   are. Only of what convolutions compute channel by channel, and of what is made of that channel by channel,
   are they fewer than all. `reads` has an entry a layer. */
void phd_find_reads(const plan *p, const ph_plan_request *request, const ph_shape *shapes, bool *needed,
                    ph_channels *reads);

/* ---- merged_convolutions.c and analysis.c ---- */

/* A layer among the convolutions that run as one: the first of them, in the order of their output, and the
   next; -1 where there is none. */
typedef struct sibling {
  int head, next;
} sibling;

/* Of every layer: */
typedef struct survey {
  bool *needed;
  ph_shape *shape;    /* of those that are needed */
  ph_channels *reads; /* which channels are read */
  int *fused;         /* the ReLU that is to be fused into it, or -1 */
  sibling *siblings;
} survey;

/* Fills in `siblings` from all the rest. Convolutions of one input run as one where all that the network has
   are read whole: so their weights are the same in every plan. */
ph_status phd_find_siblings(const ph_network *network, const survey *s, sibling *siblings, ph_error *e);

/* *s is to be dropped, also where there is an error. */
ph_status phd_survey(const plan *p, const ph_plan_request *request, survey *s, ph_error *e);
void phd_drop_survey(survey *s);

/* ---- compile.c ---- */

ph_status phd_compile(plan *p, const ph_plan_request *request, ph_error *e);

/* New entries; the index is returned in *index. Tables may move: do not hold pointers across. */
ph_status phd_add_value(plan *p, ph_shape shape, bool blocked, int *index, ph_error *e);
ph_status phd_add_buffer(plan *p, bool kept, int64_t size, int *index, ph_error *e);

/* ---- rules.c ---- */

/* The operation for a layer with these inputs, whose order may be changed to what the operation wants. */
const operation_type *phd_choose(const plan *p, const ph_layer *layer, ph_shape output, int *inputs);

/* Whether an operation wants input i blocked; given its inputs as it wants them, whether its output is plain;
   and whether, where it is not, its channels lie as the first input's. */
bool phd_wants_blocked(const plan *p, const operation_type *type, const ph_layer *layer, const int *inputs,
                       int i);
bool phd_gives_plain(const plan *p, const operation_type *type, const int *inputs);
bool phd_keeps_segments(const operation_type *type);

/* ---- constants.c ---- */

/* Whether none of the inputs depends on the picture. */
bool phd_are_fixed(const plan *p, const int *inputs, int count);

/* Where the last operation's inputs are fixed, runs it, once and for all, and takes it from the list. Not for
   types with workspace or primitives. */
ph_status phd_settle(plan *p, ph_error *e);

/* ---- storage.c ---- */

ph_status phd_lay_out(plan *p, ph_error *e);

/* Finds pad_offset and kept_height of operation i: in the work arena nothing lies beyond, neither while it
   goes forward nor while it goes back. */
void phd_find_pad(plan *p, int i);

static inline int64_t phd_offset(const plan *p, int b) {
  int64_t offset = 0;
  for (; b >= 0; b = p->buffer[b].parent) offset += p->buffer[b].offset;
  return offset;
}
/* Where an activation or a workspace lies. */
static inline float *phd_place(const run *r, int b) {
  const plan *p = r->plan;
  const int64_t offset = phd_offset(p, b);
  while (b >= 0 && p->buffer[b].parent >= 0) b = p->buffer[b].parent;
  return (b < 0 || p->buffer[b].kept ? r->kept : r->work) + offset;
}
static inline void *phd_activation(const run *r, int v) {
  const float *fixed = r->plan->value[v].fixed;
  if (fixed != NULL) return (float *)(uintptr_t)fixed; /* nobody writes to it */
  return phd_place(r, r->plan->value[v].activation);
}
static inline void *phd_gradient(const run *r, int v) {
  return r->work + phd_offset(r->plan, r->plan->value[v].gradient);
}

/* Elements of a value, padding included; and how many floats of memory they take. */
static inline int64_t phd_count(const plan *p, int v) {
  const value *x = &p->value[v];
  return x->blocked ? x->channels * x->shape.dim[2] * x->shape.dim[3] : ph_shape_count(x->shape);
}
static inline int64_t phd_floats(const plan *p, int v) {
  return phd_count(p, v) * phd_size(p->value[v].type) / (int64_t)sizeof(float);
}

/* How many of its channels a blocked value holds. */
static inline int64_t phd_held(const value *v) {
  int64_t count = 0;
  for (int s = 0; s < v->segments; s++) count += v->segment[s].count;
  return count;
}

/* ---- operations ---- */

extern const operation_type phd_pointwise, phd_affine, phd_gated, phd_matmul, phd_rows;
extern const operation_type phd_convolution, phd_max_pool, phd_average_pool, phd_global_average_pool, phd_lrn,
    phd_relu, phd_sum, phd_copy, phd_to_plain, phd_to_blocked, phd_source, phd_reference, phd_dense;

/* Whether the layer's window is small enough for max_pool.c. */
bool phd_max_pool_fits(const ph_layer *layer);

/* Whether the layer's channels and window fit lrn.c's rows. */
bool phd_lrn_fits(const plan *p, const ph_layer *layer, int input);

/* Whether the layer makes each number of its output from the numbers in the same place of its inputs. */
bool phd_is_pointwise(const plan *p, const ph_layer *layer, const int *inputs);

/* The operation for a layer that does the same to all numbers of a channel, or NULL; the input that has the
   channels is put first. */
const operation_type *phd_channelwise(const plan *p, const ph_layer *layer, ph_shape output, int *inputs);

/* Whether the layer treats each row of its one input by itself. */
bool phd_has_rows(const plan *p, const ph_layer *layer, const int *inputs);

/* Whether oneDNN's products of matrices serve a matmul of these inputs. */
bool phd_matmul_fits(const plan *p, const ph_layer *layer, const int *inputs);

/* Conversion between a value's layout and type and plain float32 channels; `add` adds to dst. */
void phd_export(const plan *p, int v, const void *src, float *plain, bool add);
void phd_import(const plan *p, int v, const float *plain, void *dst, bool add);

/* ReLUs, fused or not: the way back reads one byte a number, noted on the way forward, not the numbers: they
   need not be kept. Which sign is noted is up to the mode. */
bool phd_minds_negatives(ph_relu_mode mode); /* whether signs are those of x < 0, and not of x > 0 */
ph_status phd_reserve_signs(plan *p, operation *op, ph_error *e);
void phd_note_signs(const run *r, const operation *op, const void *x);

/* x = ReLU of x, and its signs noted. */
void phd_rectify(const run *r, const operation *op, void *x);

/* g = the gradient below a ReLU, in place. */
void phd_mask(const run *r, const operation *op, void *g);
void phd_add_to(void *dst, const void *src, int64_t count, element_type type);
void phd_convert(void *dst, element_type to, const void *src, element_type from_type, int64_t count);

/* Makes zero again what only fills up a block of channels. */
void phd_clear_padding(const plan *p, int v, float *x);

/* Fixed pieces of long loops, shared out among threads: results do not depend on how many there are. */
enum { PIECE = 4096 };
#define FOR_EACH_PIECE(count)                                                                                \
  _Pragma("omp parallel for schedule(static) if ((count) > 4 * PIECE)") for (int64_t from = 0;               \
                                                                             from < (count); from += PIECE)
static inline int64_t phd_piece(int64_t from, int64_t count) {
  return from + PIECE < count ? PIECE : count - from;
}

/* ---- weights.c ---- */

/* Plain weights (groups, o, i, kh, kw) for physical channels, and bias (o). */
typedef struct weights_form {
  int64_t groups, outputs, inputs; /* physical; per network, not per group */
  int64_t first;                   /* the layer's first output that is computed */
  int64_t kernel[2];
} weights_form;

/* Weights of form->groups x outputs/groups x inputs/groups x kernel, in the given oneDNN layout, reordered
   once and kept under (layer, variant, layout); *memory stays theirs. phd_fill_weights gives it its numbers:
   `fill` tells them in the plain layout, either the layer's own as they lie, or written into `room`. */
typedef const float *(*fill_weights)(const plan *p, const operation *op, const weights_form *form,
                                     float *room);
ph_status phd_weights(plan *p, const operation *op, int variant, const weights_form *form,
                      const dnnl_memory_desc_t *layout, fill_weights fill, dnnl_memory_t *memory,
                      ph_error *e);
static inline size_t phd_plain_floats(const weights_form *f) {
  return (size_t)(f->outputs * (f->inputs / f->groups) * f->kernel[0] * f->kernel[1]);
}
/* Fills what phd_weights asked for; and drops it, where making the plan failed. */
ph_status phd_fill_weights(plan *p, ph_error *e);
void phd_drop_unfilled_weights(shared *s);
void phd_drop_weights(shared *s);

/* One end of a primitive. Where its elements are not of the value's type it is staged: the primitive works on
   a converted copy. */
typedef struct primitive_end {
  dnnl_memory_t *memory; /* one a lane, without memory */
  int argument;
  element_type value, own;
  int64_t count;
  int64_t stage; /* of the copy, in the work arena */
} primitive_end;

/* A primitive as every lane can run it: oneDNN's own scratchpads belong to the thread that made them, so
   primitives are made to take ours. */
typedef struct primitive {
  dnnl_primitive_t handle;
  primitive_end source, target;
  dnnl_memory_t *pad; /* one a lane, without memory */
  int lanes;
  bool adds;          /* to what is in the target */
  int64_t pad_offset; /* of the scratchpad, in the work arena */
} primitive;

/* How a primitive is to be used: its arguments are DNNL_ARG_SRC and _DST, or going back DNNL_ARG_DIFF_DST and
   _DIFF_SRC, of values with these types. */
typedef struct primitive_use {
  bool backward_data, adds;
  element_type source, target;
} primitive_use;

/* Creates it from a description whose attributes ask for a scratchpad of the user's. */
ph_status phd_make_primitive(plan *p, dnnl_primitive_desc_t desc, primitive_use use, const ph_layer *layer,
                             primitive *made, ph_error *e);
void phd_drop_primitive(primitive *made);

/* One memory object for each lane, without memory yet. */
ph_status phd_make_lanes(const plan *p, dnnl_primitive_desc_t desc, dnnl_query_t what, const ph_layer *layer,
                         dnnl_memory_t **memory, ph_error *e);
void phd_drop_lanes(dnnl_memory_t *memory, int lanes);
void phd_execute(const run *r, const primitive *made, const void *src, void *dst, dnnl_memory_t weights,
                 dnnl_memory_t bias);

ph_status phd_check(dnnl_status_t status, const ph_layer *layer, ph_error *e);

#endif
