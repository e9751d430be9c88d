/* SPDX-License-Identifier: MIT */
/* JPEG's segments. Each begins with a marker (0xFF, perhaps repeated, and a code) and, but for a few, a
   length that counts itself. Compressed data follow the scan header without a length; in them 0xFF is
   followed by 0 or by a restart marker, so that the next other marker ends them. */
#include "jpeg.h"

#include <string.h>

#include "exif.h"

enum {
  PROGRESSIVE_FRAME = 0xC2, /* 0xC0 and 0xC1 are baseline and extended */
  HUFFMAN_TABLES = 0xC4,
  LAST_FRAME = 0xCF,
  RESTART_0 = 0xD0,
  RESTART_7 = 0xD7,
  END_OF_IMAGE = 0xD9,
  SCAN = 0xDA,
  APPLICATION_1 = 0xE1,
  MOST_SCANS = 64 /* progressive encoders make about ten */
};

bool ph_jpeg_is(const unsigned char *jpeg, size_t size) {
  return size >= 3 && memcmp(jpeg, "\xFF\xD8\xFF", 3) == 0;
}

/* A segment of Huffman tables: for each a class byte, how many codes there are of 1 to 16 bits, and their
 * symbols. */
static bool has_sound_tables(const unsigned char *at, size_t size) {
  enum { HEADER = 17, MOST_SYMBOLS = 256 };
  while (size > 0) {
    size_t codes = 0;
    if (size < HEADER) return false;
    for (int length = 1; length <= 16; length++) codes += at[length];
    if (codes > MOST_SYMBOLS || codes > size - HEADER) return false;
    at += HEADER + codes;
    size -= HEADER + codes;
  }
  return true;
}

/* The next marker's code, past which *at moves; 0, which is not a marker, at the end of the file. */
static int next_marker(const unsigned char *jpeg, size_t size, size_t *at) {
  int code = 0;
  while (*at < size && (code == 0 || (code >= RESTART_0 && code <= RESTART_7))) {
    while (*at < size && jpeg[*at] != 0xFF) ++*at;
    while (*at < size && jpeg[*at] == 0xFF) ++*at;
    code = *at < size ? jpeg[(*at)++] : 0;
  }
  return code;
}

/* Frames that are lossless, differential or coded arithmetically, and the tables of these. */
static bool is_unusual_frame(int code) {
  return code > PROGRESSIVE_FRAME && code <= LAST_FRAME && code != HUFFMAN_TABLES;
}

static const unsigned char exif_mark[6] = "Exif\0";

ph_status ph_jpeg_check(const unsigned char *jpeg, size_t size, int *orientation, ph_error *e) {
  int scans = 0;
  size_t at = 2; /* after the start-of-image marker */
  *orientation = 1;
  if (!ph_jpeg_is(jpeg, size)) return ph_fail(e, PH_FAILURE, "it is not a JPEG");
  for (;;) {
    int code = next_marker(jpeg, size, &at);
    if (code == END_OF_IMAGE) break;
    if (code == 0 || size - at < 2) return ph_fail(e, PH_FAILURE, "the JPEG is cut off");
    size_t length = (size_t)jpeg[at] << 8 | jpeg[at + 1];
    if (length > size - at) return ph_fail(e, PH_FAILURE, "the JPEG is cut off");
    if (length < 2 || (code == HUFFMAN_TABLES && !has_sound_tables(jpeg + at + 2, length - 2)))
      return ph_fail(e, PH_FAILURE, "the JPEG is damaged (at byte %zu)", at);
    if (is_unusual_frame(code))
      return ph_fail(e, PH_FAILURE,
                     "the JPEG is lossless, hierarchical or coded arithmetically, which is not read");
    if (code == SCAN && ++scans > MOST_SCANS)
      return ph_fail(e, PH_FAILURE, "the JPEG has more than %d scans", MOST_SCANS);
    if (code == APPLICATION_1 && length >= 2 + sizeof exif_mark &&
        memcmp(jpeg + at + 2, exif_mark, sizeof exif_mark) == 0)
      *orientation = ph_exif_orientation(jpeg + at + 2 + sizeof exif_mark, length - 2 - sizeof exif_mark);
    at += length;
  }
  return scans > 0 ? PH_OK : ph_fail(e, PH_FAILURE, "the JPEG has no picture in it");
}
