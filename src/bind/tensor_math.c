/* SPDX-License-Identifier: MIT */
/* Computing with tensors in Lua, beyond the elementary methods of tensor.c. See
 * lua/phosphene/meta/tensor.lua. */
#include "tensor/tensor_math.h"

#include <string.h>

#include "tensor/gram.h"
#include "bind.h"

/* Boxes what a call of the core made; `box` is on top of the stack. */
static int give(lua_State *L, void **box, ph_status status, ph_tensor *const *made, const ph_error *e) {
  if (status != PH_OK) return phb_raise(L, e);
  *box = *made;
  phb_pace(L);
  return 1;
}

/* The index of argument i among the names of operations. */
static int check_operation(lua_State *L, int i, const char *what, const char *const *names) {
  const char *name = phb_check_text(L, i);
  int count = 0;
  for (; names[count] != NULL; count++)
    if (strcmp(names[count], name) == 0) return count;
  const char *near = ph_nearest(name, names, count);
  return near == NULL ? luaL_error(L, "%s: no operation '%s'", what, name)
                      : luaL_error(L, "%s: no operation '%s'; did you mean '%s'?", what, name, near);
}

/* ---- elementwise ---- */

/* core.map(operation, x): of a tensor or a number */
static int math_map(lua_State *L) {
  ph_error e;
  ph_tensor *made = NULL;
  ph_function function = (ph_function)check_operation(L, 1, "map", ph_function_names);
  if (lua_type(L, 2) == LUA_TNUMBER) {
    lua_pushnumber(L, ph_function_apply(function, lua_tonumber(L, 2)));
    return 1;
  }
  ph_tensor *x = phb_check(L, 2, &phb_tensor);
  void **box = phb_box(L, &phb_tensor);
  return give(L, box, ph_tensor_map(x, function, &made, &e), &made, &e);
}

/* core.combine(operation, a, b): of tensors and numbers */
static int math_combine(lua_State *L) {
  ph_error e;
  ph_tensor *made = NULL;
  ph_combination combination = (ph_combination)check_operation(L, 1, "combine", ph_combination_names);
  bool a_is_number = lua_type(L, 2) == LUA_TNUMBER, b_is_number = lua_type(L, 3) == LUA_TNUMBER;
  double a_number = lua_tonumber(L, 2), b_number = lua_tonumber(L, 3);
  if (a_is_number && b_is_number) {
    lua_pushnumber(L, ph_combination_apply(combination, a_number, b_number));
    return 1;
  }
  ph_tensor *a = a_is_number ? NULL : phb_check(L, 2, &phb_tensor);
  ph_tensor *b = b_is_number ? NULL : phb_check(L, 3, &phb_tensor);
  void **box = phb_box(L, &phb_tensor);
  ph_status status;
  if (a != NULL && b != NULL)
    status = ph_tensor_combine(a, b, combination, &made, &e);
  else
    status = ph_tensor_combine_number(a != NULL ? a : b, a != NULL ? b_number : a_number, a == NULL,
                                      combination, &made, &e);
  return give(L, box, status, &made, &e);
}

/* t:map(operation), t:combine(operation, other): the same with the tensor first */
static int tensor_map(lua_State *L) {
  phb_check(L, 1, &phb_tensor);
  phb_check_text(L, 2); /* before it is the first argument, and would be called a bad self */
  lua_settop(L, 2);
  lua_insert(L, 1);
  return math_map(L);
}

static int tensor_combine(lua_State *L) {
  phb_check(L, 1, &phb_tensor);
  phb_check_text(L, 2);
  lua_settop(L, 3);
  lua_pushvalue(L, 1);
  lua_copy(L, 2, 1);
  lua_replace(L, 2);
  return math_combine(L);
}

/* ---- reductions, matrices ---- */

/* A list of `count` whole numbers at argument i; any count where that is negative. Returns how many. */
static int check_list(lua_State *L, int i, const char *what, int count, int64_t *values, int most) {
  phb_check_type(L, i, LUA_TTABLE);
  lua_Unsigned length = lua_rawlen(L, i);
  if (count >= 0 && length != (lua_Unsigned)count)
    return luaL_error(L, "%s: a list of %d whole numbers expected, got %d", what, count, (int)length);
  if (length > (lua_Unsigned)most) return luaL_error(L, "%s: too many numbers", what);
  for (lua_Unsigned j = 0; j < length; j++) {
    lua_rawgeti(L, i, (lua_Integer)j + 1);
    int is_whole;
    values[j] = lua_tointegerx(L, -1, &is_whole);
    if (!is_whole) return luaL_error(L, "%s: whole numbers expected", what);
    lua_pop(L, 1);
  }
  return (int)length;
}

