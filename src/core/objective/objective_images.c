/* SPDX-License-Identifier: MIT */
/* Which images of the batch an expression reads: naming one, and following pictures into their copies. Each
   makes new heads of those of an expression, and the expression anew. */
#include <inttypes.h>
#include <string.h>

#include "base/memory.h"
#include "objective/heads/target.h"
#include "objective_private.h"

/* Makes of a leaf that is a head another one, or the same where nothing changes. */
typedef ph_status (*change)(ph_objective *leaf, const int64_t *numbers, ph_objective **result, ph_error *e);

static ph_status changed(ph_objective *objective, change each, const int64_t *numbers, ph_objective **result,
                         ph_error *e) {
  ph_step *steps = NULL;
  ph_objective **made = NULL;
  int count = 0, done = 0;
  ph_status status;
  PH_TRY(ph_objective_flatten(objective, &steps, &count, e));
  made = ph_alloc_array((size_t)count, sizeof *made);
  if (made == NULL) PH_TRY(ph_no_memory(e));
  for (; done < count; done++) {
    const ph_step *step = &steps[done];
    if (step->operation == PH_NUMBER)
      made[done] = ph_objective_retain(step->part);
    else if (step->operation == PH_HEAD)
      PH_TRY(each(step->part, numbers, &made[done], e));
    else
      PH_TRY(ph_objective_combine(step->operation, made[step->left],
                                  step->right < 0 ? NULL : made[step->right], &made[done], e));
  }
  *result = ph_objective_retain(made[count - 1]);
done:
  while (done > 0) ph_objective_release(made[--done]);
  ph_free(made);
  ph_free(steps);
  return status;
}

/* ---- naming one ---- */

static ph_status on(ph_objective *leaf, const int64_t *image, ph_objective **result, ph_error *e) {
  ph_head *copy;
  if (leaf->head->config->batch >= 0) {
    *result = ph_objective_retain(leaf);
    return PH_OK;
  }
  ph_status status = ph_head_copy(leaf->head, &copy, e);
  if (status != PH_OK) return status;
  copy->config->batch = *image;
  return ph_objective_from_head(copy, result, e);
}

ph_status ph_objective_on(ph_objective *objective, int64_t image, ph_objective **result, ph_error *e) {
  if (image < 0) return ph_fail(e, PH_MISUSE, "image %lld: images count from 0", (long long)image);
  return changed(objective, on, &image, result, e);
}

/* ---- copies ---- */

static bool reads_picture(const ph_head *head) {
  const char *layer = head->config->layer[0] != '\0' ? head->config->layer : head->type->layer;
  return layer != NULL && strcmp(layer, ph_picture_name) == 0;
}

static int64_t target_of(ph_head *head) {
  const int64_t *target = ph_target_image(head);
  return target != NULL ? *target : -1;
}

static bool names_image(ph_head *head) {
  return !reads_picture(head) && (head->config->batch >= 0 || target_of(head) >= 0);
}

ph_status ph_objective_names_images(ph_objective *objective, bool *names, ph_error *e) {
  ph_step *steps;
  int count;
  ph_status status = ph_objective_flatten(objective, &steps, &count, e);
  if (status != PH_OK) return status;
  *names = false;
  for (int i = 0; i < count; i++)
    if (steps[i].operation == PH_HEAD && names_image(steps[i].part->head)) *names = true;
  ph_free(steps);
  return PH_OK;
}

/* numbers: how many pictures there are, and which of their copies is read. */
static ph_status follow(ph_objective *leaf, const int64_t *numbers, ph_objective **result, ph_error *e) {
  const int64_t pictures = numbers[0], shift = numbers[0] * numbers[1];
  char text[PH_HEAD_TEXT];
  ph_head *copy;
  if (!names_image(leaf->head)) {
    *result = ph_objective_retain(leaf);
    return PH_OK;
  }
  const int64_t image = leaf->head->config->batch, target = target_of(leaf->head);
  if (image < 0)
    return ph_fail(e, PH_MISUSE, "%.200s: with copies, say which image is compared, as in :on(0)",
                   ph_head_print(leaf->head, text));
  if (image >= pictures || target >= pictures)
    return ph_fail(e, PH_MISUSE,
                   "%.200s: image %" PRId64 " out of range 0..%" PRId64
                   ", of each of which all copies are read",
                   ph_head_print(leaf->head, text), image >= pictures ? image : target, pictures - 1);
  ph_status status = ph_head_copy(leaf->head, &copy, e);
  if (status != PH_OK) return status;
  copy->config->batch += shift;
  if (target >= 0) *ph_target_image(copy) += shift;
  return ph_objective_from_head(copy, result, e);
}

/* *sum becomes itself and another. */
static ph_status add(ph_objective **sum, ph_objective *other, ph_error *e) {
  ph_objective *both;
  ph_status status = ph_objective_combine(PH_ADD, *sum, other, &both, e);
  if (status != PH_OK) return status;
  ph_objective_release(*sum);
  *sum = both;
  return PH_OK;
}

ph_status ph_objective_in_copies(ph_objective *objective, int64_t pictures, int64_t copies,
                                 ph_objective **result, ph_error *e) {
  ph_objective *sum = NULL, *number = NULL;
  ph_status status;
  PH_TRY(ph_objective_number(0, &sum, e));
  for (int64_t copy = 0; copy < copies; copy++) {
    ph_objective *one = NULL;
    PH_TRY(changed(objective, follow, (const int64_t[]){pictures, copy}, &one, e));
    status = add(&sum, one, e);
    ph_objective_release(one);
    if (status != PH_OK) goto done;
  }
  PH_TRY(ph_objective_number((double)copies, &number, e));
  PH_TRY(ph_objective_combine(PH_DIVIDE, sum, number, result, e));
done:
  ph_objective_release(number);
  ph_objective_release(sum);
  return status;
}
