/* SPDX-License-Identifier: MIT */
/* Boxes of a value's elements, and on which box of its inputs a box of a layer's output depends: what
   followed back to the picture is a receptive field. Knows layers, and no network. */
#ifndef PH_BOX_H
#define PH_BOX_H

#include "base/shape.h"

struct ph_layer;

/* Positions first … last-1 along one axis; none where last <= first. */
typedef struct ph_range {
  int64_t first, last;
} ph_range;

/* One range for each axis. The box is empty where one of them is. */
typedef struct ph_box {
  int rank;
  ph_range axis[PH_MAX_RANK];
} ph_box;

ph_range ph_range_join(ph_range a,
                       ph_range b); /* the smallest range that has both; empty ones do not count */

ph_box ph_box_whole(ph_shape shape);
ph_box ph_box_element(ph_shape shape, int64_t index);
bool ph_box_is_empty(const ph_box *box);
ph_box ph_box_join(const ph_box *a, const ph_box *b);
ph_box ph_box_inside(const ph_box *box, ph_shape shape); /* the part that is inside a value of this shape */

/* What a box of the output needs of the inputs. The rule of a layer's type narrows `needed`, one box for each
   input, which are whole at first; it leaves alone what it knows nothing of. */
typedef struct ph_needs {
  const ph_shape *inputs;
  ph_shape output;
  ph_box wanted;
  bool open; /* maps go on beyond their borders: padding counts as pixels would */
  ph_box *needed;
} ph_needs;

typedef void ph_needs_rule(const struct ph_layer *layer, const ph_needs *needs);

/* ---- rules that many types share ---- */

/* The elements in the same place of inputs that are broadcast as NumPy does. */
ph_needs_rule ph_needs_elements;

/* Of images and channels the same, of each channel everything. */
ph_needs_rule ph_needs_planes;

/* Of axis 0 the same. */
ph_needs_rule ph_needs_images;

/* The same elements under another shape. */
ph_needs_rule ph_needs_regrouped;

/* The smallest box that the layer's output depends on, by the type's rule, or, where it has none, by its
   `reach`; not cut to what is inside. */
void ph_layer_needs(const struct ph_layer *layer, const ph_needs *needs);

#endif
