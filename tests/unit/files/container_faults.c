/* SPDX-License-Identifier: MIT */
/* A zip archive with an HDF5 file in it while memory is short: wherever an allocation fails, that is said,
   and nothing stays behind. What is read, and what is refused, is in tests/spec/formats/container_spec.lua.
 */
#include <string.h>
#include <zlib.h>

#include "base/memory.h"
#include "files/container/hdf5.h"
#include "files/container/zip.h"
#include "scratch.h"
#include "tap.h"

/* ---- the archive, made by hand ---- */

typedef struct buffer {
  unsigned char bytes[4096];
  size_t size;
} buffer;

static void put(buffer *b, uint64_t number, int bytes) {
  for (int i = 0; i < bytes; i++) b->bytes[b->size++] = i < 8 ? (unsigned char)(number >> 8 * i) : 0;
}

static void put_bytes(buffer *b, const void *bytes, size_t size) {
  memcpy(b->bytes + b->size, bytes, size);
  b->size += size;
}

/* The beginning of an object's header, of version 2, whose messages take so many bytes. */
static void put_header(buffer *b, size_t size) {
  put_bytes(b, "OHDR\2\1", 6);
  put(b, size, 2);
}

static void put_message(buffer *b, int type, size_t size) {
  put(b, (uint64_t)type, 1);
  put(b, size, 2);
  put(b, 0, 1);
}

/* float32, little-endian. */
static void put_type(buffer *b) {
  put_bytes(b, "\x11\x20\x1f\0\4\0\0\0\0\0\x20\0\x17\x08\0\x17\x7f\0\0\0", 20);
}

/* Two data sets of four numbers: "plain", and "chunked", in one chunk, deflated; the root has the attribute
   "name" of the text "value". */
static void make_hdf5(buffer *b) {
  enum { ROOT = 48, PLAIN = 256, CHUNKED = 512, TREE = 768, NUMBERS = 1024, PACKED = 1280, END = 1536 };
  const float numbers[] = {1, 2, 3, 4};
  unsigned char packed[64];
  uLongf length = sizeof packed;
  compress2(packed, &length, (const Bytef *)numbers, sizeof numbers, 9);
  put_bytes(b, "\x89HDF\r\n\x1a\n\2\x08\x08\0", 12);
  put(b, 0, 8);
  put(b, UINT64_MAX, 8);
  put(b, END, 8);
  put(b, ROOT, 8);
  put(b, 0, 4);
  put_header(b, 20 + 22 + 35);
  put_message(b, 0x06, 16);
  put_bytes(b, "\1\0\5plain", 8);
  put(b, PLAIN, 8);
  put_message(b, 0x06, 18);
  put_bytes(b, "\1\0\7chunked", 10);
  put(b, CHUNKED, 8);
  put_message(b, 0x0C, 31);
  put_bytes(b, "\3\0\5\0\x08\0\4\0\0name\0\x13\0\0\0\5\0\0\0\2\0\0\0value", 31);
  b->size = PLAIN;
  put_header(b, 16 + 24 + 22);
  put_message(b, 0x01, 12);
  put_bytes(b, "\2\1\0\1\4\0\0\0\0\0\0\0", 12);
  put_message(b, 0x03, 20);
  put_type(b);
  put_message(b, 0x08, 18);
  put_bytes(b, "\3\1", 2);
  put(b, NUMBERS, 8);
  put(b, sizeof numbers, 8);
  b->size = CHUNKED;
  put_header(b, 16 + 24 + 23 + 12);
  put_message(b, 0x01, 12);
  put_bytes(b, "\2\1\0\1\4\0\0\0\0\0\0\0", 12);
  put_message(b, 0x03, 20);
  put_type(b);
  put_message(b, 0x08, 19);
  put_bytes(b, "\3\2\2", 3);
  put(b, TREE, 8);
  put(b, 4, 4);
  put(b, 4, 4);
  put_message(b, 0x0B, 8);
  put_bytes(b, "\2\1\1\0\0\0\0\0", 8);
  b->size = TREE;
  put_bytes(b, "TREE\1\0\1\0", 8);
  put(b, UINT64_MAX, 8);
  put(b, UINT64_MAX, 8);
  put(b, length, 4);
  put(b, 0, 20);
  put(b, PACKED, 8);
  b->size = NUMBERS;
  put_bytes(b, numbers, sizeof numbers);
  b->size = PACKED;
  put_bytes(b, packed, length);
  b->size = END;
}

