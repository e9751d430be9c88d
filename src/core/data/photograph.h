/* SPDX-License-Identifier: MIT */
/* Photographs as a network takes them: resized, the middle cut out, in its channels. Knows no network. */
#ifndef PH_PHOTOGRAPH_H
#define PH_PHOTOGRAPH_H

#include "base/field.h"
#include "tensor/tensor.h"

/* Zeros leave the picture as it is. */
typedef struct ph_photograph {
  int64_t size;          /* pixels of the shorter side, to which it is resized */
  int64_t height, width; /* of the middle that is cut out of that; both or neither. Black surrounds less */
  bool is_stretched;     /* all of it is made so high and wide instead; excludes `size` */
  int64_t channels;      /* 3, or 1: grey by luminance */
  bool is_reduced;       /* a JPEG may be decoded at a reduced scale; see image.h */
} ph_photograph;
extern const ph_field ph_photograph_fields[];

/* (1, channels, h, w) from a file's bytes, whose name is for messages. Fails as ph_image_decode does;
   PH_MISUSE for what does not go together. */
ph_status ph_photograph_decode(const unsigned char *bytes, size_t byte_count, const char *name,
                               const ph_photograph *as, ph_tensor **image, ph_error *e);

/* The same from a file. */
ph_status ph_photograph_load(const char *path, const ph_photograph *as, ph_tensor **image, ph_error *e);

#endif
