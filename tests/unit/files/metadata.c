/* SPDX-License-Identifier: MIT */
/* Metadata: UTF-8, the dictionary, and PNG's text chunks. */
#include "base/memory.h"
#include "base/utf8.h"
#include "files/metadata.h"
#include "files/picture/png.h"
#include "png_making.h"
#include "tap.h"

static ph_error e;

/* Whether a PNG's pixels can be had. */
static ph_status decode(const unsigned char *png, size_t size) {
  ph_samples samples;
  ph_status status = ph_png_decode(png, size, &samples, &e);
  if (status == PH_OK) ph_samples_free(&samples);
  return status;
}

/* ---- UTF-8 ---- */

static void test_every_character(void) {
  int right = 0, all = 0;
  for (uint32_t code = 1; code <= 0x10FFFF; code++) {
    char text[PH_UTF8_MOST + 1] = {0};
    if (code >= 0xD800 && code <= 0xDFFF) continue;
    size_t length = ph_utf8_put(code, text);
    const char *at = text;
    all++;
    right +=
        ph_utf8_next(&at) == code && at == text + length && ph_utf8_next(&at) == 0 && ph_utf8_valid(text);
  }
  ok(right == all, "every character is written and read back");
  char text[PH_UTF8_MOST];
  ok(ph_utf8_put(0x7F, text) == 1 && ph_utf8_put(0x80, text) == 2 && ph_utf8_put(0x7FF, text) == 2 &&
         ph_utf8_put(0x800, text) == 3 && ph_utf8_put(0xFFFF, text) == 3 && ph_utf8_put(0x10000, text) == 4,
     "in as few bytes as it takes");
}

static void test_broken(void) {
  static const char *const broken[] = {"\x80",
                                       "\xC3",
                                       "\xC0\x80",
                                       "\xC1\xBF",
                                       "\xE2\x82",
                                       "\xE0\x80\x80",
                                       "\xED\xA0\x80",
                                       "\xED\xBF\xBF",
                                       "\xF0\x80\x80\x80",
                                       "\xF4\x90\x80\x80",
                                       "\xF5\x80\x80\x80",
                                       "\xFF",
                                       "a\xE2\x82z"};
  int caught = 0, count = (int)(sizeof broken / sizeof *broken);
  for (int i = 0; i < count; i++) caught += !ph_utf8_valid(broken[i]);
  ok(caught == count, "cut, overlong, surrogate and too large sequences are broken");
  char *clean = ph_utf8_copy_clean("a\xE2\x82z\xFF\xC3\xA9");
  ok(strcmp(clean, "a\xEF\xBF\xBD\xEF\xBF\xBDz\xEF\xBF\xBD\xC3\xA9") == 0, "each broken byte becomes U+FFFD");
  ph_free(clean);

  char print[PH_NAME_TEXT], longer[300];
  memset(longer, 'x', sizeof longer - 1);
  longer[sizeof longer - 1] = '\0';
  ok(strcmp(ph_name_print("a\nb\x1B\x7F\xC3\xA9", print), "a?b??\xC3\xA9") == 0, "messages stay on one line");
  ok(strlen(ph_name_print(longer, print)) == PH_NAME_TEXT - 1 && strcmp(print + PH_NAME_TEXT - 4, "...") == 0,
     "and short");
}

/* ---- the dictionary ---- */

static ph_metadata *make(const char *const (*pairs)[2]) {
  ph_metadata *metadata = NULL;
  ph_status status = ph_metadata_new(&metadata, &e);
  for (; status == PH_OK && (*pairs)[0] != NULL; pairs++)
    status = ph_metadata_set(metadata, (*pairs)[0], (*pairs)[1], &e);
  if (status != PH_OK) ok(0, "metadata: %s", e.message);
  return metadata;
}

