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
#pragma omp simd reduction(min : least) reduction(max : most)
  for (int64_t i = 0; i < src_count; i++) {
    least = src[i] < least ? src[i] : least;
    most = src[i] > most ? src[i] : most;
  }
  for (int64_t i = 0; i < dst_count; i++) {
    const float raised = dst[i] < least ? least : dst[i];
    dst[i] = raised > most ? most : raised;
  }
}

/* `count` planes (h', w') -> (h, w), resized together: with their pixels side by side stb computes its
   weights once, and each sum as for one alone. */
static ph_status resize_planes(const float *src, const int64_t from[2], float *dst, const int64_t to[2],
                               int count, ph_error *e) {
  const int64_t in_size = from[0] * from[1], out_size = to[0] * to[1];
  float *in = ph_alloc_array((size_t)(count * in_size), sizeof *in);
  float *out = ph_alloc_array((size_t)(count * out_size), sizeof *out);
  bool is_done = in != NULL && out != NULL;
  for (int c = 0; is_done && c < count; c++)
    for (int64_t i = 0; i < in_size; i++) in[i * count + c] = src[c * in_size + i];
  is_done =
      is_done && stbir_resize_float_generic(in, (int)from[1], (int)from[0], 0, out, (int)to[1], (int)to[0], 0,
                                            count, STBIR_ALPHA_CHANNEL_NONE, 0, STBIR_EDGE_CLAMP,
                                            STBIR_FILTER_MITCHELL, STBIR_COLORSPACE_LINEAR, NULL);
  for (int c = 0; is_done && c < count; c++) {
    float *plane = dst + c * out_size;
    for (int64_t i = 0; i < out_size; i++) plane[i] = out[i * count + c];
    clip_to_range_of(src + c * in_size, in_size, plane, out_size);
  }
  ph_free(in);
  ph_free(out);
  return is_done ? PH_OK : ph_no_memory(e);
}

/* Three at a time, which the colours are, unless that would take much memory. */
enum { LARGE = 1 << 24 };

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
  const int64_t src_plane = from.dim[2] * from.dim[3], dst_plane = h * w, all = from.dim[0] * from.dim[1];
  const int together = all % 3 == 0 && src_plane <= LARGE && dst_plane <= LARGE ? 3 : 1;
  for (int64_t p = 0; status == PH_OK && p < all; p += together)
    status = resize_planes(ph_tensor_read(src) + p * src_plane, from.dim + 2,
                           ph_tensor_data(result) + p * dst_plane, to.dim + 2, together, e);
  if (status == PH_OK)
    *dst = result;
  else
    ph_tensor_release(result);
  return status;
}
