/* SPDX-License-Identifier: MIT */
/* Evaluations in Lua: an objective bound to a network. The render loop's part; recipes rarely need it. See
   lua/phosphene/meta/objective.lua. */
#include "objective/evaluation.h"

#include <string.h>

#include "objective/heads/custom.h"
#include "bind.h"
#include "bind/network/pass.h"

static void release(void *object) { ph_evaluation_release(object); }

static ph_evaluation *self(lua_State *L) { return phb_check(L, 1, &phb_evaluation); }

/* core.evaluation(objective, network) */
static int evaluation_new(lua_State *L) {
  ph_error e;
  ph_evaluation *evaluation;
  ph_objective *objective = phb_check(L, 1, &phb_objective);
  ph_network *network = phb_check(L, 2, &phb_network);
  void **box = phb_box(L, &phb_evaluation);
  if (ph_evaluation_new(objective, network, &evaluation, &e) != PH_OK) return phb_raise(L, &e);
  *box = evaluation;
  lua_getiuservalue(L, 1, 1); /* the objective's functions, by their numbers */
  lua_setiuservalue(L, -2, 1);
  phb_pace(L);
  return 1;
}

/* evaluation:taps() -> names of the layers that the network must be run to */
static int evaluation_taps(lua_State *L) {
  const int *taps;
  ph_evaluation *evaluation = self(L);
  const ph_network *network = ph_evaluation_network(evaluation);
  int count = ph_evaluation_taps(evaluation, &taps);
  lua_createtable(L, count, 0);
  for (int i = 0; i < count; i++) {
    lua_pushstring(L, ph_network_layer(network, taps[i])->name);
    lua_rawseti(L, -2, i + 1);
  }
  return 1;
}

/* evaluation:forward(images [, options]) -> evaluation: runs the network to what the objective reads */
static int evaluation_forward(lua_State *L) {
  ph_error e;
  ph_evaluation *evaluation = self(L);
  ph_tensor *images = phb_check(L, 2, &phb_tensor);
  lua_settop(L, 3);
  ph_pass_options pass = phb_check_pass_options(L, 3);
  if (ph_evaluation_forward(evaluation, images, pass, &e) != PH_OK) return phb_raise(L, &e);
  phb_pace(L);
  lua_settop(L, 1);
  return 1;
}

/* Shows the picture that argument 2 may be. */
static void show(lua_State *L, ph_evaluation *evaluation) {
  if (!lua_isnoneornil(L, 2)) ph_evaluation_show(evaluation, phb_check(L, 2, &phb_tensor));
}

/* evaluation:value([picture]) -> number | nil, message where a number is not finite */
static int evaluation_value(lua_State *L) {
  ph_error e;
  double value;
  ph_evaluation *evaluation = self(L);
  show(L, evaluation);
  if (ph_evaluation_value(evaluation, &value, &e) != PH_OK) return phb_fail(L, &e);
  lua_pushnumber(L, value);
  return 1;
}

/* evaluation:evaluate([picture]) -> number | nil, message; adds the gradients to the taps */
static int evaluation_evaluate(lua_State *L) {
  ph_error e;
  double value;
  ph_evaluation *evaluation = self(L);
  show(L, evaluation);
  if (ph_evaluation_evaluate(evaluation, &value, &e) != PH_OK) return phb_fail(L, &e);
  lua_pushnumber(L, value);
  return 1;
}

/* evaluation:reads_picture() -> whether a head reads the picture before its transforms */
static int evaluation_reads_picture(lua_State *L) {
  lua_pushboolean(L, ph_evaluation_reads_picture(self(L)));
  return 1;
}

/* evaluation:is_current() -> whether the network has not run since the evaluation's forward */
static int evaluation_is_current(lua_State *L) {
  lua_pushboolean(L, ph_evaluation_is_current(self(L)));
  return 1;
}

/* evaluation:add_picture_gradient(gradient) -> gradient */
static int evaluation_add_picture_gradient(lua_State *L) {
  ph_error e;
  ph_tensor *gradient = phb_check(L, 2, &phb_tensor);
  if (ph_evaluation_add_picture_gradient(self(L), gradient, &e) != PH_OK) return phb_raise(L, &e);
  lua_settop(L, 2);
  return 1;
}

/* ---- Custom heads, whose values come from outside ---- */

