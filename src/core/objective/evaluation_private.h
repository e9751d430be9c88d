/* SPDX-License-Identifier: MIT */
/* How evaluations are built, for the files that run them. */
#ifndef PH_EVALUATION_PRIVATE_H
#define PH_EVALUATION_PRIVATE_H

#include "evaluation.h"

/* A head at work: one step of the expression, reading one tap. */
typedef struct ph_reading {
  ph_head *head; /* our own copy, resolved: class labels have become numbers */
  int step;
  int layer; /* or PH_PICTURE */
  ph_tap tap;
  ph_arrangement arrangement; /* of the layer at its last run */
  ph_tensor *arranged,
      *its_gradient; /* what the tap sees where the layer has it otherwise; else NULL or older */
  double *scratch;
  int64_t scratch_size;

  /* Of Custom heads, whose values come from outside: what was given since the last value, and the gradient
     that belongs to that. */
  bool is_given;
  double given_value;
  ph_tensor *given_gradient;
} ph_reading;

struct ph_evaluation {
  ph_objective *objective;
  ph_network *network;
  uint64_t pass; /* the network's number of the last pass that was this evaluation's */
  ph_step *steps;
  int count;
  double *value, *slope; /* one a step */
  ph_reading *readings;
  int reading_count;
  int *taps;
  ph_channels *reads; /* one a tap */
  int tap_count;
  ph_tensor *picture; /* as it was last shown; NULL before */
  ph_tensor *picture_gradient;
};

/* Points the reading at what its head reads: the network's activation, or the picture. */
ph_status ph_reading_point(ph_evaluation *evaluation, ph_reading *reading, ph_error *e);

/* PH_FAILURE "`what` of <the expression> is not finite". */
ph_status ph_evaluation_not_finite(const ph_step *step, const char *what, ph_error *e);

#endif
