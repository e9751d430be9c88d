/* SPDX-License-Identifier: MIT */
/* PH_VECTOR: compile a loop for several vector widths and choose at load time. The program itself targets any
   x86-64, and all variants compute the same: contraction to fused multiply-add is off, and no reduction is
   reordered. */
#ifndef PH_VECTOR_H
#define PH_VECTOR_H

/* Not under sanitizers, whose runtime starts after the loader has made its choice, nor with clang, which
   wants clones spelled otherwise. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) &&     \
    !defined(__SANITIZE_THREAD__)
#define PH_VECTOR __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define PH_VECTOR
#endif

#endif
