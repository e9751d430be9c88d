/* SPDX-License-Identifier: MIT */
/* Computing with whole tensors: values against loops written out, broadcasting, what does not fit, and what
   leaks when memory runs out. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "tensor/random.h"
#include "tensor/tensor_math.h"
#include "tap.h"

static ph_tensor *noise(const char *name, int rank, const int64_t *dim) {
  ph_error e;
  ph_tensor *tensor = NULL;
  ph_random random = ph_random_stream(11, name);
  if (ph_tensor_new(ph_shape_of(rank, dim), &tensor, &e) != PH_OK) printf("Bail out! %s\n", e.message);
  ph_random_fill_normal(&random, tensor, 0, 1);
  return tensor;
}

#define DIMS(...)                                                                                            \
  (int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), (int64_t[]) { __VA_ARGS__ }

/* Takes the tensor over. */
static void is(ph_status status, ph_tensor *got, ph_shape shape, const float *expected, double tolerance,
               const char *name) {
  if (ok(status == PH_OK && ph_shape_equal(ph_tensor_shape(got), shape), "%s: shape", name))
    arrays_near(ph_tensor_read(got), expected, ph_shape_count(shape), tolerance, name);
  if (status == PH_OK) ph_tensor_release(got);
}

static void fails(ph_status status, const ph_error *e, const char *message) {
  if (!ok(status == PH_MISUSE && strcmp(e->message, message) == 0, "message: %s", message))
    printf("# got: %s\n", e->message);
}

/* ---- elementwise ---- */

static void check_maps(void) {
  const double x = 0.7;
  const double expected[] = {
      0.7, -0.7, 1, exp(x), log(x), sqrt(x), sin(x), cos(x), tanh(x), 1 / (1 + exp(-x)), x};
  ph_error e;
  ph_tensor *one = NULL, *made = NULL;
  ph_tensor_new(ph_shape_of(DIMS(2, 9)), &one, &e);
  ph_tensor_fill(one, 0.7f);
  for (int i = 0; ph_function_names[i] != NULL; i++) {
    near(ph_function_apply((ph_function)i, x), expected[i], 1e-15, ph_function_names[i]);
    float values[18];
    for (int j = 0; j < 18; j++) values[j] = (float)expected[i];
    ph_status status = ph_tensor_map(one, (ph_function)i, &made, &e);
    is(status, made, ph_tensor_shape(one), values, 1e-6, ph_function_names[i]);
  }
  near(ph_function_apply(PH_FUNCTION_RELU, -2), 0, 0, "relu of a negative number");
  near(ph_function_apply(PH_FUNCTION_SIGN, -2), -1, 0, "its sign");
  ok(isnan(ph_function_apply(PH_FUNCTION_RELU, (double)NAN)), "what is not a number stays so");
  ph_tensor_release(one);
}

/* (2, 3, 4) and (3, 1), in both orders. */
static void check_broadcasting(void) {
  ph_error e;
  ph_tensor *a = noise("a", DIMS(2, 3, 4)), *b = noise("b", DIMS(3, 1)), *made = NULL;
  for (int i = 0; ph_combination_names[i] != NULL; i++) {
    float forward[24], reversed[24], by_number[24];
    for (int j = 0; j < 24; j++) {
      double x = fabs((double)ph_tensor_read(a)[j]), y = (double)ph_tensor_read(b)[j / 4 % 3];
      ph_tensor_data(a)[j] = (float)x; /* powers need it */
      forward[j] = (float)ph_combination_apply((ph_combination)i, x, y);
      reversed[j] = (float)ph_combination_apply((ph_combination)i, fabs(y), x);
      by_number[j] = (float)ph_combination_apply((ph_combination)i, 2.5, x);
    }
    ph_status status = ph_tensor_combine(a, b, (ph_combination)i, &made, &e);
    is(status, made, ph_tensor_shape(a), forward, 1e-6, ph_combination_names[i]);
    ph_tensor *positive = NULL;
    ph_tensor_map(b, PH_FUNCTION_ABS, &positive, &e);
    status = ph_tensor_combine(positive, a, (ph_combination)i, &made, &e);
    is(status, made, ph_tensor_shape(a), reversed, 1e-6, "the other way round");
    ph_tensor_release(positive);
    status = ph_tensor_combine_number(a, 2.5, true, (ph_combination)i, &made, &e);
    is(status, made, ph_tensor_shape(a), by_number, 1e-6, "a number first");
  }
  ph_tensor *wrong = noise("wrong", DIMS(4, 3)), *row = noise("row", DIMS(1, 4)),
            *column = noise("c", DIMS(3, 1));
  fails(ph_tensor_combine(a, wrong, PH_COMBINE_ADD, &made, &e), &e,
        "add: tensors of shapes 2x3x4 and 4x3 cannot be broadcast");
  float table[12];
  for (int i = 0; i < 12; i++) table[i] = ph_tensor_read(column)[i / 4] * ph_tensor_read(row)[i % 4];
  ph_status status = ph_tensor_combine(column, row, PH_COMBINE_MULTIPLY, &made, &e);
  is(status, made, ph_shape_of(DIMS(3, 4)), table, 1e-6, "both are broadcast");
  ph_tensor_release(a);
  ph_tensor_release(b);
  ph_tensor_release(wrong);
  ph_tensor_release(row);
  ph_tensor_release(column);
}

