/* SPDX-License-Identifier: MIT */
/* Running objectives. The expression is flattened once into steps, operands first, and values are computed in
   this order. The backward pass is in evaluation_gradient.c. */
#include "evaluation_private.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"

static const ph_channels whole = {0, INT64_MAX};

/* ---- binding ---- */

static ph_status allocate(ph_evaluation *ev, ph_error *e) {
  int heads = 0;
  for (int i = 0; i < ev->count; i++) heads += ev->steps[i].operation == PH_HEAD;
  if (heads == 0)
    return ph_fail(e, PH_MISUSE, "this objective is a constant: it does not depend on the network");
  ev->value = ph_alloc_array((size_t)ev->count, sizeof *ev->value);
  ev->slope = ph_alloc_array((size_t)ev->count, sizeof *ev->slope);
  ev->readings = ph_alloc_array((size_t)heads, sizeof *ev->readings);
  ev->taps = ph_alloc_array((size_t)heads, sizeof *ev->taps);
  ev->reads = ph_alloc_array((size_t)heads, sizeof *ev->reads);
  bool complete =
      ev->value != NULL && ev->slope != NULL && ev->readings != NULL && ev->taps != NULL && ev->reads != NULL;
  return complete ? PH_OK : ph_no_memory(e);
}

static ph_status resolve_heads(ph_evaluation *ev, ph_error *e) {
  for (int i = 0; i < ev->count; i++) {
    if (ev->steps[i].operation != PH_HEAD) continue;
    ph_reading *r = &ev->readings[ev->reading_count++];
    r->step = i;
    ph_status status = ph_head_copy(ph_head_meant(ev->steps[i].head, ev->network), &r->head, e);
    if (status == PH_OK) r->head->config->batch = ev->steps[i].head->config->batch;
    if (status == PH_OK) status = ph_head_resolve(r->head, ev->network, &r->layer, e);
    if (status != PH_OK) return status;
  }
  return PH_OK;
}

/* Each layer that is read, once, in the network's order. Where only the picture is read, the network's input
   stands in for a tap: a pass has to lead somewhere. */
static void collect_taps(ph_evaluation *ev) {
  for (int i = 0; i < ev->reading_count; i++) {
    int layer = ev->readings[i].layer, at = 0;
    if (layer == PH_PICTURE) continue;
    while (at < ev->tap_count && ev->taps[at] < layer) at++;
    if (at < ev->tap_count && ev->taps[at] == layer) continue;
    memmove(ev->taps + at + 1, ev->taps + at, (size_t)(ev->tap_count - at) * sizeof *ev->taps);
    ev->taps[at] = layer;
    ev->tap_count++;
  }
  if (ev->tap_count == 0) ev->taps[ev->tap_count++] = 0;
}

/* From the first channel that any head reads of the tap to the last one. */
static void collect_reads(ph_evaluation *ev) {
  for (int tap = 0; tap < ev->tap_count; tap++) {
    ph_channels all = {INT64_MAX, 0};
    for (int i = 0; i < ev->reading_count; i++) {
      const ph_head *head = ev->readings[i].head;
      if (ev->readings[i].layer != ev->taps[tap]) continue;
      ph_channels own = head->type->channels != NULL ? head->type->channels(head) : whole;
      if (own.first < all.first) all.first = own.first;
      if (own.last > all.last) all.last = own.last;
    }
    ev->reads[tap] = all.last > 0 ? all : whole;
  }
}

ph_status ph_evaluation_new(ph_objective *objective, ph_network *network, ph_evaluation **evaluation,
                            ph_error *e) {
  ph_evaluation *ev = ph_alloc(sizeof *ev);
  ph_status status;
  if (ev == NULL) return ph_no_memory(e);
  ev->objective = ph_objective_retain(objective);
  ev->network = ph_network_retain(network);
  PH_TRY(ph_objective_flatten(objective, &ev->steps, &ev->count, e));
  PH_TRY(allocate(ev, e));
  PH_TRY(resolve_heads(ev, e));
  collect_taps(ev);
  collect_reads(ev);
  *evaluation = ev;
  return PH_OK;
done:
  ph_evaluation_release(ev);
  return status;
}

