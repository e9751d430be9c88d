/* SPDX-License-Identifier: MIT */
/* The two backends compared: on any network, and a graph with odd channel counts, nested concatenations,
   several readers and convolutions that run as one. */
#ifndef BACKENDS_H
#define BACKENDS_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "layer_network.h"
#include "tap.h"

enum { REFERENCE, DNNL, BOTH };
enum { COARSE = BOTH, WAYS }; /* COARSE: oneDNN in bfloat16 */
static const ph_backend *const backends[BOTH] = {&ph_backend_reference, &ph_backend_dnnl};

/* Activations and gradients are compared relative to their largest value. */
static const double tolerance = 2e-5;
/* In bfloat16, which keeps 8 bits of a number, they are compared by the length of what differs: where a ReLU
   or a pool has a close call, a gradient goes another way altogether. */
static const double coarse_tolerance = 0.02, coarse_gradient_tolerance = 0.4;

/* A softmax makes ratios of differences, and what was rounded with them. */
static inline double coarse_tolerance_at(const ph_network *net, const ph_pass_options *pass, int i) {
  if (i == pass->taps || ph_network_layer(net, pass->tap[i])->type == &ph_layer_softmax)
    return coarse_gradient_tolerance;
  return coarse_tolerance;
}

static inline void fail_with(const char *name, const ph_error *e) {
  ok(0, "%s", name);
  printf("# %s\n", e->message);
}

/* Zeroes what of a tap (n, c, …) is not read: there, results are undefined and no gradient enters. */
static inline void keep_read(ph_tensor *tensor, const ph_pass_options *pass, int tap) {
  const ph_shape shape = ph_tensor_shape(tensor);
  if (pass->reads == NULL) return;
  const int64_t maps = shape.dim[0] * shape.dim[1], map = ph_tensor_count(tensor) / maps;
  for (int64_t i = 0; i < maps; i++) {
    const int64_t channel = i % shape.dim[1];
    if (channel < pass->reads[tap].first || channel >= pass->reads[tap].last)
      memset(ph_tensor_data(tensor) + i * map, 0, (size_t)map * sizeof(float));
  }
}

/* Runs one network; activations of the taps and the picture's gradient go to `results` (taps + 1 tensors).
   What is injected is random, the same for equal shapes and names. */
static inline ph_status run_network(ph_network *net, ph_tensor *pictures, const ph_pass_options *pass,
                                    const char *name, ph_tensor **results, ph_error *e) {
  ph_random random = ph_random_stream(5, name);
  ph_tensor *tensor;
  ph_status status;
  PH_TRY(ph_network_forward(net, pictures, pass, e));
  for (int i = 0; i < pass->taps; i++) {
    PH_TRY(ph_network_activation(net, pass->tap[i], &tensor, e));
    PH_TRY(ph_tensor_ensure(&results[i], ph_tensor_shape(tensor), e));
    ph_tensor_copy(results[i], tensor);
    keep_read(results[i], pass, i);
    PH_TRY(ph_network_gradient(net, pass->tap[i], &tensor, e));
    ph_random_fill_normal(&random, tensor, 0, 1);
    keep_read(tensor, pass, i);
  }
  PH_TRY(ph_tensor_ensure(&results[pass->taps], ph_tensor_shape(pictures), e));
  PH_TRY(ph_network_backward(net, results[pass->taps], e));
done:
  return status;
}

enum { MOST_TAPS = 64 };

/* Whether this processor computes in bfloat16: main finds out. */
static bool has_bfloat16;

/* The length of a - b over that of b. */
static inline double relative_length(const float *a, const float *b, int64_t count) {
  double difference = 0, length = 1e-30;
  for (int64_t i = 0; i < count; i++) {
    difference += ((double)a[i] - (double)b[i]) * ((double)a[i] - (double)b[i]);
    length += (double)b[i] * (double)b[i];
  }
  return sqrt(difference / length);
}

static inline void tell(bool passed, const ph_network *net, const ph_pass_options *pass, int where, double by,
                        const char *name) {
  if (!ok(passed, "%s", name))
    printf("# %s differs by %.3g\n",
           where < pass->taps ? ph_network_layer(net, pass->tap[where])->name : "the gradient", by);
}

