/* SPDX-License-Identifier: MIT */
/* How the values of each unit are distributed, in little memory: counts in buckets that are as wide as their
   values are large (as the DDSketch of Masson, Rim and Lee, 2019, whose logarithm is here the number's own
   exponent and first bits). A quantile is off by at most PH_SKETCH_ERROR of its value. Sketches of parts,
   taken together in any order, are the sketch of the whole, bit for bit. */
#ifndef PH_SKETCH_H
#define PH_SKETCH_H

#include "tensor/tensor.h"

typedef struct ph_sketch ph_sketch;

enum {
  PH_SKETCH_BITS = 5,     /* of the fraction that tell buckets apart */
  PH_SKETCH_OCTAVES = 16, /* what is smaller by so many powers of two than the largest is 0 */
  PH_SKETCH_BUCKETS = PH_SKETCH_OCTAVES << PH_SKETCH_BITS /* for each sign */
};
#define PH_SKETCH_ERROR (1.0 / (2 << PH_SKETCH_BITS)) /* relative */

ph_status ph_sketch_new(int64_t units, ph_sketch **sketch, ph_error *e);
void ph_sketch_free(ph_sketch *sketch);
int64_t ph_sketch_units(const ph_sketch *sketch);

/* Counts all values of the first `count` of n pictures: activations (n, units) or (n, units, h, w), finite.
   PH_MISUSE for another shape. */
ph_status ph_sketch_add(ph_sketch *sketch, const ph_tensor *activations, int64_t count, ph_error *e);

/* How many values a unit has had. */
int64_t ph_sketch_count(const ph_sketch *sketch, int64_t unit);

/* The value below which a share of all values lies, from the smallest, 0, to the largest, 1, which are exact.
   NaN where there are none. */
double ph_sketch_quantile(const ph_sketch *sketch, int64_t unit, double share);

/* How many values are below this one; part of a bucket's, where it is among them. */
double ph_sketch_below(const ph_sketch *sketch, int64_t unit, double value);

/* A unit's counts as bytes, for files: the number of values (a number of 7 bits a byte, the lowest first, of
   which all bytes but the last have the eighth bit); unless that is 0, the smallest and the largest value
   (float32), the highest bucket (16 bits), how many are 0, and the buckets of both signs from the most
   negative to the most positive, each run of empty ones as its length followed by the next bucket's count.
   The buffer has room for PH_SKETCH_MOST_BYTES. */
enum { PH_SKETCH_MOST_BYTES = 40 + 2 * PH_SKETCH_BUCKETS * 12 };
size_t ph_sketch_write(const ph_sketch *sketch, int64_t unit, unsigned char *bytes);

/* Adds what such bytes count. PH_FAILURE, and then nothing was added, for others. */
ph_status ph_sketch_take(ph_sketch *sketch, int64_t unit, const unsigned char *bytes, size_t size,
                         ph_error *e);

#endif
