/* SPDX-License-Identifier: MIT */
/* The settings that every parameterisation has, whatever its kind: sizes, the starting noise, colour. Knows
   no kind. */
#ifndef PH_PICTURE_SETTINGS_H
#define PH_PICTURE_SETTINGS_H

#include "base/field.h"
#include "colour/colour.h"
#include "tensor/tensor.h"

/* Pixels on a side where nothing says how many; as text. */
#define PH_PICTURE_SIDE 128
#define PH_PICTURE_SIDE_TEXT "128"

/* 0: not given, until ph_picture_settings_settle. */
typedef struct ph_picture_settings {
  int64_t batch, channels, height, width;
  double deviation;
  bool decorrelate, grey, stretch;
  ph_list matrix, mean; /* count 0: ImageNet's */
  int squash;           /* ph_squash */
} ph_picture_settings;

/* clang-format off */
#define PH_PICTURE_FIELDS(config, usual_deviation, usual_decorrelate)                                        \
  {"batch", PH_INTEGER, offsetof(config, picture.batch), 0, 1, 4096, NULL,                                   \
   "how many images; 1, or as many as the image that is started from"},                                      \
  {"channels", PH_INTEGER, offsetof(config, picture.channels), 0, 1, 1024, NULL,                             \
   "channels of an image: 3, or those of the image that is started from; the last of 4 is opacity"},         \
  {"height", PH_INTEGER, offsetof(config, picture.height), 0, 1, 16384, NULL,                                \
   "in pixels; as wide as high by default, or " PH_PICTURE_SIDE_TEXT},                                                         \
  {"width", PH_INTEGER, offsetof(config, picture.width), 0, 1, 16384, NULL,                                  \
   "in pixels; as wide as high by default, or " PH_PICTURE_SIDE_TEXT},                                                         \
  {"deviation", PH_REAL, offsetof(config, picture.deviation), usual_deviation, 0, 100, NULL,                 \
   "standard deviation of the normal noise that the values start as"},                                       \
  {"decorrelate", PH_FLAG, offsetof(config, picture.decorrelate), usual_decorrelate, 0, 1, NULL,             \
   "mix the channels by the colour matrix (images of 3 channels, or of 4 with opacity last)"},               \
  {"grey", PH_FLAG, offsetof(config, picture.grey), 0, 0, 1, NULL,                                           \
   "one channel, repeated as red, green and blue"},                                                          \
  {"stretch", PH_FLAG, offsetof(config, picture.stretch), 0, 0, 1, NULL,                                     \
   "bring each image's smallest number to 0 and its largest to 1, after the squash"},                          \
  {"matrix", PH_LIST, offsetof(config, picture.matrix), 0, -1e3, 1e3, NULL,                                  \
   "the colour matrix, 9 numbers row by row; ImageNet's by default"},                                        \
  {"mean", PH_LIST, offsetof(config, picture.mean), 0, -1e3, 1e3, NULL,                                      \
   "the colour that is added where there is a colour matrix and no sigmoid; ImageNet's mean by default"},    \
  {"squash", PH_CHOICE, offsetof(config, picture.squash), PH_SQUASH_SIGMOID, 0, 0, ph_squash_names,          \
   "what keeps values in [0, 1]: sigmoid, clip or none"}
/* clang-format on */

/* The shape of the image, (n, c, h, w). */
ph_shape ph_picture_settings_shape(const ph_picture_settings *picture);

/* Decides the sizes that were left open: those of the image to start from (NULL: none), then each other's,
   then 1 x 3 x PH_PICTURE_SIDE x PH_PICTURE_SIDE. PH_MISUSE, `what` beginning the message, where that image
   has another size, or where settings do not go together. */
ph_status ph_picture_settings_settle(ph_picture_settings *picture, const ph_tensor *image, const char *what,
                                     ph_error *e);

/* PH_MISUSE unless the tensor is one of `shape` for all images of the batch, or as many as it has, and all
   its numbers are finite. */
ph_status ph_picture_settings_expect(const ph_tensor *tensor, ph_shape shape, const char *what, ph_error *e);

/* PH_MISUSE where a number is NaN or infinite. */
ph_status ph_picture_settings_expect_finite(const ph_tensor *tensor, const char *what, ph_error *e);

/* The colours that the settings, once settled, ask for. */
ph_colour ph_picture_settings_colour(const ph_picture_settings *picture);

#endif
