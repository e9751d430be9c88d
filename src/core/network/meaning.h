/* SPDX-License-Identifier: MIT */
/* What the axes of a layer's value mean: which of them count units (channels, features), which rows and
   columns of a map. A transformer keeps its map as a list of tokens, cuts it into windows and its features
   into heads, and turns all that round; this follows from layer to layer what became of each axis, so that a
   unit is a unit and a place a place wherever they lie.

   An axis is a product of factors, the slowest first: a list of 14 x 14 patches has a factor of rows and one
   of columns. What nothing is known of is a factor of `other`. Knows layers, and no network. */
#ifndef PH_MEANING_H
#define PH_MEANING_H

#include "base/shape.h"

struct ph_layer;

typedef enum ph_axis_kind { PH_OTHER, PH_UNITS, PH_ROWS, PH_COLUMNS } ph_axis_kind;

/* `length` of its kind, each `step` after the one before it: of 12 heads of 64 features, one counts by 64. */
typedef struct ph_factor {
  ph_axis_kind kind;
  int64_t length, step;
} ph_factor;

enum { PH_MAX_FACTORS = 6 };

typedef struct ph_axis_meaning {
  int count; /* none where the axis has length 1 */
  ph_factor factor[PH_MAX_FACTORS];
  int64_t before, after; /* elements before and after the product, such as a class token */
} ph_axis_meaning;

typedef struct ph_meaning {
  ph_shape shape; /* of one image */
  ph_axis_meaning axis[PH_MAX_RANK];
} ph_meaning;

/* A layer type's rule: what the output means, whose shape is there already and of which nothing is known yet,
   for inputs that mean this. */
typedef void ph_meaning_rule(const struct ph_layer *layer, const ph_meaning *inputs, ph_meaning *output);

/* ---- rules that many types share ---- */

/* Each axis means what it means in the inputs, at whose last axis they are aligned. One that became longer or
   shorter is of the same kind still. */
ph_meaning_rule ph_meaning_kept;

/* (n, channels, rows, columns), or fewer of these, whatever the input was; n is what it was in the input. */
ph_meaning_rule ph_meaning_map;

/* The same elements under another shape. */
ph_meaning_rule ph_meaning_regrouped;

/* Nothing is known. */
ph_meaning_rule ph_meaning_unknown;

/* ---- axes ---- */

/* An axis of one factor, and none of which anything is known. */
ph_axis_meaning ph_axis_of(ph_axis_kind kind, int64_t length);

/* Whether all of the axis is of this kind, and there is something of it. */
bool ph_axis_is(const ph_axis_meaning *axis, ph_axis_kind kind);

/* Whether rows or columns are among its factors. */
bool ph_axis_has_places(const ph_axis_meaning *axis);

/* What two axes mean that are read together; nothing where they disagree. */
ph_axis_meaning ph_axis_join(const ph_axis_meaning *a, const ph_axis_meaning *b, int64_t length);

/* Of an axis of `size` elements `length` from `start` on, every `step`-th. */
ph_axis_meaning ph_axis_part(const ph_axis_meaning *axis, int64_t size, int64_t start, int64_t step,
                             int64_t length);

#endif