static void test_dictionary(void) {
  ph_metadata *m = make(
      (const char *const[][2]){{"seed", "1"}, {"net", "googlenet"}, {"steps", "512"}, {"seed", "2"}, {NULL}});
  ok(ph_metadata_count(m) == 3, "a key counts once");
  ok(strcmp(ph_metadata_get(m, "seed"), "2") == 0, "and has the value set last");
  ok(ph_metadata_get(m, "nothing") == NULL, "an unknown key has none");
  ok(strcmp(ph_metadata_key(m, 0), "net") == 0 && strcmp(ph_metadata_key(m, 1), "seed") == 0 &&
         strcmp(ph_metadata_key(m, 2), "steps") == 0,
     "keys are sorted");
  ok(ph_metadata_set(m, "file", "caf\xE9", &e) == PH_OK &&
         strcmp(ph_metadata_get(m, "file"), "caf\xEF\xBF\xBD") == 0,
     "odd bytes do not lose a picture");
  ph_metadata_free(m);
  ph_metadata_free(NULL);

  char key[20];
  ph_status status = ph_metadata_new(&m, &e);
  for (int i = 0; status == PH_OK && i < PH_METADATA_MOST; i++) {
    snprintf(key, sizeof key, "key %d", PH_METADATA_MOST - i);
    status = ph_metadata_set(m, key, "value", &e);
  }
  ok(status == PH_OK && ph_metadata_count(m) == PH_METADATA_MOST, "many entries are fine");
  ok(ph_metadata_set(m, "one more", "", &e) == PH_FAILURE, "but not any number");
  ok(ph_metadata_set(m, "key 7", "changed", &e) == PH_OK, "while old ones can still change");
  ph_metadata_free(m);
}

/* ---- PNG ---- */

static const char *const samples[][2] = {{"Author", "nobody"},
                                         {"empty", ""},
                                         {"lines", "one\ntwo\n"},
                                         {"objective", "0.5·mixed4a:476 − L1"},
                                         {"other planes", "\xF0\x9F\x98\x80 \xE7\xA5\x9E\xE7\xBB\x8F"},
                                         {"tab", "a\tb"},
                                         {NULL}};

/* A PNG of one grey pixel with these metadata. */
static ph_status encode(const ph_metadata *metadata, unsigned char **png, size_t *size) {
  unsigned char grey[] = {0x80};
  return ph_png_encode(&(ph_samples){.data = grey, .w = 1, .h = 1, .channels = 1}, metadata, png, size, &e);
}

static void test_round_trip(void) {
  unsigned char *png = NULL;
  size_t size = 0;
  ph_metadata *m = make(samples), *back = make((const char *const[][2]){{NULL}});
  ok(encode(m, &png, &size) == PH_OK && decode(png, size) == PH_OK, "a sound PNG with metadata");
  ok(memcmp(png + 33 + 4, "tEXtAuthor\0nobody", 17) == 0, "plain ASCII is tEXt, right after the header");
  ok(ph_png_read_texts(png, size, back, &e) == PH_OK && ph_metadata_count(back) == 6, "which are read back");
  int right = 0;
  for (int i = 0; i < 6; i++) {
    const char *value = ph_metadata_get(back, samples[i][0]);
    right += value != NULL && strcmp(value, samples[i][1]) == 0;
  }
  ok(right == 6, "text by text, beyond ASCII too");
  ph_free(png);
  ph_metadata_free(back);
  ph_metadata_free(m);
}

static void test_keys(void) {
  char longest[81];
  memset(longest, 'k', 80);
  longest[80] = '\0';
  static const char *const bad[] = {"", " key", "key ", "two  spaces", "caf\xC3\xA9", "line\nbreak"};
  unsigned char *png;
  size_t size;
  int refused = 0;
  for (int i = -1; i < 6; i++) {
    ph_metadata *m = make((const char *const[][2]){{i < 0 ? longest : bad[i], "v"}, {NULL}});
    refused += encode(m, &png, &size) == PH_MISUSE && strchr(e.message, '\n') == NULL;
    ph_metadata_free(m);
  }
  ok(refused == 7, "keys that PNG does not take are refused: %s", e.message);
  ph_metadata *m = make((const char *const[][2]){{longest + 1, "v"}, {"a b", "v"}, {NULL}});
  ok(encode(m, &png, &size) == PH_OK, "79 letters and inner spaces are fine");
  ph_free(png);
  ph_metadata_free(m);
}

