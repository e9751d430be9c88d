/* SPDX-License-Identifier: MIT */
/* Weights files of others, and every way in which one can be wrong: reading them, or refusing them in one
 * line. */
#include "files/safetensors.h"

#include "base/memory.h"
#include "scratch.h"
#include "tap.h"

static ph_error e;

/* Writes a file: the length of the header, the header, the data. */
static size_t put_file(const char *name, const char *header, const void *data, size_t size) {
  static unsigned char file[1 << 16];
  uint64_t length = strlen(header);
  memcpy(file, &length, 8);
  memcpy(file + 8, header, (size_t)length);
  if (size > 0) memcpy(file + 8 + length, data, size);
  scratch_put(name, file, 8 + (size_t)length + size);
  return 8 + (size_t)length + size;
}

static const unsigned char data40[40] = {0};

/* Whether a file of this header and 40 bytes of data is refused with a line that names it and has this part.
 */
static int refused(const char *header, const char *part, const char *what) {
  ph_safetensors *file = NULL;
  put_file("bad.safetensors", header, data40, 40);
  ph_status status = ph_safetensors_read(scratch("bad.safetensors"), &file, &e);
  int passed = ok(status == PH_FAILURE && strstr(e.message, scratch("bad.safetensors")) != NULL &&
                      strstr(e.message, part) != NULL && strchr(e.message, '\n') == NULL,
                  "%s", what);
  if (status == PH_OK) {
    printf("# it was read\n");
    ph_safetensors_free(file);
  } else if (!passed) {
    printf("# %s\n", e.message);
  }
  return passed;
}

/* Types and places that we never write. */
static void test_foreign(void) {
  const double doubles[] = {0.1, -1e300};
  unsigned char data[18] = {0xAA};
  ph_safetensors *file = NULL;
  ph_tensor *tensor = NULL;
  memcpy(data + 2, doubles, 16);
  put_file("f64",
           "  {\"d\":{\"shape\":[2],\"data_offsets\":[2,18],\"dtype\":\"F64\"},"
           "\"h\":{\"dtype\":\"F16\",\"shape\":[1,1],\"data_offsets\":[0,2]}}\n ",
           data, 18);
  ok(ph_safetensors_read(scratch("f64"), &file, &e) == PH_OK &&
         ph_safetensors_tensor(file, 0, &tensor, &e) == PH_OK,
     "F64 is read, keys in any order, blanks around");
  ok(ph_tensor_read(tensor)[0] == 0.1f && ph_tensor_read(tensor)[1] == -INFINITY, "as the nearest float32");
  ph_tensor_release(tensor);
  ph_safetensors_free(file);

  const float single = 2.5f;
  memcpy(data + 2, &single, 4);
  put_file("odd",
           "{\"h\":{\"dtype\":\"F16\",\"shape\":[1],\"data_offsets\":[0,2]},\"s\":{\"dtype\":\"F32\","
           "\"shape\":[1],"
           "\"data_offsets\":[2,6]}}",
           data, 6);
  ok(ph_safetensors_read(scratch("odd"), &file, &e) == PH_OK &&
         ph_safetensors_tensor(file, 1, &tensor, &e) == PH_OK && ph_tensor_read(tensor)[0] == 2.5f,
     "float32 at an odd place is read");
  ph_tensor_release(tensor);
  ph_safetensors_free(file);
}

static void test_whole_numbers(void) {
  ph_safetensors *file = NULL;
  put_file("whole",
           "{\"n\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[0,8]},\"x\":{\"dtype\":\"F32\","
           "\"shape\":[8],\"data_offsets\":[8,40]}}",
           data40, 40);
  ok(ph_safetensors_read(scratch("whole"), &file, &e) == PH_OK && ph_safetensors_count(file) == 2 &&
         !ph_safetensors_is_read(file, 0) && ph_safetensors_is_read(file, 1),
     "whole numbers stand among the others, and are not read");
  ph_safetensors_free(file);
}

/* ---- wrong files ---- */

#define ENTRY(name, type, shape, offsets)                                                                    \
  "\"" name "\":{\"dtype\":\"" type "\",\"shape\":" shape ",\"data_offsets\":" offsets "}"
#define A(shape, offsets) "{" ENTRY("a", "F32", shape, offsets) "}"

