/* SPDX-License-Identifier: MIT */
/* Catalogues of pictures, their loaders, and photographs as networks take them, in Lua; see
   lua/phosphene/meta/dataset.lua. What a dataset is to recipes is lua/phosphene/data's. */
#include <string.h>

#include "base/threads.h"
#include "data/loader.h"
#include "bind.h"

static const phb_type catalogue_type, loader_type;

static void release_catalogue(void *object) { ph_catalogue_release(object); }
static void release_loader(void *object) { ph_loader_free(object); }

static ph_photograph check_photograph(lua_State *L, int i) {
  ph_error e;
  ph_photograph as;
  ph_setting settings[PHB_MAX_SETTINGS];
  int count = phb_check_settings(L, i, NULL, NULL, settings, PHB_MAX_SETTINGS);
  ph_fields_default(ph_photograph_fields, &as);
  if (ph_fields_apply(ph_photograph_fields, &as, settings, count, "photograph", &e) != PH_OK)
    phb_raise(L, &e);
  return as;
}

/* core.load_photograph(path, settings) -> tensor | nil, message */
static int load_photograph(lua_State *L) {
  ph_error e;
  ph_tensor *image;
  const char *path = phb_check_text(L, 1);
  const ph_photograph as = check_photograph(L, 2);
  void **box = phb_box(L, &phb_tensor);
  if (ph_photograph_load(path, &as, &image, &e) != PH_OK) return phb_fail(L, &e);
  *box = image;
  phb_pace(L);
  return 1;
}

/* ---- catalogues ---- */

static ph_catalogue *self(lua_State *L) { return phb_check(L, 1, &catalogue_type); }

/* core.catalogue(paths) -> catalogue | nil, message */
static int catalogue_new(lua_State *L) {
  ph_error e;
  ph_catalogue *catalogue;
  phb_check_type(L, 1, LUA_TTABLE);
  const lua_Integer count = (lua_Integer)lua_rawlen(L, 1);
  const char **paths = lua_newuserdatauv(L, sizeof *paths * (size_t)(count + 1), 0);
  for (lua_Integer i = 0; i < count; i++) {
    if (lua_rawgeti(L, 1, i + 1) != LUA_TSTRING) return phb_argument_error(L, 1, "a list of paths expected");
    size_t length;
    paths[i] = lua_tolstring(L, -1, &length); /* kept alive by the list */
    if (strlen(paths[i]) != length) return phb_argument_error(L, 1, "a path has a zero byte in it");
    lua_pop(L, 1);
  }
  void **box = phb_box(L, &catalogue_type);
  if (ph_catalogue_new(paths, count, &catalogue, &e) != PH_OK) return phb_fail(L, &e);
  *box = catalogue;
  return 1;
}

static int catalogue_count(lua_State *L) {
  lua_pushinteger(L, ph_catalogue_count(self(L)));
  return 1;
}

static int64_t check_item(lua_State *L, const ph_catalogue *catalogue) {
  return phb_check_integer(L, 2, 0, ph_catalogue_count(catalogue) - 1, "picture");
}

/* c:item(i) -> path, the end of it within the folder or archive, bytes, nanoseconds since 1970 */
static int catalogue_item(lua_State *L) {
  const ph_catalogue *catalogue = self(L);
  const ph_item *item = ph_catalogue_item(catalogue, check_item(L, catalogue));
  lua_pushstring(L, item->path);
  lua_pushstring(L, item->path + item->within);
  lua_pushinteger(L, (lua_Integer)item->size);
  lua_pushinteger(L, item->modified);
  return 4;
}

/* c:notes() -> a list of lines, how many there are in all */
static int catalogue_notes(lua_State *L) {
  const ph_catalogue *catalogue = self(L);
  const int64_t count = ph_catalogue_notes(catalogue);
  lua_newtable(L);
  for (int i = 0; i < count && i < PH_CATALOGUE_NOTES; i++) {
    lua_pushstring(L, ph_catalogue_note(catalogue, i));
    lua_rawseti(L, -2, i + 1);
  }
  lua_pushinteger(L, count);
  return 2;
}

