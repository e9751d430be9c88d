/* SPDX-License-Identifier: MIT */
/* Running parameterisations: initial values, sums, colour, and the buffers, which are all allocated with the
   object, so that forward and backward allocate nothing. */
#include <string.h>

#include "base/memory.h"
#include "parameterisation_private.h"

/* ---- masks ---- */

static ph_status copy_tensor(const ph_tensor *src, ph_tensor **copy, ph_error *e) {
  ph_status status = ph_tensor_new(ph_tensor_shape(src), copy, e);
  if (status == PH_OK) ph_tensor_copy(*copy, src);
  return status;
}

static ph_status make_finish(ph_parameterisation *p, const ph_given *given, ph_error *e) {
  ph_status status;
  const ph_tensor *fixed = given->fixed != NULL ? given->fixed : given->image;
  ph_shape shape = ph_picture_settings_shape(&p->picture), mask_shape = shape;
  mask_shape.dim[1] = 1;
  if (given->mask == NULL && given->fixed != NULL)
    return ph_fail(e, PH_MISUSE, "parameterisation: a fixed image needs a mask that says where it is fixed");
  if (given->mask != NULL) {
    if (fixed == NULL)
      return ph_fail(e, PH_MISUSE, "parameterisation: a mask needs a fixed image, or one to start from");
    PH_TRY(ph_picture_settings_expect(given->mask, mask_shape, "parameterisation: mask", e));
    PH_TRY(ph_picture_settings_expect(fixed, shape, "parameterisation: fixed image", e));
    PH_TRY(copy_tensor(given->mask, &p->mask, e));
    PH_TRY(copy_tensor(fixed, &p->fixed, e));
  }
  p->compositing = (ph_compositing){.grey = p->picture.grey,
                                    .stretch = p->picture.stretch,
                                    .shape = shape,
                                    .mask = p->mask,
                                    .fixed = p->fixed};
  return PH_OK;
done:
  return status;
}

/* ---- buffers ---- */

static ph_status make_values(ph_parameterisation *p, ph_error *e) {
  ph_shape shape = p->parts[0].kind->shape(p->parts[0].config);
  ph_status status = ph_shape_check(shape, "parameterisation", e);
  if (p->count > 1) {
    int64_t total = 0;
    for (int i = 0; status == PH_OK && i < p->count; i++) {
      ph_shape one = p->parts[i].kind->shape(p->parts[i].config);
      status = ph_shape_check(one, "parameterisation", e);
      p->parts[i].offset = total;
      if (status == PH_OK) total += ph_shape_count(one);
    }
    shape = ph_shape_of(1, &total);
  }
  if (status != PH_OK) return status;
  PH_TRY(ph_tensor_new(shape, &p->values, e));
  PH_TRY(ph_tensor_new(shape, &p->gradient, e));
done:
  return status;
}

static ph_status make_buffers(ph_parameterisation *p, ph_error *e) {
  ph_status status;
  ph_shape image = ph_picture_settings_shape(&p->picture), picture = image;
  picture.dim[1] = ph_compositing_channels(p->compositing.grey, image.dim[1]);
  PH_TRY(ph_tensor_new(image, &p->image, e));
  PH_TRY(make_values(p, e));
  if (p->count > 1 || p->parts[0].kind->forward != NULL) {
    PH_TRY(ph_tensor_new(picture, &p->raw, e));
    PH_TRY(ph_tensor_new(picture, &p->raw_gradient, e));
  }
  if (p->count > 1) PH_TRY(ph_tensor_new(picture, &p->addend, e));
  if (!ph_compositing_is_nothing(&p->compositing)) {
    PH_TRY(ph_tensor_new(picture, &p->coloured, e));
    PH_TRY(ph_tensor_new(picture, &p->coloured_gradient, e));
  }
done:
  return status;
}

static float *raw_data(ph_parameterisation *p) { return ph_tensor_data(p->raw != NULL ? p->raw : p->values); }
static ph_shape raw_shape(ph_parameterisation *p) {
  ph_shape shape = ph_tensor_shape(p->image);
  shape.dim[1] = ph_compositing_channels(p->compositing.grey, shape.dim[1]);
  return shape;
}
static float *values_of(ph_parameterisation *p, const ph_summand *s) {
  return ph_tensor_data(p->values) + s->offset;
}

/* One part's raw picture, overwriting. */
static void run_part(ph_parameterisation *p, const ph_summand *s, ph_tensor *raw) {
  if (s->kind->forward != NULL)
    s->kind->forward(s->state, values_of(p, s), ph_tensor_data(raw));
  else
    memcpy(ph_tensor_data(raw), values_of(p, s), (size_t)ph_tensor_count(raw) * sizeof(float));
}

