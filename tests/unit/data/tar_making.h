/* SPDX-License-Identifier: MIT */
/* Makes tar archives of any kind, valid or not, without the code under test. */
#ifndef TAR_MAKING_H
#define TAR_MAKING_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef struct archive {
  unsigned char data[1 << 17];
  size_t size;
} archive;

/* The sum that a header carries of itself. */
static inline void seal(unsigned char *header) {
  unsigned sum = 0;
  memset(header + 148, ' ', 8);
  for (int i = 0; i < 512; i++) sum += header[i];
  snprintf((char *)header + 148, 8, "%06o", sum);
}

/* A member, of ustar's kind; `type` is '0' for a file. Returns its header. */
static inline unsigned char *put_member(archive *a, const char *name, char type, const void *data,
                                        size_t size) {
  unsigned char *header = a->data + a->size;
  memset(header, 0, 512);
  memcpy(header, name, strlen(name) < 100 ? strlen(name) : 100);
  snprintf((char *)header + 100, 8, "%07o", 0644);
  snprintf((char *)header + 124, 12, "%011o", (unsigned)size);
  snprintf((char *)header + 136, 12, "%011o", 1000);
  header[156] = (unsigned char)type;
  memcpy(header + 257,
         "ustar\0"
         "00",
         8);
  seal(header);
  memset(header + 512, 0, (size + 511) / 512 * 512);
  if (size > 0) memcpy(header + 512, data, size);
  a->size += 512 + (size + 511) / 512 * 512;
  return header;
}

static inline void put_end(archive *a) {
  memset(a->data + a->size, 0, 1024);
  a->size += 1024;
}

#endif
