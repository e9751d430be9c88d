/* SPDX-License-Identifier: MIT */
/* What types of layers, heads and transforms there are, as tables: constructors and the reference are made
   from them. What a type computes is the core's. */
#include "network/layer.h"
#include "objective/head.h"
#include "view/transform.h"

#include "bind.h"

/* ---- fields ---- */

static const char *kind_of(ph_field_kind kind) {
  switch (kind) {
    case PH_INTEGER:
      return "integer";
    case PH_REAL:
      return "real";
    case PH_FLAG:
      return "flag";
    case PH_PAIR:
      return "pair";
    case PH_SIDES:
      return "sides";
    case PH_LIST:
      return "list";
    case PH_INTEGERS:
      return "integers";
    case PH_CHOICE:
      return "choice";
    case PH_TEXT:
      break;
  }
  return "text";
}

static void set_text(lua_State *L, const char *key, const char *text) {
  lua_pushstring(L, text); /* nil for NULL */
  lua_setfield(L, -2, key);
}

static void set_flag(lua_State *L, const char *key, bool flag) {
  lua_pushboolean(L, flag);
  lua_setfield(L, -2, key);
}

/* Whether a setting has a default, which is one of its values. */
static bool has_default(const ph_field *f) {
  if (f->kind == PH_FLAG) return true;
  if (f->kind == PH_TEXT || f->kind == PH_LIST || f->kind == PH_INTEGERS) return false;
  if (f->kind != PH_CHOICE) return f->fallback >= f->least && f->fallback <= f->most;
  int count = 0;
  while (f->choices[count] != NULL) count++;
  return f->fallback >= 0 && f->fallback < count;
}

static void push_default(lua_State *L, const ph_field *f) {
  if (!has_default(f))
    lua_pushnil(L);
  else if (f->kind == PH_FLAG)
    lua_pushboolean(L, f->fallback != 0);
  else if (f->kind == PH_CHOICE)
    lua_pushstring(L, f->choices[(int)f->fallback]);
  else
    lua_pushnumber(L, f->fallback);
}

static void push_texts(lua_State *L, const char *const *texts) {
  lua_newtable(L);
  for (int i = 0; texts[i] != NULL; i++) {
    lua_pushstring(L, texts[i]);
    lua_rawseti(L, -2, i + 1);
  }
}

static void push_field(lua_State *L, const ph_field *f) {
  lua_newtable(L);
  set_text(L, "key", f->key);
  set_text(L, "kind", kind_of(f->kind));
  set_text(L, "summary", f->summary);
  push_default(L, f);
  lua_setfield(L, -2, "default");
  if (f->kind == PH_CHOICE) {
    push_texts(L, f->choices);
    lua_setfield(L, -2, "choices");
  } else if (f->kind != PH_TEXT && f->kind != PH_FLAG) {
    lua_pushnumber(L, f->least);
    lua_setfield(L, -2, "least");
    lua_pushnumber(L, f->most);
    lua_setfield(L, -2, "most");
  }
  bool is_list = f->kind == PH_LIST || f->kind == PH_INTEGERS;
  set_flag(L, "required", is_list ? f->fallback == PH_REQUIRED : f->kind != PH_TEXT && !has_default(f));
}

/* Sets `fields` of the table on top, without those that are not for people to see. */
static void set_fields(lua_State *L, const ph_field *fields) {
  int count = 0;
  lua_newtable(L);
  for (const ph_field *f = fields; f->key != NULL; f++) {
    if (f->summary == NULL) continue;
    push_field(L, f);
    lua_rawseti(L, -2, ++count);
  }
  lua_setfield(L, -2, "fields");
}

/* ---- types ---- */

/* core.layer_types() -> list of { name, text, parameters = { { name, text, required } … }, fields } */
static int layer_types(lua_State *L) {
  const ph_layer_type *type;
  lua_newtable(L);
  for (int i = 0; (type = ph_layer_type_at(i)) != NULL; i++) {
    lua_newtable(L);
    set_text(L, "name", type->name);
    set_text(L, "text", type->text);
    lua_newtable(L);
    for (int k = 0; type->parameters != NULL && type->parameters[k].name != NULL; k++) {
      lua_newtable(L);
      set_text(L, "name", type->parameters[k].name);
      set_text(L, "text", type->parameters[k].text);
      set_flag(L, "required", k < type->required_parameters);
      lua_rawseti(L, -2, k + 1);
    }
    lua_setfield(L, -2, "parameters");
    set_fields(L, type->fields);
    lua_rawseti(L, -2, i + 1);
  }
  return 1;
}

static void push_argument(lua_State *L, const ph_argument *argument) {
  const char *const settings[] = {argument->settings[0], argument->settings[1], NULL};
  lua_newtable(L);
  set_text(L, "name", argument->name);
  set_text(L, "summary", argument->summary);
  set_flag(L, "list", argument->list);
  push_texts(L, settings);
  lua_setfield(L, -2, "settings");
}

/* core.head_types() -> list of { name, text, layer, arguments = { { name, summary, list, settings } … },
   tensor_option, fields }, of which layer and tensor_option, an argument, may be nil */
static int head_types(lua_State *L) {
  const ph_head_type *type;
  const ph_argument *argument;
  lua_newtable(L);
  for (int i = 0; (type = ph_head_type_at(i)) != NULL; i++) {
    lua_newtable(L);
    set_text(L, "name", type->name);
    set_text(L, "text", type->text);
    set_text(L, "layer", type->layer);
    lua_newtable(L);
    for (int k = 0; (argument = ph_head_argument(type, k)) != NULL; k++) {
      push_argument(L, argument);
      lua_rawseti(L, -2, k + 1);
    }
    lua_setfield(L, -2, "arguments");
    if (type->tensor_option.name != NULL) {
      push_argument(L, &type->tensor_option);
      lua_setfield(L, -2, "tensor_option");
    }
    set_fields(L, type->fields);
    lua_rawseti(L, -2, i + 1);
  }
  return 1;
}

/* core.transform_types() -> list of { name, text, fields } */
static int transform_types(lua_State *L) {
  const ph_transform_type *type;
  lua_newtable(L);
  for (int i = 0; (type = ph_transform_type_at(i)) != NULL; i++) {
    lua_newtable(L);
    set_text(L, "name", type->name);
    set_text(L, "text", type->text);
    set_fields(L, type->fields);
    lua_rawseti(L, -2, i + 1);
  }
  return 1;
}

static const phb_function functions[] = {{"layer_types", layer_types, 0},
                                         {"head_types", head_types, 0},
                                         {"transform_types", transform_types, 0},
                                         {NULL, NULL, 0}};

void phb_open_types(lua_State *L) { phb_set_functions(L, functions); }
