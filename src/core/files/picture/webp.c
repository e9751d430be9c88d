/* SPDX-License-Identifier: MIT */
/* WebP: the container by libwebpdemux, the pixels of a frame by libwebp. */
#include "webp.h"

#include <errno.h>
#include <string.h>

#include <webp/decode.h>
#include <webp/demux.h>

#include "exif.h"

bool ph_webp_is(const unsigned char *webp, size_t size) {
  return size >= 12 && memcmp(webp, "RIFF", 4) == 0 && memcmp(webp + 8, "WEBP", 4) == 0;
}

static ph_status damaged(ph_error *e) { return ph_fail(e, PH_FAILURE, "the WebP is damaged"); }
static ph_status cut_off(ph_error *e) { return ph_fail(e, PH_FAILURE, "the WebP is cut off"); }

static ph_status status_of(VP8StatusCode code, ph_error *e) {
  switch (code) {
    case VP8_STATUS_OK:
      return PH_OK;
    case VP8_STATUS_OUT_OF_MEMORY:
      return ph_no_memory(e);
    case VP8_STATUS_SUSPENDED:
    case VP8_STATUS_NOT_ENOUGH_DATA:
      return cut_off(e);
    default:
      return damaged(e);
  }
}

static int orientation_of(const WebPDemuxer *container) {
  WebPChunkIterator chunk;
  if (!WebPDemuxGetChunk(container, "EXIF", 1, &chunk)) return 1;
  const int orientation = ph_exif_orientation(chunk.chunk.bytes, chunk.chunk.size);
  WebPDemuxReleaseChunkIterator(&chunk);
  return orientation;
}

/* Decodes the frame into its place on a canvas, which stays transparent around it. */
static ph_status decode_frame(const WebPIterator *frame, int w, int h, ph_samples *samples, ph_error *e) {
  WebPDecoderConfig config;
  const int64_t right = (int64_t)frame->x_offset + frame->width;
  const int64_t bottom = (int64_t)frame->y_offset + frame->height;
  if (!WebPInitDecoderConfig(&config)) return ph_fail(e, PH_FAILURE, "this libwebp is another one's");
  ph_status status =
      status_of(WebPGetFeatures(frame->fragment.bytes, frame->fragment.size, &config.input), e);
  if (status != PH_OK) return status;
  if (config.input.width != frame->width || config.input.height != frame->height || right > w || bottom > h)
    return damaged(e);
  const int channels = config.input.has_alpha || frame->width < w || frame->height < h ? 4 : 3;
  status = ph_samples_new(w, h, channels, samples, e);
  if (status != PH_OK) return status;
  WebPRGBABuffer *place = &config.output.u.RGBA;
  const size_t start = ((size_t)frame->y_offset * (size_t)w + (size_t)frame->x_offset) * (size_t)channels;
  config.output.colorspace = channels == 4 ? MODE_RGBA : MODE_RGB;
  config.output.is_external_memory = 1;
  place->stride = w * channels;
  place->rgba = samples->data + start;
  place->size = (size_t)h * (size_t)place->stride - start;
  status = status_of(WebPDecode(frame->fragment.bytes, frame->fragment.size, &config), e);
  WebPFreeDecBuffer(&config.output);
  return status;
}

ph_status ph_webp_decode(const unsigned char *webp, size_t size, ph_samples *samples, ph_error *e) {
  const WebPData data = {webp, size};
  WebPDemuxState state;
  WebPIterator frame = {0};
  errno = 0;
  WebPDemuxer *container = WebPDemuxPartial(&data, &state);
  ph_status status = PH_OK;
  *samples = (ph_samples){0};
  if (state == WEBP_DEMUX_PARSE_ERROR) PH_TRY(errno == ENOMEM ? ph_no_memory(e) : damaged(e));
  if (state != WEBP_DEMUX_DONE) PH_TRY(cut_off(e));
  if (container == NULL) PH_TRY(ph_no_memory(e));
  const int64_t w = WebPDemuxGetI(container, WEBP_FF_CANVAS_WIDTH),
                h = WebPDemuxGetI(container, WEBP_FF_CANVAS_HEIGHT);
  PH_TRY(ph_samples_check_size(w, h, e));
  if (!WebPDemuxGetFrame(container, 1, &frame)) PH_TRY(damaged(e));
  PH_TRY(decode_frame(&frame, (int)w, (int)h, samples, e));
  samples->orientation = orientation_of(container);
done:
  WebPDemuxReleaseIterator(&frame);
  WebPDemuxDelete(container);
  if (status != PH_OK) ph_samples_free(samples);
  return status;
}

ph_library ph_webp_library(void) {
  const int version = WebPGetDecoderVersion(); /* 0x010203 is 1.2.3 */
  ph_library library = {.name = "libwebp"};
  snprintf(library.loaded, sizeof library.loaded, "%d.%d.%d", version >> 16, version >> 8 & 255,
           version & 255);
  return library;
}