/* ---- reductions ---- */

static void check_reductions(void) {
  ph_error e;
  ph_tensor *x = noise("x", DIMS(2, 3, 4, 5)), *made = NULL;
  const float *data = ph_tensor_read(x);
  float sum[8] = {0}, most[15], least[15];
  double total = 0;
  for (int i = 0; i < 15; i++) most[i] = -HUGE_VALF, least[i] = HUGE_VALF;
  for (int i = 0; i < 120; i++) {
    int n = i / 60, c = i / 20 % 3, h = i / 5 % 4, w = i % 5;
    sum[n * 4 + h] += data[i];
    most[c * 5 + w] = fmaxf(most[c * 5 + w], data[i]);
    least[c * 5 + w] = fminf(least[c * 5 + w], data[i]);
    total += (double)data[i];
  }
  const bool one_and_three[PH_MAX_RANK] = {0, 1, 0, 1}, none_and_two[PH_MAX_RANK] = {1, 0, 1, 0};
  ph_status status = ph_tensor_reduce(x, PH_REDUCE_SUM, one_and_three, &made, &e);
  is(status, made, ph_shape4(2, 1, 4, 1), sum, 1e-6, "sum over axes 1 and 3");
  status = ph_tensor_reduce(x, PH_REDUCE_MAX, none_and_two, &made, &e);
  is(status, made, ph_shape4(1, 3, 1, 5), most, 0, "max over axes 0 and 2");
  status = ph_tensor_reduce(x, PH_REDUCE_MIN, none_and_two, &made, &e);
  is(status, made, ph_shape4(1, 3, 1, 5), least, 0, "min over axes 0 and 2");
  for (int i = 0; i < 8; i++) sum[i] /= 15;
  status = ph_tensor_reduce(x, PH_REDUCE_MEAN, one_and_three, &made, &e);
  is(status, made, ph_shape4(2, 1, 4, 1), sum, 1e-6, "mean over axes 1 and 3");
  near(ph_tensor_reduce_all(x, PH_REDUCE_SUM), total, 1e-12, "sum of everything");
  near(ph_tensor_reduce_all(x, PH_REDUCE_MEAN), total / (double)ph_tensor_count(x), 1e-12,
       "mean of everything");
  ph_tensor_data(x)[7] = NAN;
  ok(isnan(ph_tensor_reduce_all(x, PH_REDUCE_MAX)) && isnan(ph_tensor_reduce_all(x, PH_REDUCE_MIN)),
     "what is not a number stays so");
  ph_tensor_release(x);
}

/* Maps of all sizes about the width of a vector, with ties, zeros of both signs and what is not a number. */
static void check_peaks(void) {
  ph_error e;
  bool right = true;
  for (int64_t width = 1; width <= 40; width++) {
    ph_tensor *x = noise("peaks", DIMS(2, 3, 3, width));
    float *data = ph_tensor_data(x);
    for (int64_t i = 0; i < ph_tensor_count(x); i++) data[i] = roundf(data[i]); /* -0 among them */
    if (width % 3 == 0) data[width] = data[2 * width] = NAN;
    for (int least = 0; least < 2; least++) {
      ph_peaks peaks;
      right = right && ph_tensor_peaks(x, least, &peaks, &e) == PH_OK;
      for (int64_t map = 0; map < 6 && right; map++) {
        const float *own = data + map * 3 * width, *value = ph_tensor_read(peaks.value) + map;
        int64_t place = 0;
        for (int64_t i = 1; i < 3 * width && !isnan(own[place]); i++)
          if (isnan(own[i]) || (least ? own[i] < own[place] : own[i] > own[place])) place = i;
        right = memcmp(value, &own[place], sizeof *value) == 0 &&
                ph_tensor_read(peaks.y)[map] == (float)(place / width) &&
                ph_tensor_read(peaks.x)[map] == (float)(place % width);
      }
      ph_tensor_release(peaks.value);
      ph_tensor_release(peaks.y);
      ph_tensor_release(peaks.x);
    }
    ph_tensor_release(x);
  }
  ok(right, "peaks: the first extreme of each map, and what is not a number before all");
  ph_peaks peaks;
  ph_tensor *flat = noise("flat", DIMS(3, 4));
  fails(ph_tensor_peaks(flat, false, &peaks, &e), &e,
        "peaks: maps (n, c, h, w) with sides up to 16777216 expected, got 3x4");
  ph_tensor_release(flat);
}

