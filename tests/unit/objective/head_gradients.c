/* SPDX-License-Identifier: MIT */
/* Heads on activations of our own, without a network: gradients against central differences. Every type is
   checked: in the cases that it has in the lists below, or else with its defaults. */
#include "gradcheck.h"
#include "head_bench.h"

typedef struct gradient_case {
  const char *name, *type;
  ph_setting settings[MOST_SETTINGS];
  ph_shape tensor; /* rank 0: none */
} gradient_case;

/* For activations (3, 4, 5, 6). */
static const gradient_case map_cases[] = {
    {"channel 0", "channel", {LAYER, SET("unit", 0)}, {0}},
    {"channel of one image", "channel", {LAYER, SET("unit", 3), SET("batch", 1)}, {0}},
    {"neuron at the centre", "neuron", {LAYER, SET("unit", 2)}, {0}},
    {"neuron at a place", "neuron", {LAYER, SET("unit", 2), SET("x", 5), SET("y", 4)}, {0}},
    {"layer, mean", "layer", {LAYER}, {0}},
    {"layer, sum", "layer", {LAYER, {"norm", 0, {0}, "sum"}, SET("batch", 2)}, {0}},
    {"direction", "direction", {LAYER}, {1, {4}}},
    {"direction with angle", "direction", {LAYER, SET("cosine_power", 2)}, {1, {4}}},
    {"direction with projection",
     "direction",
     {LAYER, SET("cosine_power", 4), CHOOSE("angle", "projection")},
     {1, {4}}},
    {"direction of one image", "direction", {LAYER, SET("cosine_power", 0.5), SET("batch", 1)}, {1, {4}}},
    {"direction_neuron", "direction_neuron", {LAYER, SET("cosine_power", 1), SET("x", 5)}, {1, {4}}},
    {"tensor_direction, cropped", "tensor_direction", {LAYER, SET("cosine_power", 2)}, {3, {4, 2, 3}}},
    {"tensor_direction, whole", "tensor_direction", {LAYER}, {4, {1, 4, 5, 6}}},
    {"l1", "l1", {SET("constant", 0.3)}, {0}},
    {"l2", "l2", {SET("constant", -0.2)}, {0}},
    {"l2 of one image", "l2", {SET("epsilon", 0.5), SET("batch", 1)}, {0}},
    {"input_difference, one for all", "input_difference", {{0}}, {4, {1, 4, 5, 6}}},
    {"input_difference, one each", "input_difference", {LAYER}, {4, {3, 4, 5, 6}}},
    {"total_variation", "total_variation", {{0}}, {0}},
    {"boundary_complexity", "boundary_complexity", {SET("width", 1)}, {0}},
    {"boundary_complexity, all frame", "boundary_complexity", {SET("constant", 0.1)}, {0}},
    {"alignment", "alignment", {LAYER}, {0}},
    {"alignment, slow decay", "alignment", {LAYER, SET("decay", 1.25)}, {0}},
    {"diversity", "diversity", {LAYER}, {0}},
    {"diversity, all pairs", "diversity", {LAYER, {"norm", 0, {0}, "sum"}}, {0}},
    {"layer, cubes", "layer", {LAYER, SET("power", 3)}, {0}},
    {"layer, mean activation", "layer", {LAYER, SET("power", 1)}, {0}},
    {"l1, mean", "l1", {SET("mean", 1)}, {0}},
    {"l2, mean", "l2", {SET("mean", 1), SET("constant", 0.1)}, {0}},
    {"total_variation, squares", "total_variation", {SET("power", 2)}, {0}},
    {"total_variation, power 1.5", "total_variation", {SET("power", 1.5), SET("batch", 1)}, {0}},
    {"lp", "lp", {SET("constant", 0.2)}, {0}},
    {"lp, mean of powers", "lp", {SET("power", 3), SET("mean", 1), SET("batch", 2)}, {0}},
    {"l_infinity", "l_infinity", {SET("constant", 0.3)}, {0}},
    {"neuron_weights", "neuron_weights", {LAYER, SET("y", 4)}, {1, {4}}},
    {"local_group, one position", "local_group", {LAYER}, {0}},
    {"local_group of a unit", "local_group", {LAYER, SET("unit", 2), SET("width", 3), SET("height", 2)}, {0}},
    {"local_group, weighted",
     "local_group",
     {LAYER, SET("x", 4), SET("width", 2), SET("batch", 1)},
     {1, {4}}},
    {"activation_difference", "activation_difference", {LAYER}, {3, {4, 5, 6}}},
    {"activation_difference, squares",
     "activation_difference",
     {LAYER, CHOOSE("loss", "l2")},
     {4, {3, 4, 5, 6}}},
    {"activation_difference of images", "activation_difference", {LAYER, SET("to", 1)}, {0}},
    {"activation_difference of two",
     "activation_difference",
     {LAYER, CHOOSE("loss", "l2"), SET("to", 2), SET("batch", 0)},
     {0}},
    {"caricature", "caricature", {LAYER}, {4, {1, 4, 5, 6}}},
    {"caricature with angle",
     "caricature",
     {LAYER, SET("cosine_power", 2), SET("to", 0), SET("batch", 2)},
     {0}},
    {"cosine", "cosine", {LAYER, SET("batch", 1)}, {3, {4, 5, 6}}},
    {"cosine of images", "cosine", {LAYER, SET("to", 0)}, {0}},
    {"style", "style", {LAYER, CHOOSE("loss", "l2")}, {2, {4, 4}}},
    {"style, absolute", "style", {LAYER, SET("batch", 2)}, {2, {4, 4}}},
    {"style of images", "style", {LAYER, SET("to", 1), CHOOSE("loss", "l2")}, {0}},
    {"style of two images", "style", {LAYER, SET("to", 1), SET("batch", 0)}, {0}},
    {NULL, NULL, {{0}}, {0}}};

