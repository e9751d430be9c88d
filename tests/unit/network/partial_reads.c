/* SPDX-License-Identifier: MIT */
/* Taps that are read in part, in the oneDNN backend: what is read is what the reference has, and the rest is
   not computed until it is asked for. */
#include <string.h>

#include "backends.h"

/* ---- parts of a graph ---- */

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

/* ---- layers of one channel ---- */

enum { CHANNELS = 40, READ = 20 }; /* three blocks or five, and a channel of one in the middle */

/* What is read of the last layer and of the one before it. */
static const ph_channels one_of_each[] = {{READ, READ + 1}, {READ, READ + 1}};

/* The case with so many channels. */
static layer_case widened(const layer_case *c) {
  layer_case wide = *c;
  const int64_t channels = c->inputs[0].dim[1];
  for (int i = 0; i < case_inputs(c); i++) wide.inputs[i].dim[1] = CHANNELS;
  for (int i = 0; i < PH_MAX_PARAMETERS; i++)
    for (int d = 0; d < wide.parameters[i].rank; d++)
      if (wide.parameters[i].dim[d] == channels) wide.parameters[i].dim[d] = CHANNELS;
  return wide;
}

/* Whether all but some blocks of a (1, 40, h, w) activation is zero. */
static bool is_partial(const ph_tensor *activation) {
  const int64_t plane = ph_plane(ph_tensor_shape(activation));
  return count_zeros(activation, 0, 16 * plane) == 16 * plane &&
         count_zeros(activation, 32 * plane, 8 * plane) == 8 * plane &&
         count_zeros(activation, READ * plane, plane) < plane;
}

/* What is read is the reference's; and of the layer below no more is computed than its block, where `partial`
   says so. */
static void compare_channel(const layer_case *c, bool partial) {
  ph_network *nets[BOTH] = {NULL};
  ph_tensor *picture = NULL, *below;
  ph_random random = ph_random_stream(4, c->name);
  ph_error e;
  ph_status status;
  char name[200];
  const bool deep = case_is_picture(c);
  ph_shape shape = case_picture(c);
  if (deep) shape.dim[1] = 3;
  for (int b = 0; b < BOTH; b++)
    PH_TRY(deep ? deep_network(c, backends[b], &nets[b], &e) : case_network(c, backends[b], &nets[b], &e));
  const int last = ph_network_count(nets[0]) - 1;
  const ph_pass_options pass = {
      .taps = 2, .tap = (int[]){last - 1, last}, .reads = one_of_each, .backward = true};
  snprintf(name, sizeof name, "one channel of %s: %s", c->type->name, c->name);
  compare(nets, NULL, shape, &pass, name);
  PH_TRY(ph_tensor_new(shape, &picture, &e));
  ph_random_fill_normal(&random, picture, 0, 1);
  PH_TRY(ph_network_forward(nets[DNNL], picture, &pass, &e));
  PH_TRY(ph_network_activation(nets[DNNL], last - 1, &below, &e));
  ok(is_partial(below) == partial, "%s: %s below is computed", name, partial ? "only its block" : "all");
done:
  if (status != PH_OK) fail_with(c->name, &e);
  ph_tensor_release(picture);
  for (int b = 0; b < BOTH; b++) ph_network_release(nets[b]);
}

/* The types that must be among those compared. */
static const ph_layer_type *const by_channel[] = {
    &ph_layer_relu,         &ph_layer_clip,         &ph_layer_leaky_relu,
    &ph_layer_elu,          &ph_layer_celu,         &ph_layer_selu,
    &ph_layer_hard_sigmoid, &ph_layer_shrink,       &ph_layer_thresholded_relu,
    &ph_layer_unary,        &ph_layer_prelu,        &ph_layer_batch_norm,
    &ph_layer_max_pool,     &ph_layer_average_pool, &ph_layer_global_average_pool,
    &ph_layer_dropout,      &ph_layer_identity,     &ph_layer_global_max_pool,
    &ph_layer_sum,          &ph_layer_product,      &ph_layer_instance_norm};
enum { BY_CHANNEL = sizeof by_channel / sizeof *by_channel };

/* Functions that are for numbers below 1 alone are left out: convolutions keep to no such range. */
static bool is_comparable(const layer_case *c) {
  const bool map = case_inputs(c) > 0 && c->inputs[0].rank == 4 && c->inputs[0].dim[0] == 1;
  return map && c->type->reach != PH_REACH_ANYTHING && (c->most == 0 || c->most >= 1);
}

static void compare_channels(void) {
  bool compared[BY_CHANNEL] = {false};
  for (size_t i = 0; i < sizeof layer_cases / sizeof *layer_cases; i++) {
    const layer_case *c = &layer_cases[i], wide = widened(c);
    if (!is_comparable(c)) continue;
    compare_channel(&wide, true);
    for (int t = 0; t < BY_CHANNEL; t++) compared[t] = compared[t] || by_channel[t] == c->type;
  }
  for (int t = 0; t < BY_CHANNEL; t++) ok(compared[t], "%s is computed by channels", by_channel[t]->name);
}

/* Groups are runs of channels, and are computed as a whole. */
static void compare_groups(void) {
  static const layer_case grouped[] = {{&ph_layer_convolution,
                                        "5 groups",
                                        {SET("groups", 5)},
                                        {SHAPE(1, CHANNELS, 5, 6)},
                                        {SHAPE(CHANNELS, 8, 3, 3), SHAPE(CHANNELS)}},
                                       {&ph_layer_convolution,
                                        "4 groups, which end within blocks",
                                        {SET("groups", 4)},
                                        {SHAPE(1, CHANNELS, 5, 6)},
                                        {SHAPE(CHANNELS, 10, 3, 3), SHAPE(CHANNELS)}},
                                       {&ph_layer_convolution,
                                        "depthwise",
                                        {SET("groups", CHANNELS)},
                                        {SHAPE(1, CHANNELS, 5, 6)},
                                        {SHAPE(CHANNELS, 1, 3, 3), SHAPE(CHANNELS)}}};
  for (size_t i = 0; i < sizeof grouped / sizeof *grouped; i++) compare_channel(&grouped[i], false);
}

int main(void) {
  find_out_about_bfloat16();
  compare_partial();
  check_completion();
  compare_channels();
  compare_groups();
  return tap_done();
}
