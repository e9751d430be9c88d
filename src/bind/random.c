/* SPDX-License-Identifier: MIT */
/* The seeded generator in Lua; see lua/phosphene/meta/random.lua. */
#include "tensor/random.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "bind.h"

static ph_random *self(lua_State *L) { return phb_check(L, 1, &phb_random); }

/* core.random(seed, stream) */
static int random_new(lua_State *L) {
  lua_Integer seed = phb_check_integer(L, 1, LUA_MININTEGER, LUA_MAXINTEGER, "seed");
  const char *stream = phb_check_text(L, 2);
  void **box = phb_box(L, &phb_random);
  ph_random *random = ph_alloc(sizeof *random);
  if (random == NULL) return luaL_error(L, "not enough memory");
  *random = ph_random_stream((uint64_t)seed, stream);
  *box = random;
  return 1;
}

static int random_uniform(lua_State *L) {
  lua_pushnumber(L, ph_random_uniform(self(L)));
  return 1;
}

static int random_normal(lua_State *L) {
  lua_pushnumber(L, ph_random_normal(self(L)));
  return 1;
}

/* r:below(limit) -> 0 … limit-1 */
static int random_below(lua_State *L) {
  ph_random *random = self(L);
  lua_pushinteger(L, ph_random_below(random, phb_check_integer(L, 2, 1, LUA_MAXINTEGER, "limit")));
  return 1;
}

/* r:fill_normal(tensor [, mean, deviation]) -> tensor */
static int random_fill_normal(lua_State *L) {
  ph_random *random = self(L);
  ph_tensor *tensor = phb_check(L, 2, &phb_tensor);
  double mean = lua_isnoneornil(L, 3) ? 0.0 : phb_check_number(L, 3);
  double deviation = lua_isnoneornil(L, 4) ? 1.0 : phb_check_number(L, 4);
  ph_random_fill_normal(random, tensor, mean, deviation);
  lua_settop(L, 2);
  return 1;
}

/* The state as text: six words of 16 hexadecimal digits. */
enum { WORDS = 6, DIGITS = 16, STATE_TEXT = WORDS * DIGITS + 1 };

/* r:state() -> text for restore */
static int random_state(lua_State *L) {
  const ph_random *random = self(L);
  uint64_t word[WORDS];
  char text[STATE_TEXT];
  memcpy(word, random->state, sizeof random->state);
  memcpy(&word[4], &random->spare, sizeof word[4]);
  word[5] = (uint64_t)random->has_spare;
  for (int i = 0; i < WORDS; i++) snprintf(text + i * DIGITS, DIGITS + 1, "%016" PRIx64, word[i]);
  lua_pushstring(L, text);
  return 1;
}

/* r:restore(text) -> r: continues from the state that `state` gave */
static int random_restore(lua_State *L) {
  ph_random *random = self(L);
  const char *text = phb_check_text(L, 2);
  uint64_t word[WORDS];
  if (strspn(text, "0123456789abcdef") != STATE_TEXT - 1 || text[STATE_TEXT - 1] != '\0')
    return phb_argument_error(L, 2, "not a state of a random generator");
  for (int i = 0; i < WORDS; i++) sscanf(text + i * DIGITS, "%16" SCNx64, &word[i]);
  memcpy(random->state, word, sizeof random->state);
  memcpy(&random->spare, &word[4], sizeof random->spare);
  random->has_spare = word[5] != 0;
  lua_settop(L, 1);
  return 1;
}

static const phb_function methods[] = {{"uniform", random_uniform, 1},
                                       {"normal", random_normal, 1},
                                       {"below", random_below, 2},
                                       {"fill_normal", random_fill_normal, 4},
                                       {"state", random_state, 1},
                                       {"restore", random_restore, 2},
                                       {NULL, NULL, 0}};

const phb_type phb_random = {"ph.random", ph_free, methods, NULL};

static const phb_function functions[] = {{"random", random_new, 2}, {NULL, NULL, 0}};

void phb_open_random(lua_State *L) {
  phb_register(L, &phb_random);
  phb_set_functions(L, functions);
}
