/* SPDX-License-Identifier: MIT */
/* The floor under a step: a network's convolutions alone, forward and to their inputs' gradients, as bare
   oneDNN primitives in their favourite layouts, executed one after the other. Of Winograd's algorithm, where
   oneDNN has it, and the direct one the faster is taken. A Lua module for tests/bench; of the core it shares
   how oneDNN's versions differ. */
#include <lauxlib.h>
#include <lua.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "network/onednn/library.h"

enum { MEMORIES = 4 }; /* source, weights, target, scratchpad */

typedef struct primitive {
  dnnl_primitive_t primitive;
  dnnl_exec_arg_t arguments[MEMORIES];
} primitive;

typedef struct floor {
  dnnl_engine_t engine;
  dnnl_stream_t stream;
  int count;
  primitive *primitives;
} floor_t;

/* One pass of a convolution: to its output, or with `back` to the gradient of its input. */
typedef struct convolution {
  int64_t inputs, outputs, kernel, stride, padding, height, width, out_height, out_width;
  bool back;
} convolution;

static const char *const type_name = "ph.bench.floor";

static void check(lua_State *L, dnnl_status_t status) {
  if (status != dnnl_success) luaL_error(L, "oneDNN: status %d", (int)status);
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- primitives ---- */

static dnnl_status_t describe(const floor_t *f, const convolution *c, dnnl_alg_kind_t algorithm,
                              dnnl_primitive_desc_t *desc) {
  const int64_t k = c->kernel, s = c->stride, p = c->padding;
  const dnnl_dims_t source = {1, c->inputs, c->height, c->width}, weights = {c->outputs, c->inputs, k, k},
                    target = {1, c->outputs, c->out_height, c->out_width};
  const convolution_steps steps = {
      .stride = {s, s},
      .before = {p, p},
      .after = {(c->out_height - 1) * s + k - c->height - p, (c->out_width - 1) * s + k - c->width - p}};
  convolution_layouts layouts = {0};
  dnnl_status_t status = phd_make_layout(&layouts.source, 4, source, dnnl_f32, dnnl_format_tag_any);
  if (status == dnnl_success)
    status = phd_make_layout(&layouts.weights, 4, weights, dnnl_f32, dnnl_format_tag_any);
  if (status == dnnl_success)
    status = phd_make_layout(&layouts.target, 4, target, dnnl_f32, dnnl_format_tag_any);
  if (status == dnnl_success)
    status = c->back
                 ? phd_describe_convolution_back(f->engine, &layouts, &steps, desc)
                 : phd_describe_convolution(f->engine, algorithm, &layouts, false, &steps, (fusion){0}, desc);
  phd_drop_layout(&layouts.source);
  phd_drop_layout(&layouts.weights);
  phd_drop_layout(&layouts.target);
  return status;
}

/* Memory for one argument, filled with small numbers: denormals or zeros would be timed otherwise. */
static void add_memory(lua_State *L, const floor_t *f, dnnl_exec_arg_t *made, dnnl_primitive_desc_t desc,
                       dnnl_query_t what, int argument) {
  const layout_view layout = dnnl_primitive_desc_query_md(desc, what, 0);
  void *data;
  made->arg = argument;
  check(L, dnnl_memory_create(&made->memory, layout, f->engine, DNNL_MEMORY_ALLOCATE));
  check(L, dnnl_memory_get_data_handle(made->memory, &data));
  for (size_t k = 0; k < dnnl_memory_desc_get_size(layout) / sizeof(float); k++)
    ((float *)data)[k] = 0.01F * (float)(k % 13) - 0.05F;
}

static void drop_primitive(primitive *p) {
  dnnl_primitive_destroy(p->primitive);
  for (int i = 0; i < MEMORIES; i++) dnnl_memory_destroy(p->arguments[i].memory);
  *p = (primitive){0};
}

static void execute(lua_State *L, const floor_t *f, const primitive *p) {
  check(L, dnnl_primitive_execute(p->primitive, f->stream, MEMORIES, p->arguments));
}

/* Makes the primitive and runs it a few times. Returns the least seconds, or infinity where oneDNN does not
   have the algorithm. */
static double make_primitive(lua_State *L, const floor_t *f, const convolution *c, dnnl_alg_kind_t algorithm,
                             primitive *made) {
  dnnl_primitive_desc_t desc = NULL;
  double least = HUGE_VAL;
  dnnl_status_t status = describe(f, c, algorithm, &desc);
  if (status == dnnl_unimplemented) return least;
  check(L, status);
  check(L, dnnl_primitive_create(&made->primitive, desc));
  dnnl_exec_arg_t *a = made->arguments;
  add_memory(L, f, &a[0], desc, c->back ? dnnl_query_diff_dst_md : dnnl_query_src_md,
             c->back ? DNNL_ARG_DIFF_DST : DNNL_ARG_SRC);
  add_memory(L, f, &a[1], desc, dnnl_query_weights_md, DNNL_ARG_WEIGHTS);
  add_memory(L, f, &a[2], desc, c->back ? dnnl_query_diff_src_md : dnnl_query_dst_md,
             c->back ? DNNL_ARG_DIFF_SRC : DNNL_ARG_DST);
  add_memory(L, f, &a[3], desc, dnnl_query_scratchpad_md, DNNL_ARG_SCRATCHPAD);
  dnnl_primitive_desc_destroy(desc);
  for (int i = 0; i < 5; i++) {
    double start = now();
    execute(L, f, made);
    check(L, dnnl_stream_wait(f->stream));
    least = fmin(least, now() - start);
  }
  return least;
}

static void add_pass(lua_State *L, floor_t *f, const convolution *c) {
  primitive direct = {0}, winograd = {0};
  const bool faster = make_primitive(L, f, c, dnnl_convolution_winograd, &winograd) <
                      make_primitive(L, f, c, dnnl_convolution_direct, &direct);
  f->primitives[f->count++] = faster ? winograd : direct;
  drop_primitive(faster ? &direct : &winograd);
}

/* ---- for Lua ---- */

static int64_t field(lua_State *L, const char *key) {
  lua_getfield(L, -1, key);
  int64_t value = luaL_checkinteger(L, -1);
  lua_pop(L, 1);
  return value;
}

/* Adds the convolution described by the table on top of the stack, there and back. The way back of a stride-1
   convolution is one, too. */
static void add_convolution(lua_State *L, floor_t *f) {
  const convolution c = {field(L, "inputs"),    field(L, "outputs"),
                         field(L, "kernel"),    field(L, "stride"),
                         field(L, "padding"),   field(L, "height"),
                         field(L, "width"),     field(L, "out_height"),
                         field(L, "out_width"), false};
  const convolution turned = {c.outputs,    c.inputs,    c.kernel, 1,       c.kernel - 1 - c.padding,
                              c.out_height, c.out_width, c.height, c.width, false};
  convolution back = c;
  back.back = true;
  add_pass(L, f, &c);
  add_pass(L, f, c.stride == 1 ? &turned : &back);
}

/* floor.new(list of { inputs, outputs, kernel, stride, padding, height, width, out_height, out_width }) */
static int floor_new(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  int count = (int)lua_rawlen(L, 1);
  floor_t *f = lua_newuserdatauv(L, sizeof *f, 1);
  *f = (floor_t){0};
  f->primitives = lua_newuserdatauv(L, sizeof *f->primitives * 2 * (size_t)(count + 1), 0);
  memset(f->primitives, 0, sizeof *f->primitives * 2 * (size_t)(count + 1));
  lua_setiuservalue(L, -2, 1);
  luaL_setmetatable(L, type_name);
  check(L, dnnl_engine_create(&f->engine, dnnl_cpu, 0));
  check(L, dnnl_stream_create(&f->stream, f->engine, dnnl_stream_default_flags));
  for (int i = 1; i <= count; i++) {
    lua_rawgeti(L, 1, i);
    add_convolution(L, f);
    lua_pop(L, 1);
  }
  return 1;
}

/* f:run() -> seconds forward, seconds backward */
static int floor_run(lua_State *L) {
  floor_t *f = luaL_checkudata(L, 1, type_name);
  double seconds[2] = {0, 0};
  for (int direction = 0; direction < 2; direction++) {
    double start = now();
    for (int i = direction; i < f->count; i += 2) execute(L, f, &f->primitives[i]);
    check(L, dnnl_stream_wait(f->stream));
    seconds[direction] = now() - start;
  }
  lua_pushnumber(L, seconds[0]);
  lua_pushnumber(L, seconds[1]);
  return 2;
}

static int floor_gc(lua_State *L) {
  floor_t *f = luaL_checkudata(L, 1, type_name);
  for (int i = 0; i < f->count; i++) drop_primitive(&f->primitives[i]);
  f->count = 0;
  dnnl_stream_destroy(f->stream);
  dnnl_engine_destroy(f->engine);
  f->stream = NULL;
  f->engine = NULL;
  return 0;
}

__attribute__((visibility("default"))) int luaopen_floor(lua_State *L);
int luaopen_floor(lua_State *L) {
  static const luaL_Reg methods[] = {{"run", floor_run}, {NULL, NULL}};
  static const luaL_Reg functions[] = {{"new", floor_new}, {NULL, NULL}};
  luaL_newmetatable(L, type_name);
  luaL_newlib(L, methods);
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, floor_gc);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
  luaL_newlib(L, functions);
  return 1;
}
