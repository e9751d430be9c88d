/* SPDX-License-Identifier: MIT */
/* The loader: the same pictures in the same order whatever the threads do, as many at a time as there are
   slots, and ends at any time. */
#include "data/loader.h"

#include "base/memory.h"
#include "files/image.h"
#include "scratch.h"
#include "tap.h"

enum { COUNT = 23, SIDE = 12 };

static ph_error e;
static ph_catalogue *catalogue;
static const ph_photograph as = {
    .size = SIDE, .height = SIDE, .width = SIDE, .channels = 3, .is_reduced = true};

/* Pictures of one colour each and of different sizes, JPEG and PNG in turn, the fifth and the tenth damaged.
 */
static void make_pictures(void) {
  char name[32];
  mkdir(scratch("p"), 0755);
  for (int i = 0; i < COUNT; i++) {
    ph_tensor *image = NULL;
    if (ph_tensor_new(ph_shape4(1, 3, 20 + i, 40 - i), &image, &e) != PH_OK)
      return (void)ok(0, "%s", e.message);
    ph_tensor_fill(image, (float)i / COUNT);
    snprintf(name, sizeof name, "p/%02d.%s", i, i % 2 ? "png" : "jpg");
    ok(ph_image_save(image, scratch(name), NULL, &e) == PH_OK, "a picture");
    ph_tensor_release(image);
    if (i == 5 || i == 10) scratch_put(name, "no picture", 10);
  }
  const char *path = scratch("p");
  ok(ph_catalogue_new(&path, 1, &catalogue, &e) == PH_OK && ph_catalogue_count(catalogue) == COUNT,
     "a catalogue");
}

static ph_loader *start(ph_loader_settings settings) {
  ph_loader *loader = NULL;
  settings.as = as;
  if (ph_loader_new(catalogue, &settings, &loader, &e) != PH_OK) {
    printf("Bail out! %s\n", e.message);
    exit(1);
  }
  return loader;
}

/* All that a loader gives: places and pixels, one after the other. */
typedef struct all {
  int64_t places[COUNT + 1];
  int count, unreadable, most_live;
  float pixels[COUNT][3 * SIDE * SIDE];
} all;

static void run(ph_loader_settings settings, all *result) {
  ph_loader *loader = start(settings);
  const ph_tensor *image;
  ph_error reason;
  memset(result, 0, sizeof *result);
  while (ph_loader_next(loader, &result->places[result->count], &image, &reason, &e) == PH_OK &&
         result->places[result->count] >= 0) {
    const int live = ph_loader_live(loader);
    if (live > result->most_live) result->most_live = live;
    if (image == NULL) {
      result->unreadable += strstr(reason.message, "no PNG, JPEG or WebP") != NULL;
    } else if (ph_tensor_count(image) == 3 * SIDE * SIDE) {
      memcpy(result->pixels[result->count], ph_tensor_read(image), sizeof result->pixels[0]);
    }
    result->count++;
  }
  ph_loader_free(loader);
}

static int are_equal(const all *a, const all *b) {
  return a->count == b->count && memcmp(a->places, b->places, sizeof a->places) == 0 &&
         memcmp(a->pixels, b->pixels, sizeof a->pixels) == 0;
}

static void test_order(void) {
  static all one, many;
  run((ph_loader_settings){.count = COUNT, .threads = 1, .slots = 1}, &one);
  int right = one.count == COUNT && one.unreadable == 2;
  for (int i = 0; i < COUNT; i++) {
    ph_tensor *image = NULL;
    right &= one.places[i] == i;
    if (ph_loader_load(catalogue, i, &as, &image, &e) != PH_OK) continue;
    right &= memcmp(one.pixels[i], ph_tensor_read(image), sizeof one.pixels[i]) == 0;
    right &= fabs((double)one.pixels[i][0] - (double)i / COUNT) < 0.01;
    ph_tensor_release(image);
  }
  ok(right, "one after the other, and as by itself");
  static const int threads[] = {1, 2, 5, 5, 5}, slots[] = {7, 2, 1, 5, 64};
  for (int i = 0; i < 5; i++) {
    run((ph_loader_settings){.count = COUNT, .threads = threads[i], .slots = slots[i]}, &many);
    ok(are_equal(&one, &many) && many.most_live <= slots[i] && many.most_live > 0,
       "the same with %d threads and %d slots, of which %d were in use", threads[i], slots[i],
       many.most_live);
  }
}

