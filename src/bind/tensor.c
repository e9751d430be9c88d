/* SPDX-License-Identifier: MIT */
/* Tensors in Lua. Coordinates count from 0 and there is no t[i]; see lua/phosphene/meta/tensor.lua. */
#include "tensor/tensor.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/fingerprint.h"
#include "bind.h"

static void release(void *object) { ph_tensor_release(object); }

static ph_tensor *self(lua_State *L) { return phb_check(L, 1, &phb_tensor); }

int phb_push_tensor(lua_State *L, ph_tensor *tensor) {
  *phb_box(L, &phb_tensor) = tensor;
  phb_pace(L);
  return 1;
}

/* Fills from a flat list of numbers at index i. */
static void fill_from_list(lua_State *L, int i, ph_tensor *tensor) {
  int64_t count = ph_tensor_count(tensor);
  float *data = ph_tensor_data(tensor);
  if ((int64_t)lua_rawlen(L, i) != count)
    luaL_error(L, "%d values given for a tensor of %I elements", (int)lua_rawlen(L, i), (LUAI_UACINT)count);
  for (int64_t j = 0; j < count; j++) {
    if (lua_rawgeti(L, i, j + 1) != LUA_TNUMBER)
      luaL_error(L, "value %I is not a number", (LUAI_UACINT)(j + 1));
    data[j] = (float)lua_tonumber(L, -1);
    lua_pop(L, 1);
  }
}

/* core.tensor(shape [, value | values]) */
static int tensor_new(lua_State *L) {
  ph_error e;
  ph_tensor *tensor;
  ph_shape shape = phb_check_shape(L, 1);
  lua_settop(L, 2); /* so that the box is not a value */
  void **box = phb_box(L, &phb_tensor);
  if (ph_tensor_new(shape, &tensor, &e) != PH_OK) return phb_raise(L, &e);
  *box = tensor;
  if (lua_istable(L, 2))
    fill_from_list(L, 2, tensor);
  else if (!lua_isnoneornil(L, 2))
    ph_tensor_fill(tensor, (float)phb_check_number(L, 2));
  phb_pace(L);
  return 1;
}

static int tensor_shape(lua_State *L) {
  ph_shape shape = ph_tensor_shape(self(L));
  lua_createtable(L, shape.rank, 0);
  for (int i = 0; i < shape.rank; i++) {
    lua_pushinteger(L, shape.dim[i]);
    lua_rawseti(L, -2, i + 1);
  }
  return 1;
}

static int tensor_count(lua_State *L) {
  lua_pushinteger(L, ph_tensor_count(self(L)));
  return 1;
}

/* The element that arguments 2 … name, one coordinate a dimension; `more` arguments follow. */
static float *element(lua_State *L, ph_tensor *tensor, int more) {
  ph_shape shape = ph_tensor_shape(tensor);
  int64_t at = 0;
  if (lua_gettop(L) != 1 + shape.rank + more)
    luaL_error(L, "%s: a coordinate for each of %d axes%s expected, got %d arguments",
               more > 0 ? "set" : "at", shape.rank, more > 0 ? " and a value" : "", lua_gettop(L) - 1);
  for (int d = 0; d < shape.rank; d++)
    at = at * shape.dim[d] + phb_check_integer(L, d + 2, 0, shape.dim[d] - 1, "coordinate");
  return ph_tensor_data(tensor) + at;
}

static int tensor_at(lua_State *L) {
  lua_pushnumber(L, (lua_Number)*element(L, self(L), 0));
  return 1;
}

/* t:set(n, c, y, x, value) */
static int tensor_set(lua_State *L) {
  ph_tensor *tensor = self(L);
  float *place = element(L, tensor, 1);
  *place = (float)phb_check_number(L, 2 + ph_tensor_shape(tensor).rank);
  lua_settop(L, 1);
  return 1;
}

/* A new tensor of one shape's worth, boxed and on the stack. */
static ph_tensor *push_new(lua_State *L, ph_shape shape) {
  ph_error e;
  ph_tensor *tensor;
  void **box = phb_box(L, &phb_tensor);
  if (ph_tensor_new(shape, &tensor, &e) != PH_OK) phb_raise(L, &e);
  *box = tensor;
  phb_pace(L);
  return tensor;
}

static int tensor_clone(lua_State *L) {
  ph_tensor *tensor = self(L);
  ph_tensor_copy(push_new(L, ph_tensor_shape(tensor)), tensor);
  return 1;
}

/* t:image(n): image n of a batch, copied, with n = 1. */
static int tensor_image(lua_State *L) {
  ph_tensor *tensor = self(L);
  ph_shape shape = ph_tensor_shape(tensor);
  if (shape.rank < 1) phb_argument_error(L, 1, "a scalar has no images");
  lua_Integer n = phb_check_integer(L, 2, 0, shape.dim[0] - 1, "image");
  shape.dim[0] = 1;
  int64_t count = ph_shape_count(shape);
  float *data = ph_tensor_data(push_new(L, shape));
  const float *source = ph_tensor_read(tensor) + n * count;
  for (int64_t i = 0; i < count; i++) data[i] = source[i];
  return 1;
}

