/* SPDX-License-Identifier: MIT */
/* Transforms and pipelines in Lua; see lua/phosphene/meta/transform.lua. */
#include "view/transform.h"

#include "bind.h"

/* ---- transforms ---- */

static void release_transform(void *object) { ph_transform_release(object); }

/* core.transform(type [, settings]) */
static int transform_new(lua_State *L) {
  ph_error e;
  ph_transform *transform;
  ph_setting settings[PHB_MAX_SETTINGS];
  const char *type = phb_check_text(L, 1);
  int count = phb_check_settings(L, 2, type, NULL, settings, PHB_MAX_SETTINGS);
  void **box = phb_box(L, &phb_transform);
  if (ph_transform_new(type, settings, count, &transform, &e) != PH_OK) return phb_raise(L, &e);
  *box = transform;
  return 1;
}

static int transform_tostring(lua_State *L) {
  void **box = phb_check_userdata(L, 1, phb_transform.name);
  char text[PH_TRANSFORM_TEXT];
  lua_pushstring(L, *box == NULL ? "transform (closed)" : ph_transform_print(*box, text));
  return 1;
}

static const phb_function transform_methods[] = {{NULL, NULL, 0}};

static const phb_function transform_metamethods[] = {{"__tostring", transform_tostring, -1}, {NULL, NULL, 0}};

const phb_type phb_transform = {"ph.transform", release_transform, transform_methods, transform_metamethods};

/* ---- pipelines ---- */

static void free_pipeline(void *object) { ph_pipeline_free(object); }

static const phb_type phb_pipeline;

/* core.pipeline(transforms) */
static int pipeline_new(lua_State *L) {
  ph_error e;
  ph_pipeline *pipeline;
  phb_check_type(L, 1, LUA_TTABLE);
  int count = (int)lua_rawlen(L, 1);
  /* Userdata as scratch: an error while reading the list must not leak. The list keeps the transforms alive.
   */
  ph_transform **transforms = lua_newuserdatauv(L, sizeof *transforms * ((size_t)count + 1), 0);
  for (int i = 0; i < count; i++) {
    lua_rawgeti(L, 1, i + 1);
    transforms[i] = phb_test(L, lua_gettop(L), &phb_transform);
    if (transforms[i] == NULL)
      phb_argument_error(L, 1,
                         lua_pushfstring(L, "element %d is %s, not a transform", i + 1, phb_kind(L, -1)));
    lua_pop(L, 1);
  }
  void **box = phb_box(L, &phb_pipeline);
  if (ph_pipeline_new(transforms, count, &pipeline, &e) != PH_OK) return phb_raise(L, &e);
  *box = pipeline;
  return 1;
}

/* Fills the box on top of the stack with a tensor that the pipeline lends. */
static int give(lua_State *L, void **box, ph_tensor *lent) {
  *box = ph_tensor_retain(lent);
  phb_pace(L);
  return 1;
}

/* pipeline:forward(images, random) -> images */
static int pipeline_forward(lua_State *L) {
  ph_error e;
  ph_tensor *lent;
  ph_pipeline *pipeline = phb_check(L, 1, &phb_pipeline);
  ph_tensor *images = phb_check(L, 2, &phb_tensor);
  ph_random *random = phb_check(L, 3, &phb_random);
  void **box = phb_box(L, &phb_tensor);
  if (ph_pipeline_forward(pipeline, images, random, &lent, &e) != PH_OK) return phb_raise(L, &e);
  return give(L, box, lent);
}

/* pipeline:backward(gradient) -> gradient */
static int pipeline_backward(lua_State *L) {
  ph_error e;
  ph_tensor *lent;
  ph_pipeline *pipeline = phb_check(L, 1, &phb_pipeline);
  ph_tensor *gradient = phb_check(L, 2, &phb_tensor);
  void **box = phb_box(L, &phb_tensor);
  if (ph_pipeline_backward(pipeline, gradient, &lent, &e) != PH_OK) return phb_raise(L, &e);
  return give(L, box, lent);
}

/* The transforms in order, "none" where there are none. */
static int pipeline_tostring(lua_State *L) {
  void **box = phb_check_userdata(L, 1, phb_pipeline.name);
  char text[PH_TRANSFORM_TEXT];
  luaL_Buffer buffer;
  int count = *box == NULL ? 0 : ph_pipeline_count(*box);
  if (count == 0) {
    lua_pushstring(L, *box == NULL ? "pipeline (closed)" : "none");
    return 1;
  }
  luaL_buffinit(L, &buffer);
  for (int i = 0; i < count; i++) {
    if (i > 0) luaL_addstring(&buffer, ", ");
    luaL_addstring(&buffer, ph_transform_print(ph_pipeline_at(*box, i), text));
  }
  luaL_pushresult(&buffer);
  return 1;
}

static const phb_function pipeline_methods[] = {
    {"forward", pipeline_forward, 3}, {"backward", pipeline_backward, 2}, {NULL, NULL, 0}};

static const phb_function pipeline_metamethods[] = {{"__tostring", pipeline_tostring, -1}, {NULL, NULL, 0}};

static const phb_type phb_pipeline = {"ph.pipeline", free_pipeline, pipeline_methods, pipeline_metamethods};

static const phb_function functions[] = {
    {"transform", transform_new, 2}, {"pipeline", pipeline_new, 1}, {NULL, NULL, 0}};

void phb_open_transform(lua_State *L) {
  phb_register(L, &phb_transform);
  phb_register(L, &phb_pipeline);
  phb_set_functions(L, functions);
}
