/* SPDX-License-Identifier: MIT */
/* Heads: the leaves of objectives. A head reads one activation, or the picture itself, and makes one number
   of it; its gradient says how the number answers to every element. A head type is one file in
   heads/ and its line in heads/list.h.

   A head does not know the expression it stands in, and knows a network only while it is resolved. */
#ifndef PH_HEAD_H
#define PH_HEAD_H

#include "base/field.h"
#include "objective/heads/list.h"
#include "network/network.h"
#include "tensor/tensor.h"

/* Every head's configuration begins with where it reads. */
typedef struct ph_head_place {
  char layer[PH_TEXT_SIZE]; /* empty: the type's default */
  int64_t batch;            /* the image it reads, or -1: all images */
  int token;                /* a ph_token: which tokens it reads, where the layer is a list of them */
} ph_head_place;

/* The first rows of every head type's fields: of one whose layer must be named, and with other words for the
   layer, as for one that reads the picture by default. */
#define PH_HEAD_PLACE PH_HEAD_PLACE_OF("for example \"mixed4a\"")
#define PH_PICTURE_PLACE                                                                                     \
  PH_HEAD_PLACE_OF(                                                                                          \
      "the layer that is read; by default \"picture\", the picture in [0, 1] as it is before "               \
      "its transforms (Lucid's T(\"input\")); \"image\" is what the network sees of it, through "            \
      "them")
#define PH_HEAD_PLACE_OF(text)                                                                               \
  {"layer", PH_TEXT, offsetof(ph_head_place, layer), 0, 0, 0, NULL, text},                                   \
      {"batch",                                                                                              \
       PH_INTEGER,                                                                                           \
       offsetof(ph_head_place, batch),                                                                       \
       -1,                                                                                                   \
       0,                                                                                                    \
       1e9,                                                                                                  \
       NULL,                                                                                                 \
       "the one image of the batch that is read; by default all of them"},                                   \
  {                                                                                                          \
    "token", PH_CHOICE, offsetof(ph_head_place, token), PH_TOKEN_PATCHES, 0, 0, ph_token_names,              \
        "of a transformer's layer, which tokens are read: the patches, which are the map; the class token; " \
        "or the others, as one row"                                                                          \
  }

/* An argument of a head's constructor: it is the value of one of the type's fields, or the "tensor". Where
   there are two such settings, a value goes to the one that it fits, and to the first where it fits none. */
typedef struct ph_argument {
  const char *name;        /* NULL: none, and the end of a list */
  const char *settings[2]; /* the second may be NULL */
  const char *summary;     /* NULL: the setting's */
  bool list;               /* a list of numbers will do in the place of the tensor */
} ph_argument;
#define PH_HEAD_LAYER                                                                                        \
  { "layer", {"layer", NULL}, NULL, false }

typedef struct ph_head_type ph_head_type;

typedef struct ph_head {
  const ph_head_type *type;
  ph_head_place *config; /* the type's configuration struct */
  ph_tensor *tensor;     /* retained; NULL for types that take none */
  struct ph_head *whole; /* what it means where the network has this one's layer; NULL for most heads */
} ph_head;

/* What a head sees of its layer: the images that it reads, arranged as units of a map
   (network/arrangement.h). (n, units) has h = w = 1. */
typedef struct ph_tap {
  const char *layer; /* for messages */
  int64_t n, c, h, w;
  ph_shape shape;          /* of what it sees, (n, c, h, w) or (n, c) */
  int64_t offset;          /* of what it sees from the first image's start, in elements */
  const float *activation; /* (n, c, h, w) */
  float *gradient;         /* as the activation; NULL while only the value is asked for */
  double *scratch;         /* the type's own; what value leaves there, gradient finds */
} ph_tap;

struct ph_head_type {
  const char *name;
  const char *text;  /* for the reference: the formula, its source, what raises; a sentence first */
  const char *layer; /* what is read by default; NULL: a layer must be named */
  const ph_argument
      *arguments; /* what its constructor takes by place, up to one without a name; NULL: nothing */
  ph_argument tensor_option; /* where the tensor has a name among the options instead */
  bool whole_batch;          /* its tap is not narrowed to the image it reads: the type sees to that itself */
  const ph_field *fields;
  size_t config_size;

  /* Checks what was set; NULL: all arguments must be there. */
  ph_status (*check)(const ph_head *head, ph_error *e);

  /* Finds the layer in a network, and may complete the configuration from it; NULL: by name. */
  ph_status (*resolve)(ph_head *head, const ph_network *network, int *layer, ph_error *e);

  /* Whether configuration and tensor fit the activation's shape; NULL: always. */
  ph_status (*fit)(const ph_head *head, const ph_tap *tap, ph_error *e);

  /* The channels that it reads and whose gradients it writes, of a layer that holds them; NULL: all. */
  ph_channels (*channels)(const ph_head *head);

  /* How many doubles of scratch it needs; NULL: none. */
  int64_t (*scratch)(const ph_head *head, const ph_tap *tap);

  /* NULL, as the gradient then is, where values come from outside (evaluation.h). */
  double (*value)(const ph_head *head, const ph_tap *tap);

  /* Adds coefficient * d value / d activation to tap->gradient. Follows value on the same tap. */
  void (*gradient)(const ph_head *head, const ph_tap *tap, double coefficient);
};

/* The type of this name, or PH_MISUSE with a suggestion. Index i of all types, NULL past the last. */
ph_status ph_head_type_find(const char *name, const ph_head_type **type, ph_error *e);
const ph_head_type *ph_head_type_at(int i);

/* Argument i of the type's constructor, NULL past the last. */
const ph_argument *ph_head_argument(const ph_head_type *type, int i);

/* A new head, which retains the tensor (NULL for none). */
ph_status ph_head_new(const char *type, const ph_setting *settings, int count, ph_tensor *tensor,
                      ph_head **head, ph_error *e);
ph_status ph_head_copy(const ph_head *head, ph_head **copy, ph_error *e);
void ph_head_free(ph_head *head); /* NULL is allowed */

/* In the place of a layer's name and index: the picture as it is before its transforms, which no network
   holds. */
extern const char ph_picture_name[];
enum { PH_PICTURE = -1 };

/* The head that is meant on this network: itself, or the one that it is the `whole` of. */
const ph_head *ph_head_meant(const ph_head *head, const ph_network *network);

/* Finds the head's layer, and what else it needs of the network. */
ph_status ph_head_resolve(ph_head *head, const ph_network *network, int *layer, ph_error *e);

/* The part of an activation, (n, c, h, w) or (n, c), that the head reads: checked, with no gradient and no
   scratch. `layer` names it in messages, and must outlive the tap. */
ph_status ph_head_tap(const ph_head *head, const char *layer, ph_array activation, ph_tap *tap, ph_error *e);

/* The head as its constructor's call in Lua: channel("mixed4a", 476):on(2). Returns text. */
enum { PH_HEAD_TEXT = 1024 };
const char *ph_head_print(const ph_head *head, char text[PH_HEAD_TEXT]);

/* PH_MISUSE "layer 'mixed4a': unit 508 out of range 0..507" unless 0 <= index < count. For files in heads/.
 */
ph_status ph_head_expect_index(const ph_tap *tap, const char *what, int64_t index, int64_t count,
                               ph_error *e);

/* The fit of heads that compare the images of a batch: PH_MISUSE where there is only one. */
ph_status ph_head_fit_several(const ph_head *head, const ph_tap *tap, ph_error *e);

#define PH_DECLARE_HEAD(name) extern const ph_head_type ph_head_##name;
PH_HEAD_TYPES(PH_DECLARE_HEAD)

#endif
