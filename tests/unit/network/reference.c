/* SPDX-License-Identifier: MIT */
/* The reference backend: gradients of whole networks against central differences, pruning, slots, failing
   allocations. */
#include "layer_network.h"
#include "tap.h"

/* ---- networks of one layer, from the list of cases ---- */

/* <subject, weights> of a network run on a picture; the gradient of this is what backward gives. */
typedef struct projection {
  ph_network *network;
  const layer_case *fill; /* says where the picture's values lie; NULL: from -1 to 1 */
  ph_tensor *picture, *weights;
  int taps;
  const int *tap;
} projection;

static double projected(void *context) {
  projection *p = context;
  ph_error e;
  ph_tensor *activation;
  double sum = 0;
  ph_pass_options pass = {.taps = p->taps, .tap = p->tap};
  if (ph_network_forward(p->network, p->picture, &pass, &e) != PH_OK) return (double)NAN;
  for (int i = 0; i < p->taps; i++) {
    if (ph_network_activation(p->network, p->tap[i], &activation, &e) != PH_OK) return (double)NAN;
    /* Every tap is weighed with the same numbers, as many as it has values. */
    const float *values = ph_tensor_read(activation), *weights = ph_tensor_read(p->weights);
    for (int64_t j = 0; j < ph_tensor_count(activation); j++) sum += (double)values[j] * (double)weights[j];
  }
  return sum;
}

/* The gradient of `projected`, by backward. */
static ph_status pull(projection *p, ph_tensor *gradient, ph_error *e) {
  ph_pass_options pass = {.taps = p->taps, .tap = p->tap, .backward = true};
  ph_status status;
  PH_TRY(ph_network_forward(p->network, p->picture, &pass, e));
  for (int i = 0; i < p->taps; i++) {
    ph_tensor *injected;
    PH_TRY(ph_network_gradient(p->network, p->tap[i], &injected, e));
    for (int64_t j = 0; j < ph_tensor_count(injected); j++)
      ph_tensor_data(injected)[j] += ph_tensor_read(p->weights)[j];
  }
  PH_TRY(ph_network_backward(p->network, gradient, e));
done:
  return status;
}

static ph_status compare(projection *p, ph_shape picture, const char *name, ph_error *e) {
  ph_random random = ph_random_stream(3, name);
  ph_tensor *gradient = NULL;
  ph_status status;
  PH_TRY(ph_tensor_new(picture, &p->picture, e));
  PH_TRY(ph_tensor_new(picture, &gradient, e));
  PH_TRY(ph_tensor_new(ph_shape_of(1, (int64_t[]){4096}), &p->weights, e));
  fill_case(p->fill, &random, p->picture);
  ph_random_fill_normal(&random, p->weights, 0, 1);
  PH_TRY(pull(p, gradient, e));
  int64_t count = ph_tensor_count(p->picture);
  near(gradcheck(projected, p, ph_tensor_data(p->picture), count, ph_tensor_read(gradient),
                 spread_step(count) * case_spread(p->fill)),
       0, 4e-3, name);
done:
  ph_tensor_release(gradient);
  ph_tensor_release(p->picture);
  ph_tensor_release(p->weights);
  return status;
}

/* Whether the picture reaches the layer only through a smooth map, so that a small step never crosses a kink.
 */
static bool is_differentiable(const layer_case *c) {
  bool kinked = c->type == &ph_layer_relu || c->type == &ph_layer_max_pool || c->type == &ph_layer_reduce;
  return !kinked || case_is_picture(c);
}

static void check_cases(void) {
  for (int i = 0; i < LAYER_CASES; i++) {
    const layer_case *c = &layer_cases[i];
    ph_error e = {0};
    int subject = 0;
    char name[160];
    projection p = {.fill = case_is_picture(c) ? c : NULL, .taps = 1, .tap = &subject};
    ph_status status;
    snprintf(name, sizeof name, "a network of %s, %s", c->type->name, c->name);
    if (!is_differentiable(c)) continue;
    PH_TRY(case_network(c, &ph_backend_reference, &p.network, &e));
    PH_TRY(ph_network_find(p.network, "subject", &subject, &e));
    PH_TRY(compare(&p, case_picture(c), name, &e));
  done:
    if (status != PH_OK) ok(0, "%s: %s", name, e.message);
    ph_network_release(p.network);
  }
}

/* ---- a network with branches ---- */

