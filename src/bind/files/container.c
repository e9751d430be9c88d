/* SPDX-License-Identifier: MIT */
/* Files that hold other things in Lua: HDF5 files, zip archives, and numbers in plain bytes; see
   lua/phosphene/meta/container.lua. */
#include <string.h>

#include "base/memory.h"
#include "bind/bind.h"
#include "files/container/elements.h"
#include "files/container/hdf5.h"
#include "files/container/zip.h"

static const phb_type hdf5_type, zip_type, bytes_type, texts_type;

/* ---- HDF5 ---- */

/* file:names() -> list of the paths of its groups and data sets, the root's "" first */
static int hdf5_names(lua_State *L) {
  const ph_hdf5 *file = phb_check(L, 1, &hdf5_type);
  int count = ph_hdf5_count(file);
  lua_createtable(L, count, 0);
  for (int i = 0; i < count; i++) {
    lua_pushstring(L, ph_hdf5_name(file, i));
    lua_rawseti(L, -2, i + 1);
  }
  return 1;
}

/* The index of the object whose path is argument i; -1 where there is none. */
static int find_object(lua_State *L, int i, const ph_hdf5 *file) {
  const char *name = phb_check_text(L, i);
  for (int n = 0; n < ph_hdf5_count(file); n++)
    if (strcmp(ph_hdf5_name(file, n), name) == 0) return n;
  return -1;
}

/* file:texts(path, attribute) -> list of texts | nil [, message] */
static int hdf5_texts(lua_State *L) {
  ph_error e;
  ph_hdf5_texts texts;
  ph_hdf5 *file = phb_check(L, 1, &hdf5_type);
  int i = find_object(L, 2, file);
  const char *attribute = phb_check_text(L, 3);
  void **box = phb_box(L, &texts_type);
  if (i < 0) return 0;
  if (ph_hdf5_attribute(file, i, attribute, &texts, &e) != PH_OK) return phb_fail(L, &e);
  *box = texts.list;
  if (!texts.found) return 0;
  lua_createtable(L, texts.count, 0);
  for (int n = 0; n < texts.count; n++) {
    lua_pushlstring(L, texts.list[n].data, texts.list[n].size);
    lua_rawseti(L, -2, n + 1);
  }
  return 1;
}

/* file:tensor(path) -> tensor | nil, message */
static int hdf5_tensor(lua_State *L) {
  ph_error e;
  ph_tensor *tensor;
  ph_hdf5 *file = phb_check(L, 1, &hdf5_type);
  int i = find_object(L, 2, file);
  luaL_argcheck(L, i >= 0, 2, "it has no such data set");
  void **box = phb_box(L, &phb_tensor);
  if (ph_hdf5_tensor(file, i, &tensor, &e) != PH_OK) return phb_fail(L, &e);
  *box = tensor;
  phb_pace(L);
  return 1;
}

/* Bytes from a file become an HDF5 file, boxed. */
static int push_hdf5(lua_State *L, void **box, const char *path, ph_bytes bytes) {
  ph_error e;
  ph_hdf5 *file;
  if (ph_hdf5_open(path, bytes, &file, &e) != PH_OK) return phb_fail(L, &e);
  *box = file;
  phb_pace(L);
  return 1;
}

/* core.open_hdf5(path) -> file | nil, message */
static int open_hdf5(lua_State *L) {
  ph_error e;
  ph_bytes bytes;
  const char *path = phb_check_text(L, 1);
  void **box = phb_box(L, &hdf5_type);
  if (ph_bytes_open(path, &bytes, &e) != PH_OK) return phb_fail(L, &e);
  return push_hdf5(L, box, path, bytes);
}

/* ---- zip ---- */

/* core.open_zip(path) -> archive | nil, message */
static int open_zip(lua_State *L) {
  ph_error e;
  ph_zip *zip;
  const char *path = phb_check_text(L, 1);
  void **box = phb_box(L, &zip_type);
  if (ph_zip_open(path, &zip, &e) != PH_OK) return phb_fail(L, &e);
  *box = zip;
  return 1;
}

/* archive:names() -> list of its entries */
static int zip_names(lua_State *L) {
  const ph_zip *zip = phb_check(L, 1, &zip_type);
  int count = ph_zip_count(zip);
  lua_createtable(L, count, 0);
  for (int i = 0; i < count; i++) {
    lua_pushstring(L, ph_zip_name(zip, i));
    lua_rawseti(L, -2, i + 1);
  }
  return 1;
}

