/* SPDX-License-Identifier: MIT */
/* JPEG. libjpeg ends what fails by calling back, and expects not to be returned to: each function that works
   with it has a place to jump back to, and holds nothing itself that a jump would lose. */
#include "jpeg.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>

#include "exif.h"

enum {
  QUALITY = 92,
  MOST_SCANS = 64, /* progressive encoders make about ten */
  APPLICATION_1 = JPEG_APP0 + 1,
  LONGEST_SEGMENT = 0xFFFF
};

bool ph_jpeg_is(const unsigned char *jpeg, size_t size) {
  return size >= 3 && memcmp(jpeg, "\xFF\xD8\xFF", 3) == 0;
}

/* ---- what fails ---- */

/* libjpeg's handler of errors, which stands first, and ours. */
typedef struct handler {
  struct jpeg_error_mgr base;
  jmp_buf back;
  ph_status status;
  ph_error *e;
} handler;

static _Noreturn void give_up(j_common_ptr codec, ph_status status) {
  handler *h = (handler *)(void *)codec->err;
  h->status = status;
  longjmp(h->back, 1);
}

static _Noreturn void fail(j_common_ptr codec) {
  char reason[JMSG_LENGTH_MAX];
  ph_error *e = ((handler *)(void *)codec->err)->e;
  codec->err->format_message(codec, reason);
  switch (codec->err->msg_code) {
    case JERR_OUT_OF_MEMORY:
      give_up(codec, ph_no_memory(e));
    case JERR_INPUT_EOF:
      give_up(codec, ph_fail(e, PH_FAILURE, "the JPEG is cut off"));
    case JERR_NO_IMAGE:
    case JERR_SOF_NO_SOS:
      give_up(codec, ph_fail(e, PH_FAILURE, "the JPEG has no picture in it"));
    case JERR_BAD_PRECISION:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_SOF_UNSUPPORTED:
      give_up(codec, ph_fail(e, PH_FAILURE, "the JPEG is of a kind that is not read (%s)", reason));
    default:
      give_up(codec, ph_fail(e, PH_FAILURE, "the JPEG is damaged (%s)", reason));
  }
}

/* Of what is wrong and can be decoded all the same nothing is said; traces are for debugging. */
static void keep_silent(j_common_ptr codec, int level) { (void)codec, (void)level; }

static struct jpeg_error_mgr *handle_errors(handler *h, ph_error *e) {
  jpeg_std_error(&h->base);
  h->base.error_exit = fail;
  h->base.emit_message = keep_silent;
  h->e = e;
  return &h->base;
}

/* ---- reading ---- */

typedef struct reader {
  struct jpeg_decompress_struct codec; /* first, so that callbacks can find the rest */
  struct jpeg_progress_mgr progress;
  handler handler;
} reader;

/* libjpeg's own source would make up an end. */
static boolean end_of_file(j_decompress_ptr codec) {
  ERREXIT(codec, JERR_INPUT_EOF);
  return FALSE;
}

/* Called before each row of each scan of a JPEG that has several. */
static void count_scans(j_common_ptr codec) {
  const reader *r = (const reader *)(const void *)codec;
  if (r->codec.input_scan_number > MOST_SCANS)
    give_up(codec, ph_fail(r->handler.e, PH_FAILURE, "the JPEG has more than %d scans", MOST_SCANS));
}

static int orientation_of(const struct jpeg_decompress_struct *codec) {
  int orientation = 1;
  for (jpeg_saved_marker_ptr m = codec->marker_list; m != NULL && orientation == 1; m = m->next)
    orientation = ph_exif_orientation(m->data, m->data_length);
  return orientation;
}

/* The smallest scale at which the shorter side has enough pixels. */
static void choose_scale(struct jpeg_decompress_struct *codec, int64_t shorter_side) {
  codec->scale_denom = 8;
  for (codec->scale_num = 1; codec->scale_num < 8; codec->scale_num++) {
    jpeg_calc_output_dimensions(codec);
    if (codec->output_width >= shorter_side && codec->output_height >= shorter_side) break;
  }
}

/* Rows of four inks as red, green and blue. Adobe's programs, which say so in a segment of theirs, write how
   much light is left instead of how much ink there is. */
static void print_inks(const unsigned char *inks, int w, bool is_light, unsigned char *rgb) {
  const unsigned flip = is_light ? 0 : 255;
  for (int i = 0; i < w; i++, inks += 4)
    for (int c = 0; c < 3; c++) *rgb++ = (unsigned char)(((inks[c] ^ flip) * (inks[3] ^ flip) + 127) / 255);
}

static void read_rows(struct jpeg_decompress_struct *codec, ph_samples *samples) {
  const bool has_inks = codec->out_color_space == JCS_CMYK;
  const size_t row_size = (size_t)samples->w * (size_t)samples->channels;
  JSAMPROW inks = NULL;
  if (has_inks)
    inks = *codec->mem->alloc_sarray((j_common_ptr)codec, JPOOL_IMAGE, 4 * codec->output_width, 1);
  while (codec->output_scanline < codec->output_height) {
    unsigned char *row = samples->data + codec->output_scanline * row_size;
    jpeg_read_scanlines(codec, has_inks ? &inks : &row, 1);
    if (has_inks) print_inks(inks, samples->w, codec->saw_Adobe_marker, row);
  }
}