/* t:reduce(operation [, axes]) -> tensor with those axes of length 1; a number without axes */
static int tensor_reduce(lua_State *L) {
  ph_error e;
  int64_t list[PH_MAX_RANK];
  bool axes[PH_MAX_RANK] = {0};
  ph_tensor *made = NULL, *x = phb_check(L, 1, &phb_tensor);
  ph_reduction reduction = (ph_reduction)check_operation(L, 2, "reduce", ph_reduction_names);
  int rank = ph_tensor_shape(x).rank;
  if (lua_isnoneornil(L, 3)) {
    lua_pushnumber(L, ph_tensor_reduce_all(x, reduction));
    return 1;
  }
  const char *name = ph_reduction_names[reduction];
  int count = check_list(L, 3, name, -1, list, PH_MAX_RANK);
  for (int i = 0; i < count; i++) {
    int64_t axis = list[i] < 0 ? list[i] + rank : list[i];
    if (axis < 0 || axis >= rank)
      return luaL_error(L, "%s: axis %I out of range 0..%d", name, (LUAI_UACINT)list[i], rank - 1);
    axes[axis] = true;
  }
  void **box = phb_box(L, &phb_tensor);
  return give(L, box, ph_tensor_reduce(x, reduction, axes, &made, &e), &made, &e);
}

/* t:peaks([of]) -> value, y, x, each (n, c) */
static int tensor_peaks(lua_State *L) {
  static const char *const extremes[] = {"max", "min", NULL};
  ph_error e;
  ph_peaks peaks;
  ph_tensor *x = phb_check(L, 1, &phb_tensor);
  const bool least = !lua_isnoneornil(L, 2) && phb_check_choice(L, 2, extremes, "peaks") == 1;
  void **value = phb_box(L, &phb_tensor), **rows = phb_box(L, &phb_tensor),
       **columns = phb_box(L, &phb_tensor);
  if (ph_tensor_peaks(x, least, &peaks, &e) != PH_OK) return phb_raise(L, &e);
  *value = peaks.value, *rows = peaks.y, *columns = peaks.x;
  phb_pace(L);
  return 3;
}

/* t:matmul(other) */
static int tensor_matmul(lua_State *L) {
  ph_error e;
  ph_tensor *made = NULL, *a = phb_check(L, 1, &phb_tensor), *b = phb_check(L, 2, &phb_tensor);
  void **box = phb_box(L, &phb_tensor);
  return give(L, box, ph_tensor_matmul(a, b, &made, &e), &made, &e);
}

/* t:gram() -> tensor (c, c) */
static int tensor_gram(lua_State *L) {
  ph_error e;
  ph_tensor *made = NULL, *activation = phb_check(L, 1, &phb_tensor);
  void **box = phb_box(L, &phb_tensor);
  return give(L, box, ph_tensor_gram(activation, &made, &e), &made, &e);
}

/* ---- moving ---- */

/* t:transpose([axes]); the last two axes change places by default */
static int tensor_transpose(lua_State *L) {
  ph_error e;
  int64_t list[PH_MAX_RANK];
  int axis[PH_MAX_RANK];
  ph_tensor *made = NULL, *x = phb_check(L, 1, &phb_tensor);
  int rank = ph_tensor_shape(x).rank;
  if (!lua_isnoneornil(L, 2)) {
    check_list(L, 2, "transpose", rank, list, PH_MAX_RANK);
  } else {
    if (rank < 2) return luaL_error(L, "transpose: at least two dimensions expected, got %d", rank);
    for (int d = 0; d < rank; d++) list[d] = d;
    list[rank - 1] = rank - 2;
    list[rank - 2] = rank - 1;
  }
  for (int d = 0; d < rank; d++) axis[d] = list[d] < 0 || list[d] >= rank ? -1 : (int)list[d];
  void **box = phb_box(L, &phb_tensor);
  return give(L, box, ph_tensor_transpose(x, axis, &made, &e), &made, &e);
}

/* t:slice(start, size) */
static int tensor_slice(lua_State *L) {
  ph_error e;
  int64_t start[PH_MAX_RANK], size[PH_MAX_RANK];
  ph_tensor *made = NULL, *x = phb_check(L, 1, &phb_tensor);
  int rank = ph_tensor_shape(x).rank;
  check_list(L, 2, "slice: start", rank, start, PH_MAX_RANK);
  check_list(L, 3, "slice: size", rank, size, PH_MAX_RANK);
  void **box = phb_box(L, &phb_tensor);
  return give(L, box, ph_tensor_slice(x, start, size, &made, &e), &made, &e);
}

/* t:place(shape, start) */
static int tensor_place(lua_State *L) {
  ph_error e;
  int64_t start[PH_MAX_RANK];
  ph_tensor *made = NULL, *x = phb_check(L, 1, &phb_tensor);
  ph_shape shape = phb_check_shape(L, 2);
  check_list(L, 3, "place: start", ph_tensor_shape(x).rank, start, PH_MAX_RANK);
  void **box = phb_box(L, &phb_tensor);
  return give(L, box, ph_tensor_place(x, shape, start, &made, &e), &made, &e);
}

