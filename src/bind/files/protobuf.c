/* SPDX-License-Identifier: MIT */
/* Protobuf messages as Lua tables, by protobuf-c's descriptors of their fields. Knows no format. */
#include "protobuf.h"

#include "bind/bind.h"

/* Longer lists are numbers that belong into a tensor. */
enum { MOST_VALUES = 1 << 20 };

static void release(void *object) { ph_protobuf_free(object); }

static const phb_function no_methods[] = {{NULL, NULL, 0}};
static const phb_type file_type = {"ph.protobuf", release, no_methods, NULL};

static ph_status push_message(lua_State *L, ph_protobuf *file, ProtobufCMessage *message,
                              const phb_special *special, ph_error *e);

/* Pushes the value at `at` of a field. */
static ph_status push_value(lua_State *L, ph_protobuf *file, const ProtobufCFieldDescriptor *field,
                            const void *at, const phb_special *special, ph_error *e) {
  const ProtobufCBinaryData *bytes = at;
  switch (field->type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_ENUM:
      lua_pushinteger(L, *(const int32_t *)at);
      break;
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
      lua_pushinteger(L, *(const uint32_t *)at);
      break;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
      lua_pushinteger(L, (lua_Integer) * (const int64_t *)at);
      break;
    case PROTOBUF_C_TYPE_FLOAT:
      lua_pushnumber(L, (lua_Number) * (const float *)at);
      break;
    case PROTOBUF_C_TYPE_DOUBLE:
      lua_pushnumber(L, *(const double *)at);
      break;
    case PROTOBUF_C_TYPE_BOOL:
      lua_pushboolean(L, *(const protobuf_c_boolean *)at);
      break;
    case PROTOBUF_C_TYPE_STRING:
      lua_pushstring(L, *(const char *const *)at);
      break;
    case PROTOBUF_C_TYPE_BYTES:
      lua_pushlstring(L, (const char *)bytes->data, bytes->len);
      break;
    case PROTOBUF_C_TYPE_MESSAGE:
      return push_message(L, file, *(ProtobufCMessage *const *)at, special, e);
  }
  return PH_OK;
}

/* How far apart the elements of a list of this field are. */
static size_t element_size(const ProtobufCFieldDescriptor *field) {
  switch (field->type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_ENUM:
    case PROTOBUF_C_TYPE_FLOAT:
      return 4;
    case PROTOBUF_C_TYPE_BOOL:
      return sizeof(protobuf_c_boolean);
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
      return sizeof(void *);
    case PROTOBUF_C_TYPE_BYTES:
      return sizeof(ProtobufCBinaryData);
    default:
      return 8;
  }
}

static ph_status push_list(lua_State *L, ph_protobuf *file, const ProtobufCFieldDescriptor *field,
                           size_t count, const char *list, const phb_special *special, ph_error *e) {
  size_t size = element_size(field);
  if (count > MOST_VALUES)
    return ph_fail(e, PH_FAILURE, "'%s': a list '%s' of %zu values is longer than the maximum of %d",
                   ph_protobuf_path(file), field->name, count, MOST_VALUES);
  lua_createtable(L, (int)count, 0);
  for (size_t i = 0; i < count; i++) {
    ph_status status = push_value(L, file, field, list + i * size, special, e);
    if (status != PH_OK) return status;
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return PH_OK;
}

/* Whether a field that is not a list is there. proto2 keeps a flag for numbers and bytes; for the others,
   NULL says it. */
static int is_present(const ProtobufCFieldDescriptor *field, const char *base) {
  const void *at = base + field->offset;
  if (field->label == PROTOBUF_C_LABEL_REQUIRED) return 1;
  if (field->type == PROTOBUF_C_TYPE_STRING || field->type == PROTOBUF_C_TYPE_MESSAGE)
    return *(const void *const *)at != NULL;
  return *(const protobuf_c_boolean *)(base + field->quantifier_offset);
}

/* Lists are always there, so that readers need not check. */
static ph_status push_message(lua_State *L, ph_protobuf *file, ProtobufCMessage *message,
                              const phb_special *special, ph_error *e) {
  const char *base = (const char *)message;
  if (special != NULL && message->descriptor == special->type) return special->push(L, file, message, e);
  luaL_checkstack(L, 8, "a message is nested too deeply");
  lua_createtable(L, 0, (int)message->descriptor->n_fields);
  for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
    const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
    const void *at = base + field->offset;
    ph_status status;
    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
      size_t count = *(const size_t *)(const void *)(base + field->quantifier_offset);
      status = push_list(L, file, field, count, *(const char *const *)at, special, e);
    } else if (is_present(field, base)) {
      status = push_value(L, file, field, at, special, e);
    } else {
      continue;
    }
    if (status != PH_OK) return status;
    lua_setfield(L, -2, field->name);
  }
  return PH_OK;
}

int phb_read_protobuf(lua_State *L, const ProtobufCMessageDescriptor *type, const char *what,
                      const phb_special *special) {
  ph_error e;
  ph_protobuf *file;
  const char *path = phb_check_text(L, 1);
  void **box = phb_box(L, &file_type);
  if (ph_protobuf_read(path, type, what, &file, &e) != PH_OK) return phb_fail(L, &e);
  *box = file;
  if (push_message(L, file, ph_protobuf_message(file), special, &e) != PH_OK) return phb_fail(L, &e);
  *box = NULL;
  ph_protobuf_free(file);
  phb_pace(L);
  return 1;
}

void phb_open_protobuf(lua_State *L) { phb_register(L, &file_type); }
