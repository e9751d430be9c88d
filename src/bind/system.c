/* SPDX-License-Identifier: MIT */
/* Functions of the process and the system that Lua's own libraries lack: version, memory, time, terminal,
   folders; and the core's suggestion for a mistyped name. */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/field.h"
#include "base/fingerprint.h"
#include "base/library.h"
#include "base/memory.h"
#include "base/threads.h"
#include "base/version.h"
#include "colour/dft.h"
#include "files/atomic.h"
#include "files/file.h"
#include "files/path.h"
#include "files/picture/jpeg.h"
#include "files/picture/png.h"
#include "files/picture/webp.h"
#include "network/backend.h"
#include "bind.h"

/* core.memory() -> bytes, blocks: what the core now holds */
static int system_memory(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)ph_memory_bytes());
  lua_pushinteger(L, (lua_Integer)ph_memory_blocks());
  return 2;
}

/* core.fail_after(n): for tests, the nth allocation from now on fails, and all later ones; of a negative n
   the -nth alone; 0 ends it */
static int system_fail_after(lua_State *L) {
  ph_memory_fail_after((long)phb_check_integer(L, 1, -(1 << 30), 1 << 30, "count"));
  return 0;
}

/* core.clock() -> seconds of a steady clock */
static int system_clock(lua_State *L) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  lua_pushnumber(L, (lua_Number)now.tv_sec + 1e-9 * (lua_Number)now.tv_nsec);
  return 1;
}

/* core.is_terminal(fd) */
static int system_is_terminal(lua_State *L) {
  lua_pushboolean(L, isatty((int)phb_check_integer(L, 1, 0, 2, "descriptor")));
  return 1;
}

/* core.terminal_width(fd) -> columns, as they are now | nil where it is no terminal, or does not know */
static int system_terminal_width(lua_State *L) {
  struct winsize size;
  int fd = (int)phb_check_integer(L, 1, 0, 2, "descriptor");
  if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
    luaL_pushfail(L);
  else
    lua_pushinteger(L, size.ws_col);
  return 1;
}

/* ---- what decides bits ---- */

/* core.cores() -> how many threads are used where nobody says */
static int system_cores(lua_State *L) {
  lua_pushinteger(L, ph_cores());
  return 1;
}

