/* SPDX-License-Identifier: MIT */
/* What the transform types share: the object, and the table's rows. */
#ifndef PH_TRANSFORM_TYPES_H
#define PH_TRANSFORM_TYPES_H

#include "view/transform.h"
#include "view/transforms/list.h"
#include "drawn.h"

struct ph_transform {
  int references;
  const ph_transform_type *type;
  void *config; /* the type's configuration struct */
};

/* The most that a setting in pixels can be. */
enum { PH_MOST_PIXELS = 1 << 16 };

/* How a number comes from a list: one of its own, all alike likely, or any between its first and its last. */
enum { PH_DRAW_LIST, PH_DRAW_RANGE };
extern const char *const ph_draws[];
#define PH_DRAW_FIELD(config)                                                                                \
  {                                                                                                          \
    "draw", PH_CHOICE, offsetof(config, draw), PH_DRAW_LIST, 0, 0, ph_draws,                                 \
        "one number of the list, or any between its first and its last"                                      \
  }
double ph_draw_from(const ph_list *list, int draw, ph_random *random);

/* What lies outside, in the order of ph_edge: the first is 0. */
extern const char *const ph_edge_names[];
#define PH_EDGE_FIELD(config)                                                                                \
  {                                                                                                          \
    "edge", PH_CHOICE, offsetof(config, edge), PH_EDGE_FILL, 0, 0, ph_edge_names,                            \
        "what lies outside: nothing, the image mirrored at its outermost pixels or at its outline, its "     \
        "outermost pixels, or the image again"                                                               \
  }

/* Uniform between two numbers. */
static inline double ph_random_between(ph_random *random, double least, double most) {
  return least + (most - least) * ph_random_uniform(random);
}

/* "jitter(12): " and the message, PH_MISUSE. */
ph_status ph_transform_fail(const ph_transform *transform, ph_error *e, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* PH_MISUSE naming the transform and the map's input size unless a window of this size has any pixels and
   fits into the image. */
ph_status ph_transform_expect_within(const ph_transform *transform, const ph_map *map,
                                     const int64_t output[2], ph_error *e);

#define PH_DECLARE_TRANSFORM(name) extern const ph_transform_type ph_transform_##name;
PH_TRANSFORM_TYPES(PH_DECLARE_TRANSFORM)

/* Of `copies`, which is not a map but a matter of the pipeline, and draws no random numbers. */
int64_t ph_transform_copies_count(const ph_transform *transform);

#endif
