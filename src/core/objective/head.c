/* SPDX-License-Identifier: MIT */
/* The table of head types, and what all heads have in common: being made, resolved, narrowed to an image. How
   they print is in head_print.c; what they compute is in heads/. */
#include "head.h"

#include <inttypes.h>
#include <string.h>

#include "base/memory.h"
#include "head_private.h"

#define ROW(name) &ph_head_##name,
static const ph_head_type *const types[] = {PH_HEAD_TYPES(ROW)};
enum { TYPES = sizeof types / sizeof *types };

const ph_head_type *ph_head_type_at(int i) { return i >= 0 && i < TYPES ? types[i] : NULL; }

ph_status ph_head_type_find(const char *name, const ph_head_type **type, ph_error *e) {
  const char *names[TYPES];
  for (int i = 0; i < TYPES; i++) {
    names[i] = types[i]->name;
    if (strcmp(name, names[i]) == 0) {
      *type = types[i];
      return PH_OK;
    }
  }
  const char *near = ph_nearest(name, names, TYPES);
  if (near != NULL) return ph_fail(e, PH_MISUSE, "no objective '%s'; did you mean '%s'?", name, near);
  return ph_fail(e, PH_MISUSE, "no objective '%s'", name);
}

/* ---- making ---- */

bool ph_head_is_set(const ph_head *head, const char *key) {
  if (strcmp(key, "tensor") == 0) return head->tensor != NULL;
  const ph_field *field = head->type->fields;
  while (strcmp(field->key, key) != 0) field++;
  return !ph_head_at_default(head, field);
}

bool ph_head_at_default(const ph_head *head, const ph_field *field) {
  const void *at = (const char *)head->config + field->offset;
  switch (field->kind) {
    case PH_TEXT:
      return *(const char *)at == '\0';
    case PH_INTEGER:
      return (double)*(const int64_t *)at == field->fallback;
    case PH_CHOICE:
      return (double)*(const int *)at == field->fallback;
    case PH_FLAG:
      return *(const bool *)at == (field->fallback != 0);
    default:
      return *(const double *)at == field->fallback;
  }
}

const ph_argument *ph_head_argument(const ph_head_type *type, int i) {
  return type->arguments != NULL && type->arguments[i].name != NULL ? &type->arguments[i] : NULL;
}

const ph_argument *ph_head_argument_for(const ph_head_type *type, const char *key) {
  const ph_argument *argument;
  for (int i = 0; (argument = ph_head_argument(type, i)) != NULL; i++)
    for (int k = 0; k < 2 && argument->settings[k] != NULL; k++)
      if (strcmp(argument->settings[k], key) == 0) return argument;
  return NULL;
}

static ph_status check(const ph_head *head, ph_error *e) {
  const ph_head_type *type = head->type;
  const ph_argument *argument;
  if (head->tensor != NULL && ph_head_argument_for(type, "tensor") == NULL &&
      type->tensor_option.name == NULL)
    return ph_fail(e, PH_MISUSE, "%s: takes no tensor", type->name);
  if (type->check != NULL) return type->check(head, e);
  for (int i = 0; (argument = ph_head_argument(type, i)) != NULL; i++)
    if (!ph_head_is_set(head, argument->settings[0]))
      return ph_fail(e, PH_MISUSE, "%s: no %s given", type->name, argument->settings[0]);
  return PH_OK;
}

static ph_status allocate(const ph_head_type *type, ph_head **head, ph_error *e) {
  ph_head *h = ph_alloc(sizeof *h);
  if (h == NULL) return ph_no_memory(e);
  h->type = type;
  h->config = ph_alloc(type->config_size);
  if (h->config == NULL) {
    ph_head_free(h);
    return ph_no_memory(e);
  }
  *head = h;
  return PH_OK;
}

ph_status ph_head_new(const char *type_name, const ph_setting *settings, int count, ph_tensor *tensor,
                      ph_head **head, ph_error *e) {
  const ph_head_type *type;
  ph_head *h = NULL;
  ph_status status;
  PH_TRY(ph_head_type_find(type_name, &type, e));
  PH_TRY(allocate(type, &h, e));
  if (tensor != NULL) h->tensor = ph_tensor_retain(tensor);
  ph_fields_default(type->fields, h->config);
  PH_TRY(ph_fields_apply(type->fields, h->config, settings, count, type->name, e));
  PH_TRY(check(h, e));
  *head = h;
  return PH_OK;
done:
  ph_head_free(h);
  return status;
}

ph_status ph_head_copy(const ph_head *head, ph_head **copy, ph_error *e) {
  ph_status status = allocate(head->type, copy, e);
  if (status != PH_OK) return status;
  memcpy((*copy)->config, head->config, head->type->config_size);
  if (head->tensor != NULL) (*copy)->tensor = ph_tensor_retain(head->tensor);
  if (head->whole != NULL) status = ph_head_copy(head->whole, &(*copy)->whole, e);
  if (status != PH_OK) {
    ph_head_free(*copy);
    *copy = NULL;
  }
  return status;
}

void ph_head_free(ph_head *head) {
  if (head == NULL) return;
  ph_head_free(head->whole);
  ph_tensor_release(head->tensor);
  ph_free(head->config);
  ph_free(head);
}

/* ---- meeting a network ---- */

const char ph_picture_name[] = "picture";

const ph_head *ph_head_meant(const ph_head *head, const ph_network *network) {
  bool is_whole = head->whole != NULL && ph_network_lookup(network, head->whole->config->layer) >= 0;
  return is_whole ? head->whole : head;
}

ph_status ph_head_resolve(ph_head *head, const ph_network *network, int *layer, ph_error *e) {
  const char *name = head->config->layer;
  if (head->type->resolve != NULL) return head->type->resolve(head, network, layer, e);
  if (*name == '\0') name = head->type->layer;
  *layer = PH_PICTURE;
  return strcmp(name, ph_picture_name) == 0 ? PH_OK : ph_network_find(network, name, layer, e);
}

ph_status ph_head_expect_index(const ph_tap *tap, const char *what, int64_t index, int64_t count,
                               ph_error *e) {
  if (index >= 0 && index < count) return PH_OK;
  return ph_fail(e, PH_MISUSE, "layer '%s': %s %" PRId64 " out of range 0..%" PRId64, tap->layer, what, index,
                 count - 1);
}

ph_status ph_head_fit_several(const ph_head *head, const ph_tap *tap, ph_error *e) {
  if (tap->n > 1) return PH_OK;
  return ph_fail(e, PH_MISUSE, "layer '%s': %s compares the images of a batch, and there is only one",
                 tap->layer, head->type->name);
}

ph_status ph_head_tap(const ph_head *head, const char *layer, ph_array activation, ph_tap *tap, ph_error *e) {
  const ph_shape shape = activation.shape;
  *tap = (ph_tap){.layer = layer,
                  .n = shape.dim[0],
                  .c = shape.dim[1],
                  .h = shape.rank == 4 ? shape.dim[2] : 1,
                  .w = shape.rank == 4 ? shape.dim[3] : 1,
                  .shape = shape,
                  .activation = activation.data};
  if (head->config->batch >= 0) {
    ph_status status = ph_head_expect_index(tap, "image", head->config->batch, tap->n, e);
    if (status != PH_OK) return status;
    if (!head->type->whole_batch) {
      tap->offset = head->config->batch * tap->c * tap->h * tap->w;
      tap->activation += tap->offset;
      tap->n = tap->shape.dim[0] = 1;
    }
  }
  return head->type->fit != NULL ? head->type->fit(head, tap, e) : PH_OK;
}
