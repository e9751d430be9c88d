/* Parameterisations: what all kinds share. Settings, where the values start, colour, and the buffers, which
   are all made with the object, so that forward and backward allocate nothing. */
#include "parameterisation.h"

#include <stdio.h>
#include <string.h>

#include "memory.h"

static const ph_parameterisation_kind *const kinds[] = {
    &ph_parameterisation_fourier,
    &ph_parameterisation_pixels,
};
enum { KINDS = sizeof kinds / sizeof *kinds, DEFAULT_SIDE = 128 };

struct ph_parameterisation {
  int references;
  const ph_parameterisation_kind *kind;
  void *config; /* the kind's struct, which begins with a ph_picture */
  void *state;
  ph_colour colour;
  ph_tensor *values, *gradient;
  ph_tensor *image;
  ph_tensor *raw, *raw_gradient; /* NULL where values and gradient are these themselves */
};

static ph_status find_kind(const char *name, const ph_parameterisation_kind **kind, ph_error *e) {
  const char *names[KINDS + 1] = {NULL};
  for (int i = 0; i < KINDS; i++) names[i] = kinds[i]->name;
  const ph_field fields[] = {{.key = "kind", .kind = PH_CHOICE, .choices = names}, {.key = NULL}};
  const ph_setting setting = {.key = "kind", .text = name};
  int index = 0;
  ph_status status = ph_fields_apply(fields, &index, &setting, 1, "parameterisation", e);
  *kind = kinds[index];
  return status;
}

/* ---- settings ---- */

static int64_t first_given(int64_t a, int64_t b, int64_t c) { return a != 0 ? a : b != 0 ? b : c; }

/* Decides the sizes that the settings left open, and checks that an image to start from has them. */
static ph_status settle_sizes(ph_picture *p, const ph_tensor *image, const char *what, ph_error *e) {
  ph_shape start = {.rank = 4};
  char text[PH_SHAPE_TEXT];
  if (image != NULL) {
    start = ph_tensor_shape(image);
    if (start.rank != 4)
      return ph_fail(e, PH_MISUSE, "%s: the image must be (n, c, h, w), got %s", what,
                     ph_shape_print(start, text));
    p->height = first_given(p->height, start.dim[2], 0);
    p->width = first_given(p->width, start.dim[3], 0);
  }
  p->batch = first_given(p->batch, start.dim[0], 1);
  p->channels = first_given(p->channels, start.dim[1], 3);
  p->height = first_given(p->height, p->width, DEFAULT_SIDE);
  p->width = first_given(p->width, p->height, DEFAULT_SIDE);
  if (image == NULL) return PH_OK;
  ph_shape wanted = ph_shape4(p->batch, p->channels, p->height, p->width);
  if (start.dim[0] == 1) wanted.dim[0] = 1; /* one image starts every image of the batch */
  return ph_tensor_expect(image, wanted, what, e);
}

static ph_status choose_colour(const ph_picture *p, ph_colour *colour, const char *what, ph_error *e) {
  bool mixable = p->channels == 3 || p->channels == 4;
  if (p->matrix.count != 0 && p->matrix.count != 9)
    return ph_fail(e, PH_MISUSE, "%s: matrix takes 9 numbers, row by row, got %d", what, p->matrix.count);
  if (p->matrix.count != 0 && !(p->decorrelate && mixable))
    return ph_fail(e, PH_MISUSE, "%s: a colour matrix needs decorrelate and 3 or 4 channels", what);
  const double *matrix = p->matrix.count == 9 ? p->matrix.value : ph_colour_matrix;
  *colour = ph_colour_of(p->decorrelate && mixable ? matrix : NULL, (ph_squash)p->squash);
  return PH_OK;
}

static ph_status configure(ph_parameterisation *p, const ph_setting *settings, int count,
                           const ph_tensor *image, ph_error *e) {
  char what[64];
  ph_status status;
  ph_picture *picture = p->config;
  snprintf(what, sizeof what, "parameterisation '%s'", p->kind->name);
  ph_fields_default(p->kind->fields, p->config);
  PH_TRY(ph_fields_apply(p->kind->fields, p->config, settings, count, what, e));
  PH_TRY(settle_sizes(picture, image, what, e));
  PH_TRY(choose_colour(picture, &p->colour, what, e));
fail:
  return status;
}

/* ---- life ---- */

static ph_status make_buffers(ph_parameterisation *p, ph_error *e) {
  ph_status status;
  const ph_picture *s = p->config;
  ph_shape picture = ph_shape4(s->batch, s->channels, s->height, s->width),
           values = p->kind->shape(p->config);
  PH_TRY(ph_tensor_new(picture, &p->image, e));
  PH_TRY(ph_tensor_new(values, &p->values, e));
  PH_TRY(ph_tensor_new(values, &p->gradient, e));
  if (p->kind->forward != NULL) {
    PH_TRY(ph_tensor_new(picture, &p->raw, e));
    PH_TRY(ph_tensor_new(picture, &p->raw_gradient, e));
    PH_TRY(p->kind->open(p->config, &p->state, e));
  }
fail:
  return status;
}