/* c:load(i, settings) -> tensor | nil, message */
static int catalogue_load(lua_State *L) {
  ph_error e;
  ph_tensor *image;
  const ph_catalogue *catalogue = self(L);
  const int64_t i = check_item(L, catalogue);
  const ph_photograph as = check_photograph(L, 3);
  void **box = phb_box(L, &phb_tensor);
  if (ph_loader_load(catalogue, i, &as, &image, &e) != PH_OK) return phb_fail(L, &e);
  *box = image;
  phb_pace(L);
  return 1;
}

/* c:scan(items | nil, seed | nil, threads | nil, slots, settings) -> loader */
static int catalogue_scan(lua_State *L) {
  ph_error e;
  ph_loader *loader;
  ph_loader_settings settings = {.threads = ph_cores()};
  lua_settop(L, 6);
  ph_catalogue *catalogue = self(L);
  settings.is_shuffled = !lua_isnil(L, 3);
  settings.seed = settings.is_shuffled ? (uint64_t)luaL_checkinteger(L, 3) : 0;
  if (!lua_isnil(L, 4)) settings.threads = (int)phb_check_integer(L, 4, 1, 256, "threads");
  settings.slots = settings.threads + (int)phb_check_integer(L, 5, 0, 1 << 16, "slots");
  settings.as = check_photograph(L, 6);
  settings.count = ph_catalogue_count(catalogue);
  if (!lua_isnil(L, 2))
    settings.items = phb_check_integers(L, 2, 0, settings.count - 1, "item", &settings.count);
  void **box = phb_box(L, &loader_type);
  if (ph_loader_new(catalogue, &settings, &loader, &e) != PH_OK) return phb_raise(L, &e);
  *box = loader;
  return 1;
}

static const phb_function catalogue_methods[] = {{"count", catalogue_count, 1}, {"item", catalogue_item, 2},
                                                 {"notes", catalogue_notes, 1}, {"load", catalogue_load, 3},
                                                 {"scan", catalogue_scan, 6},   {NULL, NULL, 0}};

static const phb_type catalogue_type = {"ph.catalogue", release_catalogue, catalogue_methods, NULL};

/* ---- loaders ---- */

/* l:next(images, n) -> place, with the picture as image n | place, message | nil */
static int loader_next(lua_State *L) {
  ph_error e, reason;
  int64_t place;
  const ph_tensor *image;
  ph_loader *loader = phb_check(L, 1, &loader_type);
  ph_tensor *images = phb_check(L, 2, &phb_tensor);
  ph_shape shape = ph_tensor_shape(images);
  if (shape.rank != 4) return phb_argument_error(L, 2, "images (n, c, h, w) expected");
  const int64_t n = phb_check_integer(L, 3, 0, shape.dim[0] - 1, "image");
  if (ph_loader_next(loader, &place, &image, &reason, &e) != PH_OK) return phb_raise(L, &e);
  if (place < 0) return 0;
  lua_pushinteger(L, place);
  if (image == NULL) {
    lua_pushstring(L, reason.message);
    return 2;
  }
  shape.dim[0] = 1;
  if (ph_tensor_expect(image, shape, "picture", &e) != PH_OK) return phb_raise(L, &e);
  const size_t count = (size_t)ph_shape_count(shape);
  memcpy(ph_tensor_data(images) + (size_t)n * count, ph_tensor_read(image), count * sizeof(float));
  return 1;
}

static const phb_function loader_methods[] = {{"next", loader_next, 3}, {NULL, NULL, 0}};

static const phb_type loader_type = {"ph.loader", release_loader, loader_methods, NULL};

static const phb_function functions[] = {
    {"catalogue", catalogue_new, 1}, {"load_photograph", load_photograph, 2}, {NULL, NULL, 0}};

void phb_open_dataset(lua_State *L) {
  phb_register(L, &catalogue_type);
  phb_register(L, &loader_type);
  phb_set_functions(L, functions);
}