void ph_evaluation_release(ph_evaluation *evaluation) {
  if (evaluation == NULL) return;
  for (int i = 0; i < evaluation->reading_count; i++) {
    ph_head_free(evaluation->readings[i].head);
    ph_free(evaluation->readings[i].scratch);
    ph_tensor_release(evaluation->readings[i].arranged);
    ph_tensor_release(evaluation->readings[i].its_gradient);
    ph_tensor_release(evaluation->readings[i].given_gradient);
  }
  ph_free(evaluation->readings);
  ph_free(evaluation->steps);
  ph_free(evaluation->value);
  ph_free(evaluation->slope);
  ph_free(evaluation->taps);
  ph_free(evaluation->reads);
  ph_tensor_release(evaluation->picture);
  ph_tensor_release(evaluation->picture_gradient);
  ph_network_release(evaluation->network);
  ph_objective_release(evaluation->objective);
  ph_free(evaluation);
}

const ph_network *ph_evaluation_network(const ph_evaluation *evaluation) { return evaluation->network; }

int ph_evaluation_taps(const ph_evaluation *evaluation, const int **taps) {
  *taps = evaluation->taps;
  return evaluation->tap_count;
}

ph_status ph_evaluation_forward(ph_evaluation *evaluation, ph_tensor *images, ph_pass_options pass,
                                ph_error *e) {
  pass.taps = evaluation->tap_count;
  pass.tap = evaluation->taps;
  pass.reads = NULL;
  for (int i = 0; i < pass.taps; i++)
    if (evaluation->reads[i].last != whole.last) pass.reads = evaluation->reads;
  ph_status status = ph_network_forward(evaluation->network, images, &pass, e);
  evaluation->pass = ph_network_passes(evaluation->network);
  return status;
}

bool ph_evaluation_is_current(const ph_evaluation *evaluation) {
  return evaluation->pass == ph_network_passes(evaluation->network);
}

/* ---- values ---- */

void ph_evaluation_show(ph_evaluation *evaluation, ph_tensor *picture) {
  ph_tensor_retain(picture);
  ph_tensor_release(evaluation->picture);
  evaluation->picture = picture;
}

/* The picture, which is arranged as it lies. */
static ph_status find_picture(ph_evaluation *ev, ph_reading *r, ph_array *array, ph_error *e) {
  char text[PH_HEAD_TEXT];
  if (ev->picture == NULL)
    return ph_fail(e, PH_MISUSE, "%.200s reads the picture before its transforms, which was not given",
                   ph_head_print(ev->steps[r->step].head, text));
  if (r->head->config->token != PH_TOKEN_PATCHES) return ph_fail(e, PH_MISUSE, "the picture has no tokens");
  *array = ph_tensor_array(ev->picture);
  r->arrangement.is_plain = true;
  return PH_OK;
}

/* What the reading's layer holds, arranged as units of a map. */
static ph_status find_arranged(ph_evaluation *ev, ph_reading *r, ph_array *array, ph_error *e) {
  ph_tensor *activation = NULL;
  ph_arrangement *a = &r->arrangement;
  ph_status status;
  PH_TRY(ph_network_activation(ev->network, r->layer, &activation, e));
  PH_TRY(ph_network_arrangement(ev->network, r->layer, (ph_token)r->head->config->token, a, e));
  const int64_t images = ph_tensor_shape(activation).dim[0];
  *array = (ph_array){.shape = ph_arrangement_shape(a, images), .data = ph_tensor_array(activation).data};
  if (a->is_plain) return PH_OK;
  PH_TRY(ph_tensor_ensure(&r->arranged, array->shape, e));
  ph_arrangement_read(a, images, array->data, ph_tensor_data(r->arranged));
  *array = ph_tensor_array(r->arranged);
done:
  return status;
}

