/* SPDX-License-Identifier: MIT */
/* Gradients of objectives: slopes (d objective / d step) are computed in the reverse order of the values, and
   a head's slope is the coefficient of its gradient. */
#include <math.h>
#include <string.h>

#include "objective/heads/sums.h"
#include "evaluation_private.h"

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

/* Where the gradients of what the reading's layer holds are gathered: `own` is the layer's, or the picture's,
   and `seen` what the head adds to, of its own where it sees the layer in another arrangement. */
static ph_status find_gradients(ph_evaluation *ev, ph_reading *r, ph_tensor **own, ph_tensor **seen,
                                ph_error *e) {
  ph_status status = PH_OK;
  *own = ev->picture_gradient;
  if (r->layer != PH_PICTURE) PH_TRY(ph_network_gradient(ev->network, r->layer, own, e));
  *seen = *own;
  if (r->arrangement.is_plain) return PH_OK;
  PH_TRY(ph_tensor_ensure(&r->its_gradient, ph_tensor_shape(r->arranged), e));
  ph_tensor_fill(r->its_gradient, 0);
  *seen = r->its_gradient;
done:
  return status;
}

/* Adds one head's share to its tap's gradient tensor. */
static ph_status add_gradient(ph_evaluation *ev, ph_reading *r, ph_error *e) {
  ph_tensor *own = NULL, *seen = NULL;
  double slope = ev->slope[r->step];
  if (slope == 0) return PH_OK;
  if (!isfinite(slope))
    return ph_evaluation_not_finite(&ev->steps[r->step], "the objective's slope in the direction", e);
  ph_status status = find_gradients(ev, r, &own, &seen, e);
  if (status != PH_OK) return status;
  r->tap.gradient = ph_tensor_data(seen) + r->tap.offset;
  if (r->head->type->gradient != NULL)
    r->head->type->gradient(r->head, &r->tap, slope);
  else if (r->given_gradient != NULL)
    ph_add_scaled(r->tap.gradient, slope, ph_tensor_read(r->given_gradient),
                  ph_tensor_count(r->given_gradient));
  if (seen != own)
    ph_arrangement_add(&r->arrangement, ph_tensor_shape(seen).dim[0], ph_tensor_read(seen),
                       ph_tensor_data(own));
  return PH_OK;
}

static ph_status clear_picture_gradient(ph_evaluation *ev, ph_error *e) {
  if (!ph_evaluation_reads_picture(ev)) return PH_OK;
  ph_status status = ph_tensor_ensure(&ev->picture_gradient, ph_tensor_shape(ev->picture), e);
  if (status == PH_OK) ph_tensor_fill(ev->picture_gradient, 0);
  return status;
}

ph_status ph_evaluation_gradient(ph_evaluation *evaluation, ph_error *e) {
  ph_status status = clear_picture_gradient(evaluation, e);
  if (status != PH_OK) return status;
  memset(evaluation->slope, 0, (size_t)evaluation->count * sizeof *evaluation->slope);
  evaluation->slope[evaluation->count - 1] = 1;
  for (int i = evaluation->count - 1; i >= 0; i--)
    if (evaluation->slope[i] != 0) hand_down(evaluation, i);
  for (int i = 0; i < evaluation->reading_count; i++) {
    status = add_gradient(evaluation, &evaluation->readings[i], e);
    if (status != PH_OK) return status;
  }
  return PH_OK;
}

bool ph_evaluation_reads_picture(const ph_evaluation *evaluation) {
  for (int i = 0; i < evaluation->reading_count; i++)
    if (evaluation->readings[i].layer == PH_PICTURE) return true;
  return false;
}

ph_status ph_evaluation_add_picture_gradient(const ph_evaluation *evaluation, ph_tensor *gradient,
                                             ph_error *e) {
  if (!ph_evaluation_reads_picture(evaluation)) return PH_OK;
  if (evaluation->picture_gradient == NULL)
    return ph_fail(e, PH_MISUSE, "the picture's gradient is known only after the objective's");
  ph_status status = ph_tensor_expect(gradient, ph_tensor_shape(evaluation->picture_gradient), "gradient", e);
  if (status == PH_OK) ph_tensor_add_scaled(gradient, 1, evaluation->picture_gradient);
  return status;
}