static void test_wrong_headers(void) {
  refused("", "not JSON", "no header");
  refused("hello", "not JSON", "no JSON");
  refused("{", "not JSON", "half an object");
  refused("{\"a\":1", "not JSON", "an object without its end");
  refused("{\"a\":\"", "not JSON", "a string without its end");
  refused("{\"a\":\"\\", "not JSON", "half an escape");
  refused("{\"a\":\"\\u12", "not JSON", "half a character");
  refused(A("[10]", "[0,40]") "x", "not JSON", "something after the object");
  refused("[1]", "not a JSON object", "a list");
  refused("7", "not a JSON object", "a number");
  refused("{}", "40 bytes of data after", "data that belong to no tensor");
  refused("{\"a\":3}", "'a' is not described by an object", "a number for a tensor");
  refused("{\"a\":{}}", "tensor 'a' has no dtype", "an empty description");
  refused("{\"a\":{\"dtype\":4,\"shape\":[10],\"data_offsets\":[0,40]}}", "no dtype", "a number for a type");
  refused("{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,40]}}", "no shape", "no shape");
  refused("{\"a\":{\"dtype\":\"F32\",\"shape\":[10]}}", "data_offsets", "no offsets");
  refused("{\"a\":{\"dtype\":\"F32\",\"shape\":[10],\"data_offsets\":[0,40],\"x\":1}}", "only dtype",
          "an unknown key");
  refused("{\"a\":{\"dtype\":\"F32\",\"shape\":[10],\"data_offsets\":[0,40],\"dtype\":\"F32\"}}",
          "only dtype", "a key twice");
  refused("{" ENTRY("n", "F8_E4M3", "[40]", "[0,40]") "}",
          "tensor 'n' has type F8_E4M3; F64, F32, F16 and BF16 can be read", "8 bits");
  refused("{" ENTRY("n", "I64", "[6]", "[0,40]") "}", "6 I64 takes 48 bytes, not 40", "too few integers");
  refused("{" ENTRY("a\\n\\u0007b", "C8", "[40]", "[0,40]") "}", "tensor 'a??b' has type C8",
          "a name with control characters stays on one line");
}

static void test_wrong_shapes(void) {
  refused(A("10", "[0,40]"), "no shape", "a number for a shape");
  refused(A("[\"10\"]", "[0,40]"), "not a list of whole numbers", "text in a shape");
  refused(A("[2.5,4]", "[0,40]"), "not a list of whole numbers", "a fraction");
  refused(A("[-10]", "[0,40]"), "not a list of whole numbers", "a negative dimension");
  refused(A("[1e999]", "[0,40]"), "not a list of whole numbers", "an infinite dimension");
  refused(A("[9007199254740994]", "[0,40]"), "not a list of whole numbers", "a number that is not exact");
  refused(A("[10,0]", "[0,40]"), "at least 1", "an empty dimension");
  refused(A("[10,1,1,1,1,1,1]", "[0,40]"), "7 dimensions; at most 6", "seven dimensions");
  refused(A("[4294967296,4294967296]", "[0,40]"), "too large", "a product of 2^64");
  refused(A("[4294967296,1073741824,16]", "[0,40]"), "too large", "a product that would wrap to 0");
  refused(A("[11]", "[0,40]"), "11 F32 takes 44 bytes, not 40", "too few bytes");
  refused(A("[3,3]", "[0,40]"), "3x3 F32 takes 36 bytes, not 40", "too many bytes");
  refused("{" ENTRY("a", "F16", "[10]", "[0,40]") "}", "10 F16 takes 20 bytes, not 40", "of another type");
}

