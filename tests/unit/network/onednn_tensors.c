/* SPDX-License-Identifier: MIT */
/* The oneDNN backend against the reference one, on a network as those of other people are: constants, also
   such as are computed from constants; batch norms that no convolution takes in; gates and other numbers for
   each channel; activations between blocked layers that are not zero at zero; products of matrices. */
#include <string.h>

#include "layer_network.h"
#include "tap.h"

enum { REFERENCE, DNNL, BOTH, MOST_TAPS = 8 };
static const ph_backend *const backends[BOTH] = {&ph_backend_reference, &ph_backend_dnnl};
static const double tolerance = 2e-5; /* of the largest value */

/* ---- the network ---- */

/* Under construction; the first failure sticks. */
typedef struct builder {
  ph_network *net;
  ph_random random;
  ph_status status;
  ph_error e;
} builder;

/* Names of inputs and parameters end with NULL. */
static void add(builder *b, const char *type, const char *name, const char *const *from, ph_setting setting,
                const char *const *parameter, const ph_shape *shape) {
  ph_named_tensor parameters[PH_MAX_PARAMETERS] = {{0}};
  int inputs = 0, count = 0;
  while (from[inputs] != NULL) inputs++;
  for (; b->status == PH_OK && parameter != NULL && parameter[count] != NULL; count++) {
    parameters[count].name = parameter[count];
    b->status =
        random_parameter(&b->random, parameter[count], shape[count], &parameters[count].tensor, &b->e);
  }
  if (b->status == PH_OK)
    b->status = ph_network_add(b->net, type, name, from, inputs, &setting, setting.key != NULL, parameters,
                               count, &b->e);
  for (int i = 0; i < PH_MAX_PARAMETERS; i++) ph_tensor_release(parameters[i].tensor);
}

#define FROM(...) ((const char *const[]){__VA_ARGS__, NULL})
#define SHAPE_OF(...) ph_shape_of(sizeof(int64_t[]){__VA_ARGS__} / sizeof(int64_t), (int64_t[]){__VA_ARGS__})

static void plain(builder *b, const char *type, const char *name, const char *const *from) {
  add(b, type, name, from, (ph_setting){0}, NULL, NULL);
}

static void choice(builder *b, const char *type, const char *name, const char *const *from,
                   const char *operation) {
  add(b, type, name, from, (ph_setting){.key = "operation", .text = operation}, NULL, NULL);
}

static void convolution(builder *b, const char *name, const char *from, ph_shape weight) {
  add(b, "convolution", name, FROM(from),
      (ph_setting){.key = "padding", .count = 1, .value = {(double)(weight.dim[2] / 2)}},
      FROM("weight", "bias"), (ph_shape[]){weight, ph_shape_of(1, weight.dim)});
}

static void constant(builder *b, const char *name, ph_shape shape) {
  add(b, "constant", name, (const char *const[]){NULL}, (ph_setting){0}, FROM("value"), &shape);
}

/* Of 20 and 13 channels: neither fills its blocks, so that the concatenation has gaps. */
static void build_channels(builder *b) {
  const ph_shape channels = SHAPE_OF(33);
  convolution(b, "a", "image", ph_shape4(20, 3, 3, 3));
  convolution(b, "b", "image", ph_shape4(13, 3, 1, 1));
  plain(b, "concat", "both", FROM("a", "b"));
  add(b, "batch_norm", "normed", FROM("both"), (ph_setting){0}, FROM("mean", "variance", "weight", "bias"),
      (ph_shape[]){channels, channels, channels, channels});
  plain(b, "relu", "lit", FROM("normed"));
  constant(b, "each", SHAPE_OF(33, 1, 1));
  constant(b, "one", SHAPE_OF(1));
  choice(b, "binary", "scaled", FROM("lit", "each"), "multiply");
  choice(b, "binary", "shifted", FROM("one", "scaled"), "add");
  convolution(b, "mixed", "shifted", ph_shape4(19, 33, 3, 3));
  choice(b, "unary", "soft", FROM("mixed"), "sigmoid");
}

