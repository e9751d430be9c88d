/* SPDX-License-Identifier: MIT */
/* Shapes, tensors, memory. */
#include <string.h>

#include "base/memory.h"
#include "tensor/tensor.h"
#include "tap.h"

static ph_error e;

static ph_tensor *filled(ph_shape shape, float first) {
  ph_tensor *tensor = NULL;
  if (ph_tensor_new(shape, &tensor, &e) != PH_OK) return NULL;
  for (int64_t i = 0; i < ph_tensor_count(tensor); i++) ph_tensor_data(tensor)[i] = first + (float)i;
  return tensor;
}

static void test_shapes(void) {
  char text[PH_SHAPE_TEXT];
  ph_shape image = ph_shape4(2, 3, 5, 7);
  ok(strcmp(ph_shape_print(image, text), "2x3x5x7") == 0, "a shape prints its dimensions");
  ok(strcmp(ph_shape_print((ph_shape){0}, text), "scalar") == 0, "no dimensions: a scalar");
  ok(ph_shape_count(image) == 210 && ph_shape_count((ph_shape){0}) == 1, "counts");
  ok(ph_shape_equal(image, ph_shape4(2, 3, 5, 7)), "equal shapes are equal");
  ok(!ph_shape_equal(image, ph_shape4(2, 3, 7, 5)), "the order matters");
  ok(!ph_shape_equal(ph_shape_of(1, (const int64_t[]){4}), ph_shape_of(2, (const int64_t[]){4, 1})),
     "the rank matters");

  ok(ph_shape_check(image, "it", &e) == PH_OK, "a good shape passes");
  ok(ph_shape_check(ph_shape4(1, 0, 2, 2), "it", &e) == PH_MISUSE && strstr(e.message, "1x0x2x2") != NULL,
     "an empty dimension is named: %s", e.message);
  ok(ph_shape_check(ph_shape4(1, -3, 2, 2), "it", &e) == PH_MISUSE, "a negative dimension is refused");
  ok(ph_shape_check(ph_shape4(INT64_MAX, INT64_MAX, 2, 2), "it", &e) == PH_MISUSE,
     "products cannot overflow");
  ok(ph_shape_check((ph_shape){.rank = 7}, "it", &e) == PH_MISUSE, "seven dimensions are too many");
  int64_t most = INT64_C(1) << 44;
  ok(ph_shape_check(ph_shape_of(1, &most), "it", &e) == PH_OK, "2^44 elements are possible");
  most++;
  ok(ph_shape_check(ph_shape_of(1, &most), "it", &e) == PH_MISUSE, "one more is not");
}

static void test_elementwise(void) {
  ph_shape shape = ph_shape_of(1, (const int64_t[]){5});
  ph_tensor *a = filled(shape, 1), *b = filled(shape, -2);
  near(ph_tensor_sum(a), 15, 0, "sum");
  near(ph_tensor_dot(a, b), 1 * -2 + 2 * -1 + 3 * 0 + 4 * 1 + 5 * 2, 0, "dot");
  ph_tensor_add_scaled(a, 0.5f, b);
  arrays_near(ph_tensor_read(a), (const float[]){0, 1.5f, 3, 4.5f, 6}, 5, 0, "add_scaled");
  ph_tensor_multiply(a, b);
  arrays_near(ph_tensor_read(a), (const float[]){0, -1.5f, 0, 4.5f, 12}, 5, 0, "multiply");
  ph_tensor_scale(a, 2);
  arrays_near(ph_tensor_read(a), (const float[]){0, -3, 0, 9, 24}, 5, 0, "scale");
  ph_tensor_copy(b, a);
  arrays_near(ph_tensor_read(b), ph_tensor_read(a), 5, 0, "copy");
  ph_tensor_fill(a, 0.25f);
  near(ph_tensor_sum(a), 1.25, 0, "fill");
  near(ph_tensor_sum(b), 30, 0, "a copy stands alone");

  ok(ph_tensor_expect(a, shape, "it", &e) == PH_OK, "expect passes the right shape");
  ok(ph_tensor_expect(a, ph_shape4(1, 2, 3, 4), "weight", &e) == PH_MISUSE &&
         strcmp(e.message, "weight: expected a tensor of shape 1x2x3x4, got 5") == 0,
     "and names both otherwise: %s", e.message);
  ph_tensor_release(a);
  ph_tensor_release(b);
}

/* float32 sums would drown the small numbers. */
static void test_accumulation(void) {
  ph_tensor *a = filled(ph_shape_of(1, (const int64_t[]){100001}), 0);
  ph_tensor_fill(a, 1e-4f);
  ph_tensor_data(a)[0] = 1e6f;
  near(ph_tensor_sum(a), 1e6 + 1e5 * (double)1e-4f, 1e-4, "sums accumulate in double");
  ph_tensor_release(a);
}

