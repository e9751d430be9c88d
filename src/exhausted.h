/* SPDX-License-Identifier: MIT */
/* What the program does where a library gets no memory and cannot say so; see exhausted.c. */
#ifndef PH_EXHAUSTED_H
#define PH_EXHAUSTED_H

/* From now on there is a reserve, and a message where that is used up. */
void exhausted_prepare(void);

#endif