/* What other programs write. */
static void test_foreign(void) {
  static bytes png;
  ph_metadata *m = make((const char *const[][2]){{NULL}});
  begin_png(&png, 1, 1, 8, 0);
  put_chunk(&png, "tEXt", "Title\0caf\xE9", 10);
  put_chunk(&png, "tEXt", "no terminator", 13);
  put_chunk(&png, "tEXt", "", 0);
  put_chunk(&png, "iTXt", "named\0\0\0de\0benannt\0gr\xC3\xBCn", 24);
  put_chunk(&png, "iTXt", "packed\0\1\0\0\0xxxx", 15);
  put_chunk(&png, "iTXt", "short\0", 6);
  put_chunk(&png, "iTXt", "short\0\0\0", 8);
  put_chunk(&png, "iTXt", "short\0\0\0en\0", 11);
  put_chunk(&png, "zTXt", "zipped\0\0xxxx", 12);
  end_png(&png, "\0\x80", 2);
  put(&png, "anything", 8);
  ok(ph_png_read_texts(png.data, png.size, m, &e) == PH_OK, "foreign chunks do no harm");
  ok(ph_metadata_count(m) == 2 && strcmp(ph_metadata_get(m, "Title"), "caf\xC3\xA9") == 0 &&
         strcmp(ph_metadata_get(m, "named"), "gr\xC3\xBCn") == 0,
     "Latin-1 and translated texts are read, the rest is left out");
  ph_metadata_free(m);
}

static void test_damage(void) {
  unsigned char *png = NULL;
  size_t size = 0;
  ph_metadata *m = make(samples);
  if (encode(m, &png, &size) != PH_OK) ok(0, "%s", e.message);
  ph_metadata_free(m);
  int caught = 0, all = 0;
  for (size_t cut = 0; cut < size; cut++) {
    unsigned char *exact = malloc(cut + 1); /* so that a sanitizer sees a step too far */
    memcpy(exact, png, cut);
    exact = realloc(exact, cut > 0 ? cut : 1);
    m = make((const char *const[][2]){{NULL}});
    caught += ph_png_read_texts(exact, cut, m, &e) == PH_FAILURE;
    all++;
    ph_metadata_free(m);
    free(exact);
  }
  ok(caught == all, "cut off anywhere, a PNG is refused");
  caught = all = 0;
  for (size_t i = 0; i < size; i++)
    for (int bit = 0; bit < 8; bit++, all++) {
      png[i] ^= (unsigned char)(1 << bit);
      caught += decode(png, size) == PH_FAILURE;
      png[i] ^= (unsigned char)(1 << bit);
    }
  ok(caught == all, "with any bit flipped too");
  ph_free(png);
}

static void test_failing_allocator(void) {
  size_t blocks = ph_memory_blocks();
  ph_status status = PH_NO_MEMORY;
  long n = 0;
  while (status == PH_NO_MEMORY && n < 1000) {
    unsigned char *png = NULL;
    size_t size = 0;
    ph_metadata *m = NULL, *back = NULL;
    ph_memory_fail_after(++n);
    status = ph_metadata_new(&m, &e);
    for (int i = 0; status == PH_OK && i < 20; i++) {
      char key[8];
      snprintf(key, sizeof key, "%d", i % 12);
      status = ph_metadata_set(m, key, "value", &e);
    }
    if (status == PH_OK) status = encode(m, &png, &size);
    if (status == PH_OK) status = ph_metadata_new(&back, &e);
    if (status == PH_OK) status = ph_png_read_texts(png, size, back, &e);
    ph_memory_fail_after(0);
    ph_metadata_free(m);
    ph_metadata_free(back);
    ph_free(png);
    if (ph_memory_blocks() != blocks) break;
  }
  ok(status == PH_OK && n > 40, "with memory short at any point (%ld), nothing leaks", n);
  ok(ph_memory_blocks() == blocks, "and nothing is left");
}

int main(void) {
  test_every_character();
  test_broken();
  test_dictionary();
  test_round_trip();
  test_keys();
  test_foreign();
  test_damage();
  test_failing_allocator();
  return tap_done();
}
