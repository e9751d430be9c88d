/* SPDX-License-Identifier: MIT */
/* A loader: threads that read and decode the pictures of a catalogue ahead of whoever asks for them. They
   come in an order that is settled beforehand, whatever the threads do, and no more of them are held at a
   time than there are slots. */
#ifndef PH_LOADER_H
#define PH_LOADER_H

#include "catalogue.h"
#include "photograph.h"

typedef struct ph_loader ph_loader;

typedef struct ph_loader_settings {
  const int64_t *items; /* which, so many, copied; NULL: the first ones */
  int64_t count;
  bool is_shuffled; /* in the order that the stream "dataset" of the seed draws */
  uint64_t seed;
  int threads; /* 1 to 256 */
  int slots;   /* at least 1 */
  ph_photograph as;
} ph_loader_settings;

/* Starts the threads, which hold on to the catalogue. */
ph_status ph_loader_new(ph_catalogue *catalogue, const ph_loader_settings *settings, ph_loader **loader,
                        ph_error *e);

/* Stops them, wherever they are; waits for what each is about to decode. NULL is allowed. */
void ph_loader_free(ph_loader *loader);

/* Waits for the next picture. *image is NULL where it could not be read, and `reason` then says why; else it
   is valid until the next call. *place counts from 0 in the list of the items that were asked for, whatever
   order they come in; it is -1 at the end. Fails only when memory is short or pictures make no sense as what
   was asked for; there is then no next one. */
ph_status ph_loader_next(ph_loader *loader, int64_t *place, const ph_tensor **image, ph_error *reason,
                         ph_error *e);

/* One picture by itself, the same as a loader gives. */
ph_status ph_loader_load(const ph_catalogue *catalogue, int64_t i, const ph_photograph *as, ph_tensor **image,
                         ph_error *e);

/* How many slots hold a picture, decoded or about to be. */
int ph_loader_live(ph_loader *loader);

#endif
