/* SPDX-License-Identifier: MIT */
/* Pipelines: a list of transforms at work. As nearly every draw is a linear map, going back needs none of the
   images that passed: two buffers a direction, used in turn, are enough.

   Where the list makes copies, what stands before runs once, for the whole batch; what stands after runs once
   a copy, each with draws of its own. The copies' views are gathered into one batch; on the way back their
   gradients are summed. */
#include <string.h>

#include "base/memory.h"
#include "view/transforms/types.h"
#include "transform.h"

typedef struct station {
  ph_transform *transform;
  ph_drawn *drawn; /* what it drew last, for each copy */
} station;

/* Which of a direction's buffers are what. */
enum { BEFORE = 0, AFTER = 2, WHOLE = 4, PART = 5, BUFFERS = 6 };

struct ph_pipeline {
  int count;
  int split;  /* the station that makes copies; `count` where none does */
  int copies; /* 1 where no station makes any */
  station *stations;
  ph_shape input, output; /* of the last forward; rank 0 before it */
  ph_tensor *forward[BUFFERS], *backward[BUFFERS];
};

/* ---- life ---- */

static ph_status find_copies(ph_pipeline *p, ph_error *e) {
  p->split = p->count;
  p->copies = 1;
  for (int i = 0; i < p->count; i++) {
    if (p->stations[i].transform->type != &ph_transform_copies) continue;
    if (p->split < p->count)
      return ph_fail(e, PH_MISUSE, "transforms: copies may appear only once in a list");
    p->split = i;
    p->copies = (int)ph_transform_copies_count(p->stations[i].transform);
  }
  return PH_OK;
}

ph_status ph_pipeline_new(ph_transform *const *transforms, int count, ph_pipeline **pipeline, ph_error *e) {
  ph_status status;
  ph_pipeline *p = ph_alloc(sizeof *p);
  if (p == NULL) return ph_no_memory(e);
  p->stations = ph_alloc_array((size_t)count, sizeof *p->stations);
  if (p->stations == NULL) {
    ph_free(p);
    return ph_no_memory(e);
  }
  for (int i = 0; i < count; i++) p->stations[i].transform = ph_transform_retain(transforms[i]);
  p->count = count;
  PH_TRY(find_copies(p, e));
  for (int i = 0; i < count; i++) {
    station *s = &p->stations[i];
    s->drawn = ph_alloc_array(i > p->split ? (size_t)p->copies : 1, sizeof *s->drawn);
    if (s->drawn == NULL) PH_TRY(ph_no_memory(e));
  }
  *pipeline = p;
  return PH_OK;
done:
  ph_pipeline_free(p);
  return status;
}

void ph_pipeline_free(ph_pipeline *pipeline) {
  if (pipeline == NULL) return;
  for (int i = 0; i < pipeline->count; i++) {
    station *s = &pipeline->stations[i];
    int draws = i > pipeline->split ? pipeline->copies : 1;
    for (int k = 0; s->drawn != NULL && k < draws; k++) ph_drawn_clear(&s->drawn[k]);
    ph_free(s->drawn);
    ph_transform_release(s->transform);
  }
  for (int i = 0; i < BUFFERS; i++) {
    ph_tensor_release(pipeline->forward[i]);
    ph_tensor_release(pipeline->backward[i]);
  }
  ph_free(pipeline->stations);
  ph_free(pipeline);
}

int ph_pipeline_count(const ph_pipeline *pipeline) { return pipeline->count; }

const ph_transform *ph_pipeline_at(const ph_pipeline *pipeline, int i) {
  return pipeline->stations[i].transform;
}

/* A result handed back in would be overwritten while it is read. */
static ph_status refuse_own(ph_tensor *const buffers[BUFFERS], const ph_tensor *tensor, const char *what,
                            ph_error *e) {
  for (int i = 0; i < BUFFERS; i++)
    if (tensor == buffers[i])
      return ph_fail(e, PH_MISUSE,
                     "transforms: the %s given is the result of the last call; give a clone of it", what);
  return PH_OK;
}

/* ---- forward ---- */

/* Runs stations from … to-1 with fresh draws for this copy. *images becomes the last one's result. */
static ph_status run(ph_pipeline *p, int from, int to, int copy, ph_tensor *buffers[2], ph_random *random,
                     ph_tensor **images, ph_error *e) {
  ph_status status;
  for (int i = from; i < to; i++) {
    const ph_transform *transform = p->stations[i].transform;
    ph_drawn *drawn = &p->stations[i].drawn[copy];
    ph_shape shape = ph_tensor_shape(*images);
    ph_tensor **next = &buffers[i % 2];
    drawn->images = shape.dim[0];
    drawn->channels = shape.dim[1];
    for (int a = 0; a < 2; a++) drawn->map.input[a] = shape.dim[2 + a];
    PH_TRY(transform->type->draw(transform, random, drawn, e));
    shape.dim[1] = ph_drawn_channels(drawn);
    for (int a = 0; a < 2; a++) shape.dim[2 + a] = drawn->map.output[a];
    PH_TRY(ph_tensor_ensure(next, shape, e));
    ph_drawn_forward(drawn, ph_tensor_read(*images), ph_tensor_data(*next));
    *images = *next;
  }
  return PH_OK;
done:
  return status;
}

