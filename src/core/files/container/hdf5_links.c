/* SPDX-License-Identifier: MIT */
/* The links of groups. The older form is a symbol table: a tree (version 1) whose leaves list names, as
   places in a heap, and objects. In the newer one each link is a message, as long as there are few. */
#include "hdf5_private.h"

#include <string.h>

typedef struct group {
  ph_hdf5_link *visit;
  void *context;
  ph_cursor names; /* the heap's */
} group;

/* ---- the older form ---- */

static bool find_heap(const ph_hdf5 *file, uint64_t address, ph_cursor *names) {
  ph_cursor c = ph_hdf5_at(file, address);
  ph_cursor_expect(&c, "HEAP");
  ph_cursor_take(&c, 4); /* version */
  uint64_t size = ph_cursor_number(&c, 8);
  ph_cursor_take(&c, 8); /* free space */
  uint64_t data = ph_cursor_number(&c, 8);
  *names = ph_cursor_over(&file->bytes, data, size);
  return !c.broken && !names->broken;
}

/* The links that a leaf lists. */
static ph_status read_leaf(ph_hdf5 *file, const group *g, uint64_t address, ph_error *e) {
  enum { SYMBOLIC = 2 };
  ph_cursor c = ph_hdf5_at(file, address);
  ph_cursor_expect(&c, "SNOD");
  ph_cursor_take(&c, 2); /* version */
  uint64_t count = ph_cursor_number(&c, 2);
  if (c.broken) return ph_hdf5_damaged(file, "symbol table", address, e);
  for (uint64_t i = 0; i < count; i++) {
    ph_cursor name = g->names;
    ph_cursor_take(&name, ph_cursor_number(&c, 8));
    uint64_t header = ph_cursor_number(&c, 8), kind = ph_cursor_number(&c, 4);
    ph_cursor_take(&c, 20);
    if (c.broken || name.broken || memchr(name.at, '\0', name.left) == NULL)
      return ph_hdf5_damaged(file, "symbol table", address, e);
    ph_status status = ph_hdf5_step(file, e);
    if (status == PH_OK && kind != SYMBOLIC)
      status = g->visit(file, (const char *)name.at, strlen((const char *)name.at), header, g->context, e);
    if (status != PH_OK) return status;
  }
  return PH_OK;
}

/* A node of the tree at this level above the leaves' parents, or, for -1, its root. */
static ph_status read_node(ph_hdf5 *file, const group *g, uint64_t address, int level, ph_error *e) {
  ph_cursor c;
  uint64_t count;
  ph_status status =
      ph_hdf5_tree_node(file, &c, address, PH_HDF5_GROUP_TREE, &level, &count, "tree of a group", e);
  if (status != PH_OK) return status;
  for (uint64_t i = 0; i < count; i++) {
    ph_cursor_take(&c, 8); /* a name */
    uint64_t child = ph_cursor_number(&c, 8);
    if (c.broken) return ph_hdf5_damaged(file, "tree of a group", address, e);
    status = ph_hdf5_step(file, e);
    if (status == PH_OK)
      status = level > 0 ? read_node(file, g, child, level - 1, e) : read_leaf(file, g, child, e);
    if (status != PH_OK) return status;
  }
  return PH_OK;
}

static ph_status read_symbol_table(ph_hdf5 *file, group *g, ph_cursor body, ph_error *e) {
  uint64_t tree = ph_cursor_number(&body, 8), heap = ph_cursor_number(&body, 8);
  if (body.broken || !find_heap(file, heap, &g->names))
    return ph_hdf5_damaged(file, "names of a group", heap, e);
  return read_node(file, g, tree, -1, e);
}

/* ---- the newer form ---- */

static ph_status read_link(ph_hdf5 *file, const group *g, ph_cursor body, ph_error *e) {
  enum { HARD = 0 };
  uint64_t version = ph_cursor_number(&body, 1), flags = ph_cursor_number(&body, 1);
  uint64_t type = flags & 8 ? ph_cursor_number(&body, 1) : HARD;
  if (flags & 4) ph_cursor_take(&body, 8);    /* when it was made */
  if (flags & 0x10) ph_cursor_take(&body, 1); /* ASCII or UTF-8 */
  uint64_t length = ph_cursor_number(&body, 1 << (flags & 3));
  const char *name = (const char *)ph_cursor_take(&body, length);
  if (!body.broken && type != HARD) return PH_OK;
  uint64_t header = ph_cursor_number(&body, 8);
  if (body.broken || version != 1 || memchr(name, '\0', (size_t)length) != NULL)
    return ph_hdf5_damaged(file, "link", header, e);
  return g->visit(file, name, (size_t)length, header, g->context, e);
}

/* Says whether there are so many links that they are kept in a heap and a tree of another kind. */
static ph_status check_link_info(ph_hdf5 *file, ph_cursor body, ph_error *e) {
  ph_cursor_take(&body, 1); /* version */
  if (ph_cursor_number(&body, 1) & 1) ph_cursor_take(&body, 8);
  if (ph_cursor_number(&body, 8) == PH_HDF5_NOWHERE || body.broken) return PH_OK;
  return ph_hdf5_unread(
      file, "an HDF5 file whose groups keep the order of their members, or the latest form of HDF5", e);
}

static ph_status visit_message(ph_hdf5 *file, ph_hdf5_type type, ph_cursor body, void *context, ph_error *e) {
  group *g = context;
  if (type == PH_HDF5_SYMBOL_TABLE) return read_symbol_table(file, g, body, e);
  if (type == PH_HDF5_LINK) return read_link(file, g, body, e);
  if (type == PH_HDF5_LINK_INFO) return check_link_info(file, body, e);
  return PH_OK;
}

ph_status ph_hdf5_links(ph_hdf5 *file, uint64_t header, ph_hdf5_link *visit, void *context, ph_error *e) {
  return ph_hdf5_messages(file, header, visit_message, &(group){.visit = visit, .context = context}, e);
}