/* An archive of one entry, "model", deflated. */
static void make_zip(buffer *b, const buffer *content) {
  static unsigned char packed[4096];
  z_stream stream = {.next_in = (z_const Bytef *)content->bytes, .avail_in = (unsigned)content->size};
  stream.next_out = packed;
  stream.avail_out = sizeof packed;
  deflateInit2(&stream, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
  deflate(&stream, Z_FINISH);
  deflateEnd(&stream);
  put_bytes(b, "PK\3\4", 4);
  put(b, 0, 22);
  put(b, 5, 2);
  put(b, 0, 2);
  put_bytes(b, "model", 5);
  put_bytes(b, packed, stream.total_out);
  size_t directory = b->size;
  put_bytes(b, "PK\1\2\0\0\0\0\0\0\x08\0\0\0\0\0", 16);
  put(b, crc32_z(crc32_z(0, NULL, 0), content->bytes, content->size), 4);
  put(b, stream.total_out, 4);
  put(b, content->size, 4);
  put(b, 5, 2);
  put(b, 0, 16);
  put_bytes(b, "model", 5);
  size_t end = b->size;
  put_bytes(b, "PK\5\6\0\0\0\0\1\0\1\0", 12);
  put(b, end - directory, 4);
  put(b, directory, 4);
  put(b, 0, 2);
}

/* ---- reading it ---- */

static int find(const ph_hdf5 *file, const char *name) {
  for (int i = 0; i < ph_hdf5_count(file); i++)
    if (strcmp(ph_hdf5_name(file, i), name) == 0) return i;
  return -1;
}

/* Whether the data set has the numbers 1 to 4, so far as it could be read. */
static ph_status check_numbers(ph_hdf5 *file, const char *name, bool *right, ph_error *e) {
  ph_tensor *tensor;
  ph_status status = ph_hdf5_tensor(file, find(file, name), &tensor, e);
  if (status != PH_OK) return status;
  for (int i = 0; i < 4; i++) *right = *right && ph_tensor_read(tensor)[i] == (float)(i + 1);
  ph_tensor_release(tensor);
  return PH_OK;
}

/* Everything that can be asked of the archive; `right` says whether the answers are. */
static ph_status read_all(const char *path, bool *right, ph_error *e) {
  ph_zip *zip = NULL;
  ph_hdf5 *file = NULL;
  ph_bytes bytes;
  ph_hdf5_texts texts = {0};
  ph_status status;
  PH_TRY(ph_zip_open(path, &zip, e));
  PH_TRY(ph_zip_read(zip, 0, &bytes, e));
  PH_TRY(ph_hdf5_open(path, bytes, &file, e));
  PH_TRY(ph_hdf5_attribute(file, 0, "name", &texts, e));
  *right = texts.found && texts.count == 1 && texts.list[0].size == 5 &&
           memcmp(texts.list[0].data, "value", 5) == 0;
  PH_TRY(check_numbers(file, "plain", right, e));
  PH_TRY(check_numbers(file, "chunked", right, e));
done:
  ph_free(texts.list);
  ph_hdf5_free(file);
  ph_zip_free(zip);
  return status;
}

int main(void) {
  static buffer model, archive;
  ph_error e;
  bool right = false;
  make_hdf5(&model);
  make_zip(&archive, &model);
  scratch_put("archive.zip", archive.bytes, archive.size);
  const char *path = scratch("archive.zip");
  size_t before = ph_memory_blocks();
  ph_status status = read_all(path, &right, &e);
  if (!ok(status == PH_OK && right, "an archive with an HDF5 file in it is read"))
    printf("# %s\n", e.message);
  ok(ph_memory_blocks() == before, "and nothing of it stays");
  int failed = 0, other = 0, left = 0;
  for (long n = 1; n < 1000; n++) {
    ph_memory_fail_after(n);
    status = read_all(path, &right, &e);
    ph_memory_fail_after(0);
    left += ph_memory_blocks() != before;
    if (status == PH_OK) break;
    failed++;
    other += status != PH_NO_MEMORY;
  }
  ok(failed > 12, "every allocation can fail (%d)", failed);
  ok(other == 0, "each time, that is what is said");
  ok(left == 0, "and nothing stays behind");
  scratch_remove();
  return tap_done();
}
