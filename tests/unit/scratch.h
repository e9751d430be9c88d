/* SPDX-License-Identifier: MIT */
/* A scratch folder for tests that need files: made by the first use, removed by scratch_remove. */
#ifndef SCRATCH_H
#define SCRATCH_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char scratch_folder[200];

/* The path of a name in the scratch folder; the last few results stay valid. */
__attribute__((unused)) static const char *scratch(const char *name) {
  static char paths[4][512];
  static int next;
  if (scratch_folder[0] == '\0') {
    const char *base = getenv("TMPDIR");
    snprintf(scratch_folder, sizeof scratch_folder, "%.150s/phosphene-XXXXXX", base != NULL ? base : "/tmp");
    if (mkdtemp(scratch_folder) == NULL) {
      printf("Bail out! no scratch folder\n");
      exit(1);
    }
  }
  char *path = paths[next++ % 4];
  snprintf(path, sizeof paths[0], "%s/%s", scratch_folder, name);
  return path;
}

__attribute__((unused)) static void scratch_put(const char *name, const void *data, size_t size) {
  FILE *file = fopen(scratch(name), "wb");
  if (file == NULL || fwrite(data, 1, size, file) != size || fclose(file) != 0) {
    printf("Bail out! cannot write %s\n", scratch(name));
    exit(1);
  }
}

/* The bytes of a file, for free(); NULL where there is none. */
__attribute__((unused)) static unsigned char *scratch_get(const char *name, size_t *size) {
  FILE *file = fopen(scratch(name), "rb");
  if (file == NULL) return NULL;
  fseek(file, 0, SEEK_END);
  *size = (size_t)ftell(file);
  rewind(file);
  unsigned char *data = malloc(*size + 1);
  if (fread(data, 1, *size, file) != *size) *size = 0;
  fclose(file);
  return data;
}

/* How many files the folder `path` has. */
__attribute__((unused)) static int count_files(const char *path) {
  int count = 0;
  DIR *folder = opendir(path);
  if (folder == NULL) return -1;
  for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
    count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
  closedir(folder);
  return count;
}

__attribute__((unused)) static void remove_tree(const char *path) {
  DIR *folder = opendir(path);
  if (folder != NULL) {
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
      char child[1024];
      if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
      snprintf(child, sizeof child, "%s/%s", path, entry->d_name);
      if (unlink(child) != 0) remove_tree(child);
    }
    closedir(folder);
  }
  rmdir(path);
}

__attribute__((unused)) static void scratch_remove(void) {
  if (scratch_folder[0] != '\0') remove_tree(scratch_folder);
}

#endif