/* evaluation:functions() -> list of { f =, number =, part =, layer =, image = or nil, name = } */
static int evaluation_functions(lua_State *L) {
  ph_evaluation *evaluation = self(L);
  int count = ph_evaluation_custom_count(evaluation);
  lua_settop(L, 1);
  lua_getiuservalue(L, 1, 1);
  lua_createtable(L, count, 0);
  for (int i = 0; i < count; i++) {
    const ph_custom_head *head = (const ph_custom_head *)ph_evaluation_custom_head(evaluation, i)->config;
    lua_createtable(L, 0, 6);
    if (lua_istable(L, 2))
      lua_rawgeti(L, 2, head->function);
    else
      lua_pushnil(L);
    lua_setfield(L, -2, "f");
    lua_pushinteger(L, head->function);
    lua_setfield(L, -2, "number");
    lua_pushinteger(L, head->part);
    lua_setfield(L, -2, "part");
    lua_pushstring(L, head->place.layer);
    lua_setfield(L, -2, "layer");
    if (head->place.batch >= 0) {
      lua_pushinteger(L, head->place.batch);
      lua_setfield(L, -2, "image");
    }
    lua_pushstring(L, head->name);
    lua_setfield(L, -2, "name");
    lua_rawseti(L, 3, i + 1);
  }
  return 1;
}

/* Which of the functions argument 2 says, from 1. */
static int check_function(lua_State *L, const ph_evaluation *evaluation) {
  return (int)phb_check_integer(L, 2, 1, ph_evaluation_custom_count(evaluation), "function") - 1;
}

/* evaluation:read(i [, picture]) -> tensor, a copy of what the ith function reads */
static int evaluation_read(lua_State *L) {
  ph_error e;
  ph_array activation;
  ph_tensor *copy;
  ph_evaluation *evaluation = self(L);
  int index = check_function(L, evaluation);
  if (!lua_isnoneornil(L, 3)) ph_evaluation_show(evaluation, phb_check(L, 3, &phb_tensor));
  void **box = phb_box(L, &phb_tensor);
  if (ph_evaluation_custom_activation(evaluation, index, &activation, &e) != PH_OK) return phb_raise(L, &e);
  if (ph_tensor_new(activation.shape, &copy, &e) != PH_OK) return phb_raise(L, &e);
  *box = copy;
  memcpy(ph_tensor_data(copy), activation.data, (size_t)ph_tensor_count(copy) * sizeof *activation.data);
  phb_pace(L);
  return 1;
}

/* evaluation:give(i, value [, gradient]): what the ith function made of that */
static int evaluation_give(lua_State *L) {
  ph_error e;
  ph_evaluation *evaluation = self(L);
  int index = check_function(L, evaluation);
  double value = phb_check_number(L, 3);
  ph_tensor *gradient = lua_isnoneornil(L, 4) ? NULL : phb_check(L, 4, &phb_tensor);
  if (ph_evaluation_custom_give(evaluation, index, value, gradient, &e) != PH_OK) return phb_raise(L, &e);
  return 0;
}

/* evaluation:terms() -> list of { text =, value = } */
static int evaluation_terms(lua_State *L) {
  char text[PH_HEAD_TEXT];
  ph_evaluation *evaluation = self(L);
  int count = ph_evaluation_terms(evaluation);
  lua_createtable(L, count, 0);
  for (int i = 0; i < count; i++) {
    double value = ph_evaluation_term(evaluation, i, text);
    lua_createtable(L, 0, 2);
    lua_pushstring(L, text);
    lua_setfield(L, -2, "text");
    lua_pushnumber(L, value);
    lua_setfield(L, -2, "value");
    lua_rawseti(L, -2, i + 1);
  }
  return 1;
}

static const phb_function methods[] = {{"taps", evaluation_taps, 1},
                                       {"forward", evaluation_forward, 3},
                                       {"value", evaluation_value, 2},
                                       {"evaluate", evaluation_evaluate, 2},
                                       {"terms", evaluation_terms, 1},
                                       {"reads_picture", evaluation_reads_picture, 1},
                                       {"is_current", evaluation_is_current, 1},
                                       {"add_picture_gradient", evaluation_add_picture_gradient, 2},
                                       {"functions", evaluation_functions, 1},
                                       {"read", evaluation_read, 3},
                                       {"give", evaluation_give, 4},
                                       {NULL, NULL, 0}};

const phb_type phb_evaluation = {"ph.evaluation", release, methods, NULL};

static const phb_function functions[] = {{"evaluation", evaluation_new, 2}, {NULL, NULL, 0}};

void phb_open_evaluation(lua_State *L) {
  phb_register(L, &phb_evaluation);
  phb_set_functions(L, functions);
}