/* A dimension of -1 becomes what the others leave of `count` elements; without one, or where they leave no
   whole number, the shape stays as it is. */
static void infer_dimension(ph_shape *shape, int64_t count) {
  int inferred = -1;
  int64_t others = 1;
  for (int d = 0; d < shape->rank; d++) {
    if (shape->dim[d] == -1 && inferred < 0)
      inferred = d;
    else if (shape->dim[d] < 1 || shape->dim[d] > count / others)
      return;
    else
      others *= shape->dim[d];
  }
  if (inferred >= 0 && count % others == 0) shape->dim[inferred] = count / others;
}

static int tensor_reshape(lua_State *L) {
  ph_tensor *tensor = self(L);
  ph_shape shape = phb_check_shape(L, 2);
  ph_error e;
  infer_dimension(&shape, ph_tensor_count(tensor));
  if (ph_shape_check(shape, "reshape", &e) != PH_OK) return phb_raise(L, &e);
  if (ph_shape_count(shape) != ph_tensor_count(tensor)) {
    char from[PH_SHAPE_TEXT], to[PH_SHAPE_TEXT];
    return luaL_error(L, "reshape: %s does not have as many elements as %s", ph_shape_print(shape, to),
                      ph_shape_print(ph_tensor_shape(tensor), from));
  }
  ph_tensor_copy(push_new(L, shape), tensor);
  return 1;
}

static int tensor_fill(lua_State *L) {
  ph_tensor_fill(self(L), (float)phb_check_number(L, 2));
  lua_settop(L, 1);
  return 1;
}

static int tensor_scale(lua_State *L) {
  ph_tensor_scale(self(L), (float)phb_check_number(L, 2));
  lua_settop(L, 1);
  return 1;
}

static ph_tensor *check_same_shape(lua_State *L, int i, ph_tensor *tensor) {
  ph_error e;
  ph_tensor *other = phb_check(L, i, &phb_tensor);
  if (ph_tensor_expect(other, ph_tensor_shape(tensor), "second tensor", &e) != PH_OK) phb_raise(L, &e);
  return other;
}

/* t:add(other [, factor]) */
static int tensor_add(lua_State *L) {
  ph_tensor *tensor = self(L), *other = check_same_shape(L, 2, tensor);
  double factor = lua_isnoneornil(L, 3) ? 1.0 : phb_check_number(L, 3);
  ph_tensor_add_scaled(tensor, (float)factor, other);
  lua_settop(L, 1);
  return 1;
}

static int tensor_multiply(lua_State *L) {
  ph_tensor *tensor = self(L);
  ph_tensor_multiply(tensor, check_same_shape(L, 2, tensor));
  lua_settop(L, 1);
  return 1;
}

/* t:paste(source, y, x): lays the source into t, its corner at (y, x); what falls outside is left out */
static int tensor_paste(lua_State *L) {
  const lua_Integer far = 1 << 30;
  ph_error e;
  ph_tensor *tensor = self(L), *source = phb_check(L, 2, &phb_tensor);
  lua_Integer y = phb_check_integer(L, 3, -far, far, "y"), x = phb_check_integer(L, 4, -far, far, "x");
  if (source == tensor) return phb_argument_error(L, 2, "a tensor cannot be pasted into itself");
  if (ph_tensor_paste(tensor, source, y, x, &e) != PH_OK) return phb_raise(L, &e);
  lua_settop(L, 1);
  return 1;
}

static int tensor_dot(lua_State *L) {
  ph_tensor *tensor = self(L);
  lua_pushnumber(L, ph_tensor_dot(tensor, check_same_shape(L, 2, tensor)));
  return 1;
}

static int tensor_sum(lua_State *L) {
  lua_pushnumber(L, ph_tensor_sum(self(L)));
  return 1;
}

/* t:statistics() -> { mean, deviation, least, most, not_finite } */
static int tensor_statistics(lua_State *L) {
  ph_statistics s = ph_tensor_statistics(self(L));
  lua_createtable(L, 0, 5);
  const char *names[] = {"mean", "deviation", "least", "most"};
  const double values[] = {s.mean, s.deviation, s.least, s.most};
  for (int i = 0; i < 4; i++) {
    lua_pushnumber(L, values[i]);
    lua_setfield(L, -2, names[i]);
  }
  lua_pushinteger(L, s.not_finite);
  lua_setfield(L, -2, "not_finite");
  return 1;
}

