/* SPDX-License-Identifier: MIT */
/* Databases in Lua: SQLite, as far as stores of results need it. A store may come from anybody, so it is
   opened as SQLite's own advice for untrusted files has it (https://www.sqlite.org/security.html): its schema
   runs no functions with effects, and what is in it is checked as it is read. The only file that knows
   SQLite. */
#include <sqlite3.h>
#include <string.h>

#include "bind/bind.h"
#include "files/path.h"

static void release(void *object) { sqlite3_close_v2(object); }

static const phb_type database_type;

enum { WAIT_MILLISECONDS = 20000 }; /* for another process that writes */

/* ---- what went wrong, in words ---- */

static const char *reason_of(sqlite3 *db, int code) {
  switch (code & 0xFF) {
    case SQLITE_FULL:
      return "the disk is full";
    case SQLITE_READONLY:
      return "it cannot be written";
    case SQLITE_NOTADB:
      return "it is not a store";
    case SQLITE_CORRUPT:
      return "it is damaged";
    case SQLITE_NOMEM:
      return "not enough memory";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return "another process is writing to it";
    case SQLITE_CANTOPEN:
    case SQLITE_IOERR:
      return sqlite3_system_errno(db) != 0 ? strerror(sqlite3_system_errno(db)) : sqlite3_errmsg(db);
    default:
      return sqlite3_errmsg(db);
  }
}

/* nil, "'PATH': reason" */
static int fail(lua_State *L, sqlite3 *db, int code) {
  const char *path = sqlite3_db_filename(db, "main");
  lua_pushnil(L);
  lua_pushfstring(L, "'%s': %s", path != NULL && *path != '\0' ? path : "store in memory",
                  reason_of(db, code));
  return 2;
}

/* ---- opening ---- */

static const char *const modes[] = {"read", "write", NULL};
static const int flags_of[] = {SQLITE_OPEN_READONLY, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE};

/* core.database(path, mode) -> database | nil, message. The path may be ":memory:". */
static int database_open(lua_State *L) {
  ph_error e;
  sqlite3 *db;
  char expanded[PH_PATH_SIZE];
  const char *path = phb_check_text(L, 1);
  const int mode = phb_check_choice(L, 2, modes, "mode");
  void **box = phb_box(L, &database_type);
  if (ph_path_expand(path, expanded, &e) != PH_OK) return phb_fail(L, &e);
  int code = sqlite3_open_v2(expanded, &db, flags_of[mode] | SQLITE_OPEN_NOMUTEX, NULL);
  if (db == NULL) return luaL_error(L, "not enough memory");
  *box = db;
  if (code == SQLITE_OK) {
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_busy_timeout(db, WAIT_MILLISECONDS);
    code = sqlite3_exec(db, "PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0; PRAGMA foreign_keys = ON",
                        NULL, NULL, NULL);
  }
  if (code == SQLITE_OK) return 1;
  lua_pushnil(L);
  lua_pushfstring(L, "'%s': %s", path, reason_of(db, code));
  return 2;
}

/* ---- running ---- */

/* Binds the arguments from index 3 on to ?1, ?2, … Texts stay where Lua has them. */
static void bind_arguments(lua_State *L, sqlite3_stmt *statement, int last) {
  for (int i = 3; i <= last; i++) {
    size_t size;
    const char *text;
    switch (lua_type(L, i)) {
      case LUA_TNUMBER:
        if (lua_isinteger(L, i))
          sqlite3_bind_int64(statement, i - 2, lua_tointeger(L, i));
        else
          sqlite3_bind_double(statement, i - 2, lua_tonumber(L, i));
        break;
      case LUA_TSTRING:
        text = lua_tolstring(L, i, &size);
        sqlite3_bind_text64(statement, i - 2, text, size, SQLITE_STATIC, SQLITE_UTF8);
        break;
      default:
        sqlite3_bind_null(statement, i - 2);
    }
  }
}

static void push_column(lua_State *L, sqlite3_stmt *statement, int i) {
  switch (sqlite3_column_type(statement, i)) {
    case SQLITE_INTEGER:
      lua_pushinteger(L, sqlite3_column_int64(statement, i));
      break;
    case SQLITE_FLOAT:
      lua_pushnumber(L, sqlite3_column_double(statement, i));
      break;
    case SQLITE_NULL:
      lua_pushboolean(L, 0);
      break; /* so that rows have no holes */
    default: {
      const char *bytes = sqlite3_column_blob(statement, i);
      lua_pushlstring(L, bytes != NULL ? bytes : "", (size_t)sqlite3_column_bytes(statement, i));
    }
  }
}

static void release_statement(void *object) { sqlite3_finalize(object); }

static const phb_function no_methods[] = {{NULL, NULL, 0}};
static const phb_type statement_type = {"ph.statement", release_statement, no_methods, NULL};

/* db:run(sql, …) -> a list of rows, each a list of columns, with false for NULL | nil, message. The one
   statement's ?1, ?2, … are the arguments: whole numbers, numbers, texts (in SQL, CAST(?1 AS BLOB) for bytes)
   or nil. */
static int database_run(lua_State *L) {
  sqlite3 *db = phb_check(L, 1, &database_type);
  sqlite3_stmt *statement;
  size_t size;
  const char *rest, *sql = phb_check_bytes(L, 2, &size);
  const int last = lua_gettop(L);
  for (int i = 3; i <= last; i++)
    if (lua_type(L, i) > LUA_TSTRING || lua_type(L, i) == LUA_TBOOLEAN)
      phb_argument_error(L, i, "a number, a text or nil expected");
  void **box = phb_box(L, &statement_type);
  int code = sqlite3_prepare_v2(db, sql, (int)size, &statement, &rest);
  *box = statement;
  if (code != SQLITE_OK) return fail(L, db, code);
  if (sqlite3_bind_parameter_count(statement) != last - 2)
    return luaL_error(L, "the statement takes %d arguments, got %d", sqlite3_bind_parameter_count(statement),
                      last - 2);
  bind_arguments(L, statement, last);
  lua_newtable(L);
  const int columns = sqlite3_column_count(statement);
  for (lua_Integer row = 1; (code = sqlite3_step(statement)) == SQLITE_ROW; row++) {
    lua_createtable(L, columns, 0);
    for (int i = 0; i < columns; i++) {
      push_column(L, statement, i);
      lua_rawseti(L, -2, i + 1);
    }
    lua_rawseti(L, -2, row);
  }
  *box = NULL;
  if (code != SQLITE_DONE) {
    int count = fail(L, db, code); /* before the statement goes, which would clear it */
    sqlite3_finalize(statement);
    return count;
  }
  sqlite3_finalize(statement);
  return 1;
}

/* db:changed() -> how many rows the last statement inserted, updated or deleted */
static int database_changed(lua_State *L) {
  lua_pushinteger(L, sqlite3_changes(phb_check(L, 1, &database_type)));
  return 1;
}

/* db:is_open(): whether a transaction is; a failure may have ended it. */
static int database_is_open(lua_State *L) {
  lua_pushboolean(L, !sqlite3_get_autocommit(phb_check(L, 1, &database_type)));
  return 1;
}

static const phb_function methods[] = {{"run", database_run, -1},
                                       {"changed", database_changed, 1},
                                       {"is_open", database_is_open, 1},
                                       {NULL, NULL, 0}};

static const phb_type database_type = {"ph.database", release, methods, NULL};

static const phb_function functions[] = {{"database", database_open, 2}, {NULL, NULL, 0}};

void phb_open_database(lua_State *L) {
  phb_register(L, &database_type);
  phb_register(L, &statement_type);
  phb_set_functions(L, functions);
}