/* ---- the start ---- */

/* The part that can be given the image; NULL where none can. */
static const ph_summand *invertible_part(const ph_parameterisation *p) {
  for (int i = 0; i < p->count; i++) {
    const ph_parameterisation_kind *kind = p->parts[i].kind;
    if (kind->forward == NULL || kind->invert != NULL) return &p->parts[i];
  }
  return NULL;
}

static void start_from_noise(ph_parameterisation *p, const ph_summand *s, ph_random *random) {
  float *values = values_of(p, s);
  if (s->kind->start != NULL) {
    s->kind->start(s->config, random, values);
    return;
  }
  const double deviation = ((const ph_picture_settings *)s->config)->deviation;
  const int64_t count = ph_shape_count(s->kind->shape(s->config));
  for (int64_t k = 0; k < count; k++) values[k] = (float)(deviation * ph_random_normal(random));
}

/* The raw picture whose image is `image`, the first of which stands for all where it is one only. */
static ph_status raw_of_image(ph_parameterisation *p, const ph_tensor *image, float *raw, ph_error *e) {
  ph_shape all = raw_shape(p), one = all;
  one.dim[0] = 1;
  const int64_t given = ph_tensor_shape(image).dim[0], count = ph_shape_count(one);
  const int64_t image_count = ph_tensor_count(p->image) / all.dim[0];
  float *picture = ph_alloc_array((size_t)count, sizeof *picture);
  ph_status status = picture != NULL ? PH_OK : ph_no_memory(e);
  for (int64_t n = 0; status == PH_OK && n < all.dim[0]; n++) {
    ph_compositing_invert(&p->compositing, ph_tensor_read(image) + n % given * image_count, picture);
    status = ph_colour_invert(&p->colour, one, picture, raw + n * count, e);
  }
  ph_free(picture);
  return status;
}

/* Values of `chosen` such that the image is `image`, given what the other parts show already. */
static ph_status start_from_image(ph_parameterisation *p, const ph_summand *chosen, const ph_tensor *image,
                                  ph_error *e) {
  ph_status status = raw_of_image(p, image, raw_data(p), e);
  if (status != PH_OK) return status;
  for (int i = 0; i < p->count; i++) {
    if (&p->parts[i] == chosen || p->parts[i].kind->linear) continue;
    run_part(p, &p->parts[i], p->addend);
    ph_tensor_add_scaled(p->raw, -1, p->addend);
  }
  if (chosen->kind->invert != NULL)
    chosen->kind->invert(chosen->state, raw_data(p), values_of(p, chosen));
  else if (p->count > 1)
    memcpy(values_of(p, chosen), raw_data(p), (size_t)ph_tensor_count(p->raw) * sizeof(float));
  return PH_OK;
}

/* From an image, one part takes it; the others show nothing if their values of 0 do, which they have as they
   are made, and are noise else, as all are without an image. */
static ph_status start(ph_parameterisation *p, const ph_given *given, ph_error *e) {
  const ph_summand *chosen = given->image != NULL ? invertible_part(p) : NULL;
  for (int i = 0; i < p->count; i++) {
    const ph_summand *s = &p->parts[i];
    if (s == chosen || (chosen != NULL && s->kind->linear)) continue;
    if (given->random == NULL)
      return ph_fail(e, PH_MISUSE, "parameterisation '%s': starts from noise%s; give random%s", s->kind->name,
                     given->image != NULL ? ", even towards an image" : " or an image",
                     given->image != NULL ? " too" : " or image");
    start_from_noise(p, s, given->random);
  }
  p->is_given_image = chosen != NULL;
  return chosen != NULL ? start_from_image(p, chosen, given->image, e) : PH_OK;
}

/* ---- life ---- */

/* From `whole` alone, or, where there are parts, from their sum. */
static ph_status make(const ph_part *whole, const ph_part *parts, int count, const ph_given *given,
                      ph_parameterisation **parameterisation, ph_error *e) {
  ph_status status;
  ph_parameterisation *p = ph_alloc(sizeof *p);
  if (p == NULL) return ph_no_memory(e);
  p->references = 1;
  PH_TRY(ph_parameterisation_configure(p, whole, parts, count, given, e));
  p->colour = ph_picture_settings_colour(&p->picture);
  PH_TRY(make_finish(p, given, e));
  PH_TRY(make_buffers(p, e));
  for (int i = 0; i < p->count; i++)
    if (p->parts[i].kind->open != NULL)
      PH_TRY(p->parts[i].kind->open(p->parts[i].config, given, &p->parts[i].state, e));
  PH_TRY(start(p, given, e));
  *parameterisation = p;
  return PH_OK;
done:
  ph_parameterisation_release(p);
  return status;
}