/* core.libraries() -> list of { name =, built = or nil, loaded = or nil } */
static int system_libraries(lua_State *L) {
  const ph_library libraries[] = {ph_backend_dnnl.library(), ph_dft_library(), ph_jpeg_library(),
                                  ph_png_library(), ph_webp_library()};
  lua_newtable(L);
  for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++) {
    lua_createtable(L, 0, 3);
    lua_pushstring(L, libraries[i].name);
    lua_setfield(L, -2, "name");
    lua_pushstring(L, libraries[i].built[0] != '\0' ? libraries[i].built : NULL);
    lua_setfield(L, -2, "built");
    lua_pushstring(L, libraries[i].loaded[0] != '\0' ? libraries[i].loaded : NULL);
    lua_setfield(L, -2, "loaded");
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

/* core.instructions() -> the processor's, as the backend calls those that it uses */
static int system_instructions(lua_State *L) {
  lua_pushstring(L, ph_backend_dnnl.instructions());
  return 1;
}

static int push_fingerprint(lua_State *L, uint64_t fingerprint) {
  char digits[17];
  snprintf(digits, sizeof digits, "%016" PRIx64, fingerprint);
  lua_pushstring(L, digits);
  return 1;
}

/* core.fingerprint(text) -> 16 hexadecimal digits */
static int system_fingerprint(lua_State *L) {
  size_t size;
  const char *text = phb_check_bytes(L, 1, &size);
  return push_fingerprint(L, ph_fingerprint(0, text, size));
}

/* core.file_fingerprint(path) -> the same of a file's bytes | nil, message */
static int system_file_fingerprint(lua_State *L) {
  ph_error e;
  size_t size;
  unsigned char *bytes;
  if (ph_file_read(phb_check_text(L, 1), SIZE_MAX, &bytes, &size, &e) != PH_OK) return phb_fail(L, &e);
  const uint64_t print = ph_fingerprint(0, bytes, size);
  ph_free(bytes);
  return push_fingerprint(L, print);
}

/* ---- files and folders ---- */

/* core.expand_path(path) -> the path with a home folder for "~" | nil, message */
static int system_expand_path(lua_State *L) {
  ph_error e;
  char expanded[PH_PATH_SIZE];
  if (ph_path_expand(phb_check_text(L, 1), expanded, &e) != PH_OK) return phb_fail(L, &e);
  lua_pushstring(L, expanded);
  return 1;
}

/* core.save_text(path, text) -> true | nil, message: whole or not at all; missing folders are made */
static int system_save_text(lua_State *L) {
  ph_error e;
  size_t size;
  ph_atomic *file;
  const char *path = phb_check_text(L, 1), *text = phb_check_bytes(L, 2, &size);
  if (ph_atomic_begin(path, &file, &e) != PH_OK) return phb_fail(L, &e);
  if (ph_atomic_write(file, text, size, &e) != PH_OK) {
    ph_atomic_abandon(file);
    return phb_fail(L, &e);
  }
  if (ph_atomic_commit(file, &e) != PH_OK) return phb_fail(L, &e);
  lua_pushboolean(L, 1);
  return 1;
}

/* core.can_write(path) -> true | nil, message: begins the file, and gives it up; folders that were missing
   stay */
static int system_can_write(lua_State *L) {
  ph_error e;
  ph_atomic *file;
  if (ph_atomic_begin(phb_check_text(L, 1), &file, &e) != PH_OK) return phb_fail(L, &e);
  ph_atomic_abandon(file);
  lua_pushboolean(L, 1);
  return 1;
}

/* A listing is boxed while its names are pushed, since pushing may raise. */
typedef struct listing {
  struct dirent **entry;
  int count;
} listing;

static void release_listing(void *object) {
  listing *list = object;
  for (int i = 0; i < list->count; i++) free(list->entry[i]);
  free(list->entry);
  ph_free(list);
}

static const phb_function no_methods[] = {{NULL, NULL, 0}};
static const phb_type listing_type = {"ph.listing", release_listing, no_methods, NULL};

/* Not alphasort, whose order depends on the locale. */
static int by_name(const struct dirent **a, const struct dirent **b) {
  return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_visible(const struct dirent *entry) { return entry->d_name[0] != '.'; }

/* core.list_folder(path) -> names, sorted by bytes, hidden ones left out | nil, message */
static int system_list_folder(lua_State *L) {
  ph_error e;
  char expanded[PH_PATH_SIZE];
  const char *path = phb_check_text(L, 1);
  void **box = phb_box(L, &listing_type);
  listing *list = ph_alloc(sizeof *list);
  if (list == NULL) return luaL_error(L, "not enough memory");
  *box = list;
  if (ph_path_expand(path, expanded, &e) != PH_OK) return phb_fail(L, &e);
  list->count = scandir(expanded, &list->entry, is_visible, by_name);
  if (list->count < 0) {
    luaL_pushfail(L);
    lua_pushfstring(L, "cannot list '%s': %s", path, strerror(errno));
    list->count = 0;
    return 2;
  }
  lua_createtable(L, list->count, 0);
  for (int i = 0; i < list->count; i++) {
    lua_pushstring(L, list->entry[i]->d_name);
    lua_rawseti(L, -2, i + 1);
  }
  release_listing(list);
  *box = NULL;
  return 1;
}

/* core.is_special(path) -> whether it is there, and neither a file nor a folder: a pipe, a socket, a device
 */
static int system_is_special(lua_State *L) {
  struct stat about;
  const char *path = luaL_checkstring(L, 1);
  lua_pushboolean(L, stat(path, &about) == 0 && !S_ISREG(about.st_mode) && !S_ISDIR(about.st_mode));
  return 1;
}

/* ---- names ---- */

/* core.nearest(name, names) -> the one that was probably meant, or nil */
static int system_nearest(lua_State *L) {
  const char *name = phb_check_text(L, 1);
  phb_check_type(L, 2, LUA_TTABLE);
  int count = (int)lua_rawlen(L, 2);
  const char **names = lua_newuserdatauv(L, sizeof *names * (size_t)(count + 1), 0);
  for (int i = 0; i < count; i++) {
    if (lua_rawgeti(L, 2, i + 1) != LUA_TSTRING) return phb_argument_error(L, 2, "a list of names expected");
    names[i] = lua_tostring(L, -1); /* kept alive by the list */
    lua_pop(L, 1);
  }
  lua_pushstring(L, ph_nearest(name, names, count));
  return 1;
}

static const phb_function functions[] = {{"memory", system_memory, 0},
                                         {"fail_after", system_fail_after, 1},
                                         {"clock", system_clock, 0},
                                         {"is_terminal", system_is_terminal, 1},
                                         {"terminal_width", system_terminal_width, 1},
                                         {"cores", system_cores, 0},
                                         {"libraries", system_libraries, 0},
                                         {"instructions", system_instructions, 0},
                                         {"fingerprint", system_fingerprint, 1},
                                         {"file_fingerprint", system_file_fingerprint, 1},
                                         {"expand_path", system_expand_path, 1},
                                         {"save_text", system_save_text, 2},
                                         {"can_write", system_can_write, 1},
                                         {"list_folder", system_list_folder, 1},
                                         {"is_special", system_is_special, 1},
                                         {"nearest", system_nearest, 2},
                                         {NULL, NULL, 0}};

void phb_open_system(lua_State *L) {
  phb_register(L, &listing_type);
  phb_set_functions(L, functions);
  lua_pushliteral(L, PH_VERSION);
  lua_setfield(L, -2, "version");
}
