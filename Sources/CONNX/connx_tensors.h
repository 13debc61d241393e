/* Every tensor of decoded messages. */
#ifndef CONNX_TENSORS_H
#define CONNX_TENSORS_H

#include "connx.h"

/* Visits the tensors in `message` and below; `node` is the name of the node around it, or NULL.
 * False if the visitor stopped, or if messages are nested deeper than `depth`. */
bool connx_tensors_visit(ProtobufCMessage *message, const char *node, unsigned depth,
                         connx_tensor_visitor visit, void *context);

#endif
