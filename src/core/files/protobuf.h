/* SPDX-License-Identifier: MIT */
/* Files of one protobuf message: mapped, unpacked by protobuf-c with the given schema
   (src/core/files/schema), in bounded memory. A message may take at most four times the file's size, and 64
   MiB: a file made of empty messages must not fill the machine. Only files that read such a format, here and
   in src/bind, know this header. */
#ifndef PH_PROTOBUF_H
#define PH_PROTOBUF_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>

#include "base/error.h"

typedef struct ph_protobuf ph_protobuf;

/* Reads a file whole. `what` ("an ONNX model") is for messages. PH_FAILURE, in one line, for a file that
   cannot be read, is not such a message, or takes too much memory. An empty file is an empty message. */
ph_status ph_protobuf_read(const char *path, const ProtobufCMessageDescriptor *type, const char *what,
                           ph_protobuf **file, ph_error *e);
void ph_protobuf_free(ph_protobuf *file); /* NULL is allowed; the message goes with it */

/* The message, which is the file's; of the type that was asked for. */
ProtobufCMessage *ph_protobuf_message(ph_protobuf *file);

/* The path that was read, for messages. */
const char *ph_protobuf_path(const ph_protobuf *file);

/* Gives back the memory of large bytes or a large list in the message before the rest, once they are not
   needed; the caller clears what points there. NULL is allowed. */
void ph_protobuf_drop(ph_protobuf *file, void *data);

/* Takes large bytes out of the message, so that they live on without it until ph_protobuf_give_back; false
   where they are small, and stay. The caller clears what points there. They are aligned to 16 bytes. */
bool ph_protobuf_take(ph_protobuf *file, void *data);
void ph_protobuf_give_back(void *data);

#endif
