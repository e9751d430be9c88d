/* SPDX-License-Identifier: MIT */
/* Fields: typed, documented, range-checked settings of a configuration struct. A layer type, a transform or
   an objective head declares its settings once in a table; names, defaults, checks, suggestions for typos and
   the listing for `--help` all come from it. */
#ifndef PH_FIELD_H
#define PH_FIELD_H

#include "error.h"
#include "shape.h"

/* What a caller passes: a key and one or more numbers. Text is for the few fields of kind PH_TEXT or
 * PH_CHOICE. */
enum { PH_SETTING_VALUES = 128 };
typedef struct ph_setting {
  const char *key;
  int count; /* 0: `text` is meant */
  double value[PH_SETTING_VALUES];
  const char *text;
} ph_setting;

typedef enum ph_field_kind {
  PH_INTEGER, /* int64_t */
  PH_REAL,    /* double */
  PH_FLAG,    /* bool; a setting of 0 or 1 */
  PH_PAIR,    /* int64_t[2], (vertical, horizontal); one number sets both */
  PH_SIDES, /* int64_t[4], (top, left, bottom, right); one number sets all, two set vertical and horizontal */
  PH_LIST,  /* ph_list: 1 to PH_SETTING_VALUES numbers */
  PH_INTEGERS, /* the same, of whole numbers */
  PH_CHOICE,   /* int: index into `choices` */
  PH_TEXT      /* char[PH_TEXT_SIZE] */
} ph_field_kind;

enum { PH_TEXT_SIZE = 96 };
typedef struct ph_list {
  int count;
  double value[PH_SETTING_VALUES];
} ph_list;

typedef struct ph_field {
  const char *key;
  ph_field_kind kind;
  size_t offset;              /* into the configuration struct */
  double fallback;            /* the default, for every number of the field */
  double least, most;         /* inclusive range of every number */
  const char *const *choices; /* PH_CHOICE: NULL-terminated */
  const char *summary;        /* NULL: not for people to see */
} ph_field;

/* The default of a setting that must be given. (That it lies outside the range, as other defaults may, says
   the same of one number; of a list, whose default is none, only this does.) */
enum { PH_REQUIRED = -1 };

/* Writes the defaults of a key-NULL-terminated table into *config. */
void ph_fields_default(const ph_field *fields, void *config);

/* Checks and stores settings. An unknown key, a wrong count, a fraction where an integer is meant, or a value
   out of range is PH_MISUSE; `what` ("convolution 'conv2d0'") begins the message, and a near key is
   suggested. */
ph_status ph_fields_apply(const ph_field *fields, void *config, const ph_setting *settings, int count,
                          const char *what, ph_error *e);

/* Sets one number of a setting that has numbers: number `element` of it, counted from 1. PH_MISUSE as above,
   or where the setting has no such number. */
ph_status ph_fields_set(const ph_field *fields, void *config, const char *key, int element, double value,
                        const char *what, ph_error *e);

/* The name among `count` names that is nearest to `name` by edit distance, or NULL if none is near enough to
   be what was meant. */
const char *ph_nearest(const char *name, const char *const *names, int count);

#endif
