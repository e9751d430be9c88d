/* SPDX-License-Identifier: MIT */
/* Bytes of a file, and reading them within bounds. */
#include "bytes.h"

#include <string.h>

#include "base/memory.h"

ph_status ph_bytes_open(const char *path, ph_bytes *bytes, ph_error *e) {
  *bytes = (ph_bytes){0};
  ph_status status = ph_mapping_read(path, &bytes->mapping, e);
  if (status != PH_OK) return status;
  bytes->data = ph_mapping_data(bytes->mapping);
  bytes->size = ph_mapping_size(bytes->mapping);
  return PH_OK;
}

void ph_bytes_clear(ph_bytes *bytes) {
  if (bytes->mapping != NULL)
    ph_mapping_release(bytes->mapping);
  else
    ph_free(bytes->data);
  *bytes = (ph_bytes){0};
}

size_t ph_bytes_limit(size_t size) {
  static const size_t times = 16, least = (size_t)64 << 20;
  return size < (SIZE_MAX - least) / times ? times * size + least : SIZE_MAX;
}

ph_cursor ph_cursor_over(const ph_bytes *bytes, uint64_t offset, uint64_t size) {
  bool is_inside = offset <= bytes->size && size <= bytes->size - offset;
  if (!is_inside || bytes->data == NULL) return (ph_cursor){.broken = true};
  return (ph_cursor){.at = bytes->data + offset, .left = (size_t)size};
}

const unsigned char *ph_cursor_take(ph_cursor *cursor, uint64_t size) {
  const unsigned char *at = cursor->at;
  if (cursor->broken || size > cursor->left) {
    cursor->broken = true;
    return NULL;
  }
  cursor->at += size;
  cursor->left -= (size_t)size;
  return at;
}

uint64_t ph_cursor_number(ph_cursor *cursor, int bytes) {
  const unsigned char *at = ph_cursor_take(cursor, (uint64_t)bytes);
  uint64_t number = 0;
  for (int i = bytes - 1; at != NULL && i >= 0; i--) number = number << 8 | at[i];
  return number;
}

bool ph_cursor_expect(ph_cursor *cursor, const char mark[4]) {
  const unsigned char *at = ph_cursor_take(cursor, 4);
  if (at == NULL || memcmp(at, mark, 4) != 0) cursor->broken = true;
  return !cursor->broken;
}
