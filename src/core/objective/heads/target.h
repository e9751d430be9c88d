/* SPDX-License-Identifier: MIT */
/* Targets: what heads compare the activation of an image with. A tensor, or another image of the batch, which
   then answers to the comparison as well; `fixed` pictures of a parameterisation stay as they are, and pass
   through the same transforms as those that are compared with them. */
#ifndef PH_TARGET_H
#define PH_TARGET_H

#include "objective/head.h"

/* Configurations of such heads begin with this. Their types see the whole batch. */
typedef struct ph_target {
  ph_head_place place;
  int64_t to; /* the image of the batch, or -1: the head's tensor */
} ph_target;

#define PH_TARGET_FIELDS                                                                                     \
  PH_HEAD_PLACE, {                                                                                           \
    "to", PH_INTEGER, offsetof(ph_target, to), -1, 0, 1e9, NULL,                                             \
        "the image of the batch that others are compared with"                                               \
  }

/* Their arguments: layers, and a target, which is a tensor or an image. (The constructor makes of several
   layers a sum, and of a network a tensor.) */
#define PH_TARGET_LAYERS                                                                                     \
  { "layers", {"layer", NULL}, "of several, the sum", false }
extern const ph_argument ph_target_arguments[];

/* Where the head keeps the image that it compares with; NULL where it is not of such a type. */
int64_t *ph_target_image(ph_head *head);

/* PH_MISUSE unless there is a layer, and one target. */
ph_status ph_target_check(const ph_head *head, ph_error *e);

/* PH_MISUSE unless the image that is compared, if one is named, is another than the target, and there is
   one. */
ph_status ph_target_fit_images(const ph_head *head, const ph_tap *tap, ph_error *e);

/* The same, and that a tensor is as large as an image's activation: one for all images, or one each. */
ph_status ph_target_fit(const ph_head *head, const ph_tap *tap, ph_error *e);

/* Whether image n is compared, and how many are. */
bool ph_target_compares(const ph_head *head, int64_t n);
int64_t ph_target_compared(const ph_head *head, const ph_tap *tap);

/* What image n is compared with, of an activation's size. */
const float *ph_target_of(const ph_head *head, const ph_tap *tap, int64_t n);

/* Where the target's own gradient goes; NULL where it is a tensor. */
float *ph_target_gradient(const ph_head *head, const ph_tap *tap);

#endif
