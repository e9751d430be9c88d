/* SPDX-License-Identifier: MIT */
/* Files: reading, mapping, and writing so that nobody sees half a file. */
#include "files/atomic.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "files/file.h"
#include "scratch.h"
#include "tap.h"

static ph_error e;

static ph_status write_file(const char *path, const char *text) {
  ph_atomic *file;
  ph_status status = ph_atomic_begin(path, &file, &e);
  if (status != PH_OK) return status;
  status = ph_atomic_write(file, text, strlen(text), &e);
  if (status == PH_OK) return ph_atomic_commit(file, &e);
  ph_atomic_abandon(file);
  return status;
}

static int holds(const char *name, const char *text) {
  size_t size = 0;
  unsigned char *data = scratch_get(name, &size);
  int equal = data != NULL && size == strlen(text) && memcmp(data, text, size) == 0;
  free(data);
  return equal;
}

static int refused(const char *name, const char *reason) {
  return write_file(scratch(name), "new") == PH_FAILURE && strstr(e.message, scratch(name)) != NULL &&
         strstr(e.message, reason) != NULL && strchr(e.message, '\n') == NULL;
}

static void test_writing(void) {
  ok(write_file(scratch("a"), "old") == PH_OK && holds("a", "old"), "a file is written");
  ok(write_file(scratch("a"), "new and longer") == PH_OK && holds("a", "new and longer"), "and written over");
  ok(write_file(scratch("one/two/three/b"), "deep") == PH_OK && holds("one/two/three/b", "deep"),
     "folders on the way are made");
  ok(write_file(scratch("empty"), "") == PH_OK && holds("empty", ""), "it may be empty");
  char name[256];
  memset(name, 'n', 255);
  name[255] = '\0';
  ok(write_file(scratch(name), "long") == PH_OK && holds(name, "long"),
     "its name may be as long as names can be");
  char here[512];
  if (getcwd(here, sizeof here) != NULL && chdir(scratch_folder) == 0) {
    ok(write_file("relative", "here") == PH_OK && write_file("x/../y/z", "there") == PH_OK,
       "relative paths work");
    if (chdir(here) != 0) ok(0, "back to the folder");
  }
  ok(holds("relative", "here") && holds("y/z", "there"), "and mean what they say");
}

static void test_what_stays(void) {
  struct stat about;
  scratch_put("mode", "old", 3);
  chmod(scratch("mode"), 0640);
  ok(write_file(scratch("mode"), "new") == PH_OK && stat(scratch("mode"), &about) == 0 &&
         (about.st_mode & 0777) == 0640,
     "a file keeps its mode");
  mode_t mask = umask(027);
  ok(write_file(scratch("masked"), "new") == PH_OK && stat(scratch("masked"), &about) == 0 &&
         (about.st_mode & 0777) == 0640,
     "a new one follows the umask");
  umask(mask);
  scratch_put("target", "old", 3);
  ok(symlink("target", scratch("link")) == 0 && write_file(scratch("link"), "through") == PH_OK &&
         holds("target", "through") && lstat(scratch("link"), &about) == 0 && S_ISLNK(about.st_mode),
     "a symbolic link stays and its target is written");
}

static void test_obstacles(void) {
  scratch_put("file", "old", 3);
  ok(refused("file/below", "Not a directory"), "a file is no folder: %s", e.message);
  ok(refused("file/below/deeper", "Not a directory"), "nor can one be made below it: %s", e.message);
  ok(refused("one", "it is a folder"), "a folder is no file: %s", e.message);
  ok(refused("one/", "it names no file"), "nor is a path that ends in '/'");
  ok(write_file("", "new") == PH_FAILURE, "nor an empty path: %s", e.message);
  ok(write_file("/dev/null", "new") == PH_FAILURE && access("/dev/null", W_OK) == 0,
     "devices are not replaced: %s", e.message);
  if (geteuid() == 0) {
    ok(1, "read-only files # skip the superuser may write everything");
  } else {
    scratch_put("readonly", "old", 3);
    chmod(scratch("readonly"), 0444);
    ok(refused("readonly", "Permission denied") && holds("readonly", "old"), "read-only files stay: %s",
       e.message);
  }
  char name[257];
  memset(name, 'n', 256);
  name[256] = '\0';
  ok(refused(name, "too long"), "a name can be too long for the system");
}