static void test_statistics(void) {
  ph_tensor *a = filled(ph_shape4(1, 1, 2, 3), 0);
  const float values[] = {3, NAN, -1, INFINITY, 4, -INFINITY};
  memcpy(ph_tensor_data(a), values, sizeof values);
  ph_statistics s = ph_tensor_statistics(a);
  ok(s.not_finite == 3 && s.least == -1 && s.most == 4, "range and count of what is not finite");
  near(s.mean, 2, 1e-15, "mean of the finite");
  near(s.deviation, sqrt((1 + 9 + 4) / 3.0), 1e-15, "deviation of the population");
  ph_tensor_fill(a, NAN);
  s = ph_tensor_statistics(a);
  ok(s.not_finite == 6 && s.mean == 0 && s.least == 0 && s.most == 0, "nothing finite: zeros");
  ph_tensor_release(a);
}

static void test_paste(void) {
  ph_tensor *dst = filled(ph_shape4(1, 1, 3, 3), 0), *src = filled(ph_shape4(1, 1, 2, 2), 10);
  ok(ph_tensor_paste(dst, src, 1, 2, &e) == PH_OK, "paste over the edge");
  arrays_near(ph_tensor_read(dst), (const float[]){0, 1, 2, 3, 4, 10, 6, 7, 12}, 9, 0, "keeps what fits");
  ok(ph_tensor_paste(dst, src, -1, -1, &e) == PH_OK, "paste from a negative corner");
  arrays_near(ph_tensor_read(dst), (const float[]){13, 1, 2, 3, 4, 10, 6, 7, 12}, 9, 0, "cuts a piece");
  ok(ph_tensor_paste(dst, src, 3, 0, &e) == PH_OK && ph_tensor_paste(dst, src, 0, -2, &e) == PH_OK &&
         ph_tensor_paste(dst, src, -50, 50, &e) == PH_OK,
     "paste outside");
  arrays_near(ph_tensor_read(dst), (const float[]){13, 1, 2, 3, 4, 10, 6, 7, 12}, 9, 0, "changes nothing");
  ph_tensor *two = filled(ph_shape4(1, 2, 2, 2), 0);
  ok(ph_tensor_paste(dst, two, 0, 0, &e) == PH_MISUSE && strstr(e.message, "1x2x2x2") != NULL,
     "other channels do not fit: %s", e.message);
  ph_tensor_release(dst);
  ph_tensor_release(src);
  ph_tensor_release(two);
}

static void count_release(void *owner) { ++*(int *)owner; }

static void test_ownership(void) {
  size_t blocks = ph_memory_blocks();
  ph_tensor *a = filled(ph_shape4(1, 1, 4, 4), 0);
  ok(ph_tensor_retain(a) == a, "retain returns its argument");
  ph_tensor_release(a);
  near((double)ph_tensor_read(a)[15], 15, 0, "one reference is left");
  ph_tensor_release(a);
  ph_tensor_release(NULL);
  ok(ph_memory_blocks() == blocks, "the last one frees it");

  int released = 0;
  float data[6] = {1, 2, 3, 4, 5, 6};
  ph_tensor *view = NULL;
  ok(ph_tensor_borrow(ph_shape_of(2, (const int64_t[]){2, 3}), data, count_release, &released, &view, &e) ==
         PH_OK,
     "borrow");
  ok(ph_tensor_data(view) == data, "looks into the owner's memory");
  ok(ph_tensor_resize(view, ph_shape_of(1, (const int64_t[]){2}), &e) == PH_MISUSE, "and cannot be resized");
  ok(released == 0, "the owner is held");
  ph_tensor_release(view);
  ok(released == 1, "and let go once");
  ok(ph_tensor_borrow(ph_shape4(0, 1, 1, 1), data, count_release, &released, &view, &e) == PH_MISUSE &&
         released == 2,
     "a failed borrow lets go at once");
  ph_memory_fail_after(1);
  ok(ph_tensor_borrow(ph_shape4(1, 1, 1, 1), data, count_release, &released, &view, &e) == PH_NO_MEMORY &&
         released == 3,
     "without memory too");
  ph_memory_fail_after(0);
  ok(ph_memory_blocks() == blocks, "nothing is left");
}

