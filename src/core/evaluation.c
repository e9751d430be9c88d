/* Running objectives. The expression is flattened once into steps, operands first; values run up that list,
   slopes (d objective / d step) run down it, and a head's slope is the coefficient of its gradient. */
#include "evaluation.h"

#include <math.h>
#include <string.h>

#include "memory.h"

/* A head at work: one step of the expression, reading one tap. */
typedef struct reading {
  ph_head *head; /* our own copy, resolved: class labels have become numbers */
  int step, layer;
  ph_tap tap;
  double *scratch;
  int64_t scratch_size;
} reading;

struct ph_evaluation {
  ph_objective *objective;
  ph_network *network;
  ph_step *steps;
  int count;
  double *value, *slope; /* one a step */
  reading *readings;
  int reading_count;
  int *taps;
  int tap_count;
};

/* ---- binding ---- */

static ph_status allocate(ph_evaluation *ev, ph_error *e) {
  int heads = 0;
  for (int i = 0; i < ev->count; i++) heads += ev->steps[i].operation == PH_HEAD;
  if (heads == 0)
    return ph_fail(e, PH_MISUSE, "this objective is only a number: it reads nothing of the network");
  ev->value = ph_alloc_array((size_t)ev->count, sizeof *ev->value);
  ev->slope = ph_alloc_array((size_t)ev->count, sizeof *ev->slope);
  ev->readings = ph_alloc_array((size_t)heads, sizeof *ev->readings);
  ev->taps = ph_alloc_array((size_t)heads, sizeof *ev->taps);
  bool complete = ev->value != NULL && ev->slope != NULL && ev->readings != NULL && ev->taps != NULL;
  return complete ? PH_OK : ph_no_memory(e);
}

static ph_status resolve_heads(ph_evaluation *ev, ph_error *e) {
  for (int i = 0; i < ev->count; i++) {
    if (ev->steps[i].operation != PH_HEAD) continue;
    reading *r = &ev->readings[ev->reading_count++];
    r->step = i;
    ph_status status = ph_head_copy(ev->steps[i].head, &r->head, e);
    if (status == PH_OK) status = ph_head_resolve(r->head, ev->network, &r->layer, e);
    if (status != PH_OK) return status;
  }
  return PH_OK;
}

