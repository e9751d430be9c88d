/* SPDX-License-Identifier: MIT */
/* How many threads to use, and the number of the calling thread. */
#ifndef PH_THREADS_H
#define PH_THREADS_H

/* Cores that this process may run on: those of its affinity mask, not the machine's, and no more than a quota
   of its control group comes to. At least 1. Reads files: not for every step. */
int ph_cores(void);

/* Threads that a parallel region gets where it does not ask for a number; 1, and nothing to set, without
   OpenMP. */
int ph_team_size(void);
void ph_set_team_size(int threads);

/* Which of its region's threads the caller is, from 0. */
int ph_team_member(void);

#endif
