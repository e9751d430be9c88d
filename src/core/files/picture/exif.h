/* SPDX-License-Identifier: MIT */
/* What cameras say of a picture (Exif 2.3, which is made like a TIFF file): only how it was held. */
#ifndef PH_EXIF_H
#define PH_EXIF_H

#include <stddef.h>

/* The orientation, 1 to 8, that the block says: how rows and columns of the pixels lie in the picture as it
   was seen. 1, as they are, where it says nothing that makes sense. The block may begin with "Exif" and two
   zeros, as it does in JPEGs, and where programs have copied it from there. */
int ph_exif_orientation(const unsigned char *block, size_t size);

#endif
