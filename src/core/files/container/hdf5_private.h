/* SPDX-License-Identifier: MIT */
/* What the files that read HDF5 share: the file, and the messages that describe an object of it. */
#ifndef PH_HDF5_PRIVATE_H
#define PH_HDF5_PRIVATE_H

#include "elements.h"
#include "hdf5.h"

enum { PH_HDF5_ADDRESS = 8 }; /* bytes of an address and of a length; other sizes are refused */
#define PH_HDF5_NOWHERE UINT64_MAX

typedef struct ph_hdf5_object {
  char *name;
  uint64_t address; /* of its header */
} ph_hdf5_object;

struct ph_hdf5 {
  ph_bytes bytes;
  char *path;
  ph_hdf5_object *objects;
  int count, room;
  size_t names; /* bytes of all names */
  size_t spare; /* memory that may still be spent on tensors */
  long steps;   /* structures that may still be looked at */
};

/* Messages: "'model.h5': damaged HDF5 file (what, at byte …)", and for what is beyond this reader. */
ph_status ph_hdf5_damaged(const ph_hdf5 *file, const char *what, uint64_t address, ph_error *e);
ph_status ph_hdf5_unread(const ph_hdf5 *file, const char *what, ph_error *e);

/* Each question of the caller may look at so many structures; counting one gives PH_FAILURE after the last.
 */
void ph_hdf5_begin(ph_hdf5 *file);
ph_status ph_hdf5_step(ph_hdf5 *file, ph_error *e);

/* A cursor from `address` to the end of the file. */
ph_cursor ph_hdf5_at(const ph_hdf5 *file, uint64_t address);

/* ---- messages ---- */

typedef enum ph_hdf5_type {
  PH_HDF5_DATASPACE = 0x01,
  PH_HDF5_LINK_INFO = 0x02,
  PH_HDF5_DATATYPE = 0x03,
  PH_HDF5_LINK = 0x06,
  PH_HDF5_LAYOUT = 0x08,
  PH_HDF5_FILTERS = 0x0B,
  PH_HDF5_ATTRIBUTE = 0x0C,
  PH_HDF5_CONTINUATION = 0x10,
  PH_HDF5_SYMBOL_TABLE = 0x11,
  PH_HDF5_ATTRIBUTE_INFO = 0x15,
} ph_hdf5_type;

typedef ph_status ph_hdf5_message(ph_hdf5 *file, ph_hdf5_type type, ph_cursor body, void *context,
                                  ph_error *e);

/* Hands every message of an object's header to `visit`, but those that are kept elsewhere, shared. */
ph_status ph_hdf5_messages(ph_hdf5 *file, uint64_t header, ph_hdf5_message *visit, void *context,
                           ph_error *e);

/* ---- links ---- */

typedef ph_status ph_hdf5_link(ph_hdf5 *file, const char *name, size_t length, uint64_t header, void *context,
                               ph_error *e);

/* Hands every link of a group to `visit`; a data set has none. */
ph_status ph_hdf5_links(ph_hdf5 *file, uint64_t header, ph_hdf5_link *visit, void *context, ph_error *e);

/* ---- trees ---- */

/* The kinds of the trees that links and chunks are found by. */
enum { PH_HDF5_GROUP_TREE = 0, PH_HDF5_CHUNK_TREE = 1 };

/* The beginning of a tree's node: what follows are *count entries. The root of a tree, for which `level` is
   -1, says how high it is; a node below it must be of the level that it is looked for. `what` is for errors.
 */
ph_status ph_hdf5_tree_node(ph_hdf5 *file, ph_cursor *c, uint64_t address, int type, int *level,
                            uint64_t *count, const char *what, ph_error *e);

/* ---- types and shapes ---- */

enum { PH_HDF5_FIXED = 0, PH_HDF5_FLOAT = 1, PH_HDF5_TEXT = 3, PH_HDF5_OPAQUE = 5, PH_HDF5_VARIABLE = 9 };

typedef struct ph_hdf5_datatype {
  int class;
  unsigned flags;
  uint64_t size; /* bytes of an element */
} ph_hdf5_datatype;

/* The beginning of a datatype message, which has all that is needed. */
ph_hdf5_datatype ph_hdf5_read_datatype(ph_cursor *body);

/* A dataspace message; false where it is none or has too many dimensions. Lengths may be 0. */
bool ph_hdf5_read_dataspace(ph_cursor *body, ph_shape *shape);

/* The elements of a shape; false where they are more than 2^44. */
bool ph_hdf5_elements(ph_shape shape, uint64_t *count);

/* ---- chunks ---- */

enum { PH_HDF5_MOST_FILTERS = 4, PH_HDF5_DEFLATE = 1, PH_HDF5_SHUFFLE = 2 };

/* A data set in chunks: boxes of equal shape, found by a tree, each put through the filters in their order.
 */
typedef struct ph_hdf5_chunks {
  ph_shape shape, chunk;
  ph_element element;
  uint64_t tree;
  int filters[PH_HDF5_MOST_FILTERS], filter_count;
} ph_hdf5_chunks;

/* Fills the data of a tensor of that shape, which is zero where there is no chunk. */
ph_status ph_hdf5_read_chunks(ph_hdf5 *file, const ph_hdf5_chunks *chunks, float *data, ph_error *e);

#endif