/* ---- matrices ---- */

static void check_matmul(void) {
  ph_error e;
  ph_tensor *a = noise("a", DIMS(2, 1, 3, 4)), *b = noise("b", DIMS(5, 4, 2)), *made = NULL;
  float expected[60] = {0};
  for (int n = 0; n < 10; n++)
    for (int i = 0; i < 3; i++)
      for (int j = 0; j < 2; j++)
        for (int k = 0; k < 4; k++)
          expected[n * 6 + i * 2 + j] +=
              ph_tensor_read(a)[n / 5 * 12 + i * 4 + k] * ph_tensor_read(b)[n % 5 * 8 + k * 2 + j];
  ph_status status = ph_tensor_matmul(a, b, &made, &e);
  is(status, made, ph_shape4(2, 5, 3, 2), expected, 1e-6, "matmul, what leads is broadcast");
  fails(ph_tensor_matmul(b, a, &made, &e), &e,
        "matmul: matrices of shapes 5x4x2 and 2x1x3x4 cannot be multiplied");
  ph_tensor_release(a);
  ph_tensor_release(b);
}

/* ---- moving ---- */

static void check_moves(void) {
  ph_error e;
  ph_tensor *x = noise("x", DIMS(2, 3, 4)), *made = NULL;
  float turned[24], block[4], laid[24] = {0}, picked[24], added[16] = {0};
  for (int i = 0; i < 24; i++)
    turned[i] = ph_tensor_read(x)[i % 2 * 12 + i / 2 % 3 * 4 + i / 6]; /* (4, 3, 2) */
  for (int i = 0; i < 4; i++) block[i] = ph_tensor_read(x)[i / 2 * 12 + 2 * 4 + 1 + i % 2];
  for (int i = 0; i < 4; i++) laid[i / 2 * 12 + 2 * 4 + 1 + i % 2] = block[i];
  ph_status status = ph_tensor_transpose(x, (int[]){2, 1, 0}, &made, &e);
  is(status, made, ph_shape_of(DIMS(4, 3, 2)), turned, 0, "transpose");
  ph_tensor *cut = NULL;
  status = ph_tensor_slice(x, (int64_t[]){0, 2, 1}, (int64_t[]){2, 1, 2}, &cut, &e);
  is(status, cut == NULL ? NULL : ph_tensor_retain(cut), ph_shape_of(DIMS(2, 1, 2)), block, 0, "slice");
  status = ph_tensor_place(cut, ph_tensor_shape(x), (int64_t[]){0, 2, 1}, &made, &e);
  is(status, made, ph_tensor_shape(x), laid, 0, "place puts it back");
  ph_tensor_release(cut);

  const int64_t index[] = {3, 0, 3, 1}, rows[] = {1, 0, 1};
  for (int i = 0; i < 24; i++) picked[i] = ph_tensor_read(x)[i / 4 * 4 + index[i % 4]];
  status = ph_tensor_gather(x, 2, index, 4, &made, &e);
  is(status, made, ph_tensor_shape(x), picked, 0, "gather along the last axis");
  for (int i = 0; i < 24; i++) added[i / 12 * 8 + rows[i / 4 % 3] * 4 + i % 4] += ph_tensor_read(x)[i];
  status = ph_tensor_scatter(x, 1, rows, 2, &made, &e);
  is(status, made, ph_shape_of(DIMS(2, 2, 4)), added, 1e-6, "scatter adds up");

  fails(ph_tensor_transpose(x, (int[]){0, 1, 1}, &made, &e), &e,
        "transpose: each of the axes 0..2 expected once");
  fails(ph_tensor_slice(x, (int64_t[]){0, 2, 0}, (int64_t[]){2, 2, 4}, &made, &e), &e,
        "slice: 2 from 2 on are not all among the 3 of axis 1");
  fails(ph_tensor_gather(x, 3, index, 4, &made, &e), &e, "gather: axis 3 out of range 0..2");
  fails(ph_tensor_gather(x, 1, index, 4, &made, &e), &e, "gather: index 3 out of range 0..2 of axis 1");
  ph_tensor_release(x);
}

