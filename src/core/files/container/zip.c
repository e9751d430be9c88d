/* SPDX-License-Identifier: MIT */
/* Reading zip archives: the record at the end says where the directory is, the directory where the entries
   are, and each entry begins with a header of its own. */
#include "zip.h"

#include <string.h>
#include <zlib.h>

#include "base/memory.h"
#include "base/utf8.h"
#include "inflate.h"

enum {
  MOST_ENTRIES = 10000,
  END_RECORD = 22,
  MOST_COMMENT = 0xFFFF,
  STORED = 0,
  DEFLATED = 8,
  ENCRYPTED = 1
};

typedef struct entry {
  const char *name;
  unsigned flags, method;
  uint32_t checksum, compressed, size, header; /* bytes; where its own header is */
} entry;

struct ph_zip {
  ph_bytes bytes;
  char *path, *names;
  entry *entries;
  int count;
  size_t spare; /* memory that may still be spent on inflated entries */
};

/* ---- the directory ---- */

/* The record that ends the archive, after which only a comment may follow: searched from the end. */
static bool find_end(const ph_zip *zip, ph_cursor *record) {
  size_t size = zip->bytes.size;
  for (size_t back = END_RECORD; back <= size && back <= END_RECORD + MOST_COMMENT; back++) {
    *record = ph_cursor_over(&zip->bytes, size - back, back);
    if (ph_cursor_expect(record, "PK\5\6")) return true;
  }
  return false;
}

/* One entry of the directory, whose name goes to *names, which moves on. */
static bool read_entry(ph_cursor *directory, entry *t, char **names) {
  if (!ph_cursor_expect(directory, "PK\1\2")) return false;
  ph_cursor_take(directory, 4); /* versions */
  t->flags = (unsigned)ph_cursor_number(directory, 2);
  t->method = (unsigned)ph_cursor_number(directory, 2);
  ph_cursor_take(directory, 4); /* time and date */
  t->checksum = (uint32_t)ph_cursor_number(directory, 4);
  t->compressed = (uint32_t)ph_cursor_number(directory, 4);
  t->size = (uint32_t)ph_cursor_number(directory, 4);
  uint64_t name = ph_cursor_number(directory, 2), extra = ph_cursor_number(directory, 2),
           comment = ph_cursor_number(directory, 2);
  ph_cursor_take(directory, 8); /* disk, attributes */
  t->header = (uint32_t)ph_cursor_number(directory, 4);
  const unsigned char *text = ph_cursor_take(directory, name);
  ph_cursor_take(directory, extra + comment);
  if (directory->broken || memchr(text, '\0', (size_t)name) != NULL) return false;
  memcpy(*names, text, (size_t)name);
  t->name = *names;
  *names += name + 1;
  return true;
}

static ph_status read_directory(ph_zip *zip, ph_error *e) {
  ph_cursor record;
  if (!find_end(zip, &record))
    return ph_fail(e, PH_FAILURE, "'%s' is not a zip archive, or is cut off", zip->path);
  ph_cursor_take(&record, 6); /* disks, and the entries on this one */
  int count = (int)ph_cursor_number(&record, 2);
  uint64_t size = ph_cursor_number(&record, 4), offset = ph_cursor_number(&record, 4);
  if (offset == UINT32_MAX || count > MOST_ENTRIES)
    return ph_fail(e, PH_FAILURE, "'%s': zip archives of 4 GiB or of more than %d entries are not read",
                   zip->path, MOST_ENTRIES);
  ph_cursor directory = ph_cursor_over(&zip->bytes, offset, size);
  if (directory.broken)
    return ph_fail(e, PH_FAILURE, "'%s': the zip archive's directory lies outside the file", zip->path);
  zip->entries = ph_alloc_array((size_t)count, sizeof *zip->entries);
  zip->names = ph_alloc((size_t)size + (size_t)count);
  if (zip->entries == NULL || zip->names == NULL) return ph_no_memory(e);
  char *names = zip->names;
  for (; zip->count < count; zip->count++)
    if (!read_entry(&directory, &zip->entries[zip->count], &names))
      return ph_fail(e, PH_FAILURE, "'%s': the zip archive's directory is damaged (entry %d)", zip->path,
                     zip->count + 1);
  return PH_OK;
}

