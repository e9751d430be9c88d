/* SPDX-License-Identifier: MIT */
/* The oneDNN backend against the reference one: every layer case on a picture and on blocked values, then
   whole graphs with odd channel counts, nested concatenations, several readers and all the ways to tap them.
 */
#include <string.h>

#include "backends.h"

/* ---- layer cases ---- */

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

/* ---- running ---- */

/* An image's result must not depend on the images beside it, nor on what ran before. */
static void check_companions(void) {
  ph_network *net = NULL;
  ph_tensor *pair = NULL, *one = NULL, *from_pair = NULL, *alone = NULL;
  ph_random random = ph_random_stream(1, "images beside it");
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
  if (status != PH_OK) fail_with("images beside it", &e);
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

/* Every allocation of making and running a plan fails once, with all that come after it or alone; nothing may
   leak. */
static void check_failing_allocator(bool alone) {
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
    n++;
    ph_memory_fail_after(alone ? -n : n);
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
  ok(status == PH_OK && ph_memory_blocks() == before, "no leak where any of %ld allocations fails%s", n - 1,
     alone ? " alone" : "");
done:
  ph_tensor_release(picture);
  ph_tensor_release(gradient);
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
  check_companions();
  check_allocations();
  check_failing_allocator(false);
  check_failing_allocator(true);
  return tap_done();
}