static void check_joining(void) {
  ph_error e;
  ph_tensor *a = noise("a", DIMS(2, 3, 4)), *b = noise("b", DIMS(2, 1, 4)), *made = NULL;
  float both[32], rows[24];
  for (int i = 0; i < 32; i++)
    both[i] = i % 16 < 12 ? ph_tensor_read(a)[i / 16 * 12 + i % 16] : ph_tensor_read(b)[i / 16 * 4 + i % 4];
  ph_status status = ph_tensor_concatenate((const ph_tensor *const[]){a, b}, 2, 1, &made, &e);
  is(status, made, ph_shape_of(DIMS(2, 4, 4)), both, 0, "concatenate");
  fails(ph_tensor_concatenate((const ph_tensor *const[]){a, b}, 2, 0, &made, &e), &e,
        "concatenate: tensors of shapes 2x3x4 and, number 2, 2x1x4 do not fit along axis 0");
  fails(ph_tensor_concatenate((const ph_tensor *const[]){a}, 1, 3, &made, &e), &e,
        "concatenate: axis 3 out of range 0..2");

  memcpy(rows, ph_tensor_read(a), sizeof rows);
  ph_tensor *row = noise("row", DIMS(3, 4)), *number = noise("number", 0, NULL);
  memcpy(rows + 12, ph_tensor_read(row), 12 * sizeof *rows);
  status = ph_tensor_assign_rows(a, 1, row, &e);
  is(status, ph_tensor_retain(a), ph_shape_of(DIMS(2, 3, 4)), rows, 0, "one row");
  status = ph_tensor_assign_rows(a, 0, a, &e);
  is(status, ph_tensor_retain(a), ph_shape_of(DIMS(2, 3, 4)), rows, 0, "all rows, its own");
  for (int i = 0; i < 8; i++) rows[i / 4 * 12 + 8 + i % 4] = ph_tensor_read(b)[i];
  status = ph_tensor_assign(a, (int64_t[]){0, 2, 0}, b, &e);
  is(status, ph_tensor_retain(a), ph_shape_of(DIMS(2, 3, 4)), rows, 0, "a block");
  fails(ph_tensor_assign_rows(a, 2, row, &e), &e, "copy: 1 from 2 on are not all among the 2 of axis 0");
  fails(ph_tensor_assign_rows(a, 0, b, &e), &e, "copy: 2x1x4 are no rows of 2x3x4");
  fails(ph_tensor_assign_rows(number, 0, number, &e), &e, "copy: scalar are no rows of scalar");
  fails(ph_tensor_assign(a, (int64_t[]){0, 3, 0}, b, &e), &e,
        "copy: 1 from 3 on are not all among the 3 of axis 1");
  ph_tensor_release(a);
  ph_tensor_release(b);
  ph_tensor_release(row);
  ph_tensor_release(number);
}

/* ---- memory ---- */

static ph_status peak_values(const ph_tensor *images, ph_tensor **values, ph_error *e) {
  ph_peaks peaks;
  ph_status status = ph_tensor_peaks(images, false, &peaks, e);
  if (status != PH_OK) return status;
  *values = peaks.value;
  ph_tensor_release(peaks.y);
  ph_tensor_release(peaks.x);
  return PH_OK;
}

static void check_failures(void) {
  ph_error e;
  ph_tensor *x = noise("x", DIMS(3, 3)), *images = noise("images", DIMS(1, 2, 2, 2)), *made = NULL;
  const bool axes[PH_MAX_RANK] = {1};
  size_t before = ph_memory_blocks();
  bool clean = true;
  int failures = 0;
  for (int operation = 0; operation < 6; operation++) {
    ph_status status = PH_NO_MEMORY;
    for (int n = 1; status == PH_NO_MEMORY && n < 100; n++) {
      ph_memory_fail_after(n);
      status = operation == 0   ? ph_tensor_combine(x, x, PH_COMBINE_ADD, &made, &e)
               : operation == 1 ? ph_tensor_reduce(x, PH_REDUCE_SUM, axes, &made, &e)
               : operation == 2 ? ph_tensor_matmul(x, x, &made, &e)
               : operation == 3 ? ph_tensor_place(x, ph_shape_of(DIMS(4, 4)), (int64_t[]){1, 1}, &made, &e)
               : operation == 4 ? peak_values(images, &made, &e)
                                : ph_tensor_slice(x, (int64_t[]){0, 0}, (int64_t[]){1, 1}, &made, &e);
      ph_memory_fail_after(0);
      failures += status == PH_NO_MEMORY;
      if (status == PH_OK) ph_tensor_release(made);
      clean = clean && ph_memory_blocks() == before;
    }
  }
  ok(failures >= 16 && clean, "each of %d allocations may fail, and nothing leaks", failures);
  ph_tensor_release(x);
  ph_tensor_release(images);
}

int main(void) {
  check_maps();
  check_broadcasting();
  check_reductions();
  check_peaks();
  check_matmul();
  check_moves();
  check_joining();
  check_failures();
  return tap_done();
}
