/* SPDX-License-Identifier: MIT */
/* Discrete Fourier transforms of real planes. The only file that uses FFTW, and only for complex transforms
   of one row or column at a time, from one aligned array into another: FFTW's estimated plans are good for
   these, and rows and columns can be distributed over threads. Knows nothing of what the planes are.

   A half-spectrum is (h, columns, 2): frequency rows 0 … h-1, columns 0 … w/2, real and imaginary part. */
#ifndef PH_DFT_H
#define PH_DFT_H

#include <stdint.h>

#include "base/error.h"
#include "base/library.h"

typedef struct ph_dft ph_dft;

/* For `planes` planes of h x w at once. Planning is deterministic but, as FFTW's planner is one per process,
   must not happen in two threads at once. */
ph_status ph_dft_new(int64_t planes, int64_t h, int64_t w, ph_dft **dft, ph_error *e);
void ph_dft_free(ph_dft *dft); /* NULL is allowed */

int64_t ph_dft_columns(int64_t w); /* w / 2 + 1 */

/* planes = the inverse transform, not divided by w h, of factor * half-spectra. The factors, (h, columns),
   are the same for all planes. Of what no real plane has (imaginary parts at frequency 0, halves of the first
   and of an even width's last column that do not mirror each other) the Hermitian part is taken. */
void ph_dft_to_planes(ph_dft *dft, const float *factor, const float *spectra, float *planes);

/* half-spectra = factor * the transform of the planes. */
void ph_dft_to_spectra(ph_dft *dft, const float *factor, const float *planes, float *spectra);

/* FFTW, whose headers do not say their version. */
ph_library ph_dft_library(void);

#endif