/* `fill` says where the pictures' values lie; NULL: from -1 to 1. */
static inline void compare(ph_network *const nets[BOTH], const layer_case *fill, ph_shape picture,
                           const ph_pass_options *pass, const char *name) {
  ph_tensor *results[WAYS][MOST_TAPS + 1] = {{NULL}}, *pictures = NULL;
  ph_random random = ph_random_stream(6, name);
  ph_pass_options coarse = *pass;
  ph_error e;
  ph_status status;
  double worst = 0, by = 0;
  int where = 0, i = 0;
  char coarse_name[240];
  coarse.precision = PH_BFLOAT16;
  PH_TRY(ph_tensor_new(picture, &pictures, &e));
  fill_case(fill, &random, pictures);
  for (int b = 0; b < BOTH; b++) PH_TRY(run_network(nets[b], pictures, pass, name, results[b], &e));
  for (i = 0; i <= pass->taps; i++) {
    by = relative_difference(ph_tensor_read(results[DNNL][i]), ph_tensor_read(results[REFERENCE][i]),
                             ph_tensor_count(results[DNNL][i]));
    if (by <= worst) continue;
    worst = by;
    where = i;
  }
  tell(worst <= tolerance, nets[0], pass, where, worst, name);
  /* Rounded, a number at the edge of what has a cosine lies beyond it. */
  if (!has_bfloat16 || strstr(name, ": acos") != NULL) goto done;
  snprintf(coarse_name, sizeof coarse_name, "%s, in bfloat16", name);
  PH_TRY(run_network(nets[DNNL], pictures, &coarse, name, results[COARSE], &e));
  for (i = 0; i <= pass->taps; i++) {
    by = relative_length(ph_tensor_read(results[COARSE][i]), ph_tensor_read(results[REFERENCE][i]),
                         ph_tensor_count(results[COARSE][i]));
    if (!(by <= coarse_tolerance_at(nets[0], pass, i))) break;
  }
  tell(i > pass->taps, nets[0], pass, i, by, coarse_name);
done:
  if (status != PH_OK) fail_with(name, &e);
  for (int b = 0; b < WAYS; b++)
    for (i = 0; i <= MOST_TAPS; i++) ph_tensor_release(results[b][i]);
  ph_tensor_release(pictures);
}

/* ---- graphs ---- */

/* A network under construction; the first failure sticks. */
typedef struct builder {
  ph_network *net;
  ph_random random;
  ph_status status;
  ph_error e;
} builder;

static inline void add(builder *b, const char *type, const char *name, const char *const *from, int inputs,
                       const ph_setting *settings, int setting_count, ph_shape weight) {
  ph_named_tensor parameters[2] = {{.name = "weight"}, {.name = "bias"}};
  int count = 0;
  if (b->status != PH_OK) return;
  if (weight.rank > 0) {
    b->status = random_parameter(&b->random, "weight", weight, &parameters[0].tensor, &b->e);
    if (b->status == PH_OK)
      b->status =
          random_parameter(&b->random, "bias", ph_shape_of(1, weight.dim), &parameters[1].tensor, &b->e);
    count = 2;
  }
  if (b->status == PH_OK)
    b->status =
        ph_network_add(b->net, type, name, from, inputs, settings, setting_count, parameters, count, &b->e);
  for (int i = 0; i < count; i++) ph_tensor_release(parameters[i].tensor);
}

static inline void plain(builder *b, const char *type, const char *name, const char *from) {
  add(b, type, name, &from, 1, NULL, 0, (ph_shape){0});
}

static inline void convolution(builder *b, const char *name, const char *from, int64_t in, int64_t out,
                               int64_t kernel) {
  ph_setting settings[] = {{.key = "padding", .count = 1, .value = {(double)(kernel / 2)}}};
  add(b, "convolution", name, &from, 1, settings, 1, ph_shape4(out, in, kernel, kernel));
}

static inline void pool(builder *b, const char *type, const char *name, const char *from, double stride) {
  ph_setting settings[] = {{.key = "kernel", .count = 1, .value = {3}},
                           {.key = "stride", .count = 1, .value = {stride}},
                           {.key = "padding", .count = 1, .value = {1}}};
  add(b, type, name, &from, 1, settings, 3, (ph_shape){0});
}

/* Two branches that end in the middle of a block, a reader of one branch beside the concatenation, a sum,
   LRN, a concatenation of concatenations in which one value appears twice, dropout, classes. */
