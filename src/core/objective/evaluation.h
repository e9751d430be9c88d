/* SPDX-License-Identifier: MIT */
/* Evaluations: an objective bound to a network. After a forward pass to the evaluation's taps it gives the
   objective's value, and then adds the objective's gradient to the taps' gradient tensors, from which the
   network's backward pass starts.

   Value and gradient are separate phases: between them a caller may do as it likes with what the heads gave.
 */
#ifndef PH_EVALUATION_H
#define PH_EVALUATION_H

#include "network/network.h"
#include "objective.h"

typedef struct ph_evaluation ph_evaluation;

/* Binds an objective to a network, and retains both. PH_MISUSE where a head's layer or class does not exist,
   or where the objective reads nothing. */
ph_status ph_evaluation_new(ph_objective *objective, ph_network *network, ph_evaluation **evaluation,
                            ph_error *e);
void ph_evaluation_release(ph_evaluation *evaluation); /* NULL is allowed */

/* The network that it is bound to. Borrowed. */
const ph_network *ph_evaluation_network(const ph_evaluation *evaluation);

/* The picture as it is before its transforms, for heads that read that; retained until the next is shown.
   PH_MISUSE from the value where a head reads the picture and none was shown. */
void ph_evaluation_show(ph_evaluation *evaluation, ph_tensor *picture);
bool ph_evaluation_reads_picture(const ph_evaluation *evaluation);

/* The layers to be tapped: ascending indices without doubles. Borrowed. Returns how many. */
int ph_evaluation_taps(const ph_evaluation *evaluation, const int **taps);

/* Runs the network on the images, to the taps and no further than the objective reads them; `options` say
   how: its taps and reads are not looked at. (ph_network_forward to the taps does as well, and more.) */
ph_status ph_evaluation_forward(ph_evaluation *evaluation, ph_tensor *images, ph_pass_options pass,
                                ph_error *e);

/* Whether the network has not run since: a recipe's own function may have used it for something else, and
   what was read before is then no longer there. */
bool ph_evaluation_is_current(const ph_evaluation *evaluation);

/* The objective's value on the network's last pass. PH_MISUSE where a unit, image or position is out of the
   activation's range; PH_FAILURE, naming the head or the part at fault, where a number is not finite. */
ph_status ph_evaluation_value(ph_evaluation *evaluation, double *value, ph_error *e);

/* Adds the gradient at the last value to the taps' gradient tensors. The network must not have run since. */
ph_status ph_evaluation_gradient(ph_evaluation *evaluation, ph_error *e);

/* Adds what such heads contribute to the gradient of the picture, once the gradient is known. Nothing where
   there are none. */
ph_status ph_evaluation_add_picture_gradient(const ph_evaluation *evaluation, ph_tensor *gradient,
                                             ph_error *e);

/* Both phases. */
ph_status ph_evaluation_evaluate(ph_evaluation *evaluation, double *value, ph_error *e);

/* ---- Custom heads, whose values come from outside ---- */

/* How many; the ith, resolved. */
int ph_evaluation_custom_count(const ph_evaluation *evaluation);
const ph_head *ph_evaluation_custom_head(const ph_evaluation *evaluation, int index);

/* What the ith reads, (n, c, h, w) or (n, units): of the network's last pass, or the picture. Borrowed. */
ph_status ph_evaluation_custom_activation(ph_evaluation *evaluation, int index, ph_array *activation,
                                          ph_error *e);

/* Gives the ith its next value, and the value's gradient by the activation, which is retained. NULL: zero.
   PH_MISUSE where the gradient has not the activation's shape. */
ph_status ph_evaluation_custom_give(ph_evaluation *evaluation, int index, double value, ph_tensor *gradient,
                                    ph_error *e);

/* ---- reports ---- */

/* The objective's heads, for reports: how many; the ith as written, and its last value. */
int ph_evaluation_terms(const ph_evaluation *evaluation);
double ph_evaluation_term(const ph_evaluation *evaluation, int i, char text[PH_HEAD_TEXT]);

#endif
