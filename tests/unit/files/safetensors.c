/* SPDX-License-Identifier: MIT */
/* Weights files: round trips, exact bytes, 16-bit numbers. What can be wrong with a file is
 * safetensors_faults.c's. */
#include "files/safetensors.h"

#include "base/memory.h"
#include "tensor/random.h"
#include "scratch.h"
#include "tap.h"

static ph_error e;

/* ---- helpers ---- */

static ph_tensor *make(ph_shape shape) {
  ph_tensor *tensor = NULL;
  if (ph_tensor_new(shape, &tensor, &e) != PH_OK) {
    printf("Bail out! %s\n", e.message);
    exit(1);
  }
  return tensor;
}

static ph_tensor *noise(ph_shape shape, const char *stream) {
  ph_tensor *tensor = make(shape);
  ph_random random = ph_random_stream(1, stream);
  ph_random_fill_normal(&random, tensor, 0, 1);
  return tensor;
}

static int find(const ph_safetensors *file, const char *name) {
  for (int i = 0; i < ph_safetensors_count(file); i++)
    if (strcmp(ph_safetensors_name(file, i), name) == 0) return i;
  return -1;
}

/* ---- round trips ---- */

static void test_round_trip(void) {
  ph_tensor *weight = noise(ph_shape4(4, 3, 5, 5), "weight"),
            *bias = noise(ph_shape_of(1, (const int64_t[]){4}), "b");
  ph_tensor *number = make((ph_shape){0}), *back;
  ph_tensor_fill(number, 42);
  const ph_named_tensor tensors[] = {{"conv.weight", weight}, {"conv.bias", bias}, {"größe \"q\"", number}};
  ph_metadata *metadata = NULL;
  ph_safetensors *file = NULL;
  ph_metadata_new(&metadata, &e);
  ph_metadata_set(metadata, "architecture", "googlenet", &e);
  ph_metadata_set(metadata, "labels", "[\"tench\",\n\"goldfish\"]", &e);
  ok(ph_safetensors_write(scratch("new/a.safetensors"), tensors, 3, metadata, PH_FLOAT32, &e) == PH_OK,
     "tensors are written");
  if (ph_safetensors_read(scratch("new/a.safetensors"), &file, &e) != PH_OK) {
    ok(0, "%s", e.message);
    return;
  }
  ok(ph_safetensors_count(file) == 3 && strcmp(ph_safetensors_name(file, 0), "conv.bias") == 0 &&
         strcmp(ph_safetensors_name(file, 1), "conv.weight") == 0 &&
         strcmp(ph_safetensors_name(file, 2), "größe \"q\"") == 0,
     "and read, by name");
  const ph_metadata *read = ph_safetensors_metadata(file);
  ok(ph_metadata_count(read) == 2 &&
         strcmp(ph_metadata_get(read, "labels"), "[\"tench\",\n\"goldfish\"]") == 0,
     "with their metadata");
  int same = 1;
  for (int i = 0; i < 3; i++) {
    const ph_tensor *original = tensors[i].tensor;
    same &= ph_safetensors_tensor(file, find(file, tensors[i].name), &back, &e) == PH_OK &&
            ph_shape_equal(ph_tensor_shape(back), ph_tensor_shape(original)) &&
            memcmp(ph_tensor_read(back), ph_tensor_read(original),
                   (size_t)ph_tensor_count(original) * sizeof(float)) == 0;
    ph_tensor_release(back);
  }
  ok(same, "bit for bit");

  ph_tensor *again;
  ph_safetensors_tensor(file, 1, &back, &e);
  ph_safetensors_tensor(file, 1, &again, &e);
  ph_safetensors_free(file);
  ok(ph_tensor_data(back) == ph_tensor_data(again), "float32 is not copied");
  ph_tensor_fill(back, 7);
  ok(ph_tensor_sum(again) == 7.0 * 300, "tensors of one file look at the same memory");
  ph_tensor_release(again);
  ok(ph_safetensors_read(scratch("new/a.safetensors"), &file, &e) == PH_OK &&
         ph_safetensors_tensor(file, 1, &again, &e) == PH_OK &&
         memcmp(ph_tensor_read(again), ph_tensor_read(weight), 300 * sizeof(float)) == 0,
     "writing to it does not reach the file");
  ph_tensor_release(again);
  ph_safetensors_free(file);
  ok(ph_tensor_read(back)[299] == 7, "a tensor outlives its file");
  ph_tensor_release(back);
  ph_tensor_release(weight), ph_tensor_release(bias), ph_tensor_release(number);
  ph_metadata_free(metadata);
}

