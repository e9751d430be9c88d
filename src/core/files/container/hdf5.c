/* SPDX-License-Identifier: MIT */
/* HDF5 files: the superblock, which says where the root is, and the walk from there over all groups. */
#include "hdf5_private.h"

#include <inttypes.h>
#include <string.h>

#include "base/memory.h"

enum { MOST_STEPS = 1 << 21, MOST_DEPTH = 64, MOST_LEVEL = 32 };

/* ---- messages for people ---- */

ph_status ph_hdf5_damaged(const ph_hdf5 *file, const char *what, uint64_t address, ph_error *e) {
  return ph_fail(e, PH_FAILURE, "'%.300s': damaged HDF5 file (%s, at byte %" PRIu64 ")", file->path, what,
                 address);
}

ph_status ph_hdf5_unread(const ph_hdf5 *file, const char *what, ph_error *e) {
  return ph_fail(e, PH_FAILURE, "'%.300s': %s, which is not read; h5py's defaults are", file->path, what);
}

void ph_hdf5_begin(ph_hdf5 *file) { file->steps = MOST_STEPS; }

ph_status ph_hdf5_step(ph_hdf5 *file, ph_error *e) {
  if (file->steps-- > 0) return PH_OK;
  return ph_fail(e, PH_FAILURE, "'%.300s': the HDF5 file is more complicated than any model's", file->path);
}

ph_cursor ph_hdf5_at(const ph_hdf5 *file, uint64_t address) {
  return ph_cursor_over(&file->bytes, address, address < file->bytes.size ? file->bytes.size - address : 0);
}

ph_status ph_hdf5_tree_node(ph_hdf5 *file, ph_cursor *c, uint64_t address, int type, int *level,
                            uint64_t *count, const char *what, ph_error *e) {
  *c = ph_hdf5_at(file, address);
  ph_cursor_expect(c, "TREE");
  const int own_type = (int)ph_cursor_number(c, 1), own_level = (int)ph_cursor_number(c, 1);
  *count = ph_cursor_number(c, 2);
  ph_cursor_take(c, 16); /* siblings */
  if (c->broken || own_type != type || own_level > MOST_LEVEL || (*level >= 0 && own_level != *level))
    return ph_hdf5_damaged(file, what, address, e);
  *level = own_level;
  return PH_OK;
}

/* ---- the walk ---- */

typedef struct walk {
  const char *group; /* its path, which is empty for the root */
  int depth;
} walk;

static ph_status visit_object(ph_hdf5 *file, char *name, uint64_t header, int depth, ph_error *e);

/* Makes the child's path, and goes on with it. */
static ph_status visit_link(ph_hdf5 *file, const char *name, size_t length, uint64_t header, void *context,
                            ph_error *e) {
  const walk *from = context;
  size_t before = strlen(from->group), whole = before + 1 + length + 1;
  if (from->depth == MOST_DEPTH) return ph_hdf5_damaged(file, "groups in groups without end", header, e);
  file->names += whole;
  if (file->names > ph_bytes_limit(file->bytes.size))
    return ph_hdf5_damaged(file, "names without end", header, e);
  char *path = ph_alloc(whole), *end = path;
  if (path == NULL) return ph_no_memory(e);
  if (before > 0) {
    memcpy(path, from->group, before);
    path[before] = '/';
    end = path + before + 1;
  }
  memcpy(end, name, length);
  return visit_object(file, path, header, from->depth + 1, e);
}

/* Takes over the name. */
static ph_status visit_object(ph_hdf5 *file, char *name, uint64_t header, int depth, ph_error *e) {
  if (file->count == file->room) {
    int room = file->room > 0 ? 2 * file->room : 64;
    ph_hdf5_object *objects = ph_alloc_array((size_t)room, sizeof *objects);
    if (objects == NULL) {
      ph_free(name);
      return ph_no_memory(e);
    }
    if (file->count > 0) memcpy(objects, file->objects, (size_t)file->count * sizeof *objects);
    ph_free(file->objects);
    file->objects = objects;
    file->room = room;
  }
  file->objects[file->count++] = (ph_hdf5_object){name, header};
  return ph_hdf5_links(file, header, visit_link, &(walk){name, depth}, e);
}

