/* SPDX-License-Identifier: MIT */
/* The seeded generator. */
#include "random.h"

#include <math.h>

static uint64_t splitmix64(uint64_t *state) {
  uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return z ^ (z >> 31);
}

static uint64_t rotate_left(uint64_t x, int by) { return (x << by) | (x >> (64 - by)); }

/* FNV-1a. */
static uint64_t hash_name(const char *name) {
  uint64_t hash = UINT64_C(0xcbf29ce484222325);
  for (; *name != '\0'; name++) hash = (hash ^ (unsigned char)*name) * UINT64_C(0x100000001b3);
  return hash;
}

ph_random ph_random_stream(uint64_t seed, const char *name) {
  ph_random random = {.has_spare = 0};
  uint64_t mix = seed;
  mix = splitmix64(&mix) ^ hash_name(name);
  for (int i = 0; i < 4; i++) random.state[i] = splitmix64(&mix);
  return random;
}

uint64_t ph_random_bits(ph_random *random) {
  uint64_t *s = random->state;
  uint64_t result = rotate_left(s[1] * 5, 7) * 9, shifted = s[1] << 17;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= shifted;
  s[3] = rotate_left(s[3], 45);
  return result;
}

double ph_random_uniform(ph_random *random) { return (double)(ph_random_bits(random) >> 11) * 0x1p-53; }

int64_t ph_random_below(ph_random *random, int64_t limit) {
  uint64_t range = (uint64_t)limit, reject_from = UINT64_MAX - UINT64_MAX % range, bits;
  do bits = ph_random_bits(random);
  while (bits >= reject_from);
  return (int64_t)(bits % range);
}

/* Box-Muller; 1 - uniform keeps the logarithm finite. */
double ph_random_normal(ph_random *random) {
  if (random->has_spare) {
    random->has_spare = 0;
    return random->spare;
  }
  const double pi = 3.14159265358979323846;
  double radius = sqrt(-2.0 * log(1.0 - ph_random_uniform(random)));
  double angle = 2.0 * pi * ph_random_uniform(random);
  random->spare = radius * sin(angle);
  random->has_spare = 1;
  return radius * cos(angle);
}

void ph_random_fill_normal(ph_random *random, ph_tensor *tensor, double mean, double deviation) {
  float *data = ph_tensor_data(tensor);
  int64_t count = ph_tensor_count(tensor);
  for (int64_t i = 0; i < count; i++) data[i] = (float)(mean + deviation * ph_random_normal(random));
}

void ph_random_fill_uniform(ph_random *random, ph_tensor *tensor, double least, double most) {
  float *data = ph_tensor_data(tensor);
  int64_t count = ph_tensor_count(tensor);
  for (int64_t i = 0; i < count; i++) data[i] = (float)(least + (most - least) * ph_random_uniform(random));
}
