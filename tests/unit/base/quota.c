/* SPDX-License-Identifier: MIT */
/* Quotas of control groups, from files made up as the kernel would show them. */
#include "base/quota.h"

#include <math.h>

#include "scratch.h"
#include "tap.h"

static void put(const char *name, const char *text) { scratch_put(name, text, strlen(text)); }

static void make_folder(const char *name) { mkdir(scratch(name), 0777); }

/* The quota of a process with this list of groups. */
static double quota_of(const char *membership) {
  put("membership", membership);
  return ph_quota(scratch("membership"), scratch("mount"));
}

static void test_new(void) {
  make_folder("mount");
  make_folder("mount/outer");
  make_folder("mount/outer/inner");
  put("mount/outer/inner/cpu.max", "max 100000\n");
  ok(isinf(quota_of("0::/outer/inner\n")), "version 2: max is no quota");
  put("mount/outer/inner/cpu.max", "150000 100000\n");
  near(quota_of("0::/outer/inner\n"), 1.5, 0, "version 2: a share of the period");
  put("mount/outer/cpu.max", "50000 100000\n");
  near(quota_of("0::/outer/inner\n"), 0.5, 0, "version 2: the group around it may leave less");
  put("mount/cpu.max", "20000 100000\n");
  near(quota_of("0::/outer/inner\n"), 0.2, 0, "version 2: and so may the root, as containers see it");
  near(quota_of("0::/\n"), 0.2, 0, "version 2: which may be all there is");
}

static void test_old(void) {
  make_folder("mount/cpu");
  make_folder("mount/cpu/group");
  put("mount/cpu/group/cpu.cfs_quota_us", "-1\n");
  put("mount/cpu/group/cpu.cfs_period_us", "100000\n");
  ok(isinf(quota_of("4:cpu,cpuacct:/group\n")), "version 1: -1 is no quota");
  put("mount/cpu/group/cpu.cfs_quota_us", "300000\n");
  near(quota_of("9:memory:/x\n4:cpuacct,cpu:/group\n"), 3, 0, "version 1: quota over period");
  ok(isinf(quota_of("4:cpuacct:/group\n3:cpuset:/group\n")), "version 1: other controllers bound nothing");
}

static void test_nonsense(void) {
  put("mount/cpu.max", "some 100000\n");
  ok(isinf(quota_of("0::/\n")), "a quota that is not a number bounds nothing");
  put("mount/cpu.max", "100000 0\n");
  ok(isinf(quota_of("0::/\n")), "nor does one of no period");
  ok(isinf(quota_of("")) && isinf(quota_of("0:\n")) && isinf(quota_of("0::relative\n")),
     "nor a list of groups that is none");
  ok(isinf(ph_quota(scratch("nothing"), scratch("mount"))), "nor one that is missing");
}

int main(void) {
  test_new();
  test_old();
  test_nonsense();
  scratch_remove();
  return tap_done();
}
