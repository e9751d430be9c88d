/* SPDX-License-Identifier: MIT */
/* Deflate's compression undone. zlib counts in unsigned int, so that large blocks go in pieces. */
#include "inflate.h"

#include <zlib.h>

static unsigned piece(size_t left) { return left < 1u << 30 ? (unsigned)left : 1u << 30; }

bool ph_inflate(const unsigned char *compressed, size_t compressed_size, bool is_bare, unsigned char *data,
                size_t size) {
  z_stream stream = {0};
  int state = Z_OK;
  if (inflateInit2(&stream, is_bare ? -MAX_WBITS : MAX_WBITS) != Z_OK) return false;
  stream.next_in = (z_const Bytef *)compressed;
  stream.next_out = data;
  size_t in_left = compressed_size, out_left = size;
  while (state == Z_OK) {
    unsigned in = piece(in_left), out = piece(out_left);
    stream.avail_in = in;
    stream.avail_out = out;
    state = inflate(&stream, Z_NO_FLUSH);
    in_left -= in - stream.avail_in;
    out_left -= out - stream.avail_out;
    if (stream.avail_in == in && stream.avail_out == out) break;
  }
  inflateEnd(&stream);
  return state == Z_STREAM_END && out_left == 0;
}
