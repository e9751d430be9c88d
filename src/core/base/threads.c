/* SPDX-License-Identifier: MIT */
/* How many threads to use. */
#include "threads.h"

#include <math.h>
#include <sched.h>
#ifdef _OPENMP
#include <omp.h>
#endif

#include "quota.h"

/* With OMP_PROC_BIND the runtime binds this thread to one core, but remembers how many the process had. */
static int allowed(void) {
#ifdef _OPENMP
  return omp_get_num_procs();
#else
  cpu_set_t mask;
  return sched_getaffinity(0, sizeof mask, &mask) == 0 ? CPU_COUNT(&mask) : 1;
#endif
}

int ph_cores(void) {
  double quota = ceil(ph_quota("/proc/self/cgroup", "/sys/fs/cgroup"));
  int count = allowed();
  if (quota < count) count = (int)quota;
  return count > 0 ? count : 1;
}

#ifdef _OPENMP
int ph_team_size(void) { return omp_get_max_threads(); }
void ph_set_team_size(int threads) { omp_set_num_threads(threads); }
int ph_team_member(void) { return omp_get_thread_num(); }
#else
int ph_team_size(void) { return 1; }
void ph_set_team_size(int threads) { (void)threads; }
int ph_team_member(void) { return 0; }
#endif
