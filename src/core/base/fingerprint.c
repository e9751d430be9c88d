/* SPDX-License-Identifier: MIT */
/* Fingerprints: multiplication by an odd constant and a shift, on four words at a time, so that gigabytes are
   read as fast as memory gives them. */
#include "fingerprint.h"

#include <string.h>

enum { LANES = 4 };
static const uint64_t odd = UINT64_C(0x9E3779B97F4A7C15); /* 2^64 over the golden ratio */

static uint64_t mix(uint64_t x, uint64_t word) {
  x = (x ^ word) * odd;
  return x ^ x >> 29;
}

static uint64_t word_at(const unsigned char *at, size_t size) {
  uint64_t word = 0;
  memcpy(&word, at, size < sizeof word ? size : sizeof word);
  return word;
}

uint64_t ph_fingerprint(uint64_t before, const void *data, size_t size) {
  const unsigned char *at = data;
  uint64_t lane[LANES];
  for (int i = 0; i < LANES; i++) lane[i] = before + (uint64_t)i + 1;
  for (; size >= LANES * sizeof *lane; size -= LANES * sizeof *lane)
    for (int i = 0; i < LANES; i++, at += sizeof *lane) lane[i] = mix(lane[i], word_at(at, sizeof *lane));
  uint64_t all = mix(before, size);
  while (size > 0) {
    const size_t part = size < sizeof all ? size : sizeof all;
    all = mix(all, word_at(at, part));
    at += part;
    size -= part;
  }
  for (int i = 0; i < LANES; i++) all = mix(all, lane[i]);
  return all;
}
