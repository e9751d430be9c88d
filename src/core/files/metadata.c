/* SPDX-License-Identifier: MIT */
/* Metadata: a sorted array of pairs. */
#include "metadata.h"

#include <string.h>

#include "base/memory.h"
#include "base/utf8.h"

typedef struct pair {
  char *key, *value;
} pair;

struct ph_metadata {
  int count, capacity;
  pair *pairs;
};

ph_status ph_metadata_new(ph_metadata **metadata, ph_error *e) {
  *metadata = ph_alloc(sizeof **metadata);
  return *metadata != NULL ? PH_OK : ph_no_memory(e);
}

void ph_metadata_free(ph_metadata *metadata) {
  if (metadata == NULL) return;
  for (int i = 0; i < metadata->count; i++) {
    ph_free(metadata->pairs[i].key);
    ph_free(metadata->pairs[i].value);
  }
  ph_free(metadata->pairs);
  ph_free(metadata);
}

/* Where the key is, or where it belongs. */
static int position(const ph_metadata *metadata, const char *key, int *found) {
  int low = 0, high = metadata->count;
  *found = 0;
  while (low < high) {
    int middle = (low + high) / 2, order = strcmp(metadata->pairs[middle].key, key);
    if (order == 0) {
      *found = 1;
      return middle;
    }
    if (order < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static ph_status grow(ph_metadata *metadata, ph_error *e) {
  if (metadata->count < metadata->capacity) return PH_OK;
  if (metadata->count == PH_METADATA_MOST)
    return ph_fail(e, PH_FAILURE, "more than %d metadata entries", PH_METADATA_MOST);
  int capacity = metadata->capacity == 0 ? 8 : 2 * metadata->capacity;
  pair *pairs = ph_alloc_array((size_t)capacity, sizeof *pairs);
  if (pairs == NULL) return ph_no_memory(e);
  for (int i = 0; i < metadata->count; i++) pairs[i] = metadata->pairs[i];
  ph_free(metadata->pairs);
  metadata->pairs = pairs;
  metadata->capacity = capacity;
  return PH_OK;
}

ph_status ph_metadata_set(ph_metadata *metadata, const char *key, const char *value, ph_error *e) {
  int found, at;
  ph_status status = PH_NO_MEMORY;
  pair new = {ph_utf8_copy_clean(key), ph_utf8_copy_clean(value)};
  if (new.key == NULL || new.value == NULL) {
    ph_no_memory(e);
    goto done;
  }
  at = position(metadata, new.key, &found);
  if (found) {
    ph_free(metadata->pairs[at].key);
    ph_free(metadata->pairs[at].value);
  } else {
    PH_TRY(grow(metadata, e));
    pair *here = metadata->pairs + at;
    memmove(here + 1, here, (size_t)(metadata->count - at) * sizeof *here);
    metadata->count++;
  }
  metadata->pairs[at] = new;
  return PH_OK;
done:
  ph_free(new.key);
  ph_free(new.value);
  return status;
}

const char *ph_metadata_get(const ph_metadata *metadata, const char *key) {
  int found, at = position(metadata, key, &found);
  return found ? metadata->pairs[at].value : NULL;
}

int ph_metadata_count(const ph_metadata *metadata) { return metadata->count; }
const char *ph_metadata_key(const ph_metadata *metadata, int i) { return metadata->pairs[i].key; }
const char *ph_metadata_value(const ph_metadata *metadata, int i) { return metadata->pairs[i].value; }
