/* SPDX-License-Identifier: MIT */
/* The prompt's line editor, libedit, for lua/phosphene/program/repl.lua: reading a line with editing, history
   and completion. What is completed, and where the history is kept, Lua decides. Must not know what lines
   mean.
 */
#include "line.h"

#include <editline/readline.h>
#include <errno.h>
#include <lauxlib.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wchar.h>

/* libedit calls back without an argument of ours, so what the callbacks need is global. */
static struct {
  lua_State *L; /* while a line is being read */
  char *line;   /* the last line, until the next: libedit's block, kept out of reach of Lua's errors */
} editor;

static volatile sig_atomic_t cancelled;

static const char completer_key = 'c';
enum { HISTORY_LINES = 1000 };

/* ---- reading keys ---- */

static void on_interrupt(int signal_number) {
  (void)signal_number;
  cancelled = 1;
}

/* One byte from the terminal, or -1 at its end or when Ctrl-C cancelled the line. */
static int read_byte(void) {
  unsigned char byte;
  for (;;) {
    ssize_t count = read(STDIN_FILENO, &byte, 1);
    if (count == 1) return byte;
    if (count == 0 || errno != EINTR || cancelled) return -1;
  }
}

/* The next character. libedit's own reader would begin again after Ctrl-C; this one ends the line. */
static int read_key(FILE *stream) {
  (void)stream;
  mbstate_t state = {0};
  for (;;) {
    int byte = read_byte();
    if (byte < 0) return cancelled ? '\n' : -1;
    wchar_t key;
    char c = (char)byte;
    size_t length = mbrtowc(&key, &c, 1, &state);
    if (length == 0 || length == 1) return (int)key;
    if (length == (size_t)-1) return '?'; /* not a character of this locale */
  }
}

/* ---- completion ---- */

/* A match for libedit to own, or NULL. */
static char *copy_text(lua_State *L, int list, lua_Integer i) {
  lua_rawgeti(L, list, i);
  const char *text = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
  char *copy = text != NULL ? strdup(text) : NULL;
  lua_pop(L, 1);
  return copy;
}

/* The beginning that all matches share. */
static char *common_beginning(char *const *matches, size_t count) {
  size_t length = strlen(matches[0]);
  for (size_t i = 1; i < count; i++) {
    size_t same = 0;
    while (same < length && matches[i][same] == matches[0][same]) same++;
    length = same;
  }
  return strndup(matches[0], length);
}

/* libedit's form of a list on top of the stack: the common beginning, the matches, NULL. Raises nothing. */
static char **to_matches(lua_State *L) {
  int list = lua_gettop(L);
  size_t count = lua_istable(L, list) ? lua_rawlen(L, list) : 0, have = 0;
  char **matches = count > 0 ? calloc(count + 2, sizeof *matches) : NULL;
  if (matches == NULL) return NULL;
  for (size_t i = 1; i <= count; i++) {
    matches[have + 1] = copy_text(L, list, (lua_Integer)i);
    if (matches[have + 1] != NULL) have++;
  }
  if (have > 0) matches[0] = common_beginning(matches + 1, have);
  if (matches[0] != NULL) return matches;
  for (size_t i = 1; i <= have; i++) free(matches[i]);
  free(matches);
  return NULL;
}

/* completer(line up to the cursor, where the word begins, from 1); the word is this call's argument. */
static int call_completer(lua_State *L) {
  const char *word = lua_touserdata(L, 1);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &completer_key);
  lua_pushlstring(L, rl_line_buffer, (size_t)rl_point);
  lua_pushinteger(L, rl_point - (lua_Integer)strlen(word) + 1);
  lua_call(L, 2, 1);
  return 1;
}

/* All texts that the word at the cursor may become. Without a list from the completer libedit tries file
   names; an error completes nothing. */
static char **complete(const char *word, int start, int end) {
  (void)start, (void)end;
  lua_State *L = editor.L;
  int top = lua_gettop(L);
  rl_completion_append_character = '\0';
  if (!lua_checkstack(L, 8)) return NULL;
  lua_pushcfunction(L, call_completer);
  lua_pushlightuserdata(L, (void *)(uintptr_t)word);
  int failed = lua_pcall(L, 1, 1, 0) != LUA_OK;
  char **matches = failed ? NULL : to_matches(L);
  rl_attempted_completion_over = failed || lua_istable(L, -1);
  lua_settop(L, top);
  return matches;
}

/* line.set_completer(f): f(line, position) -> texts that may replace the word which begins at
   position; or nil, to have file names */
static int line_set_completer(lua_State *L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  lua_settop(L, 1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &completer_key);
  rl_attempted_completion_function = complete;
  return 0;
}

/* ---- lines ---- */

static void start_editor(void) {
  static int started;
  if (started) return;
  started = 1;
  setlocale(LC_CTYPE, ""); /* how the terminal writes characters */
  rl_readline_name = "phosphene";
  rl_getc_function = read_key;
  /* A word is what the completer may replace: names with their dots and colons, and file names. */
  rl_basic_word_break_characters = " \t\n\"'()[]{}<>=,;+*^%#&|";
  rl_completer_quote_characters = NULL;
  using_history();
  stifle_history(HISTORY_LINES);
}

/* line.readline(prompt) -> line; or nil at the end of input; or nil, "interrupted" */
static int line_readline(lua_State *L) {
  const char *prompt = luaL_checkstring(L, 1);
  struct sigaction watch = {.sa_handler = on_interrupt}, before; /* without SA_RESTART: reading must notice */
  start_editor();
  free(editor.line);
  editor.line = NULL;
  editor.L = L;
  cancelled = 0;
  sigaction(SIGINT, &watch, &before);
  editor.line = readline(prompt);
  sigaction(SIGINT, &before, NULL);
  editor.L = NULL;
  if (editor.line != NULL && !cancelled) {
    lua_pushstring(L, editor.line);
    return 1;
  }
  luaL_pushfail(L);
  if (cancelled) lua_pushliteral(L, "interrupted");
  return lua_gettop(L) - 1;
}

/* ---- history ---- */

/* line.add_history(text) */
static int line_add_history(lua_State *L) {
  const char *text = luaL_checkstring(L, 1);
  start_editor();
  add_history(text);
  return 0;
}

/* line.load_history(path): a file that is not there is an empty history */
static int line_load_history(lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  start_editor();
  read_history(path);
  return 0;
}

/* line.save_history(path) -> true | nil, message; makes the folders on the way */
static int line_save_history(lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  start_editor();
  for (const char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
    lua_pushlstring(L, path, (size_t)(slash - path));
    mkdir(lua_tostring(L, -1), 0700); /* where this matters, the next line fails */
    lua_pop(L, 1);
  }
  int problem = write_history(path);
  if (problem != 0) return luaL_fileresult(L, 0, path);
  lua_pushboolean(L, 1);
  return 1;
}

static const luaL_Reg functions[] = {
    {"readline", line_readline},         {"set_completer", line_set_completer},
    {"add_history", line_add_history},   {"load_history", line_load_history},
    {"save_history", line_save_history}, {NULL, NULL}};

int luaopen_phosphene_line(lua_State *L) {
  luaL_newlib(L, functions);
  return 1;
}
