/* SPDX-License-Identifier: MIT */
/* The oneDNN backend against the reference one: every layer case on a picture and on blocked values, then
   whole graphs with odd channel counts, nested concatenations, several readers and all the ways to tap them.
 */
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
static double coarse_tolerance_at(const ph_network *net, const ph_pass_options *pass, int i) {
  if (i == pass->taps || ph_network_layer(net, pass->tap[i])->type == &ph_layer_softmax)
    return coarse_gradient_tolerance;
  return coarse_tolerance;
}

static void fail_with(const char *name, const ph_error *e) {
  ok(0, "%s", name);
  printf("# %s\n", e->message);
}

/* Zeroes what of a tap (n, c, …) is not read: there, results are undefined and no gradient enters. */
static void keep_read(ph_tensor *tensor, const ph_pass_options *pass, int tap) {
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
static ph_status run_network(ph_network *net, ph_tensor *pictures, const ph_pass_options *pass,
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
static double relative_length(const float *a, const float *b, int64_t count) {
  double difference = 0, length = 1e-30;
  for (int64_t i = 0; i < count; i++) {
    difference += ((double)a[i] - (double)b[i]) * ((double)a[i] - (double)b[i]);
    length += (double)b[i] * (double)b[i];
  }
  return sqrt(difference / length);
}

static void tell(bool passed, const ph_network *net, const ph_pass_options *pass, int where, double by,
                 const char *name) {
  if (!ok(passed, "%s", name))
    printf("# %s differs by %.3g\n",
           where < pass->taps ? ph_network_layer(net, pass->tap[where])->name : "the gradient", by);
}

/* `fill` says where the pictures' values lie; NULL: from -1 to 1. */
static void compare(ph_network *const nets[BOTH], const layer_case *fill, ph_shape picture,
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

/* ---- layer cases ---- */

/* The case's layer on top of a 1x1 convolution, so that its input is blocked. */
static ph_status deep_network(const layer_case *c, const ph_backend *backend, ph_network **network,
                              ph_error *e) {
  ph_random random = ph_random_stream(2, c->name);
  ph_status status;
  PH_TRY(ph_network_new(backend, 3, network, e));
  ph_shape weight_shape = ph_shape4(c->inputs[0].dim[1], 3, 1, 1);
  ph_named_tensor weight = {.name = "weight"};
  PH_TRY(random_parameter(&random, "weight", weight_shape, &weight.tensor, e));
  status =
      ph_network_add(*network, "convolution", "below", (const char *[]){"image"}, 1, NULL, 0, &weight, 1, e);
  ph_tensor_release(weight.tensor);
  if (status == PH_OK && c->least > 0)
    status = add_plain(*network, "unary", "positive", "below",
                       (ph_setting){.key = "operation", .text = "softplus"}, e);
  if (status == PH_OK)
    status = add_subject(*network, c, (const char *[]){c->least > 0 ? "positive" : "below"}, &random, e);
done:
  return status;
}

static void compare_case(const layer_case *c, bool deep) {
  ph_network *nets[BOTH] = {NULL};
  ph_error e;
  ph_status status;
  char name[160];
  ph_shape picture = case_picture(c);
  if (deep) picture.dim[1] = 3;
  snprintf(name, sizeof name, "%s: %s%s", c->type->name, c->name, deep ? ", blocked" : "");
  for (int b = 0; b < BOTH; b++)
    PH_TRY(deep ? deep_network(c, backends[b], &nets[b], &e) : case_network(c, backends[b], &nets[b], &e));
  picture.dim[0] = 2;
  compare(nets, case_is_picture(c) && !deep ? c : NULL, picture,
          &(ph_pass_options){.taps = 1, .tap = (int[]){ph_network_count(nets[0]) - 1}, .backward = true},
          name);
done:
  if (status != PH_OK) fail_with(name, &e);
  for (int b = 0; b < BOTH; b++) ph_network_release(nets[b]);
}

/* ---- graphs ---- */

/* A network under construction; the first failure sticks. */
typedef struct builder {
  ph_network *net;
  ph_random random;
  ph_status status;
  ph_error e;
} builder;

static void add(builder *b, const char *type, const char *name, const char *const *from, int inputs,
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

static void plain(builder *b, const char *type, const char *name, const char *from) {
  add(b, type, name, &from, 1, NULL, 0, (ph_shape){0});
}

static void convolution(builder *b, const char *name, const char *from, int64_t in, int64_t out,
                        int64_t kernel) {
  ph_setting settings[] = {{.key = "padding", .count = 1, .value = {(double)(kernel / 2)}}};
  add(b, "convolution", name, &from, 1, settings, 1, ph_shape4(out, in, kernel, kernel));
}

static void pool(builder *b, const char *type, const char *name, const char *from, double stride) {
  ph_setting settings[] = {{.key = "kernel", .count = 1, .value = {3}},
                           {.key = "stride", .count = 1, .value = {stride}},
                           {.key = "padding", .count = 1, .value = {1}}};
  add(b, type, name, &from, 1, settings, 3, (ph_shape){0});
}

/* Two branches that end in the middle of a block, a reader of one branch beside the concatenation, a sum,
   LRN, a concatenation of concatenations in which one value appears twice, dropout, classes. */
static void build_branches(builder *b) {
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
static void rectified(builder *b, const char *name, const char *from, int64_t in, int64_t out,
                      int64_t kernel) {
  char pre[40];
  snprintf(pre, sizeof pre, "%s_pre", name);
  convolution(b, pre, from, in, out, kernel);
  plain(b, "relu", name, pre);
}

/* 1x1 convolutions that read the same: three, of which the first of a concatenation is one; two, one of them
   later in the concatenation; two without ReLUs; two that are both in it. */
static void build_siblings(builder *b) {
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

static ph_status build(const ph_backend *backend, ph_network **net, ph_error *e) {
  builder b = {.random = ph_random_stream(3, "graph")};
  b.status = ph_network_new(backend, 3, &b.net, &b.e);
  if (b.status == PH_OK) build_branches(&b);
  if (b.status == PH_OK) build_siblings(&b);
  *net = b.net;
  *e = b.e;
  return b.status;
}

/* Runs the graph with the named taps in every mode. */
static void compare_taps(ph_network *const nets[BOTH], const char *const *names, int count,
                         ph_shape picture) {
  static const char *const modes[] = {"plain", "redirected", "guided", "deconvnet", "open", "leaky"};
  int taps[MOST_TAPS];
  char name[200];
  ph_error e;
  for (int i = 0; i < count; i++)
    if (ph_network_find(nets[0], names[i], &taps[i], &e) != PH_OK) fail_with(names[i], &e);
  for (int mode = PH_RELU_PLAIN; mode <= PH_RELU_LEAKY; mode++) {
    snprintf(name, sizeof name, "%d taps up to %s of %dx%d, %s", count, names[count - 1], (int)picture.dim[2],
             (int)picture.dim[3], modes[mode]);
    compare(nets, NULL, picture,
            &(ph_pass_options){.taps = count, .tap = taps, .backward = true, .relu_mode = (ph_relu_mode)mode},
            name);
  }
  for (int pool = PH_POOL_SMOOTH; pool <= PH_POOL_SMOOTH_L2; pool++) {
    snprintf(name, sizeof name, "%d taps up to %s, smoothed max pools", count, names[count - 1]);
    compare(nets, NULL, picture,
            &(ph_pass_options){.taps = count, .tap = taps, .backward = true, .pool_mode = (ph_pool_mode)pool},
            name);
  }
}

static void compare_graphs(void) {
  static const char *const few[][4] = {{"image"},
                                       {"stem"},
                                       {"stem_pre", "stem"},
                                       {"abc"},
                                       {"abc_pre"},
                                       {"abc_pre", "abc"},
                                       {"a", "abc"},
                                       {"b_twice"},
                                       {"b", "abc", "b_twice"},
                                       {"nested"},
                                       {"halved", "top"},
                                       {"nested", "dropped"},
                                       {"lrn", "abc"},
                                       {"top_pre"},
                                       {"probabilities"},
                                       {"c_pool", "c"},
                                       {"stem", "logits"},
                                       {"a_pre", "abc"},
                                       {"m"},
                                       {"p"},
                                       {"m1", "m", "p"},
                                       {"m1_pre", "n"},
                                       {"m2_reduce", "m3"},
                                       {"o1", "n1"}};
  ph_network *nets[BOTH] = {NULL};
  const char *all[MOST_TAPS];
  ph_error e;
  ph_status status;
  for (int b = 0; b < BOTH; b++) PH_TRY(build(backends[b], &nets[b], &e));
  for (size_t i = 0; i < sizeof few / sizeof *few; i++) {
    int count = 0;
    while (count < 4 && few[i][count] != NULL) count++;
    compare_taps(nets, few[i], count, ph_shape4(1, 3, 9, 12));
  }
  for (int i = 0; i < ph_network_count(nets[0]); i++) all[i] = ph_network_layer(nets[0], i)->name;
  compare_taps(nets, all, ph_network_count(nets[0]), ph_shape4(3, 3, 7, 5));
  compare_taps(nets, (const char *[]){"logits"}, 1, ph_shape4(2, 3, 33, 31));
  compare(nets, NULL, ph_shape4(1, 3, 8, 8),
          &(ph_pass_options){.taps = 0, .tap = (int[]){0}, .backward = true}, "no taps at all");
done:
  if (status != PH_OK) fail_with("graph", &e);
  for (int b = 0; b < BOTH; b++) ph_network_release(nets[b]);
}

/* ---- taps that are read in part ---- */

typedef struct partial_case {
  const char *name, *taps[2];
  ph_channels reads[2];
} partial_case;

/* Of "abc", a has channels 0 to 11, b 12 to 31, c 32 to 48. */
static const partial_case partial_cases[] = {
    {"one branch", {"abc"}, {{3, 4}}},
    {"the end of a branch, of two blocks", {"abc"}, {{31, 32}}},
    {"the second block of the last branch", {"abc"}, {{48, 49}}},
    {"two branches", {"abc"}, {{11, 13}}},
    {"all branches", {"abc"}, {{5, 40}}},
    {"before and after ReLU", {"abc_pre", "abc"}, {{40, 41}, {2, 3}}},
    {"a layer and a later one", {"abc", "nested"}, {{0, 1}, {60, 61}}},
    {"a pool of one branch, twice", {"nested"}, {{0, 1}}},
    {"through dropout, both", {"nested", "dropped"}, {{20, 21}, {120, 121}}},
    {"a branch and what it is part of", {"b", "abc"}, {{19, 20}, {1, 2}}},
    {"the first convolution", {"stem"}, {{17, 19}}},
    {"the last convolution", {"top"}, {{32, 33}}},
    {"a sum", {"b_twice"}, {{4, 5}}},
    {"a normalisation", {"lrn"}, {{4, 5}}},
    {"units of a dense layer", {"logits"}, {{4, 5}}},
    {"one of three siblings", {"m"}, {{12, 13}}},
    {"a part of siblings that are both concatenated", {"p"}, {{30, 33}}},
    {"two siblings of three, and a later layer", {"m", "n"}, {{4, 20}, {36, 37}}},
    {"channels that are not there", {"abc"}, {{70, 71}}},
};

/* What is read must be what the reference has, whatever else was left out. */
static void compare_partial(void) {
  ph_network *nets[BOTH] = {NULL};
  char name[200];
  ph_error e;
  ph_status status;
  for (int b = 0; b < BOTH; b++) PH_TRY(build(backends[b], &nets[b], &e));
  for (size_t i = 0; i < sizeof partial_cases / sizeof *partial_cases; i++) {
    const partial_case *c = &partial_cases[i];
    ph_pass_options pass = {.backward = true, .reads = c->reads};
    int taps[2];
    for (; pass.taps < 2 && c->taps[pass.taps] != NULL; pass.taps++)
      PH_TRY(ph_network_find(nets[0], c->taps[pass.taps], &taps[pass.taps], &e));
    pass.tap = taps;
    for (int mode = PH_RELU_PLAIN; mode <= PH_RELU_LEAKY; mode++) {
      pass.relu_mode = (ph_relu_mode)mode;
      pass.pool_mode = (ph_pool_mode)(mode % (PH_POOL_SMOOTH_L2 + 1));
      snprintf(name, sizeof name, "read in part: %s, ReLU mode %d", c->name, mode);
      compare(nets, NULL, ph_shape4(1 + mode % 2, 3, 9, 12), &pass, name);
    }
  }
done:
  if (status != PH_OK) fail_with("read in part", &e);
  for (int b = 0; b < BOTH; b++) ph_network_release(nets[b]);
}

static int count_zeros(const ph_tensor *tensor, int64_t from, int64_t count) {
  int zeros = 0;
  for (int64_t i = 0; i < count; i++) zeros += ph_tensor_read(tensor)[from + i] == 0;
  return zeros;
}

/* What is not read is not computed, until it is asked for. */
static void check_completion(void) {
  enum { PLANE = 9 * 12 };
  ph_network *net = NULL;
  ph_tensor *picture = NULL, *activation, *gradient;
  ph_random random = ph_random_stream(7, "completion");
  ph_error e;
  ph_status status;
  int tap;
  PH_TRY(build(&ph_backend_dnnl, &net, &e));
  PH_TRY(ph_network_find(net, "abc_pre", &tap, &e));
  PH_TRY(ph_tensor_new(ph_shape4(1, 3, 9, 12), &picture, &e));
  ph_random_fill_normal(&random, picture, 0, 1);
  ph_pass_options pass = {.taps = 1, .tap = &tap, .backward = true, .reads = &(ph_channels){3, 4}};
  PH_TRY(ph_network_forward(net, picture, &pass, &e));
  PH_TRY(ph_network_activation(net, tap, &activation, &e));
  PH_TRY(ph_network_gradient(net, tap, &gradient, &e));
  ok(count_zeros(activation, 3 * PLANE, PLANE) == 0, "the channel that is read is computed");
  ok(count_zeros(activation, 12 * PLANE, 37 * PLANE) == 37 * PLANE, "other branches are not");
  ph_tensor_fill(gradient, 2);
  ph_tensor_fill(picture, 0); /* it was the caller's */
  PH_TRY(ph_network_complete(net, &e));
  ok(count_zeros(activation, 0, 49 * PLANE) == 0, "until they are asked for");
  ok(ph_tensor_read(gradient)[40 * PLANE] == 2, "which leaves injected gradients as they are");
done:
  if (status != PH_OK) fail_with("completion", &e);
  ph_tensor_release(picture);
  ph_network_release(net);
}

/* An image's result must not depend on its companions, nor on what ran before. */
static void check_companions(void) {
  ph_network *net = NULL;
  ph_tensor *pair = NULL, *one = NULL, *from_pair = NULL, *alone = NULL;
  ph_random random = ph_random_stream(1, "companions");
  ph_error e;
  ph_status status;
  int tap;
  PH_TRY(build(&ph_backend_dnnl, &net, &e));
  PH_TRY(ph_network_find(net, "top", &tap, &e));
  PH_TRY(ph_tensor_new(ph_shape4(2, 3, 17, 15), &pair, &e));
  PH_TRY(ph_tensor_new(ph_shape4(1, 3, 17, 15), &one, &e));
  PH_TRY(ph_tensor_new(ph_shape4(1, 1, 1, 1), &from_pair, &e));
  PH_TRY(ph_tensor_new(ph_shape4(1, 1, 1, 1), &alone, &e));
  ph_random_fill_uniform(&random, pair, 0, 1);
  int64_t count = ph_tensor_count(one);
  memcpy(ph_tensor_data(one), ph_tensor_read(pair) + count, (size_t)count * sizeof(float));
  ph_pass_options pass = {.taps = 1, .tap = &tap, .backward = true};
  for (int i = 0; i < 2; i++) {
    ph_tensor *gradient;
    PH_TRY(ph_network_forward(net, i == 0 ? pair : one, &pass, &e));
    PH_TRY(ph_network_gradient(net, tap, &gradient, &e));
    ph_tensor_fill(gradient, 1);
    PH_TRY(ph_network_backward(net, i == 0 ? from_pair : alone, &e));
  }
  ok(memcmp(ph_tensor_read(from_pair) + count, ph_tensor_read(alone), (size_t)count * sizeof(float)) == 0,
     "the second of two images has the gradient it has alone, to the bit");
done:
  if (status != PH_OK) fail_with("companions", &e);
  ph_tensor_release(pair);
  ph_tensor_release(one);
  ph_tensor_release(from_pair);
  ph_tensor_release(alone);
  ph_network_release(net);
}

/* A steady state allocates nothing. */
static void check_allocations(void) {
  ph_network *net = NULL;
  ph_tensor *picture = NULL, *gradient = NULL;
  ph_error e;
  ph_status status;
  int tap;
  uint64_t before = 0;
  PH_TRY(build(&ph_backend_dnnl, &net, &e));
  PH_TRY(ph_network_find(net, "top", &tap, &e));
  PH_TRY(ph_tensor_new(ph_shape4(1, 3, 17, 15), &picture, &e));
  PH_TRY(ph_tensor_new(ph_shape4(1, 1, 1, 1), &gradient, &e));
  for (int i = 0; i < 3; i++) {
    if (i == 1) before = ph_memory_allocated();
    ph_pass_options pass = {.taps = 1, .tap = &tap, .backward = true, .reads = &(ph_channels){1, 2}};
    PH_TRY(ph_network_forward(net, picture, &pass, &e));
    PH_TRY(ph_network_backward(net, gradient, &e));
    PH_TRY(ph_network_complete(net, &e));
    PH_TRY(ph_network_backward(net, gradient, &e));
  }
  ok(ph_memory_allocated() == before, "the second and third step allocate nothing");
done:
  if (status != PH_OK) fail_with("allocations", &e);
  ph_tensor_release(picture);
  ph_tensor_release(gradient);
  ph_network_release(net);
}

/* Every allocation of making and running a plan fails once; nothing may leak. */
static void check_failing_allocator(void) {
  ph_network *net = NULL;
  ph_tensor *picture = NULL, *gradient = NULL;
  ph_error e;
  ph_status status;
  long n = 0;
  int tap;
  PH_TRY(ph_tensor_new(ph_shape4(1, 3, 9, 8), &picture, &e));
  PH_TRY(ph_tensor_new(ph_shape4(1, 3, 9, 8), &gradient, &e));
  size_t before = ph_memory_blocks();
  do {
    ph_memory_fail_after(++n);
    status = build(&ph_backend_dnnl, &net, &e);
    if (status == PH_OK) status = ph_network_find(net, "top", &tap, &e);
    ph_pass_options pass = {.taps = 1, .tap = &tap, .backward = true, .reads = &(ph_channels){1, 2}};
    if (status == PH_OK) status = ph_network_forward(net, picture, &pass, &e);
    if (status == PH_OK) status = ph_network_complete(net, &e);
    if (status == PH_OK) status = ph_network_backward(net, gradient, &e);
    ph_memory_fail_after(0);
    ph_network_release(net);
    net = NULL;
    if (ph_memory_blocks() != before) break;
  } while (status == PH_NO_MEMORY && n < 5000);
  ok(status == PH_OK && ph_memory_blocks() == before, "no leak where any of %ld allocations fails", n - 1);
done:
  ph_tensor_release(picture);
  ph_tensor_release(gradient);
}

/* A processor without it refuses, and says what it lacks. */
static void find_out_about_bfloat16(void) {
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

int main(void) {
  find_out_about_bfloat16();
  for (size_t i = 0; i < sizeof layer_cases / sizeof *layer_cases; i++) {
    const layer_case *c = &layer_cases[i];
    if (c->type == &ph_layer_image) continue;
    compare_case(c, false);
    if (case_is_picture(c) && c->type != &ph_layer_preprocess) compare_case(c, true);
  }
  compare_graphs();
  compare_partial();
  check_completion();
  check_companions();
  check_allocations();
  check_failing_allocator();
  return tap_done();
}