/* Puts a copy's view where it belongs in the whole batch, which the first copy's size decides. */
static ph_status gather(ph_pipeline *p, int copy, const ph_tensor *view, ph_error *e) {
  ph_tensor **whole = &p->forward[WHOLE];
  ph_shape shape = ph_tensor_shape(view), all = shape;
  all.dim[0] *= p->copies;
  if (copy == 0) {
    ph_status status = ph_tensor_ensure(whole, all, e);
    if (status != PH_OK) return status;
  } else if (!ph_shape_equal(ph_tensor_shape(*whole), all)) {
    ph_shape first = ph_tensor_shape(*whole);
    return ph_transform_fail(p->stations[p->split].transform, e,
                             "a copy of %lldx%lld cannot join one of %lldx%lld; end with "
                             "crop_or_pad or another transform that gives them one size",
                             (long long)shape.dim[2], (long long)shape.dim[3], (long long)first.dim[2],
                             (long long)first.dim[3]);
  }
  int64_t count = ph_tensor_count(view);
  memcpy(ph_tensor_data(*whole) + copy * count, ph_tensor_read(view), (size_t)count * sizeof(float));
  return PH_OK;
}

ph_status ph_pipeline_forward(ph_pipeline *pipeline, ph_tensor *images, ph_random *random,
                              ph_tensor **transformed, ph_error *e) {
  ph_pipeline *p = pipeline;
  ph_status status;
  ph_shape shape = ph_tensor_shape(images);
  char text[PH_SHAPE_TEXT];
  if (shape.rank != 4)
    return ph_fail(e, PH_MISUSE, "transforms: images (n, c, h, w) expected, got a tensor of shape %s",
                   ph_shape_print(shape, text));
  PH_TRY(refuse_own(p->forward, images, "batch of images", e));
  p->input = (ph_shape){0};
  ph_tensor *current = images;
  PH_TRY(run(p, 0, p->split, 0, &p->forward[BEFORE], random, &current, e));
  if (p->split < p->count) {
    for (int copy = 0; copy < p->copies; copy++) {
      ph_tensor *view = current;
      PH_TRY(run(p, p->split + 1, p->count, copy, &p->forward[AFTER], random, &view, e));
      PH_TRY(gather(p, copy, view, e));
    }
    current = p->forward[WHOLE];
  }
  p->input = shape;
  p->output = ph_tensor_shape(current);
  *transformed = current;
done:
  return status;
}

/* ---- backward ---- */

/* Takes the gradient of this copy back through stations to-1 … from. */
static ph_status run_back(ph_pipeline *p, int from, int to, int copy, ph_tensor *buffers[2],
                          ph_tensor **gradient, ph_error *e) {
  ph_status status;
  for (int i = to - 1; i >= from; i--) {
    const ph_drawn *drawn = &p->stations[i].drawn[copy];
    ph_tensor **next = &buffers[i % 2];
    PH_TRY(ph_tensor_ensure(
        next, ph_shape4(drawn->images, drawn->channels, drawn->map.input[0], drawn->map.input[1]), e));
    ph_drawn_backward(drawn, ph_tensor_read(*gradient), ph_tensor_data(*next));
    *gradient = *next;
  }
  return PH_OK;
done:
  return status;
}

/* The sum of what the copies' parts of the gradient come to. */
static ph_status run_copies_back(ph_pipeline *p, ph_tensor **gradient, ph_error *e) {
  ph_status status;
  ph_shape shape = p->output;
  ph_tensor **part = &p->backward[PART], **sum = &p->backward[WHOLE];
  shape.dim[0] /= p->copies;
  PH_TRY(ph_tensor_ensure(part, shape, e));
  int64_t count = ph_tensor_count(*part);
  for (int copy = 0; copy < p->copies; copy++) {
    ph_tensor *current = *part;
    memcpy(ph_tensor_data(current), ph_tensor_read(*gradient) + copy * count, (size_t)count * sizeof(float));
    PH_TRY(run_back(p, p->split + 1, p->count, copy, &p->backward[AFTER], &current, e));
    if (copy == 0) {
      PH_TRY(ph_tensor_ensure(sum, ph_tensor_shape(current), e));
      ph_tensor_copy(*sum, current);
    } else {
      ph_tensor_add_scaled(*sum, 1, current);
    }
  }
  *gradient = *sum;
done:
  return status;
}

ph_status ph_pipeline_backward(ph_pipeline *pipeline, ph_tensor *gradient, ph_tensor **image_gradient,
                               ph_error *e) {
  ph_pipeline *p = pipeline;
  ph_status status;
  if (p->input.rank == 0) return ph_fail(e, PH_MISUSE, "transforms: a backward needs a forward before it");
  PH_TRY(ph_tensor_expect(gradient, p->output, "transforms: gradient", e));
  PH_TRY(refuse_own(p->backward, gradient, "gradient", e));
  ph_tensor *current = gradient;
  if (p->split < p->count) PH_TRY(run_copies_back(p, &current, e));
  PH_TRY(run_back(p, 0, p->split, 0, &p->backward[BEFORE], &current, e));
  *image_gradient = current;
done:
  return status;
}
