/* SPDX-License-Identifier: MIT */
/* The Fourier basis for images: planes of an image from half-spectra, with every frequency scaled so that
   equal steps in the spectrum change low and high frequencies as a natural image would have them (energy
   falling with frequency). Knows nothing of colour or of optimisation.

   A half-spectrum is (h, columns, 2): frequency rows 0 … h-1, columns 0 … w/2, real and imaginary part. The
   image is
     irfft2(spectrum * sqrt(w h) / max(f, 1 / max(w, h))^decay) / 4, f = |(fy, fx)| in cycles per pixel, with
   the inverse transform divided by w h: Lucid's `fft_image` (optvis/param/spatial.py), its divisor 4
   included. For odd widths Lucid computes one column more and crops; here the transform itself is odd. */
#ifndef PH_FOURIER_H
#define PH_FOURIER_H

#include "base/error.h"
#include "base/shape.h"

typedef struct ph_fourier ph_fourier;

/* Maps for `planes` planes of h x w, each at most PH_FOURIER_MOST_SIDE. Planning is deterministic but, as
   FFTW's planner is one per process, must not happen in two threads at once. */
enum { PH_FOURIER_MOST_SIDE = 16384 };
ph_status ph_fourier_new(int64_t planes, int64_t h, int64_t w, double decay, ph_fourier **fourier,
                         ph_error *e);
void ph_fourier_free(ph_fourier *fourier); /* NULL is allowed */

int64_t ph_fourier_columns(int64_t w); /* w / 2 + 1 */

/* spectrum (planes, h, columns, 2) -> image (planes, h, w). Numbers that a real image leaves no freedom for
   (the imaginary part at frequency 0, the mirrored halves of the first and of an even width's last column)
   may be anything: the real part of the sum is taken. */
void ph_fourier_forward(ph_fourier *fourier, const float *spectrum, float *image);

/* The adjoint: image gradient -> spectrum gradient, overwritten. */
void ph_fourier_backward(ph_fourier *fourier, const float *image_gradient, float *spectrum_gradient);

/* The spectrum whose image this is. */
void ph_fourier_invert(ph_fourier *fourier, const float *image, float *spectrum);

#endif
