/* How many threads there are to use. */
#ifndef PH_THREADS_H
#define PH_THREADS_H

/* Cores that this process may run on: its affinity mask, not the machine's count. At least 1. */
int ph_cores(void);

#endif
