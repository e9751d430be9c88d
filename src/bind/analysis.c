/* SPDX-License-Identifier: MIT */
/* Analyses of samples in Lua: single runs and parts of runs; lua/phosphene/analysis has the loops. */
#include "analysis/kmeans.h"
#include "analysis/nmf.h"
#include "analysis/svd.h"
#include "analysis/tsne.h"
#include "bind.h"

static int64_t samples(const ph_tensor *x) { return ph_tensor_shape(x).dim[0]; }

/* core.kmeans(x, clusters, iterations, tolerance, random) -> centres, labels, inertia, iterations */
static int kmeans(lua_State *L) {
  ph_error e;
  ph_kmeans result;
  ph_tensor *x = phb_check(L, 1, &phb_tensor);
  const lua_Integer clusters = phb_check_integer(L, 2, 1, 1 << 24, "clusters");
  const lua_Integer iterations = phb_check_integer(L, 3, 1, 1 << 30, "iterations");
  const double tolerance = phb_check_number(L, 4);
  ph_random *random = phb_check(L, 5, &phb_random);
  void **box = phb_box(L, &phb_tensor);
  lua_createtable(L, (int)samples(x), 0); /* with all its room, before there is what could leak */
  if (ph_kmeans_run(x, clusters, iterations, tolerance, random, &result, &e) != PH_OK)
    return phb_raise(L, &e);
  *box = ph_tensor_retain(result.centres);
  for (int64_t i = 0; i < samples(x); i++) {
    lua_pushinteger(L, result.label[i]);
    lua_rawseti(L, -2, i + 1);
  }
  lua_pushnumber(L, result.inertia);
  lua_pushinteger(L, result.iterations);
  ph_kmeans_free(&result);
  phb_pace(L);
  return 4;
}

/* core.silhouette(x, labels, clusters) -> number */
static int silhouette(lua_State *L) {
  ph_error e;
  double value;
  ph_tensor *x = phb_check(L, 1, &phb_tensor);
  luaL_checktype(L, 2, LUA_TTABLE);
  const lua_Integer clusters = phb_check_integer(L, 3, 1, 1 << 24, "clusters");
  const lua_Integer count = (lua_Integer)lua_rawlen(L, 2);
  int32_t *label = lua_newuserdatauv(L, sizeof *label * (size_t)(count + 1), 0);
  for (lua_Integer i = 0; i < count; i++) {
    lua_rawgeti(L, 2, i + 1);
    label[i] = (int32_t)phb_check_integer(L, lua_gettop(L), 0, clusters - 1, "label");
    lua_pop(L, 1);
  }
  if (ph_silhouette(x, label, count, clusters, &value, &e) != PH_OK) return phb_raise(L, &e);
  lua_pushnumber(L, value);
  return 1;
}

/* core.pca(x, components) -> mean, components, variance, ratio, scores */
static int pca(lua_State *L) {
  ph_error e;
  ph_pca made;
  void **box[5];
  ph_tensor *x = phb_check(L, 1, &phb_tensor);
  const lua_Integer components = phb_check_integer(L, 2, 1, 1 << 24, "components");
  for (int i = 0; i < 5; i++) box[i] = phb_box(L, &phb_tensor);
  if (ph_pca_fit(x, components, &made, &e) != PH_OK) return phb_raise(L, &e);
  ph_tensor *const tensors[] = {made.mean, made.components, made.variance, made.ratio, made.scores};
  for (int i = 0; i < 5; i++) *box[i] = tensors[i];
  phb_pace(L);
  return 5;
}

/* core.nmf_begin(x, components) -> weights, components */
static int nmf_begin(lua_State *L) {
  ph_error e;
  ph_tensor *w, *h, *x = phb_check(L, 1, &phb_tensor);
  const lua_Integer components = phb_check_integer(L, 2, 1, 1 << 24, "components");
  void **of_w = phb_box(L, &phb_tensor), **of_h = phb_box(L, &phb_tensor);
  if (ph_nmf_begin(x, components, &w, &h, &e) != PH_OK) return phb_raise(L, &e);
  *of_w = w;
  *of_h = h;
  phb_pace(L);
  return 2;
}

/* core.nmf_improve(x, weights, components, times) -> error; changes both */
static int nmf_improve(lua_State *L) {
  ph_error e;
  double error;
  ph_tensor *x = phb_check(L, 1, &phb_tensor), *w = phb_check(L, 2, &phb_tensor);
  ph_tensor *h = phb_check(L, 3, &phb_tensor);
  const lua_Integer times = phb_check_integer(L, 4, 0, 1 << 30, "times");
  if (ph_nmf_improve(x, w, h, times, &error, &e) != PH_OK) return phb_raise(L, &e);
  lua_pushnumber(L, error);
  return 1;
}

/* core.tsne_affinities(x, perplexity) -> affinities */
static int tsne_affinities(lua_State *L) {
  ph_error e;
  ph_tensor *made, *x = phb_check(L, 1, &phb_tensor);
  const double perplexity = phb_check_number(L, 2);
  void **box = phb_box(L, &phb_tensor);
  if (ph_tsne_affinities(x, perplexity, &made, &e) != PH_OK) return phb_raise(L, &e);
  *box = made;
  phb_pace(L);
  return 1;
}

/* core.tsne_move(affinities, layout, velocity, gains, exaggeration, momentum, learning_rate, times) ->
   divergence; changes the three after the first */
static int tsne_move(lua_State *L) {
  ph_error e;
  double divergence = 0;
  ph_tensor *affinities = phb_check(L, 1, &phb_tensor), *y = phb_check(L, 2, &phb_tensor);
  ph_tensor *velocity = phb_check(L, 3, &phb_tensor), *gains = phb_check(L, 4, &phb_tensor);
  const ph_tsne_motion motion = {phb_check_number(L, 5), phb_check_number(L, 6), phb_check_number(L, 7)};
  const lua_Integer times = phb_check_integer(L, 8, 1, 1 << 30, "times");
  if (ph_tsne_move(affinities, y, velocity, gains, &motion, times, &divergence, &e) != PH_OK)
    return phb_raise(L, &e);
  lua_pushnumber(L, divergence);
  return 1;
}

static const phb_function functions[] = {{"kmeans", kmeans, 5},
                                         {"silhouette", silhouette, 3},
                                         {"pca", pca, 2},
                                         {"nmf_begin", nmf_begin, 2},
                                         {"nmf_improve", nmf_improve, 4},
                                         {"tsne_affinities", tsne_affinities, 2},
                                         {"tsne_move", tsne_move, 8},
                                         {NULL, NULL, 0}};

void phb_open_analysis(lua_State *L) { phb_set_functions(L, functions); }