/* t:fingerprint() -> 16 hexadecimal digits */
static int tensor_fingerprint(lua_State *L) {
  char text[17];
  const ph_tensor *tensor = self(L);
  const ph_shape shape = ph_tensor_shape(tensor);
  const uint64_t print = ph_fingerprint(0, shape.dim, (size_t)shape.rank * sizeof *shape.dim);
  snprintf(text, sizeof text, "%016" PRIx64,
           ph_fingerprint(print, ph_tensor_read(tensor), (size_t)ph_tensor_count(tensor) * sizeof(float)));
  lua_pushstring(L, text);
  return 1;
}

/* t:values(): a flat list, for tests and small tensors. */
static int tensor_values(lua_State *L) {
  ph_tensor *tensor = self(L);
  int64_t count = ph_tensor_count(tensor);
  const float *data = ph_tensor_read(tensor);
  lua_createtable(L, count < 1 << 24 ? (int)count : 1 << 24, 0);
  for (int64_t i = 0; i < count; i++) {
    lua_pushnumber(L, (lua_Number)data[i]);
    lua_rawseti(L, -2, i + 1);
  }
  return 1;
}

/* Up to this many elements are printed; of more, only their statistics. */
enum { MOST_PRINTED = 16 };

/* " {{1, 2, 3}, {4, 5, 6}}" */
static void add_elements(luaL_Buffer *text, const ph_tensor *tensor) {
  ph_shape shape = ph_tensor_shape(tensor);
  const float *data = ph_tensor_read(tensor);
  int64_t count = ph_tensor_count(tensor);
  luaL_addstring(text, shape.rank > 0 ? " " : "");
  for (int64_t i = 0; i < count; i++) {
    char number[32];
    int64_t block = 1;
    int opening = 0, closing = 0; /* axes that begin before this element, and that end after it */
    for (int d = shape.rank - 1; d >= 0; d--) {
      block *= shape.dim[d];
      opening += i % block == 0;
      closing += (i + 1) % block == 0;
    }
    while (opening-- > 0) luaL_addchar(text, '{');
    snprintf(number, sizeof number, "%.6g", (double)data[i]);
    luaL_addstring(text, number);
    while (closing-- > 0) luaL_addchar(text, '}');
    if (i + 1 < count) luaL_addstring(text, ", ");
  }
}

static int print_elements(lua_State *L, const ph_tensor *tensor) {
  luaL_Buffer text;
  char shape[PH_SHAPE_TEXT];
  luaL_buffinit(L, &text);
  luaL_addstring(&text, "tensor ");
  luaL_addstring(&text, ph_shape_print(ph_tensor_shape(tensor), shape));
  add_elements(&text, tensor);
  luaL_pushresult(&text);
  return 1;
}

static int tensor_tostring(lua_State *L) {
  void **box = phb_check_userdata(L, 1, phb_tensor.name);
  char shape[PH_SHAPE_TEXT], numbers[128];
  if (*box == NULL) {
    lua_pushliteral(L, "tensor (closed)");
    return 1;
  }
  if (ph_tensor_count(*box) <= MOST_PRINTED) return print_elements(L, *box);
  ph_statistics s = ph_tensor_statistics(*box);
  snprintf(numbers, sizeof numbers, "mean %.4g, deviation %.4g, range %.4g..%.4g", s.mean, s.deviation,
           s.least, s.most);
  lua_pushfstring(L, "tensor %s, %s", ph_shape_print(ph_tensor_shape(*box), shape), numbers);
  if (s.not_finite > 0) {
    lua_pushfstring(L, ", %I not finite", (LUAI_UACINT)s.not_finite);
    lua_concat(L, 2);
  }
  return 1;
}

static const phb_function methods[] = {{"shape", tensor_shape, 1},
                                       {"count", tensor_count, 1},
                                       {"at", tensor_at, -1},
                                       {"set", tensor_set, -1},
                                       {"clone", tensor_clone, 1},
                                       {"image", tensor_image, 2},
                                       {"reshape", tensor_reshape, 2},
                                       {"fill", tensor_fill, 2},
                                       {"scale", tensor_scale, 2},
                                       {"add", tensor_add, 3},
                                       {"multiply", tensor_multiply, 2},
                                       {"paste", tensor_paste, 4},
                                       {"dot", tensor_dot, 2},
                                       {"sum", tensor_sum, 1},
                                       {"statistics", tensor_statistics, 1},
                                       {"values", tensor_values, 1},
                                       {"fingerprint", tensor_fingerprint, 1},
                                       {NULL, NULL, 0}};

static const phb_function metamethods[] = {{"__tostring", tensor_tostring, -1}, {NULL, NULL, 0}};

const phb_type phb_tensor = {"ph.tensor", release, methods, metamethods};

static const phb_function functions[] = {{"tensor", tensor_new, 2}, {NULL, NULL, 0}};

void phb_open_tensor(lua_State *L) {
  phb_register(L, &phb_tensor);
  phb_open_tensor_math(L);
  phb_set_functions(L, functions);
}