static void test_resize(void) {
  ph_tensor *a = NULL;
  ok(ph_tensor_ensure(&a, ph_shape4(1, 3, 8, 8), &e) == PH_OK && a != NULL, "ensure makes a tensor");
  uint64_t allocated = ph_memory_allocated();
  for (int side = 1; side <= 8; side++) ph_tensor_ensure(&a, ph_shape4(1, 3, side, 9 - side), &e);
  ok(ph_memory_allocated() == allocated, "smaller sizes allocate nothing");
  ok(ph_shape_equal(ph_tensor_shape(a), ph_shape4(1, 3, 8, 1)), "the shape follows");
  ok(ph_tensor_resize(a, ph_shape4(1, 3, 8, 9), &e) == PH_OK && ph_memory_allocated() > allocated,
     "a larger one allocates");
  ok(ph_tensor_resize(a, ph_shape4(1, 3, 0, 9), &e) == PH_MISUSE && ph_tensor_count(a) == 216,
     "a bad shape leaves it as it was");
  ph_memory_fail_after(1);
  ok(ph_tensor_resize(a, ph_shape4(9, 9, 9, 9), &e) == PH_NO_MEMORY && ph_tensor_count(a) == 216,
     "so does missing memory");
  ph_memory_fail_after(0);
  ph_tensor_release(a);
}

static bool is_zero_and_aligned(const unsigned char *block, size_t size) {
  bool zeroed = true;
  for (size_t i = 0; i < size; i++) zeroed = zeroed && block[i] == 0;
  return zeroed && (uintptr_t)block % 64 == 0;
}

/* Sizes around those that are given in large pages. */
static void test_large_blocks(void) {
  for (size_t size = (20u << 20) - 1; size <= (20u << 20) + 1; size++) {
    for (int again = 0; again < 2; again++) {
      unsigned char *block = ph_alloc(size);
      ok(is_zero_and_aligned(block, size), "%zu bytes are zeroed and aligned", size);
      memset(block, 255, size);
      ph_free(block);
    }
  }
}

static void test_memory(void) {
  size_t blocks = ph_memory_blocks(), bytes = ph_memory_bytes();
  unsigned char *block = ph_alloc(100);
  ok(is_zero_and_aligned(block, 100), "blocks are zeroed and aligned to 64");
  ok(ph_memory_blocks() == blocks + 1 && ph_memory_bytes() == bytes + 100, "and counted");
  ph_free(block);
  ok(ph_memory_blocks() == blocks && ph_memory_bytes() == bytes, "until freed");
  void *nothing = ph_alloc(0);
  ok(nothing != NULL, "no bytes make a block too");
  ph_free(nothing);
  ph_free(NULL);
  ok(ph_alloc(SIZE_MAX) == NULL && ph_alloc(SIZE_MAX - 100) == NULL, "absurd sizes are refused");
  ok(ph_alloc_array(SIZE_MAX / 2, 3) == NULL, "so are products that overflow");
  char *copy = ph_copy_string("phosphene");
  ok(strcmp(copy, "phosphene") == 0, "strings are copied");
  ph_free(copy);
  ph_memory_fail_after(3);
  void *a = ph_alloc(1), *b = ph_alloc(1), *c = ph_alloc(1), *d = ph_alloc(1);
  ok(a != NULL && b != NULL && c == NULL && d == NULL, "fail_after(3): the third and all later fail");
  ph_memory_fail_after(0);
  ph_free(a), ph_free(b);
  ok(ph_memory_blocks() == blocks, "failures leave nothing");
}

static void test_failing_allocator(void) {
  size_t blocks = ph_memory_blocks();
  ph_status status = PH_NO_MEMORY;
  ph_tensor *tensor = NULL;
  long n = 0;
  while (status == PH_NO_MEMORY && n < 10) {
    ph_memory_fail_after(++n);
    status = ph_tensor_new(ph_shape4(1, 3, 8, 8), &tensor, &e);
    ph_memory_fail_after(0);
    if (status == PH_NO_MEMORY && ph_memory_blocks() != blocks) break;
  }
  ok(status == PH_OK && n == 3, "a tensor takes two allocations and leaks neither");
  ph_tensor_release(tensor);
  ok(ph_memory_blocks() == blocks, "nothing is left");
}

static void test_messages(void) {
  char name[600];
  memset(name, 'x', sizeof name - 1);
  name[sizeof name - 1] = '\0';
  ok(ph_fail(&e, PH_FAILURE, "%s", name) == PH_FAILURE && strlen(e.message) == sizeof e.message - 1,
     "long messages are cut");
  ok(ph_fail(NULL, PH_MISUSE, "nothing reads this") == PH_MISUSE, "an error may be of no interest");
}

int main(void) {
  test_shapes();
  test_elementwise();
  test_accumulation();
  test_statistics();
  test_paste();
  test_ownership();
  test_resize();
  test_memory();
  test_large_blocks();
  test_failing_allocator();
  test_messages();
  return tap_done();
}