static inline void build_branches(builder *b) {
  convolution(b, "stem_pre", "image", 3, 20, 3);
  plain(b, "relu", "stem", "stem_pre");
  plain(b, "local_response_norm", "lrn", "stem");
  convolution(b, "a_pre", "lrn", 20, 12, 1);
  plain(b, "relu", "a", "a_pre");
  convolution(b, "b_reduce_pre", "lrn", 20, 18, 1);
  plain(b, "relu", "b_reduce", "b_reduce_pre");
  convolution(b, "b_pre", "b_reduce", 18, 20, 3);
  plain(b, "relu", "b", "b_pre");
  pool(b, "max_pool", "c_pool", "lrn", 1);
  convolution(b, "c_pre", "c_pool", 20, 17, 1);
  plain(b, "relu", "c", "c_pre");
  add(b, "concat", "abc", (const char *[]){"a", "b", "c"}, 3, NULL, 0, (ph_shape){0});
  add(b, "concat", "abc_pre", (const char *[]){"a_pre", "b_pre", "c_pre"}, 3, NULL, 0, (ph_shape){0});
  add(b, "sum", "b_twice", (const char *[]){"b", "b", "stem"}, 3, NULL, 0, (ph_shape){0});
  pool(b, "average_pool", "halved", "abc", 2);
  plain(b, "local_response_norm", "lrn_gaps", "abc");
  pool(b, "max_pool", "lrn_halved", "lrn_gaps", 2);
  add(b, "concat", "nested", (const char *[]){"halved", "lrn_halved", "halved"}, 3, NULL, 0, (ph_shape){0});
  plain(b, "dropout", "dropped", "nested");
  convolution(b, "top_pre", "dropped", 147, 33, 3);
  plain(b, "relu", "top", "top_pre");
  add(b, "product", "squared", (const char *[]){"top", "top"}, 2, NULL, 0, (ph_shape){0});
  plain(b, "global_average_pool", "average", "squared");
  add(b, "dense", "logits", (const char *[]){"average"}, 1, NULL, 0, ph_shape_of(2, (int64_t[]){10, 33}));
  plain(b, "softmax", "probabilities", "logits");
}

/* Convolution and ReLU. */
static inline void rectified(builder *b, const char *name, const char *from, int64_t in, int64_t out,
                             int64_t kernel) {
  char pre[40];
  snprintf(pre, sizeof pre, "%s_pre", name);
  convolution(b, pre, from, in, out, kernel);
  plain(b, "relu", name, pre);
}

/* 1x1 convolutions that read the same: three, of which the first of a concatenation is one; two, one of them
   later in the concatenation; two without ReLUs; two that are both in it. */
static inline void build_siblings(builder *b) {
  rectified(b, "m1", "top", 33, 12, 1);
  rectified(b, "m2_reduce", "top", 33, 24, 1);
  rectified(b, "m2", "m2_reduce", 24, 17, 3);
  rectified(b, "m3_reduce", "top", 33, 5, 1);
  rectified(b, "m3", "m3_reduce", 5, 16, 3);
  add(b, "concat", "m", (const char *[]){"m1", "m2", "m3"}, 3, NULL, 0, (ph_shape){0});
  rectified(b, "n1", "m", 45, 20, 1);
  rectified(b, "n2_reduce", "m", 45, 18, 1);
  rectified(b, "n2", "n2_reduce", 18, 16, 3);
  add(b, "concat", "n", (const char *[]){"n2", "n1"}, 2, NULL, 0, (ph_shape){0});
  convolution(b, "o1", "n", 36, 11, 1);
  convolution(b, "o2_reduce", "n", 36, 9, 1);
  convolution(b, "o2", "o2_reduce", 9, 16, 3);
  add(b, "concat", "o", (const char *[]){"o1", "o2"}, 2, NULL, 0, (ph_shape){0});
  rectified(b, "p1", "o", 27, 32, 1);
  rectified(b, "p2", "o", 27, 16, 1);
  add(b, "concat", "p", (const char *[]){"p1", "p2"}, 2, NULL, 0, (ph_shape){0});
}

static inline ph_status build(const ph_backend *backend, ph_network **net, ph_error *e) {
  builder b = {.random = ph_random_stream(3, "graph")};
  b.status = ph_network_new(backend, 3, &b.net, &b.e);
  if (b.status == PH_OK) build_branches(&b);
  if (b.status == PH_OK) build_siblings(&b);
  *net = b.net;
  *e = b.e;
  return b.status;
}

/* A processor without it refuses, and says what it lacks. */
static inline void find_out_about_bfloat16(void) {
  ph_network *net = NULL;
  ph_tensor *picture = NULL;
  ph_error e;
  ph_status status;
  PH_TRY(build(&ph_backend_dnnl, &net, &e));
  PH_TRY(ph_tensor_new(ph_shape4(1, 3, 9, 8), &picture, &e));
  status =
      ph_network_forward(net, picture, &(ph_pass_options){.tap = (int[]){0}, .precision = PH_BFLOAT16}, &e);
  has_bfloat16 = status == PH_OK;
  ok(has_bfloat16 || (status == PH_MISUSE && strstr(e.message, "does not compute in bfloat16") != NULL),
     "bfloat16 is computed in or refused");
  if (!has_bfloat16) printf("# this processor has no bfloat16\n");
done:
  ph_tensor_release(picture);
  ph_network_release(net);
}

#endif
