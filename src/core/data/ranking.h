/* SPDX-License-Identifier: MIT */
/* For each unit of a layer, the places of a dataset's pictures where it is strongest and weakest, and a fair
   sample of all places, collected as activations stream by. In the lists of the strongest and the weakest a
   picture has its one best place. What comes in is ordered, never who came first: pictures in any order, and
   rankings of parts taken together, give the same lists, bit for bit. Knows no files; pictures are numbers.
 */
#ifndef PH_RANKING_H
#define PH_RANKING_H

#include "tensor/tensor.h"

typedef struct ph_ranking ph_ranking;

/* A place of a picture's activation, counted from 0, and the unit's value there. */
typedef struct ph_example {
  uint64_t picture;
  float value;
  int32_t y, x;
} ph_example;

/* The strongest first; the weakest first; and places that were drawn by lot, one of each picture at most, in
   the order of their lots, which depend on the picture's number and on the unit alone. Equal values are
   ordered by the pictures' numbers. */
typedef enum ph_ranking_list {
  PH_RANKING_TOP,
  PH_RANKING_BOTTOM,
  PH_RANKING_ANY,
  PH_RANKING_LISTS
} ph_ranking_list;
extern const char *const ph_ranking_names[]; /* "top", "bottom", "any", NULL */

enum { PH_RANKING_MOST = 4096 }; /* examples in a list */

/* `room[list]` is how many examples each unit's list may hold. */
ph_status ph_ranking_new(int64_t units, const int64_t room[PH_RANKING_LISTS], ph_ranking **ranking,
                         ph_error *e);
void ph_ranking_free(ph_ranking *ranking);

int64_t ph_ranking_units(const ph_ranking *ranking);

/* Takes in the activations (n, units) or (n, units, h, w) of the first `count` of n pictures, none of which
   was taken before. PH_MISUSE for another shape; PH_FAILURE, and then nothing was taken, if an activation is
   not finite: `*failed`, which may be NULL, is then which picture's. */
ph_status ph_ranking_add(ph_ranking *ranking, const ph_tensor *activations, const uint64_t *pictures,
                         int64_t count, int64_t *failed, ph_error *e);

/* Removes the examples of these pictures, which are in rising order. The lists get shorter. */
void ph_ranking_forget(ph_ranking *ranking, const uint64_t *pictures, int64_t count);

/* A unit's list, the first example first. Valid until the ranking changes. */
const ph_example *ph_ranking_list_of(const ph_ranking *ranking, int64_t unit, ph_ranking_list list,
                                     int64_t *count);

/* A unit's lists as bytes, for files: the number of examples of each list (16 bits), then 16 bytes for each
   example: picture, value, y, x (64, 32, 16, 16 bits), all little-endian. */
size_t ph_ranking_size(const ph_ranking *ranking, int64_t unit);
void ph_ranking_write(const ph_ranking *ranking, int64_t unit, unsigned char *bytes);

/* Takes in the lists that such bytes hold, as if their pictures had been added. PH_FAILURE, and then nothing
   was taken, for bytes that are no lists. */
ph_status ph_ranking_take(ph_ranking *ranking, int64_t unit, const unsigned char *bytes, size_t size,
                          ph_error *e);

#endif
