/* SPDX-License-Identifier: MIT */
/* The floor under a step: a network's convolutions alone, forward and backward-data, as bare oneDNN
   primitives in their favourite layouts, executed one after the other. A Lua module for tests/bench; it
   shares nothing with the core. */
#include <lauxlib.h>
#include <lua.h>
#include <oneapi/dnnl/dnnl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct primitive {
  dnnl_primitive_t primitive;
  dnnl_memory_t memory[3];
  int argument[3];
} primitive;

typedef struct floor {
  dnnl_engine_t engine;
  dnnl_stream_t stream;
  int count;
  primitive *primitives;
} floor_t;

static const char *const type_name = "ph.bench.floor";

static void check(lua_State *L, dnnl_status_t status) {
  if (status != dnnl_success) luaL_error(L, "oneDNN: status %d", (int)status);
}

static int64_t field(lua_State *L, const char *key) {
  lua_getfield(L, -1, key);
  int64_t value = luaL_checkinteger(L, -1);
  lua_pop(L, 1);
  return value;
}

/* Memory for one argument, filled with small numbers: denormals or zeros would be timed otherwise. */
static void add_memory(lua_State *L, floor_t *f, primitive *p, int i, dnnl_primitive_desc_t desc,
                       dnnl_query_t what, int argument) {
  const dnnl_memory_desc_t *md = dnnl_primitive_desc_query_md(desc, what, 0);
  void *data;
  check(L, dnnl_memory_create(&p->memory[i], md, f->engine, DNNL_MEMORY_ALLOCATE));
  check(L, dnnl_memory_get_data_handle(p->memory[i], &data));
  for (size_t k = 0; k < dnnl_memory_desc_get_size(md) / sizeof(float); k++)
    ((float *)data)[k] = 0.01F * (float)(k % 13) - 0.05F;
  p->argument[i] = argument;
}

/* Adds the convolution described by the table on top of the stack, forward and backward. */
static void add_convolution(lua_State *L, floor_t *f) {
  int64_t ic = field(L, "inputs"), oc = field(L, "outputs"), k = field(L, "kernel"), s = field(L, "stride");
  int64_t ih = field(L, "height"), iw = field(L, "width"), oh = field(L, "out_height"),
          ow = field(L, "out_width");
  int64_t pad = field(L, "padding");
  dnnl_dims_t src = {1, ic, ih, iw}, weight = {oc, ic, k, k}, dst = {1, oc, oh, ow};
  dnnl_dims_t stride = {s, s}, before = {pad, pad};
  dnnl_dims_t after = {(oh - 1) * s + k - ih - pad, (ow - 1) * s + k - iw - pad};
  dnnl_memory_desc_t md[3];
  dnnl_convolution_desc_t d;
  dnnl_primitive_desc_t forward, backward;
  check(L, dnnl_memory_desc_init_by_tag(&md[0], 4, src, dnnl_f32, dnnl_format_tag_any));
  check(L, dnnl_memory_desc_init_by_tag(&md[1], 4, weight, dnnl_f32, dnnl_format_tag_any));
  check(L, dnnl_memory_desc_init_by_tag(&md[2], 4, dst, dnnl_f32, dnnl_format_tag_any));
  check(L, dnnl_convolution_forward_desc_init(&d, dnnl_forward_training, dnnl_convolution_direct, &md[0],
                                              &md[1], NULL, &md[2], stride, before, after));
  check(L, dnnl_primitive_desc_create(&forward, &d, NULL, f->engine, NULL));
  check(L, dnnl_convolution_backward_data_desc_init(&d, dnnl_convolution_direct, &md[0], &md[1], &md[2],
                                                    stride, before, after));
  check(L, dnnl_primitive_desc_create(&backward, &d, NULL, f->engine, forward));
  primitive *p = &f->primitives[f->count];
  check(L, dnnl_primitive_create(&p[0].primitive, forward));
  add_memory(L, f, &p[0], 0, forward, dnnl_query_src_md, DNNL_ARG_SRC);
  add_memory(L, f, &p[0], 1, forward, dnnl_query_weights_md, DNNL_ARG_WEIGHTS);
  add_memory(L, f, &p[0], 2, forward, dnnl_query_dst_md, DNNL_ARG_DST);
  check(L, dnnl_primitive_create(&p[1].primitive, backward));
  add_memory(L, f, &p[1], 0, backward, dnnl_query_diff_dst_md, DNNL_ARG_DIFF_DST);
  add_memory(L, f, &p[1], 1, backward, dnnl_query_weights_md, DNNL_ARG_WEIGHTS);
  add_memory(L, f, &p[1], 2, backward, dnnl_query_diff_src_md, DNNL_ARG_DIFF_SRC);
  f->count += 2;
  dnnl_primitive_desc_destroy(forward);
  dnnl_primitive_desc_destroy(backward);
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

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* f:run() -> seconds forward, seconds backward */
static int floor_run(lua_State *L) {
  floor_t *f = luaL_checkudata(L, 1, type_name);
  double seconds[2] = {0, 0};
  for (int direction = 0; direction < 2; direction++) {
    double start = now();
    for (int i = direction; i < f->count; i += 2) {
      const primitive *p = &f->primitives[i];
      dnnl_exec_arg_t arguments[3];
      for (int j = 0; j < 3; j++) arguments[j] = (dnnl_exec_arg_t){p->argument[j], p->memory[j]};
      check(L, dnnl_primitive_execute(p->primitive, f->stream, 3, arguments));
    }
    check(L, dnnl_stream_wait(f->stream));
    seconds[direction] = now() - start;
  }
  lua_pushnumber(L, seconds[0]);
  lua_pushnumber(L, seconds[1]);
  return 2;
}

static int floor_gc(lua_State *L) {
  floor_t *f = luaL_checkudata(L, 1, type_name);
  for (int i = 0; i < f->count; i++) {
    dnnl_primitive_destroy(f->primitives[i].primitive);
    for (int j = 0; j < 3; j++) dnnl_memory_destroy(f->primitives[i].memory[j]);
  }
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