/* The bytes by hand: metadata, names sorted, spaces to a multiple of 8. */
static void test_bytes(void) {
  static const char header[] =
      "{\"__metadata__\":{\"a\":\"1\"},\"x\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[0,8]},"
      "\"y\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[8,12]}}";
  ph_tensor *x = make(ph_shape_of(2, (const int64_t[]){1, 2})), *y = make((ph_shape){0});
  ph_metadata *metadata = NULL;
  const float values[] = {1.5f, -2, 3};
  memcpy(ph_tensor_data(x), values, 8);
  ph_tensor_fill(y, 3);
  ph_metadata_new(&metadata, &e);
  ph_metadata_set(metadata, "a", "1", &e);
  size_t size = 0, padded = (strlen(header) + 7) / 8 * 8;
  ok(ph_safetensors_write(scratch("b"), (const ph_named_tensor[]){{"y", y}, {"x", x}}, 2, metadata,
                          PH_FLOAT32, &e) == PH_OK,
     "two tensors");
  unsigned char *file = scratch_get("b", &size);
  uint64_t length = 0;
  if (size >= 8) memcpy(&length, file, 8);
  ok(size == 8 + padded + 12 && length == padded, "the length is a multiple of 8");
  int spaces = size == 8 + padded + 12;
  for (size_t i = strlen(header); spaces && i < padded; i++) spaces = file[8 + i] == ' ';
  ok(spaces && memcmp(file + 8, header, strlen(header)) == 0, "the header is as the format has it");
  ok(spaces && memcmp(file + 8 + padded, values, 12) == 0, "the numbers follow");
  free(file);
  ph_tensor_release(x);
  ph_tensor_release(y);
  ph_metadata_free(metadata);

  ph_safetensors *empty = NULL;
  ok(ph_safetensors_write(scratch("none"), NULL, 0, NULL, PH_FLOAT32, &e) == PH_OK &&
         ph_safetensors_read(scratch("none"), &empty, &e) == PH_OK && ph_safetensors_count(empty) == 0,
     "no tensors make a file too");
  ph_safetensors_free(empty);
}

static void test_types(void) {
  ph_tensor *wide = noise(ph_shape_of(1, (const int64_t[]){10000}), "wide"), *back = NULL;
  ph_tensor_data(wide)[5] = NAN;
  ph_tensor_data(wide)[6] = -INFINITY;
  ph_tensor_data(wide)[7] = 0;
  const double errors[] = {
      [PH_FLOAT32] = 0, [PH_FLOAT64] = 0, [PH_FLOAT16] = 0x1p-11, [PH_BFLOAT16] = 0x1p-8};
  const size_t sizes[] = {
      [PH_FLOAT32] = 40000, [PH_FLOAT64] = 80000, [PH_FLOAT16] = 20000, [PH_BFLOAT16] = 20000};
  for (int type = 0; ph_number_type_names[type] != NULL; type++) {
    ph_safetensors *file = NULL;
    size_t size = 0;
    const char *name = ph_number_type_names[type];
    ok(ph_safetensors_write(scratch("h"), &(ph_named_tensor){"wide", wide}, 1, NULL, (ph_number_type)type,
                            &e) == PH_OK &&
           ph_safetensors_read(scratch("h"), &file, &e) == PH_OK &&
           ph_safetensors_tensor(file, 0, &back, &e) == PH_OK,
       "%s is written and read", name);
    free(scratch_get("h", &size));
    ok(size >= sizes[type] && size < sizes[type] + 200, "%s takes %d bytes a number", name,
       (int)(sizes[type] / 10000));
    double worst = 0;
    for (int i = 8; i < 10000; i++) {
      double value = (double)ph_tensor_read(wide)[i];
      if (fabs(value) > 1e-3)
        worst = fmax(worst, fabs((double)ph_tensor_read(back)[i] - value) / fabs(value));
    }
    ok(worst <= errors[type] && (worst > 0 || errors[type] == 0), "%s keeps its digits: %g", name, worst);
    ok(isnan(ph_tensor_read(back)[5]) && ph_tensor_read(back)[6] == -INFINITY && ph_tensor_read(back)[7] == 0,
       "%s keeps what is special", name);
    ph_tensor_release(back);
    ph_safetensors_free(file);
  }
  scratch_put("h", "old", 3);
  ph_tensor_data(wide)[9999] = 70000;
  ok(ph_safetensors_write(scratch("h"), &(ph_named_tensor){"wide", wide}, 1, NULL, PH_FLOAT16, &e) ==
             PH_MISUSE &&
         strstr(e.message, "'wide' has 70000") != NULL,
     "what float16 cannot hold is refused: %s", e.message);
  size_t size = 0;
  free(scratch_get("h", &size));
  ok(size == 3, "and the old file stays");
  ph_tensor_release(wide);
}

/* ---- the caller's mistakes ---- */

static void test_misuse(void) {
  ph_tensor *t = make(ph_shape_of(1, (const int64_t[]){2}));
  ok(ph_safetensors_write(scratch("x"), (const ph_named_tensor[]){{"a", t}, {"a", t}}, 2, NULL, PH_FLOAT32,
                          &e) == PH_MISUSE,
     "two tensors of one name: %s", e.message);
  ok(ph_safetensors_write(scratch("x"), (const ph_named_tensor[]){{"\xFF", t}}, 1, NULL, PH_FLOAT32, &e) ==
         PH_MISUSE,
     "a name that is no UTF-8");
  ok(ph_safetensors_write(scratch("x"), (const ph_named_tensor[]){{"__metadata__", t}}, 1, NULL, PH_FLOAT32,
                          &e) == PH_MISUSE,
     "a name that is taken: %s", e.message);
  ok(access(scratch("x"), F_OK) != 0, "leave no file");
  ok(ph_safetensors_write("/proc/nowhere/x", (const ph_named_tensor[]){{"a", t}}, 1, NULL, PH_FLOAT32, &e) ==
         PH_FAILURE,
     "a place where nothing can be: %s", e.message);
  ph_tensor_release(t);
}

int main(void) {
  size_t blocks = ph_memory_blocks();
  test_round_trip();
  test_bytes();
  test_types();
  test_misuse();
  ok(ph_memory_blocks() == blocks, "nothing is left");
  scratch_remove();
  return tap_done();
}
