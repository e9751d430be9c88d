/* Parameterisations: what is optimised, and how an image (n, c, h, w) comes of it. The values are one tensor;
   a kind maps them linearly or not to a raw picture, which colour.h mixes and squashes into [0, 1]. Backward
   takes the image's gradient to the values'. Knows nothing of networks, objectives or optimisers.

   A kind is one file in parameterisations/ and one row of the table in parameterisation.c. It brings its
   settings, the shape of its values, and its map; everything else is shared. */
#ifndef PH_PARAMETERISATION_H
#define PH_PARAMETERISATION_H

#include "colour.h"
#include "field.h"
#include "random.h"

typedef struct ph_parameterisation ph_parameterisation;

/* New parameters of this kind: from noise drawn from `random`, or, where `image` is not NULL, such that their
   image is that one: (1, c, h, w) for every image of the batch, or one for each. The image also gives the
   sizes that the settings leave open. */
ph_status ph_parameterisation_new(const char *kind, const ph_setting *settings, int count, ph_random *random,
                                  const ph_tensor *image, ph_parameterisation **parameterisation,
                                  ph_error *e);
ph_parameterisation *ph_parameterisation_retain(ph_parameterisation *p); /* returns its argument */
void ph_parameterisation_release(ph_parameterisation *p);                /* NULL is allowed */

/* The parameters and the gradient that the last backward wrote; of equal shape, owned by p. */
ph_tensor *ph_parameterisation_values(ph_parameterisation *p);
ph_tensor *ph_parameterisation_gradient(ph_parameterisation *p);

/* The image's shape, (n, c, h, w). */
ph_shape ph_parameterisation_shape(const ph_parameterisation *p);

/* The image of the present values. It is owned by p, and the next forward overwrites it. */
ph_tensor *ph_parameterisation_forward(ph_parameterisation *p);

/* Writes the gradient of the values, given that of the last forward's image. */
ph_status ph_parameterisation_backward(ph_parameterisation *p, const ph_tensor *image_gradient, ph_error *e);

/* "fourier 1x3x128x128, decorrelated, sigmoid"; returns text. */
enum { PH_PARAMETERISATION_TEXT = 192 };
const char *ph_parameterisation_describe(const ph_parameterisation *p, char text[PH_PARAMETERISATION_TEXT]);

/* ---- for the kinds ---- */

/* The settings that every kind has. A kind's configuration struct begins with them, as its member `picture`,
   and its table of fields with PH_PICTURE_FIELDS. Once a parameterisation is made, the sizes are known. */
typedef struct ph_picture {
  int64_t batch, channels, height, width; /* 0: not given */
  double deviation;
  bool decorrelate;
  ph_list matrix; /* count 0: ImageNet's */
  int squash;     /* ph_squash */
} ph_picture;

/* clang-format off */
#define PH_PICTURE_FIELDS(config)                                                                            \
  {"batch", PH_INTEGER, offsetof(config, picture.batch), 0, 1, 4096, NULL,                                   \
   "how many images; 1, or as many as the image that is started from"},                                      \
  {"channels", PH_INTEGER, offsetof(config, picture.channels), 0, 1, 1024, NULL,                             \
   "channels of an image: 3, or those of the image that is started from"},                                   \
  {"height", PH_INTEGER, offsetof(config, picture.height), 0, 1, 16384, NULL,                                \
   "in pixels; as wide as high by default, or 128"},                                                         \
  {"width", PH_INTEGER, offsetof(config, picture.width), 0, 1, 16384, NULL,                                  \
   "in pixels; as wide as high by default, or 128"},                                                         \
  {"deviation", PH_REAL, offsetof(config, picture.deviation), 0.01, 0, 100, NULL,                            \
   "standard deviation of the normal noise that the values start as"},                                       \
  {"decorrelate", PH_FLAG, offsetof(config, picture.decorrelate), 1, 0, 1, NULL,                             \
   "mix the channels by the colour matrix (images of 3 channels, or of 4 with opacity last)"},               \
  {"matrix", PH_LIST, offsetof(config, picture.matrix), 0, -1e3, 1e3, NULL,                                  \
   "the colour matrix, 9 numbers row by row; ImageNet's by default"},                                        \
  {"squash", PH_CHOICE, offsetof(config, picture.squash), PH_SQUASH_SIGMOID, 0, 0, ph_squash_names,          \
   "what keeps values in [0, 1]: sigmoid, clip or none"}
/* clang-format on */

typedef struct ph_parameterisation_kind {
  const char *name;
  const char *summary;
  const ph_field *fields;
  size_t config_size;

  ph_shape (*shape)(const void *config); /* of the values */

  /* What the maps need besides the configuration; open leaves *state alone where it fails. */
  ph_status (*open)(const void *config, void **state, ph_error *e);
  void (*close)(void *state); /* NULL is allowed */

  /* values <-> raw picture (n, c, h, w). All NULL: the values are the raw picture. backward and invert
     overwrite; invert finds values whose raw picture is the given one. */
  void (*forward)(void *state, const float *values, float *raw);
  void (*backward)(void *state, const float *raw_gradient, float *gradient);
  void (*invert)(void *state, const float *raw, float *values);
} ph_parameterisation_kind;

/* One extern per file in parameterisations/. */
extern const ph_parameterisation_kind ph_parameterisation_pixels;
extern const ph_parameterisation_kind ph_parameterisation_fourier;

#endif