static void test_wrong_offsets(void) {
  refused(A("[10]", "40"), "not two whole numbers", "a number for offsets");
  refused(A("[10]", "[0]"), "not two whole numbers", "one offset");
  refused(A("[10]", "[0,20,40]"), "not two whole numbers", "three offsets");
  refused(A("[10]", "[0,40.5]"), "not two whole numbers", "half a byte");
  refused(A("[10]", "[-40,0]"), "not two whole numbers", "before the data");
  refused(A("[10]", "[40,0]"), "claims bytes 40..0 of 40", "an end before the beginning");
  refused(A("[10]", "[4,44]"), "tensor 'a' claims bytes 4..44 of 40 bytes of data", "an end beyond the data");
  refused(A("[10]", "[9007199254740952,9007199254740992]"), "claims bytes", "far beyond the data");
  refused(A("[9]", "[4,40]"), "hole from byte 0", "a hole at the beginning");
  refused(A("[9]", "[0,36]"), "4 bytes of data after", "a hole at the end");
  refused("{" ENTRY("a", "F32", "[4]", "[0,16]") "," ENTRY("b", "F32", "[5]", "[20,40]") "}",
          "'b' begins at byte 20 of the data, leaving a hole from byte 16", "a hole in the middle");
  refused("{" ENTRY("a", "F32", "[5]", "[0,20]") "," ENTRY("b", "F32", "[6]", "[16,40]") "}",
          "'b' begins at byte 16 of the data, inside one that ends at byte 20", "an overlap");
  refused("{" ENTRY("a", "F32", "[10]", "[0,40]") "," ENTRY("b", "F32", "[10]", "[0,40]") "}", "inside one",
          "two tensors in one place");
  refused("{" ENTRY("a", "F32", "[5]", "[0,20]") "," ENTRY("a", "F32", "[5]", "[20,40]") "}",
          "tensor 'a' occurs twice", "two tensors of one name");
}

static void test_wrong_metadata(void) {
#define WITH(metadata) "{\"__metadata__\":" metadata "," ENTRY("a", "F32", "[10]", "[0,40]") "}"
  refused(WITH("3"), "__metadata__ is not an object", "metadata that are a number");
  refused(WITH("{\"seed\":3}"), "metadata 'seed' is not a text", "a number for a text");
  refused(WITH("{\"s\":\"1\",\"s\":\"2\"}"), "metadata 's' occurs twice", "a key twice");
  refused(WITH("{},\"__metadata__\":{}"), "__metadata__ occurs twice", "metadata twice");
}

/* Lengths and sizes that lie, bombs. */
static void test_lies(void) {
  static const uint64_t lengths[] = {1, 33, 34, 1000, UINT64_C(1) << 32, UINT64_MAX - 7, UINT64_MAX};
  ph_safetensors *file = NULL;
  unsigned char start[] = "........{}                              ";
  int caught = 0;
  for (int i = 0; i < 7; i++) {
    memcpy(start, &lengths[i], 8);
    scratch_put("lie", start, 40);
    caught += ph_safetensors_read(scratch("lie"), &file, &e) == PH_FAILURE;
  }
  ok(caught == 7, "lengths that do not fit the file: %s", e.message);
  scratch_put("lie", "", 0);
  ok(ph_safetensors_read(scratch("lie"), &file, &e) == PH_FAILURE, "an empty file: %s", e.message);
  ok(ph_safetensors_read(scratch("missing"), &file, &e) == PH_FAILURE, "no file: %s", e.message);
  ok(ph_safetensors_read(scratch_folder, &file, &e) == PH_FAILURE, "a folder: %s", e.message);

  enum { DEEP = 60000 };
  static char bomb[DEEP + 1];
  memset(bomb, '[', DEEP);
  refused(bomb, "not JSON", "60000 brackets");
  for (int i = 0; i + 5 <= DEEP; i += 5) memcpy(bomb + i, "{\"a\":", 5);
  refused(bomb, "not JSON", "12000 objects in each other");

  enum { LONG = 4 << 20 };
  unsigned char *large = malloc(8 + LONG);
  uint64_t length = LONG;
  memcpy(large, &length, 8);
  for (int i = 0; i < LONG; i += 2) memcpy(large + 8 + i, "1,", 2);
  large[8] = '[';
  large[8 + LONG - 1] = ']';
  scratch_put("many", large, 8 + LONG);
  ok(ph_safetensors_read(scratch("many"), &file, &e) == PH_FAILURE && strstr(e.message, "values") != NULL,
     "two million numbers: %s", e.message);
  free(large);
  length = UINT64_C(200000000);
  FILE *sparse = fopen(scratch("large"), "wb");
  fwrite(&length, 8, 1, sparse);
  int grown = ftruncate(fileno(sparse), 300000000) == 0;
  fclose(sparse);
  ok(!grown || (ph_safetensors_read(scratch("large"), &file, &e) == PH_FAILURE &&
                strstr(e.message, "larger than the format allows") != NULL),
     "a header of 200 MB: %s", e.message);
}

