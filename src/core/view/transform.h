/* SPDX-License-Identifier: MIT */
/* Transforms: the small random changes of view that an image must look right under. A transform is an
   immutable description ("jitter by up to 8 pixels"); a pipeline runs a list of them, draws what is random
   about each once a step, for the whole batch, and takes the network's gradient back to the image by the
   exact adjoint of what it drew. Must not know networks, objectives or parameterisations.

   A transform type is one file in transforms/, with a function that draws (transforms/drawn.h), and its line
   in transforms/list.h. One of them, `copies`, is the pipeline's own: what comes after it is drawn again for
   each copy of the batch.
 */
#ifndef PH_TRANSFORM_H
#define PH_TRANSFORM_H

#include "base/field.h"
#include "tensor/random.h"
#include "tensor/tensor.h"

typedef struct ph_transform ph_transform;
typedef struct ph_pipeline ph_pipeline;
struct ph_drawn;

typedef struct ph_transform_type {
  const char *name;
  const char *text; /* for the reference: what it does, its source; a sentence first */
  /* The first field is the one that callers give without its name: `jitter(8)`. Where its default is
     PH_REQUIRED it must be given. */
  const ph_field *fields;
  size_t config_size;

  /* Draws for the batch that *drawn tells of; PH_MISUSE where such images do not fit. */
  ph_status (*draw)(const ph_transform *transform, ph_random *random, struct ph_drawn *drawn, ph_error *e);
} ph_transform_type;

/* Index i of all types, NULL past the last. */
const ph_transform_type *ph_transform_type_at(int i);

/* A transform of the named type. Unknown names and settings are PH_MISUSE, with a suggestion. */
ph_status ph_transform_new(const char *type, const ph_setting *settings, int count, ph_transform **transform,
                           ph_error *e);

ph_transform *ph_transform_retain(ph_transform *transform); /* returns its argument */
void ph_transform_release(ph_transform *transform);         /* NULL is allowed */

/* How a recipe would write it, without what is left at its default: `jitter(8)`, `pad(4, {mode="reflect"})`,
   `random_scale{0.9, 1.1}`. Returns text. */
enum { PH_TRANSFORM_TEXT = 4096 };
const char *ph_transform_print(const ph_transform *transform, char text[PH_TRANSFORM_TEXT]);

/* A pipeline has one owner, the run; it retains its transforms. An empty list is fine: it changes nothing.
   `copies` may appear once. */
ph_status ph_pipeline_new(ph_transform *const *transforms, int count, ph_pipeline **pipeline, ph_error *e);
void ph_pipeline_free(ph_pipeline *pipeline); /* NULL is allowed */

int ph_pipeline_count(const ph_pipeline *pipeline);
const ph_transform *ph_pipeline_at(const ph_pipeline *pipeline, int i);

/* Draws again and transforms images (n, c, h, w). *transformed is lent: it is the pipeline's own and changes
   with the next forward (an empty pipeline lends the images themselves). Buffers are kept for the largest
   size seen, so a steady state allocates nothing.

   After `copies(k)` the batch is (k * n, c, h, w): first every image's first copy, then every second one. */
ph_status ph_pipeline_forward(ph_pipeline *pipeline, ph_tensor *images, ph_random *random,
                              ph_tensor **transformed, ph_error *e);

/* The gradient with respect to the last forward's images, from that with respect to its result; those of an
   image's copies are summed. Lent as above, until the next backward. */
ph_status ph_pipeline_backward(ph_pipeline *pipeline, ph_tensor *gradient, ph_tensor **image_gradient,
                               ph_error *e);

#endif
