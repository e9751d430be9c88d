/* Evaluations in Lua: an objective bound to a network. The render loop's part; recipes rarely need it. See
   lua/phosphene/meta/objective.lua. */
#include "../core/evaluation.h"

#include "bind.h"

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

/* evaluation:value() -> number | nil, message where a number is not finite */
static int evaluation_value(lua_State *L) {
  ph_error e;
  double value;
  if (ph_evaluation_value(self(L), &value, &e) != PH_OK) return phb_fail(L, &e);
  lua_pushnumber(L, value);
  return 1;
}

/* evaluation:run() -> number | nil, message; adds the gradients to the taps */
static int evaluation_run(lua_State *L) {
  ph_error e;
  double value;
  if (ph_evaluation_run(self(L), &value, &e) != PH_OK) return phb_fail(L, &e);
  lua_pushnumber(L, value);
  return 1;
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

static const luaL_Reg methods[] = {{"taps", evaluation_taps},
                                   {"value", evaluation_value},
                                   {"run", evaluation_run},
                                   {"terms", evaluation_terms},
                                   {NULL, NULL}};

const phb_type phb_evaluation = {"ph.evaluation", release, methods, NULL};

static const luaL_Reg functions[] = {{"evaluation", evaluation_new}, {NULL, NULL}};

void phb_open_evaluation(lua_State *L) {
  phb_register(L, &phb_evaluation);
  luaL_setfuncs(L, functions, 0);
}