/* A disk that is full, as far as this process is concerned. */
static void test_full_disk(void) {
  struct rlimit before, small;
  char *text = malloc(100001);
  memset(text, 'x', 100000);
  text[100000] = '\0';
  scratch_put("full", "old", 3);
  int files = count_files(scratch_folder);
  signal(SIGXFSZ, SIG_IGN);
  getrlimit(RLIMIT_FSIZE, &before);
  small = before;
  small.rlim_cur = 5000;
  setrlimit(RLIMIT_FSIZE, &small);
  ph_status status = write_file(scratch("full"), text);
  setrlimit(RLIMIT_FSIZE, &before);
  ok(status == PH_FAILURE && strstr(e.message, "too large") != NULL, "a failing write says why: %s",
     e.message);
  ok(holds("full", "old"), "the old file is as it was");
  ok(count_files(scratch_folder) == files, "no half file is left beside it");
  free(text);
}

static void test_abandoning(void) {
  int files = count_files(scratch_folder);
  ph_atomic *file;
  scratch_put("a", "old", 3);
  ok(ph_atomic_begin(scratch("a"), &file, &e) == PH_OK && ph_atomic_write(file, "half", 4, &e) == PH_OK &&
         holds("a", "old"),
     "while it is written, the old file is there");
  ph_atomic_abandon(file);
  ph_atomic_abandon(NULL);
  ok(holds("a", "old") && count_files(scratch_folder) == files, "and stays when it is given up");

  ok(ph_atomic_begin(scratch("gone/x"), &file, &e) == PH_OK, "a folder may vanish");
  remove_tree(scratch("gone"));
  ok(ph_atomic_commit(file, &e) == PH_FAILURE && strstr(e.message, "gone/x") != NULL, "which is noticed: %s",
     e.message);

  ph_atomic *two;
  ok(ph_atomic_begin(scratch("a"), &file, &e) == PH_OK && ph_atomic_begin(scratch("a"), &two, &e) == PH_OK &&
         ph_atomic_write(file, "first", 5, &e) == PH_OK && ph_atomic_write(two, "second", 6, &e) == PH_OK &&
         ph_atomic_commit(two, &e) == PH_OK && ph_atomic_commit(file, &e) == PH_OK && holds("a", "first"),
     "two writers do not mix: the last to finish wins");
}

static void test_reading(void) {
  unsigned char *data;
  size_t size;
  scratch_put("a", "0123456789", 10);
  ok(ph_file_read(scratch("a"), 10, &data, &size, &e) == PH_OK && size == 10 &&
         memcmp(data, "0123456789", 10) == 0,
     "a file is read");
  ph_free(data);
  ok(ph_file_read(scratch("a"), 9, &data, &size, &e) == PH_FAILURE, "if it is not too large: %s", e.message);
  ok(ph_file_read(scratch("nothing"), 10, &data, &size, &e) == PH_FAILURE &&
         strstr(e.message, "nothing': No such file") != NULL,
     "a missing one is named: %s", e.message);
  ok(ph_file_read(scratch_folder, 10, &data, &size, &e) == PH_FAILURE, "a folder is none: %s", e.message);
  ok(ph_file_read("/dev/zero", 10, &data, &size, &e) == PH_FAILURE, "nor is a device: %s", e.message);
  ok(mkfifo(scratch("pipe"), 0600) == 0 && ph_file_read(scratch("pipe"), 10, &data, &size, &e) == PH_FAILURE,
     "nor is a pipe, and it does not hang");
}

/* What happens to a file after it was read does not matter: it is cut short, and overwritten in its place. */
static void test_changed_file(void) {
  enum { SIZE = 3 * 65536 };
  static char text[SIZE];
  ph_mapping *mapping;
  memset(text, 'x', SIZE);
  scratch_put("m", text, SIZE);
  ok(ph_mapping_read(scratch("m"), &mapping, &e) == PH_OK, "a larger file is read");
  FILE *file = fopen(scratch("m"), "r+b");
  ok(file != NULL && fwrite("yyy", 1, 3, file) == 3 && fclose(file) == 0, "it is overwritten");
  ok(truncate(scratch("m"), 2) == 0, "and cut short");
  ok(ph_mapping_size(mapping) == SIZE && memcmp(ph_mapping_data(mapping), text, SIZE) == 0,
     "what was read stays");
  ph_mapping_release(mapping);
  scratch_put("m", "", 0);
  ok(ph_mapping_read(scratch("m"), &mapping, &e) == PH_OK && ph_mapping_size(mapping) == 0,
     "it may be empty");
  ph_mapping_release(mapping);
  ok(ph_mapping_read(scratch("nothing"), &mapping, &e) == PH_FAILURE, "it may be missing: %s", e.message);
}

