/* SPDX-License-Identifier: MIT */
/* What the bindings share. A core object crosses into Lua as a box: a full userdata holding one pointer,
   which is NULL once closed. Every binding file checks its arguments, calls the core, pushes the result, and
   raises last, when it holds nothing that would leak. What is closed while it runs is let go once it
   returned. There is no logic here: it is in the core, or in Lua.
   */
#ifndef PH_BIND_H
#define PH_BIND_H

#include <lauxlib.h>
#include <lua.h>

#include "base/field.h"
#include "tensor/tensor.h"

/* A function of a module, or a method, whose object is its first argument, and how many arguments it takes at
   most: more of them, unless nil, are a mistake of the caller's. Negative: it counts them itself. A list of
   these ends in a name of NULL. */
typedef struct phb_function {
  const char *name;
  lua_CFunction function;
  int most;
} phb_function;

/* Sets them in the table on top. */
void phb_set_functions(lua_State *L, const phb_function *functions);

/* A type of box: its metatable's name (as shown in error messages) and how to let an object go. */
typedef struct phb_type {
  const char *name; /* "ph.tensor" */
  void (*release)(void *object);
  const phb_function *methods;
  const phb_function *metamethods; /* besides __gc, __close, __index and __name, which every box has */
} phb_type;

extern const phb_type phb_tensor, phb_network, phb_objective, phb_evaluation, phb_transform,
    phb_parameterisation, phb_optimiser, phb_random;

/* Creates the type's metatable; every method table also gets `close`. The module's table is on top of the
   stack, and has the metatable as types["ph.tensor"]: that is where methods written in Lua are added. */
void phb_register(lua_State *L, const phb_type *type);

/* Pushes an empty box; the caller stores an object (one reference) into *result as soon as it has one. Making
   the box first means that an error in between leaks nothing. */
void **phb_box(lua_State *L, const phb_type *type);

/* The type of the box at index i; NULL where it is something else. */
const phb_type *phb_type_of(lua_State *L, int i);

/* The object in argument i, which must be an open box of this type. phb_test: NULL when it is something else,
   but a closed box still raises. */
void *phb_check(lua_State *L, int i, const phb_type *type);
void *phb_test(lua_State *L, int i, const phb_type *type);

/* Ends a binding after a core call that failed: misuse raises at the recipe's line; failures of the world
   give nil, message. */
int phb_fail(lua_State *L, const ph_error *e);

/* Raises whatever the status is: for calls that touch nothing outside the program. */
int phb_raise(lua_State *L, const ph_error *e);

/* What kind of value is at index i, for messages: "nil", "a table", "a network". Left on the stack. */
const char *phb_kind(lua_State *L, int i);

/* Lets Lua's collector feel the memory that the core has allocated since the last call. */
void phb_pace(lua_State *L);

/* Arguments. As luaL_argerror, luaL_checktype and so on are, except that messages begin with the name that
   the function was registered by, also where Lua knows none. */
int phb_argument_error(lua_State *L, int i, const char *message);
void phb_check_type(lua_State *L, int i, int type);
void phb_check_any(lua_State *L, int i);
const char *phb_check_text(lua_State *L, int i);
const char *phb_check_bytes(lua_State *L, int i, size_t *size);
void *phb_check_userdata(lua_State *L, int i, const char *type);

/* Pushes the own field `key` of the table at index i and gives its type. Tables of arguments are read without
   their metamethods: texts that a binding points to stay in their table until it returns. */
int phb_field_of(lua_State *L, int i, const char *key);

/* Integers must be numbers (a numeric string is refused) and lie in the range. */
lua_Integer phb_check_integer(lua_State *L, int i, lua_Integer least, lua_Integer most, const char *what);

/* A list of such integers, in memory that Lua frees. */
int64_t *phb_check_integers(lua_State *L, int i, lua_Integer least, lua_Integer most, const char *what,
                            int64_t *count);
double phb_check_number(lua_State *L, int i);

/* The index of the text at i among the choices (NULL-terminated); `what` is what is chosen, for the message.
 */
int phb_check_choice(lua_State *L, int i, const char *const *choices, const char *what);

/* Reads a table of settings of `what` (NULL: of the function that runs) at index i (nil and none: no
   settings) into at most `most` settings; keys listed in `skip` (NULL-terminated, may be NULL) are left to
   the caller. Numbers, booleans, strings and lists of numbers are accepted. Texts and keys point into Lua
   strings of that table. Returns the count. */
enum { PHB_MAX_SETTINGS = 24 };
int phb_check_settings(lua_State *L, int i, const char *what, const char *const *skip, ph_setting *settings,
                       int most);

/* A shape from a Lua list {n, c, h, w} at index i. */
ph_shape phb_check_shape(lua_State *L, int i);

/* Boxes a tensor that the caller gives one reference of. */
int phb_push_tensor(lua_State *L, ph_tensor *tensor);

/* Gives tensors the methods of tensor_math.c, and adds its functions. */
void phb_open_tensor_math(lua_State *L);

/* One per binding file: adds its functions to the core module's table on top of the stack. */
void phb_open_tensor(lua_State *L);
void phb_open_random(lua_State *L);
void phb_open_image(lua_State *L);
void phb_open_safetensors(lua_State *L);
void phb_open_protobuf(lua_State *L);
void phb_open_onnx(lua_State *L);
void phb_open_tensorflow(lua_State *L);
void phb_open_caffe(lua_State *L);
void phb_open_container(lua_State *L);
void phb_open_network(lua_State *L);
void phb_open_objective(lua_State *L);
void phb_open_evaluation(lua_State *L);
void phb_open_transform(lua_State *L);
void phb_open_types(lua_State *L);
void phb_open_parameterisation(lua_State *L);
void phb_open_optimiser(lua_State *L);
void phb_open_statistics(lua_State *L);
void phb_open_dataset(lua_State *L);
void phb_open_system(lua_State *L);
void phb_open_ranking(lua_State *L);
void phb_open_sketch(lua_State *L);
void phb_open_database(lua_State *L);
void phb_open_analysis(lua_State *L);

#endif
