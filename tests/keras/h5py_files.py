# SPDX-License-Identifier: MIT
# Writes HDF5 files with h5py, as Keras does, into the folder that is named: for tests, where h5py is installed.
import sys

import h5py
import numpy as np

folder = sys.argv[1]
numbers = (np.arange(7 * 5 * 11, dtype="f4") * 0.25).reshape(7, 5, 11)

with h5py.File(folder + "/h5py.h5", "w") as file:
    file.attrs["model_config"] = ('"' + "x" * 100000 + '"').encode("utf8")
    group = file.create_group("model_weights")
    group.attrs["layer_names"] = [b"first", b"second_layer"]
    group.attrs["none"] = []
    for i in range(100):
        file["many/group%d/x" % i] = np.array([i], "f4")
    file["plain"] = numbers
    file.create_dataset("chunked", data=numbers, chunks=(1, 2, 1))
    file.create_dataset("deflated", data=numbers, compression="gzip")
    file.create_dataset("shuffled", data=numbers, chunks=(3, 5, 4), compression="gzip", shuffle=True)
    for name in "float16", "float64", "int8", "int64", "uint16":
        file[name] = np.arange(4).astype(name)
    file["bfloat16"] = np.array([0x3F80, 0x4000], "u2").view("V2")

with h5py.File(folder + "/newer.h5", "w", libver="latest") as file:
    file["a/b/c"] = np.array([7], "f4")

with h5py.File(folder + "/ordered.h5", "w", track_order=True) as file:
    for i in range(20):
        file["member%d" % i] = np.array([i], "f4")
