/* SPDX-License-Identifier: MIT */
/* Transforms, pipelines and images for tests, in few words. A failure here is a bug of the test, and ends it.
 */
#ifndef TRANSFORM_MAKING_H
#define TRANSFORM_MAKING_H

#include <stdlib.h>
#include <string.h>

#include "view/transform.h"
#include "tap.h"

static ph_error error;

static inline void must(ph_status status) {
  if (status == PH_OK) return;
  printf("Bail out! %s\n", error.message);
  exit(1);
}

static inline ph_setting number(const char *key, double value) {
  return (ph_setting){.key = key, .count = 1, .value = {value}};
}
static inline ph_setting pair(const char *key, double a, double b) {
  return (ph_setting){.key = key, .count = 2, .value = {a, b}};
}
static inline ph_setting text(const char *key, const char *value) {
  return (ph_setting){.key = key, .count = 0, .text = value};
}
static inline ph_setting scales(int count, double first, double step) {
  ph_setting s = {.key = "factors", .count = count};
  for (int i = 0; i < count; i++) s.value[i] = first + step * i;
  return s;
}
/* -most … most, and `zeros` further zeros. */
static inline ph_setting degrees(int most, int zeros) {
  ph_setting s = {.key = "degrees", .count = 2 * most + 1 + zeros};
  for (int i = 0; i <= 2 * most; i++) s.value[i] = i - most;
  return s;
}

/* A pipeline of one transform of one or two settings (the second's key may be NULL), or of several. */
static inline ph_pipeline *pipeline_of(int count, ph_transform **transforms) {
  ph_pipeline *pipeline;
  must(ph_pipeline_new(transforms, count, &pipeline, &error));
  for (int i = 0; i < count; i++) ph_transform_release(transforms[i]);
  return pipeline;
}
static inline ph_transform *transform_of(const char *type, ph_setting a, ph_setting b) {
  ph_transform *transform;
  ph_setting settings[] = {a, b};
  must(ph_transform_new(type, settings, b.key == NULL ? 1 : 2, &transform, &error));
  return transform;
}
static inline ph_transform *colour_jitter(void) {
  static const char *const keys[] = {"brightness", "contrast", "saturation", "scale", "shift"};
  ph_transform *transform;
  ph_setting settings[5];
  for (int i = 0; i < 5; i++) settings[i] = number(keys[i], 0.1 + 0.1 * i);
  must(ph_transform_new("colour_jitter", settings, 5, &transform, &error));
  return transform;
}
static inline ph_pipeline *single(const char *type, ph_setting a, ph_setting b) {
  ph_transform *transform = transform_of(type, a, b);
  return pipeline_of(1, &transform);
}
static const ph_setting none = {0};

static inline ph_pipeline *lucid(void) {
  ph_transform *list[] = {transform_of("pad", number("width", 12), none),
                          transform_of("jitter", number("distance", 8), none),
                          transform_of("random_scale", scales(11, 0.9, 0.02), none),
                          transform_of("random_rotate", degrees(10, 5), none),
                          transform_of("jitter", number("distance", 4), none)};
  return pipeline_of(5, list);
}

static inline ph_pipeline *distill(void) {
  ph_setting factors = {.key = "factors", .count = 5, .value = {1, 0.975, 1.025, 0.95, 1.05}};
  ph_transform *list[] = {transform_of("pad", number("width", 16), none),
                          transform_of("jitter", number("distance", 16), none),
                          transform_of("random_scale", factors, none),
                          transform_of("random_rotate", degrees(5, 0), none),
                          transform_of("jitter", number("distance", 8), none),
                          transform_of("crop_border", number("width", 16), none)};
  return pipeline_of(6, list);
}

static inline ph_tensor *tensor(ph_shape shape, const float *values) {
  ph_tensor *t;
  must(ph_tensor_new(shape, &t, &error));
  if (values != NULL) memcpy(ph_tensor_data(t), values, (size_t)ph_tensor_count(t) * sizeof *values);
  return t;
}
static inline ph_tensor *noise(ph_shape shape, ph_random *random) {
  ph_tensor *t = tensor(shape, NULL);
  ph_random_fill_normal(random, t, 0, 1);
  return t;
}
/* The numbers 1, 2, 3 … as an image of one channel. */
static inline ph_tensor *counting(int64_t h, int64_t w) {
  ph_tensor *t = tensor(ph_shape4(1, 1, h, w), NULL);
  for (int64_t i = 0; i < h * w; i++) ph_tensor_data(t)[i] = (float)(i + 1);
  return t;
}

#endif
