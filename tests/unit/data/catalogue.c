/* SPDX-License-Identifier: MIT */
/* Catalogues: folders, archives and lists, what is found in them, what is left out, and what is refused. */
#include "data/catalogue.h"

#include "base/memory.h"
#include "scratch.h"
#include "tap.h"
#include "tar_making.h"

static ph_error e;
static ph_catalogue *catalogue;

static void release(void) {
  ph_catalogue_release(catalogue);
  catalogue = NULL;
}

static int opens(const char *const *paths, int count) {
  release();
  int is_open = ph_catalogue_new(paths, count, &catalogue, &e) == PH_OK;
  if (!is_open) printf("# %s\n", e.message);
  return is_open;
}

static int opens_one(const char *path) { return opens(&path, 1); }

static int refuses(const char *path, const char *reason) {
  release();
  return ph_catalogue_new(&path, 1, &catalogue, &e) == PH_FAILURE && strstr(e.message, reason) != NULL;
}

/* Whether these are the pictures, by what their paths are within, one after the other with blanks between. */
static int holds(const char *names) {
  char all[2048] = "";
  for (int64_t i = 0; i < ph_catalogue_count(catalogue); i++) {
    const ph_item *item = ph_catalogue_item(catalogue, i);
    snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s", i > 0 ? " " : "",
             item->path + item->within);
  }
  if (strcmp(all, names) != 0) printf("# got '%s'\n", all);
  return strcmp(all, names) == 0;
}

static int notes(int64_t count, const char *part) {
  int is_there = 0;
  for (int64_t i = 0; i < ph_catalogue_notes(catalogue) && i < PH_CATALOGUE_NOTES; i++) {
    is_there |= strstr(ph_catalogue_note(catalogue, (int)i), part) != NULL;
    printf("# %s\n", ph_catalogue_note(catalogue, (int)i));
  }
  return ph_catalogue_notes(catalogue) == count && is_there;
}

static void make_folder(const char *name) {
  if (mkdir(scratch(name), 0755) != 0) ok(0, "a folder");
}

static int reads(int64_t i, const char *bytes) {
  unsigned char *data = NULL;
  size_t size = 0;
  int is_right = ph_catalogue_read(catalogue, i, &data, &size, &e) == PH_OK && size == strlen(bytes) &&
                 memcmp(data, bytes, size) == 0;
  ph_free(data);
  return is_right;
}

/* ---- folders ---- */

static void test_folder(void) {
  make_folder("f");
  ok(opens_one(scratch("f")) && holds(""), "an empty folder");
  scratch_put("f/notes.txt", "", 0);
  scratch_put("f/.hidden.png", "", 0);
  ok(opens_one(scratch("f")) && holds("") && ph_catalogue_notes(catalogue) == 0, "no pictures in it");
  make_folder("f/b");
  make_folder("f/.git");
  scratch_put("f/.git/x.png", "", 0);
  scratch_put("f/b/2.JPG", "two", 3);
  scratch_put("f/a.webp", "a", 1);
  scratch_put("f/b.png", "b", 1);
  scratch_put("f/new\nline.jpeg", "", 0);
  scratch_put("f/\xC3\xA9.png", "", 0);
  ok(opens_one(scratch("f")) && holds("a.webp b.png b/2.JPG new\nline.jpeg \xC3\xA9.png"),
     "pictures, by bytes");
  ok(reads(2, "two") && reads(0, "a"), "and their bytes");
  const ph_item *item = ph_catalogue_item(catalogue, 2);
  ok(item->size == 3 && item->archive == -1 && item->modified > INT64_C(1600000000000000000),
     "their size and time");
  ok(opens_one(scratch("f///")) && holds("a.webp b.png b/2.JPG new\nline.jpeg \xC3\xA9.png"),
     "slashes at the end");
  ok(refuses(scratch("missing"), "No such file"), "missing: %s", e.message);
  ok(refuses("", "no path"), "nothing: %s", e.message);
}

static void test_links(void) {
  make_folder("l");
  make_folder("l/sub");
  scratch_put("l/sub/a.png", "", 0);
  ok(symlink("..", scratch("l/sub/up")) == 0 && symlink("sub", scratch("l/twin")) == 0 &&
         symlink("nowhere", scratch("l/broken.png")) == 0,
     "links");
  ok(opens_one(scratch("l")) && holds("sub/a.png twin/a.png"), "are followed, but not in circles");
  ok(notes(3, "circle") && notes(3, "No such file"), "which is said");
}

static void test_archives_in_folders(void) {
  make_folder("t");
  scratch_put("t/x.tar", "", 0);
  scratch_put("t/x.png", "", 0);
  ok(opens_one(scratch("t")) && holds("x.png") && notes(1, "archive in a folder"), "archives in folders");
}