/* Scratch grows when the images do, and is then kept. */
ph_status ph_reading_point(ph_evaluation *ev, ph_reading *r, ph_error *e) {
  const bool is_picture = r->layer == PH_PICTURE;
  const char *layer = is_picture ? ph_picture_name : ph_network_layer(ev->network, r->layer)->name;
  ph_array array;
  ph_status status = is_picture ? find_picture(ev, r, &array, e) : find_arranged(ev, r, &array, e);
  if (status == PH_OK) status = ph_head_tap(r->head, layer, array, &r->tap, e);
  if (status != PH_OK) return status;
  int64_t size = r->head->type->scratch == NULL ? 0 : r->head->type->scratch(r->head, &r->tap);
  if (size > r->scratch_size) {
    double *scratch = ph_alloc_array((size_t)size, sizeof *scratch);
    if (scratch == NULL) return ph_no_memory(e);
    ph_free(r->scratch);
    r->scratch = scratch;
    r->scratch_size = size;
  }
  r->tap.scratch = r->scratch;
  return PH_OK;
}

/* A head's value: its own function's, or what was given in its place. */
static ph_status read_value(ph_evaluation *ev, ph_reading *r, double *value, ph_error *e) {
  char text[PH_HEAD_TEXT];
  if (r->head->type->value != NULL) {
    *value = r->head->type->value(r->head, &r->tap);
    return PH_OK;
  }
  if (!r->is_given)
    return ph_fail(e, PH_MISUSE, "layer '%s': %.200s has no value yet", r->tap.layer,
                   ph_head_print(ev->steps[r->step].head, text));
  r->is_given = false;
  *value = r->given_value;
  return PH_OK;
}

static ph_status read_heads(ph_evaluation *ev, ph_error *e) {
  char text[PH_HEAD_TEXT];
  for (int i = 0; i < ev->reading_count; i++) {
    ph_reading *r = &ev->readings[i];
    double value = 0;
    ph_status status = ph_reading_point(ev, r, e);
    if (status == PH_OK) status = read_value(ev, r, &value, e);
    if (status != PH_OK) return status;
    ev->value[r->step] = value;
    if (!isfinite(value))
      return ph_fail(e, PH_FAILURE, "layer '%s': %.200s is %s", r->tap.layer,
                     ph_head_print(ev->steps[r->step].head, text),
                     isnan(value) ? "not a number" : "infinite");
  }
  return PH_OK;
}

/* What a step makes of its operands; leaves have their number already. */
static double combine(const ph_step *step, const double *value) {
  if (step->left < 0) return step->number;
  return ph_operation_apply(step->operation, value[step->left], step->right < 0 ? 0 : value[step->right]);
}

ph_status ph_evaluation_not_finite(const ph_step *step, const char *what, ph_error *e) {
  char text[200];
  ph_error ignored;
  if (ph_objective_print(step->part, text, sizeof text, &ignored) != PH_OK) return ph_no_memory(e);
  return ph_fail(e, PH_FAILURE, "%s of %s is not finite", what, text);
}

ph_status ph_evaluation_value(ph_evaluation *evaluation, double *value, ph_error *e) {
  ph_status status = read_heads(evaluation, e);
  if (status != PH_OK) return status;
  for (int i = 0; i < evaluation->count; i++) {
    const ph_step *step = &evaluation->steps[i];
    if (step->operation == PH_HEAD) continue;
    evaluation->value[i] = combine(step, evaluation->value);
    if (!isfinite(evaluation->value[i])) return ph_evaluation_not_finite(step, "the value", e);
  }
  *value = evaluation->value[evaluation->count - 1];
  return PH_OK;
}

ph_status ph_evaluation_evaluate(ph_evaluation *evaluation, double *value, ph_error *e) {
  ph_status status = ph_evaluation_value(evaluation, value, e);
  return status == PH_OK ? ph_evaluation_gradient(evaluation, e) : status;
}

/* ---- reports ---- */

int ph_evaluation_terms(const ph_evaluation *evaluation) { return evaluation->reading_count; }

double ph_evaluation_term(const ph_evaluation *evaluation, int i, char text[PH_HEAD_TEXT]) {
  int step = evaluation->readings[i].step;
  ph_head_print(evaluation->steps[step].head, text);
  return evaluation->value[step];
}
