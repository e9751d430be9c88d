/* SPDX-License-Identifier: MIT */
/* Resizing pictures, by stb's resampler with our allocator and without assertions. Declared in image.h. */
#include <math.h>

#include "base/memory.h"
#include "files/image.h"

#pragma GCC diagnostic ignored "-Wunused-function" /* much of stb is declared in vain */

#define STB_IMAGE_RESIZE_STATIC
#define STB_IMAGE_RESIZE_IMPLEMENTATION
#define STBIR_ASSERT(x) ((void)0)
#define STBIR_MALLOC(size, context) ((void)(context), ph_alloc(size))
#define STBIR_FREE(block, context) ((void)(context), ph_free(block))
#include <stb/stb_image_resize.h>

/* The filter has negative lobes: bring what it overshoots back into the range of the source. */
static void clip_to_range_of(const float *src, int64_t src_count, float *dst, int64_t dst_count) {
  float least = INFINITY, most = -INFINITY;
  for (int64_t i = 0; i < src_count; i++) {
    if (src[i] < least) least = src[i];
    if (src[i] > most) most = src[i];
  }
  for (int64_t i = 0; i < dst_count; i++) {
    if (dst[i] < least) dst[i] = least;
    if (dst[i] > most) dst[i] = most;
  }
}

ph_status ph_image_resize(const ph_tensor *src, int64_t h, int64_t w, ph_tensor **dst, ph_error *e) {
  ph_shape from = ph_tensor_shape(src), to = from;
  char text[PH_SHAPE_TEXT];
  if (from.rank != 4 || from.dim[2] > PH_IMAGE_MOST_SIDE || from.dim[3] > PH_IMAGE_MOST_SIDE)
    return ph_fail(e, PH_MISUSE, "resize: images (n, c, h, w) of at most %d pixels a side expected, got %s",
                   PH_IMAGE_MOST_SIDE, ph_shape_print(from, text));
  if (h < 1 || w < 1 || h > PH_IMAGE_MOST_SIDE || w > PH_IMAGE_MOST_SIDE || h * w > PH_IMAGE_MOST_PIXELS)
    return ph_fail(e, PH_MISUSE, "resize: cannot make images of %lldx%lld pixels", (long long)h,
                   (long long)w);
  to.dim[2] = h;
  to.dim[3] = w;
  ph_tensor *result;
  ph_status status = ph_tensor_new(to, &result, e);
  if (status != PH_OK) return status;
  int64_t src_plane = from.dim[2] * from.dim[3], dst_plane = h * w;
  for (int64_t p = 0; p < from.dim[0] * from.dim[1]; p++) {
    const float *in = ph_tensor_read(src) + p * src_plane;
    float *out = ph_tensor_data(result) + p * dst_plane;
    if (!stbir_resize_float_generic(in, (int)from.dim[3], (int)from.dim[2], 0, out, (int)w, (int)h, 0, 1,
                                    STBIR_ALPHA_CHANNEL_NONE, 0, STBIR_EDGE_CLAMP, STBIR_FILTER_MITCHELL,
                                    STBIR_COLORSPACE_LINEAR, NULL)) {
      ph_tensor_release(result);
      return ph_no_memory(e);
    }
    clip_to_range_of(in, src_plane, out, dst_plane);
  }
  *dst = result;
  return PH_OK;
}
