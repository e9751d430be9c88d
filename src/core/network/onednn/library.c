/* SPDX-License-Identifier: MIT */
/* oneDNN's versions 2 and 3. In version 2 a primitive is described in two steps, by a struct and from that;
   in version 3 in one. */
#include "library.h"

#include <oneapi/dnnl/dnnl_debug.h>

#include "base/memory.h"

#define IS_3 (DNNL_VERSION_MAJOR >= 3)

#if DNNL_VERSION_MAJOR > 3 || (DNNL_VERSION_MAJOR == 3 && DNNL_VERSION_MINOR > 12)
#pragma GCC diagnostic warning "-Wcpp" /* no error, even where warnings are */
#warning "this version of oneDNN is later than all that were tried; the latest of those is 3.12"
#endif

ph_library phd_library(void) {
  const dnnl_version_t *loaded = dnnl_version();
  ph_library library = {.name = "oneDNN"};
  snprintf(library.built, sizeof library.built, "%d.%d.%d", DNNL_VERSION_MAJOR, DNNL_VERSION_MINOR,
           DNNL_VERSION_PATCH);
  snprintf(library.loaded, sizeof library.loaded, "%d.%d.%d", loaded->major, loaded->minor, loaded->patch);
  return library;
}

const char *phd_instructions(void) {
  static const char prefix[] = "cpu_isa_";
  const char *name = dnnl_cpu_isa2str(dnnl_get_effective_cpu_isa());
  return strncmp(name, prefix, sizeof prefix - 1) == 0 ? name + sizeof prefix - 1 : name;
}

ph_status phd_check(dnnl_status_t status, const ph_layer *layer, ph_error *e) {
  if (status == dnnl_success) return PH_OK;
  if (status == dnnl_out_of_memory) return ph_no_memory(e);
  return ph_fail(e, PH_FAILURE, "%s '%s': oneDNN refuses it (status %d)",
                 layer == NULL ? "engine" : layer->type->name, layer == NULL ? "cpu" : layer->name,
                 (int)status);
}

/* ---- how memory is laid out ---- */

dnnl_status_t phd_make_layout(memory_layout *made, int rank, const dnnl_dims_t dims, element_type type,
                              dnnl_format_tag_t tag) {
#if IS_3
  return dnnl_memory_desc_create_with_tag(made, rank, dims, type, tag);
#else
  return dnnl_memory_desc_init_by_tag(made, rank, dims, type, tag);
#endif
}

dnnl_status_t phd_make_strided_layout(memory_layout *made, int rank, const dnnl_dims_t dims,
                                      element_type type, const dnnl_dims_t strides) {
#if IS_3
  return dnnl_memory_desc_create_with_strides(made, rank, dims, type, strides);
#else
  return dnnl_memory_desc_init_by_strides(made, rank, dims, type, strides);
#endif
}

dnnl_status_t phd_copy_layout(memory_layout *made, layout_view of) {
#if IS_3
  return dnnl_memory_desc_clone(made, of);
#else
  *made = *of;
  return dnnl_success;
#endif
}

void phd_drop_layout(memory_layout *layout) {
#if IS_3
  dnnl_memory_desc_destroy(*layout);
#endif
  *layout = (memory_layout){0};
}

dnnl_status_t phd_make_plain_layout(memory_layout *made, layout_view like) {
#if IS_3
  int rank = 0;
  dnnl_dims_t *dims = NULL;
  dnnl_memory_desc_query(like, dnnl_query_ndims_s32, &rank);
  dnnl_memory_desc_query(like, dnnl_query_dims, &dims);
  return phd_make_layout(made, rank, *dims, dnnl_f32, rank == 5 ? dnnl_abcde : dnnl_abcd);
#else
  return phd_make_layout(made, like->ndims, like->dims, dnnl_f32, like->ndims == 5 ? dnnl_abcde : dnnl_abcd);
#endif
}

element_type phd_layout_type(layout_view layout) {
#if IS_3
  element_type type = dnnl_f32;
  dnnl_memory_desc_query(layout, dnnl_query_data_type, &type);
  return type;
#else
  return layout->data_type;
#endif
}

/* ---- describing primitives ---- */

static dnnl_status_t append(fusion fused, dnnl_post_ops_t ops) {
  dnnl_status_t status = dnnl_success;
#if IS_3
  if (fused.add) status = dnnl_post_ops_append_sum(ops, 1, 0, dnnl_data_type_undef);
  if (fused.relu && status == dnnl_success)
    status = dnnl_post_ops_append_eltwise(ops, dnnl_eltwise_relu, 0, 0);
#else
  if (fused.add) status = dnnl_post_ops_append_sum(ops, 1);
  if (fused.relu && status == dnnl_success)
    status = dnnl_post_ops_append_eltwise(ops, 1, dnnl_eltwise_relu, 0, 0);
#endif
  return status;
}

/* *attributes is to be destroyed, also where there is an error. */
static dnnl_status_t make_attributes(fusion fused, dnnl_primitive_attr_t *attributes) {
  dnnl_post_ops_t ops = NULL;
  if (!ph_memory_has_room(PHD_ROOM)) return dnnl_out_of_memory;
  dnnl_status_t status = dnnl_primitive_attr_create(attributes);
  if (status == dnnl_success)
    status = dnnl_primitive_attr_set_scratchpad_mode(*attributes, dnnl_scratchpad_mode_user);
#if DNNL_VERSION_MAJOR > 3 || (DNNL_VERSION_MAJOR == 3 && DNNL_VERSION_MINOR >= 4)
  if (status == dnnl_success) status = dnnl_primitive_attr_set_deterministic(*attributes, 1);
#endif
  if (status == dnnl_success) status = dnnl_post_ops_create(&ops);
  if (status == dnnl_success) status = append(fused, ops);
  if (status == dnnl_success) status = dnnl_primitive_attr_set_post_ops(*attributes, ops);
  dnnl_post_ops_destroy(ops);
  return status;
}

