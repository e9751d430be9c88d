/* SPDX-License-Identifier: MIT */
/* What a box of a layer's output needs of its inputs, by its type's rule, against the gradients that reach
   the inputs from there: none lie outside, and as a rule the box is no larger than it has to be. */
#include "layer_instance.h"
#include "tap.h"

/* The smallest box of what is not zero. */
static ph_box support(const ph_tensor *tensor) {
  const ph_shape shape = ph_tensor_shape(tensor);
  ph_box box = {.rank = 1}; /* empty */
  for (int64_t i = 0; i < ph_shape_count(shape); i++) {
    if (ph_tensor_read(tensor)[i] == 0) continue;
    const ph_box element = ph_box_element(shape, i);
    box = ph_box_join(&box, &element);
  }
  return box;
}

/* The inputs' boxes, cut to what is inside. */
static void by_rule(const layer_instance *it, const ph_box *wanted, ph_box *needed) {
  ph_shape inputs[CASE_INPUTS];
  for (int i = 0; i < it->layer.inputs; i++) inputs[i] = ph_tensor_shape(it->input[i]);
  ph_layer_needs(&it->layer, &(ph_needs){inputs, ph_tensor_shape(it->output), *wanted, false, needed});
  for (int i = 0; i < it->layer.inputs; i++) needed[i] = ph_box_inside(&needed[i], inputs[i]);
}

/* Gradients of 1 in a box of the output, which are taken back. */
static void by_gradient(layer_instance *it, const ph_box *wanted, ph_box *needed) {
  const ph_shape shape = ph_tensor_shape(it->output_gradient);
  for (int64_t i = 0; i < ph_shape_count(shape); i++) {
    const ph_box element = ph_box_element(shape, i), joined = ph_box_join(&element, wanted);
    ph_tensor_data(it->output_gradient)[i] = memcmp(&joined, wanted, sizeof joined) == 0;
  }
  for (int i = 0; i < it->layer.inputs; i++) ph_tensor_fill(it->input_gradient[i], 0);
  instance_backward_through(it, PH_RELU_OPEN, PH_POOL_SMOOTH, ~0u);
  for (int i = 0; i < it->layer.inputs; i++) needed[i] = support(it->input_gradient[i]);
}

/* Whether a gradient may be zero where the rule says that something is read: the largest was chosen, slopes
   are flat, a channel is one pixel of a square. */
static bool chooses(const layer_case *c) {
  return c->type == &ph_layer_top_k || c->type == &ph_layer_reduce || c->type == &ph_layer_binary ||
         c->type == &ph_layer_global_max_pool || c->type == &ph_layer_space_to_depth ||
         c->type->reach == PH_REACH_ELEMENT;
}

/* Whether boxes have the same rows and columns; of channels, rules may name more than there are. */
static bool same_places(const ph_box *a, const ph_box *b) {
  if (ph_box_is_empty(a) || ph_box_is_empty(b)) return ph_box_is_empty(a) == ph_box_is_empty(b);
  return a->rank != 4 || memcmp(a->axis + 2, b->axis + 2, 2 * sizeof *a->axis) == 0;
}

static bool same(const ph_box *a, const ph_box *b) {
  if (ph_box_is_empty(a) || ph_box_is_empty(b)) return ph_box_is_empty(a) == ph_box_is_empty(b);
  return memcmp(a->axis, b->axis, (size_t)a->rank * sizeof *a->axis) == 0;
}

static void check_box(layer_instance *it, const layer_case *c, const ph_box *wanted, bool *contains,
                      bool *exact) {
  ph_box needed[CASE_INPUTS], reached[CASE_INPUTS];
  by_rule(it, wanted, needed);
  by_gradient(it, wanted, reached);
  for (int i = 0; i < it->layer.inputs; i++) {
    const ph_box joined = ph_box_join(&needed[i], &reached[i]);
    *contains = *contains && same(&joined, &needed[i]);
    *exact = *exact && (chooses(c) || same_places(&needed[i], &reached[i]));
  }
}

static void check_case(const layer_case *c) {
  ph_error e;
  layer_instance it;
  bool contains = true, exact = true;
  if (!ok(instance_new(&it, c, &e) == PH_OK, "%s, %s", c->type->name, c->name)) {
    printf("# %s\n", e.message);
  } else {
    const ph_shape shape = ph_tensor_shape(it.output);
    instance_forward(&it);
    for (int64_t i = 0; i < ph_shape_count(shape); i++) {
      const ph_box one = ph_box_element(shape, i),
                   other = ph_box_element(shape, i * 7 % ph_shape_count(shape));
      const ph_box several = ph_box_join(&one, &other);
      check_box(&it, c, &one, &contains, &exact);
      bool any = true;
      check_box(&it, c, &several, &contains, &any);
    }
    ok(contains, "  nothing outside is read");
    ok(exact, "  and the rows and columns of a single element are as few as they can be");
  }
  instance_free(&it);
}

int main(void) {
  for (int i = 0; i < LAYER_CASES; i++) check_case(&layer_cases[i]);
  ok(ph_memory_blocks() == 0, "nothing is left allocated");
  return tap_done();
}