/* A folder that nobody may read is left out, unless it is asked for itself. (Root may read all.) */
static void test_unreadable(void) {
  make_folder("u");
  make_folder("u/closed");
  scratch_put("u/x.png", "", 0);
  chmod(scratch("u/closed"), 0);
  if (geteuid() != 0)
    ok(opens_one(scratch("u")) && holds("x.png") && notes(1, "Permission denied"), "a folder that is closed");
  chmod(scratch("u/closed"), 0755);
}

static void test_depth(void) {
  char name[512] = "d";
  make_folder(name);
  for (int i = 0; i < 70; i++) {
    strcat(name, "/d");
    make_folder(name);
  }
  strcat(name, "/x.png");
  scratch_put(name, "", 0);
  ok(opens_one(scratch("d")) && holds("") && notes(1, "too deep"), "folders without end");
}

/* ---- lists ---- */

static void test_lists(void) {
  scratch_put("1", "1", 1);
  scratch_put("2.png", "2", 1);
  const char *paths[] = {scratch("2.png"), scratch("1"), scratch("2.png")};
  ok(opens(paths, 3) && ph_catalogue_count(catalogue) == 2 && reads(0, "1") && reads(1, "2"),
     "files of any name, in the order of their paths");
  ok(notes(1, "another of this name"), "each once");
  ok(opens(paths, 0) && ph_catalogue_count(catalogue) == 0, "none");
}

/* ---- archives ---- */

static archive a;

static void put_archive(const char *name) { scratch_put(name, a.data, a.size); }

static void test_archive(void) {
  a.size = 0;
  put_member(&a, "./b/", '5', "", 0);
  put_member(&a, "./b/1.png", '0', "one", 3);
  put_member(&a, "a.jpg", '\0', "a", 1);
  put_member(&a, "b/1.png", '0', "newer", 5);
  put_member(&a, "link.png", '2', "", 0);
  put_member(&a, "inner.tar", '0', "xyz", 3);
  put_member(&a, "readme", '0', "r", 1);
  unsigned char *header = put_member(&a, "c.png", '0', "c", 1);
  memcpy(header + 345, "far/away", 8);
  seal(header);
  put_end(&a);
  put_archive("a.tar");
  ok(opens_one(scratch("a.tar")) && holds("a.jpg b/1.png far/away/c.png"), "an archive");
  ok(reads(0, "a") && reads(1, "newer") && reads(2, "c"), "of two members of a name the last");
  ok(notes(2, "another of this name") && notes(2, "is not opened"), "which is said, as are archives in it");
  const ph_item *item = ph_catalogue_item(catalogue, 1);
  ok(item->modified == INT64_C(1000000000000) && item->size == 5 && item->archive == 0 &&
         strstr(item->path, "a.tar/b/1.png") != NULL,
     "its time, size and path");
  scratch_put("a.tar", a.data, a.size + 1);
  unsigned char *data;
  size_t size;
  ok(ph_catalogue_read(catalogue, 0, &data, &size, &e) == PH_FAILURE &&
         strstr(e.message, "has changed") != NULL,
     "an archive that changes: %s", e.message);
}

static void test_long_names(void) {
  char gnu[301], pax[301], records[400];
  memset(gnu, 'g', sizeof gnu);
  memset(pax, 'p', sizeof pax);
  memcpy(gnu + 296, ".png", 5);
  memcpy(pax + 296, ".png", 5);
  snprintf(records, sizeof records, "20 comment=whatever\n310 path=%s\n", pax);
  a.size = 0;
  put_member(&a, "././@LongLink", 'L', gnu, sizeof gnu);
  put_member(&a, "cut.png", '0', "gnu", 3);
  put_member(&a, "global", 'g', "20 comment=whatever\n", 20);
  put_member(&a, "pax", 'x', records, strlen(records));
  put_member(&a, "cut.png", '0', "pax", 3);
  put_member(&a, "short.png", '0', "s", 1);
  unsigned char *header = put_member(&a, "wide.png", '0', "wide", 4);
  memset(header + 124, 0, 12);
  header[124] = 0x80;
  header[135] = 4;
  seal(header);
  put_end(&a);
  put_archive("long.tar");
  ok(opens_one(scratch("long.tar")) && ph_catalogue_count(catalogue) == 4, "long names");
  ok(reads(0, "gnu") && reads(1, "pax") && reads(2, "s") && reads(3, "wide"),
     "of both kinds, and wide numbers");
  const ph_item *item = ph_catalogue_item(catalogue, 1);
  ok(strcmp(item->path + item->within, pax) == 0, "as they are");
}