static float *raw_data(ph_parameterisation *p) { return ph_tensor_data(p->raw != NULL ? p->raw : p->values); }

/* Values whose image is `image`, whose first image stands for all where it has one only. */
static ph_status start_from_image(ph_parameterisation *p, const ph_tensor *image, ph_error *e) {
  ph_shape one = ph_tensor_shape(p->image);
  const int64_t batch = one.dim[0], given = ph_tensor_shape(image).dim[0];
  one.dim[0] = 1;
  const int64_t count = ph_shape_count(one);
  for (int64_t n = 0; n < batch; n++) {
    const float *source = ph_tensor_read(image) + n % given * count;
    ph_status status = ph_colour_invert(&p->colour, one, source, raw_data(p) + n * count, e);
    if (status != PH_OK) return status;
  }
  if (p->kind->invert != NULL) p->kind->invert(p->state, raw_data(p), ph_tensor_data(p->values));
  return PH_OK;
}

ph_status ph_parameterisation_new(const char *name, const ph_setting *settings, int count, ph_random *random,
                                  const ph_tensor *image, ph_parameterisation **parameterisation,
                                  ph_error *e) {
  ph_status status;
  ph_parameterisation *p = NULL;
  const ph_parameterisation_kind *kind;
  PH_TRY(find_kind(name, &kind, e));
  if (random == NULL && image == NULL)
    return ph_fail(e, PH_MISUSE, "parameterisation '%s': starts from noise or an image; give random or image",
                   name);
  p = ph_alloc(sizeof *p);
  if (p == NULL) return ph_no_memory(e);
  p->references = 1;
  p->kind = kind;
  p->config = ph_alloc(kind->config_size);
  PH_TRY(p->config != NULL ? PH_OK : ph_no_memory(e));
  PH_TRY(configure(p, settings, count, image, e));
  PH_TRY(make_buffers(p, e));
  if (image != NULL)
    PH_TRY(start_from_image(p, image, e));
  else
    ph_random_fill_normal(random, p->values, 0, ((const ph_picture *)p->config)->deviation);
  *parameterisation = p;
  return PH_OK;
fail:
  ph_parameterisation_release(p);
  return status;
}

ph_parameterisation *ph_parameterisation_retain(ph_parameterisation *p) {
  p->references++;
  return p;
}

void ph_parameterisation_release(ph_parameterisation *p) {
  if (p == NULL || --p->references > 0) return;
  if (p->kind->close != NULL) p->kind->close(p->state);
  ph_tensor_release(p->values);
  ph_tensor_release(p->gradient);
  ph_tensor_release(p->image);
  ph_tensor_release(p->raw);
  ph_tensor_release(p->raw_gradient);
  ph_free(p->config);
  ph_free(p);
}

/* ---- use ---- */

ph_tensor *ph_parameterisation_values(ph_parameterisation *p) { return p->values; }
ph_tensor *ph_parameterisation_gradient(ph_parameterisation *p) { return p->gradient; }
ph_shape ph_parameterisation_shape(const ph_parameterisation *p) { return ph_tensor_shape(p->image); }

ph_tensor *ph_parameterisation_forward(ph_parameterisation *p) {
  if (p->kind->forward != NULL) p->kind->forward(p->state, ph_tensor_read(p->values), ph_tensor_data(p->raw));
  ph_colour_forward(&p->colour, ph_tensor_shape(p->image), raw_data(p), ph_tensor_data(p->image));
  return p->image;
}

ph_status ph_parameterisation_backward(ph_parameterisation *p, const ph_tensor *image_gradient, ph_error *e) {
  ph_tensor *raw_gradient = p->raw_gradient != NULL ? p->raw_gradient : p->gradient;
  ph_status status = ph_tensor_expect(image_gradient, ph_tensor_shape(p->image), "image gradient", e);
  if (status != PH_OK) return status;
  if (image_gradient == p->gradient)
    return ph_fail(e, PH_MISUSE, "image gradient: this tensor is the values' gradient, which is written to");
  ph_colour_backward(&p->colour, ph_tensor_shape(p->image), raw_data(p), ph_tensor_read(p->image),
                     ph_tensor_read(image_gradient), ph_tensor_data(raw_gradient));
  if (p->kind->backward != NULL)
    p->kind->backward(p->state, ph_tensor_read(raw_gradient), ph_tensor_data(p->gradient));
  return PH_OK;
}

const char *ph_parameterisation_describe(const ph_parameterisation *p, char text[PH_PARAMETERISATION_TEXT]) {
  char shape[PH_SHAPE_TEXT];
  snprintf(text, PH_PARAMETERISATION_TEXT, "%s %s%s, %s", p->kind->name,
           ph_shape_print(ph_tensor_shape(p->image), shape), p->colour.mixed ? ", decorrelated" : "",
           p->colour.squash == PH_SQUASH_NONE ? "not squashed" : ph_squash_names[p->colour.squash]);
  return text;
}
