/* SPDX-License-Identifier: MIT */
/* How much processor time the control groups of Linux allow a process: containers are limited by quotas,
   which the affinity mask does not show. Both versions of control groups. */
#ifndef PH_QUOTA_H
#define PH_QUOTA_H

/* Cores that the quota comes to, a fraction; infinity where there is none. `membership` is the path of the
   process's list of groups (/proc/self/cgroup), `mount` the folder that groups are mounted in
   (/sys/fs/cgroup). */
double ph_quota(const char *membership, const char *mount);

#endif