static void choose_colours(struct jpeg_decompress_struct *codec) {
  const J_COLOR_SPACE space = codec->jpeg_color_space;
  if (codec->data_precision != 8) ERREXIT1(codec, JERR_BAD_PRECISION, codec->data_precision);
  codec->out_color_space = space == JCS_GRAYSCALE                   ? JCS_GRAYSCALE
                           : space == JCS_CMYK || space == JCS_YCCK ? JCS_CMYK
                                                                    : JCS_RGB;
}

static ph_status read_all(reader *r, const unsigned char *jpeg, size_t size, int64_t shorter_side,
                          ph_samples *samples, ph_error *e) {
  struct jpeg_decompress_struct *codec = &r->codec;
  codec->err = handle_errors(&r->handler, e);
  if (setjmp(r->handler.back) != 0) return r->handler.status;
  jpeg_create_decompress(codec);
  jpeg_mem_src(codec, jpeg, size);
  codec->src->fill_input_buffer = end_of_file;
  codec->progress = &r->progress;
  r->progress.progress_monitor = count_scans;
  jpeg_save_markers(codec, APPLICATION_1, LONGEST_SEGMENT);
  jpeg_read_header(codec, TRUE);
  ph_status status = ph_samples_check_size(codec->image_width, codec->image_height, e);
  if (status != PH_OK) return status;
  choose_colours(codec);
  if (shorter_side != 0) choose_scale(codec, shorter_side);
  jpeg_calc_output_dimensions(codec);
  status = ph_samples_new((int)codec->output_width, (int)codec->output_height,
                          codec->out_color_space == JCS_GRAYSCALE ? 1 : 3, samples, e);
  if (status != PH_OK) return status;
  samples->whole_w = (int)codec->image_width;
  samples->whole_h = (int)codec->image_height;
  samples->orientation = orientation_of(codec);
  jpeg_start_decompress(codec);
  read_rows(codec, samples);
  jpeg_finish_decompress(codec);
  return PH_OK;
}

ph_status ph_jpeg_decode(const unsigned char *jpeg, size_t size, int64_t shorter_side, ph_samples *samples,
                         ph_error *e) {
  reader r = {0};
  *samples = (ph_samples){0};
  ph_status status = read_all(&r, jpeg, size, shorter_side, samples, e);
  jpeg_destroy_decompress(&r.codec);
  if (status != PH_OK) ph_samples_free(samples);
  return status;
}

/* ---- writing ---- */

typedef struct writer {
  struct jpeg_compress_struct codec; /* first, so that callbacks can find the rest */
  struct jpeg_destination_mgr destination;
  handler handler;
  ph_atomic *file;
  unsigned char buffer[1 << 14];
} writer;

static void begin_buffer(j_compress_ptr codec) {
  writer *w = (writer *)(void *)codec;
  w->destination.next_output_byte = w->buffer;
  w->destination.free_in_buffer = sizeof w->buffer;
}

static void write_buffer(j_compress_ptr codec, size_t size) {
  writer *w = (writer *)(void *)codec;
  ph_status status = ph_atomic_write(w->file, w->buffer, size, w->handler.e);
  if (status != PH_OK) give_up((j_common_ptr)codec, status);
}

static boolean empty_buffer(j_compress_ptr codec) { /* which is full, whatever it says */
  write_buffer(codec, sizeof((writer *)(void *)codec)->buffer);
  begin_buffer(codec);
  return TRUE;
}

static void end_buffer(j_compress_ptr codec) {
  const writer *w = (const writer *)(const void *)codec;
  write_buffer(codec, sizeof w->buffer - w->destination.free_in_buffer);
}

static ph_status write_all(writer *w, const ph_samples *picture, ph_error *e) {
  struct jpeg_compress_struct *codec = &w->codec;
  codec->err = handle_errors(&w->handler, e);
  if (setjmp(w->handler.back) != 0) return w->handler.status;
  jpeg_create_compress(codec);
  w->destination = (struct jpeg_destination_mgr){
      .init_destination = begin_buffer, .empty_output_buffer = empty_buffer, .term_destination = end_buffer};
  codec->dest = &w->destination;
  codec->image_width = (JDIMENSION)picture->w;
  codec->image_height = (JDIMENSION)picture->h;
  codec->input_components = picture->channels;
  codec->in_color_space = picture->channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(codec);
  jpeg_set_quality(codec, QUALITY, TRUE);
  codec->comp_info[0].h_samp_factor = codec->comp_info[0].v_samp_factor = 1;
  jpeg_start_compress(codec, TRUE);
  while (codec->next_scanline < codec->image_height) {
    JSAMPROW row = picture->data + codec->next_scanline * (size_t)picture->w * (size_t)picture->channels;
    jpeg_write_scanlines(codec, &row, 1);
  }
  jpeg_finish_compress(codec);
  return PH_OK;
}

ph_status ph_jpeg_write(const ph_samples *picture, ph_atomic *file, ph_error *e) {
  writer w = {.file = file};
  ph_status status = write_all(&w, picture, e);
  jpeg_destroy_compress(&w.codec);
  return status;
}

#define TEXT(number) TEXT_OF(number)
#define TEXT_OF(number) #number
ph_library ph_jpeg_library(void) { return ph_library_of("libjpeg-turbo", TEXT(LIBJPEG_TURBO_VERSION), NULL); }