static void build_gates(builder *b) {
  plain(b, "global_average_pool", "pooled", FROM("soft"));
  convolution(b, "squeezed", "pooled", ph_shape4(19, 19, 1, 1));
  add(b, "hard_sigmoid", "gate", FROM("squeezed"), (ph_setting){0}, NULL, NULL);
  choice(b, "binary", "gated", FROM("gate", "mixed"), "multiply");
  choice(b, "binary", "moved", FROM("gated", "gate"), "add");
  constant(b, "picture", ph_shape4(1, 3, 5, 4));
  convolution(b, "painted", "picture", ph_shape4(19, 3, 3, 3));
  plain(b, "relu", "fixed", FROM("painted"));
  plain(b, "global_average_pool", "fixed_gate", FROM("fixed"));
  choice(b, "binary", "opened", FROM("moved", "fixed_gate"), "multiply");
  /* Of what fills up a block the logarithm would be infinite. */
  plain(b, "product", "square", FROM("mixed", "mixed"));
  choice(b, "binary", "positive", FROM("square", "one"), "add");
  choice(b, "unary", "logarithm", FROM("positive"), "log");
  convolution(b, "after", "logarithm", ph_shape4(19, 19, 1, 1));
  plain(b, "product", "squared", FROM("opened", "after"));
}

static void build_products(builder *b) {
  add(b, "transpose", "last", FROM("squared"), (ph_setting){.key = "axes", .count = 4, .value = {0, 2, 3, 1}},
      NULL, NULL);
  constant(b, "first", SHAPE_OF(19, 4));
  constant(b, "second", SHAPE_OF(4, 7));
  plain(b, "matmul", "weights", FROM("first", "second"));
  plain(b, "matmul", "rows", FROM("last", "weights"));
  add(b, "matmul", "pairs", FROM("rows", "rows"),
      (ph_setting){.key = "transpose_b", .count = 1, .value = {1}}, NULL, NULL);
  choice(b, "unary", "top", FROM("pairs"), "gelu");
}

static ph_status build(const ph_backend *backend, ph_network **net, ph_error *e) {
  builder b = {.random = ph_random_stream(7, "modern")};
  b.status = ph_network_new(backend, 3, &b.net, &b.e);
  build_channels(&b);
  build_gates(&b);
  build_products(&b);
  *net = b.net;
  *e = b.e;
  return b.status;
}

/* ---- running it ---- */

typedef struct results {
  ph_tensor *tensor[MOST_TAPS + 1]; /* activations, then the pictures' gradient */
} results;

static void release(results *r) {
  for (int i = 0; i <= MOST_TAPS; i++) ph_tensor_release(r->tensor[i]);
}

static ph_status run_once(ph_network *net, ph_tensor *pictures, const ph_pass_options *pass, results *r,
                          ph_error *e) {
  ph_random random = ph_random_stream(5, "injected");
  ph_tensor *tensor;
  ph_status status;
  PH_TRY(ph_network_forward(net, pictures, pass, e));
  for (int i = 0; i < pass->taps; i++) {
    PH_TRY(ph_network_activation(net, pass->tap[i], &tensor, e));
    PH_TRY(ph_tensor_ensure(&r->tensor[i], ph_tensor_shape(tensor), e));
    ph_tensor_copy(r->tensor[i], tensor);
    PH_TRY(ph_network_gradient(net, pass->tap[i], &tensor, e));
    ph_random_fill_normal(&random, tensor, 0, 1);
  }
  PH_TRY(ph_tensor_ensure(&r->tensor[pass->taps], ph_tensor_shape(pictures), e));
  PH_TRY(ph_network_backward(net, r->tensor[pass->taps], e));
done:
  return status;
}

