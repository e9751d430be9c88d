/* SPDX-License-Identifier: MIT */
/* The seeded generator: xoshiro256** (Blackman and Vigna, 2018), seeded through splitmix64. A run derives one
   generator per named stream ("init", "transforms"), so that drawing more from one never shifts another. */
#ifndef PH_RANDOM_H
#define PH_RANDOM_H

#include <stdint.h>

#include "tensor.h"

typedef struct ph_random {
  uint64_t state[4];
  double spare; /* the second normal of a Box-Muller pair */
  int has_spare;
} ph_random;

/* The generator of stream `name` under `seed`. Equal arguments give equal sequences on every machine. */
ph_random ph_random_stream(uint64_t seed, const char *name);

uint64_t ph_random_bits(ph_random *random);
double ph_random_uniform(ph_random *random);               /* in [0, 1) */
int64_t ph_random_below(ph_random *random, int64_t limit); /* in 0 … limit-1, unbiased; limit >= 1 */
double ph_random_normal(ph_random *random);                /* mean 0, deviation 1 */

/* Fills with normals of this mean and deviation, in index order. */
void ph_random_fill_normal(ph_random *random, ph_tensor *tensor, double mean, double deviation);
void ph_random_fill_uniform(ph_random *random, ph_tensor *tensor, double least, double most);

#endif