static void test_shuffling(void) {
  static all a, b, other;
  ph_loader_settings settings = {.count = COUNT, .threads = 1, .slots = 3, .is_shuffled = true, .seed = 7};
  run(settings, &a);
  settings.threads = 4;
  run(settings, &b);
  settings.seed = 8;
  run(settings, &other);
  int seen = 0, moved = 0;
  for (int i = 0; i < COUNT; i++) {
    seen |= 1 << a.places[i];
    moved += a.places[i] != i;
  }
  ok(a.count == COUNT && seen == (1 << COUNT) - 1 && moved > COUNT / 2, "shuffled, each once");
  ok(are_equal(&a, &b), "the same with other threads");
  ok(!are_equal(&a, &other), "another order by another seed");
}

static void test_parts(void) {
  static all whole, part;
  run((ph_loader_settings){.count = COUNT, .threads = 2, .slots = 4}, &whole);
  run(
      (ph_loader_settings){
          .items = (const int64_t[]){1, 5, 9, 13, 17, 21}, .count = 6, .threads = 2, .slots = 4},
      &part);
  int right = part.count == 6;
  for (int k = 0; k < 6; k++)
    right &=
        part.places[k] == k && memcmp(part.pixels[k], whole.pixels[1 + 4 * k], sizeof part.pixels[k]) == 0;
  ok(right, "every fourth, from the second on");
  run((ph_loader_settings){.count = 0, .threads = 2, .slots = 4}, &part);
  ok(part.count == 0, "none at all");
}

static void test_leaving(void) {
  const size_t blocks = ph_memory_blocks();
  for (int taken = 0; taken < 12; taken++) {
    ph_loader *loader = start((ph_loader_settings){.count = COUNT, .threads = 3, .slots = 5});
    const ph_tensor *image;
    ph_error reason;
    int64_t place;
    for (int i = 0; i < taken; i++) ph_loader_next(loader, &place, &image, &reason, &e);
    ph_loader_free(loader);
  }
  ok(ph_memory_blocks() == blocks, "left at any time, nothing stays");
}

static void test_misuse(void) {
  ph_loader_settings settings = {.count = COUNT, .threads = 2, .slots = 4, .as = {.channels = 2}};
  ph_loader *loader = NULL;
  const ph_tensor *image;
  ph_error reason;
  int64_t place;
  ok(ph_loader_new(catalogue, &settings, &loader, &e) == PH_OK &&
         ph_loader_next(loader, &place, &image, &reason, &e) == PH_MISUSE && place == -1,
     "what makes no sense: %s", e.message);
  ok(ph_loader_next(loader, &place, &image, &reason, &e) == PH_OK && place == -1, "ends it");
  ph_loader_free(loader);
}

/* A file that goes away, and one that becomes another, between the listing and the reading. */
static void test_changes(void) {
  static all result;
  unlink(scratch("p/03.png"));
  scratch_put("p/07.png", "", 0);
  run((ph_loader_settings){.count = COUNT, .threads = 3, .slots = 5}, &result);
  ok(result.count == COUNT && result.unreadable == 2, "a folder that changes meanwhile");
}

static void test_failing_allocator(void) {
  const size_t blocks = ph_memory_blocks();
  int leaks = 0, ends = 0;
  for (long n = 1; n < 60; n++) {
    ph_loader_settings settings = {.count = COUNT, .threads = 2, .slots = 4, .is_shuffled = true, .as = as};
    ph_loader *loader = NULL;
    const ph_tensor *image;
    ph_error reason;
    int64_t place = 0;
    ph_memory_fail_after(n);
    ph_status status = ph_loader_new(catalogue, &settings, &loader, &e);
    while (status == PH_OK && place >= 0) status = ph_loader_next(loader, &place, &image, &reason, &e);
    ph_memory_fail_after(0);
    ends += status == PH_NO_MEMORY;
    ph_loader_free(loader);
    leaks += ph_memory_blocks() != blocks;
  }
  ok(ends > 50 && leaks == 0, "with memory short at any point, a scan ends and nothing leaks");
}

int main(void) {
  const size_t blocks = ph_memory_blocks();
  make_pictures();
  test_order();
  test_shuffling();
  test_parts();
  test_leaving();
  test_misuse();
  test_failing_allocator();
  test_changes();
  ph_catalogue_release(catalogue);
  ok(ph_memory_blocks() == blocks, "nothing is left");
  scratch_remove();
  return tap_done();
}
