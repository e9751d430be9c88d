/* SPDX-License-Identifier: MIT */
/* Shapes: how many dimensions, and how long each is. Row-major, last dimension fastest. Images and
   activations are (n, c, h, w); convolution weights are (o, i, kh, kw). */
#ifndef PH_SHAPE_H
#define PH_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

enum { PH_MAX_RANK = 6 };

typedef struct ph_shape {
  int rank;
  int64_t dim[PH_MAX_RANK];
} ph_shape;

/* A borrowed view of dense row-major float32 data. */
typedef struct ph_array {
  ph_shape shape;
  float *data;
} ph_array;

ph_shape ph_shape4(int64_t n, int64_t c, int64_t h, int64_t w);
ph_shape ph_shape_of(int rank, const int64_t *dim);
bool ph_shape_equal(ph_shape a, ph_shape b);

/* Elements of a shape that passed ph_shape_check; the empty product is 1. */
int64_t ph_shape_count(ph_shape shape);

/* PH_MISUSE unless every dimension is at least 1 and the element count times 4 fits comfortably in memory
   arithmetic (below 2^46 bytes). `what` begins the message. */
ph_status ph_shape_check(ph_shape shape, const char *what, ph_error *e);

/* "1x3x224x224"; returns text. */
enum { PH_SHAPE_TEXT = 128 };
const char *ph_shape_print(ph_shape shape, char text[PH_SHAPE_TEXT]);

#endif
