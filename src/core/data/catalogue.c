/* SPDX-License-Identifier: MIT */
/* Catalogues: gathering, sorting and reading. Paths lie one after the other in large blocks of text, since
   there may be millions. */
#include "catalogue.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "files/file.h"
#include "files/image.h"
#include "walk.h"

/* A block of texts; the one before it stays where it is, so that texts do. */
typedef struct block {
  struct block *before;
  size_t used, room;
  char text[];
} block;

typedef struct archive {
  const char *path;
  int64_t modified;
  uint64_t size;
} archive;

struct ph_catalogue {
  int references;
  block *texts;
  ph_item *items;
  int64_t count, room;
  archive *archives;
  int64_t archive_count;
  const char *notes[PH_CATALOGUE_NOTES];
  int64_t note_count;
};

/* ---- texts, items and notes ---- */

/* Room for a text, or NULL. */
static char *new_text(ph_catalogue *c, size_t size) {
  enum { USUAL = 1 << 18 };
  block *b = c->texts;
  if (b == NULL || b->room - b->used < size) {
    const size_t room = size > USUAL ? size : USUAL;
    b = ph_alloc(sizeof *b + room);
    if (b == NULL) return NULL;
    b->before = c->texts;
    b->room = room;
    c->texts = b;
  }
  char *text = b->text + b->used;
  b->used += size;
  return text;
}

/* "FOLDER/NAME", or either alone where the other is empty; NULL when memory is short. */
static char *join(ph_catalogue *c, const char *folder, const char *name) {
  const size_t folder_size = strlen(folder), name_size = strlen(name);
  const size_t slash = folder_size > 0 && name_size > 0 && folder[folder_size - 1] != '/';
  char *text = new_text(c, folder_size + slash + name_size + 1);
  if (text == NULL) return NULL;
  memcpy(text, folder, folder_size);
  if (slash) text[folder_size] = '/';
  memcpy(text + folder_size + slash, name, name_size + 1);
  return text;
}

static ph_status add_item(ph_catalogue *c, ph_item item, ph_error *e) {
  if (c->count == c->room) {
    const int64_t room = c->room > 0 ? 2 * c->room : 1024;
    ph_item *larger = ph_alloc_array((size_t)room, sizeof *larger);
    if (larger == NULL) return ph_no_memory(e);
    if (c->count > 0) memcpy(larger, c->items, (size_t)c->count * sizeof *larger);
    ph_free(c->items);
    c->items = larger;
    c->room = room;
  }
  c->items[c->count++] = item;
  return PH_OK;
}

static ph_status add_note(ph_catalogue *c, const char *path, const char *reason, ph_error *e) {
  if (c->note_count++ >= PH_CATALOGUE_NOTES) return PH_OK;
  const size_t size = strlen(path) + strlen(reason) + sizeof "'' is left out: ";
  char *note = new_text(c, size);
  if (note == NULL) return ph_no_memory(e);
  snprintf(note, size, "'%s' is left out: %s", path, reason);
  c->notes[c->note_count - 1] = note;
  return PH_OK;
}

/* ---- gathering ---- */

/* What a path that was given stands for, while it is walked through. */
typedef struct source {
  ph_catalogue *catalogue;
  const char *path;
  int archive; /* -1: a folder */
} source;

static ph_status find(void *context, const ph_found *found, ph_error *e) {
  const source *s = context;
  char *path = join(s->catalogue, s->path, found->name);
  if (path == NULL) return ph_no_memory(e);
  return add_item(s->catalogue,
                  (ph_item){path, strlen(path) - strlen(found->name), s->archive, found->offset, found->size,
                            found->modified},
                  e);
}

static ph_status leave_out(void *context, const char *name, const char *reason, ph_error *e) {
  const source *s = context;
  char *path = join(s->catalogue, s->path, name);
  return path != NULL ? add_note(s->catalogue, path, reason, e) : ph_no_memory(e);
}

static bool is_archive(const char *path) {
  const char *dot = strrchr(path, '.');
  return dot != NULL && strcasecmp(dot, ".tar") == 0;
}

static int64_t modified(const struct stat *about) {
  return about->st_mtim.tv_sec * INT64_C(1000000000) + about->st_mtim.tv_nsec;
}

