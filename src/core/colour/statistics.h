/* SPDX-License-Identifier: MIT */
/* Statistics of photographs: their mean colour, the covariance of their colours, and their mean spectrum.
   Pictures are added one after the other and not stored. The covariance gives a colour matrix for colour.h;
   the parameterisation `maco` uses the spectrum. Knows no files. */
#ifndef PH_STATISTICS_H
#define PH_STATISTICS_H

#include "tensor/tensor.h"

typedef struct ph_photo_statistics ph_photo_statistics;

/* For pictures of h x w pixels. The spectrum is that of decorrelated channels, by the inverse of this colour
   matrix (9 numbers, row by row; NULL: ImageNet's); a matrix without one is PH_MISUSE. */
ph_status ph_photo_statistics_new(int64_t h, int64_t w, const double *matrix,
                                  ph_photo_statistics **statistics, ph_error *e);
void ph_photo_statistics_free(ph_photo_statistics *statistics); /* NULL is allowed */

/* Takes in the pictures (n, 3, h, w). PH_MISUSE for another shape; PH_FAILURE where a value is not a number,
   and then that picture and those after it are left out. */
ph_status ph_photo_statistics_add(ph_photo_statistics *statistics, const ph_tensor *images, ph_error *e);

/* How many pictures were added. The functions below need at least one, and give PH_MISUSE without. */
int64_t ph_photo_statistics_count(const ph_photo_statistics *statistics);

/* Of red, green and blue over all pixels: the mean, and the covariance (3, 3). */
ph_status ph_photo_statistics_colours(const ph_photo_statistics *statistics, double mean[3],
                                      double covariance[9], ph_error *e);

/* The mean magnitude |rfft2| of each channel's frequencies, (3, h, w / 2 + 1), one reference of which becomes
   the caller's. */
ph_status ph_photo_statistics_spectrum(const ph_photo_statistics *statistics, ph_tensor **spectrum,
                                       ph_error *e);

/* The lower triangular Cholesky factor of a covariance, divided by the largest norm of its columns, as Lucid
   divides its own matrix (optvis/param/color.py). PH_FAILURE where there is none: where colours do not vary
   in all three directions. */
ph_status ph_colour_factor(const double covariance[9], double matrix[9], ph_error *e);

#endif
