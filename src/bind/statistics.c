/* SPDX-License-Identifier: MIT */
/* Statistics of photographs in Lua: the numeric part; lua/phosphene/picture/statistics.lua has the rest. */
#include "colour/statistics.h"

#include "bind.h"

static void release(void *object) { ph_photo_statistics_free(object); }

static const phb_type phb_statistics;

static ph_photo_statistics *self(lua_State *L) { return phb_check(L, 1, &phb_statistics); }

static void check_numbers(lua_State *L, int i, double *numbers, int count) {
  phb_check_type(L, i, LUA_TTABLE);
  if ((int)lua_rawlen(L, i) != count)
    phb_argument_error(L, i, lua_pushfstring(L, "a list of %d numbers expected", count));
  for (int k = 0; k < count; k++) {
    if (lua_rawgeti(L, i, k + 1) != LUA_TNUMBER)
      phb_argument_error(L, i, lua_pushfstring(L, "element %d is not a number", k + 1));
    numbers[k] = lua_tonumber(L, -1);
    lua_pop(L, 1);
  }
}

static void push_numbers(lua_State *L, const double *numbers, int count) {
  lua_createtable(L, count, 0);
  for (int k = 0; k < count; k++) {
    lua_pushnumber(L, numbers[k]);
    lua_rawseti(L, -2, k + 1);
  }
}

/* core.statistics(height, width [, matrix]) */
static int statistics_new(lua_State *L) {
  ph_error e;
  double matrix[9];
  ph_photo_statistics *statistics;
  lua_Integer h = phb_check_integer(L, 1, 1, 16384, "height"), w = phb_check_integer(L, 2, 1, 16384, "width");
  const bool own = !lua_isnoneornil(L, 3);
  if (own) check_numbers(L, 3, matrix, 9);
  void **box = phb_box(L, &phb_statistics);
  if (ph_photo_statistics_new(h, w, own ? matrix : NULL, &statistics, &e) != PH_OK) return phb_raise(L, &e);
  *box = statistics;
  phb_pace(L);
  return 1;
}

/* s:add(images) -> s, or nil and a message */
static int statistics_add(lua_State *L) {
  ph_error e;
  ph_photo_statistics *statistics = self(L);
  const ph_tensor *images = phb_check(L, 2, &phb_tensor);
  if (ph_photo_statistics_add(statistics, images, &e) != PH_OK) return phb_fail(L, &e);
  lua_settop(L, 1);
  return 1;
}

static int statistics_count(lua_State *L) {
  lua_pushinteger(L, ph_photo_statistics_count(self(L)));
  return 1;
}

/* s:colours() -> mean, covariance */
static int statistics_colours(lua_State *L) {
  ph_error e;
  double mean[3], covariance[9];
  if (ph_photo_statistics_colours(self(L), mean, covariance, &e) != PH_OK) return phb_raise(L, &e);
  push_numbers(L, mean, 3);
  push_numbers(L, covariance, 9);
  return 2;
}

static int statistics_spectrum(lua_State *L) {
  ph_error e;
  const ph_photo_statistics *statistics = self(L);
  ph_tensor *spectrum;
  void **box = phb_box(L, &phb_tensor);
  if (ph_photo_statistics_spectrum(statistics, &spectrum, &e) != PH_OK) return phb_raise(L, &e);
  *box = spectrum;
  return 1;
}

/* core.colour_factor(covariance) -> matrix, or nil and a message */
static int colour_factor(lua_State *L) {
  ph_error e;
  double covariance[9], matrix[9];
  check_numbers(L, 1, covariance, 9);
  if (ph_colour_factor(covariance, matrix, &e) != PH_OK) return phb_fail(L, &e);
  push_numbers(L, matrix, 9);
  return 1;
}

static const phb_function methods[] = {{"add", statistics_add, 2},
                                       {"count", statistics_count, 1},
                                       {"colours", statistics_colours, 1},
                                       {"spectrum", statistics_spectrum, 1},
                                       {NULL, NULL, 0}};

static const phb_type phb_statistics = {"ph.photo_statistics", release, methods, NULL};

static const phb_function functions[] = {
    {"statistics", statistics_new, 3}, {"colour_factor", colour_factor, 1}, {NULL, NULL, 0}};

void phb_open_statistics(lua_State *L) {
  phb_register(L, &phb_statistics);
  phb_set_functions(L, functions);
}