/* For activations (3, 7). */
static const gradient_case unit_cases[] = {
    {"logit", "logit", {SET("class", 6)}, {0}},
    {"probability of one image", "probability", {SET("class", 0), SET("batch", 2)}, {0}},
    {"channel of units", "channel", {LAYER, SET("unit", 5)}, {0}},
    {"direction of units", "direction", {LAYER, SET("cosine_power", 1)}, {1, {7}}},
    {"cosine of units", "cosine", {LAYER}, {1, {7}}},
    {"activation_difference of units", "activation_difference", {LAYER, CHOOSE("loss", "l2")}, {2, {3, 7}}},
    {NULL, NULL, {{0}}, {0}}};

/* The bench's gradient against differences; takes what it holds along. */
static void check_bench(bench *b, ph_random *random, const char *name) {
  int64_t count = ph_tensor_count(b->activation);
  fill_spread(random, ph_tensor_data(b->activation), count);
  bench_value(b);
  b->head->type->gradient(b->head, &b->tap, 0.75);
  b->head->type->gradient(b->head, &b->tap, 0.25); /* adds */
  near(gradcheck(bench_value, b, ph_tensor_data(b->activation), count, ph_tensor_read(b->gradient),
                 spread_step(count)),
       0, 1e-4, name);
}

static void check_case(const gradient_case *it, ph_shape shape) {
  ph_error e = {0};
  ph_random random = ph_random_stream(7, it->name);
  ph_tensor *tensor = it->tensor.rank == 0 ? NULL : tensor_of(it->tensor);
  if (tensor != NULL) ph_random_fill_normal(&random, tensor, 0, 1);
  bench b = bench_of(make(it->type, it->settings, tensor, &e), shape);
  if (ok(b.head != NULL && bench_fit(&b, &e) == PH_OK, "%s: fits", it->name))
    check_bench(&b, &random, it->name);
  else
    printf("# %s\n", e.message);
  bench_free(&b);
  ph_tensor_release(tensor);
}

/* ---- types without a case: whatever makes them fit ---- */

static void settings_of(const ph_head_type *type, ph_setting settings[MOST_SETTINGS], bool *with_tensor) {
  int count = 0;
  for (int i = 0; ph_head_argument(type, i) != NULL; i++) {
    const char *key = ph_head_argument(type, i)->settings[0];
    bool is_tensor = strcmp(key, "tensor") == 0, is_layer = strcmp(key, "layer") == 0;
    *with_tensor = *with_tensor || is_tensor;
    if (!is_tensor) settings[count++] = is_layer ? (ph_setting)LAYER : (ph_setting)SET(key, 1);
  }
}

/* Tries a vector, an activation and a Gram matrix for the tensor, on an activation of this shape. Returns
   whether the type took any. */
static bool check_defaults(const ph_head_type *type, ph_shape shape) {
  const ph_shape tensors[] = {{1, {shape.dim[1]}}, shape, {2, {shape.dim[1], shape.dim[1]}}};
  bool fits = false, with_tensor = false;
  ph_setting settings[MOST_SETTINGS] = {{0}};
  settings_of(type, settings, &with_tensor);
  for (int i = 0; i < 3 && !fits; i++) {
    ph_error e = {0};
    ph_random random = ph_random_stream(7, type->name);
    ph_tensor *tensor = with_tensor ? tensor_of(tensors[i]) : NULL;
    if (tensor != NULL) ph_random_fill_normal(&random, tensor, 0, 1);
    bench b = bench_of(make(type->name, settings, tensor, &e), shape);
    fits = b.head != NULL && bench_fit(&b, &e) == PH_OK;
    if (fits) check_bench(&b, &random, type->name);
    bench_free(&b);
    ph_tensor_release(tensor);
  }
  return fits;
}

static bool has_case(const gradient_case *cases, const char *type) {
  while (cases->name != NULL && strcmp(cases->type, type) != 0) cases++;
  return cases->name != NULL;
}

/* blur and blur_alpha hold what they compare with constant, so that differences would not tell: tests of
   their own give their gradients exactly. Heads from outside have none. */
static bool is_checked_elsewhere(const char *name) {
  static const char *const others[] = {"blur", "blur_alpha", "alpha", "head"};
  for (size_t k = 0; k < sizeof others / sizeof *others; k++)
    if (strcmp(others[k], name) == 0) return true;
  return false;
}

int main(void) {
  const ph_shape map = ph_shape4(3, 4, 5, 6), units = ph_shape_of(2, (int64_t[]){3, 7});
  for (const gradient_case *it = map_cases; it->name != NULL; it++) check_case(it, map);
  for (const gradient_case *it = unit_cases; it->name != NULL; it++) check_case(it, units);
  for (int i = 0; ph_head_type_at(i) != NULL; i++) {
    const ph_head_type *type = ph_head_type_at(i);
    if (has_case(map_cases, type->name) || has_case(unit_cases, type->name) ||
        is_checked_elsewhere(type->name))
      continue;
    ok(check_defaults(type, map) || check_defaults(type, units), "%s fits without a case", type->name);
  }
  return tap_done();
}