static void test_bad_archives(void) {
  a.size = 0;
  put_member(&a, "a.png", '0', "0123456789", 10);
  for (size_t cut = 1; cut <= a.size; cut += cut < 600 ? 50 : 1) {
    scratch_put("cut.tar", a.data, cut);
    if (!refuses(scratch("cut.tar"), "cut off")) return (void)ok(0, "cut off at %zu: %s", cut, e.message);
  }
  ok(1, "cut off anywhere: %s", e.message);
  put_end(&a);
  put_archive("whole.tar");
  ok(opens_one(scratch("whole.tar")), "whole");
  scratch_put("bad.tar", "", 0);
  ok(refuses(scratch("bad.tar"), "empty"), "empty: %s", e.message);
  memset(a.data, 'x', 512);
  put_archive("bad.tar");
  ok(refuses(scratch("bad.tar"), "no tar archive"), "text: %s", e.message);
  memcpy(a.data, "\x1F\x8B", 2);
  put_archive("bad.tar");
  ok(refuses(scratch("bad.tar"), "gunzip"), "compressed: %s", e.message);
  static const char *const records[] = {
      "9999 path=x\n", "5 =\n",  "00000000000000000012 path=x\n", "12 path x.p\n",
      "-1 path=x\n",   "12\0\0", "19 size=-1000000000\n"};
  for (size_t i = 0; i < sizeof records / sizeof *records; i++) {
    a.size = 0;
    put_member(&a, "pax", 'x', records[i], i == 5 ? 4 : strlen(records[i]));
    put_member(&a, "a.png", '0', "a", 1);
    put_archive("bad.tar");
    ok(refuses(scratch("bad.tar"), "damaged"), "records that make no sense: %s", e.message);
  }
  a.size = 0;
  put_member(&a, "pax", 'x', "27 size=99999999999999999\n", 26);
  a.data[512] = '2', a.data[513] = '6';
  put_member(&a, "a.png", '0', "a", 1);
  put_archive("bad.tar");
  ok(refuses(scratch("bad.tar"), "cut off"), "a size beyond the end: %s", e.message);
}

/* Any byte changed does no harm. */
static void test_damage(void) {
  a.size = 0;
  put_member(&a, "pax", 'x', "15 path=ab.png\n", 15);
  put_member(&a, "a.png", '0', "a", 1);
  put_member(&a, "././@LongLink", 'L', "b.png", 6);
  put_member(&a, "b.png", '0', "b", 1);
  put_end(&a);
  int wrong = 0;
  for (size_t i = 0; i < a.size; i += i % 512 < 300 ? 1 : 53) {
    a.data[i] ^= 0xA5;
    for (int sealed = 0; sealed < 2; sealed++) {
      static unsigned char before[512];
      unsigned char *header = a.data + i / 512 * 512;
      memcpy(before, header, 512);
      if (sealed) seal(header);
      put_archive("flipped.tar");
      const char *path = scratch("flipped.tar");
      release();
      ph_status status = ph_catalogue_new(&path, 1, &catalogue, &e);
      wrong += status != PH_OK && status != PH_FAILURE;
      memcpy(header, before, 512);
    }
    a.data[i] ^= 0xA5;
  }
  ok(wrong == 0, "a damaged archive does no harm");
}

static void test_failing_allocator(void) {
  a.size = 0;
  put_member(&a, "pax", 'x', "15 path=ab.png\n", 15);
  put_member(&a, "a.png", '0', "a", 1);
  put_end(&a);
  put_archive("memory.tar");
  const char *paths[] = {scratch("memory.tar"), scratch("l")};
  release();
  const size_t blocks = ph_memory_blocks();
  ph_status status = PH_NO_MEMORY;
  int leaks = 0;
  long n = 0;
  while (status != PH_OK && n < 100) {
    ph_memory_fail_after(++n);
    status = ph_catalogue_new(paths, 2, &catalogue, &e);
    ph_memory_fail_after(0);
    release();
    leaks += ph_memory_blocks() != blocks;
    if (status != PH_OK && status != PH_NO_MEMORY) break;
  }
  ok(status == PH_OK && n > 5 && leaks == 0, "with memory short at any point (%ld), nothing leaks", n);
}

int main(void) {
  const size_t blocks = ph_memory_blocks();
  test_folder();
  test_links();
  test_archives_in_folders();
  test_unreadable();
  test_depth();
  test_lists();
  test_archive();
  test_long_names();
  test_bad_archives();
  test_damage();
  test_failing_allocator();
  release();
  ok(ph_memory_blocks() == blocks, "nothing is left");
  scratch_remove();
  return tap_done();
}
