/* SPDX-License-Identifier: MIT */
/* The version, as printed by -v and stored in pictures. */
#ifndef PH_VERSION_H
#define PH_VERSION_H

#define PH_VERSION "0.2.0"

#endif