/* Each layer that is read, once, in the network's order. */
static void collect_taps(ph_evaluation *ev) {
  for (int i = 0; i < ev->reading_count; i++) {
    int layer = ev->readings[i].layer, at = 0;
    while (at < ev->tap_count && ev->taps[at] < layer) at++;
    if (at < ev->tap_count && ev->taps[at] == layer) continue;
    memmove(ev->taps + at + 1, ev->taps + at, (size_t)(ev->tap_count - at) * sizeof *ev->taps);
    ev->taps[at] = layer;
    ev->tap_count++;
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
  *evaluation = ev;
  return PH_OK;
fail:
  ph_evaluation_release(ev);
  return status;
}

void ph_evaluation_release(ph_evaluation *evaluation) {
  if (evaluation == NULL) return;
  for (int i = 0; i < evaluation->reading_count; i++) {
    ph_head_free(evaluation->readings[i].head);
    ph_free(evaluation->readings[i].scratch);
  }
  ph_free(evaluation->readings);
  ph_free(evaluation->steps);
  ph_free(evaluation->value);
  ph_free(evaluation->slope);
  ph_free(evaluation->taps);
  ph_network_release(evaluation->network);
  ph_objective_release(evaluation->objective);
  ph_free(evaluation);
}

const ph_network *ph_evaluation_network(const ph_evaluation *evaluation) { return evaluation->network; }

int ph_evaluation_taps(const ph_evaluation *evaluation, const int **taps) {
  *taps = evaluation->taps;
  return evaluation->tap_count;
}

/* ---- values ---- */

/* Points the reading at the network's activation. Scratch grows when the images do, and is then kept. */
static ph_status point(ph_evaluation *ev, reading *r, ph_error *e) {
  ph_tensor *activation = NULL;
  ph_status status = ph_network_activation(ev->network, r->layer, &activation, e);
  const char *layer = ph_network_layer(ev->network, r->layer)->name;
  if (status == PH_OK) status = ph_head_tap(r->head, layer, ph_tensor_array(activation), &r->tap, e);
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

static ph_status read_heads(ph_evaluation *ev, ph_error *e) {
  char text[PH_HEAD_TEXT];
  for (int i = 0; i < ev->reading_count; i++) {
    reading *r = &ev->readings[i];
    ph_status status = point(ev, r, e);
    if (status != PH_OK) return status;
    double value = ev->value[r->step] = r->head->type->value(r->head, &r->tap);
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

static ph_status not_finite(const ph_step *step, const char *what, ph_error *e) {
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
    if (!isfinite(evaluation->value[i])) return not_finite(step, "the value", e);
  }
  *value = evaluation->value[evaluation->count - 1];
  return PH_OK;
}

/* ---- gradients ---- */

/* d a^b / da, and d a^b / db. */
static double power_by_base(double a, double b) { return b == 0 ? 0 : b * pow(a, b - 1); }
static double power_by_exponent(double a, double b) { return a == 0 && b > 0 ? 0 : pow(a, b) * log(a); }

/* Hands a step's slope on to its operands. */
static void hand_down(ph_evaluation *ev, int i) {
  const ph_step *step = &ev->steps[i];
  double slope = ev->slope[i], none = 0;
  double a = step->left < 0 ? 0 : ev->value[step->left], b = step->right < 0 ? 0 : ev->value[step->right];
  double *of_a = step->left < 0 ? &none : &ev->slope[step->left];
  double *of_b = step->right < 0 ? &none : &ev->slope[step->right];
  switch (step->operation) {
    case PH_ADD:
      *of_a += slope;
      *of_b += slope;
      break;
    case PH_SUBTRACT:
      *of_a += slope;
      *of_b -= slope;
      break;
    case PH_MULTIPLY:
      *of_a += slope * b;
      *of_b += slope * a;
      break;
    case PH_DIVIDE:
      *of_a += slope / b;
      *of_b -= slope * a / (b * b);
      break;
    case PH_POWER:
      if (ev->steps[step->left].operation != PH_NUMBER) *of_a += slope * power_by_base(a, b);
      if (ev->steps[step->right].operation != PH_NUMBER) *of_b += slope * power_by_exponent(a, b);
      break;
    case PH_NEGATE:
      *of_a -= slope;
      break;
    default: /* leaves */
      break;
  }
}

/* Adds one head's share to its tap's gradient tensor. */
static ph_status add_gradient(ph_evaluation *ev, reading *r, ph_error *e) {
  ph_tensor *gradient = NULL;
  double slope = ev->slope[r->step];
  if (slope == 0) return PH_OK;
  if (!isfinite(slope)) return not_finite(&ev->steps[r->step], "the objective's slope in the direction", e);
  ph_status status = ph_network_gradient(ev->network, r->layer, &gradient, e);
  if (status != PH_OK) return status;
  r->tap.gradient = ph_tensor_data(gradient) + r->tap.offset;
  r->head->type->gradient(r->head, &r->tap, slope);
  return PH_OK;
}

ph_status ph_evaluation_gradient(ph_evaluation *evaluation, ph_error *e) {
  memset(evaluation->slope, 0, (size_t)evaluation->count * sizeof *evaluation->slope);
  evaluation->slope[evaluation->count - 1] = 1;
  for (int i = evaluation->count - 1; i >= 0; i--)
    if (evaluation->slope[i] != 0) hand_down(evaluation, i);
  for (int i = 0; i < evaluation->reading_count; i++) {
    ph_status status = add_gradient(evaluation, &evaluation->readings[i], e);
    if (status != PH_OK) return status;
  }
  return PH_OK;
}

ph_status ph_evaluation_run(ph_evaluation *evaluation, double *value, ph_error *e) {
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
