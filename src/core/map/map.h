/* SPDX-License-Identifier: MIT */
/* Maps: the geometric part of a transform's draw. A map takes planes of one size to planes of another; every
   output pixel is a weighted sum of a few input pixels, or the fill where it lies outside the image. The
   tables are computed once for each draw and apply to every channel of every image. The forward pass of a map
   and its exact adjoint are written here, once, for all transforms. Must not know what a transform is, nor
   any randomness.

   There are four kinds. In `copy` and `linear` rows and columns are independent: an output pixel reads one
   input pixel, or the four where two rows and two columns cross. In `pixels` every output pixel has its own
   list of input pixels. A `filter` weighs a window around each pixel, with the same weights everywhere. */
#ifndef PH_MAP_H
#define PH_MAP_H

#include "tensor/tensor.h"

/* Where the output's rows, or its columns, read. */
typedef struct ph_axis {
  int64_t capacity;
  int32_t *low;   /* the input index; copy: -1 is outside; linear: never falls */
  int32_t *high;  /* linear: the second input index */
  float *weight;  /* linear: the share of `high` */
  int64_t run[2]; /* outputs [from, to); copy: the longest stretch that reads consecutive inputs; linear: all
                     that lie inside the image */
  bool is_run;    /* copy: whether all others are outside */
} ph_axis;

typedef enum ph_map_kind { PH_MAP_COPY, PH_MAP_LINEAR, PH_MAP_PIXELS, PH_MAP_FILTER } ph_map_kind;

enum { PH_MAP_MOST_TAPS = 127 };

/* All zeros is a valid empty map. Sizes are (height, width). */
typedef struct ph_map {
  ph_map_kind kind;
  int64_t input[2], output[2];
  float fill;      /* copy: what pixels outside the image are */
  ph_axis axis[2]; /* copy, linear: rows, columns */
  int taps;        /* pixels: input pixels per output pixel, 1 or 4; filter: weights of the kernel */
  int64_t capacity;
  int32_t *index;                 /* pixels: (h, w, taps), into the input plane */
  float *share;                   /* pixels: (h, w, taps), 0 for taps outside the image */
  float kernel[PH_MAP_MOST_TAPS]; /* filter: the weights of rows and of columns, symmetric */
} ph_map;

void ph_map_clear(ph_map *map);

/* The remaining functions make a map of given input size; they allocate only for a new largest size. */

/* The values outside the image: the fill (which is 0 except for windows), the image mirrored at its outermost
   pixels' centres, or at its outline, so that outermost pixels come twice, the nearest pixel, or the image
   again. */
typedef enum ph_edge {
  PH_EDGE_FILL,
  PH_EDGE_REFLECT,
  PH_EDGE_SYMMETRIC,
  PH_EDGE_CLAMP,
  PH_EDGE_REPEAT
} ph_edge;

/* Where position i lies in a row of `length` pixels, or -1 for nowhere. */
int64_t ph_edge_index(int64_t i, int64_t length, ph_edge edge);

/* A window whose first pixel is the input's pixel `offset`. */
ph_status ph_map_window(ph_map *map, const int64_t output[2], const int64_t offset[2], ph_edge edge,
                        float fill, ph_error *e);

/* Rows (0) or columns (1) in reverse order; -1: neither. */
ph_status ph_map_flip(ph_map *map, int flipped, ph_error *e);

/* Bilinear interpolation to another size, without smoothing. Output pixel i is read at i * step, as
   TensorFlow 1 resizes; at (i + 0.5) * step - 0.5, where pixels are squares and the image's outlines
   coincide; or such that corner pixels become corner pixels. A step of 0 stands for input / output, or of
   corners (input - 1) / (output - 1). */
typedef enum ph_sampling { PH_SAMPLE_LEGACY, PH_SAMPLE_HALF_PIXEL, PH_SAMPLE_CORNERS } ph_sampling;
ph_status ph_map_resize(ph_map *map, const int64_t output[2], ph_sampling sampling, float step, ph_error *e);

/* Bilinear interpolation of a box whose corners, given by their positions in rows and columns, become the
   output's corner pixels, as in TensorFlow's crop_and_resize (an output of one pixel shows the box's middle).
   Outside the image is 0. */
ph_status ph_map_box(ph_map *map, const int64_t output[2], const double first[2], const double last[2],
                     ph_error *e);

/* Weighs rows, then columns, by the kernel's first `taps` weights, which the caller has written; size kept,
   outside is 0. The window of an even number of taps reaches further down and right, as TensorFlow's SAME
   padding has it. */
ph_status ph_map_filter(ph_map *map, int taps, ph_error *e);

/* Size kept: an output pixel at (dy, dx) from the centre reads at (yy dy + yx dx + y, xy dy + xx dx + x) from
   it. Nearest or bilinear. */
typedef struct ph_affine {
  double yy, yx, xy, xx, y, x;
} ph_affine;
ph_status ph_map_affine(ph_map *map, const ph_affine *by, bool bilinear, ph_edge edge, ph_error *e);

/* Runs `planes` planes through the map, and gradients back; both overwrite dst. Results do not depend on the
   number of threads. */
void ph_map_forward(const ph_map *map, int64_t planes, const float *src, float *dst);
void ph_map_backward(const ph_map *map, int64_t planes, const float *src, float *dst);

/* For who makes maps: gives the map its kind and output size, and room for the tables of that kind. */
ph_status ph_map_begin(ph_map *map, ph_map_kind kind, const int64_t output[2], ph_error *e);

/* For map.c: rows first … last-1 of what is written, from whole planes. linear.c; filter.c, where `back` is
   the adjoint. */
void ph_map_linear_rows(const ph_map *map, int64_t first, int64_t last, const float *src, float *dst);
void ph_map_linear_rows_back(const ph_map *map, int64_t first, int64_t last, const float *src, float *dst);
void ph_map_filter_rows(const ph_map *map, bool back, int64_t first, int64_t last, const float *src,
                        float *dst);

#endif
