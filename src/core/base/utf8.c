/* SPDX-License-Identifier: MIT */
/* UTF-8. The ranges of valid sequences are those of table 3-7 of the Unicode standard. */
#include "utf8.h"

#include <string.h>

#include "memory.h"

enum { REPLACEMENT = 0xFFFD };

/* The length of the valid sequence at s and its character, or 0. A string's terminator ends any sequence. */
static int decode(const unsigned char *s, uint32_t *code) {
  if (s[0] < 0x80) {
    *code = s[0];
    return 1;
  }
  int length = s[0] >= 0xF0 ? 4 : s[0] >= 0xE0 ? 3 : 2;
  if (s[0] < 0xC2 || s[0] > 0xF4) return 0;
  uint32_t value = s[0] & (0x7Fu >> length);
  for (int i = 1; i < length; i++) {
    if ((s[i] & 0xC0) != 0x80) return 0;
    value = value << 6 | (s[i] & 0x3F);
  }
  static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  if (value < least[length] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) return 0;
  *code = value;
  return length;
}

uint32_t ph_utf8_next(const char **text) {
  uint32_t code;
  if (**text == '\0') return 0;
  int length = decode((const unsigned char *)*text, &code);
  *text += length > 0 ? length : 1;
  return length > 0 ? code : REPLACEMENT;
}

size_t ph_utf8_put(uint32_t code, char *out) {
  if (code < 0x80) {
    out[0] = (char)code;
    return 1;
  }
  int length = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  for (int i = length - 1; i > 0; i--) {
    out[i] = (char)(0x80 | (code & 0x3F));
    code >>= 6;
  }
  out[0] = (char)((0xF00 >> length & 0xFF) | code);
  return (size_t)length;
}

bool ph_utf8_valid(const char *text) {
  uint32_t code;
  while (*text != '\0') {
    int length = decode((const unsigned char *)text, &code);
    if (length == 0) return false;
    text += length;
  }
  return true;
}

char *ph_utf8_copy_clean(const char *text) {
  size_t size = 1;
  char bytes[PH_UTF8_MOST];
  for (const char *at = text; *at != '\0';) size += ph_utf8_put(ph_utf8_next(&at), bytes);
  char *copy = ph_alloc(size), *out = copy;
  if (copy == NULL) return NULL;
  while (*text != '\0') out += ph_utf8_put(ph_utf8_next(&text), out);
  return copy;
}

const char *ph_name_print(const char *name, char text[PH_NAME_TEXT]) {
  size_t length = strnlen(name, PH_NAME_TEXT);
  bool is_cut = length == PH_NAME_TEXT;
  if (is_cut) length = PH_NAME_TEXT - 4;
  for (size_t i = 0; i < length; i++) {
    unsigned char byte = (unsigned char)name[i];
    text[i] = byte < ' ' || byte == 0x7F ? '?' : name[i];
  }
  strcpy(text + length, is_cut ? "..." : "");
  return text;
}
