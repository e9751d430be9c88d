/* SPDX-License-Identifier: MIT */
/* The inside of the oneDNN backend.

   A plan is a list of operations over values. A value is one layer's output for one image; rank-4 values are
   kept `blocked`: channels in blocks of 16 (8 without AVX-512), each block an (h, w) plane of small vectors,
   as oneDNN's convolutions want it. A blocked value's channels are dense in blocks, so that a concatenation's
   inputs can be computed straight into their slice of it; where a slice ends in the middle of a block, the
   rest of the block stays zero, and `segments` says where the channels went. Channels that nothing reads may
   be in no segment: they are not computed.

   Storage comes in two arenas: `kept` holds what is read after forward (one an image), `work` the other
   activations, the gradients and scratch (one a lane). Both are laid out by lifetime when the plan is made;
   running allocates nothing. What is kept is a stack that grows from the arena's end: what comes late on the
   way forward goes early on the way back. The two arenas of a lone image overlap: there the scratch of the
   first convolutions, which is the largest, takes the place of what later layers keep.

   A lane is one image on its way. With one lane, all threads work on it together; with several, each thread
   drives its own, and operations run serially within it.

   compile.c turns layers into operations; storage.c lays out memory; in operations/, one file per family of
   operations does the work; backend.c is what the core sees. Here are a plan's tables, and where its data
   lies. */
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

/* How an operation takes values: blocked; plain; or as they come, if they come alike, and blocked where there
   is a choice, since what is blocked comes from convolutions and goes to them. */
typedef enum operand_layout { TAKES_BLOCKED, TAKES_PLAIN, TAKES_EITHER } operand_layout;

typedef struct operation_type {
  const char *name;
  /* Whether it can run a layer of a type that rules.c has it for; it may change the inputs' order to what it
     wants. NULL: it can. */
  bool (*fits)(const plan *p, const ph_layer *layer, ph_shape output, int *inputs);
  operand_layout takes;
  /* Whether it takes input i plain all the same. NULL: never. */
  bool (*takes_plain)(const plan *p, const ph_layer *layer, const int *inputs, int i);
  bool keeps_segments; /* a blocked output's channels lie as the first input's */
  bool computes_part;  /* of its output's channels no blocks but those that are read */
  bool fuses_relu;
  bool keeps_input, keeps_output;                            /* whether backward reads the activations */
  ph_status (*reserve)(plan *p, operation *op, ph_error *e); /* adds workspace and scratch; may be NULL */
  ph_status (*prepare)(plan *p, operation *op, ph_error *e); /* once `accumulate` is known; may be NULL */
  void (*forward)(const run *r, const operation *op);
  /* Adds to (or, where `accumulate` is false, overwrites) each input's gradient; may destroy the output's. */
  void (*backward)(const run *r, const operation *op);
  void (*drop)(operation *op); /* frees `state`; may be NULL */
  /* Fills in names of primitives and bytes of weights, and adds what is on no buffer to `scratch`; may be
     NULL. */
  void (*explain)(const plan *p, const operation *op, ph_plan_step *step);
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
  const ph_layer *const *layer; /* as they are for the plan's size */
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

/* ---- plan.c ---- */

/* New entries; the index is returned in *index. Tables may move: do not hold pointers across. A value is
   plain where it has no physical channels. */
ph_status phd_add_buffer(plan *p, bool kept, int64_t size, int *index, ph_error *e);
ph_status phd_add_value(plan *p, ph_shape shape, int64_t channels, const segment *segments, int count,
                        int *index, ph_error *e);
ph_status phd_add_operation(plan *p, const operation_type *type, const ph_layer *layer, const int *inputs,
                            int count, int output, ph_error *e);

void phd_drop_plan(plan *p);

/* ---- where data lies ---- */

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
  if (fixed != NULL) return (float *)(uintptr_t)fixed; /* nothing writes to it */
  return phd_place(r, r->plan->value[v].activation);
}
static inline void *phd_gradient(const run *r, int v) {
  return r->work + phd_offset(r->plan, r->plan->value[v].gradient);
}

/* Whether the shape is one that may be blocked. */
static inline bool phd_is_map(ph_shape shape) { return shape.rank == 4 && shape.dim[0] == 1; }

static inline bool phd_has_gaps(const value *v) { return v->blocked && v->segments > 1; }

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

#endif