dnnl_status_t phd_describe_convolution(dnnl_engine_t engine, dnnl_alg_kind_t algorithm,
                                       const convolution_layouts *layouts, bool biased,
                                       const convolution_steps *steps, fusion fused,
                                       dnnl_primitive_desc_t *desc) {
  const memory_layout *bias = biased ? &layouts->bias : NULL;
  dnnl_primitive_attr_t attributes = NULL;
  dnnl_status_t status = make_attributes(fused, &attributes);
#if IS_3
  if (status == dnnl_success)
    status = dnnl_convolution_forward_primitive_desc_create(
        desc, engine, dnnl_forward_inference, algorithm, layouts->source, layouts->weights, phd_view(bias),
        layouts->target, steps->stride, steps->dilation, steps->before, steps->after, attributes);
#else
  dnnl_convolution_desc_t d;
  if (status == dnnl_success)
    status = dnnl_dilated_convolution_forward_desc_init(
        &d, dnnl_forward_inference, algorithm, &layouts->source, &layouts->weights, bias, &layouts->target,
        steps->stride, steps->dilation, steps->before, steps->after);
  if (status == dnnl_success) status = dnnl_primitive_desc_create(desc, &d, attributes, engine, NULL);
#endif
  dnnl_primitive_attr_destroy(attributes);
  return status;
}

dnnl_status_t phd_describe_convolution_back(dnnl_engine_t engine, const convolution_layouts *layouts,
                                            const convolution_steps *steps, dnnl_primitive_desc_t *desc) {
  dnnl_primitive_desc_t forward = NULL;
  dnnl_primitive_attr_t attributes = NULL;
  dnnl_status_t status = make_attributes((fusion){0}, &attributes);
  if (status == dnnl_success)
    status =
        phd_describe_convolution(engine, dnnl_convolution_auto, layouts, false, steps, (fusion){0}, &forward);
#if IS_3
  if (status == dnnl_success)
    status = dnnl_convolution_backward_data_primitive_desc_create(
        desc, engine, dnnl_convolution_auto, layouts->source, layouts->weights, layouts->target,
        steps->stride, steps->dilation, steps->before, steps->after, forward, attributes);
#else
  dnnl_convolution_desc_t d;
  if (status == dnnl_success)
    status = dnnl_dilated_convolution_backward_data_desc_init(
        &d, dnnl_convolution_auto, &layouts->source, &layouts->weights, &layouts->target, steps->stride,
        steps->dilation, steps->before, steps->after);
  if (status == dnnl_success) status = dnnl_primitive_desc_create(desc, &d, attributes, engine, forward);
#endif
  dnnl_primitive_attr_destroy(attributes);
  dnnl_primitive_desc_destroy(forward);
  return status;
}

dnnl_status_t phd_describe_dense(dnnl_engine_t engine, const memory_layout *source,
                                 const memory_layout *weights, const memory_layout *bias,
                                 const memory_layout *target, dnnl_primitive_desc_t *desc) {
  dnnl_primitive_attr_t attributes = NULL;
  dnnl_status_t status = make_attributes((fusion){0}, &attributes);
#if IS_3
  if (status == dnnl_success)
    status = dnnl_inner_product_forward_primitive_desc_create(desc, engine, dnnl_forward_training, *source,
                                                              *weights, phd_view(bias), *target, attributes);
#else
  dnnl_inner_product_desc_t d;
  if (status == dnnl_success)
    status = dnnl_inner_product_forward_desc_init(&d, dnnl_forward_training, source, weights, bias, target);
  if (status == dnnl_success) status = dnnl_primitive_desc_create(desc, &d, attributes, engine, NULL);
#endif
  dnnl_primitive_attr_destroy(attributes);
  return status;
}

dnnl_status_t phd_describe_dense_back(dnnl_engine_t engine, const memory_layout *source,
                                      const memory_layout *weights, const memory_layout *target,
                                      dnnl_primitive_desc_t forward, dnnl_primitive_desc_t *desc) {
  dnnl_primitive_attr_t attributes = NULL;
  dnnl_status_t status = make_attributes((fusion){0}, &attributes);
#if IS_3
  if (status == dnnl_success)
    status = dnnl_inner_product_backward_data_primitive_desc_create(desc, engine, *source, *weights, *target,
                                                                    forward, attributes);
#else
  dnnl_inner_product_desc_t d;
  if (status == dnnl_success)
    status = dnnl_inner_product_backward_data_desc_init(&d, source, weights, target);
  if (status == dnnl_success) status = dnnl_primitive_desc_create(desc, &d, attributes, engine, forward);
#endif
  dnnl_primitive_attr_destroy(attributes);
  return status;
}

dnnl_status_t phd_describe_matmul(dnnl_engine_t engine, const memory_layout *a, const memory_layout *b,
                                  const memory_layout *c, bool add, dnnl_primitive_desc_t *desc) {
  dnnl_primitive_attr_t attributes = NULL;
  dnnl_status_t status = make_attributes((fusion){.add = add}, &attributes);
#if IS_3
  if (status == dnnl_success)
    status = dnnl_matmul_primitive_desc_create(desc, engine, *a, *b, NULL, *c, attributes);
#else
  dnnl_matmul_desc_t d;
  if (status == dnnl_success) status = dnnl_matmul_desc_init(&d, a, b, NULL, c);
  if (status == dnnl_success) status = dnnl_primitive_desc_create(desc, &d, attributes, engine, NULL);
#endif
  dnnl_primitive_attr_destroy(attributes);
  return status;
}