ph_status ph_parameterisation_new(const char *kind, const ph_setting *settings, int count,
                                  const ph_given *given, ph_parameterisation **parameterisation,
                                  ph_error *e) {
  const ph_part whole = {kind, settings, count};
  return make(&whole, NULL, 0, given, parameterisation, e);
}

ph_status ph_parameterisation_sum(const ph_setting *settings, int count, const ph_part *parts, int part_count,
                                  const ph_given *given, ph_parameterisation **parameterisation,
                                  ph_error *e) {
  const ph_part whole = {"sum", settings, count};
  return make(&whole, parts, part_count, given, parameterisation, e);
}

ph_parameterisation *ph_parameterisation_retain(ph_parameterisation *p) {
  p->references++;
  return p;
}

void ph_parameterisation_release(ph_parameterisation *p) {
  if (p == NULL || --p->references > 0) return;
  for (int i = 0; i < p->count; i++) {
    const ph_summand *s = &p->parts[i];
    if (s->kind->close != NULL) s->kind->close(s->state);
    ph_free(s->config);
  }
  ph_tensor *const tensors[] = {p->mask, p->fixed,        p->values, p->gradient, p->image,
                                p->raw,  p->raw_gradient, p->addend, p->coloured, p->coloured_gradient};
  for (size_t i = 0; i < sizeof tensors / sizeof *tensors; i++) ph_tensor_release(tensors[i]);
  ph_free(p);
}

/* ---- use ---- */

ph_tensor *ph_parameterisation_values(ph_parameterisation *p) { return p->values; }
ph_tensor *ph_parameterisation_gradient(ph_parameterisation *p) { return p->gradient; }
ph_shape ph_parameterisation_shape(const ph_parameterisation *p) { return ph_tensor_shape(p->image); }
bool ph_parameterisation_is_given_image(const ph_parameterisation *p) { return p->is_given_image; }

ph_tensor *ph_parameterisation_forward(ph_parameterisation *p) {
  if (p->raw != NULL) run_part(p, &p->parts[0], p->raw);
  for (int i = 1; i < p->count; i++) {
    run_part(p, &p->parts[i], p->addend);
    ph_tensor_add_scaled(p->raw, 1, p->addend);
  }
  ph_tensor *coloured = p->coloured != NULL ? p->coloured : p->image;
  ph_colour_forward(&p->colour, raw_shape(p), raw_data(p), ph_tensor_data(coloured));
  if (p->coloured != NULL)
    ph_compositing_forward(&p->compositing, ph_tensor_read(p->coloured), ph_tensor_data(p->image));
  return p->image;
}

/* From the raw picture's gradient to the values'. */
static void run_back(ph_parameterisation *p) {
  for (int i = 0; i < p->count; i++) {
    const ph_summand *s = &p->parts[i];
    float *gradient = ph_tensor_data(p->gradient) + s->offset;
    if (s->kind->backward != NULL)
      s->kind->backward(s->state, values_of(p, s), ph_tensor_read(p->raw_gradient), gradient);
    else
      memcpy(gradient, ph_tensor_read(p->raw_gradient),
             (size_t)ph_tensor_count(p->raw_gradient) * sizeof *gradient);
  }
}

ph_status ph_parameterisation_backward(ph_parameterisation *p, const ph_tensor *image_gradient, ph_error *e) {
  ph_tensor *raw_gradient = p->raw_gradient != NULL ? p->raw_gradient : p->gradient;
  const ph_tensor *coloured = p->coloured != NULL ? p->coloured : p->image, *gradient = image_gradient;
  ph_status status = ph_tensor_expect(image_gradient, ph_tensor_shape(p->image), "image gradient", e);
  if (status != PH_OK) return status;
  if (image_gradient == p->gradient)
    return ph_fail(e, PH_MISUSE, "image gradient: this tensor is the values' gradient, which is written to");
  if (p->coloured != NULL) {
    ph_compositing_backward(&p->compositing, ph_tensor_read(p->coloured), ph_tensor_read(gradient),
                            ph_tensor_data(p->coloured_gradient));
    gradient = p->coloured_gradient;
  }
  ph_colour_backward(&p->colour, raw_shape(p), raw_data(p), ph_tensor_read(coloured),
                     ph_tensor_read(gradient), ph_tensor_data(raw_gradient));
  if (p->raw_gradient != NULL) run_back(p);
  return PH_OK;
}
