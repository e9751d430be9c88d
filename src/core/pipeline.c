/* Pipelines: a list of transforms at work. As every draw is a linear map, going back needs none of the images
   that passed: two buffers a direction, used in turn, are enough. */
#include "memory.h"
#include "transform.h"
#include "transforms/types.h"

typedef struct station {
  ph_transform *transform;
  ph_map map; /* what it drew last */
} station;

struct ph_pipeline {
  int count;
  station *stations;
  ph_shape input, output; /* of the last forward; rank 0 before it */
  ph_tensor *forward[2];  /* buffers */
  ph_tensor *backward[2];
};

ph_status ph_pipeline_new(ph_transform *const *transforms, int count, ph_pipeline **pipeline, ph_error *e) {
  ph_pipeline *p = ph_alloc(sizeof *p);
  if (p == NULL) return ph_no_memory(e);
  p->stations = ph_alloc_array((size_t)count, sizeof *p->stations);
  if (p->stations == NULL) {
    ph_free(p);
    return ph_no_memory(e);
  }
  for (int i = 0; i < count; i++) p->stations[i].transform = ph_transform_retain(transforms[i]);
  p->count = count;
  *pipeline = p;
  return PH_OK;
}

void ph_pipeline_free(ph_pipeline *pipeline) {
  if (pipeline == NULL) return;
  for (int i = 0; i < pipeline->count; i++) {
    ph_transform_release(pipeline->stations[i].transform);
    ph_map_clear(&pipeline->stations[i].map);
  }
  for (int i = 0; i < 2; i++) {
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

/* A batch of as many images and channels, of this height and width. */
static ph_shape sized(ph_shape shape, const int64_t size[2]) {
  return ph_shape4(shape.dim[0], shape.dim[1], size[0], size[1]);
}

/* A result handed back in would be overwritten while it is read. */
static ph_status refuse_own(ph_tensor *const buffers[2], const ph_tensor *tensor, const char *what,
                            ph_error *e) {
  if (tensor != buffers[0] && tensor != buffers[1]) return PH_OK;
  return ph_fail(e, PH_MISUSE, "transforms: the %s given is the last one's result; give a clone of it", what);
}

ph_status ph_pipeline_forward(ph_pipeline *pipeline, ph_tensor *images, ph_random *random,
                              ph_tensor **transformed, ph_error *e) {
  ph_status status;
  ph_shape shape = ph_tensor_shape(images);
  char text[PH_SHAPE_TEXT];
  if (shape.rank != 4)
    return ph_fail(e, PH_MISUSE, "transforms: images (n, c, h, w) expected, got a tensor of shape %s",
                   ph_shape_print(shape, text));
  PH_TRY(refuse_own(pipeline->forward, images, "batch of images", e));
  pipeline->input = (ph_shape){0};
  ph_tensor *current = images;
  for (int i = 0; i < pipeline->count; i++) {
    station *s = &pipeline->stations[i];
    ph_shape before = ph_tensor_shape(current);
    ph_tensor **next = &pipeline->forward[i % 2];
    for (int a = 0; a < 2; a++) s->map.input[a] = before.dim[2 + a];
    PH_TRY(s->transform->type->draw(s->transform, random, &s->map, e));
    PH_TRY(ph_tensor_ensure(next, sized(shape, s->map.output), e));
    ph_map_forward(&s->map, shape.dim[0] * shape.dim[1], ph_tensor_read(current), ph_tensor_data(*next));
    current = *next;
  }
  pipeline->input = shape;
  pipeline->output = ph_tensor_shape(current);
  *transformed = current;
fail:
  return status;
}

ph_status ph_pipeline_backward(ph_pipeline *pipeline, ph_tensor *gradient, ph_tensor **image_gradient,
                               ph_error *e) {
  ph_status status;
  if (pipeline->input.rank == 0)
    return ph_fail(e, PH_MISUSE, "transforms: a backward needs a forward before it");
  PH_TRY(ph_tensor_expect(gradient, pipeline->output, "transforms: gradient", e));
  PH_TRY(refuse_own(pipeline->backward, gradient, "gradient", e));
  ph_tensor *current = gradient;
  for (int i = pipeline->count - 1; i >= 0; i--) {
    const ph_map *map = &pipeline->stations[i].map;
    ph_tensor **next = &pipeline->backward[i % 2];
    ph_shape shape = sized(pipeline->input, map->input);
    PH_TRY(ph_tensor_ensure(next, shape, e));
    ph_map_backward(map, shape.dim[0] * shape.dim[1], ph_tensor_read(current), ph_tensor_data(*next));
    current = *next;
  }
  *image_gradient = current;
fail:
  return status;
}