static ph_status add_path(ph_catalogue *c, const char *given, ph_error *e) {
  struct stat about;
  char *path = join(c, given, "");
  if (path == NULL) return ph_no_memory(e);
  for (size_t end = strlen(path); end > 1 && path[end - 1] == '/'; end--) path[end - 1] = '\0';
  if (path[0] == '\0') return ph_fail(e, PH_FAILURE, "cannot read '': it is no path");
  if (stat(path, &about) != 0) return ph_fail(e, PH_FAILURE, "cannot read '%s': %s", path, strerror(errno));
  source s = {c, path, -1};
  const ph_visitor visitor = {&s, find, leave_out};
  if (S_ISDIR(about.st_mode)) return ph_folder_walk(path, &visitor, e);
  if (!S_ISREG(about.st_mode))
    return ph_fail(e, PH_FAILURE, "cannot read '%s': it is neither a file nor a folder", path);
  if (is_archive(path)) {
    s.archive = (int)c->archive_count;
    c->archives[c->archive_count++] = (archive){path, modified(&about), (uint64_t)about.st_size};
    return ph_tar_walk(path, &visitor, e);
  }
  return add_item(c, (ph_item){path, 0, -1, 0, (uint64_t)about.st_size, modified(&about)}, e);
}

/* By paths; of one path, the one whose bytes come last in their archive first. */
static int compare(const void *a, const void *b) {
  const ph_item *x = a, *y = b;
  const int order = strcmp(x->path, y->path);
  return order != 0 ? order : (x->offset < y->offset) - (x->offset > y->offset);
}

static ph_status sort(ph_catalogue *c, ph_error *e) {
  int64_t kept = 0;
  ph_status status = PH_OK;
  if (c->count > 0) qsort(c->items, (size_t)c->count, sizeof *c->items, compare);
  for (int64_t i = 0; status == PH_OK && i < c->count; i++) {
    if (kept > 0 && strcmp(c->items[i].path, c->items[kept - 1].path) == 0)
      status = add_note(c, c->items[i].path, "there is another of this name", e);
    else
      c->items[kept++] = c->items[i];
  }
  c->count = kept;
  return status;
}

ph_status ph_catalogue_new(const char *const *paths, int64_t count, ph_catalogue **catalogue, ph_error *e) {
  ph_catalogue *c = ph_alloc(sizeof *c);
  if (c == NULL) return ph_no_memory(e);
  ph_status status = PH_OK;
  c->references = 1;
  c->archives = ph_alloc_array((size_t)count, sizeof *c->archives);
  if (c->archives == NULL) status = ph_no_memory(e);
  for (int64_t i = 0; status == PH_OK && i < count; i++) status = add_path(c, paths[i], e);
  if (status == PH_OK) status = sort(c, e);
  if (status == PH_OK)
    *catalogue = c;
  else
    ph_catalogue_release(c);
  return status;
}

ph_catalogue *ph_catalogue_retain(ph_catalogue *catalogue) {
  catalogue->references++;
  return catalogue;
}

void ph_catalogue_release(ph_catalogue *catalogue) {
  if (catalogue == NULL || --catalogue->references > 0) return;
  for (block *b = catalogue->texts; b != NULL;) {
    block *before = b->before;
    ph_free(b);
    b = before;
  }
  ph_free(catalogue->items);
  ph_free(catalogue->archives);
  ph_free(catalogue);
}

/* ---- reading ---- */

int64_t ph_catalogue_count(const ph_catalogue *catalogue) { return catalogue->count; }
const ph_item *ph_catalogue_item(const ph_catalogue *catalogue, int64_t i) { return &catalogue->items[i]; }
int64_t ph_catalogue_notes(const ph_catalogue *catalogue) { return catalogue->note_count; }
const char *ph_catalogue_note(const ph_catalogue *catalogue, int i) { return catalogue->notes[i]; }

ph_status ph_catalogue_read(const ph_catalogue *catalogue, int64_t i, unsigned char **bytes, size_t *size,
                            ph_error *e) {
  struct stat about;
  const ph_item *item = &catalogue->items[i];
  if (item->archive < 0) return ph_file_read(item->path, PH_IMAGE_MOST_BYTES, bytes, size, e);
  const archive *a = &catalogue->archives[item->archive];
  if (stat(a->path, &about) == 0 && (modified(&about) != a->modified || (uint64_t)about.st_size != a->size))
    return ph_fail(e, PH_FAILURE, "cannot read '%s': the archive has changed", item->path);
  *size = (size_t)item->size;
  return ph_file_read_part(a->path, item->offset, *size, PH_IMAGE_MOST_BYTES, bytes, e);
}