/* t:copy(source [, first | start]): all of it, rows of it, a block of it */
static int tensor_copy(lua_State *L) {
  ph_error e;
  ph_status status;
  ph_tensor *tensor = phb_check(L, 1, &phb_tensor), *source = phb_check(L, 2, &phb_tensor);
  if (lua_isnoneornil(L, 3)) {
    status = ph_tensor_expect(source, ph_tensor_shape(tensor), "second tensor", &e);
    if (status == PH_OK) ph_tensor_copy(tensor, source);
  } else if (lua_type(L, 3) == LUA_TTABLE) {
    int64_t start[PH_MAX_RANK];
    check_list(L, 3, "copy: start", ph_tensor_shape(tensor).rank, start, PH_MAX_RANK);
    status = ph_tensor_assign(tensor, start, source, &e);
  } else {
    status = ph_tensor_assign_rows(tensor, phb_check_integer(L, 3, 0, LUA_MAXINTEGER, "row"), source, &e);
  }
  if (status != PH_OK) return phb_raise(L, &e);
  lua_settop(L, 1);
  return 1;
}

/* core.concatenate(list, axis) */
static int math_concatenate(lua_State *L) {
  ph_error e;
  ph_tensor *made = NULL;
  phb_check_type(L, 1, LUA_TTABLE);
  const int axis = (int)phb_check_integer(L, 2, 0, PH_MAX_RANK - 1, "axis");
  const lua_Unsigned count = lua_rawlen(L, 1);
  if (count < 1) return luaL_error(L, "concatenate: at least one tensor expected");
  const ph_tensor **list = lua_newuserdatauv(L, sizeof *list * count, 0);
  for (lua_Unsigned i = 0; i < count; i++) {
    lua_rawgeti(L, 1, (lua_Integer)i + 1);
    list[i] = phb_test(L, -1, &phb_tensor);
    if (list[i] == NULL)
      return luaL_error(L, "concatenate: number %I: a tensor expected, got %s", (LUAI_UACINT)(i + 1),
                        phb_kind(L, -1));
    lua_pop(L, 1);
  }
  void **box = phb_box(L, &phb_tensor);
  return give(L, box, ph_tensor_concatenate(list, (int64_t)count, axis, &made, &e), &made, &e);
}

/* The list of indices at argument i, in a userdata that is left on the stack. */
static int64_t *check_indices(lua_State *L, int i, const char *what, int64_t *count) {
  phb_check_type(L, i, LUA_TTABLE);
  int length = (int)lua_rawlen(L, i);
  if (length < 1) luaL_error(L, "%s: at least one index expected", what);
  int64_t *index = lua_newuserdatauv(L, sizeof *index * (size_t)length, 0);
  *count = check_list(L, i, what, -1, index, length);
  return index;
}

/* t:gather(axis, indices) */
static int tensor_gather(lua_State *L) {
  ph_error e;
  int64_t count;
  ph_tensor *made = NULL, *x = phb_check(L, 1, &phb_tensor);
  int axis = (int)phb_check_integer(L, 2, 0, PH_MAX_RANK - 1, "axis");
  int64_t *index = check_indices(L, 3, "gather", &count);
  void **box = phb_box(L, &phb_tensor);
  return give(L, box, ph_tensor_gather(x, axis, index, count, &made, &e), &made, &e);
}

/* t:scatter(axis, indices, length) */
static int tensor_scatter(lua_State *L) {
  ph_error e;
  int64_t count;
  ph_tensor *made = NULL, *x = phb_check(L, 1, &phb_tensor);
  int axis = (int)phb_check_integer(L, 2, 0, PH_MAX_RANK - 1, "axis");
  lua_Integer length = phb_check_integer(L, 4, 1, 1 << 30, "length");
  int64_t *index = check_indices(L, 3, "scatter", &count);
  ph_shape shape = ph_tensor_shape(x);
  if (axis < shape.rank && shape.dim[axis] != count)
    return luaL_error(L, "scatter: %I indices expected, got %I", (LUAI_UACINT)shape.dim[axis],
                      (LUAI_UACINT)count);
  void **box = phb_box(L, &phb_tensor);
  return give(L, box, ph_tensor_scatter(x, axis, index, length, &made, &e), &made, &e);
}

static const phb_function methods[] = {{"map", tensor_map, 2},
                                       {"combine", tensor_combine, 3},
                                       {"reduce", tensor_reduce, 3},
                                       {"peaks", tensor_peaks, 2},
                                       {"matmul", tensor_matmul, 2},
                                       {"gram", tensor_gram, 1},
                                       {"transpose", tensor_transpose, 2},
                                       {"copy", tensor_copy, 3},
                                       {"slice", tensor_slice, 3},
                                       {"place", tensor_place, 3},
                                       {"gather", tensor_gather, 3},
                                       {"scatter", tensor_scatter, 4},
                                       {NULL, NULL, 0}};

static const phb_function functions[] = {{"map", math_map, 2},
                                         {"combine", math_combine, 3},
                                         {"concatenate", math_concatenate, 2},
                                         {NULL, NULL, 0}};

void phb_open_tensor_math(lua_State *L) {
  luaL_getmetatable(L, phb_tensor.name);
  lua_getfield(L, -1, "__index");
  phb_set_functions(L, methods);
  lua_pop(L, 2);
  phb_set_functions(L, functions);
}