ph_status ph_zip_open(const char *path, ph_zip **result, ph_error *e) {
  ph_status status;
  ph_zip *zip = ph_alloc(sizeof *zip);
  if (zip == NULL) return ph_no_memory(e);
  zip->path = ph_copy_string(path);
  if (zip->path == NULL) {
    status = ph_no_memory(e);
    goto done;
  }
  PH_TRY(ph_bytes_open(path, &zip->bytes, e));
  zip->spare = ph_bytes_limit(zip->bytes.size);
  PH_TRY(read_directory(zip, e));
  *result = zip;
  return PH_OK;
done:
  ph_zip_free(zip);
  return status;
}

void ph_zip_free(ph_zip *zip) {
  if (zip == NULL) return;
  ph_bytes_clear(&zip->bytes);
  ph_free(zip->path);
  ph_free(zip->names);
  ph_free(zip->entries);
  ph_free(zip);
}

const char *ph_zip_path(const ph_zip *zip) { return zip->path; }
int ph_zip_count(const ph_zip *zip) { return zip->count; }
const char *ph_zip_name(const ph_zip *zip, int i) { return zip->entries[i].name; }

/* ---- entries ---- */

static ph_status damaged(const ph_zip *zip, const entry *t, const char *what, ph_error *e) {
  char name[PH_NAME_TEXT];
  return ph_fail(e, PH_FAILURE, "'%.200s': '%s' in it %s", zip->path, ph_name_print(t->name, name), what);
}

static ph_status inflate_entry(ph_zip *zip, const entry *t, const unsigned char *data, ph_bytes *bytes,
                               ph_error *e) {
  if (t->size > zip->spare) return damaged(zip, t, "takes too much memory for the size of the file", e);
  unsigned char *block = ph_alloc(t->size);
  if (block == NULL) return ph_no_memory(e);
  if (!ph_inflate(data, t->compressed, true, block, t->size) ||
      crc32_z(crc32_z(0, NULL, 0), block, t->size) != t->checksum) {
    ph_free(block);
    return damaged(zip, t, "is damaged", e);
  }
  zip->spare -= t->size;
  *bytes = (ph_bytes){.data = block, .size = t->size};
  return PH_OK;
}

ph_status ph_zip_read(ph_zip *zip, int i, ph_bytes *bytes, ph_error *e) {
  const entry *t = &zip->entries[i];
  if (t->flags & ENCRYPTED) return damaged(zip, t, "is encrypted", e);
  if (t->method != STORED && t->method != DEFLATED)
    return damaged(zip, t, "is compressed by a method that is not read", e);
  size_t size = zip->bytes.size;
  ph_cursor header = ph_cursor_over(&zip->bytes, t->header, t->header < size ? size - t->header : 0);
  ph_cursor_expect(&header, "PK\3\4");
  ph_cursor_take(&header, 22); /* what the directory said already */
  uint64_t name = ph_cursor_number(&header, 2), extra = ph_cursor_number(&header, 2);
  ph_cursor_take(&header, name + extra);
  const unsigned char *data = ph_cursor_take(&header, t->compressed);
  if (data == NULL) return damaged(zip, t, "lies outside the file", e);
  if (t->method == DEFLATED) return inflate_entry(zip, t, data, bytes, e);
  if (t->size != t->compressed) return damaged(zip, t, "is stored in another size than it has", e);
  *bytes = (ph_bytes){.data = zip->bytes.data + (data - zip->bytes.data),
                      .size = t->size,
                      .mapping = ph_mapping_retain(zip->bytes.mapping)};
  return PH_OK;
}
