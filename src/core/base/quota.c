/* SPDX-License-Identifier: MIT */
/* Quotas of control groups. A group is limited by its ancestors too, so all up to the root are read. A file
   that cannot be read sets no limit. */
#include "quota.h"

#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { LINE = PATH_MAX + 256 };

/* The first line of a file, without its end; false where there is none. */
static bool read_line(const char *path, char line[LINE]) {
  FILE *file = fopen(path, "re");
  if (file == NULL) return false;
  bool got = fgets(line, LINE, file) != NULL;
  fclose(file);
  return got;
}

static double cores_of(double quota, double period) {
  return quota > 0 && period > 0 ? quota / period : HUGE_VAL;
}

/* Version 2: one file, "50000 100000" or "max 100000". */
static double new_quota(const char *folder) {
  char path[3 * LINE], line[LINE];
  double quota, period;
  snprintf(path, sizeof path, "%s/cpu.max", folder);
  if (!read_line(path, line) || sscanf(line, "%lf %lf", &quota, &period) != 2) return HUGE_VAL;
  return cores_of(quota, period);
}

/* Version 1: two files; no quota is -1. */
static double old_quota(const char *folder) {
  char path[3 * LINE], line[LINE];
  double quota, period;
  snprintf(path, sizeof path, "%s/cpu.cfs_quota_us", folder);
  if (!read_line(path, line) || sscanf(line, "%lf", &quota) != 1) return HUGE_VAL;
  snprintf(path, sizeof path, "%s/cpu.cfs_period_us", folder);
  if (!read_line(path, line) || sscanf(line, "%lf", &period) != 1) return HUGE_VAL;
  return cores_of(quota, period);
}

/* The smallest quota of a group and its ancestors. `group` begins with a slash, and is cut. */
static double least_quota(const char *mount, char *group, double (*quota_of)(const char *folder)) {
  char folder[2 * LINE];
  double least = HUGE_VAL;
  for (char *end = group + strlen(group); end != NULL; end = strrchr(group, '/')) {
    *end = '\0';
    snprintf(folder, sizeof folder, "%s%s", mount, group);
    least = fmin(least, quota_of(folder));
  }
  return least;
}

/* Whether a comma-separated list has "cpu" in it. */
static bool names_cpu(const char *list) {
  for (const char *at = list; at != NULL; at = strchr(at, ',')) {
    if (*at == ',') at++;
    if (strcspn(at, ",") == 3 && strncmp(at, "cpu", 3) == 0) return true;
  }
  return false;
}

/* A line is "number:controllers:group"; version 2 names no controllers. */
static double quota_of_line(char *line, const char *mount) {
  char folder[LINE];
  char *controllers = strchr(line, ':'), *group = controllers != NULL ? strchr(controllers + 1, ':') : NULL;
  if (group == NULL || group[1] != '/') return HUGE_VAL;
  *controllers++ = *group++ = '\0';
  group[strcspn(group, "\n")] = '\0';
  if (*controllers == '\0') return least_quota(mount, group, new_quota);
  if (!names_cpu(controllers)) return HUGE_VAL;
  snprintf(folder, sizeof folder, "%s/cpu", mount);
  return least_quota(folder, group, old_quota);
}

double ph_quota(const char *membership, const char *mount) {
  char line[LINE];
  double least = HUGE_VAL;
  FILE *file = fopen(membership, "re");
  if (file == NULL) return least;
  while (fgets(line, sizeof line, file) != NULL) least = fmin(least, quota_of_line(line, mount));
  fclose(file);
  return least;
}
