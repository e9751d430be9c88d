/* SPDX-License-Identifier: MIT */
/* HDF5 files, as far as h5py writes them by default around a model's weights (The HDF Group, "HDF5 File
   Format Specification", version 3): superblocks 0, 2 and 3; groups as symbol tables or as a few links;
   attributes that are texts; data sets of numbers, in one piece or in chunks, deflated and shuffled or not.
   The format's own library reads far more, and hostile files have found much to break in it; so this reads
   what is needed, checks every place and length against the file, and counts its steps, so that no file keeps
   it busy for long. Knows nothing of networks. */
#ifndef PH_HDF5_H
#define PH_HDF5_H

#include "tensor/tensor.h"
#include "bytes.h"

typedef struct ph_hdf5 ph_hdf5;

/* A file, or one in a file, whose bytes it takes over in any case. `path` is for messages. Finds all groups
   and data sets. PH_FAILURE, in one line, for what is no HDF5 or uses more of it than is read here. */
ph_status ph_hdf5_open(const char *path, ph_bytes bytes, ph_hdf5 **file, ph_error *e);
void ph_hdf5_free(ph_hdf5 *file); /* NULL is allowed; its tensors live on */

/* Groups and data sets by their path from the root, which is "" and the first: "model_weights/conv". */
int ph_hdf5_count(const ph_hdf5 *file);
const char *ph_hdf5_name(const ph_hdf5 *file, int i);

/* The texts of an attribute, which lie in the file and do not end in zero. */
typedef struct ph_hdf5_texts {
  bool found;
  int count;
  struct ph_hdf5_text {
    const char *data;
    size_t size;
  } * list; /* a block for ph_free */
} ph_hdf5_texts;

/* The attribute of that name; not found where object i has none, or it holds no texts. A list without
   elements may be of any type. */
ph_status ph_hdf5_attribute(ph_hdf5 *file, int i, const char *name, ph_hdf5_texts *texts, ph_error *e);

/* The numbers of data set i, one reference of which becomes the caller's. float32 that lie in one piece are
   used where they are, mapped; others are converted. */
ph_status ph_hdf5_tensor(ph_hdf5 *file, int i, ph_tensor **tensor, ph_error *e);

#endif