static ph_status add(ph_network *network, const char *type, const char *name, const char *from,
                     const char *also, const ph_setting *settings, int setting_count, ph_shape weight,
                     ph_error *e) {
  const char *inputs[] = {from, also};
  ph_random random = ph_random_stream(4, name);
  ph_named_tensor parameter = {.name = "weight"};
  ph_status status = PH_OK;
  if (weight.rank > 0) status = random_parameter(&random, "weight", weight, &parameter.tensor, e);
  if (status == PH_OK)
    status = ph_network_add(network, type, name, inputs, also == NULL ? 1 : 2, settings, setting_count,
                            &parameter, weight.rank > 0, e);
  ph_tensor_release(parameter.tensor);
  return status;
}

/* preprocess, convolution, two branches, their concat and its mean, logits, probabilities; and a pool that
   small pictures have no room for. All smooth, for the sake of differences. */
static ph_status branched(ph_network **network, ph_error *e) {
  const ph_shape none = {0};
  const ph_setting scale[] = {SET("scale", 2), SET("mean", 0.5, 0.6, 0.7)},
                   pool[] = {SET("kernel", 3), SET("padding", 1)}, large[] = {SET("kernel", 50)};
  ph_network *n = NULL;
  ph_status status;
  PH_TRY(ph_network_new(&ph_backend_reference, 3, &n, e));
  PH_TRY(add(n, "preprocess", "input", "image", NULL, scale, 2, none, e));
  PH_TRY(add(n, "convolution", "conv", "input", NULL, NULL, 0, ph_shape4(4, 3, 3, 3), e));
  PH_TRY(add(n, "average_pool", "pool", "conv", NULL, pool, 2, none, e));
  PH_TRY(add(n, "max_pool", "large", "conv", NULL, large, 1, none, e));
  PH_TRY(add(n, "product", "square", "conv", "conv", NULL, 0, none, e));
  PH_TRY(add(n, "convolution", "branch", "square", NULL, NULL, 0, ph_shape4(2, 4, 1, 1), e));
  PH_TRY(add(n, "concat", "mixed", "pool", "branch", NULL, 0, none, e));
  PH_TRY(add(n, "global_average_pool", "mean", "mixed", NULL, NULL, 0, none, e));
  PH_TRY(add(n, "dense", "logits", "mean", NULL, NULL, 0, ph_shape_of(2, (int64_t[]){5, 6}), e));
  PH_TRY(add(n, "softmax", "probabilities", "logits", NULL, NULL, 0, none, e));
  *network = n;
  return PH_OK;
done:
  ph_network_release(n);
  return status;
}

enum { INPUT = 1, CONV, POOL, LARGE, SQUARE, BRANCH, MIXED, MEAN, LOGITS, PROBABILITIES };

static void check_branches(void) {
  static const int taps[] = {0, CONV, BRANCH, MIXED, PROBABILITIES};
  ph_error e = {0};
  projection p = {.taps = 5, .tap = taps};
  ph_status status;
  PH_TRY(branched(&p.network, &e));
  PH_TRY(compare(&p, ph_shape4(1, 3, 6, 5), "branches that meet, five taps, one of them the image", &e));
  p.taps = 1;
  PH_TRY(compare(&p, ph_shape4(1, 3, 6, 5), "the image alone", &e));
  const ph_pass_options pass = {.taps = 1, .tap = &(int){LARGE}};
  ph_tensor *small = NULL;
  PH_TRY(ph_tensor_new(ph_shape4(1, 3, 6, 5), &small, &e));
  status = ph_network_forward(p.network, small, &pass, &e);
  ok(status == PH_MISUSE && strcmp(e.message, "max_pool 'large': a 50x50 window does not fit into 4x3") == 0,
     "what does not fit is an error once it is asked for");
  ph_tensor_release(small);
  status = PH_OK;
done:
  ok(status == PH_OK, "nothing else failed %s", status == PH_OK ? "" : e.message);
  ph_network_release(p.network);
}

/* ---- slots and steps ---- */

static ph_status run_twice(ph_network *network, ph_tensor *pictures, ph_tensor *gradient, ph_error *e) {
  static const int taps[] = {POOL, PROBABILITIES};
  const ph_pass_options pass = {.taps = 2, .tap = taps, .backward = true};
  ph_tensor *injected;
  ph_status status;
  PH_TRY(ph_network_forward(network, pictures, &pass, e));
  PH_TRY(ph_network_gradient(network, PROBABILITIES, &injected, e));
  for (int64_t i = 0; i < ph_tensor_count(injected); i++) ph_tensor_data(injected)[i] = (float)(i % 5);
  PH_TRY(ph_network_backward(network, gradient, e));
done:
  return status;
}

