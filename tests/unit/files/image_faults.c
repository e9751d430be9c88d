/* SPDX-License-Identifier: MIT */
/* Damaged pictures, and pictures without memory: refused in one line, without harm. */
#include "base/memory.h"
#include "files/image.h"
#include "scratch.h"
#include "tap.h"

static ph_error e;
static const ph_image_size as_it_is = {0};

static ph_tensor *smooth(int64_t h, int64_t w) {
  ph_tensor *image = NULL;
  if (ph_tensor_new(ph_shape4(1, 3, h, w), &image, &e) != PH_OK) {
    printf("Bail out! %s\n", e.message);
    exit(1);
  }
  for (int64_t i = 0; i < 3 * h * w; i++)
    ph_tensor_data(image)[i] =
        0.5f + 0.4f * sinf((float)(i % w) / 5 + (float)(i / w % h) / 7 + (float)(i / w / h));
  return image;
}

/* Loads `size` bytes, which must work or give one line; returns whether it worked. */
static int survives(const unsigned char *data, size_t size) {
  ph_tensor *image = NULL;
  scratch_put("damaged", data, size);
  e.message[0] = '\0';
  ph_status status = ph_image_load(scratch("damaged"), &as_it_is, &image, &e);
  if (status == PH_OK) ph_tensor_release(image);
  return status == PH_OK || (status == PH_FAILURE && e.message[0] != '\0') ? status == PH_OK : -1000000;
}

static void test_damage(const char *name, int has_checksums) {
  size_t size;
  ph_tensor *image = smooth(9, 11);
  ph_image_save(image, scratch(name), NULL, &e);
  ph_tensor_release(image);
  size_t blocks = ph_memory_blocks();
  unsigned char *data = scratch_get(name, &size);
  int loaded = 0;
  for (size_t cut = 0; cut < size; cut++) loaded += survives(data, cut);
  ok(loaded == 0, "%s: cut off anywhere, it is refused", name);
  loaded = 0;
  for (size_t i = 0; i < size; i++)
    for (int bit = 0; bit < 8; bit++) {
      data[i] ^= (unsigned char)(1 << bit);
      loaded += survives(data, size);
      data[i] ^= (unsigned char)(1 << bit);
    }
  ok(loaded >= 0 && (loaded == 0 || !has_checksums), "%s: with any bit flipped, it does no harm", name);
  free(data);
  ok(ph_memory_blocks() == blocks, "%s: nothing leaks", name);
}

static void test_failing_allocator(const char *name, bool alone) {
  size_t blocks = ph_memory_blocks();
  ph_tensor *image = smooth(20, 20), *back = NULL;
  ph_metadata *metadata = NULL, *read = NULL;
  ph_metadata_new(&metadata, &e);
  ph_metadata_set(metadata, "seed", "1", &e);
  size_t mine = ph_memory_blocks();
  int files = -1, leaks = 0;
  ph_status status = PH_NO_MEMORY;
  long n = 0;
  size_t refusals = 0;
  while (ph_memory_refusals() != refusals || n == 0) {
    refusals = ph_memory_refusals();
    n++;
    ph_memory_fail_after(alone ? -n : n);
    status = ph_image_save(image, scratch(name), metadata, &e);
    if (status == PH_OK) status = ph_image_load(scratch(name), &(ph_image_size){.size = 7}, &back, &e);
    if (status == PH_OK && strstr(name, "png") != NULL) status = ph_image_metadata(scratch(name), &read, &e);
    ph_memory_fail_after(0);
    ph_tensor_release(back);
    ph_metadata_free(read);
    back = NULL;
    read = NULL;
    leaks += ph_memory_blocks() != mine;
    if (files < 0) files = count_files(scratch_folder);
    if (status != PH_OK && status != PH_NO_MEMORY) printf("# %ld: %s\n", n, e.message);
    if (status == PH_MISUSE || status == PH_FAILURE || n == 1000) break;
  }
  ok(status == PH_OK && n > 8 && leaks == 0, "%s: with memory short at any point (%ld)%s, that is said", name,
     n, alone ? " alone" : "");
  ok(count_files(scratch_folder) - files <= 1, "%s: and no half file stays", name);
  ph_tensor_release(image);
  ph_metadata_free(metadata);
  ok(ph_memory_blocks() == blocks, "%s: nothing is left", name);
}

/* A Huffman table with more codes than symbols, which the decoder itself would write beyond its end. */
static void test_overfull_table(void) {
  size_t size;
  ph_tensor *image = smooth(9, 11);
  ph_image_save(image, scratch("table.jpg"), NULL, &e);
  ph_tensor_release(image);
  unsigned char *jpeg = scratch_get("table.jpg", &size), *table = memmem(jpeg, size, "\xFF\xC4", 2);
  table[5 + 7] = 255;
  table[5 + 8] = 255;
  ok(survives(jpeg, size) == 0 && strstr(e.message, "the JPEG is damaged") != NULL, "an overfull table: %s",
     e.message);
  free(jpeg);
}

/* Of a JPEG that is whole: the frame's kind changed, and the scan left out. */
static void test_kinds_of_jpeg(void) {
  size_t size;
  ph_tensor *image = smooth(9, 11);
  ph_image_save(image, scratch("kinds.jpg"), NULL, &e);
  ph_tensor_release(image);
  unsigned char *jpeg = scratch_get("kinds.jpg", &size), *frame = memmem(jpeg, size, "\xFF\xC0", 2),
                *scan = memmem(jpeg, size, "\xFF\xDA", 2);
  ok(survives(jpeg, size) == 1, "a JPEG");
  frame[1] = 0xC5;
  ok(survives(jpeg, size) == 0 && strstr(e.message, "of a kind that is not read") != NULL, "hierarchical: %s",
     e.message);
  frame[1] = 0xC0;
  frame[4] = 12;
  ok(survives(jpeg, size) == 0 && strstr(e.message, "of a kind that is not read") != NULL, "12 bits: %s",
     e.message);
  frame[4] = 8;
  memcpy(scan, "\xFF\xD9", 2);
  ok(survives(jpeg, (size_t)(scan - jpeg) + 2) == 0 && strstr(e.message, "no picture in it") != NULL,
     "no scan: %s", e.message);
  free(jpeg);
}

int main(void) {
  test_damage("damage.png", 1);
  test_damage("damage.jpg", 0);
  test_overfull_table();
  test_kinds_of_jpeg();
  test_failing_allocator("memory.png", false);
  test_failing_allocator("memory.jpg", false);
  test_failing_allocator("alone.png", true);
  test_failing_allocator("alone.jpg", true);
  scratch_remove();
  return tap_done();
}
