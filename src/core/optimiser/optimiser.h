/* SPDX-License-Identifier: MIT */
/* Optimisers: given values and the gradient of an objective, a step that increases the objective. They
   maximise: values move along the gradient. Know nothing of images or of how the gradient is computed.

   `adam`: Kingma and Ba (2015), in TensorFlow's form, which Lucid runs on, or in PyTorch's; `nadam`;
   `rmsprop`; `ascent`: rate * gradient; `momentum`: velocity = momentum * velocity + gradient; values += rate
   * velocity; `lbfgs`, for objectives that do not change from step to step. Each is a file of kinds/. Before
   a step the gradient may be clipped by value, divided by its L2 norm or its mean absolute value over the
   whole tensor (except for lbfgs), and clipped by norm. */
#ifndef PH_OPTIMISER_H
#define PH_OPTIMISER_H

#include "base/field.h"
#include "tensor/tensor.h"

typedef struct ph_optimiser ph_optimiser;

ph_status ph_optimiser_new(const char *kind, const ph_setting *settings, int count, ph_optimiser **optimiser,
                           ph_error *e);
ph_optimiser *ph_optimiser_retain(ph_optimiser *o); /* returns its argument */
void ph_optimiser_release(ph_optimiser *o);         /* NULL is allowed */

/* One step. The first one fixes the shape for optimisers with state, and is the only one that allocates. A
   gradient with a NaN or an infinity is PH_FAILURE and changes nothing, steps included. */
ph_status ph_optimiser_step(ph_optimiser *o, ph_tensor *values, const ph_tensor *gradient, ph_error *e);

const char *ph_optimiser_kind_name(const ph_optimiser *o);
double ph_optimiser_rate(const ph_optimiser *o);
ph_status ph_optimiser_set_rate(ph_optimiser *o, double rate, ph_error *e);

/* For saving and resuming a run: how many steps were taken, and the tensors that the next one builds on, of
   the values' shape; there are none before the first step, and `ascent` never has any. */
enum { PH_OPTIMISER_STATES = 22 };
int64_t ph_optimiser_steps(const ph_optimiser *o);
int ph_optimiser_state_count(const ph_optimiser *o);
ph_tensor *ph_optimiser_state(ph_optimiser *o, int i);

/* Continues as after `steps` steps with copies of these tensors, as ph_optimiser_state gave them. */
ph_status ph_optimiser_restore(ph_optimiser *o, const ph_tensor *const *state, int count, int64_t steps,
                               ph_error *e);

/* "adam, rate 0.05, 12 steps", with the settings that are not at their defaults; returns text. */
enum { PH_OPTIMISER_TEXT = 320 };
const char *ph_optimiser_describe(const ph_optimiser *o, char text[PH_OPTIMISER_TEXT]);

#endif
