/* SPDX-License-Identifier: MIT */
/* The parameterisation object, for the files that make and run it. */
#ifndef PH_PARAMETERISATION_PRIVATE_H
#define PH_PARAMETERISATION_PRIVATE_H

#include "compositing.h"
#include "parameterisation.h"

/* One of the kinds that are summed; most often the only one. */
typedef struct ph_summand {
  const ph_parameterisation_kind *kind;
  void *config; /* the kind's struct, which begins with a ph_picture_settings */
  void *state;
  int64_t offset; /* of its values among all */
} ph_summand;

struct ph_parameterisation {
  int references, count;
  ph_summand parts[PH_MOST_PARTS];
  bool is_given_image;         /* at the start */
  ph_picture_settings picture; /* the image's sizes */
  ph_colour colour;
  ph_compositing compositing;
  ph_tensor *mask, *fixed; /* copies, NULL where there is none */
  ph_tensor *values, *gradient;
  ph_tensor *image;
  ph_tensor *raw, *raw_gradient;           /* NULL where values and gradient are these themselves */
  ph_tensor *addend;                       /* one part's raw picture; NULL where there is one part */
  ph_tensor *coloured, *coloured_gradient; /* NULL where the image is this itself */
};

/* Makes the parts, with their settings, from `whole` alone, or, where `parts` is not NULL, from the sum of
   these. Fills in p's picture; opens nothing. */
ph_status ph_parameterisation_configure(ph_parameterisation *p, const ph_part *whole, const ph_part *parts,
                                        int count, const ph_given *given, ph_error *e);

#endif
