/* SPDX-License-Identifier: MIT */
/* Parameterisations: the parameters that are optimised, and the image (n, c, h, w) made from them. The values
   are one tensor; a kind maps them, linearly or not, to a raw picture; colour.h mixes and squashes that into
   [0, 1]; compositing.h may repeat grey in three channels, and fix parts of the image. Backward maps the
   image's gradient to the values'. Knows nothing of networks, objectives or optimisers.

   A kind is one file in kinds/ and one row of the table in parameterisation.c. It defines its settings, the
   shape of its values, and its map; everything else is shared. Several kinds may be summed: their raw
   pictures are added, and their values are concatenated in one tensor. */
#ifndef PH_PARAMETERISATION_H
#define PH_PARAMETERISATION_H

#include "tensor/random.h"
#include "picture_settings.h"

typedef struct ph_parameterisation ph_parameterisation;

/* A kind by name, and its settings. */
typedef struct ph_part {
  const char *kind;
  const ph_setting *settings;
  int count;
} ph_part;

/* What parameterisations are made from besides settings; all borrowed, each may be NULL. */
typedef struct ph_given {
  ph_random *random;      /* where the noise comes from that the values start as; or else: */
  const ph_tensor *image; /* what the image is at the start: (1, c, h, w) for the whole batch, or (n, …) */
  const ph_tensor *mask;  /* (1, 1, h, w) or (n, 1, h, w): 1 where the image is free, 0 where it is fixed, */
  const ph_tensor *fixed; /* to this image, (1, c, h, w) or (n, …); to `image` where NULL */
  const ph_tensor *spectrum; /* (c, h', w' / 2 + 1): amplitudes, for the kinds that take them */
} ph_given;

/* New parameters of this kind: from noise, or such that their image is the given one, where the kind has a
   way back from image to values. Without an inverse, they are noise, for a caller to fit to the image; see
   ph_parameterisation_is_given_image. The image also gives the sizes that the settings leave open. */
ph_status ph_parameterisation_new(const char *kind, const ph_setting *settings, int count,
                                  const ph_given *given, ph_parameterisation **parameterisation, ph_error *e);

/* The sum of 1 to PH_MOST_PARTS kinds. `settings` are those of the whole: sizes and colour; a part's are its
   kind's own, and the deviation of its noise. From an image, the first part that can takes what the others
   leave of it: they begin as 0, or, where that would show something, as noise. */
enum { PH_MOST_PARTS = 16 };
ph_status ph_parameterisation_sum(const ph_setting *settings, int count, const ph_part *parts, int part_count,
                                  const ph_given *given, ph_parameterisation **parameterisation, ph_error *e);

ph_parameterisation *ph_parameterisation_retain(ph_parameterisation *p); /* returns its argument */
void ph_parameterisation_release(ph_parameterisation *p);                /* NULL is allowed */

/* The parameters and the gradient that the last backward wrote; of equal shape, owned by p. */
ph_tensor *ph_parameterisation_values(ph_parameterisation *p);
ph_tensor *ph_parameterisation_gradient(ph_parameterisation *p);

/* The image's shape, (n, c, h, w). */
ph_shape ph_parameterisation_shape(const ph_parameterisation *p);

/* Whether the values were made such that their image is the given one. */
bool ph_parameterisation_is_given_image(const ph_parameterisation *p);

/* The image of the present values. It is owned by p, and the next forward overwrites it. */
ph_tensor *ph_parameterisation_forward(ph_parameterisation *p);

/* Writes the gradient of the values, given that of the last forward's image. */
ph_status ph_parameterisation_backward(ph_parameterisation *p, const ph_tensor *image_gradient, ph_error *e);

/* "fourier{decay=1.5} 1x3x128x128, decorrelated, sigmoid", with the kind's settings that are not at their
   defaults; returns text. */
enum { PH_PARAMETERISATION_TEXT = 1024 };
const char *ph_parameterisation_describe(const ph_parameterisation *p, char text[PH_PARAMETERISATION_TEXT]);

/* ---- for the kinds ---- */

/* A kind's configuration struct begins with a member `picture`, and its table of fields with
   PH_PICTURE_FIELDS. */
typedef struct ph_parameterisation_kind {
  const char *name;
  const char *summary;
  const ph_field *fields;
  size_t config_size;

  /* What the kind can do. */
  bool linear;         /* values of 0 give a raw picture of 0 */
  bool takes_spectrum; /* ph_given's */

  /* Checks what fields alone cannot, once the picture's sizes are known; NULL: nothing. */
  ph_status (*check)(const void *config, const ph_given *given, ph_error *e);
  ph_shape (*shape)(const void *config); /* of the values */

  /* What the maps need besides the configuration, which outlives it; open leaves *state alone where it
     fails. */
  ph_status (*open)(const void *config, const ph_given *given, void **state, ph_error *e);
  void (*close)(void *state); /* NULL is allowed */

  /* Values to begin with. NULL: normal noise of the configuration's deviation. */
  void (*start)(const void *config, ph_random *random, float *values);

  /* values <-> raw picture (n, c, h, w). All NULL: the values are the raw picture. All overwrite; invert
     finds values whose raw picture is the given one, and is NULL where there may be none. backward is given
     the values of the last forward again. */
  void (*forward)(void *state, const float *values, float *raw);
  void (*backward)(void *state, const float *values, const float *raw_gradient, float *gradient);
  void (*invert)(void *state, const float *raw, float *values);
} ph_parameterisation_kind;

/* One extern per file in parameterisations/. */
extern const ph_parameterisation_kind ph_parameterisation_cppn;
extern const ph_parameterisation_kind ph_parameterisation_fourier;
extern const ph_parameterisation_kind ph_parameterisation_laplacian;
extern const ph_parameterisation_kind ph_parameterisation_low_resolution;
extern const ph_parameterisation_kind ph_parameterisation_maco;
extern const ph_parameterisation_kind ph_parameterisation_pixels;

#endif