/* ---- the superblock ---- */

static ph_status check_superblock(const ph_hdf5 *file, uint64_t offsets, uint64_t lengths, uint64_t base,
                                  uint64_t end, ph_error *e) {
  if (offsets != PH_HDF5_ADDRESS || lengths != PH_HDF5_ADDRESS)
    return ph_hdf5_unread(file, "an HDF5 file of addresses that are not of 8 bytes", e);
  if (base != 0) return ph_hdf5_unread(file, "an HDF5 file that does not begin where its file does", e);
  if (end > file->bytes.size)
    return ph_fail(e, PH_FAILURE, "'%.300s' is cut off: %zu bytes of an HDF5 file of %" PRIu64, file->path,
                   file->bytes.size, end);
  return PH_OK;
}

static ph_status find_root(const ph_hdf5 *file, uint64_t *root, ph_error *e) {
  ph_cursor c = ph_hdf5_at(file, 0);
  ph_cursor_expect(&c, "\x89HDF");
  ph_cursor_expect(&c, "\r\n\x1a\n");
  if (c.broken) return ph_fail(e, PH_FAILURE, "'%.300s' is not an HDF5 file", file->path);
  uint64_t version = ph_cursor_number(&c, 1), offsets, lengths;
  if (version > 3 || version == 1) return ph_hdf5_unread(file, "an HDF5 file of another version", e);
  if (version == 0) ph_cursor_take(&c, 4); /* other versions, 0 as well */
  offsets = ph_cursor_number(&c, 1);
  lengths = ph_cursor_number(&c, 1);
  ph_cursor_take(&c, version == 0 ? 9 : 1); /* sizes of tree nodes, flags */
  uint64_t base = ph_cursor_number(&c, 8);
  ph_cursor_take(&c, 8); /* free space, or the superblock's extension */
  uint64_t end = ph_cursor_number(&c, 8);
  if (version == 0) ph_cursor_take(&c, 16); /* driver; where the root's name is */
  *root = ph_cursor_number(&c, 8);
  if (c.broken) return ph_hdf5_damaged(file, "superblock", 0, e);
  return check_superblock(file, offsets, lengths, base, end, e);
}

ph_status ph_hdf5_open(const char *path, ph_bytes bytes, ph_hdf5 **result, ph_error *e) {
  uint64_t root = 0;
  ph_status status;
  char *name = NULL;
  ph_hdf5 *file = ph_alloc(sizeof *file);
  if (file == NULL) {
    ph_bytes_clear(&bytes);
    return ph_no_memory(e);
  }
  file->bytes = bytes;
  file->spare = ph_bytes_limit(bytes.size);
  ph_hdf5_begin(file);
  file->path = ph_copy_string(path);
  name = ph_alloc(1);
  if (file->path == NULL || name == NULL) {
    ph_free(name);
    status = ph_no_memory(e);
    goto done;
  }
  status = find_root(file, &root, e);
  if (status != PH_OK) {
    ph_free(name);
    goto done;
  }
  PH_TRY(visit_object(file, name, root, 0, e));
  *result = file;
  return PH_OK;
done:
  ph_hdf5_free(file);
  return status;
}

void ph_hdf5_free(ph_hdf5 *file) {
  if (file == NULL) return;
  for (int i = 0; i < file->count; i++) ph_free(file->objects[i].name);
  ph_free(file->objects);
  ph_free(file->path);
  ph_bytes_clear(&file->bytes);
  ph_free(file);
}

int ph_hdf5_count(const ph_hdf5 *file) { return file->count; }
const char *ph_hdf5_name(const ph_hdf5 *file, int i) { return file->objects[i].name; }
