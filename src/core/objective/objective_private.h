/* SPDX-License-Identifier: MIT */
/* How expressions are built, for the files that walk them. */
#ifndef PH_OBJECTIVE_PRIVATE_H
#define PH_OBJECTIVE_PRIVATE_H

#include "objective.h"

struct ph_objective {
  int references;
  ph_operation operation;
  int depth; /* 0 for leaves: how many operators lie on the longest way down */
  int order; /* one plus its place in the order while it is being flattened, else 0 */
  double number;
  ph_head *head;
  ph_objective *left, *right;
  ph_objective *next; /* among the dead, while they are released */
};

/* Takes the head over, also when it fails. */
ph_status ph_objective_from_head(ph_head *head, ph_objective **objective, ph_error *e);

#endif
