/* SPDX-License-Identifier: MIT */
/* Statuses and messages: the only formatting of error text in the core. */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>

ph_status ph_fail(ph_error *e, ph_status status, const char *format, ...) {
  if (e != NULL) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(e->message, sizeof e->message, format, arguments);
    va_end(arguments);
    e->status = status;
  }
  return status;
}

ph_status ph_no_memory(ph_error *e) { return ph_fail(e, PH_NO_MEMORY, "not enough memory"); }