/* Reads the entry that argument 2 names. */
static ph_status read_entry(lua_State *L, ph_bytes *bytes, ph_error *e) {
  ph_zip *zip = phb_check(L, 1, &zip_type);
  const char *name = phb_check_text(L, 2);
  for (int i = 0; i < ph_zip_count(zip); i++)
    if (strcmp(ph_zip_name(zip, i), name) == 0) return ph_zip_read(zip, i, bytes, e);
  return ph_fail(e, PH_FAILURE, "'%s' has no '%.80s' in it", ph_zip_path(zip), name);
}

static void release_bytes(void *object) {
  ph_bytes_clear(object);
  ph_free(object);
}

/* archive:text(name) -> the entry's bytes | nil, message */
static int zip_text(lua_State *L) {
  ph_error e;
  void **box = phb_box(L, &bytes_type);
  ph_bytes *bytes = *box = ph_alloc(sizeof *bytes);
  if (bytes == NULL) {
    ph_no_memory(&e);
    return phb_fail(L, &e);
  }
  if (read_entry(L, bytes, &e) != PH_OK) return phb_fail(L, &e);
  lua_pushlstring(L, (const char *)bytes->data, bytes->size);
  return 1;
}

/* archive:hdf5(name) -> file | nil, message: an entry that is an HDF5 file */
static int zip_hdf5(lua_State *L) {
  ph_error e;
  ph_bytes bytes;
  void **box = phb_box(L, &hdf5_type);
  if (read_entry(L, &bytes, &e) != PH_OK) return phb_fail(L, &e);
  return push_hdf5(L, box, ph_zip_path(phb_check(L, 1, &zip_type)), bytes);
}

/* ---- numbers ---- */

/* core.parse_numbers(bytes, offset, type, shape) -> tensor; nil where the bytes are fewer */
static int parse_numbers(lua_State *L) {
  static const char *const types[] = {"float32", "float16", "uint8", "uint16", "int32", "bool", NULL};
  static const ph_element elements[] = {
      {PH_FLOATING, 4, PH_FLOAT32},
      {PH_FLOATING, 2, PH_FLOAT16},
      {PH_UNSIGNED, 1, 0},
      {PH_UNSIGNED, 2, 0},
      {PH_SIGNED, 4, 0},
      {PH_UNSIGNED, 1, 0},
  };
  ph_error e;
  ph_tensor *tensor;
  size_t size;
  const char *bytes = phb_check_bytes(L, 1, &size);
  size_t offset = (size_t)phb_check_integer(L, 2, 0, (lua_Integer)size, "parse_numbers: offset");
  ph_element element = elements[phb_check_choice(L, 3, types, "parse_numbers: type")];
  ph_shape shape = phb_check_shape(L, 4);
  if (ph_shape_check(shape, "parse_numbers", &e) != PH_OK) return phb_raise(L, &e);
  int64_t count = ph_shape_count(shape);
  if ((uint64_t)count > (size - offset) / (size_t)element.size) return 0;
  void **box = phb_box(L, &phb_tensor);
  if (ph_tensor_new(shape, &tensor, &e) != PH_OK) return phb_fail(L, &e);
  *box = tensor;
  ph_elements_to_floats(ph_tensor_data(tensor), (const unsigned char *)bytes + offset, element, count);
  phb_pace(L);
  return 1;
}

/* ---- the module ---- */

static void release_hdf5(void *object) { ph_hdf5_free(object); }
static void release_zip(void *object) { ph_zip_free(object); }

static const phb_function no_methods[] = {{NULL, NULL, 0}};
static const phb_function hdf5_methods[] = {
    {"names", hdf5_names, 1}, {"texts", hdf5_texts, 3}, {"tensor", hdf5_tensor, 2}, {NULL, NULL, 0}};
static const phb_function zip_methods[] = {
    {"names", zip_names, 1}, {"text", zip_text, 2}, {"hdf5", zip_hdf5, 2}, {NULL, NULL, 0}};

static const phb_type hdf5_type = {"ph.hdf5", release_hdf5, hdf5_methods, NULL};
static const phb_type zip_type = {"ph.zip", release_zip, zip_methods, NULL};
static const phb_type bytes_type = {"ph.bytes", release_bytes, no_methods, NULL};
static const phb_type texts_type = {"ph.texts", ph_free, no_methods, NULL};

static const phb_function functions[] = {{"open_hdf5", open_hdf5, 1},
                                         {"open_zip", open_zip, 1},
                                         {"parse_numbers", parse_numbers, 4},
                                         {NULL, NULL, 0}};

void phb_open_container(lua_State *L) {
  phb_register(L, &hdf5_type);
  phb_register(L, &zip_type);
  phb_register(L, &bytes_type);
  phb_register(L, &texts_type);
  phb_set_functions(L, functions);
}