static void compare(ph_network *const nets[BOTH], ph_tensor *pictures, const ph_pass_options *pass,
                    const char *name) {
  results r[BOTH] = {{{NULL}}};
  ph_status status;
  ph_error e;
  bool same = true;
  for (int b = 0; b < BOTH; b++) PH_TRY(run_once(nets[b], pictures, pass, &r[b], &e));
  for (int i = 0; i <= pass->taps; i++) {
    const ph_tensor *got = r[DNNL].tensor[i], *expected = r[REFERENCE].tensor[i];
    double by = relative_difference(ph_tensor_read(got), ph_tensor_read(expected), ph_tensor_count(expected));
    if (by <= tolerance) continue;
    printf("# %s differs by %.3g\n",
           i < pass->taps ? ph_network_layer(nets[0], pass->tap[i])->name : "gradient", by);
    same = false;
  }
done:
  ok(status == PH_OK && same, "%s", name);
  if (status != PH_OK) printf("# %s\n", e.message);
  for (int b = 0; b < BOTH; b++) release(&r[b]);
}

/* A step again: the same bits, and nothing allocated. */
static void repeat(ph_network *net, ph_tensor *pictures, const ph_pass_options *pass) {
  results r[2] = {{{NULL}}};
  uint64_t before = 0;
  ph_status status;
  ph_error e;
  for (int i = 0; i < 2; i++) PH_TRY(run_once(net, pictures, pass, &r[i], &e));
  before = ph_memory_allocated();
  PH_TRY(run_once(net, pictures, pass, &r[1], &e));
  ok(ph_memory_allocated() == before, "a further step allocates nothing");
  for (int i = 0; i <= pass->taps; i++)
    ok(memcmp(ph_tensor_read(r[0].tensor[i]), ph_tensor_read(r[1].tensor[i]),
              (size_t)ph_tensor_count(r[0].tensor[i]) * sizeof(float)) == 0,
       "tensor %d is the same to the bit", i);
done:
  if (status != PH_OK) ok(0, "%s", e.message);
  release(&r[0]);
  release(&r[1]);
}

int main(void) {
  static const char *const taps[][MOST_TAPS] = {{"top"},
                                                {"normed", "lit", "top"},
                                                {"fixed", "soft", "top"},
                                                {"scaled", "shifted"},
                                                {"gate", "gated"},
                                                {"weights"}};
  static const char *const modes[] = {"plain", "redirected", "guided", "deconvnet", "open", "leaky"};
  ph_network *nets[BOTH] = {NULL};
  ph_tensor *pictures = NULL;
  ph_random random = ph_random_stream(6, "pictures");
  ph_status status;
  ph_error e;
  for (int b = 0; b < BOTH; b++) PH_TRY(build(backends[b], &nets[b], &e));
  PH_TRY(ph_tensor_new(ph_shape4(2, 3, 7, 9), &pictures, &e));
  ph_random_fill_normal(&random, pictures, 0, 1);
  for (size_t t = 0; t < sizeof taps / sizeof *taps; t++) {
    int tap[MOST_TAPS], count = 0;
    for (; count < MOST_TAPS && taps[t][count] != NULL; count++)
      PH_TRY(ph_network_find(nets[0], taps[t][count], &tap[count], &e));
    for (int mode = PH_RELU_PLAIN; mode <= PH_RELU_LEAKY; mode++) {
      char name[120];
      snprintf(name, sizeof name, "%d taps up to %s, %s", count, taps[t][count - 1], modes[mode]);
      compare(
          nets, pictures,
          &(ph_pass_options){.taps = count, .tap = tap, .backward = true, .relu_mode = (ph_relu_mode)mode},
          name);
    }
    repeat(nets[DNNL], pictures, &(ph_pass_options){.taps = count, .tap = tap, .backward = true});
  }
done:
  if (status != PH_OK) ok(0, "%s", e.message);
  for (int b = 0; b < BOTH; b++) ph_network_release(nets[b]);
  ph_tensor_release(pictures);
  return tap_done();
}
