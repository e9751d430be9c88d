/* SPDX-License-Identifier: MIT */
/* An objective on a small smooth network, ready to pass. */
#ifndef EVALUATION_RIG_H
#define EVALUATION_RIG_H

#include "objective/evaluation.h"

#include <string.h>

#include "base/memory.h"
#include "gradcheck.h"
#include "tap.h"

enum { SIZE = 8, MOST_IMAGES = 3 };

static inline void must(ph_status status, const ph_error *e) {
  if (status != PH_OK) printf("Bail out! %s\n", e->message);
}

static inline ph_tensor *noise(const char *name, ph_shape shape, double mean, double deviation) {
  ph_error e;
  ph_tensor *tensor = NULL;
  ph_random random = ph_random_stream(3, name);
  must(ph_tensor_new(shape, &tensor, &e), &e);
  ph_random_fill_normal(&random, tensor, mean, deviation);
  return tensor;
}

static inline void add(ph_network *net, const char *type, const char *name, const char *from,
                       const ph_setting *setting, ph_tensor *weight) {
  ph_error e;
  ph_named_tensor parameter = {"weight", weight};
  must(ph_network_add(net, type, name, &from, 1, setting, setting != NULL, &parameter, weight != NULL, &e),
       &e);
  ph_tensor_release(weight);
}

/* image -> conv (6, 8, 8) -> act -> deep (5, 4, 4) -> logits (4) -> classes (4). Softmax in the place of ReLU
   keeps it smooth, so that differences are exact. */
static inline ph_network *make_network(void) {
  ph_error e;
  ph_network *net = NULL;
  const ph_setting padding = {"padding", 1, {1}, NULL}, stride = {"stride", 1, {2}, NULL};
  must(ph_network_new(&ph_backend_reference, 3, &net, &e), &e);
  add(net, "convolution", "conv", "image", &padding, noise("conv", ph_shape4(6, 3, 3, 3), 0, 0.5));
  add(net, "softmax", "act", "conv", NULL, NULL);
  add(net, "convolution", "deep", "act", &stride, noise("deep", ph_shape4(5, 6, 2, 2), 0, 1));
  add(net, "dense", "logits", "deep", NULL, noise("logits", ph_shape_of(2, (int64_t[]){4, 80}), 0, 0.5));
  add(net, "softmax", "classes", "logits", NULL, NULL);
  const char *const labels[] = {"cat", "dog", "flower", "jackfruit"};
  must(ph_network_set_classes(net, "logits", "classes", labels, 4, &e), &e);
  return net;
}

/* ---- expressions ---- */

static inline ph_objective *head(const char *type, const ph_setting *settings, ph_tensor *tensor) {
  ph_error e;
  ph_objective *objective = NULL;
  int count = 0;
  while (settings[count].key != NULL) count++;
  must(ph_objective_head(type, settings, count, tensor, &objective, &e), &e);
  return objective;
}

static inline ph_objective *parse(const char *text) {
  ph_error e;
  ph_objective *objective = NULL;
  must(ph_objective_parse(text, &objective, &e), &e);
  return objective;
}

static inline ph_objective *number(double value) {
  ph_error e;
  ph_objective *objective = NULL;
  must(ph_objective_number(value, &objective, &e), &e);
  return objective;
}

/* Takes its operands over. */
static inline ph_objective *combine(ph_operation operation, ph_objective *left, ph_objective *right) {
  ph_error e;
  ph_objective *result = NULL;
  must(ph_objective_combine(operation, left, right, &result, &e), &e);
  ph_objective_release(left);
  ph_objective_release(right);
  return result;
}

static inline ph_objective *on(ph_objective *objective, int64_t image) {
  ph_error e;
  ph_objective *result = NULL;
  must(ph_objective_on(objective, image, &result, &e), &e);
  ph_objective_release(objective);
  return result;
}

/* ---- running ---- */

typedef struct rig {
  ph_network *net;
  ph_tensor *images, *gradient;
  ph_evaluation *evaluation;
} rig;

/* Takes the objective over. */
static inline rig rig_of(ph_objective *objective, int images) {
  ph_error e;
  rig r = {.net = make_network()};
  r.images = noise("images", ph_shape4(images, 3, SIZE, SIZE), 0.5, 0.3);
  must(ph_tensor_new(ph_shape4(1, 1, 1, 1), &r.gradient, &e), &e);
  must(ph_evaluation_new(objective, r.net, &r.evaluation, &e), &e);
  ph_objective_release(objective);
  return r;
}

static inline void rig_free(rig *r) {
  ph_evaluation_release(r->evaluation);
  ph_network_release(r->net);
  ph_tensor_release(r->images);
  ph_tensor_release(r->gradient);
}

static inline ph_status run_network(rig *r, bool backward, ph_error *e) {
  ph_pass_options pass = {.backward = backward};
  pass.taps = ph_evaluation_taps(r->evaluation, &pass.tap);
  return ph_network_forward(r->net, r->images, &pass, e);
}

/* The images are the picture too: there are no transforms here. */
static inline ph_status forward(rig *r, bool backward, ph_error *e) {
  ph_evaluation_show(r->evaluation, r->images);
  return run_network(r, backward, e);
}

static inline double value_of(void *context) {
  ph_error e;
  double value = 0;
  must(forward(context, false, &e), &e);
  must(ph_evaluation_value(((rig *)context)->evaluation, &value, &e), &e);
  return value;
}

static inline double step_of(rig *r) {
  ph_error e;
  double value = 0;
  must(forward(r, true, &e), &e);
  must(ph_evaluation_evaluate(r->evaluation, &value, &e), &e);
  must(ph_network_backward(r->net, r->gradient, &e), &e);
  must(ph_evaluation_add_picture_gradient(r->evaluation, r->gradient, &e), &e);
  return value;
}

#endif