/* Each image of a batch gets what it gets alone, also when batches of other sizes ran before. */
static void check_batches(void) {
  ph_error e = {0};
  ph_network *network = NULL;
  ph_tensor *batch = NULL, *one = NULL, *gradients = NULL, *gradient = NULL;
  ph_random random = ph_random_stream(5, "batch");
  const ph_shape shape = ph_shape4(1, 3, 6, 5);
  const int64_t pixels = 90;
  bool same = true;
  ph_status status;
  PH_TRY(branched(&network, &e));
  PH_TRY(ph_tensor_new(ph_shape4(3, 3, 6, 5), &batch, &e));
  PH_TRY(ph_tensor_new(shape, &one, &e));
  PH_TRY(ph_tensor_new(shape, &gradients, &e));
  PH_TRY(ph_tensor_new(shape, &gradient, &e));
  ph_random_fill_normal(&random, batch, 0, 1);
  PH_TRY(run_twice(network, one, gradient, &e));
  PH_TRY(run_twice(network, batch, gradients, &e));
  for (int64_t n = 0; n < 3; n++) {
    memcpy(ph_tensor_data(one), ph_tensor_read(batch) + n * pixels, (size_t)pixels * sizeof(float));
    PH_TRY(run_twice(network, one, gradient, &e));
    same = same && memcmp(ph_tensor_read(gradient), ph_tensor_read(gradients) + n * pixels,
                          (size_t)pixels * sizeof(float)) == 0;
  }
  ok(same, "an image of a batch gets, to the bit, what it gets alone");
  uint64_t allocated = ph_memory_allocated();
  PH_TRY(run_twice(network, batch, gradients, &e));
  ok(ph_memory_allocated() == allocated, "a step that ran before allocates nothing");
done:
  ok(status == PH_OK, "nothing failed %s", e.message);
  ph_tensor_release(batch);
  ph_tensor_release(one);
  ph_tensor_release(gradients);
  ph_tensor_release(gradient);
  ph_network_release(network);
}

/* The backend's own interface. */
static ph_status run_plan(const ph_network *network, const float *const *gradients, float *image_gradient,
                          ph_error *e) {
  const ph_backend *backend = &ph_backend_reference;
  const ph_layer *layers[PH_MAX_INPUTS];
  const ph_plan_request request = {.network = network,
                                   .height = 3,
                                   .width = 3,
                                   .layer = layers,
                                   .taps = 2,
                                   .tap = (int[]){INPUT, CONV},
                                   .backward = true};
  for (int i = 0; i < ph_network_count(network); i++) layers[i] = ph_network_layer(network, i);
  float image[27] = {1}, input[27], conv[4], *outputs[] = {input, conv};
  void *plan = NULL;
  ph_status status = backend->plan(NULL, &request, &plan, e);
  if (status != PH_OK) return status;
  PH_TRY(backend->reserve(plan, 2, e));
  PH_TRY(backend->forward(plan, 1, image, outputs, e));
  PH_TRY(backend->backward(plan, 1, gradients, image_gradient, e));
done:
  backend->drop(plan);
  return status;
}

static void check_zero_gradients(void) {
  ph_error e = {0};
  ph_network *network = NULL;
  float ones[27], zeros[27] = {0}, got[27];
  bool none = true, all = true;
  ph_status status;
  for (int i = 0; i < 27; i++) ones[i] = got[i] = 1;
  PH_TRY(branched(&network, &e));
  PH_TRY(run_plan(network, (const float *[]){zeros, zeros}, got, &e));
  for (int i = 0; i < 27; i++) none = none && got[i] == 0;
  ok(none, "without any gradient the image's is zero");
  PH_TRY(run_plan(network, (const float *[]){ones, zeros}, got, &e));
  for (int i = 0; i < 27; i++) all = all && got[i] == 2;
  ok(all, "one tap's gradient goes back alone");
done:
  ok(status == PH_OK, "nothing failed %s", e.message);
  ph_network_release(network);
}

/* Plans and slots with every allocation failing in turn. */
static void check_allocations(void) {
  ph_error e = {0};
  ph_network *network = NULL;
  float zeros[27] = {0}, got[27];
  const float *gradients[] = {zeros, zeros};
  ph_status status = branched(&network, &e);
  size_t blocks = ph_memory_blocks();
  bool clean = status == PH_OK;
  int failures = 0;
  for (status = PH_NO_MEMORY; clean && status == PH_NO_MEMORY; failures++) {
    ph_memory_fail_after(failures + 1);
    status = run_plan(network, gradients, got, &e);
    ph_memory_fail_after(0);
    clean = ph_memory_blocks() == blocks;
  }
  ok(clean && status == PH_OK, "each failed allocation is reported and leaves nothing behind %s", e.message);
  ok(failures > 10, "  all %d of them", failures - 1);
  ph_network_release(network);
}

int main(void) {
  check_cases();
  check_branches();
  check_batches();
  check_zero_gradients();
  check_allocations();
  ok(ph_memory_blocks() == 0, "nothing is left allocated");
  return tap_done();
}
