/* SPDX-License-Identifier: MIT */
/* Arrangements: a layer's value as units of a map, (units, rows, columns), wherever its axes have them. This
   is what all who ask for a unit or a place go by: objectives, and whoever looks at a network.

   Where it is known what the axes mean, that says it. Otherwise the axes' number does: (units), (tokens,
   features) of which features are the units, (channels, rows, columns, …). */
#ifndef PH_ARRANGEMENT_H
#define PH_ARRANGEMENT_H

#include "box.h"
#include "meaning.h"
#include "tensor/loops.h"

/* Which tokens of a list are read: those that are places, the class token, which is the first of the others,
   or those that are neither, as one row. */
typedef enum ph_token { PH_TOKEN_PATCHES, PH_TOKEN_CLASS, PH_TOKEN_OTHERS } ph_token;
extern const char *const ph_token_names[]; /* "patches", …, NULL */

typedef struct ph_arrangement {
  bool is_plain;  /* the value is (units, rows, columns) as it lies */
  bool is_vector; /* there is one place, and no map that it is part of */
  int64_t units, rows, columns;
  int64_t others; /* tokens that are no places */
  ph_token token; /* what is read */
  int64_t start;  /* of that, the first element in the value */
  int64_t size;   /* elements of the value */
  ph_loops loops; /* array 0: (units, rows, columns); array 1: the value, from `start` on */
} ph_arrangement;

/* PH_MISUSE, naming the layer, where it has no such tokens. */
ph_status ph_arrangement_of(const ph_meaning *meaning, ph_token token, const char *layer,
                            ph_arrangement *arrangement, ph_error *e);

/* The shape of that many images' arranged values: (n, units, rows, columns), or of a vector (n, units). */
ph_shape ph_arrangement_shape(const ph_arrangement *arrangement, int64_t images);

/* The smallest box of a value of this shape that has all units of a place. */
ph_box ph_arrangement_box(const ph_arrangement *arrangement, ph_shape shape, int64_t y, int64_t x);

/* Takes arranged values from those of that many images; adds arranged gradients to theirs. */
void ph_arrangement_read(const ph_arrangement *arrangement, int64_t images, const float *values,
                         float *arranged);
void ph_arrangement_add(const ph_arrangement *arrangement, int64_t images, const float *arranged,
                        float *gradient);

#endif
