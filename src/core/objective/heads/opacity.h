/* SPDX-License-Identifier: MIT */
/* Where a picture has its opacity: the last of four channels. */
#ifndef PH_OPACITY_H
#define PH_OPACITY_H

#include "objective/head.h"

enum { PH_OPACITY_CHANNEL = 3 };

/* PH_MISUSE unless the picture has opacity. */
ph_status ph_opacity_fit(const ph_head *head, const ph_tap *tap, ph_error *e);

#endif
