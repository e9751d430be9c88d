/* SPDX-License-Identifier: MIT */
/* A head on an activation of our own, without a network. */
#ifndef HEAD_BENCH_H
#define HEAD_BENCH_H

#include <string.h>

#include "base/memory.h"
#include "objective/head.h"
#include "tap.h"

enum { MOST_SETTINGS = 4 };

/* A head on an activation, with its gradient and scratch. */
typedef struct bench {
  ph_head *head;
  ph_tensor *activation, *gradient;
  ph_tap tap;
} bench;

#define LAYER                                                                                                \
  { "layer", 0, {0}, "mixed4a" }
#define SET(key, value)                                                                                      \
  { key, 1, {value}, NULL }
#define CHOOSE(key, choice)                                                                                  \
  { key, 0, {0}, choice }

static inline ph_head *make(const char *type, const ph_setting *settings, ph_tensor *tensor, ph_error *e) {
  ph_head *head = NULL;
  int count = 0;
  while (count < MOST_SETTINGS && settings[count].key != NULL) count++;
  if (ph_head_new(type, settings, count, tensor, &head, e) != PH_OK) return NULL;
  return head;
}

static inline ph_tensor *tensor_of(ph_shape shape) {
  ph_error e;
  ph_tensor *tensor = NULL;
  if (ph_tensor_new(shape, &tensor, &e) != PH_OK) printf("Bail out! %s\n", e.message);
  return tensor;
}

/* Takes the head over. */
static inline bench bench_of(ph_head *head, ph_shape shape) {
  return (bench){.head = head, .activation = tensor_of(shape), .gradient = tensor_of(shape)};
}

static inline void bench_free(bench *b) {
  ph_free(b->tap.scratch);
  ph_head_free(b->head);
  ph_tensor_release(b->activation);
  ph_tensor_release(b->gradient);
}

/* Whether the head fits; on success the tap is ready for value and gradient. */
static inline ph_status bench_fit(bench *b, ph_error *e) {
  ph_status status = ph_head_tap(b->head, "mixed4a", ph_tensor_array(b->activation), &b->tap, e);
  if (status != PH_OK) return status;
  b->tap.gradient = ph_tensor_data(b->gradient) + b->tap.offset;
  if (b->head->type->scratch != NULL)
    b->tap.scratch = ph_alloc_array((size_t)b->head->type->scratch(b->head, &b->tap), sizeof(double));
  return PH_OK;
}

static inline double bench_value(void *context) {
  bench *b = context;
  return b->head->type->value(b->head, &b->tap);
}

/* The value of a head on this activation. */
static inline double value_on(const char *type, const ph_setting *settings, ph_tensor *tensor, ph_shape shape,
                              const float *data) {
  ph_error e = {0};
  bench b = bench_of(make(type, settings, tensor, &e), shape);
  memcpy(ph_tensor_data(b.activation), data, (size_t)ph_tensor_count(b.activation) * sizeof *data);
  double value = b.head != NULL && bench_fit(&b, &e) == PH_OK ? bench_value(&b) : (double)NAN;
  if (isnan(value)) printf("# %s\n", e.message);
  bench_free(&b);
  return value;
}

#endif
