/* SPDX-License-Identifier: MIT */
/* Pictures and captions in Lua; see lua/phosphene/meta/image.lua. */
#include "files/image.h"

#include <stdlib.h>

#include "colour/colour.h"
#include "files/caption.h"
#include "bind/bind.h"
#include "metadata.h"

static int push_true(lua_State *L) {
  lua_pushboolean(L, 1);
  return 1;
}

/* core.load_image(path [, { size, width, height }]) -> tensor | nil, message */
static int image_load(lua_State *L) {
  ph_error e;
  ph_tensor *image;
  ph_image_size size = {0};
  ph_setting settings[PHB_MAX_SETTINGS];
  const char *path = phb_check_text(L, 1);
  int count = phb_check_settings(L, 2, NULL, NULL, settings, PHB_MAX_SETTINGS);
  ph_fields_default(ph_image_fields, &size);
  if (ph_fields_apply(ph_image_fields, &size, settings, count, "load_image", &e) != PH_OK)
    return phb_raise(L, &e);
  void **box = phb_box(L, &phb_tensor);
  if (ph_image_load(path, &size, &image, &e) != PH_OK) return phb_fail(L, &e);
  *box = image;
  phb_pace(L);
  return 1;
}

/* core.save_image(tensor, path [, metadata]) -> true | nil, message */
static int image_save(lua_State *L) {
  ph_error e;
  const ph_tensor *image = phb_check(L, 1, &phb_tensor);
  const char *path = phb_check_text(L, 2);
  const ph_metadata *metadata = phb_check_metadata(L, 3);
  if (ph_image_save(image, path, metadata, &e) != PH_OK) return phb_fail(L, &e);
  return push_true(L);
}

/* core.read_metadata(path) -> table | nil, message */
static int image_metadata(lua_State *L) {
  ph_error e;
  ph_metadata *metadata;
  const char *path = phb_check_text(L, 1);
  void **box = phb_metadata_box(L);
  if (ph_image_metadata(path, &metadata, &e) != PH_OK) return phb_fail(L, &e);
  *box = metadata;
  phb_push_metadata(L, metadata);
  return 1;
}

/* core.resize_image(tensor, h, w) -> tensor */
static int image_resize(lua_State *L) {
  ph_error e;
  ph_tensor *result;
  const ph_tensor *image = phb_check(L, 1, &phb_tensor);
  lua_Integer h = phb_check_integer(L, 2, 1, PH_IMAGE_MOST_SIDE, "height");
  lua_Integer w = phb_check_integer(L, 3, 1, PH_IMAGE_MOST_SIDE, "width");
  void **box = phb_box(L, &phb_tensor);
  if (ph_image_resize(image, h, w, &result, &e) != PH_OK) return phb_raise(L, &e);
  *box = result;
  phb_pace(L);
  return 1;
}

/* core.luminance(images) -> (n, 1, h, w) */
static int image_luminance(lua_State *L) {
  ph_error e;
  ph_tensor *grey;
  const ph_tensor *images = phb_check(L, 1, &phb_tensor);
  const ph_shape shape = ph_tensor_shape(images);
  if (shape.rank != 4 || shape.dim[1] != 3) return phb_argument_error(L, 1, "images (n, 3, h, w) expected");
  void **box = phb_box(L, &phb_tensor);
  if (ph_tensor_new(ph_shape4(shape.dim[0], 1, shape.dim[2], shape.dim[3]), &grey, &e) != PH_OK)
    return phb_raise(L, &e);
  *box = grey;
  ph_luminance(shape, ph_tensor_read(images), ph_tensor_data(grey));
  phb_pace(L);
  return 1;
}

/* ---- captions ---- */

static void release_font(void *object) { ph_font_free(object); }

static const phb_function no_methods[] = {{NULL, NULL, 0}};
static const phb_type font_type = {"ph.font", release_font, no_methods, NULL};

static const char *font_path(void) {
  const char *path = getenv("PHOSPHENE_FONT");
  return path != NULL ? path : PH_FONT_DEFAULT;
}

/* core.font_path() -> that of the font of captions, which may not be there */
static int text_font_path(lua_State *L) {
  lua_pushstring(L, font_path());
  return 1;
}

/* The font, loaded when first needed and then kept in the registry. A missing font is no fault of the recipe,
   but it raises all the same: callers do not check whether a caption was drawn. */
static const ph_font *font_of(lua_State *L) {
  static const char key = 'f';
  ph_error e;
  ph_font *font;
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &key) == LUA_TUSERDATA) {
    font = phb_check(L, -1, &font_type);
  } else {
    void **box = phb_box(L, &font_type);
    if (ph_font_load(font_path(), &font, &e) != PH_OK)
      luaL_error(L, "%s (captions need a font: install fonts-dejavu-core, or set PHOSPHENE_FONT)", e.message);
    *box = font;
    lua_rawsetp(L, LUA_REGISTRYINDEX, &key);
  }
  lua_pop(L, 1);
  return font;
}

/* core.draw_text(tensor, x, y, text [, { size, colour }]) -> tensor */
static int text_draw(lua_State *L) {
  ph_error e;
  ph_text_style style;
  ph_setting settings[PHB_MAX_SETTINGS];
  ph_tensor *images = phb_check(L, 1, &phb_tensor);
  double x = phb_check_number(L, 2), y = phb_check_number(L, 3);
  const char *text = phb_check_text(L, 4);
  int count = phb_check_settings(L, 5, NULL, NULL, settings, PHB_MAX_SETTINGS);
  ph_fields_default(ph_text_fields, &style);
  if (ph_fields_apply(ph_text_fields, &style, settings, count, "draw_text", &e) != PH_OK)
    return phb_raise(L, &e);
  if (ph_text_draw(font_of(L), images, x, y, text, &style, &e) != PH_OK) return phb_raise(L, &e);
  lua_settop(L, 1);
  return 1;
}

/* core.text_size(text, size) -> width, height */
static int text_size(lua_State *L) {
  ph_error e;
  int64_t width, height;
  const char *text = phb_check_text(L, 1);
  double size = phb_check_number(L, 2);
  if (ph_text_measure(font_of(L), text, size, &width, &height, &e) != PH_OK) return phb_raise(L, &e);
  lua_pushinteger(L, width);
  lua_pushinteger(L, height);
  return 2;
}

static const phb_function functions[] = {{"load_image", image_load, 2},
                                         {"save_image", image_save, 3},
                                         {"read_metadata", image_metadata, 1},
                                         {"resize_image", image_resize, 3},
                                         {"luminance", image_luminance, 1},
                                         {"draw_text", text_draw, 5},
                                         {"text_size", text_size, 2},
                                         {"font_path", text_font_path, 0},
                                         {NULL, NULL, 0}};

void phb_open_image(lua_State *L) {
  phb_register_metadata(L);
  phb_register(L, &font_type);
  phb_set_functions(L, functions);
}
