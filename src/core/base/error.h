/* SPDX-License-Identifier: MIT */
/* Statuses and messages. Every core function that can fail returns a ph_status and, when it is not PH_OK, has
   written one line into the ph_error it was given. The message names things and shapes, never source lines.
 */
#ifndef PH_ERROR_H
#define PH_ERROR_H

typedef enum ph_status {
  PH_OK = 0,
  PH_MISUSE,  /* the caller asked for something that does not exist or does not fit: a bug in the recipe */
  PH_FAILURE, /* the world did not cooperate: a missing or corrupt file, an unwritable output */
  PH_NO_MEMORY
} ph_status;

typedef struct ph_error {
  ph_status status;
  char message[480];
} ph_error;

/* Writes the formatted message into e (which may be NULL) and returns status, so that callers can
   `return ph_fail(e, PH_MISUSE, "…")`. Messages too long for the buffer are cut. */
ph_status ph_fail(ph_error *e, ph_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The one message for failed allocations. */
ph_status ph_no_memory(ph_error *e);

/* Evaluates a core call; on failure sets `status` and jumps to the function's `done` label, which releases
   what the function holds and is reached on success too. */
#define PH_TRY(call)                                                                                         \
  do {                                                                                                       \
    status = (call);                                                                                         \
    if (status != PH_OK) goto done;                                                                          \
  } while (0)

#endif