/* Reads all of a file's tensors, if it can be read at all. */
static ph_status read_all(const char *name) {
  ph_safetensors *file = NULL;
  ph_status status = ph_safetensors_read(scratch(name), &file, &e);
  if (status != PH_OK) return status;
  for (int i = 0; status == PH_OK && i < ph_safetensors_count(file); i++) {
    ph_tensor *tensor = NULL;
    if (!ph_safetensors_is_read(file, i)) continue;
    status = ph_safetensors_tensor(file, i, &tensor, &e);
    if (status == PH_OK) (void)ph_tensor_statistics(tensor); /* touches every value */
    ph_tensor_release(tensor);
  }
  ph_safetensors_free(file);
  return status;
}

/* A small file with a bit of everything. */
static unsigned char *good_file(size_t *size, size_t *header) {
  static const char text[] =
      "{\"__metadata__\":{\"k\":\"v\\u00e9\"}," ENTRY("b", "BF16", "[2]", "[0,4]") "," ENTRY(
          "a.weight", "F32", "[1,2,1,3]",
          "[4,28]") "," ENTRY("c", "F64", "[]", "[28,36]") "," ENTRY("d", "F16", "[2,1]", "[36,40]") "} ";
  *size = put_file("good", text, data40, 40);
  *header = 8 + strlen(text);
  return scratch_get("good", size);
}

static void test_mutations(void) {
  size_t size, header, blocks = ph_memory_blocks();
  unsigned char *good = good_file(&size, &header);
  ok(read_all("good") == PH_OK, "a good file");
  int refusals = 0, lines = 1, all = 0;
  for (size_t cut = 0; cut < size; cut++, all++) {
    scratch_put("cut", good, cut);
    refusals += read_all("cut") == PH_FAILURE;
  }
  ok(refusals == all, "cut off anywhere, it is refused");
  for (size_t i = 0; i < header; i++)
    for (int change = 0; change < 12; change++) {
      static const unsigned char interesting[] = {0, '"', '{', '}', ']', ',', '9', '-', '\\', 0xFF};
      unsigned char before = good[i];
      good[i] = change < 10 ? interesting[change] : change == 10 ? before ^ 1 : before ^ 0x80;
      scratch_put("flip", good, size);
      good[i] = before;
      e.message[0] = '\0';
      ph_status status = read_all("flip");
      lines &= status == PH_OK ||
               (status == PH_FAILURE && e.message[0] != '\0' && strchr(e.message, '\n') == NULL);
    }
  ok(lines, "with any byte of the header changed, it is read or refused in one line");
  free(good);
  ok(ph_memory_blocks() == blocks, "nothing leaks");
}

/* ---- memory ---- */

static void test_failing_allocator(void) {
  size_t blocks = ph_memory_blocks(), size, header;
  free(good_file(&size, &header));
  ph_tensor *t = NULL;
  if (ph_tensor_new(ph_shape_of(1, (const int64_t[]){200}), &t, &e) != PH_OK) return;
  size_t mine = ph_memory_blocks();
  int leaks = 0;
  ph_status status = PH_NO_MEMORY;
  long n = 0;
  while (status == PH_NO_MEMORY && n < 200) {
    ph_memory_fail_after(++n);
    status = ph_safetensors_write(scratch("w"), &(ph_named_tensor){"t", t}, 1, NULL, PH_FLOAT16, &e);
    if (status == PH_OK) status = read_all("w");
    if (status == PH_OK) status = read_all("good");
    ph_memory_fail_after(0);
    leaks += ph_memory_blocks() != mine;
  }
  ok(status == PH_OK && n > 15 && leaks == 0, "with memory short at any point (%ld), nothing leaks", n);
  ph_tensor_release(t);
  ok(ph_memory_blocks() == blocks, "and nothing is left");
}

int main(void) {
  test_foreign();
  test_whole_numbers();
  test_wrong_headers();
  test_wrong_shapes();
  test_wrong_offsets();
  test_wrong_metadata();
  test_lies();
  test_mutations();
  test_failing_allocator();
  scratch_remove();
  return tap_done();
}