static void test_mapping(void) {
  ph_mapping *mapping;
  scratch_put("m", "mapped", 6);
  ok(ph_mapping_open(scratch("m"), &mapping, &e) == PH_OK && ph_mapping_size(mapping) == 6 &&
         memcmp(ph_mapping_data(mapping), "mapped", 6) == 0,
     "a file is mapped");
  ph_mapping_data(mapping)[0] = 'M';
  ok(holds("m", "mapped"), "writing to it does not change the file");
  ok(write_file(scratch("m"), "") == PH_OK && ph_mapping_data(mapping)[5] == 'd',
     "replacing the file does not change the mapping");
  ok(ph_mapping_retain(mapping) == mapping, "it is counted");
  ph_mapping_release(mapping);
  ok(ph_mapping_data(mapping)[0] == 'M', "and lives until the last reference goes");
  ph_mapping_release(mapping);
  ph_mapping_release(NULL);
  ok(ph_mapping_open(scratch("m"), &mapping, &e) == PH_OK && ph_mapping_size(mapping) == 0,
     "it may be empty");
  ph_mapping_release(mapping);
  ok(ph_mapping_open(scratch("nothing"), &mapping, &e) == PH_FAILURE, "it may be missing: %s", e.message);
}

/* A file as a process leaves it that is killed while it writes. */
static void leave(const char *name, long owner) {
  char path[64];
  snprintf(path, sizeof path, ".phosphene-%ld-%s", owner, name);
  scratch_put(path, "half", 4);
}

static void test_left_behind(void) {
  const pid_t killed = fork();
  if (killed == 0) _exit(0);
  waitpid(killed, NULL, 0);
  const int files = count_files(scratch_folder);
  leave("0", killed);
  leave("1", killed);
  ok(write_file(scratch("a"), "new") == PH_OK && count_files(scratch_folder) == files,
     "what a killed process left is removed by the next one");
  leave("0", getppid());
  leave("x", 0);
  ok(write_file(scratch("a"), "new") == PH_OK && count_files(scratch_folder) == files + 2,
     "but not what a living one writes, nor what is called otherwise");
  char path[64];
  snprintf(path, sizeof path, ".phosphene-%ld-0", (long)killed);
  leave("0", killed);
  int fd = open(scratch(path), O_RDONLY);
  ok(flock(fd, LOCK_EX) == 0 && write_file(scratch("a"), "new") == PH_OK &&
         count_files(scratch_folder) == files + 3,
     "nor what is locked, by a process of another machine");
  close(fd);
  ok(write_file(scratch("a"), "new") == PH_OK && count_files(scratch_folder) == files + 2,
     "which ends with it");
}

static void test_failing_allocator(void) {
  size_t blocks = ph_memory_blocks();
  int files = count_files(scratch_folder);
  ph_status status = PH_NO_MEMORY;
  long n = 0;
  scratch_put("a", "old", 3);
  while (status == PH_NO_MEMORY && n < 100) {
    unsigned char *data = NULL;
    size_t size;
    ph_mapping *mapping = NULL;
    ph_memory_fail_after(++n);
    status = write_file(scratch("a"), "new");
    if (status == PH_OK) status = ph_file_read(scratch("a"), 10, &data, &size, &e);
    if (status == PH_OK) status = ph_mapping_open(scratch("a"), &mapping, &e);
    ph_memory_fail_after(0);
    ph_free(data);
    ph_mapping_release(mapping);
    if (ph_memory_blocks() != blocks) break;
  }
  ok(status == PH_OK && n > 5, "with memory short at any point (%ld), nothing leaks", n);
  ok(ph_memory_blocks() == blocks && count_files(scratch_folder) == files, "and nothing is left");
}

int main(void) {
  test_writing();
  test_what_stays();
  test_obstacles();
  test_full_disk();
  test_abandoning();
  test_reading();
  test_mapping();
  test_changed_file();
  test_left_behind();
  test_failing_allocator();
  scratch_remove();
  return tap_done();
}
